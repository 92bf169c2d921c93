"""`use risk aversion 10`: the numbers behind the objective that a committee chooses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.dimensions import describe_fraction, describe_number
from compiler.directives.base import Breach, Directive, Family
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.reader import Reader, did_you_mean
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Unit


@dataclass(frozen=True, slots=True)
class Quantifiable:
    """What an assumption is called, counted in, and may sensibly be."""

    name: str
    field: str
    unit: Unit
    lowest: Decimal
    highest: Decimal
    example: str

    def describe(self, value: Decimal) -> str:
        """The value in the language's words."""
        if self.unit is Unit.PERCENT:
            return describe_fraction(value)
        if self.unit is Unit.YEARS:
            return f"{describe_number(value)} {'year' if value == 1 else 'years'}"
        return describe_number(value)

    def read(self, node: tree.Quantity) -> Decimal | None:
        """The value in this unit: a plain number, a fraction of one, or years."""
        scales = {
            Unit.PERCENT: {Unit.PERCENT: Decimal(100), Unit.BPS: Decimal(10_000)},
            Unit.YEARS: {Unit.YEARS: Decimal(1), Unit.MONTHS: Decimal(12)},
            Unit.NONE: {Unit.NONE: Decimal(1)},
        }[self.unit]
        scale = scales.get(node.unit)
        return None if scale is None else node.value / scale


ASSUMPTIONS = {
    each.name: each
    for each in (
        Quantifiable("risk aversion", "risk_aversion", Unit.NONE, Decimal(0), Decimal(1000), "10"),
        Quantifiable("horizon", "horizon", Unit.YEARS, Decimal(0), Decimal(30), "1 year"),
        Quantifiable(
            "discount rate", "discount_rate", Unit.PERCENT, Decimal(0), Decimal("0.3"), "5%"
        ),
        Quantifiable("deferral", "deferral", Unit.YEARS, Decimal(0), Decimal(60), "10 years"),
        Quantifiable("step-up probability", "step_up", Unit.PERCENT, Decimal(0), Decimal(1), "10%"),
        Quantifiable(
            "trading cost", "trading_cost", Unit.PERCENT, Decimal(0), Decimal("0.05"), "2 bps"
        ),
        Quantifiable(
            "retirement tax rate",
            "retirement_tax",
            Unit.PERCENT,
            Decimal(0),
            Decimal("0.6"),
            "25%",
        ),
        Quantifiable(
            "value of carried losses",
            "carried_losses",
            Unit.PERCENT,
            Decimal(0),
            Decimal("0.6"),
            "12%",
        ),
    )
}


@dataclass(frozen=True)
class Assumption(Directive):
    """`value` is a plain number, a fraction of one, or years."""

    kind: ClassVar[str] = "assumption"
    family: ClassVar[Family] = Family.SETTING

    name: str
    value: Decimal

    @property
    def field(self) -> str:
        """The name of the number in the objective."""
        return ASSUMPTIONS[self.name].field

    @property
    def slot(self) -> tuple[str, ...]:
        return "assumption", self.name

    @property
    def range(self) -> Range:
        return Range(self.value, self.value)

    def describe_range(self) -> str:
        return ASSUMPTIONS[self.name].describe(self.value)

    def sentence(self) -> str:
        return f"use {self.name} {self.describe_range()}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: its Block holds the value that won."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """A setting forbids nothing by itself."""
        yield from ()


def read_assumption(node: tree.Use, reader: Reader) -> Assumption | None:
    """The typed assumption, or None after reporting what is wrong."""
    known = ASSUMPTIONS.get(node.what)
    if known is None:
        reader.report(
            codes.UNKNOWN_ASSUMPTION,
            f"`use {node.what}`: nothing of this name can be chosen",
            node.span,
            help=did_you_mean(node.what, ["model", *ASSUMPTIONS])
            or "known: model, " + ", ".join(ASSUMPTIONS),
        )
        return None
    value = read_assumed(known, node.value, node, reader)
    return None if value is None else Assumption(known.name, value)


def read_assumed(
    known: Quantifiable, node: tree.Expression | None, at: tree.Node, reader: Reader
) -> Decimal | None:
    """A number in the assumption's unit and inside its sensible range."""
    value = known.read(node) if isinstance(node, tree.Quantity) else None
    if node is None or value is None:
        reader.report(
            codes.WRONG_UNIT,
            f"{known.name} is not written like this",
            at.span if node is None else node.span,
            help=f"write `use {known.name} {known.example}`",
        )
        return None
    if not known.lowest <= value <= known.highest:
        reader.report(
            codes.NOT_SANE,
            f"{known.describe(value)} makes no sense as {known.name}",
            node.span,
            help=f"between {known.describe(known.lowest)} and {known.describe(known.highest)}",
        )
        return None
    return value
