"""`inside.tobacco`: how much of a security, funds seen through, belongs to a group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from compiler.attributes import Column, Environment
from compiler.dimensions import Dimension, Value
from compiler.expressions import Expression, Reference
from compiler.selections import Group
from portfolio.lookthrough import look_through

INSIDE = "inside."


@dataclass(frozen=True)
class Inside(Expression):
    """A fraction of the security: its holdings in a group, or the average of a percentage.

    A security that is not seen through is all its own holding. What is known of none of its
    constituents counts as nothing, and a constituent of which the answer is missing as anything
    from none to all of its weight.
    """

    spans: ClassVar[bool] = True

    part: Group | Reference

    @property
    def dimension(self) -> Dimension:
        return Dimension.FRACTION

    def value(self, env: Environment) -> Value | None:
        ends = self.span(env)
        return None if ends is None or ends[0] != ends[1] else ends[0]

    def span(self, env: Environment) -> tuple[Value, Value] | None:
        if env.security is None:
            return None
        household = env.household
        least = most = Decimal(0)
        parts = look_through({env.security.id: Decimal(1)}, household.constituents)
        for name, weight in parts.items():
            low, high = self._of(replace(env, security=household.securities[name], lot=None))
            least, most = least + weight * low, most + weight * high
        return least, most

    def _of(self, env: Environment) -> tuple[Decimal, Decimal]:
        """Least and greatest fraction of one holding."""
        if isinstance(self.part, Group):
            truth = self.part.selection.truth(env)
            return Decimal(truth is True), Decimal(truth is not False)
        value = self.part.value(env)
        if isinstance(value, Decimal):
            return value, value
        return Decimal(0), Decimal(self.part.applicable(env))

    def describe(self) -> str:
        return INSIDE + (self.part.name if isinstance(self.part, Group) else self.part.describe())

    def columns(self) -> Iterator[Column]:
        """Itself: unlike its parts' attributes, it applies to every security."""
        yield Column("securities", self.describe(), Dimension.FRACTION)
