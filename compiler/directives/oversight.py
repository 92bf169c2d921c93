"""`ask "..." before selling X`, `report trading X`: what people are to approve, and to be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.attributes import Trade
from compiler.closing import Closing, Purchase, Sale
from compiler.coverage import forbids_lot, forbids_security
from compiler.directives.base import Breach, Directive, Family, selective_clause
from compiler.physics import Physics
from compiler.read_conditions import read_traded
from compiler.reader import Reader
from compiler.selections import Selection
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Mode
from portfolio.household import Lot

DOING = {"buy": "buying", "sell": "selling", "hold": "holding", "trade": "trading"}


@dataclass(frozen=True)
class Oversight(Directive):
    """Trades or holdings that people see: nothing of the trades changes.

    What is selected is read as `never` reads it: data that is missing counts as the author says,
    and without a word as not selected.
    """

    family: ClassVar[Family] = Family.RESTRICTION
    selective: ClassVar[bool] = True
    breakable: ClassVar[bool] = False
    mode: ClassVar[Mode] = Mode.NEVER

    action: str
    things: Selection

    @property
    def selection(self) -> Selection:
        """What the statement is about."""
        return self.things

    @property
    def by_lot(self) -> bool:
        return self.action != "buy"

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Nothing: people look at what has been solved."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """No trade breaks it; what it asks for is recomputed from the trades by `verify`."""
        yield from ()

    def touched(self, scope: InForce, closing: Closing) -> Iterator[Sale | Purchase]:
        """The rows of trades that the directive is about."""
        household = closing.household
        orders = _orders(closing)
        if self.action != "buy":
            for sale in closing.sales:
                account = closing.account(sale.account_id)
                mine = account.id in scope.accounts
                order = orders[account.id][sale.security_id]
                proposal = tuple(orders[account.id].values())
                if mine and forbids_lot(scope, household, account, sale.lot, order, proposal):
                    yield sale
        if self.action != "sell":
            for buy in closing.purchases:
                account = closing.account(buy.account_id)
                security = household.securities[buy.security_id]
                mine = account.id in scope.accounts
                order = orders[account.id][buy.security_id]
                proposal = tuple(orders[account.id].values())
                if mine and forbids_security(scope, household, account, security, order, proposal):
                    yield buy


def _orders(closing: Closing) -> dict[str, dict[str, Trade]]:
    """By account and security, whose lots are one order; nothing is bought and sold in one run."""
    orders: dict[str, dict[str, Trade]] = {}
    for row in closing.trades:
        own = orders.setdefault(row.account_id, {})
        before = own.get(row.security_id)
        side = "sell" if isinstance(row, Sale) else "buy"
        own[row.security_id] = Trade(
            side,
            row.shares + (before.shares if before else 0),
            row.amount + (before.amount if before else 0),
        )
    return orders


@dataclass(frozen=True)
class Approval(Oversight):
    """The proposal waits until `who` has approved the trades selected."""

    kind: ClassVar[str] = "approval"

    who: str

    @property
    def slot(self) -> tuple[str, ...]:
        return "ask", self.who, self.action, self.things.describe()

    def sentence(self) -> str:
        return f'ask "{self.who}" before {DOING[self.action]} {self.things.describe()}'


@dataclass(frozen=True)
class Watch(Oversight):
    """Trades, or with `holding` positions after the trades, that every proposal lists."""

    kind: ClassVar[str] = "report"

    @property
    def slot(self) -> tuple[str, ...]:
        return "report", self.action, self.things.describe()

    def sentence(self) -> str:
        return f"report {DOING[self.action]} {self.things.describe()}"

    def lots(self, scope: InForce, closing: Closing) -> Iterator[tuple[Lot, Decimal]]:
        """Lots selected and the shares of them held after the trades, the largest gain first, where
        lots are told apart."""
        household = closing.household
        if not self.things.lot_level:
            return
        left = [
            (lot, lot.shares - closing.lot_shares_sold.get(lot.id, Decimal(0)))
            for account in household.accounts
            if account.id in scope.accounts
            for lot in account.lots
            if forbids_lot(scope, household, account, lot)
        ]

        def by_gain(held: tuple[Lot, Decimal]) -> tuple[Decimal, str]:
            lot, shares = held
            return shares * (lot.basis / lot.shares - household.prices[lot.security_id]), lot.id

        yield from sorted((held for held in left if held[1] > 0), key=by_gain)

    def positions(self, scope: InForce, closing: Closing) -> Iterator[tuple[str, str]]:
        """(account, security) of each position selected that is held after the trades.

        One that is told apart by its lots counts while a lot selected is left, whole or in part.
        """
        household = closing.household
        for account in household.accounts:
            if account.id not in scope.accounts:
                continue
            held = {
                lot.security_id
                for lot in account.lots
                if closing.lot_shares_sold.get(lot.id, 0) < lot.shares
                and forbids_lot(scope, household, account, lot)
            }
            held |= {
                buy.security_id
                for buy in closing.purchases
                if buy.account_id == account.id
                and forbids_security(
                    scope, household, account, household.securities[buy.security_id]
                )
            }
            yield from ((account.id, security_id) for security_id in sorted(held))


def read_approval(node: tree.Ask, reader: Reader) -> Approval | None:
    """The typed directive, or None after reporting what is wrong."""
    things = read_traded(node.action, node.things, reader.for_trades())
    if not node.who.value.strip():
        reader.report(
            codes.DOES_NOT_APPLY,
            "nobody is asked",
            node.who.span,
            help='name who approves: `ask "Chief Compliance Officer" before ...`',
        )
        return None
    if node.action == "hold":
        reader.report(
            codes.DOES_NOT_APPLY,
            "people are asked before a trade, and holding is none",
            node.span,
            help=f'write `ask "{node.who.value}" before buying ...`',
        )
        return None
    return None if things is None else Approval(node.action, things, node.who.value)


def read_watch(node: tree.Report, reader: Reader) -> Watch | None:
    """The typed directive, or None after reporting what is wrong."""
    about = reader if node.action == "hold" else reader.for_trades()
    things = read_traded(node.action, node.things, about)
    return None if things is None else Watch(node.action, things)
