"""`target technology at 50% of model`: the weight that a group has in the target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from compiler import codes
from compiler.closing import Closing
from compiler.dimensions import describe_fraction, normalised
from compiler.directives.base import Breach, Directive, Family, selective_clause
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.read_conditions import read_positions
from compiler.reader import Reader
from compiler.selections import Named, Selection
from compiler.statements import InForce
from compiler.steps import Steps, read_steps
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Unit

BASES: tuple[Literal["model", "account"], ...] = ("model", "account")


@dataclass(frozen=True)
class TargetWeight(Directive):
    """`share` is a fraction of the group's weight in the published model, or of the account.

    The model itself does not move. `steps` says how the target gets there; None: at once.
    """

    kind: ClassVar[str] = "target"
    family: ClassVar[Family] = Family.SETTING

    things: Selection
    share: Decimal
    base: Literal["model", "account"]
    steps: Steps | None = None

    @property
    def selection(self) -> Selection:
        """The group."""
        return self.things

    @property
    def slot(self) -> tuple[str, ...]:
        return "target", self.things.describe()

    @property
    def range(self) -> Range:
        return Range(self.share, self.share)

    @property
    def brings_in(self) -> tuple[str, ...]:
        return tuple(item.text for item in self.things.items if isinstance(item, Named))

    @property
    def gradual(self) -> bool:
        return self.steps is not None

    def takes(self, other: Directive) -> bool:
        same_base = isinstance(other, TargetWeight) and other.base == self.base
        return same_base and super().takes(other)

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause)

    def describe_range(self) -> str:
        return f"{describe_fraction(self.share)} of {self.base}"

    def sentence(self) -> str:
        pace = "" if self.steps is None else f" {self.steps.describe()}"
        things = self.things
        return f"target {things.subject} at {self.describe_range()}{pace}{things.narrowing}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: the target was moved before the model was built."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """A target forbids nothing by itself."""
        yield from ()


def read_target(node: tree.Target, reader: Reader) -> TargetWeight | None:
    """The typed target, or None after reporting every mistake in it."""
    things = read_positions(node.things, "a target counts whole positions, not lots", reader)
    weight = read_weight(node.weight, reader)
    steps = None if node.timing is None else read_steps(node.timing, reader)
    if things is None or weight is None or (node.timing is not None and steps is None):
        return None
    return TargetWeight(things, *weight, steps)


def read_weight(
    node: tree.Expression, reader: Reader
) -> tuple[Decimal, Literal["model", "account"]] | None:
    """A fraction and its base."""
    if isinstance(node, tree.Quantity) and node.unit in (Unit.PERCENT, Unit.BPS):
        shown = describe_fraction(normalised(node.value, node.unit))
        reader.report(
            codes.OF_WHAT,
            f"{shown} of what?",
            node.span,
            "a target names its base",
            help=f"write `{shown} of model` or `{shown} of account`",
        )
        return None
    if not isinstance(node, tree.ShareOf) or node.share.unit not in (Unit.PERCENT, Unit.BPS):
        reader.report(
            codes.WRONG_UNIT,
            "a target is a percentage of the model or of the account",
            node.span,
            help="write `at 50% of model` or `at 40% of account`",
        )
        return None
    base = next((each for each in BASES if each == node.base.value), None)
    if base is None:
        reader.report(
            codes.OF_WHAT,
            f"a target is no share of `{node.base.value}`",
            node.base.span,
            help="write `of model` (the weight as published) or `of account`",
        )
        return None
    share = normalised(node.share.value, node.share.unit)
    if share < 0 or (base == "account" and share > 1):
        reader.report(
            codes.NOT_SANE,
            f"no target can be {describe_fraction(share)} of {base}",
            node.span,
            help="from 0% to 100% of account, and not below 0% of model",
        )
        return None
    return share, base
