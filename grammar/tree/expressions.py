"""What every node has, and values: numbers with units, texts, dates, names and sums of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from grammar.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node has: its place, which equality ignores."""

    span: Span = field(compare=False, repr=False)


class Unit(StrEnum):
    """The unit behind or before a number, in one spelling."""

    MONEY = "$"
    PERCENT = "%"
    POINTS = "points"
    BPS = "bps"
    SHARES = "shares"
    TRADING_DAYS = "trading days"
    DAYS = "days"
    MONTHS = "months"
    QUARTERS = "quarters"
    YEARS = "years"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """A number as written with its unit: `5%` is Quantity(5, PERCENT), not 0.05."""

    value: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted word: data."""

    value: str


@dataclass(frozen=True, slots=True)
class Date(Node):
    """`2026-01-31`."""

    value: date


@dataclass(frozen=True, slots=True)
class MonthDay(Node):
    """`December 1`: that day of every year. `day` fits the month in a leap year."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A bare word, perhaps dotted: `industry`, `account.type`, `ipc.esg.tobacco`."""

    value: str


@dataclass(frozen=True, slots=True)
class ShareOf(Node):
    """`5% of basis`, `1% of account`."""

    share: Quantity
    base: Name


@dataclass(frozen=True, slots=True)
class Prorated(Node):
    """`$1,800 prorated`: the part of it that the days of the year have brought."""

    whole: Quantity | ShareOf


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`the larger of A and B` (`larger` true) or `the smaller of A and B`."""

    larger: bool
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Sum(Node):
    """`A plus B`, or `A minus B` (`sign` -1)."""

    sign: int
    left: Expression
    right: Expression


Expression = Quantity | Text | Date | MonthDay | Name | ShareOf | Prorated | Choice | Sum
