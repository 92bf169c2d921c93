"""The time that a limit counts over: a calendar year, quarter or month, or a time that rolls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from compiler import codes
from compiler.dimensions import Duration
from compiler.reader import Reader
from grammar import tree
from grammar.tree import Unit
from portfolio.household import Household, PastSale

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_LENGTHS = (Unit.DAYS, Unit.MONTHS, Unit.QUARTERS, Unit.YEARS)


@dataclass(frozen=True, slots=True)
class Period:
    """`each year`, `in 2026` (`year`), `each quarter`, `each month`, `over any 12 months` (`over`).

    A `prorated` limit grows with the days of its year, quarter or month.
    """

    every: str = "year"
    year: int | None = None
    over: Duration | None = None
    prorated: bool = False

    @property
    def tax_year(self) -> bool:
        """Whether it is a calendar year, for which a book states gains."""
        return self.every == "year" and self.over is None

    def describe(self) -> str:
        """The period in the language's words."""
        if self.over is not None:
            return f"over any {self.over.describe()}"
        if self.year is not None:
            return f"in {self.year}"
        return f"each {self.every}" + (" prorated" if self.prorated else "")

    def applies(self, today: date) -> bool:
        """Whether the limit speaks of today."""
        return self.year in (None, today.year)

    def first_day(self, today: date) -> date:
        """The first day that counts together with today."""
        if self.over is not None:
            return self.over.before(today) + timedelta(days=1)
        months = _MONTHS[self.every]
        return date(today.year, (today.month - 1) // months * months + 1, 1)

    def grown(self, amount: Decimal, today: date) -> Decimal:
        """The part of a limit that today allows: all of it, unless it is prorated."""
        if not self.prorated:
            return amount
        first = self.first_day(today)
        years, month = divmod(first.month - 1 + _MONTHS[self.every], 12)
        after = date(first.year + years, month + 1, 1)
        return amount * ((today - first).days + 1) / (after - first).days

    def counts(self, sale: PastSale, today: date) -> bool:
        """Whether a sale of the past falls into it."""
        return self.first_day(today) <= sale.day <= today

    def unseen(self, household: Household) -> Iterator[str]:
        """What to say where it reaches back further than a book has to (book.md)."""
        today = household.as_of
        first, since = self.first_day(today), household.known_since
        must = min(date(today.year, 1, 1), today - timedelta(days=61))
        if first < must and (since is None or since >= must):
            shown = "none" if since is None else f"none before {since}"
            yield f"`{self.describe()}` reaches back to {first}, and the book shows {shown}"


def read_period(node: tree.Period, reader: Reader) -> Period | None:
    """The typed period, or None after reporting what is wrong."""
    if node.over is None:
        return Period(node.every, node.year, None, node.prorated)
    length = node.over
    if length.unit not in _LENGTHS or length.value != length.value.to_integral_value():
        reader.report(
            codes.WRONG_UNIT,
            "a limit rolls over whole days, months, quarters or years",
            length.span,
            help="write `over any 12 months`",
        )
        return None
    if length.value < 1:
        reader.report(
            codes.NOT_SANE, "no time at all", length.span, help="write `over any 12 months`"
        )
        return None
    quarters = length.unit is Unit.QUARTERS
    count = length.value * 3 if quarters else length.value
    return Period(over=Duration(count, Unit.MONTHS if quarters else length.unit))
