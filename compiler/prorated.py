"""`$1,800 prorated`: amounts of money that grow with the days of the tax year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from compiler.amounts import Amount
from compiler.attributes import Column, Environment
from compiler.dimensions import Dimension, Value
from compiler.expressions import Expression, Literal, Share
from compiler.periods import Period
from compiler.ranges import Range
from portfolio.household import Household

_THE_YEAR = Period(prorated=True)


@dataclass(frozen=True)
class Prorated(Expression):
    """As much of `whole` as days of the year have begun, today included: all on December 31."""

    whole: Literal | Share

    @property
    def dimension(self) -> Dimension:
        return Dimension.MONEY

    def value(self, env: Environment) -> Value | None:
        whole = self.whole.value(env)
        if not isinstance(whole, Decimal):
            return None
        return _THE_YEAR.grown(whole, env.household.as_of)

    def describe(self) -> str:
        return f"{self.whole.describe()} prorated"

    def columns(self) -> Iterator[Column]:
        yield from self.whole.columns()


def describe_today(period: Period, band: Range, household: Household) -> str:
    """How much of a prorated band of plain dollars today is: `today at most $10,915.07`."""
    if not period.prorated:
        return ""
    ends = []
    for side, end in (("at least", band.low), ("at most", band.high)):
        plain = end.constant if isinstance(end, Amount) else None
        if plain is not None and plain[0] == "$":
            ends.append(f"{side} ${period.grown(plain[1], household.as_of):,.2f}")
    return f"today {', '.join(ends)}" if ends else ""
