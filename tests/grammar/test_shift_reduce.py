"""Our loop and Lark read alike: the same lines, and in them the same parts at the same places."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from lark import Token, Tree

from grammar.build import _Builder, build
from grammar.lines import Line, cut
from grammar.reader import grammar, stop
from grammar.shift_reduce import Meta

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted(
    path
    for folder in (HERE, ROOT / "policies", HERE.parent / "compiler")
    for pattern in ("*.policy", "*.policytest")
    for path in folder.rglob(pattern)
)


def lines() -> list[Line]:
    """Every line of every policy that is tested or shipped, each text once."""
    found = {}
    for path in FILES:
        for line in cut(path.read_text(encoding="utf-8", errors="replace"), path.name)[0]:
            found.setdefault(line.text, line)
    return [line for line in found.values() if not line.problems]


def by_lark(line: Line) -> tuple[Any, list[Any]]:
    """The part of a line from Lark's own tree, walked from the leaves up."""
    builder = _Builder(line)

    def walk(node: Tree[Token] | Token | None) -> Any:
        if not isinstance(node, Tree):
            return node
        children = [walk(child) for child in node.children]
        meta = Meta(node.meta.start_pos, node.meta.end_pos)
        method = getattr(builder, node.data, None)
        if method is None:
            return builder.other(node.data, meta, children)
        return method(meta, children)

    return walk(grammar().parse(line.text)), builder.diagnostics


def test_every_line_is_read_as_lark_reads_it() -> None:
    read = 0
    for line in lines():
        ours = build(line)
        assert (ours is None) == (stop(line.text) is not None), line.text
        if ours is not None:
            part, notes = by_lark(line)
            assert asdict(ours[0]) == asdict(part), line.text
            assert list(ours[1]) == notes
            read += 1
    assert read > 400


@pytest.mark.parametrize("text", ["keep", "rule a b", "keep cash at most 3% of account %", "["])
def test_what_is_no_line(text: str) -> None:
    (line,), _ = cut(text, "a.policy")
    assert build(line) is None
    assert stop(text) is not None
