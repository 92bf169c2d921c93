"""The directives of a parsed line: `never buy ...`, `keep ...`, `pay ...`.

As in `times.py`, one method a rule of `policy.lark`, of the same name.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from grammar import codes, tree
from grammar.phrases import Phrases
from grammar.shift_reduce import Meta
from grammar.spans import Span
from grammar.tree import Name, Things

ACTIONS = {"buying": "buy", "selling": "sell", "holding": "hold", "trading": "trade"}


class Directives(Phrases):
    """The lines that say what a rule asks for."""

    def restrict(self, meta: Meta, children: list[Any]) -> tree.Restrict:
        mode, action, things = children
        return tree.Restrict(
            span=self._span(meta), mode=tree.Mode(mode), action=str(action), things=things
        )

    def prevent(self, meta: Meta, children: list[Any]) -> tree.Prevent:
        what, _, above, across, where = children
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
            span=span,
            what=what.value,
            across="" if across is None else across.value,
            where=where,
            above=above,
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
        what, value, timing, where = children
        return tree.Use(
            span=self._span(meta), what=what.value, value=value, where=where, timing=timing
        )

    def words(self, meta: Meta, children: list[Any]) -> Name:
        return Name(span=self._span(meta), value=" ".join(children))

    phrase = words

    # --- what is held instead of what ---

    def target(self, meta: Meta, children: list[Any]) -> tree.Target:
        things, weight, timing, where = children
        return tree.Target(
            span=self._span(meta),
            things=self._narrowed(things, where),
            weight=weight,
            timing=timing,
        )

    def replace(self, meta: Meta, children: list[Any]) -> tree.Replace:
        only, things, substitutes = children
        return tree.Replace(
            span=self._span(meta), only=only is not None, things=things, substitutes=substitutes
        )

    def treat(self, meta: Meta, children: list[Any]) -> tree.Treat:
        each, things, like, purpose, where = children
        return tree.Treat(
            span=self._span(meta),
            things=self._narrowed(things, where),
            like=like.value,
            purpose=None if purpose is None else purpose.value,
            each=each is not None,
        )

    def prefer(self, meta: Meta, children: list[Any]) -> tree.Prefer:
        action, things, accounts, over, worth, where = children
        return tree.Prefer(
            span=self._span(meta),
            action=action,
            things=self._narrowed(things, where),
            accounts=accounts,
            over=over,
            worth=worth,
        )

    def doing(self, _meta: Meta, children: list[Any]) -> str:
        return ACTIONS[children[0]]

    # --- schedules ---

    def flow(self, meta: Meta, children: list[Any]) -> tree.Flow:
        action, amount, timing, per = children
        return tree.Flow(
            span=self._span(meta), action=str(action), amount=amount, timing=timing, per=per
        )

    def wait(self, meta: Meta, _children: list[Any]) -> tree.Wait:
        return tree.Wait(span=self._span(meta))

    def deal(self, meta: Meta, children: list[Any]) -> tree.Deal:
        action, amount, things, timing, per, where = children
        return tree.Deal(
            span=self._span(meta),
            action=str(action),
            amount=amount,
            things=self._narrowed(things, where),
            timing=timing,
            per=per,
        )

    # --- people ---

    def ask(self, meta: Meta, children: list[Any]) -> tree.Ask:
        who, action, things = children
        return tree.Ask(span=self._span(meta), who=who, action=action, things=things)

    def report(self, meta: Meta, children: list[Any]) -> tree.Report:
        action, things = children
        return tree.Report(span=self._span(meta), action=action, things=things)
