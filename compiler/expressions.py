"""Typed expressions: constants, attributes, and sums and choices of them, and their values.

Equality of nodes is equality of meaning: they carry no place in a file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import ClassVar

from compiler.attributes import PREFIX_OF, Column, Environment
from compiler.dimensions import (
    DayOfYear,
    Dimension,
    Duration,
    Value,
    describe_fraction,
    describe_value,
)
from compiler.lots import OF_ACCOUNT, Lots
from portfolio.flows import due_before_settlement
from portfolio.household import Account


class Expression(ABC):
    """Something with a value; `dimension` says what kind. Of one that `spans` it may be known only
    that it lies between two values."""

    spans: ClassVar[bool] = False

    @property
    @abstractmethod
    def dimension(self) -> Dimension: ...

    @abstractmethod
    def value(self, env: Environment) -> Value | None:
        """Dollars, fractions of one, days, or the value itself; None where unknown."""

    def values(self, environments: Sequence[Environment]) -> list[Value | None]:
        """`value` of each environment, asked at once: of all lots of an account, say."""
        if isinstance(environments, Lots) and self._same_for_lots:
            return [self.value(environments.of_account)] * len(environments)
        return [self.value(env) for env in environments]

    @cached_property
    def _same_for_lots(self) -> bool:
        """Whether all lots of an account have the same."""
        return all(column.table in OF_ACCOUNT for column in self.columns())

    def span(self, env: Environment) -> tuple[Value, Value] | None:
        """The least and the greatest value it may have; None where nothing is known of it."""
        value = self.value(env)
        return None if value is None else (value, value)

    @property
    def fixed(self) -> bool:
        """Whether a security alone decides the value, whoever holds it and on whatever day."""
        return False

    @abstractmethod
    def describe(self) -> str:
        """The expression in the language's words."""

    def columns(self) -> Iterator[Column]:
        """Every attribute the expression reads."""
        yield from ()

    def applicable(self, env: Environment) -> bool:
        """False where an attribute is blank because it does not apply."""
        return all(column.applicable(env) for column in self.may_not_apply)

    @cached_property
    def may_not_apply(self) -> tuple[Column, ...]:
        """Attributes of it that are not applicable somewhere."""
        return tuple(column for column in self.columns() if column.may_not_apply)


@dataclass(frozen=True)
class Literal(Expression):
    """A constant, already normalised."""

    constant: Value
    of: Dimension

    @property
    def dimension(self) -> Dimension:
        return self.of

    @property
    def fixed(self) -> bool:
        return True

    def value(self, env: Environment) -> Value | None:
        return self.constant

    def values(self, environments: Sequence[Environment]) -> list[Value | None]:
        return [self.constant] * len(environments)

    def describe(self) -> str:
        return describe_value(self.constant, self.of)


@dataclass(frozen=True)
class Length(Expression):
    """A length of time; as a number, the days by which it ends at today."""

    duration: Duration

    @property
    def dimension(self) -> Dimension:
        return Dimension.DURATION

    @cached_property
    def _days(self) -> dict[tuple[date, str], Decimal]:
        """The days of it by the day on which it ends and the calendar."""
        return {}

    def value(self, env: Environment) -> Value | None:
        today, calendar = env.household.as_of, env.household.calendar
        days = self._days.get((today, calendar))
        if days is None:
            days = Decimal((today - self.duration.before(today, calendar)).days)
            self._days[today, calendar] = days
        return days

    def describe(self) -> str:
        return self.duration.describe()


@dataclass(frozen=True)
class Today(Expression):
    """The day of the run."""

    @property
    def dimension(self) -> Dimension:
        return Dimension.DATE

    def value(self, env: Environment) -> Value | None:
        return env.household.as_of

    def describe(self) -> str:
        return "today"


@dataclass(frozen=True)
class ThatDay(Expression):
    """`December 1`, `year.start`, `year.end`: that day of the year of the run, which is the tax
    year (26 USC 441(b))."""

    day: DayOfYear
    words: str

    @property
    def dimension(self) -> Dimension:
        return Dimension.DATE

    def value(self, env: Environment) -> Value | None:
        return self.day.of(env.household.as_of.year)

    def describe(self) -> str:
        return self.words


@dataclass(frozen=True)
class Reference(Expression):
    """A named attribute; `otherwise` is what a missing value of it counts as, None for nothing."""

    column: Column
    otherwise: Value | None = None

    @property
    def dimension(self) -> Dimension:
        return self.column.dimension

    @property
    def fixed(self) -> bool:
        return self.column.fixed

    def value(self, env: Environment) -> Value | None:
        return self.values((env,))[0]

    def values(self, environments: Sequence[Environment]) -> list[Value | None]:
        column = self.column
        if isinstance(environments, Lots):
            found = environments.values(column)
        else:
            found = [column.value(env) for env in environments]
        if self.otherwise is None or None not in found:
            return found
        asked = zip(found, environments, strict=True)
        return [self._supplied(env) if value is None else value for value, env in asked]

    def _supplied(self, env: Environment) -> Value | None:
        """What the missing value counts as; nothing where it does not apply, or there is no row."""
        column = self.column
        there = column.subject(env) is not None and column.applicable(env)
        return self.otherwise if there else None

    def describe(self) -> str:
        return self.column.written

    def columns(self) -> Iterator[Column]:
        yield self.column


