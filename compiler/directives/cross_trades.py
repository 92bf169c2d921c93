"""`prevent cross trades across firm`: nothing is sold by one client and bought by another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.coverage import covers
from compiler.directives.base import Breach, Directive, Family, selective_clause
from compiler.physics import Physics
from compiler.read_conditions import read_narrowed
from compiler.reader import Reader
from compiler.selections import Selection, narrowed_words
from compiler.statements import InForce, Side
from compiler.tableau import Block
from grammar import tree
from portfolio.household import Account, Household, Lot

ACROSS = ("firm", "advisor", "program")
"""What has clients whose orders could meet."""
OPPOSITE: dict[Side, Side] = {"buy": "sell", "sell": "buy"}


@dataclass(frozen=True)
class CrossTrades(Directive):
    """A client is a household: the two sides of its own accounts are no cross. `across` says whose
    orders may not meet: those of all clients, of one advisor's, or of one program's accounts."""

    kind: ClassVar[str] = "cross trades"
    family: ClassVar[Family] = Family.RESTRICTION
    never_soft: ClassVar[str] = "no client's orders are weighed against another's"

    across: str = "firm"
    selection: Selection | None = None

    @property
    def slot(self) -> tuple[str, ...]:
        return "cross trades", self.across, narrowed_words(self.selection)

    def sentence(self) -> str:
        return f"prevent cross trades across {self.across}{narrowed_words(self.selection)}"

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause)

    def group(self, household: Household, account: Account) -> str | None:
        """Whose orders those of the account may not meet; None where it belongs to nobody's."""
        return client_groups(household, account)[self.across]

    def bars_sale(self, scope: InForce, household: Household, account: Account, lot: Lot) -> bool:
        security = household.securities[lot.security_id]
        bought = (self.group(household, account), security.id, "buy") in scope.facing
        return bought and covers(scope, household, account, security)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Rows `no_buy` by security and `no_sell` by lot against orders of other clients in the
        run, where those stay."""
        household = physics.household
        for account in physics.tradable(scope):
            group = self.group(household, account)
            for position in physics.of_account(account.id):
                security = physics.security(position.security_id)
                barred = [
                    side
                    for side, other in OPPOSITE.items()
                    if (group, security.id, other) in scope.facing
                ]
                if not barred or not covers(scope, household, account, security):
                    continue
                key = (account.id, security.id)
                if "buy" in barred and position.buy is not None:
                    physics.bar(block, "no_buy", key, position.buy, scope)
                if "sell" in barred:
                    for lot, sell in zip(position.lots, position.sells, strict=True):
                        physics.bar(block, "no_sell", (*key, lot.id), sell, scope)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Over a whole run: no order of the household meets one of another client."""
        sold = {(sale.account_id, sale.security_id) for sale in closing.sales}
        bought = {(buy.account_id, buy.security_id) for buy in closing.purchases}
        for orders, did, other in ((bought, "bought", "sell"), (sold, "sold", "buy")):
            for account_id, security_id in sorted(orders):
                account = closing.account(account_id)
                security = closing.household.securities[security_id]
                group = self.group(closing.household, account)
                if (
                    account_id in scope.accounts
                    and (group, security_id, other) in scope.facing
                    and covers(scope, closing.household, account, security)
                ):
                    dollars = closing.orders[account_id, security_id]
                    where = f"{account_id} {security_id}"
                    message = (
                        f"${dollars:,.2f} of {security_id} {did} in {account_id}, and another "
                        f"client {OTHER[did]} it: {self.sentence()}"
                    )
                    key = scope.statement.key
                    yield Breach(key, where, dollars, Decimal(0), "dollars", message)


def client_groups(household: Household, account: Account) -> dict[str, str | None]:
    """The clients that an account is among, by what `across` can name."""
    return {"firm": "", "advisor": household.advisor, "program": account.program}


OTHER = {"bought": "sells", "sold": "buys"}


def read_cross_trades(node: tree.Prevent, reader: Reader) -> CrossTrades | None:
    """The typed directive, or None after reporting what is wrong."""
    fine, narrowed = read_narrowed(node, "a cross trade", reader)
    if node.above is not None:
        fine = False
        reader.report(
            codes.DOES_NOT_APPLY,
            "`prevent cross trades` has no use for `above`",
            node.above.span,
            "every cross trade is prevented, however small",
            help="leave it out",
        )
    if node.across in ACROSS:
        return CrossTrades(node.across, narrowed) if fine else None
    reader.report(
        codes.DOES_NOT_APPLY,
        f"cross trades are between clients, and `{node.across}` names no group of them",
        node.span,
        help=" or ".join(f"`prevent cross trades across {each}`" for each in ACROSS),
    )
    return None
