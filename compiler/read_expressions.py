"""Reads expressions of the tree into typed ones: names resolved, dimensions checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from compiler import codes
from compiler.dimensions import (
    DIMENSIONS,
    ORDERED,
    DayOfYear,
    Dimension,
    Duration,
    normalised,
)
from compiler.expressions import (
    Choice,
    Expression,
    Length,
    Literal,
    Reference,
    Share,
    Shifted,
    ThatDay,
    Today,
    Total,
)
from compiler.flow_sums import FLOWS, FlowSum
from compiler.inside import INSIDE, Inside
from compiler.prorated import Prorated
from compiler.reader import Reader
from grammar import tree
from grammar.tree import Unit

LENGTHS = (Unit.DAYS, Unit.TRADING_DAYS, Unit.MONTHS, Unit.QUARTERS, Unit.YEARS)
TAX_YEAR = {"year.start": DayOfYear(1, 1), "year.end": DayOfYear(12, 31)}
"""First and last day of the tax year of the run."""
_ANY_DAY, _A_YEAR_LATER = date(2026, 1, 1), date(2027, 1, 1)


def read_expression(node: tree.Expression, reader: Reader) -> Expression | None:
    """The typed expression, or None after reporting what is wrong with it."""
    match node:
        case tree.Quantity():
            return read_quantity(node, reader)
        case tree.Text(value=text):
            return Literal(text, Dimension.TEXT)
        case tree.Date(value=day):
            return Literal(day, Dimension.DATE)
        case tree.MonthDay():
            yearly = DayOfYear(node.month, node.day)
            return ThatDay(yearly, yearly.describe())
        case tree.Name(value="today"):
            return Today()
        case tree.Name(value=name) if name in TAX_YEAR:
            return ThatDay(TAX_YEAR[name], name)
        case tree.Name(value=name) if name.startswith(INSIDE):
            return _inside(node, reader)
        case tree.Name():
            return read_reference(node, reader)
        case tree.ShareOf():
            return _share_of(node, reader)
        case tree.Prorated():
            return _prorated(node, reader)
        case tree.Choice():
            return _choice(node, reader)
        case tree.Sum():
            return _sum(node, reader)


def read_quantity(node: tree.Quantity, reader: Reader) -> Literal | Length | None:
    """A number with its unit, normalised; lengths of time are whole."""
    if node.unit not in LENGTHS:
        return Literal(normalised(node.value, node.unit), DIMENSIONS[node.unit])
    duration = read_duration(node, reader)
    return None if duration is None else Length(duration)


def read_duration(node: tree.Quantity, reader: Reader) -> Duration | None:
    """A length of time: whole, and not negative."""
    if node.unit not in LENGTHS:
        reader.report(
            codes.UNLIKE,
            f"{DIMENSIONS[node.unit].value} is no length of time",
            node.span,
            help="write `30 days`, `20 trading days`, `6 months`, `8 quarters` or `2 years`",
        )
        return None
    if node.value != node.value.to_integral_value() or node.value < 0:
        reader.report(
            codes.UNLIKE,
            "a length of time is a whole number",
            node.span,
            help="write it in a smaller unit, such as days",
        )
        return None
    return Duration(node.value, node.unit)


def read_reference(name: tree.Name, reader: Reader) -> Reference | None:
    """The attribute a name means."""
    if name.value.startswith(INSIDE):
        reader.report(
            codes.WRONG_COMPARISON,
            f"`{name.value}` is worked out, and no column of the book",
            name.span,
            help=f"compare it: `{name.value} above 5%`",
        )
        return None
    column = reader.column(name)
    return None if column is None else Reference(column)


def _inside(name: tree.Name, reader: Reader) -> Inside | None:
    """A group in sight, or a percentage that securities have."""
    rest = name.value.removeprefix(INSIDE)
    column = reader.vocabulary.get("securities", rest)
    if reader.accounts_only:
        reader.report(
            codes.SECURITY_IN_WHEN,
            f"`when` picks accounts, and `{name.value}` belongs to securities",
            name.span,
            "not a property of an account",
            help="put this condition after `where` at the end of the directive",
        )
        return None
    if column is not None and not reader.is_group(rest):
        if column.dimension is Dimension.FRACTION:
            return Inside(Reference(column))
        reader.report(
            codes.UNLIKE,
            f"`{rest}` is {column.dimension.value}, and a fund has an average of percentages only",
            name.span,
            help=f"define a group: `define name as anything where {rest} is ...`",
        )
        return None
    group = reader.find_group(replace(name, value=rest))
    if group is None or not group.selection.lot_level:
        return None if group is None else Inside(group)
    reader.report(
        codes.DOES_NOT_APPLY,
        f"`{rest}` is a group of lots, and a fund holds securities",
        name.span,
        help="name a group that says nothing of `lot.`",
    )
    return None


def _share_of(node: tree.ShareOf, reader: Reader) -> Expression | None:
    if node.share.unit in LENGTHS or node.base.value in FLOWS:
        return read_flow_sum(node.share, node.base, reader)
    base = read_base(node.base, reader)
    share = read_quantity(node.share, reader)
    if isinstance(share, Length) or (share and share.dimension is not Dimension.FRACTION):
        reader.report(
            codes.UNLIKE,
            f"a share of `{node.base.value}` is a percentage",
            node.share.span,
            "not a percentage",
            help=f"write `5% of {node.base.value}`",
        )
        return None
    if base is None or share is None:
        return None
    assert isinstance(share, Literal)
    fraction = share.constant
    assert not isinstance(fraction, str | bool | frozenset)
    return Share(fraction, base)  # type: ignore[arg-type]


def _prorated(node: tree.Prorated, reader: Reader) -> Prorated | None:
    whole = read_expression(node.whole, reader)
    if isinstance(whole, Literal | Share) and whole.dimension is Dimension.MONEY:
        return Prorated(whole)
    if whole is not None:
        reader.report(
            codes.UNLIKE,
            "only an amount of money grows through the year",
            node.span,
            whole.dimension.value,
            help="write `$1,800 prorated` or `5% of basis prorated`",
        )
    return None


def read_flow_sum(ahead: tree.Quantity, flows: tree.Name, reader: Reader) -> FlowSum | None:
    """`6 months of withdrawals`: the book's flows, which are known for a year ahead."""
    said = "`6 months of withdrawals`, `of payments` or `of deposits`"
    if flows.value not in FLOWS:
        reader.report(
            codes.OF_WHAT,
            f"a length of time of `{flows.value}`",
            flows.span,
            "not what comes or goes by date",
            help=f"write {said}",
        )
        return None
    if ahead.unit not in LENGTHS:
        reader.report(
            codes.OF_WHAT,
            f"{flows.value} are counted in time",
            ahead.span,
            DIMENSIONS[ahead.unit].value,
            help=f"write {said}",
        )
        return None
    duration = read_duration(ahead, reader)
    if duration is None:
        return None
    if duration.after(_ANY_DAY) <= _A_YEAR_LATER:
        return FlowSum(duration, flows.value)
    reader.report(
        codes.DOES_NOT_APPLY,
        f"{flows.value} are known for one year ahead",
        ahead.span,
        "nobody knows the rest",
        help=f"write `12 months of {flows.value}`, or the dollars",
    )
    return None


