"""`keep each transition at most 3 years`: how long lower layers may take to comply or to arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.dimensions import Duration
from compiler.directives.base import Breach, Directive, Family
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Side, Unit

_DAYS = {Unit.DAYS: 1, Unit.MONTHS: 30, Unit.QUARTERS: 91, Unit.YEARS: 365}


@dataclass(frozen=True)
class TransitionLimit(Directive):
    """Calendar time from the first day of a rule to the day by which `existing` positions comply,
    or its `target` has arrived. It binds the text of its own layer and of lower ones."""

    kind: ClassVar[str] = "transition limit"
    family: ClassVar[Family] = Family.LIMIT

    count: int
    unit: Unit

    @property
    def slot(self) -> tuple[str, ...]:
        return ("transitions",)

    @property
    def range(self) -> Range:
        return Range(high=Decimal(self.count * _DAYS[self.unit]))

    def end(self, first: date) -> date:
        """The last day that a transition which begins on `first` may have."""
        return Duration(Decimal(self.count), self.unit).after(first)

    def describe_range(self) -> str:
        unit = self.unit.value.removesuffix("s") if self.count == 1 else self.unit.value
        return f"at most {self.count:,} {unit}"

    def sentence(self) -> str:
        return f"keep each transition {self.describe_range()}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Nothing: the merge keeps it."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """None: an account with a transition that is too long is not traded."""
        yield from ()


def read_transition_limit(node: tree.Keep, reader: Reader) -> TransitionLimit | None:
    """The typed limit, or None after reporting what is wrong."""
    return read_length(node.bound, reader)


def read_length(bound: tree.Bound, reader: Reader) -> TransitionLimit | None:
    """The limit of an `at most`."""
    high = bound.high
    plain = (bound.low, bound.relation, bound.base, bound.side) == (None, None, None, Side.AT_MOST)
    if (
        plain
        and isinstance(high, tree.Quantity)
        and high.unit in _DAYS
        and high.value == high.value.to_integral_value()
        and 0 < high.value * _DAYS[high.unit] <= 100 * 365
    ):
        return TransitionLimit(int(high.value), high.unit)
    reader.report(
        codes.WRONG_UNIT,
        "the length of a transition is counted in days, months, quarters or years",
        bound.span,
        help="write `at most 3 years`",
    )
    return None
