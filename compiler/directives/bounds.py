"""Reads the bounds of limits: amounts of money, points around a reference, numbers with a unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from compiler import codes
from compiler.amounts import Amount, Base
from compiler.dimensions import describe_fraction
from compiler.flow_sums import FlowSum
from compiler.ranges import Range, stated, upside_down
from compiler.read_amounts import BASES, is_base, read_amount, whose
from compiler.reader import Reader
from grammar import tree
from grammar.tree import Side, Unit


@dataclass(frozen=True)
class AmountBand:
    """Ends in dollars, and whom they depend on: `account`, `household`, `taxpayer`."""

    low: Amount | None
    high: Amount | None
    bases: frozenset[str]

    @property
    def range(self) -> Range:
        return Range(self.low, self.high)


def read_amount_band(
    bound: tree.Bound, reader: Reader, *, takes_per: bool = True
) -> AmountBand | None:
    """A band of money: `between 1% and 3% of account`, `at most $500`. `takes_per` is whether the
    line could say `per account`."""
    if bound.relation is not None or bound.side is Side.WITHIN:
        reader.report(
            codes.WRONG_UNIT,
            "this measure has no model or target to be compared with",
            bound.span,
            help="write a percentage `of account`, or dollars",
        )
        return None
    if bound.base is not None and not _parted(bound.base, bound, reader, takes_per):
        return None
    nodes = (bound.low, bound.high)
    ends = [None if node is None else read_amount(node, reader, bound.base) for node in nodes]
    if any(end is None for end, node in zip(ends, nodes, strict=True) if node is not None):
        return None
    low, high = (None if end is None else Amount(end) for end in ends)
    bases = frozenset(name for end in ends if end is not None for name in whose(end))
    if upside_down(Range(low, high), stated):
        report_upside_down(bound, reader)
        return None
    return AmountBand(low, high, bases)


def _parted(base: tree.Name, bound: tree.Bound, reader: Reader, takes_per: bool) -> bool:
    """Whether an end is a part of the base; reported if not."""
    if not is_base(base, reader):
        return False
    if not idle_base(bound):
        return True
    by_per = base.value in BASES and takes_per
    instead = f"say `per {base.value}` at the end" if by_per else f"leave `of {base.value}` out"
    reader.report(
        codes.DOES_NOT_APPLY,
        f"dollars are no part of `{base.value}`",
        base.span,
        "nothing here is a percentage of it",
        help=f"{instead}, or write a percentage of it",
    )
    return False


def idle_base(bound: tree.Bound) -> bool:
    """Whether all ends are whole amounts of money, so that a base in the bound would say nothing
    of them."""
    ends = [end for end in (bound.low, bound.high) if end is not None]
    return not any(map(_is_part, ends))


def _is_part(node: tree.Expression) -> bool:
    """Whether a number in it is a part of something that it does not name."""
    if isinstance(node, tree.Choice | tree.Sum):
        return _is_part(node.left) or _is_part(node.right)
    return isinstance(node, tree.Quantity) and node.unit is not Unit.MONEY


def report_upside_down(bound: tree.Bound, reader: Reader) -> None:
    """A band that no number is in."""
    reader.report(
        codes.UPSIDE_DOWN,
        "the lower end of this band is above its upper end",
        bound.span,
        "no value is in it",
        help="write the smaller number first",
    )


def holder(band: AmountBand, per: tree.Name | None, at: tree.Node, reader: Reader) -> Base | None:
    """Whose weight or money is bounded: said by `per`, by a base, or by whose file it is."""
    if per is not None:
        return _stated_holder(band, per, reader)
    if not band.bases.isdisjoint(("account", "taxpayer")):
        return "account"
    if "household" in band.bases:
        return "household"
    layer = reader.authority.layer
    if layer == "account":
        return "account"
    if layer == "household":
        return "household"
    whose_dollars(at, "`per account` or `per household`", reader)
    return None


def whose_dollars(at: tree.Node, choices: str, reader: Reader) -> None:
    """Above the household, dollars belong to nobody until the author says so."""
    reader.report(
        codes.WHOSE_DOLLARS,
        "whose dollars?",
        at.span,
        f"a file of the {reader.authority.layer} layer speaks of many",
        help=f"add {choices}",
    )


def _stated_holder(band: AmountBand, per: tree.Name, reader: Reader) -> Base | None:
    single = not band.bases.isdisjoint(("account", "taxpayer"))
    if per.value not in BASES or (per.value == "household" and single):
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`per {per.value}` does not go with this bound",
            per.span,
            "the bound is that of one account"
            if single
            else "weights belong to an account or a household",
            help="leave it out" if band.bases else "write `per account` or `per household`",
        )
        return None
    return "account" if per.value == "account" else "household"


def read_points(bound: tree.Bound, reader: Reader) -> Range | None:
    """Distances from a reference, as signed fractions: the range of (weight - reference).

    `within 3 points of` is -0.03 to 0.03; `at most 3 points above` ends at 0.03; `at most 3 points
    below` starts at -0.03.
    """
    if bound.side is not Side.WITHIN and bound.relation is None:
        base = _base(bound)
        reader.report(
            codes.DOES_NOT_APPLY,
            f"a distance from the {base} is above it, below it, or both",
            bound.span,
            help=f"write `within 5 points of {base}` or `at most 5 points above {base}`",
        )
        return None
    nodes = _in_points(bound.low, bound.high), bound.high
    ends = [None if node is None else _points(node, bound, reader) for node in nodes]
    if any(end is None for end, node in zip(ends, nodes, strict=True) if node is not None):
        return None
    low, high = ends
    if bound.side is Side.WITHIN:
        assert high is not None
        return Range(-high, high)
    found = (
        Range(low, high)
        if bound.relation == "above"
        else Range(None if high is None else -high, None if low is None else -low)
    )
    if upside_down(found, stated):
        report_upside_down(bound, reader)
        return None
    return found


def _in_points(low: tree.Expression | None, high: tree.Expression | None) -> tree.Expression | None:
    """In `between 1 and 3 points` the unit is said once."""
    bare = isinstance(low, tree.Quantity) and low.unit is Unit.NONE
    if bare and isinstance(high, tree.Quantity) and high.unit is Unit.POINTS:
        assert isinstance(low, tree.Quantity)
        return replace(low, unit=Unit.POINTS)
    return low


def _points(node: tree.Expression, bound: tree.Bound, reader: Reader) -> Decimal | None:
    if isinstance(node, tree.Quantity) and node.unit is Unit.POINTS:
        return node.value / 100
    percent = isinstance(node, tree.Quantity) and node.unit in (Unit.PERCENT, Unit.BPS)
    if not percent:
        reader.report(
            codes.WRONG_UNIT, "a distance from the model is in points", node.span, "not points"
        )
        return None
    assert isinstance(node, tree.Quantity)
    share = node.value / (1 if node.unit is Unit.PERCENT else 100)
    within = bound.side is Side.WITHIN
    word = "`within`" if within else f"a distance from the {_base(bound)}"
    base = _base(bound)
    add, relative = Decimal(22), Decimal(22) * share / 100
    reader.report(
        codes.POINTS_NOT_PERCENT,
        f"{word} takes points, not percent",
        node.span,
        f"a 22% sector: {_plain(add - share)}% to {_plain(add + share)}%, "
        f"or {_plain(add - relative)}% to {_plain(add + relative)}%?",
        help=f"`within {_plain(share)} points of {base}`, "
        f"or `between {_plain(100 - share)}% and {_plain(100 + share)}% of {base}`"
        if within
        else f"write `{_plain(share)} points`, as in `at most 3 points above model`",
    )
    return None


def _base(bound: tree.Bound) -> str:
    return "model" if bound.base is None else bound.base.value


def _plain(value: Decimal) -> str:
    return describe_fraction(value / 100).removesuffix("%")


def read_shares(bound: tree.Bound, reader: Reader) -> Range | None:
    """Multiples of a reference: `between 97% and 103% of model` is 0.97 to 1.03."""
    ends: list[Decimal | None] = []
    for end in (bound.low, bound.high):
        if end is None:
            ends.append(None)
            continue
        if not isinstance(end, tree.Quantity) or end.unit not in (Unit.PERCENT, Unit.BPS):
            reader.report(
                codes.WRONG_UNIT,
                "a share of the model is a percentage",
                end.span,
                "not a percentage",
                help="write `between 97% and 103% of model`, or `within 3 points of model`",
            )
            return None
        ends.append(end.value / (100 if end.unit is Unit.PERCENT else 10_000))
    found = Range(*ends)
    if upside_down(found, stated):
        report_upside_down(bound, reader)
        return None
    return found


def describe_band(low: str | None, high: str | None) -> str:
    """`between A and B`, `at least A`, `at most B`."""
    if low is not None and high is not None:
        return f"between {low} and {high}"
    return f"at least {low}" if high is None else f"at most {high}"


def implied_holder(low: Amount | None, high: Amount | None) -> Base | None:
    """Whose money or weight a band binds by what its ends depend on, where nothing else is said."""
    bases = {base for end in (low, high) if end is not None for base in whose(end.expression)}
    if not bases:
        return None
    return "household" if bases == {"household"} else "account"


def describe_amounts(low: Amount | None, high: Amount | None) -> str:
    """A band of amounts, their common base said once: `between 1% and 3% of account`."""
    ends = [None if end is None else end.describe() for end in (low, high)]
    if all(ends):
        assert ends[0] is not None and ends[1] is not None
        share, of, base = ends[0].partition(" of ")
        if of and ends[1].endswith(of + base) and "the " not in ends[0] and _one_unit(low, high):
            ends[0] = share
    return describe_band(*ends)


def _one_unit(low: Amount | None, high: Amount | None) -> bool:
    """Whether two ends that name one base are counted in one unit too."""
    sums = [end.expression for end in (low, high) if end is not None]
    units = {each.ahead.unit for each in sums if isinstance(each, FlowSum)}
    return len(units) <= 1
