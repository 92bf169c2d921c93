"""A node of the tree in the words of the language: `parse(write(tree))` is the same tree.

One spelling for everything; comments and the author's layout are not kept.
"""

from __future__ import annotations

from grammar import tree
from grammar.tree import Unit

_INDENT = "    "

_SINGULAR = {
    Unit.POINTS: "point",
    Unit.SHARES: "share",
    Unit.DAYS: "day",
    Unit.MONTHS: "month",
    Unit.YEARS: "year",
}


def write(file: tree.PolicyFile) -> str:
    """A whole file: its header, then each statement after a blank row."""
    blocks = ["\n".join(_header(file.header)), *map(statement, file.statements)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def statement(node: tree.Statement) -> str:
    """A definition, rule, default or set, with the rows of its block."""
    if isinstance(node, tree.Define):
        return f"define {node.name.value} as {things(node.things)}"
    if isinstance(node, tree.Rule):
        head = _titled("default" if node.is_default else "rule", node.id, node.title)
        inner = [*map(directive, node.directives), *map(clause, node.clauses)]
    else:
        head = f"set {node.id.value} to {_chosen(node)}"
        inner = [*map(clause, node.clauses)]
    return "\n".join([head, *(_INDENT + line for line in inner)])


def directive(node: tree.Directive) -> str:
    """One directive on one row."""
    if isinstance(node, tree.Restrict):
        return f"{node.mode} {node.action} {things(node.things)}"
    if isinstance(node, tree.Prevent):
        return f"prevent {node.what} across {node.across}"
    if isinstance(node, tree.Use):
        return f"use {node.what}" + ("" if node.value is None else f" {expression(node.value)}")
    return " ".join(_keep(node))


def clause(node: tree.Clause) -> str:
    """One clause on one row."""
    match node:
        case tree.When():
            return f"when {condition(node.condition)}"
        case tree.Except():
            return f"except {_excepted(node)}"
        case tree.Existing():
            return _existing(node)
        case tree.MissingCounts():
            return f"missing counts as {expression(node.value)}"
        case tree.Allow():
            layers = ", ".join(layer.value for layer in node.layers)
            bounds = "" if node.bound is None else f" {bound(node.bound)}"
            return f"allow {layers} to {node.to}{bounds}"
        case tree.From():
            return f"from {node.day.value.isoformat()}"
        case tree.Until():
            return f"until {node.day.value.isoformat()}"
        case tree.Because():
            return f"because {_quoted(node.reason)}"


def things(node: tree.Things) -> str:
    """`anything where ...`, `banks, "ABC"`."""
    items = ", ".join(
        _quoted(item) if isinstance(item, tree.Text) else item.value for item in node.items
    )
    return (items or "anything") + _where(node.where)


def bound(node: tree.Bound) -> str:
    """`between 2% and 4% of account`, `at most 3 points above target`."""
    low = "" if node.low is None else expression(node.low)
    high = "" if node.high is None else expression(node.high)
    numbers = f"{low} and {high}" if low and high else low or high
    base = "" if node.base is None else f" {node.relation or 'of'} {node.base.value}"
    return f"{node.side} {numbers}{base}"


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
        case tree.Missing():
            return f"{node.left.value} is {'not ' if node.negated else ''}missing"
        case tree.Flag():
            return node.name.value
        case tree.Not():
            return f"not {_operand(node.operand)}"
        case tree.All():
            return " and ".join(map(_operand, node.operands))
        case tree.Any():
            return " or ".join(map(_operand, node.operands))


def expression(node: tree.Expression) -> str:
    """A value, with brackets where a sum could be read in two ways."""
    match node:
        case tree.Quantity():
            return quantity(node)
        case tree.Text():
            return _quoted(node)
        case tree.Date():
            return node.value.isoformat()
        case tree.Name():
            return node.value
        case tree.ShareOf():
            return f"{quantity(node.share)} of {node.base.value}"
        case tree.Choice():
            word = "larger" if node.larger else "smaller"
            right = _bracketed(node.right, tree.Sum)
            return f"the {word} of {expression(node.left)} and {right}"
        case tree.Sum():
            word = "minus" if node.sign < 0 else "plus"
            left = _bracketed(node.left, tree.Choice)
            return f"{left} {word} {_bracketed(node.right, tree.Choice, tree.Sum)}"


def quantity(node: tree.Quantity) -> str:
    """`$25,000`, `5%`, `1 point`, `90 days`, `60`."""
    if node.unit is Unit.MONEY:
        return f"{'-' if node.value < 0 else ''}${node.value.copy_abs():,f}"
    number = f"{node.value:f}"
    if node.unit in (Unit.NONE, Unit.PERCENT):
        return number + node.unit
    return f"{number} {_SINGULAR.get(node.unit, node.unit) if node.value == 1 else node.unit}"


def _header(node: tree.Header) -> list[str]:
    lines = []
    if node.id is not None:
        lines.append(_titled("policy", node.id, node.title))
    if node.layer is not None:
        lines.append(_titled("layer", node.layer.name, node.layer.of))
    if node.owner is not None:
        lines.append(f"owner {_quoted(node.owner)}")
    if node.starts is not None:
        lines.append(f"from {node.starts.value.isoformat()}")
    if node.ends is not None:
        lines.append(f"until {node.ends.value.isoformat()}")
    if node.guard is not None:
        lines.append(f"when {condition(node.guard)}")
    return lines


def _titled(word: str, name: tree.Name, title: tree.Text | None) -> str:
    return f"{word} {name.value}" + ("" if title is None else f" {_quoted(title)}")


def _chosen(node: tree.Set) -> str:
    if node.bound is not None:
        return bound(node.bound)
    return "off" if node.value is None else expression(node.value)


def _keep(node: tree.Keep) -> list[str]:
    words = ["keep each" if node.each else "keep"]
    if node.measure is not None:
        words.append(node.measure.value)
    if node.things is not None:
        words.append(things(node.things))
    words.append(bound(node.bound))
    if node.period is not None:
        yearly = "each year prorated" if node.period.prorated else "each year"
        words.append(yearly if node.period.year is None else f"in {node.period.year}")
    if node.per is not None:
        words.append(f"per {node.per.value}")
    return [*words, *(() if node.where is None else (f"where {condition(node.where)}",))]


def _excepted(node: tree.Except) -> str:
    if node.condition is not None:
        return f"when {condition(node.condition)}"
    return things(node.things) if node.things is not None else f"to {node.purpose}"


def _existing(node: tree.Existing) -> str:
    named = things(tree.Things(span=node.span, items=node.things.items, where=None))
    who = "positions" if named == "anything" else named
    if node.within is not None:
        fate = f"comply within {quantity(node.within)}"
    elif node.by is not None:
        fate = f"comply by {node.by.value.isoformat()}"
    else:
        fate = "may stay"
    return f"existing {who} {fate}{_where(node.things.where)}"


def _where(node: tree.Condition | None) -> str:
    return "" if node is None else f" where {condition(node)}"


def _operand(node: tree.Condition) -> str:
    return f"({condition(node)})" if isinstance(node, tree.All | tree.Any) else condition(node)


def _options(options: tuple[tree.Expression, ...]) -> str:
    if len(options) == 1 and isinstance(options[0], tree.Name):
        return options[0].value
    return f"({', '.join(map(expression, options))})"


def _bracketed(node: tree.Expression, *kinds: type[tree.Node]) -> str:
    return f"({expression(node)})" if isinstance(node, kinds) else expression(node)


def _quoted(node: tree.Text) -> str:
    return f'"{node.value}"'
