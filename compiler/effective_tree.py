"""The effective policy of an account as a tree: each thing, its layers from the highest down.

Boundaries stand apart from values, and below a statement stands what it allows and what replaced
it; what does not hold for the account today comes at the end, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compiler.effective_lines import EffectiveAccount, Line, Slot
from compiler.effective_report import heading
from grammar.diagnostics import render_text


@dataclass(frozen=True)
class Node:
    """A row of the tree with what stands below it."""

    text: str
    below: tuple[Node, ...] = ()


def render_tree(
    account: EffectiveAccount, sources: Mapping[str, str] | None = None, *, colour: bool = False
) -> str:
    """The tree; with `sources` (texts by path) the mistakes that hold the account follow."""
    nodes = [_slot(slot) for slot in account.slots]
    if account.absent:
        nodes.append(Node("not in force here today", tuple(_rows(account.absent, ()))))
    rows = [row for node in nodes for row in ("", *_drawn(node))]
    text = "\n".join([*heading(account), *rows]) + "\n"
    if sources is None or not account.diagnostics:
        return text
    return text + "\n" + render_text(account.diagnostics, sources, colour)


def _drawn(node: Node) -> Iterator[str]:
    yield node.text
    for number, below in enumerate(node.below, 1):
        last = number == len(node.below)
        first, *others = _drawn(below)
        yield ("└─ " if last else "├─ ") + first
        yield from (("   " if last else "│  ") + row for row in others)


_GROUPS = ("boundaries", "values", "rules", "soft", "notes", "waivers")


def _slot(slot: Slot) -> Node:
    """A thing with its statements by what they are: boundaries, values, rules, notes, waivers."""
    chosen = any(line.origin in ("default", "set") for line in slot.lines)
    groups: dict[str, list[Line]] = {name: [] for name in _GROUPS}
    for line in sorted(slot.lines, key=lambda each: each.rank):
        if line.verb != "waits":
            groups[_group(line, chosen)].append(line)
    filled = {name: lines for name, lines in groups.items() if lines}
    below = tuple(
        Node(name, tuple(_rows(lines, slot.grants if name == "values" else ())))
        for name, lines in filled.items()
    )
    if list(filled) == ["rules"]:
        below = below[0].below
    return Node(f"{slot.name}: {slot.value}", below)


def _group(line: Line, chosen: bool) -> str:
    if line.soft is not None and line.origin == "rule":
        return "soft"
    if line.origin in ("default", "set"):
        return "values"
    if line.origin in ("note", "waiver"):
        return f"{line.origin}s"
    return "boundaries" if chosen else "rules"


def _rows(lines: Sequence[Line], grants: Sequence[Line]) -> Iterator[Node]:
    """A node a statement, its columns lined up."""
    layers = max(len(line.layer) for line in lines)
    verbs = max(len(line.verb) for line in lines)
    values = max(len(line.value) for line in lines)
    for line in lines:
        row = f"{line.layer:<{layers}}  {line.verb:<{verbs}}  {line.value:<{values}}"
        place = f"{line.rule}, {line.path}:{line.line}"
        why = f"  ({line.why})" if line.why else ""
        yield Node(f"{row}  {place}{why}", tuple(_below(line, grants)))


def _below(line: Line, grants: Sequence[Line]) -> Iterator[Node]:
    for grant in grants:
        if (grant.rule, grant.path) == (line.rule, line.path):
            yield Node(f"{grant.verb}  {grant.value}  {grant.path}:{grant.line}")
    if line.by:
        yield Node(f"replaced by {line.by}")
