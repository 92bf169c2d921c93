"""A parsed line becomes a part of the tree.

As in `phrases.py`, one method a rule of `policy.lark`, of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from lark import Token, Tree, v_args
from lark.tree import Meta

from grammar import codes, tree
from grammar.diagnostics import Diagnostic
from grammar.lines import Line
from grammar.phrases import Phrases
from grammar.spans import Span
from grammar.tree import Bound, Condition, Expression, Name, Text, Things

# --- lines that are only a part of a node of the tree --------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading(tree.Node):
    """`policy ID "Title"`, `rule ID "Title"` or `default ID "Title"`: `word` says which."""

    word: str
    id: Name
    title: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner(tree.Node):
    """`owner "Investment Policy Committee"`."""

    owner: Text


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


Part = (
    Heading | Owner | Dates | Choosing | tree.Layer | tree.Define | tree.Directive | tree.Clause
)  # fmt: skip
"""What one logical line can be."""


def build(line: Line, parsed: Tree[Token]) -> tuple[Part, tuple[Diagnostic, ...]]:
    """What a line says, and the mistakes in it; a part with an error is not to be used."""
    builder = _Builder(line)
    part: Part = builder.transform(parsed)
    return part, tuple(builder.diagnostics)


@v_args(meta=True)
class _Builder(Phrases):
    """The lines of header, statements, directives and clauses."""

    # --- header and heads of statements ---

    def policy(self, meta: Meta, children: list[Any]) -> Heading:
        return self._heading("policy", meta, children)

    def rule(self, meta: Meta, children: list[Any]) -> Heading:
        return self._heading("rule", meta, children)

    def default(self, meta: Meta, children: list[Any]) -> Heading:
        return self._heading("default", meta, children)

    def _heading(self, word: str, meta: Meta, children: list[Any]) -> Heading:
        name, title = children
        return Heading(span=self._span(meta), word=word, id=name, title=title)

    def layer(self, meta: Meta, children: list[Any]) -> tree.Layer:
        name, of = children
        return tree.Layer(span=self._span(meta), name=name, of=of)

    def owner(self, meta: Meta, children: list[Any]) -> Owner:
        return Owner(span=self._span(meta), owner=children[0])

    def define(self, meta: Meta, children: list[Any]) -> tree.Define:
        name, things = children
        if any(isinstance(item, Name) and item.value == "accounts" for item in things.items):
            self._note(
                codes.NOT_YET,
                things.span,
                "groups of accounts are not part of this version of the language",
                help="pick the accounts by `when` in each rule",
            )
        return tree.Define(span=self._span(meta), name=name, things=things)

    def set(self, meta: Meta, children: list[Any]) -> Choosing:
        name, value = children
        off = isinstance(value, Token)
        bound = value if isinstance(value, Bound) else None
        other = None if off or bound is not None else value
        return Choosing(span=self._span(meta), id=name, bound=bound, value=other, off=off)

    # --- directives ---

    def restrict(self, meta: Meta, children: list[Any]) -> tree.Restrict:
        mode, action, things = children
        return tree.Restrict(
            span=self._span(meta), mode=tree.Mode(mode), action=str(action), things=things
        )

    def prevent(self, meta: Meta, children: list[Any]) -> tree.Prevent:
        what, across = children
        span = self._span(meta)
        slip = get_close_matches("across", what.value.split(), n=1, cutoff=0.7)
        if across is None and slip:
            start = self._line.text.index(slip[0])
            place = self._line.place(start, start + len(slip[0]))
            message = f"`{slip[0]}` is not a word of the language here"
            self._note(codes.MISSPELLED, place, message, help="did you mean `across`?")
        elif across is None:
            what_alone = what.value.removesuffix(" household")
            end = Span(
                span.path, span.end_line, span.end_column, span.end_line, span.end_column + 1
            )
            self._note(
                codes.NO_BASE,
                end,
                f"`prevent {what_alone}` across what?",
                label="how far it reaches is not said",
                help=f"write `prevent {what_alone} across household`",
            )
        return tree.Prevent(
            span=span, what=what.value, across="" if across is None else across.value
        )

    def keep(self, meta: Meta, children: list[Any]) -> tree.Keep:
        each, measured, bound, period, per, where = children
        named = isinstance(measured, Name)
        if per is not None and per.value in ("year", "annum"):
            message = f"`per {per.value}` names no holder"
            self._note(codes.MISSPELLED, per.span, message, help="did you mean `each year`?")
        return tree.Keep(
            span=self._span(meta),
            each=each is not None,
            measure=measured if named else None,
            things=None if named else measured,
            bound=bound,
            period=period,
            per=per,
            where=where,
        )

    def listed(self, meta: Meta, children: list[Any]) -> Things:
        return Things(span=self._span(meta), items=tuple(children), where=None)

    def use(self, meta: Meta, children: list[Any]) -> tree.Use:
        what, value = children
        return tree.Use(span=self._span(meta), what=what.value, value=value)

    def words(self, meta: Meta, children: list[Any]) -> Name:
        return Name(span=self._span(meta), value=" ".join(children))

    phrase = words

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

    def _existing(
        self,
        meta: Meta,
        things: Things,
        where: Condition | None,
        stay: bool = False,
        within: tree.Quantity | None = None,
        by: tree.Date | None = None,
    ) -> tree.Existing:
        both = tuple(one for one in (things.where, where) if one is not None)
        if len(both) == 2:
            joined: Condition = tree.All(span=both[0].span.through(both[1].span), operands=both)
            things = replace(things, where=joined, span=things.span.through(joined.span))
        elif both:
            things = replace(things, where=both[0], span=things.span.through(both[0].span))
        return tree.Existing(span=self._span(meta), things=things, stay=stay, within=within, by=by)

    def missing(self, meta: Meta, children: list[Any]) -> tree.MissingCounts:
        return tree.MissingCounts(span=self._span(meta), value=children[0])

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
        return tree.Allow(span=self._span(meta), layers=tuple(children), to="waive", bound=None)

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
