"""Holding periods: when a gain is long-term.

26 USC 1222(1)-(4): "more than 1 year". Rev. Rul. 66-7 and 66-97; Caspe v. United States, 694 F.2d
1116 (8th Cir. 1982): the day of acquisition is left out, the day of sale counts, and calendar
months are counted, not days.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from portfolio.household import Lot


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


def tacked_start(sold_acquired: date, loss_sale: date, replacement_acquired: date) -> date:
    """The holding start of a replacement lot after a wash sale: the days that the sold lot was
    held are added before the replacement's own (26 USC 1223(3), Treas. Reg. 1.1223-1(d))."""
    return replacement_acquired - (loss_sale - sold_acquired)
