"""Reads `sell 1,000 shares of "ACME" each quarter` and its like: how much, of what, when, whose."""

from __future__ import annotations

from decimal import Decimal

from compiler import codes
from compiler.amounts import Base
from compiler.directives.instalment import Instalment
from compiler.read_amounts import BASES
from compiler.read_conditions import read_positions
from compiler.reader import Reader
from compiler.timetable import Timetable, read_timetable
from grammar import tree
from grammar.tree import Unit


def read_instalment(node: tree.Deal, reader: Reader) -> Instalment | None:
    """The typed instalment, or None after reporting every mistake in it."""
    things = read_positions(
        node.things,
        "an instalment counts whole positions, not lots",
        reader,
        "leave `lot.` out of this line; `never sell` keeps the lots that are to stay",
    )
    times = read_timetable(node.timing, reader)
    fine = _how_much(node, times, reader)
    base = _whose(node, reader)
    if things is None or times is None or base is None or not fine:
        return None
    dollars = node.amount is not None and node.amount.unit is Unit.MONEY
    amount = None if node.amount is None else node.amount.value
    return Instalment(node.action, amount, dollars, things, times, base)


def _how_much(node: tree.Deal, times: Timetable | None, reader: Reader) -> bool:
    """Whether the amount can be counted, or is all there is, which needs an end."""
    amount = node.amount
    if amount is None:
        ends = times is None or times.parts or times.by is not None or not times.period
        if node.action == "sell" and ends:
            return True
        reader.report(
            codes.DOES_NOT_APPLY,
            f"how much is to be {'bought' if node.action == 'buy' else 'sold'} each time?",
            node.span,
            help=f"write `{node.action} 100 shares of ...` or `{node.action} $5,000 of ...`",
        )
        return False
    if amount.unit not in (Unit.SHARES, Unit.MONEY):
        part = amount.unit in (Unit.PERCENT, Unit.BPS, Unit.POINTS)
        reader.report(
            codes.WRONG_UNIT,
            "an instalment is in shares or in dollars",
            amount.span,
            "of what was held when?" if part else "",
            help="write `evenly over 8 quarters` for equal parts of what is held"
            if part and node.action == "sell"
            else "write `100 shares` or `$5,000`",
        )
        return False
    if amount.value <= Decimal(0):
        reader.report(codes.NOT_SANE, "that is no trade", amount.span, help="write more than zero")
        return False
    return True


def _whose(node: tree.Deal, reader: Reader) -> Base | None:
    """Whose shares or dollars they are: said by `per`, or by whose file it is."""
    layer = reader.authority.layer
    if node.per is not None and node.per.value not in BASES:
        reader.report(
            codes.DOES_NOT_APPLY,
            f"trades are not made by {node.per.value}",
            node.per.span,
            help="write `per account` or `per household`",
        )
        return None
    said = layer if node.per is None else node.per.value
    if said == "household":
        return "household"
    if said == "account" or node.amount is None:
        return "account"
    reader.report(
        codes.WHOSE_DOLLARS,
        "whose shares?" if node.amount.unit is Unit.SHARES else "whose dollars?",
        node.span,
        f"a file of the {layer} layer speaks of many",
        help="add `per account` or `per household`",
    )
    return None
