"""Values, conditions, selections and times of the tree in the words of the language.

Where a row may end the texts hold a mark, which also says on which row of the source the next piece
began, so that comments find their places again; `one_row` turns marks into blanks.
"""

from __future__ import annotations

import re

from grammar import tree
from grammar.times import MONTHS
from grammar.tree import Unit

_SINGULAR = {
    Unit.POINTS: "point",
    Unit.SHARES: "share",
    Unit.TRADING_DAYS: "trading day",
    Unit.DAYS: "day",
    Unit.MONTHS: "month",
    Unit.QUARTERS: "quarter",
    Unit.YEARS: "year",
}

MARK = re.compile(r"\n(\d+)\r")


def one_row(text: str) -> str:
    """The text without its marks."""
    return MARK.sub(" ", text)


def mark(node: tree.Node) -> str:
    """A place before `node` where a row may end; no text of a policy can hold its signs."""
    return f"\n{node.span.line}\r"


# --- selections and conditions -------------------------------------------------------------------


def things(node: tree.Things) -> str:
    """`anything where ...`, `banks, "ABC"`."""
    return listing(node) + where(node.where)


def listing(node: tree.Things) -> str:
    """The things without the `where` that narrows them."""
    if not node.items:
        return "anything"
    first, *others = node.items
    return expression(first) + "".join(f",{mark(item)}{expression(item)}" for item in others)


def where(node: tree.Condition | None) -> str:
    """` where ...`, or nothing."""
    return "" if node is None else f" where {condition(node)}"


def condition(node: tree.Condition) -> str:
    """A condition, with brackets around `and` and `or` that are part of another."""
    match node:
        case tree.Compare():
            return f"{expression(node.left)} {node.comparison} {expression(node.right)}"
        case tree.Between():
            ends = f"{expression(node.low)} and {expression(node.high)}"
            return f"{expression(node.left)} between {ends}"
        case tree.Member():
            word = "not in" if node.negated else "in"
            return f"{expression(node.left)} {word} {_options(node.options)}"
        case tree.Recent():
            word = "not in" if node.negated else "in"
            end = "next" if node.ahead else "last"
            return f"{expression(node.left)} {word} the {end} {quantity(node.length)}"
        case tree.Missing():
            return f"{node.left.value} is {'not ' if node.negated else ''}missing"
        case tree.Flag():
            return node.name.value
        case tree.Not():
            return f"not {_operand(node.operand)}"
        case tree.All():
            return _joined(node.operands, "and")
        case tree.Any():
            return _joined(node.operands, "or")


def _joined(operands: tuple[tree.Condition, ...], word: str) -> str:
    first, *others = operands
    return _operand(first) + "".join(f"{mark(one)}{word} {_operand(one)}" for one in others)


def _operand(node: tree.Condition) -> str:
    return f"({condition(node)})" if isinstance(node, tree.All | tree.Any) else condition(node)


def _options(options: tuple[tree.Expression, ...]) -> str:
    first, *others = options
    if not others and isinstance(first, tree.Name):
        return first.value
    rest = "".join(f",{mark(one)}{listed(one)}" for one in others)
    return f"({listed(first)}{rest})"


def listed(node: tree.Expression) -> str:
    """A value in a list: without commas in a number, which are not told from those around it."""
    said = expression(node)
    return said if isinstance(node, tree.Text) or "$" in said else said.replace(",", "")


# --- values --------------------------------------------------------------------------------------


def expression(node: tree.Expression) -> str:
    """A value, with brackets where a sum could be read in two ways."""
    match node:
        case tree.Quantity():
            return quantity(node)
        case tree.Text():
            return f'"{node.value}"'
        case tree.Date():
            return node.value.isoformat()
        case tree.MonthDay():
            return f"{MONTHS[node.month - 1]} {node.day}"
        case tree.Name():
            return node.value
        case tree.ShareOf():
            return f"{quantity(node.share)} of {node.base.value}"
        case tree.Prorated():
            return f"{expression(node.whole)} prorated"
        case tree.Choice():
            word = "larger" if node.larger else "smaller"
            right = _bracketed(node.right, tree.Sum)
            return f"the {word} of {expression(node.left)} and {right}"
        case tree.Sum():
            word = "minus" if node.sign < 0 else "plus"
            left = _bracketed(node.left, tree.Choice)
            return f"{left} {word} {_bracketed(node.right, tree.Choice, tree.Sum)}"


def quantity(node: tree.Quantity) -> str:
    """`$25,000`, `5%`, `1 point`, `90 days`, `1,000 shares`, `60`."""
    if node.unit is Unit.MONEY:
        return f"{'-' if node.value < 0 else ''}${node.value.copy_abs():,f}"
    number = f"{node.value:,f}" if node.unit is Unit.SHARES else f"{node.value:f}"
    if node.unit in (Unit.NONE, Unit.PERCENT):
        return number + node.unit
    return f"{number} {_SINGULAR.get(node.unit, node.unit) if node.value == 1 else node.unit}"


def bound(node: tree.Bound) -> str:
    """`between 2% and 4% of account`, `at most 3 points above target`."""
    low = "" if node.low is None else expression(node.low)
    high = "" if node.high is None else expression(node.high)
    numbers = f"{low} and {high}" if low and high else low or high
    base = "" if node.base is None else f" {node.relation or 'of'} {node.base.value}"
    return f"{node.side} {numbers}{base}"


def _bracketed(node: tree.Expression, *kinds: type[tree.Node]) -> str:
    return f"({expression(node)})" if isinstance(node, kinds) else expression(node)


# --- times ---------------------------------------------------------------------------------------


def period(node: tree.Period) -> str:
    """`each year prorated`, `in 2026`, `over any 12 months`."""
    if node.year is not None:
        return f"in {node.year}"
    if node.over is not None:
        return f"over any {quantity(node.over)}"
    return f"each {node.every}{' prorated' if node.prorated else ''}"


def timing(node: tree.Timing) -> str:
    """`by 2026-04-10`, `evenly over 8 quarters`, `each month on day 1`."""
    match node:
        case tree.By():
            return f"by {expression(node.day)}"
        case tree.Evenly():
            return f"evenly over {quantity(node.over)}"
        case tree.Every(on=tree.MonthDay() as recurring):
            return f"each {node.period} on {expression(recurring)}"
        case tree.Every():
            return f"each {node.period}" + ("" if node.day is None else f" on day {node.day}")


def days(node: tree.Days) -> str:
    """`2026-02-03 to 2026-03-10`, or one day."""
    first, last = expression(node.first), expression(node.last)
    return first if first == last else f"{first} to {last}"
