"""`pay $6,000 each month on day 1`: cash that leaves an account on its day, raised in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from compiler.amounts import Amount, Base
from compiler.closing import Closing, cents
from compiler.directives.base import Breach, Directive, Family, dollars_breach, least
from compiler.directives.bounds import holder, read_amount_band
from compiler.physics import Physics
from compiler.reader import Reader
from compiler.statements import InForce, Statement
from compiler.tableau import Block
from compiler.timetable import Timetable, read_timetable
from grammar import tree
from grammar.tree import Side
from portfolio.flows import flows_due, months_after
from portfolio.household import Account, Flow, Household


@dataclass(frozen=True)
class Payment(Directive):
    """A flow of one account, as those of the book are; a household's is paid by its accounts
    (`compiler.payers`)."""

    kind: ClassVar[str] = "payment"
    family: ClassVar[Family] = Family.SCHEDULE
    breakable: ClassVar[bool] = False
    looser: ClassVar[Mapping[str, int]] = {"amount": -1}

    amount: Amount
    times: Timetable
    base: Base

    @property
    def slot(self) -> tuple[str, ...]:
        return "pay", self.amount.describe(), self.times.describe(), self.base

    @property
    def gradual(self) -> bool:
        """Whether it comes in steps that are counted from its first day."""
        return bool(self.times.parts)

    @property
    def raised_ahead(self) -> bool:
        return True

    @property
    def raises_cash(self) -> bool:
        return True

    def ever_due(self, starts: date | None, ends: date | None) -> bool:
        return self.times.ever(starts, ends)

    def sentence(self) -> str:
        return f"pay {self.amount.describe()} {self.times.describe()} per {self.base}"

    def due(
        self,
        statement: Statement,
        household: Household,
        account: Account | None,
        first: date,
        last: date,
    ) -> Iterator[tuple[date, Decimal]]:
        """Dollars that leave the account, or the household, from the first day to the last."""
        total = cents(self.amount.known(household, account) or Decimal(0))
        for day in self.times.days(statement.starts, first, last):
            dollars = self._part(total, statement.starts, day)
            if dollars > 0:
                yield day, dollars

    def _part(self, total: Decimal, begins: date | None, day: date) -> Decimal:
        """One of equal parts, in cents; the last makes up the total."""
        if not self.times.parts or begins is None:
            return total
        part = cents(total / self.times.parts)
        last = self.times.begun(begins, day) == self.times.parts
        return total - part * (self.times.parts - 1) if last else part

    def describe_today(self, statement: Statement, household: Household) -> str:
        last = months_after(household.as_of, 12)
        last = last if statement.ends is None else min(last, statement.ends)
        due = next(self.times.days(statement.starts, household.as_of, last), None)
        return "none due within a year" if due is None else f"next on {due}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A row an account that has to pay before a later run could raise the cash: what is left
        is not below zero."""
        paying = {flow.account_id for flow in self._due(scope, physics.household)}
        for account in physics.accounts:
            if account.id in paying:
                where = f"{account.id} payments"
                cash = physics.closing_cash(account)
                before = physics.opening_cash(account)
                # One shortfall of an account is cured once, whoever else it has to pay.
                first = all(cure.where != where for cure in physics.cures)
                physics.lower(block, "raised", where, cash, before, 0.0, scope=scope, cured=first)

    def _due(self, scope: InForce, household: Household) -> list[Flow]:
        key = scope.statement.key
        return [flow for flow in flows_due(household) if flow.source == key]

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Cash left after what is due is not below zero, or no lower than without trades."""
        due = self._due(scope, closing.household)
        for account_id in sorted({flow.account_id for flow in due}):
            account = closing.account(account_id)
            bound = least(scope, Decimal(0), closing.cash(account, after=False))
            after = closing.cash(account, after=True)
            if after < bound:
                yield dollars_breach(scope, account_id, "cash after payments", after, bound)


def read_payment(node: tree.Flow, reader: Reader) -> Payment | None:
    """The typed payment, or None after reporting what is wrong."""
    amount = read_amount(node, reader)
    times = read_timetable(node.timing, reader)
    return None if amount is None or times is None else Payment(*amount[:1], times, amount[1])


def read_amount(node: tree.Flow, reader: Reader) -> tuple[Amount, Base] | None:
    """The dollars of a schedule and whose they are, or None after reporting what is wrong."""
    bound = tree.Bound(
        span=node.amount.span,
        side=Side.AT_MOST,
        low=None,
        high=node.amount,
        relation=None,
        base=None,
    )
    band = read_amount_band(bound, reader)
    if band is None or band.high is None:
        return None
    base = holder(band, node.per, bound, reader)
    return None if base is None else (band.high, base)