@dataclass(frozen=True)
class Share(Expression):
    """`5% of lot.basis`, `1% of account`: a fraction of an amount of money.

    An account or household is worth what it is before trades and after the flows that are due.
    """

    fraction: Decimal
    base: Reference

    @property
    def dimension(self) -> Dimension:
        return Dimension.MONEY

    def value(self, env: Environment) -> Value | None:
        base = self.base.value(env)
        if self._whole and base is not None:
            base = _left(env, self._owners(env))
        return self.fraction * base if isinstance(base, Decimal) else None

    def values(self, environments: Sequence[Environment]) -> list[Value | None]:
        if self._whole:
            return super().values(environments)
        fraction, bases = self.fraction, self.base.values(environments)
        return [fraction * base if isinstance(base, Decimal) else None for base in bases]

    @property
    def _whole(self) -> bool:
        """Whether the base is an account or household itself."""
        column = self.base.column
        return column.name == "value" and column.table in ("accounts", "households")

    def _owners(self, env: Environment) -> tuple[Account, ...]:
        if self.base.column.table == "accounts":
            return () if env.account is None else (env.account,)
        return tuple(each for each in env.household.accounts if not each.held_away)

    def describe(self) -> str:
        column = self.base.column
        base = PREFIX_OF[column.table] if self._whole else column.written.removeprefix("lot.")
        return f"{describe_fraction(self.fraction)} of {base}"

    def columns(self) -> Iterator[Column]:
        yield from self.base.columns()


def _left(env: Environment, accounts: tuple[Account, ...]) -> Decimal:
    """What accounts have after the flows that are due, one that owes more than it has nothing: less
    than nothing would turn a floor into a ceiling."""
    due = due_before_settlement(env.household)
    worth = (env.household.value(each) + due.get(each.id, Decimal(0)) for each in accounts)
    return sum((max(Decimal(0), each) for each in worth), Decimal(0))


@dataclass(frozen=True)
class Choice(Expression):
    """`the larger of A and B`, `the smaller of A and B`."""

    larger: bool
    left: Expression
    right: Expression

    @property
    def dimension(self) -> Dimension:
        return self.left.dimension

    def value(self, env: Environment) -> Value | None:
        return self.values((env,))[0]

    def values(self, environments: Sequence[Environment]) -> list[Value | None]:
        chosen = max if self.larger else min
        sides = zip(self.left.values(environments), self.right.values(environments), strict=True)
        return [
            chosen(a, b) if isinstance(a, Decimal) and isinstance(b, Decimal) else None
            for a, b in sides
        ]

    def describe(self) -> str:
        word = "larger" if self.larger else "smaller"
        return f"the {word} of {self.left.describe()} and {self.right.describe()}"

    def columns(self) -> Iterator[Column]:
        yield from self.left.columns()
        yield from self.right.columns()


@dataclass(frozen=True)
class Total(Expression):
    """`A plus B` (`sign` 1) or `A minus B` (-1) of numbers of one dimension, or of two dates."""

    sign: int
    left: Expression
    right: Expression

    @property
    def dimension(self) -> Dimension:
        dates = self.left.dimension is Dimension.DATE
        return Dimension.DURATION if dates else self.left.dimension

    def value(self, env: Environment) -> Value | None:
        left, right = self.left.value(env), self.right.value(env)
        if isinstance(left, Decimal) and isinstance(right, Decimal):
            return left + self.sign * right
        if isinstance(left, date) and isinstance(right, date):
            return Decimal((left - right).days)
        return None

    def describe(self) -> str:
        word = "plus" if self.sign > 0 else "minus"
        return f"{self.left.describe()} {word} {self.right.describe()}"

    def columns(self) -> Iterator[Column]:
        yield from self.left.columns()
        yield from self.right.columns()


@dataclass(frozen=True)
class Shifted(Expression):
    """A day some time before or after another, counted on the calendar."""

    sign: int
    day: Expression
    by: Duration

    @property
    def dimension(self) -> Dimension:
        return Dimension.DATE

    def value(self, env: Environment) -> Value | None:
        day = self.day.value(env)
        if not isinstance(day, date):
            return None
        calendar = env.household.calendar
        return self.by.after(day, calendar) if self.sign > 0 else self.by.before(day, calendar)

    def describe(self) -> str:
        word = "plus" if self.sign > 0 else "minus"
        return f"{self.day.describe()} {word} {self.by.describe()}"

    def columns(self) -> Iterator[Column]:
        yield from self.day.columns()
