"""When something scheduled falls due: by a day, each month, or evenly over a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from compiler import codes
from compiler.reader import Reader
from grammar import tree
from grammar.times import MONTHS
from grammar.tree import Unit
from portfolio.flows import months_after

_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
MOST = 1200
"""Months that equal steps may take, or days: no plan outlives a century."""
_STEPS = {Unit.MONTHS: 1, Unit.QUARTERS: 3, Unit.YEARS: 12}


@dataclass(frozen=True)
class Timetable:
    """One of: `by` a day; each `period`, on `day` of its first month; on `month` and `day` of every
    year; in `parts` equal steps of one `step` (days, months, quarters, years).

    A day that a month does not have is its last; `day` None is the first.
    """

    by: date | None = None
    period: str = ""
    month: int | None = None
    day: int | None = None
    parts: int = 0
    step: Unit = Unit.NONE

    def describe(self) -> str:
        """The times in the language's words."""
        if self.by is not None:
            return f"by {self.by}"
        if self.parts:
            noun = self.step.value.removesuffix("s") if self.parts == 1 else self.step.value
            return f"evenly over {self.parts} {noun}"
        if self.month is not None:
            day = f"{MONTHS[self.month - 1]} {self.day}"
            return f"each year on {day}" if self.period else f"by {day}"
        return f"each {self.period}" + ("" if self.day is None else f" on day {self.day}")

    def days(self, begins: date | None, first: date, last: date) -> Iterator[date]:
        """The days from `first` to `last` on which a part falls due, in order.

        Equal steps are counted from `begins`, which they need, each due on its first day.
        """
        if self.by is not None:
            due: Iterator[date] = iter((self.by,))
        elif self.parts:
            assert begins is not None
            due = (self._step(begins, k) for k in range(self.parts))
        else:
            due = self._recurring(first, last)
        yield from (day for day in due if max(first, begins or first) <= day <= last)

    def _recurring(self, first: date, last: date) -> Iterator[date]:
        start = date(first.year, self.month or 1, 1)
        count = 0
        while (month := months_after(start, count * _MONTHS_OF.get(self.period, 12))) <= last:
            end = months_after(month, 1) - timedelta(days=1)
            yield min(end, month + timedelta(days=(self.day or 1) - 1))
            count += 1

    def ever(self, starts: date | None, ends: date | None) -> bool:
        """Whether a part falls due from the first day to the last, as far as both are given."""
        if self.by is not None:
            return (starts or self.by) <= self.by <= (ends or self.by)
        if self.parts or starts is None or ends is None:
            return True
        return any(True for _ in self.days(starts, starts, ends))

    def begun(self, begins: date, day: date) -> int:
        """How many of the equal steps have begun by `day`, at most all of them."""
        return sum(1 for k in range(self.parts) if self._step(begins, k) <= day)

    def end(self, begins: date) -> date:
        """The first day after the last of the equal steps."""
        return self._step(begins, self.parts)

    def _step(self, begins: date, number: int) -> date:
        if self.step is Unit.DAYS:
            return begins + timedelta(days=number)
        return months_after(begins, number * _STEPS[self.step])


def read_timetable(node: tree.Timing, reader: Reader) -> Timetable | None:
    """The typed times, or None after reporting what is wrong."""
    match node:
        case tree.Evenly():
            return _evenly(node.over, reader)
        case tree.Every(on=tree.MonthDay() as on):
            return Timetable(period=node.period, month=on.month, day=on.day)
        case tree.Every():
            return Timetable(period=node.period, day=node.day)
        case tree.By():
            day = node.day
            if isinstance(day, tree.Date):
                return Timetable(by=day.value)
            return Timetable(month=day.month, day=day.day)


def _evenly(over: tree.Quantity, reader: Reader) -> Timetable | None:
    whole = over.value == over.value.to_integral_value()
    months = over.value * _STEPS.get(over.unit, 1)
    if whole and over.value >= 1 and months <= MOST and over.unit in (*_STEPS, Unit.DAYS):
        return Timetable(parts=int(over.value), step=over.unit)
    reader.report(
        codes.WRONG_UNIT,
        "equal steps are a whole number of days, months, quarters or years, a century at most",
        over.span,
        help="write `evenly over 12 months`",
    )
    return None
