"""Defined groups of accounts, lists of dates and lists from files, and belonging to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from compiler.attributes import Column, Environment
from compiler.conditions import Condition, Truth, any_of, negated
from compiler.dimensions import Value
from compiler.expressions import Expression, Reference


@dataclass(frozen=True)
class AccountGroup:
    """`define iras as accounts where ...`; every account where `condition` is None."""

    name: str
    condition: Condition | None


@dataclass(frozen=True)
class Periods:
    """`define open_windows as ...`: first and last days, both included, in order."""

    name: str
    days: tuple[tuple[date, date], ...]

    def include(self, day: Value) -> bool:
        """Whether a day lies in one of them."""
        return isinstance(day, date) and any(first <= day <= last for first, last in self.days)


@dataclass(frozen=True)
class InAccounts(Condition):
    """`account in iras`."""

    group: AccountGroup
    negative: bool

    def truth(self, env: Environment) -> Truth:
        condition = self.group.condition
        truth = True if condition is None else condition.truth(env)
        return negated(truth) if self.negative else truth

    def describe(self) -> str:
        return f"account {'not in' if self.negative else 'in'} {self.group.name}"

    def columns(self) -> Iterator[Column]:
        if self.group.condition is not None:
            yield from self.group.condition.columns()


@dataclass(frozen=True)
class InPeriods(Condition):
    """`today in open_windows`, `lot.acquired not in open_windows`."""

    left: Expression
    periods: Periods
    negative: bool

    def truth(self, env: Environment) -> Truth:
        if not self.left.applicable(env):
            return False
        day = self.left.value(env)
        return None if day is None else self.periods.include(day) is not self.negative

    def describe(self) -> str:
        return f"{self.left.describe()} {'not in' if self.negative else 'in'} {self.periods.name}"

    def columns(self) -> Iterator[Column]:
        yield from self.left.columns()


@dataclass(frozen=True)
class Listed(Condition):
    """A row of a file says so: every cell that the row fills is the security's own value.

    `rows` gives, for each choice of filled columns, the values in the columns' order.
    """

    file: str
    rows: tuple[tuple[tuple[Reference, ...], frozenset[tuple[str, ...]]], ...] = field(repr=False)

    def truth(self, env: Environment) -> Truth:
        return any_of(_row(columns, values, env) for columns, values in self.rows)

    def describe(self) -> str:
        return f'listed in "{self.file}"'

    def columns(self) -> Iterator[Column]:
        for references, _ in self.rows:
            for reference in references:
                yield from reference.columns()


def _row(
    columns: tuple[Reference, ...], values: frozenset[tuple[str, ...]], env: Environment
) -> Truth:
    """Whether a security has the values of one of the rows."""
    if not all(column.applicable(env) for column in columns):
        return False
    found = tuple(column.value(env) for column in columns)
    if None not in found:
        return found in values
    known = [(place, value) for place, value in enumerate(found) if value is not None]
    possible = any(all(row[place] == value for place, value in known) for row in values)
    return None if possible else False
