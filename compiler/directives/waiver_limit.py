"""`keep each waiver at most 90 days`: how long a rule may be waived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Unit


@dataclass(frozen=True)
class WaiverLimit(Directive):
    """Calendar days from the first day of a waiver to its last, both counted.

    It binds the text of waivers, of its own layer and of lower ones, and no portfolio.
    """

    kind: ClassVar[str] = "waiver limit"
    family: ClassVar[Family] = Family.LIMIT
    never_soft: ClassVar[str] = "a waiver that is too long has no effect"

    most: int

    @property
    def slot(self) -> tuple[str, ...]:
        return ("waivers",)

    @property
    def range(self) -> Range:
        return Range(high=Decimal(self.most))

    def describe_range(self) -> str:
        return f"at most {days(self.most)}"

    def sentence(self) -> str:
        return f"keep each waiver {self.describe_range()}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Nothing: the merge keeps it."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """None: a waiver that is too long has no effect."""
        yield from ()


def days(count: int) -> str:
    """`90 days`."""
    return "1 day" if count == 1 else f"{count:,} days"


def read_waiver_limit(node: tree.Keep, reader: Reader) -> WaiverLimit | None:
    """The typed limit, or None after reporting what is wrong."""
    most = read_days(node.bound, reader)
    return None if most is None else WaiverLimit(most)


def read_days(bound: tree.Bound, reader: Reader) -> int | None:
    """The whole days of an `at most`."""
    high = bound.high
    at_most = tree.Side.AT_MOST
    plain = (bound.low, bound.relation, bound.base, bound.side) == (None, None, None, at_most)
    if (
        plain
        and isinstance(high, tree.Quantity)
        and high.unit is Unit.DAYS
        and high.value == high.value.to_integral_value()
        and high.value > 0
    ):
        return int(high.value)
    reader.report(
        codes.WRONG_UNIT,
        "the length of a waiver is counted in days",
        bound.span,
        help="write `at most 90 days`",
    )
    return None
