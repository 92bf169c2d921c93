"""`keep each sector within 3 points of model`, `keep tech at most 30% of account`: weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, Literal

from compiler import codes
from compiler.amounts import Amount, Base
from compiler.dimensions import describe_fraction, describe_number, describe_points
from compiler.directives.base import Directive, Family
from compiler.directives.bounds import (
    describe_amounts,
    describe_band,
    holder,
    read_amount_band,
    read_points,
    read_shares,
)
from compiler.ranges import Range
from compiler.read_conditions import read_selection, read_where
from compiler.reader import Reader, did_you_mean
from compiler.selections import Selection
from grammar import tree
from grammar.tree import Side

Relation = Literal["within", "above", "below", "share"]
Reference = Literal["model", "target"]

EACH = ("holding", "issuer", "sector", "industry", "country", "asset_class")


@dataclass(frozen=True)
class WeightBand(Directive):
    """The weight of each group, or of one selection, lies between two ends.

    `each` names the column whose values are the groups (`holding`: every security by itself);
    `selection` then says which securities count, None all of them. Without `each` the selection is
    the group. Absolute ends are `low` and `high` (`relation` None). Relative ends are measured from
    the weight in `reference`: `low_points` <= weight - reference <= `high_points` for `within`,
    `above` and `below`, signed fractions of one; `low_share` x reference <= weight <= `high_share`
    x reference for `share`.
    """

    kind: ClassVar[str] = "band"
    family: ClassVar[Family] = Family.LIMIT

    each: str | None
    selection: Selection | None
    low: Amount | None = None
    high: Amount | None = None
    relation: Relation | None = None
    reference: Reference | None = None
    base: Base = "account"
    low_points: Decimal | None = None
    high_points: Decimal | None = None
    low_share: Decimal | None = None
    high_share: Decimal | None = None

    @property
    def slot(self) -> tuple[str, ...]:
        measured = {None: "absolute", "share": "share of"}.get(self.relation, "points from")
        where = self._where().strip()
        return "weight", self._subject(), where, self.base, measured, self.reference or ""

    @property
    def range(self) -> Range:
        if self.relation is None:
            return Range(self.low, self.high)
        if self.relation == "share":
            return Range(self.low_share, self.high_share)
        return Range(self.low_points, self.high_points)

    def describe_range(self) -> str:
        if self.relation is None:
            return describe_amounts(self.low, self.high)
        if self.relation == "share":
            ends = (self.low_share, self.high_share)
            shares = [None if end is None else describe_fraction(end) for end in ends]
            return f"{describe_band(*shares)} of {self.reference}"
        return self._describe_points()

    def _describe_points(self) -> str:
        low, high = self.low_points, self.high_points
        if self.relation == "within":
            assert high is not None
            return f"within {describe_points(high)} of {self.reference}"
        if self.relation == "below":
            low, high = (None if end is None else -end for end in (high, low))
        ends = [None if end is None else describe_number(end * 100) for end in (low, high)]
        return f"{describe_band(*ends)} points {self.relation} {self.reference}"

    def sentence(self) -> str:
        return f"keep {self._subject()} {self.describe_range()}{self._per()}{self._where()}"

    def _subject(self) -> str:
        if self.each is not None:
            return f"each {self.each}"
        assert self.selection is not None
        return replace(self.selection, where=None).describe()

    def _where(self) -> str:
        condition = None if self.selection is None else self.selection.where
        return "" if condition is None else f" where {condition.describe()}"

    def _per(self) -> str:
        if self.relation is not None:
            return "" if self.base == "account" else " per household"
        columns = {
            c.table for end in (self.low, self.high) if end for c in end.expression.columns()
        }
        implied = "account" if "accounts" in columns else "household" if columns else None
        return "" if implied == self.base else f" per {self.base}"


def read_band(node: tree.Keep, reader: Reader) -> WeightBand | None:
    """The typed band, or None after reporting every mistake in it."""
    subject = _subject(node, reader)
    base = None if node.bound.base is None else node.bound.base.value
    relative = node.bound.relation is not None or node.bound.side is Side.WITHIN
    if base in ("model", "target") or relative:
        band = _relative(node, reader)
    else:
        band = _absolute(node, reader)
    if subject is None or band is None:
        return None
    return replace(band, each=subject[0], selection=subject[1])


def _subject(node: tree.Keep, reader: Reader) -> tuple[str | None, Selection | None] | None:
    where = None if node.where is None else read_where(node.where, reader)
    if node.where is not None and where is None:
        return None
    narrowed = None if where is None else Selection((), where)
    if narrowed is not None and narrowed.lot_level:
        assert node.where is not None
        reader.report(
            codes.DOES_NOT_APPLY,
            "a weight counts whole positions, not lots",
            node.where.span,
            help="leave `lot.` out of this `where`",
        )
        return None
    if node.each:
        each = "" if node.measure is None else node.measure.value
        if each in EACH:
            return each, narrowed
        _unknown_each(node, each, reader)
        return None
    things = node.things
    if things is None:
        assert node.measure is not None
        if not reader.is_group(node.measure.value):
            _unknown_measure(node.measure, reader)
            return None
        things = tree.Things(span=node.measure.span, items=(node.measure,), where=None)
    selection = read_selection(things, reader)
    if selection is None:
        return None
    return None, selection if narrowed is None else replace(selection, where=where)


def _unknown_each(node: tree.Keep, each: str, reader: Reader) -> None:
    at = node if node.measure is None else node.measure
    reader.report(
        codes.UNKNOWN_MEASURE,
        f"`each {each}` is not something a weight is kept for",
        at.span,
        help=did_you_mean(each, EACH) or "known: each " + ", each ".join(EACH),
    )


def _unknown_measure(name: tree.Name, reader: Reader) -> None:
    known = ["cash", "realized gains", "realized tax", *reader.group_names()]
    if name.value in EACH:
        help_line = f"write `keep each {name.value} ...`"
    else:
        help_line = did_you_mean(name.value, known) or f"`define {name.value} as ...`"
    reader.report(
        codes.UNKNOWN_MEASURE,
        f"`{name.value}` is neither a measure nor a group in sight",
        name.span,
        "keep what?",
        help=help_line,
    )


def _absolute(node: tree.Keep, reader: Reader) -> WeightBand | None:
    band = read_amount_band(node.bound, reader)
    base = None if band is None else holder(band, node.per, node.bound, reader)
    if band is None or base is None:
        return None
    return WeightBand(None, None, low=band.low, high=band.high, base=base)


def _relative(node: tree.Keep, reader: Reader) -> WeightBand | None:
    bound = node.bound
    base = "" if bound.base is None else bound.base.value
    if base not in ("model", "target"):
        at = bound if bound.base is None else bound.base
        reader.report(
            codes.OF_WHAT,
            f"a distance from `{base}`" if base else "a distance from what?",
            at.span,
            help="write `of model` (as published) or `of target` (after exclusions)",
        )
        return None
    reference: Reference = "model" if base == "model" else "target"
    if node.per is not None and node.per.value not in ("account", "household"):
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`per {node.per.value}` does not go with weights",
            node.per.span,
            help="write `per account` or `per household`",
        )
        return None
    holds: Base = "household" if node.per and node.per.value == "household" else "account"
    if bound.side is Side.WITHIN or bound.relation is not None:
        relation: Relation = "within"
        if bound.relation is not None and bound.side is not Side.WITHIN:
            relation = "above" if bound.relation == "above" else "below"
        points = read_points(bound, reader)
        if points is None:
            return None
        assert not isinstance(points.low, Amount)
        assert not isinstance(points.high, Amount)
        return WeightBand(
            None,
            None,
            relation=relation,
            reference=reference,
            base=holds,
            low_points=points.low,
            high_points=points.high,
        )
    shares = read_shares(bound, reader)
    if shares is None:
        return None
    assert not isinstance(shares.low, Amount)
    assert not isinstance(shares.high, Amount)
    return WeightBand(
        None,
        None,
        relation="share",
        reference=reference,
        base=holds,
        low_share=shares.low,
        high_share=shares.high,
    )
