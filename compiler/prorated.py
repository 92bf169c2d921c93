"""`$1,800 prorated`: an amount of money that grows with the days of the tax year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from compiler.attributes import Column, Environment
from compiler.dimensions import Dimension, Value
from compiler.expressions import Expression, Literal, Share
from compiler.periods import Period

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
