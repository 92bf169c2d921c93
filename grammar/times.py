"""Dates, periods and schedules of a parsed line, and what every builder of the tree shares.

One method a rule of `policy.lark`, of the same name. A mistake found here is noted in `diagnostics`
and a stand-in is returned: whoever asked throws the line away when it holds an error.
"""

from __future__ import annotations

import re
from calendar import monthrange
from contextlib import suppress
from datetime import date
from typing import Any

from lark import Token

from grammar import codes, tree
from grammar.diagnostics import Code, Diagnostic
from grammar.lines import Line
from grammar.shift_reduce import Meta
from grammar.spans import Span

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_A_LEAP_YEAR = 2024


class Times:
    """Builds the nodes about time; `diagnostics` fills as it goes."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.diagnostics: list[Diagnostic] = []

    def _span(self, meta: Meta | Token) -> Span:
        start, end = meta.start_pos, meta.end_pos
        assert start is not None and end is not None
        return self._line.place(start, end)

    def _note(self, code: Code, span: Span, message: str, *, label: str = "", help: str) -> None:
        self.diagnostics.append(code.at(span, message, label=label, help=help))

    def _words(self, span: Span) -> str:
        """What the author wrote at a place, on one row, shortened if it is long."""
        return self._line.words(span)

    # --- days ---

    def date(self, meta: Meta, children: list[Any]) -> tree.Date:
        word, span = str(children[0]), self._span(meta)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", word):
            try:
                return tree.Date(span=span, value=date.fromisoformat(word))
            except ValueError:
                self._note(
                    codes.NO_DATE,
                    span,
                    f"there is no day {word}",
                    label="year-month-day",
                    help=_last_day(word),
                )
        else:
            self._note(
                codes.NO_DATE,
                span,
                f"`{word}` is not how the language writes a date",
                label="year-month-day, with two digits each for month and day",
                help=_better_date(word),
            )
        return tree.Date(span=span, value=date.min)

    def month_day(self, meta: Meta, children: list[Any]) -> tree.MonthDay:
        word, span = str(children[0]), self._span(meta)
        name, number = word.split()
        month, day = MONTHS.index(name.capitalize()) + 1, int(number)
        longest = monthrange(_A_LEAP_YEAR, month)[1]
        if not 1 <= day <= longest:
            message = f"there is no day {' '.join(word.split())}"
            self._note(codes.NO_DATE, span, message, help=f"that month has {longest} days")
        return tree.MonthDay(span=span, month=month, day=day)

    # --- periods that a limit counts over ---

    def each(self, meta: Meta, children: list[Any]) -> tree.Period:
        _each, every, prorated = children
        return tree.Period(
            span=self._span(meta), year=None, prorated=prorated is not None, every=str(every)
        )

    def in_year(self, meta: Meta, children: list[Any]) -> tree.Period:
        word = str(children[0])
        if re.fullmatch("[12][0-9]{3}", word):
            return tree.Period(span=self._span(meta), year=int(word), prorated=False)
        span = self._span(children[0])
        self._note(codes.NO_DATE, span, f"`{word}` is not a year", help="write `in 2026`")
        return tree.Period(span=self._span(meta), year=None, prorated=False)

    def rolling(self, meta: Meta, children: list[Any]) -> tree.Period:
        return tree.Period(span=self._span(meta), year=None, prorated=False, over=children[0])

    # --- schedules ---

    def by(self, meta: Meta, children: list[Any]) -> tree.By:
        return tree.By(span=self._span(meta), day=children[0])

    def evenly(self, meta: Meta, children: list[Any]) -> tree.Evenly:
        return tree.Evenly(span=self._span(meta), over=children[0])

    def every(self, meta: Meta, children: list[Any]) -> tree.Every:
        _each, period, on = children
        recurs = on if isinstance(on, tree.MonthDay) else None
        if recurs is not None and period != "year":
            name = f"{MONTHS[recurs.month - 1]} {recurs.day}"
            self._note(
                codes.DOES_NOT_FIT,
                recurs.span,
                f"`{name}` does not come each {period}",
                help=f"write `each year on {name}`, or `each {period} on day {recurs.day}`",
            )
        return tree.Every(
            span=self._span(meta),
            period=str(period),
            day=None if recurs is not None else on,
            on=recurs,
        )

    def day_of_month(self, meta: Meta, children: list[Any]) -> int:
        word = str(children[1])
        if re.fullmatch("[1-9]|[12][0-9]|3[01]", word):
            return int(word)
        self._note(
            codes.NO_DATE, self._span(meta), f"there is no day {word}", help="write `on day 1`"
        )
        return 1


def _better_date(word: str) -> str:
    """The days that a date in another form may mean, as the language writes them."""
    a, b, c = (int(number) for number in re.split(r"[-/.]", word))
    if max(a, b, c) < 100:
        a, c = (a + 2000, c) if "-" in word else (a, c + 2000)
    orders = [(a, b, c)] if a > 999 else [(c, a, b), (c, b, a)] if c > 999 else []
    days = []
    for year, month, day in orders:
        with suppress(ValueError):
            days.append(f"`{date(year, month, day)}`")
    return "write " + (" or ".join(dict.fromkeys(days)) or "`2026-01-31`")


def _last_day(word: str) -> str:
    year, month, _ = map(int, word.split("-"))
    if not 1 <= month <= 12 or year < 1:
        return "months run from 01 to 12"
    return f"that month has {monthrange(year, month)[1]} days"
