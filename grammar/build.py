"""A parsed line becomes a part of the tree.

As in `times.py`, one method a rule of `policy.lark`, of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lark import Token

from grammar import codes, tree, trial
from grammar.diagnostics import Diagnostic
from grammar.expectations import Expectations
from grammar.lines import Line
from grammar.shift_reduce import Meta, follow
from grammar.spans import Span
from grammar.tree import Bound, Condition, Expression, Name, Text, Things

# --- lines that are only a part of a node of the tree --------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading(tree.Node):
    """`policy ID "Title"`, `rule ID "Title"`, `default` or `note`: `word` says which."""

    word: str
    id: Name
    title: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner(tree.Node):
    """`owner "Investment Policy Committee"`."""

    owner: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Using(tree.Node):
    """`using library.assets`."""

    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates(tree.Node):
    """`from DATE until DATE` on one line."""

    starts: tree.From
    until: tree.Until


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing(tree.Node):
    """The head of a `set`: what it chooses for which default."""

    id: Name
    bound: Bound | None
    value: Expression | None
    off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiving(tree.Node):
    """The head of a `waive`: what it lifts which rule for."""

    id: Name
    things: Things
    existing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(tree.Node):
    """`existing THINGS` behind `for`."""

    things: Things


Head = Heading | Choosing | Waiving
"""The first line of a block."""
Definition = tree.Define | tree.DefineAccounts | tree.DefinePeriods | tree.DefineFile
Part = (
    Head | Definition | Owner | Using | Dates | tree.Layer | tree.Directive | tree.Clause
    | trial.Trial | trial.Line
)  # fmt: skip
"""What one logical line can be."""


def build(line: Line) -> tuple[Part, tuple[Diagnostic, ...]] | None:
    """What a line says, and the mistakes in it; None where the grammar cannot read it.

    A part with an error is not to be used.
    """
    builder = _Builder(line)
    part: Part | None = follow(line.text, builder)
    return None if part is None else (part, tuple(builder.diagnostics))


class _Builder(Expectations):
    """The lines of header and statements, and the clauses."""

    # --- header and heads of statements ---

    def policy(self, meta: Meta, children: list[Any]) -> Heading:
        return self._heading("policy", meta, children)

    def rule(self, meta: Meta, children: list[Any]) -> Heading:
        return self._heading("rule", meta, children)

    def default(self, meta: Meta, children: list[Any]) -> Heading:
        return self._heading("default", meta, children)

    def note(self, meta: Meta, children: list[Any]) -> Heading:
        return self._heading("note", meta, children)

    def _heading(self, word: str, meta: Meta, children: list[Any]) -> Heading:
        name, title = children
        return Heading(span=self._span(meta), word=word, id=name, title=title)

    def layer(self, meta: Meta, children: list[Any]) -> tree.Layer:
        name, of = children
        return tree.Layer(span=self._span(meta), name=name, of=of)

    def owner(self, meta: Meta, children: list[Any]) -> Owner:
        return Owner(span=self._span(meta), owner=children[0])

    def using(self, meta: Meta, children: list[Any]) -> Using:
        return Using(span=self._span(meta), names=tuple(children))

    def define(self, meta: Meta, children: list[Any]) -> tree.Define:
        name, things = children
        return tree.Define(span=self._span(meta), name=name, things=things)

    def define_accounts(self, meta: Meta, children: list[Any]) -> tree.DefineAccounts:
        name, where = children
        return tree.DefineAccounts(span=self._span(meta), name=name, where=where)

    def define_periods(self, meta: Meta, children: list[Any]) -> tree.DefinePeriods:
        name, *periods = children
        return tree.DefinePeriods(span=self._span(meta), name=name, periods=tuple(periods))

    def days(self, meta: Meta, children: list[Any]) -> tree.Days:
        first, last = children
        return tree.Days(span=self._span(meta), first=first, last=last or first)

    def define_file(self, meta: Meta, children: list[Any]) -> tree.DefineFile:
        name, file = children
        return tree.DefineFile(span=self._span(meta), name=name, file=file)

    def set(self, meta: Meta, children: list[Any]) -> Choosing:
        name, value = children
        off = isinstance(value, Token)
        bound = value if isinstance(value, Bound) else None
        other = None if off or bound is not None else value
        return Choosing(span=self._span(meta), id=name, bound=bound, value=other, off=off)

    def waive(self, meta: Meta, children: list[Any]) -> Waiving:
        name, what = children
        held = isinstance(what, Held)
        things = what.things if held else what
        return Waiving(span=self._span(meta), id=name, things=things, existing=held)

    def held(self, meta: Meta, children: list[Any]) -> Held:
        return Held(span=self._span(meta), things=children[0])

    # --- clauses ---

    def when(self, meta: Meta, children: list[Any]) -> tree.When:
        return tree.When(span=self._span(meta), condition=children[0])

    def except_things(self, meta: Meta, children: list[Any]) -> tree.Except:
        return self._except(meta, things=children[0])

    def except_when(self, meta: Meta, children: list[Any]) -> tree.Except:
        return self._except(meta, condition=children[0])

    def except_to(self, meta: Meta, children: list[Any]) -> tree.Except:
        return self._except(meta, purpose=children[0].value)

    def _except(
        self,
        meta: Meta,
        things: Things | None = None,
        condition: Condition | None = None,
        purpose: str | None = None,
    ) -> tree.Except:
        return tree.Except(
            span=self._span(meta), things=things, condition=condition, purpose=purpose
        )

    def existing_stay(self, meta: Meta, children: list[Any]) -> tree.Existing:
        things, where = children
        return self._existing(meta, things, where, stay=True)

    def existing_within(self, meta: Meta, children: list[Any]) -> tree.Existing:
        things, within, where = children
        return self._existing(meta, things, where, within=within)

    def existing_by(self, meta: Meta, children: list[Any]) -> tree.Existing:
        things, by, where = children
        return self._existing(meta, things, where, by=by)

    def existing_evenly(self, meta: Meta, children: list[Any]) -> tree.Existing:
        things, evenly, where = children
        return self._existing(meta, things, where, evenly=evenly)

    def _existing(
        self,
        meta: Meta,
        things: Things,
        where: Condition | None,
        stay: bool = False,
        within: tree.Quantity | None = None,
        by: tree.Date | None = None,
        evenly: tree.Evenly | None = None,
    ) -> tree.Existing:
        return tree.Existing(
            span=self._span(meta),
            things=self._narrowed(things, where),
            stay=stay,
            within=within,
            by=by,
            evenly=evenly,
        )

    def missing(self, meta: Meta, children: list[Any]) -> tree.MissingCounts:
        return tree.MissingCounts(span=self._span(meta), value=children[0])

    def soft(self, meta: Meta, children: list[Any]) -> tree.Soft:
        word = str(children[0])
        if not word.isdecimal() or int(word) == 0 or len(word) > 6:
            self._note(
                codes.NUMBER_FORM,
                self._span(children[0]),
                f"`{word}` is not a priority",
                label="priorities are 1, 2, 3 and so on",
                help="write `soft priority 1` for what is to be broken last",
            )
            return tree.Soft(span=self._span(meta), priority=1)
        return tree.Soft(span=self._span(meta), priority=int(word))

    def allow_set(self, meta: Meta, children: list[Any]) -> tree.Allow:
        *layers, value = children
        off = isinstance(value, Token)
        return tree.Allow(
            span=self._span(meta),
            layers=tuple(layers),
            to="set off" if off else "set",
            bound=None if off else value,
        )

    def allow_waive(self, meta: Meta, children: list[Any]) -> tree.Allow:
        *layers, what = children
        held = isinstance(what, Held)
        return tree.Allow(
            span=self._span(meta),
            layers=tuple(layers),
            to="waive",
            bound=None,
            things=what.things if held else what,
            existing=held,
        )

    def starts(self, meta: Meta, children: list[Any]) -> tree.From | Dates:
        start, until = children
        if until is None:
            return tree.From(span=self._span(meta), day=start)
        span = self._span(meta)
        middle = Span(span.path, span.line, span.column, start.span.end_line, start.span.end_column)
        return Dates(
            span=span,
            starts=tree.From(span=middle, day=start),
            until=tree.Until(span=until.span, day=until),
        )

    def until(self, meta: Meta, children: list[Any]) -> tree.Until:
        return tree.Until(span=self._span(meta), day=children[0])

    def because(self, meta: Meta, children: list[Any]) -> tree.Because:
        reason = children[0]
        if not reason.value.strip():
            self._note(
                codes.NO_REASON,
                reason.span,
                "`because` gives no reason",
                label="no words stand between the quotes",
                help='write why, for a reader years from now: `because "IPC minute 2026-03"`',
            )
        return tree.Because(span=self._span(meta), reason=reason)

    def approved(self, meta: Meta, children: list[Any]) -> tree.Approved:
        return tree.Approved(span=self._span(meta), by=children[0])
