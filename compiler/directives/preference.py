"""`prefer holding reits in iras worth 30 bps`: a price on dollars of the wrong side.

A preference forbids nothing. Its price stands in the objective beside tax, risk and cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.conditions import Environment, Truth, any_of
from compiler.directives.base import Breach, Directive, Family
from compiler.directives.oversight import DOING
from compiler.memberships import AccountGroup
from compiler.physics import Physics
from compiler.read_conditions import read_selection
from compiler.reader import Reader
from compiler.selections import Selection
from compiler.statements import InForce
from compiler.sums import Column, Sum
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Unit
from portfolio.household import Account, Household, Lot, Security

TIE_BREAK = Decimal("0.00001")
"""Worth of a preference that states none: a tenth of a basis point, less than any trade costs."""
MOST = Decimal("0.1")
_BP = Decimal(10_000)


@dataclass(frozen=True)
class Preference(Directive):
    """Dollars on the wrong side cost `worth`: a fraction a year over the horizon where `action` is
    hold, once where it is buy, sell or trade.

    With `over` the wrong side is what `over` selects and `things` does not, in the accounts of
    `groups` where there are any. Without it, it is `things` in accounts outside `groups`, where the
    household has an account of them. Nothing whose data is missing is on the wrong side.
    """

    kind: ClassVar[str] = "preference"
    family: ClassVar[Family] = Family.SETTING

    action: str
    things: Selection
    groups: tuple[AccountGroup, ...]
    over: Selection | None
    worth: Decimal | None

    @property
    def slot(self) -> tuple[str, ...]:
        things = [each.describe() for each in (self.things, self.over) if each is not None]
        return "preference", f"{DOING[self.action]} {' and '.join(sorted(things))}", self._where()

    @property
    def price(self) -> Decimal:
        """A fraction of each dollar on the wrong side; a year's, for a holding."""
        return TIE_BREAK if self.worth is None else self.worth

    def sentence(self) -> str:
        text = f"prefer {DOING[self.action]} {self.things.subject}{self._where()}"
        if self.over is not None:
            text += f" over {self.over.describe()}"
        if self.worth is not None:
            points = self.worth * _BP
            text += f" worth {points.normalize():f} {'bp' if points == 1 else 'bps'}"
        return text + self.things.narrowing

    def _where(self) -> str:
        return f" in {', '.join(each.name for each in self.groups)}" if self.groups else ""

    # --- the wrong side ---

    def accounts(self, scope: InForce, household: Household) -> Iterator[Account]:
        """Accounts in which something may be on the wrong side."""
        mine = [a for a in household.accounts if a.id in scope.accounts]
        named = {a.id: self._named(household, a) for a in mine}
        if self.over is None and True not in named.values():
            return
        yield from (a for a in mine if named[a.id] is (self.over is not None))

    def _named(self, household: Household, account: Account) -> Truth:
        if not self.groups:
            return True
        env = Environment(household, account)
        return any_of(
            True if group.condition is None else group.condition.truth(env) for group in self.groups
        )

    def wrong(
        self, household: Household, account: Account, security: Security, lot: Lot | None
    ) -> bool:
        """Whether a lot (or without one, what is bought) is on the wrong side in `account`."""
        env = Environment(household, account, security, lot)
        truth = _truth(self.things, env)
        if self.over is None:
            return truth is True
        return truth is False and _truth(self.over, env) is True

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """No row: a cost, bp of household value, by which the trades change what is on the wrong
        side, at its price."""
        coefficients, columns = list[float](), list[Column]()
        may_trade = {a.id for a in physics.accounts}
        for account in self.accounts(scope, physics.household):
            if account.id not in may_trade:
                continue
            price = float(self.price)
            if self.action == "hold":
                price *= physics.assumptions[account.id].horizon
            for position in physics.of_account(account.id):
                security = physics.security(position.security_id)
                if self.action != "buy":
                    sign = -1 if self.action == "hold" else 1
                    wrong = [
                        sell
                        for lot, sell in zip(position.lots, position.sells, strict=True)
                        if self.wrong(physics.household, account, security, lot)
                    ]
                    columns += wrong
                    coefficients += [sign * price] * len(wrong)
                if (
                    self.action != "sell"
                    and position.buy is not None
                    and self.wrong(physics.household, account, security, None)
                ):
                    columns.append(position.buy)
                    coefficients.append(price)
        if columns:
            physics.preferences[scope.statement.key] = Sum(coefficients, columns)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Nothing is forbidden."""
        yield from ()

    def dollars(self, scope: InForce, closing: Closing, *, after: bool) -> Decimal:
        """Dollars held on the wrong side, before or after the trades; for the other kinds, dollars
        traded there, which before the trades are none. Accounts that may not trade are left out."""
        return sum(self.by_account(scope, closing, after=after).values(), Decimal(0))

    def by_account(self, scope: InForce, closing: Closing, *, after: bool) -> dict[str, Decimal]:
        """The same dollars by the id of the account they are in."""
        household, found = closing.household, dict[str, Decimal]()
        if self.action != "hold" and not after:
            return found
        for account in self.accounts(scope, household):
            if account.id not in closing.targets:
                continue
            total = Decimal(0)
            for lot in account.lots if self.action != "buy" else ():
                security = household.securities[lot.security_id]
                if self.wrong(household, account, security, lot):
                    sold = closing.lot_shares_sold.get(lot.id, Decimal(0)) if after else Decimal(0)
                    shares = lot.shares - sold if self.action == "hold" else sold
                    total += shares * household.prices[lot.security_id]
            for buy in closing.purchases if after and self.action != "sell" else ():
                security = household.securities[buy.security_id]
                if buy.account_id == account.id and self.wrong(household, account, security, None):
                    total += buy.shares * household.prices[buy.security_id]
            found[account.id] = total
        return found


def _truth(selection: Selection, env: Environment) -> Truth:
    """A purchase has no lot yet: what is asked of lots is unknown of it."""
    return None if env.lot is None and selection.lot_level else selection.truth(env)


# --- reading -------------------------------------------------------------------------------------


def read_preference(node: tree.Prefer, reader: Reader) -> Preference | None:
    """The typed preference, or None after reporting what is wrong."""
    things = read_selection(node.things, reader)
    over = None if node.over is None else read_selection(node.over, reader)
    groups = _groups(node, reader)
    worth = None if node.worth is None else _worth(node.worth, reader)
    if things is None or groups is None or (node.over is not None and over is None):
        return None
    if node.worth is not None and worth is None:
        return None
    if over is None and not groups:
        reader.report(
            codes.DOES_NOT_APPLY,
            "preferred to what?",
            node.span,
            help="say `over` what else, or `in` which accounts",
        )
        return None
    if node.action == "buy" and (things.lot_level or (over is not None and over.lot_level)):
        reader.report(
            codes.DOES_NOT_APPLY,
            "this asks about lots, and what is bought has none yet",
            node.things.span,
            help="leave `lot.` out, or write `prefer selling`",
        )
        return None
    return Preference(node.action, things, groups, over, worth)


def _groups(node: tree.Prefer, reader: Reader) -> tuple[AccountGroup, ...] | None:
    """The groups of accounts after `in`."""
    if node.accounts is None:
        return ()
    found: list[AccountGroup] = []
    for item in node.accounts.items:
        if isinstance(item, tree.Name):
            group = reader.groups.find(item, AccountGroup, reader)
            found += [] if group is None else [group]
    if any(isinstance(item, tree.Text) for item in node.accounts.items) or not node.accounts.items:
        reader.report(
            codes.DOES_NOT_APPLY,
            "`in` takes groups of accounts",
            node.accounts.span,
            help="`define iras as accounts where account.type is ...`, then `in iras`",
        )
    return tuple(found) if found and len(found) == len(node.accounts.items) else None


def _worth(node: tree.Quantity, reader: Reader) -> Decimal | None:
    if node.unit not in (Unit.PERCENT, Unit.BPS):
        reader.report(
            codes.WRONG_UNIT,
            "a preference is worth a percentage of the dollars on its wrong side",
            node.span,
            "not a percentage",
            help="write `worth 30 bps`, or leave `worth` out to break ties",
        )
        return None
    worth = node.value / (100 if node.unit is Unit.PERCENT else _BP)
    if not 0 < worth <= MOST:
        reader.report(
            codes.NOT_SANE,
            "a preference is worth more than nothing and at most 10%",
            node.span,
            help="turn the line round to prefer the opposite; write `never` to forbid it",
        )
        return None
    return worth