def read_base(name: tree.Name, reader: Reader) -> Reference | None:
    """What a percentage is of: an account, a household, a lot's basis, or a money attribute."""
    total = {"account": "accounts", "household": "households"}.get(name.value)
    if total is not None:
        column = reader.vocabulary.get(total, "value")
        assert column is not None
        return Reference(column)
    if name.value in ("basis", "value") and not reader.accounts_only:
        column = reader.vocabulary.get("lots", name.value)
        assert column is not None
        return Reference(column)
    reference = read_reference(name, reader)
    if reference is not None and reference.dimension is not Dimension.MONEY:
        reader.report(
            codes.UNLIKE,
            f"a percentage of `{name.value}`, which is {reference.dimension.value}",
            name.span,
            "not an amount of money",
            help="write `of account`, `of household` or `of basis`",
        )
        return None
    return reference


def _choice(node: tree.Choice, reader: Reader) -> Choice | None:
    left, right = read_expression(node.left, reader), read_expression(node.right, reader)
    if left is None or right is None:
        return None
    if left.dimension is not right.dimension or left.dimension not in ORDERED:
        word = "larger" if node.larger else "smaller"
        _unlike(f"the {word} of", left, right, node, reader)
        return None
    return Choice(node.larger, left, right)


def _sum(node: tree.Sum, reader: Reader) -> Expression | None:
    left, right = read_expression(node.left, reader), read_expression(node.right, reader)
    if left is None or right is None:
        return None
    if left.dimension is Dimension.DATE and isinstance(right, Length):
        return Shifted(node.sign, left, right.duration)
    dates = left.dimension is right.dimension is Dimension.DATE and node.sign < 0
    if dates or (left.dimension is right.dimension and left.dimension in ORDERED):
        return Total(node.sign, left, right)
    _unlike("`plus`" if node.sign > 0 else "`minus`", left, right, node, reader)
    return None


def _unlike(
    what: str, left: Expression, right: Expression, node: tree.Choice | tree.Sum, reader: Reader
) -> None:
    reader.report(
        codes.UNLIKE,
        f"{what} two different things: {left.dimension.value} and {right.dimension.value}",
        node.right.span,
        f"{right.dimension.value}; the other is {left.dimension.value}",
        help=share_help(left, right),
    )


def share_help(left: Expression, right: Expression) -> str:
    """A way out where a bare percentage meets an amount of money, the commonest slip."""
    pair = {left.dimension, right.dimension}
    if pair == {Dimension.MONEY, Dimension.FRACTION}:
        return "a percentage of what? write `5% of account` or `5% of basis`"
    if pair == {Dimension.DATE, Dimension.DURATION}:
        if left.dimension is Dimension.DATE:
            return "compare it with a date, `2026-01-31`, or write `in the last 30 days`"
        return "compare it with a length of time, `30 days`, or name a date such as `lot.acquired`"
    return "both sides must be of one kind"
