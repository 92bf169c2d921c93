"""The lines of a policy in the words of the language: `parse(write(tree))` is the same tree.

One spelling for everything; comments are not kept (`layout.py` keeps them).
"""

from __future__ import annotations

from grammar import tree
from grammar.directives import ACTIONS
from grammar.wording import (
    bound,
    condition,
    days,
    expression,
    listing,
    mark,
    one_row,
    period,
    quantity,
    things,
    timing,
    where,
)

INDENT = "    "
_DOING = {action: doing for doing, action in ACTIONS.items()}


def write(file: tree.PolicyFile) -> str:
    """A whole file: its header, then each statement after a blank row."""
    header = "\n".join(one_row(text) for _, text in header_lines(file.header))
    blocks = [header, *map(statement, file.statements)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def statement(node: tree.Statement) -> str:
    """A definition, rule, default, note, set or waive, with the rows of its block."""
    rows = [one_row(head(node)), *(INDENT + one_row(line(one)) for one in inner(node))]
    return "\n".join(rows)


def directive(node: tree.Directive) -> str:
    """One directive on one row."""
    return one_row(line(node))


def inner(node: tree.Statement) -> tuple[tree.Directive | tree.Clause, ...]:
    """The directives and clauses of a block, in the author's order."""
    if isinstance(node, tree.Rule):
        return (*node.directives, *node.clauses)
    return node.clauses if isinstance(node, tree.Set | tree.Waive) else ()


# --- one line each, with marks where its row may end ---------------------------------------------


def header_lines(node: tree.Header) -> list[tuple[tree.Node, str]]:
    """The lines of the header in their order, each with a node that stands on its first row."""
    lines: list[tuple[tree.Node, str]] = []
    if node.id is not None:
        lines.append((node.id, _titled("policy", node.id, node.title)))
    if node.layer is not None:
        lines.append((node.layer, _titled("layer", node.layer.name, node.layer.of)))
    if node.owner is not None:
        lines.append((node.owner, f"owner {expression(node.owner)}"))
    lines += ((name, f"using {name.value}") for name in node.using)
    if node.starts is not None:
        lines.append((node.starts, f"from {expression(node.starts)}"))
    if node.ends is not None:
        lines.append((node.ends, f"until {expression(node.ends)}"))
    if node.guard is not None:
        lines.append((node.guard, f"when {condition(node.guard)}"))
    return lines


def head(node: tree.Statement) -> str:
    """The first line of a statement."""
    match node:
        case tree.Define():
            return f"define {node.name.value} as {things(node.things)}"
        case tree.DefineAccounts():
            return f"define {node.name.value} as accounts{where(node.where)}"
        case tree.DefinePeriods():
            first, *others = node.periods
            said = days(first) + "".join(f",{mark(one)}{days(one)}" for one in others)
            return f"define {node.name.value} as {said}"
        case tree.DefineFile():
            return f"define {node.name.value} from {expression(node.file)}"
        case tree.Rule():
            word = "default" if node.is_default else "note" if node.is_note else "rule"
            return _titled(word, node.id, node.title)
        case tree.Set():
            return f"set {node.id.value} to {_chosen(node)}"
        case tree.Waive():
            return f"waive {node.id.value} {_for(node.things, node.existing)}"


def line(node: tree.Directive | tree.Clause) -> str:
    """One directive or clause."""
    return _directive(node) if isinstance(node, tree.Directive) else _clause(node)


def _directive(node: tree.Directive) -> str:
    match node:
        case tree.Restrict():
            return f"{node.mode} {node.action} {things(node.things)}"
        case tree.Prevent():
            above = "" if node.above is None else f" above {expression(node.above)}"
            return f"prevent {node.what}{above} across {node.across}{where(node.where)}"
        case tree.Keep():
            return _keep(node)
        case tree.Use():
            value = "" if node.value is None else f" {expression(node.value)}"
            pace = "" if node.timing is None else f" {timing(node.timing)}"
            return f"use {node.what}{value}{pace}{where(node.where)}"
        case tree.Replace():
            word = "only replace" if node.only else "replace"
            return f"{word} {things(node.things)} with {things(node.substitutes)}"
        case tree.Treat():
            purpose = "" if node.purpose is None else f" for {node.purpose}"
            each = "each " if node.each else ""
            said = f"treat {each}{listing(node.things)} as {node.like}{purpose}"
            return said + where(node.things.where)
        case tree.Prefer():
            return _prefer(node)
        case tree.Target():
            return _target(node)
        case tree.Flow() | tree.Wait():
            return _flow(node)
        case tree.Deal():
            amount = "" if node.amount is None else f"{quantity(node.amount)} of "
            said = f"{node.action} {amount}{listing(node.things)} {timing(node.timing)}"
            return said + _per(node.per) + where(node.things.where)
        case tree.Ask():
            who = expression(node.who)
            return f"ask {who} before {_DOING[node.action]} {things(node.things)}"
        case tree.Report():
            return f"report {_DOING[node.action]} {things(node.things)}"


def _flow(node: tree.Flow | tree.Wait) -> str:
    if isinstance(node, tree.Wait):
        return "invest nothing"
    return f"{node.action} {expression(node.amount)} {timing(node.timing)}" + _per(node.per)


def _keep(node: tree.Keep) -> str:
    words = ["keep each" if node.each else "keep"]
    if node.measure is not None:
        words.append(node.measure.value)
    if node.things is not None:
        words.append(things(node.things))
    words.append(bound(node.bound))
    if node.period is not None:
        words.append(period(node.period))
    return " ".join(words) + _per(node.per) + where(node.where)


def _per(name: tree.Name | None) -> str:
    return "" if name is None else f" per {name.value}"


def _target(node: tree.Target) -> str:
    time = "" if node.timing is None else f" {timing(node.timing)}"
    said = f"target {listing(node.things)} at {expression(node.weight)}{time}"
    return said + where(node.things.where)


def _prefer(node: tree.Prefer) -> str:
    words = ["prefer", _DOING[node.action], listing(node.things)]
    if node.accounts is not None:
        words.append(f"in {listing(node.accounts)}")
    if node.over is not None:
        words.append(f"over {listing(node.over)}")
    if node.worth is not None:
        words.append(f"worth {quantity(node.worth)}")
    return " ".join(words) + where(node.things.where)


def _clause(node: tree.Clause) -> str:
    match node:
        case tree.When():
            return f"when {condition(node.condition)}"
        case tree.Except():
            return f"except {_excepted(node)}"
        case tree.Existing():
            return _existing(node)
        case tree.MissingCounts():
            return f"missing counts as {expression(node.value)}"
        case tree.Soft():
            return f"soft priority {node.priority}"
        case tree.Allow():
            return _allow(node)
        case tree.From():
            return f"from {expression(node.day)}"
        case tree.Until():
            return f"until {expression(node.day)}"
        case tree.Because():
            return f"because {expression(node.reason)}"
        case tree.Approved():
            return f"approved by {expression(node.by)}"


def _excepted(node: tree.Except) -> str:
    if node.condition is not None:
        return f"when {condition(node.condition)}"
    return things(node.things) if node.things is not None else f"to {node.purpose}"


def _existing(node: tree.Existing) -> str:
    who = listing(node.things) if node.things.items else "positions"
    if node.within is not None:
        fate = f"comply within {quantity(node.within)}"
    elif node.by is not None:
        fate = f"comply by {expression(node.by)}"
    elif node.evenly is not None:
        fate = f"comply {timing(node.evenly)}"
    else:
        fate = "may stay"
    return f"existing {who} {fate}{where(node.things.where)}"


def _allow(node: tree.Allow) -> str:
    first, *others = node.layers
    layers = first.value + "".join(f",{mark(one)}{one.value}" for one in others)
    said = f"allow {layers} to {node.to}"
    if node.bound is not None:
        said += f" {bound(node.bound)}"
    return said if node.things is None else f"{said} {_for(node.things, node.existing)}"


def _for(what: tree.Things, existing: bool) -> str:
    if not existing:
        return f"for {things(what)}"
    return f"for existing {things(what) if what.items else f'positions{where(what.where)}'}"


def _titled(word: str, name: tree.Name, title: tree.Text | None) -> str:
    return f"{word} {name.value}" + ("" if title is None else f" {expression(title)}")


def _chosen(node: tree.Set) -> str:
    if node.bound is not None:
        return bound(node.bound)
    return "off" if node.value is None else expression(node.value)
