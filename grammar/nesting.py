"""How deep a part of the tree is nested: later stages walk it by recursion, so there is a limit."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from typing import Any

from grammar import codes
from grammar.diagnostics import Diagnostic
from grammar.lines import MAX_DEPTH
from grammar.tree import Node

_DEEPER = re.compile(r"\(|\b(?:not|plus|minus|larger|smaller)\b")
"""Every level beyond the first ten begins at one of these, and none of them makes three."""


def may_be_deep(text: str) -> bool:
    """Whether a line that reads so is worth looking into."""
    return len(text) > MAX_DEPTH and len(_DEEPER.findall(text)) > MAX_DEPTH // 2


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


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _children(node: Node) -> list[Node]:
    kind: Any = type(node)
    values = (getattr(node, name) for name in _names(kind))
    flat = (item for value in values for item in (value if isinstance(value, tuple) else (value,)))
    return [item for item in flat if isinstance(item, Node)]
