"""`reserve $85,000 by 2026-04-10`, `invest $500,000 evenly over 12 months`: cash set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.amounts import Amount, Base
from compiler.closing import Closing, cents
from compiler.directives.base import Breach, Directive, Family, dollars_breach, least
from compiler.directives.payment import read_amount
from compiler.physics import Physics
from compiler.reader import Reader
from compiler.statements import InForce, Statement
from compiler.tableau import Block
from compiler.timetable import Timetable, read_timetable
from grammar import tree
from portfolio.flows import months_after, must_be_there, set_aside
from portfolio.household import Account, Household
from portfolio.sessions import last_to_settle_by


@dataclass(frozen=True)
class Earmark(Directive):
    """Cash that stays cash: `reserve` has it raised in time, `invest` holds back what is there.

    A reserve is there from the last session whose sales settle by its day to the statement's last
    day, or for a year; in equal steps it grows by one of them as each begins. `invest` releases one
    part as each step begins, the first at once, and never asks for a sale.
    """

    kind: ClassVar[str] = "earmark"
    family: ClassVar[Family] = Family.SCHEDULE
    breakable: ClassVar[bool] = False
    looser: ClassVar[Mapping[str, int]] = {"amount": -1}

    action: str
    amount: Amount
    times: Timetable
    base: Base

    @property
    def slot(self) -> tuple[str, ...]:
        return self.action, self.amount.describe(), self.times.describe(), self.base

    @property
    def gradual(self) -> bool:
        """Whether it comes in steps that are counted from its first day."""
        return bool(self.times.parts)

    @property
    def raised_ahead(self) -> bool:
        return self.times.by is not None

    @property
    def raises_cash(self) -> bool:
        return self.action == "reserve"

    def ever_due(self, starts: date | None, ends: date | None) -> bool:
        del starts  # What had to be there by an earlier day has to be there now.
        return self.times.ever(None, ends)

    def sentence(self) -> str:
        times = self.times.describe()
        return f"{self.action} {self.amount.describe()} {times} per {self.base}"

    def dollars(
        self, statement: Statement, household: Household, account: Account | None
    ) -> Decimal:
        """Dollars of the account's cash, or the household's, that are meant for it today."""
        total, today = self.amount.known(household, account) or Decimal(0), household.as_of
        if self.times.by is not None:
            due = must_be_there(household, self.times.by)
            over = due and statement.ends is None and today > months_after(self.times.by, 12)
            return cents(total) if due and not over else Decimal(0)
        assert statement.starts is not None
        begun = self.times.begun(statement.starts, today)
        parts = begun if self.action == "reserve" else self.times.parts - begun
        if self.action == "reserve" and statement.ends is None and self._over(statement, today):
            return Decimal(0)
        return cents(total * parts / self.times.parts)

    def _over(self, statement: Statement, today: date) -> bool:
        """Whether a reserve without a last day has been whole for a year."""
        return today > months_after(self._whole(statement), 12)

    def _whole(self, statement: Statement) -> date:
        """The day on which the last of equal steps begins."""
        assert statement.starts is not None
        *_, whole = self.times.days(statement.starts, statement.starts, date.max)
        return whole

    def days_of_change(self, statement: Statement) -> Iterator[date]:
        """Days on which what a reserve comes to is not what it was on the day before."""
        if self.times.by is not None:
            yield from (self.times.by, months_after(self.times.by, 12) + timedelta(days=1))
        else:
            assert statement.starts is not None
            yield from self.times.days(statement.starts, statement.starts, date.max)
            yield months_after(self._whole(statement), 12) + timedelta(days=1)
        if statement.ends is not None:
            yield statement.ends + timedelta(days=1)

    def describe_today(self, statement: Statement, household: Household) -> str:
        day = self.times.by
        if day is not None and not must_be_there(household, day) and household.as_of <= day:
            first = last_to_settle_by(day, household.settlement_days, household.calendar)
            return f"raised from {first} on"
        if statement.starts is None or not self.times.parts:
            return ""
        begun = self.times.begun(statement.starts, household.as_of)
        return f"{begun} of {self.times.parts} parts"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A row an account: its cash is not below what is set aside in it."""
        keep_there(block, scope, physics, raised=self.action == "reserve")

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Cash covers what is set aside, or is no lower than without trades."""
        yield from not_there(scope, closing, raised=self.action == "reserve")


def keep_there(block: Block, scope: InForce, physics: Physics, *, raised: bool) -> None:
    """A row for each account in which the statement sets cash aside, to be `raised` where it is not
    there."""
    for account in physics.accounts:
        bound = _bound(scope, physics.household, account.id, raised=raised)
        if bound is None:
            continue
        where = f"{account.id} set aside"
        physics.lower(
            block,
            "there",
            where,
            physics.closing_cash(account),
            physics.opening_cash(account),
            physics.bp(bound),
            scope=scope,
            # One shortfall of an account is cured once, whatever else it is meant for.
            cured=raised and all(cure.where != where for cure in physics.cures),
        )


def not_there(scope: InForce, closing: Closing, *, raised: bool) -> Iterator[Breach]:
    """Accounts whose cash does not cover what is set aside and is lower than without trades."""
    for account in closing.household.accounts:
        needed = _bound(scope, closing.household, account.id, raised=raised)
        if needed is not None:
            bound = least(scope, needed, closing.cash(account, after=False))
            after = closing.cash(account, after=True)
            if after < bound:
                yield dollars_breach(scope, account.id, "cash set aside", after, bound)


def _bound(
    scope: InForce, household: Household, account_id: str, *, raised: bool
) -> Decimal | None:
    """Dollars that everything set aside in the account comes to; None where this statement sets
    nothing aside there. What is to be raised does not count what is only held back."""
    key = scope.statement.key
    if not any((e.source, e.account_id) == (key, account_id) for e in household.set_aside):
        return None
    return set_aside(household, raised_only=raised)[account_id]


def read_earmark(node: tree.Flow, reader: Reader) -> Earmark | None:
    """The typed directive, or None after reporting what is wrong."""
    amount = read_amount(node, reader)
    times = read_timetable(node.timing, reader)
    if times is not None and not _suits(node, times, reader):
        return None
    if amount is None or times is None:
        return None
    return Earmark(node.action, amount[0], times, amount[1])


def _suits(node: tree.Flow, times: Timetable, reader: Reader) -> bool:
    """Whether cash can be set aside at these times."""
    if times.parts or (node.action == "reserve" and times.by is not None):
        return True
    if node.action == "reserve":
        message = "a reserve is there by a day, or builds up evenly"
        help_line = "write `by 2026-04-10`, or `pay` what leaves again and again"
    else:
        message = "money is invested evenly over a time"
        help_line = "write `invest $500,000 evenly over 12 months`"
    reader.report(codes.DOES_NOT_APPLY, message, node.timing.span, help=help_line)
    return False
