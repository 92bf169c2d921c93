"""Changes made in equal steps: evenly over a time, or month by month until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from compiler import codes
from compiler.dimensions import Duration
from compiler.reader import Reader
from grammar import tree
from grammar.tree import Unit

_A_YEAR = {Unit.DAYS: 365, Unit.TRADING_DAYS: 252, Unit.MONTHS: 12, Unit.QUARTERS: 4, Unit.YEARS: 1}
_LONGEST = 100  # years


@dataclass(frozen=True)
class Steps:
    """As many equal steps as `count`, one each `unit`, or (`last` set) one a month until that day.

    The first is made on the first day.
    """

    count: int = 0
    unit: Unit = Unit.MONTHS
    last: date | None = None

    def done(self, first: date, today: date, calendar: str = "XNYS") -> Decimal:
        """The fraction of the change that is due by `today`; `calendar` counts trading days."""
        steps = self.count if self.last is None else self._months(first, self.last) + 1
        due = sum(self._day(first, step, calendar) <= today for step in range(steps))
        return Decimal(due) / Decimal(steps)

    def _months(self, first: date, last: date) -> int:
        """Whole months from the first day to the last."""
        months = (last.year - first.year) * 12 + last.month - first.month
        return max(0, months if self._day(first, months) <= last else months - 1)

    def _day(self, first: date, step: int, calendar: str = "XNYS") -> date:
        return Duration(Decimal(step), self.unit).after(first, calendar)

    def end(self, first: date) -> date:
        """The day by which the time given is over."""
        return self.last if self.last is not None else self._day(first, self.count)

    def describe(self) -> str:
        """`evenly over 5 years`, `by 2027-12-31`."""
        if self.last is not None:
            return f"by {self.last}"
        unit = self.unit.value.removesuffix("s") if self.count == 1 else self.unit.value
        return f"evenly over {self.count:,} {unit}"


def read_steps(node: tree.By | tree.Evenly, reader: Reader) -> Steps | None:
    """The typed steps, or None after reporting what is wrong."""
    if isinstance(node, tree.By):
        if isinstance(node.day, tree.Date):
            return Steps(last=node.day.value)
        reader.report(
            codes.WRONG_UNIT,
            "a day of every year never ends what is done in steps",
            node.day.span,
            help="write the date: `by 2027-12-31`",
        )
        return None
    over = node.over
    whole = over.value == over.value.to_integral_value() and over.value > 0
    if over.unit in _A_YEAR and whole:
        if over.value <= _LONGEST * _A_YEAR[over.unit]:
            return Steps(int(over.value), over.unit)
        reader.report(
            codes.NOT_SANE,
            f"steps over more than {_LONGEST} years make no sense",
            over.span,
            help="write `evenly over 8 quarters`",
        )
        return None
    reader.report(
        codes.WRONG_UNIT,
        "steps are counted in whole days, trading days, months, quarters or years",
        over.span,
        help="write `evenly over 8 quarters`",
    )
    return None
