"""`keep each asset_class target within 10 points of model`: how far lower layers may tilt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.dimensions import describe_number, describe_points
from compiler.directives.band import EACH
from compiler.directives.base import Breach, Directive, Family
from compiler.directives.bounds import describe_band, read_points
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.reader import Reader, did_you_mean
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree

OF_TARGET = " target"


@dataclass(frozen=True)
class TargetBoundary(Directive):
    """Each group's weight in the target, as `target` lines of its own layer and of lower ones make
    it, lies between these distances from the model's; signed fractions of the account.

    It binds the text of those lines, and no portfolio.
    """

    kind: ClassVar[str] = "target boundary"
    family: ClassVar[Family] = Family.LIMIT

    each: str
    low: Decimal | None
    high: Decimal | None

    @property
    def slot(self) -> tuple[str, ...]:
        return "target of each", self.each

    @property
    def range(self) -> Range:
        return Range(self.low, self.high)

    def describe_range(self) -> str:
        low, high = self.low, self.high
        if low is not None and high is not None and low == -high:
            return f"within {describe_points(high)} of model"
        if high is None and low is not None and low <= 0:
            return f"at most {describe_number(-low * 100)} points below model"
        ends = [None if end is None else describe_number(end * 100) for end in (low, high)]
        return f"{describe_band(*ends)} points above model"

    def sentence(self) -> str:
        return f"keep each {self.each} target {self.describe_range()}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Nothing: the merge keeps it."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """None: an account with a target outside it is not traded."""
        yield from ()


def read_target_boundary(node: tree.Keep, reader: Reader) -> TargetBoundary | None:
    """The typed boundary, or None after reporting what is wrong."""
    assert node.measure is not None
    each = node.measure.value.removesuffix(OF_TARGET)
    if each not in EACH:
        reader.report(
            codes.UNKNOWN_MEASURE,
            f"`each {each}` is not something a target has a weight of",
            node.measure.span,
            help=did_you_mean(each, EACH) or "known: each " + ", each ".join(EACH),
        )
        return None
    base = node.bound.base
    if base is None or base.value != "model":
        reader.report(
            codes.OF_WHAT,
            "a target is bounded around the model",
            node.bound.span if base is None else base.span,
            help="write `within 10 points of model`",
        )
        return None
    points = read_points(node.bound, reader)
    if points is None:
        return None
    assert isinstance(points.low, Decimal | None)
    assert isinstance(points.high, Decimal | None)
    return TargetBoundary(each, points.low, points.high)
