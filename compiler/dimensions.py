"""Dimensions of what policies compare, and quantities brought to one unit and back to words.

Inside, money is dollars, percent, points and basis points are fractions of one, a length of time is
calendar days. `describe_*` gives the language's own words for a value.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from grammar.times import MONTHS
from grammar.tree import Unit
from portfolio.sessions import sessions_from

Value = Decimal | str | bool | date | frozenset[str]


class Dimension(StrEnum):
    """The value is how a message names the dimension."""

    MONEY = "an amount of money"
    FRACTION = "a percentage"
    POINTS = "points"
    SHARES = "a number of shares"
    NUMBER = "a plain number"
    DURATION = "a length of time"
    DATE = "a date"
    TEXT = "a text"
    FLAG = "yes or no"
    TAGS = "a list of tags"


ORDERED = frozenset(
    {
        Dimension.MONEY,
        Dimension.FRACTION,
        Dimension.POINTS,
        Dimension.SHARES,
        Dimension.NUMBER,
        Dimension.DURATION,
    }
)

DIMENSIONS = {
    Unit.MONEY: Dimension.MONEY,
    Unit.PERCENT: Dimension.FRACTION,
    Unit.BPS: Dimension.FRACTION,
    Unit.POINTS: Dimension.POINTS,
    Unit.SHARES: Dimension.SHARES,
    Unit.DAYS: Dimension.DURATION,
    Unit.TRADING_DAYS: Dimension.DURATION,
    Unit.MONTHS: Dimension.DURATION,
    Unit.QUARTERS: Dimension.DURATION,
    Unit.YEARS: Dimension.DURATION,
    Unit.NONE: Dimension.NUMBER,
}

_SCALES = {
    Unit.PERCENT: Decimal("0.01"),
    Unit.POINTS: Decimal("0.01"),
    Unit.BPS: Decimal("0.0001"),
}


def normalised(value: Decimal, unit: Unit) -> Decimal:
    """Dollars, a fraction of one, shares or a plain number; lengths of time keep their unit."""
    return value * _SCALES.get(unit, Decimal(1))


_MONTHS_IN = {Unit.MONTHS: 1, Unit.QUARTERS: 3, Unit.YEARS: 12}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time, on the calendar or in sessions of an exchange.

    Months, quarters and years depend on the day they are counted from.
    """

    count: Decimal
    unit: Unit

    def before(self, day: date, calendar: str = "XNYS") -> date:
        """The day this long before `day`; a day the month does not have becomes its last."""
        return self._shifted(day, -1, calendar)

    def after(self, day: date, calendar: str = "XNYS") -> date:
        """The day this long after `day`."""
        return self._shifted(day, 1, calendar)

    def _shifted(self, day: date, sign: int, calendar: str) -> date:
        count = sign * int(self.count)
        try:
            if self.unit is Unit.DAYS:
                return day + timedelta(days=count)
            if self.unit is Unit.TRADING_DAYS:
                return sessions_from(day, count, calendar)
            months = count * _MONTHS_IN[self.unit]
            year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
            return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        except (OverflowError, ValueError):
            return date.max if sign > 0 else date.min

    def describe(self) -> str:
        noun = self.unit.value.removesuffix("s") if self.count == 1 else self.unit.value
        return f"{describe_number(self.count)} {noun}"


@dataclass(frozen=True, slots=True)
class DayOfYear:
    """A day that comes every year; 29 February is the 28th where the year has no 29th."""

    month: int
    day: int

    def of(self, year: int) -> date:
        """The day of that year."""
        return date(year, self.month, min(self.day, monthrange(year, self.month)[1]))

    def next(self, day: date) -> date:
        """The first such day on or after `day`."""
        this = self.of(day.year)
        return this if this >= day else self.of(day.year + 1)

    def describe(self) -> str:
        """`December 1`."""
        return f"{MONTHS[self.month - 1]} {self.day}"


def describe_number(value: Decimal) -> str:
    """`1,234.5`: thousands separated, no trailing zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def describe_money(value: Decimal) -> str:
    """`$1,234.50`, `$500`; cents are written in full or not at all."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    whole = size == size.to_integral_value()
    return f"{sign}${size:,.0f}" if whole else f"{sign}${size:,.2f}"


def describe_fraction(value: Decimal) -> str:
    """`2.5%` for 0.025."""
    return f"{describe_number(value * 100)}%"


def describe_points(value: Decimal) -> str:
    """`3 points` for 0.03."""
    return f"{describe_number(value * 100)} points"


def describe_value(value: Value, dimension: Dimension) -> str:
    """A value in the language's words; texts are quoted."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, frozenset):
        return ", ".join(f'"{tag}"' for tag in sorted(value))
    match dimension:
        case Dimension.MONEY:
            return describe_money(value)
        case Dimension.FRACTION:
            return describe_fraction(value)
        case Dimension.POINTS:
            return describe_points(value)
        case Dimension.SHARES:
            return f"{describe_number(value)} shares"
        case Dimension.DURATION:
            return f"{describe_number(value)} days"
        case _:
            return describe_number(value)
