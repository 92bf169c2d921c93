"""Reads amounts of money: dollars, shares and attributes of whoever holds them, flows ahead."""

from __future__ import annotations

from decimal import Decimal

from compiler import codes
from compiler.dimensions import Dimension, describe_fraction, describe_number
from compiler.expressions import Choice, Expression, Literal, Reference, Share, Total
from compiler.flow_sums import FLOWS
from compiler.read_expressions import LENGTHS, read_base, read_flow_sum, read_quantity
from compiler.reader import ACCOUNT_TABLES, Reader, did_you_mean
from grammar import tree
from grammar.tree import Unit

BASES = ("account", "household")


def read_amount(
    node: tree.Expression, reader: Reader, base: tree.Name | None = None
) -> Expression | None:
    """An amount in dollars; `base` is what a bare percentage or time in it is of."""
    match node:
        case tree.Quantity(unit=Unit.MONEY):
            return Literal(node.value, Dimension.MONEY)
        case tree.Quantity(unit=unit) if unit in (Unit.PERCENT, Unit.BPS, *LENGTHS):
            if base is not None:
                return _part(node, base, reader)
            _of_what(node, reader)
            return None
        case tree.ShareOf(share=share, base=name):
            return _part(share, name, reader) if is_base(name, reader) else None
        case tree.Name():
            return _attribute(node, reader)
        case tree.Prorated():
            reader.report(
                codes.WRONG_UNIT,
                "a bound that grows through the year says so at its year",
                node.span,
                help="write `each year prorated` at the end of the limit",
            )
            return None
        case tree.Choice() | tree.Sum():
            left = read_amount(node.left, reader, base)
            right = read_amount(node.right, reader, base)
            if left is None or right is None:
                return None
            if isinstance(node, tree.Choice):
                return Choice(node.larger, left, right)
            return Total(node.sign, left, right)
    reader.report(
        codes.WRONG_UNIT,
        "this bound takes dollars, or a percentage of account or household",
        node.span,
        help=_in_dollars_or_percent(node),
    )
    return None


def _in_dollars_or_percent(node: tree.Expression) -> str:
    """The author's number as it may have been meant."""
    if not isinstance(node, tree.Quantity) or node.unit not in (Unit.NONE, Unit.POINTS):
        return "write `$25,000` or `3% of account`"
    number = describe_number(node.value)
    if node.unit is Unit.POINTS:
        return f"write `{number}% of account`; points are a distance from a model"
    share = f" or `{number}% of account`" if node.value <= 100 else ""
    return f"write `${number}`{share}"


def is_base(name: tree.Name, reader: Reader) -> bool:
    """Whether an amount can be a part of it: an account or household, an attribute of one, flows.

    Reported where it is not.
    """
    if name.value in (*BASES, *FLOWS):
        return True
    if "." in name.value:
        return _attribute(name, reader) is not None
    reader.report(
        codes.OF_WHAT,
        f"a part of `{name.value}`",
        name.span,
        "not an account or household",
        help=did_you_mean(name.value, (*BASES, *FLOWS)) or "write `of account` or `of household`",
    )
    return False


def whose(expression: Expression) -> frozenset[str]:
    """Whom an amount depends on: `account`, `household`, `taxpayer`, or nobody."""
    words = {"accounts": "account", "households": "household", "tax_entities": "taxpayer"}
    return frozenset(words[column.table] for column in expression.columns())


def _part(node: tree.Quantity, base: tree.Name, reader: Reader) -> Expression | None:
    if node.unit in LENGTHS or base.value in FLOWS:
        return read_flow_sum(node, base, reader)
    if node.unit not in (Unit.PERCENT, Unit.BPS):
        reader.report(
            codes.WRONG_UNIT, "a share of an account is a percentage", node.span, "not a percentage"
        )
        return None
    reference = read_base(base, reader) if base.value in BASES else _attribute(base, reader)
    return None if reference is None else Share(_fraction(node, reader), reference)


def _fraction(node: tree.Quantity, reader: Reader) -> Decimal:
    share = read_quantity(node, reader)
    assert isinstance(share, Literal)
    assert isinstance(share.constant, Decimal)
    return share.constant


def _attribute(name: tree.Name, reader: Reader) -> Reference | None:
    column = reader.column(name)
    if column is None:
        return None
    if column.table in ACCOUNT_TABLES and column.dimension is Dimension.MONEY:
        return Reference(column)
    reader.report(
        codes.WRONG_UNIT,
        f"`{name.value}` is no amount of money of an account, household or taxpayer",
        name.span,
        column.dimension.value
        if column.table in ACCOUNT_TABLES
        else "differs from security to security",
        help="write `$25,000`, `3% of account`, or an attribute such as `account.cash`",
    )
    return None


def _of_what(node: tree.Quantity, reader: Reader) -> None:
    if node.unit in LENGTHS:
        shown = f"{node.value:f} {node.unit.value}"
        label, help_line = "an amount of money is meant", f"`{shown} of withdrawals`"
    else:
        shown = describe_fraction(_fraction(node, reader))
        label = "a weight names its base"
        help_line = (
            f"`{shown} of account` binds each account; `{shown} of household` binds their sum"
        )
    reader.report(codes.OF_WHAT, f"{shown} of what?", node.span, label, help=help_line)
