"""Reads `keep average ATTRIBUTE` lines: a band of the attribute, absolute or around the model."""

from __future__ import annotations

from decimal import Decimal

from compiler import codes
from compiler.amounts import Base
from compiler.attributes import Column
from compiler.dimensions import DIMENSIONS, Dimension, normalised
from compiler.directives.average import AverageLimit
from compiler.directives.bounds import read_points, read_shares, report_upside_down
from compiler.expressions import Reference
from compiler.ranges import Range, stated, upside_down
from compiler.read_conditions import read_narrowed
from compiler.reader import Reader
from grammar import tree
from grammar.tree import Side

PREFIX = "average "
_NUMERIC = (Dimension.FRACTION, Dimension.NUMBER, Dimension.MONEY)
_EXAMPLES = {
    Dimension.FRACTION: "at least 2%",
    Dimension.NUMBER: "at least 40",
    Dimension.MONEY: "at least $10,000",
}


def read_average(node: tree.Keep, reader: Reader) -> AverageLimit | None:
    """The typed limit, or None after reporting what is wrong."""
    column = _column(node, reader)
    if column is None:
        return None
    found = read_average_range(node.bound, column, reader)
    base = _base(node, reader)
    fine, narrowed = read_narrowed(node, "an average", reader)
    if found is None or base is None or not fine:
        return None
    relation, reference, span = found
    assert not isinstance(span.low, tuple)
    low, high = span.low, span.high
    assert low is None or isinstance(low, Decimal)
    assert high is None or isinstance(high, Decimal)
    return AverageLimit(Reference(column), low, high, relation, reference, base, narrowed)


def _column(node: tree.Keep, reader: Reader) -> Column | None:
    assert node.measure is not None
    name = node.measure.value.removeprefix(PREFIX)
    column = reader.column(tree.Name(span=node.measure.span, value=name))
    if column is None:
        return None
    if column.table != "securities" or column.dimension not in _NUMERIC:
        reader.report(
            codes.UNKNOWN_MEASURE,
            f"`{name}` has no average",
            node.measure.span,
            f"it is {column.dimension.value}"
            if column.table == "securities"
            else "it is no attribute of securities",
            help="an average is of a number, a percentage or an amount of each security",
        )
        return None
    return column


def _base(node: tree.Keep, reader: Reader) -> Base | None:
    if node.per is not None and node.per.value not in ("account", "household"):
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`per {node.per.value}` does not go with an average",
            node.per.span,
            help="write `per account` or `per household`",
        )
        return None
    whose = reader.authority.layer if node.per is None else node.per.value
    return "household" if whose == "household" else "account"


def read_average_range(
    bound: tree.Bound, column: Column, reader: Reader
) -> tuple[str | None, str | None, Range] | None:
    """(relation, reference, ends) of a bound on an average; None after reporting a mistake."""
    base = None if bound.base is None else bound.base.value
    distance = bound.relation is not None or bound.side is Side.WITHIN
    if base is not None and base not in ("model", "target"):
        assert bound.base is not None
        reader.report(
            codes.DOES_NOT_APPLY,
            f"an average is no share of `{base}`",
            bound.base.span,
            help=f"write `{_EXAMPLES[column.dimension]}`, and `per {base}` at the end"
            if base in ("account", "household")
            else "compare it with `model` or `target`",
        )
        return None
    if not distance and base is not None:
        shares = read_shares(bound, reader)
        return None if shares is None else ("share", base, shares)
    if not distance:
        ends = _ends(bound, column, reader)
        return None if ends is None else (None, None, ends)
    if base is None:
        reader.report(
            codes.OF_WHAT,
            "a distance from what?",
            bound.span,
            help="write `of model` (as published) or `of target` (after exclusions)",
        )
        return None
    relation = "within" if bound.side is Side.WITHIN else str(bound.relation)
    if column.dimension is Dimension.FRACTION:
        points = read_points(bound, reader)
        return None if points is None else (relation, base, points)
    ends = _ends(bound, column, reader)
    return None if ends is None else (relation, base, _around(ends, relation))


def _around(ends: Range, relation: str) -> Range:
    low, high = ends.low, ends.high
    assert low is None or isinstance(low, Decimal)
    assert high is None or isinstance(high, Decimal)
    if relation == "within":
        assert high is not None
        return Range(-high, high)
    if relation == "above":
        return ends
    return Range(None if high is None else -high, None if low is None else -low)


def _ends(bound: tree.Bound, column: Column, reader: Reader) -> Range | None:
    """Ends in the column's own unit."""
    ends: list[Decimal | None] = []
    for node in (bound.low, bound.high):
        if node is None:
            ends.append(None)
            continue
        fits = isinstance(node, tree.Quantity) and DIMENSIONS.get(node.unit) is column.dimension
        if not fits:
            reader.report(
                codes.WRONG_UNIT,
                f"an average of `{column.written}` is {column.dimension.value}",
                node.span,
                help=f"write `{_EXAMPLES[column.dimension]}`",
            )
            return None
        assert isinstance(node, tree.Quantity)
        ends.append(normalised(node.value, node.unit))
    found = Range(*ends)
    if upside_down(found, stated):
        report_upside_down(bound, reader)
        return None
    return found
