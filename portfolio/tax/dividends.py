"""Dividends: which are qualified, and in which year those of funds count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Window:
    """The days around an ex-dividend date in which shares must be held, and how many of them."""

    start: date
    end: date
    more_than: int

    def days_held(self, acquired: date, sold: date | None) -> int:
        """Days held in the window: from the day after acquisition to the day of sale (26 USC
        246(c)(3)(A)). Time tacked by a wash sale does not count (246(c)(3)(B))."""
        first = max(self.start, acquired + timedelta(days=1))
        last = self.end if sold is None else min(self.end, sold)
        return max((last - first).days + 1, 0)


def window(ex_date: date, preferred: bool = False) -> Window:
    """26 USC 1(h)(11)(B)(iii): more than 60 days of the 121 that begin 60 days before the ex-date;
    for preferred dividends of more than 366 days, more than 90 of 181 (246(c)(2))."""
    days = 90 if preferred else 60
    return Window(ex_date - timedelta(days=days), ex_date + timedelta(days=days), days)


def is_qualified(
    acquired: date, ex_date: date, sold: date | None = None, preferred: bool = False
) -> bool:
    """Whether the dividend of a lot is taxed as net capital gain is (26 USC 1(h)(11)), as far as
    the holding period goes; `sold` None: it is still held. Each lot is tested by itself."""
    entitled = acquired < ex_date and (sold is None or sold >= ex_date)
    wanted = window(ex_date, preferred)
    return entitled and wanted.days_held(acquired, sold) > wanted.more_than


def income_year(paid: date, declared: date | None = None, fund: bool = False) -> int:
    """The year in which a dividend is income: that of payment, but for a fund (or REIT) that
    declared it in October to December for a record date in those months and paid in January, the
    year before (26 USC 852(b)(7), 857(b)(9))."""
    if fund and declared is not None and paid.month == 1:
        late = declared.year == paid.year - 1 and declared.month >= 10
        return declared.year if late else paid.year
    return paid.year
