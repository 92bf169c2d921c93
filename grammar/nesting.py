"""How deep a part of the tree is nested: later stages walk it by recursion, so there is a limit."""

from __future__ import annotations

from dataclasses import fields

from grammar import codes
from grammar.diagnostics import Diagnostic
from grammar.lines import MAX_DEPTH
from grammar.tree import Node


def too_deep(part: Node) -> Diagnostic | None:
    """A diagnostic at the first node more than `2 * MAX_DEPTH` levels down, if there is one."""
    level: list[Node] = [part]
    for _ in range(2 * MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return None
    return codes.TOO_DEEP.at(
        level[0].span,
        "this line is nested too deep",
        label="from here on",
        help="give parts of it a name with `define`",
    )


def _children(node: Node) -> list[Node]:
    values = (getattr(node, one.name) for one in fields(node))
    flat = (item for value in values for item in (value if isinstance(value, tuple) else (value,)))
    return [item for item in flat if isinstance(item, Node)]
