"""Holding periods: when a gain is long-term.

26 USC 1222(1)-(4): "more than 1 year". Rev. Rul. 66-7 and 66-97; Caspe v. United States, 694 F.2d
1116 (8th Cir. 1982): the day of acquisition is left out, the day of sale counts, and calendar
months are counted, not days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from portfolio.household import Lot


@lru_cache(maxsize=8192)
def first_long_day(acquired: date, months: int = 12) -> date:
    """The first day on which a sale is long-term: `months` added to the day after acquisition.

    Where that day does not exist (29 February), it is the first of the next month.
    """
    start = acquired + timedelta(days=1)
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    month += 1
    if start.day <= monthrange(year, month)[1]:
        return date(year, month, start.day)
    return date(year, month, monthrange(year, month)[1]) + timedelta(days=1)


def holding_start(lot: Lot) -> date:
    """The day from which the lot's holding period runs: tacked where the book says so
    (26 USC 1223), else the day of acquisition."""
    return lot.acquired if lot.holding_from is None else lot.holding_from


def is_long_term(lot: Lot, on: date) -> bool:
    """Whether a sale of the lot on that trade date is long-term."""
    return on >= first_long_day(holding_start(lot))


# --- tacking -------------------------------------------------------------------------------------


class Tacking(StrEnum):
    """How the period of a lot sold at a washed loss joins that of its replacement (26 USC 1223(3):
    "there shall be included the period", without a word on how).

    ADDED: its days are added before the replacement's own. UNION: no day counts twice, where both
    were held at once. ORIGINAL_DATE: the replacement counts from the day the first lot did.
    """

    ADDED = "added"
    UNION = "union"
    ORIGINAL_DATE = "original_date"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A lot was held from the day after `start` to `end`, both trade dates."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days


def tacked(own: date, past: Iterable[Period], tacking: Tacking = Tacking.ADDED) -> date:
    """The day from which a lot counts that runs from `own` and takes over the `past` periods of
    lots whose losses it absorbed (26 USC 1223(3), Treas. Reg. 1.1223-1(d))."""
    periods = sorted(past)
    if tacking is Tacking.ORIGINAL_DATE:
        return min([own, *(period.start for period in periods)])
    if tacking is Tacking.ADDED:
        return own - timedelta(days=sum(period.days for period in periods))
    days, reached = 0, date.min
    for period in periods:
        start, end = max(period.start, reached), min(period.end, own)
        if end > start:
            days += (end - start).days
            reached = end
    return own - timedelta(days=days)


def tacked_start(sold_acquired: date, loss_sale: date, replacement_acquired: date) -> date:
    """The holding start of a replacement lot after one wash sale, days added."""
    return tacked(replacement_acquired, [Period(sold_acquired, loss_sale)])
