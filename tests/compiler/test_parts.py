"""No part of a line is read over: put into a line of its class, it is refused or kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from grammar import tree
from grammar.parse import parse
from grammar.write import line as written
from tests.compiler.test_directives import HEAD, LINES

HOLDER = re.compile(r" per (account|household|taxpayer)")
MORE_LINES = (
    "prevent wash sales above 5% of loss across household",
    'use model "ACME" evenly over 20 days',
    "target core at 50% of model evenly over 5 years",
    'sell 1,000 shares of "ALFA" each quarter per account',
    "buy core evenly over 12 months",
    "keep each waiver at most 90 days",
)
SAID_APART = {"2% of household per household": "2% per household", "worth 1 bps": "worth 1 bp"}
"""The same in the words of the compiler: a base said once, or as the holder that it is."""
OWN_WORDS = ("measure", "things", "what", "action", "mode", "side", "each", "span")
"""What makes a line the line that it is, and is no part that it could go without."""
EACH = 2
"""Parts tried of each field and type."""


def directive(line: str) -> Any:
    file, _ = parse(f'layer household "H1"\n{HEAD}{line}\n', "h.policy")
    rules = [each for each in file.statements if isinstance(each, tree.Rule)]
    return rules[0].directives[0] if rules[0].directives else None


def nodes(node: Any) -> Iterator[Any]:
    yield node
    for field in fields(node):
        value = getattr(node, field.name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, tree.Bound | tree.Period | tree.Things):
                yield from nodes(each)


def parts(read: list[Any]) -> dict[tuple[type, str], list[Any]]:
    """By class and field, a few values that lines give it."""
    found: dict[tuple[type, str], list[Any]] = {}
    for node in (inner for each in read for inner in nodes(each)):
        for field in fields(node):
            values = found.setdefault((type(node), field.name), [])
            value = getattr(node, field.name)
            alike = Counter(type(each) for each in values)[type(value)]
            if field.name not in OWN_WORDS and value not in values and alike < EACH:
                values.append(value)
    return found


def changed(node: Any, donors: dict[tuple[type, str], list[Any]]) -> Iterator[Any]:
    for field in fields(node):
        value = getattr(node, field.name)
        for other in donors.get((type(node), field.name), ()):
            end = field.name in ("low", "high") and None in (value, other)
            if other != value and not end:
                yield replace(node, **{field.name: other})
        if is_dataclass(value):
            for inner in changed(value, donors):
                yield replace(node, **{field.name: inner})


def same(one: str, other: str) -> bool:
    """Whether two sentences differ in nothing but a holder that goes without saying."""
    return plain(one) == plain(other)


def plain(sentence: str) -> str:
    for long, short in SAID_APART.items():
        sentence = sentence.replace(long, short)
    sentence = HOLDER.sub("", sentence)
    # Of two ends of one base, the first need not repeat it.
    return re.sub(r"(between \S+) of account (and .* of account)", r"\1 \2", sentence)


def test_a_part_is_refused_or_kept(load, check) -> None:
    read = [directive(line) for line in (*LINES, *MORE_LINES)]
    donors = parts(read)
    tried = {written(each) for node in read for each in changed(node, donors)}
    lines = sorted(line for line in tried if directive(line) is not None)
    said = [f"rule h.r{at}\n    {line}\n    from 2026-01-01\n" for at, line in enumerate(lines)]
    begins, kept = f'layer household "H1"\n{HEAD.partition("rule")[0]}', 0
    for start in range(0, len(said), 100):
        text = begins + "".join(said[start : start + 100])
        typed = check(load({"h.policy": text}))
        for statement in typed.statements:
            line = lines[int(statement.rule_id.removeprefix("h.r"))]
            kept += 1
            assert same(statement.directive.sentence(), line), line
    assert 100 < kept < len(lines) - 100
