"""The loop that reads a line by Lark's LALR table, and hands what it has read to a builder at once.

Lark makes the table and the words to expect in each of its states, and says why a line cannot be
read (`grammar.reader`). Of a line that can be read it would make a tree, to be walked for another
one; this loop leaves that tree out, which is most of the time that reading takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol

from lark import Token
from lark.grammar import Rule
from lark.lexer import ContextualLexer
from lark.parsers.lalr_analysis import Shift

from grammar.reader import END, grammar


class Meta(NamedTuple):
    """What a rule was read from: `text[start_pos:end_pos]`."""

    start_pos: int
    end_pos: int


class Builder(Protocol):
    """Has a method for each rule of `policy.lark` that is not inlined, of the same name: from a
    `Meta` and the list of what the parts of the rule became, it makes what the rule becomes."""

    def other(self, rule: str, meta: Meta, children: list[Any]) -> Any:
        """What a rule becomes that has no method of its own."""


@dataclass(frozen=True, slots=True)
class _Reduction:
    """What becomes of the last `size` values: `method` of the builder makes one of them.

    `kept` are (place, whether it is a list to be taken over, blanks before it); `plain` where all
    are kept as they are. `inlined`: no method, a list; `single`: one value alone stays as it is.
    """

    origin: str
    size: int
    method: str
    kept: tuple[tuple[int, bool, int], ...]
    blanks: int
    plain: bool
    inlined: bool
    single: bool

    def made(self, builder: Builder, whole: Meta, values: list[Any]) -> Any:
        """What the values become together."""
        children = values if self.plain else self._children(values)
        if self.inlined:
            return children
        if self.single and len(children) == 1:
            return children[0]
        method = getattr(builder, self.method, None)
        if method is None:
            return builder.other(self.method, whole, children)
        return method(whole, children)

    def _children(self, values: list[Any]) -> list[Any]:
        found: list[Any] = []
        for place, inlined, blanks in self.kept:
            if blanks:
                found += [None] * blanks
            if inlined:
                found += values[place]
            else:
                found.append(values[place])
        if self.blanks:
            found += [None] * self.blanks
        return found


Scan = Callable[[str, int], re.Match[str] | None]
"""Finds the next word from a place on, as a group of its terminal's name."""


@dataclass(frozen=True, slots=True)
class _State:
    """What may follow; a number in `next` is the state after it."""

    scan: Scan
    next: Mapping[str, int | _Reduction]


def follow(text: str, builder: Builder) -> Any | None:
    """What `builder` makes of one logical line; None where the grammar cannot read it.

    After None the builder is spoilt: it may have been given parts of the line.
    """
    table, begin, end = _table()
    states = [begin]
    values: list[Any] = []
    spans: list[Meta] = []
    at = 0
    while True:
        found = table[states[-1]].scan(text, at)
        if found is not None:
            name = found.lastgroup or ""
            start, at = found.span(name)
        elif text[at:].strip():
            return None
        else:
            name, start = END, at
        while not isinstance(step := table[states[-1]].next.get(name), int):
            if step is None:
                return None
            size = step.size
            whole = Meta(spans[-size][0], spans[-1][1])
            value = step.made(builder, whole, values[-size:])
            del states[-size:], values[-size:], spans[-size:]
            after = table[states[-1]].next[step.origin]
            assert isinstance(after, int)
            if after == end and name == END:
                return value
            states.append(after)
            values.append(value)
            spans.append(whole)
        states.append(step)
        values.append(Token(name, text[start:at], start, end_pos=at))
        spans.append(Meta(start, at))


# --- the table -----------------------------------------------------------------------------------


@cache
def _table() -> tuple[Mapping[int, _State], int, int]:
    """The states by number, the one to begin with and the one to end in."""
    front: Any = grammar().parser
    table, lexer = front.parser._parse_table, front.lexer  # Lark has no public name for them
    assert isinstance(lexer, ContextualLexer)
    reductions: dict[Rule, _Reduction] = {}
    scanners: dict[int, Scan] = {}
    states: dict[int, _State] = {}
    for number, actions in table.states.items():
        words: Any = lexer.lexers[number]
        if id(words) not in scanners:
            scanners[id(words)] = _scanner(words.terminals, set(words.ignore_types))
        following: dict[str, int | _Reduction] = {}
        for name, (action, to) in actions.items():
            if action is Shift:
                following[str(name)] = to
            else:
                following[str(name)] = reductions.setdefault(to, _reduction(to))
        states[number] = _State(scanners[id(words)], following)
    return states, table.start_states["start"], table.end_states["start"]


def _scanner(terminals: list[Any], ignored: set[str]) -> Scan:
    """Finds the next word after blanks, the terminals in Lark's order."""
    words = "|".join(
        f"(?P<{each.name}>{each.pattern.to_regexp()})"
        for each in terminals
        if each.name not in ignored
    )
    return re.compile(rf"\s*(?:{words or '(?!)'})").match


def _reduction(rule: Rule) -> _Reduction:
    """As Lark shapes its trees: words whose names begin with `_` are left out, what an optional
    part lacks is None, and rules whose names begin with `_` are inlined."""
    size = len(rule.expansion)
    assert size, "no rule is read from nothing"
    marks = rule.options.empty_indices or (False,) * size
    blanks = [len(run) for run in "".join("01"[mark] for mark in marks).split("0")]
    kept = []
    before = 0
    symbol: Any
    for place, symbol in enumerate(rule.expansion):
        before += blanks[place]
        if rule.options.keep_all_tokens or not (symbol.is_term and symbol.filter_out):
            kept.append((place, not symbol.is_term and symbol.name.startswith("_"), before))
            before = 0
    after = before + blanks[size]
    origin = str(rule.origin.name)
    return _Reduction(
        origin=origin,
        size=size,
        method=str(rule.alias or origin),
        kept=tuple(kept),
        blanks=after,
        plain=len(kept) == size and not after and not any(one[1] or one[2] for one in kept),
        inlined=origin.startswith("_"),
        single=rule.options.expand1 and not rule.alias,
    )
