"""Expressions, conditions, selections and bounds of a parsed line, each with its place.

As in `times.py`, one method a rule of `policy.lark`, of the same name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from lark import Token

from grammar import codes, tree
from grammar.shift_reduce import Meta
from grammar.times import Times
from grammar.tree import (
    Bound,
    Comparison,
    Condition,
    Expression,
    Name,
    ShareOf,
    Side,
    Text,
    Things,
    Unit,
)

_UNITS = {
    "%": Unit.PERCENT, "point": Unit.POINTS, "points": Unit.POINTS, "bp": Unit.BPS,
    "bps": Unit.BPS, "share": Unit.SHARES, "shares": Unit.SHARES, "day": Unit.DAYS,
    "days": Unit.DAYS, "month": Unit.MONTHS, "months": Unit.MONTHS, "quarter": Unit.QUARTERS,
    "quarters": Unit.QUARTERS, "year": Unit.YEARS, "years": Unit.YEARS,
}  # fmt: skip

_COMPARISONS = {
    "is_": Comparison.IS, "is_not": Comparison.IS_NOT,
    "no_less": Comparison.AT_LEAST, "no_more": Comparison.AT_MOST,
    "more": Comparison.ABOVE, "less": Comparison.BELOW,
    "before": Comparison.BEFORE, "after": Comparison.AFTER,
    "on_or_before": Comparison.ON_OR_BEFORE, "on_or_after": Comparison.ON_OR_AFTER,
}  # fmt: skip

_ON_DAYS = {
    Comparison.ABOVE: Comparison.AFTER,
    Comparison.BELOW: Comparison.BEFORE,
    Comparison.AT_LEAST: Comparison.ON_OR_AFTER,
    Comparison.AT_MOST: Comparison.ON_OR_BEFORE,
}
"""`lot.acquired < 2001-01-01` is read as `before 2001-01-01`."""


MOST_DIGITS = 15


class Phrases(Times):
    """Builds the nodes inside a line."""

    # --- selections and conditions ---

    def things(self, meta: Meta, children: list[Any]) -> Things:
        *items, where = children
        named = tuple(item for item in items if not isinstance(item, Token))
        return Things(span=self._span(meta), items=named, where=where)

    def listing(self, meta: Meta, children: list[Any]) -> Things:
        return self.things(meta, [*children, None])

    def _narrowed(self, things: Things, where: Condition | None) -> Things:
        """The things with one more condition, from the end of their line."""
        if where is None:
            return things
        if things.where is not None:
            both = (things.where, where)
            where = tree.All(span=both[0].span.through(where.span), operands=both)
        return replace(things, where=where, span=things.span.through(where.span))

    def condition(self, meta: Meta, children: list[Any]) -> Condition:
        operands, signs = tuple(children[::2]), children[1::2]
        if not signs:
            return cast(Condition, operands[0])
        other = next((at for at, sign in enumerate(signs) if sign != signs[0]), None)
        if other is not None:
            before, after = self._words(operands[0].span), self._words(operands[other + 1].span)
            self._note(
                codes.MIXED_AND_OR,
                self._span(signs[other]),
                "`and` and `or` are mixed without brackets",
                label="joins what?",
                help=f"put brackets around `{before} {signs[0]} ...`, "
                f"or around `... {signs[other]} {after}`",
            )
        joined = tree.All if signs[0] == "and" else tree.Any
        return joined(span=self._span(meta), operands=operands)

    def negation(self, meta: Meta, children: list[Any]) -> tree.Not:
        return tree.Not(span=self._span(meta), operand=children[1])

    def flag(self, meta: Meta, children: list[Any]) -> tree.Flag:
        return tree.Flag(span=self._span(meta), name=children[0])

    def compare(self, meta: Meta, children: list[Any]) -> tree.Compare:
        left, comparison, right = children
        if isinstance(right, tree.Date | tree.MonthDay):
            comparison = _ON_DAYS.get(comparison, comparison)
        return tree.Compare(span=self._span(meta), left=left, comparison=comparison, right=right)

    def lies_between(self, meta: Meta, children: list[Any]) -> tree.Between:
        left, low, _and, high = children
        return tree.Between(span=self._span(meta), left=left, low=low, high=high)

    def member(self, meta: Meta, children: list[Any]) -> tree.Member:
        left, negated, options = children
        for option in options:
            said = self._words(option.span)
            plain = isinstance(option, tree.Quantity) and option.unit is not Unit.MONEY
            if plain and "," in said:
                self._note(
                    codes.NUMBER_FORM,
                    option.span,
                    f"is `{said}` one number of the list, or two?",
                    label="a comma between numbers, or between thousands",
                    help=f"write `{said.replace(',', '')}` or `{said.replace(',', ', ')}`",
                )
        return tree.Member(
            span=self._span(meta), left=left, negated=negated is not None, options=options
        )

    def options(self, _meta: Meta, children: list[Any]) -> tuple[Expression, ...]:
        return tuple(children)

    def recent(self, meta: Meta, children: list[Any]) -> tree.Recent:
        left, negated, word, length = children
        return tree.Recent(
            span=self._span(meta),
            left=left,
            negated=negated is not None,
            ahead=word == "next",
            length=length,
        )

    def yearly(self, meta: Meta, children: list[Any]) -> tree.Compare:
        """`each year on or after December 1` asks about today."""
        _each, year, comparison, day = children
        span = self._span(meta)
        today = Name(span=span.through(self._span(year)), value="today")
        return tree.Compare(
            span=span, left=today, comparison=_ON_DAYS.get(comparison, comparison), right=day
        )

    def lacks(self, meta: Meta, children: list[Any]) -> tree.Missing:
        left, negated = children
        if not isinstance(left, Name):
            self._note(
                codes.DOES_NOT_FIT,
                left.span,
                "only an attribute can be missing",
                label="not the name of an attribute",
                help="name the attribute alone: `revenue.tobacco is missing`",
            )
        return tree.Missing(span=self._span(meta), left=left, negated=negated is not None)

    # --- expressions ---

    def sum(self, meta: Meta, children: list[Any]) -> tree.Sum:
        left, sign, right = children
        return tree.Sum(
            span=self._span(meta), sign=-1 if sign == "minus" else 1, left=left, right=right
        )

    def choice(self, meta: Meta, children: list[Any]) -> tree.Choice:
        word, left, _and, right = children
        return tree.Choice(span=self._span(meta), larger=word == "larger", left=left, right=right)

    def share(self, meta: Meta, children: list[Any]) -> ShareOf:
        share, base = children
        return ShareOf(span=self._span(meta), share=share, base=base)

    def prorated(self, meta: Meta, children: list[Any]) -> tree.Prorated:
        return tree.Prorated(span=self._span(meta), whole=children[0])

    def quantity(self, meta: Meta, children: list[Any]) -> tree.Quantity:
        number, unit = (*children, None)[:2]
        span = self._span(meta)
        if sum(each.isdigit() for each in number) > MOST_DIGITS:
            self._note(
                codes.NUMBER_FORM,
                span,
                f"a number of more than {MOST_DIGITS} digits",
                label="too long to be meant",
                help="write it shorter, or leave the limit out",
            )
        if number.type == "MONEY":
            return tree.Quantity(span=span, value=_decimal(number), unit=Unit.MONEY)
        if unit == "%" and unit.start_pos != number.end_pos:
            self._note(
                codes.APART,
                span,
                "`%` is set apart from its number",
                label="read as one",
                help=f"write `{number}%`",
            )
        return tree.Quantity(
            span=span, value=_decimal(number), unit=_unit(unit) if unit else Unit.NONE
        )

    def text(self, meta: Meta, children: list[Any]) -> Text:
        return Text(span=self._span(meta), value=str(children[0])[1:-1])

    def name(self, meta: Meta, children: list[Any]) -> Name:
        return Name(span=self._span(meta), value=str(children[0]))

    def other(self, rule: str, meta: Meta, children: list[Any]) -> Comparison:
        """The words of a comparison: the rules of `comparison` differ in their names only."""
        del meta, children
        return _COMPARISONS[rule]

    # --- bounds ---

    def between(self, meta: Meta, children: list[Any]) -> Bound:
        low, _and, high, relation = children
        return self._bound(meta, Side.BETWEEN, low, high, relation)

    def at_least(self, meta: Meta, children: list[Any]) -> Bound:
        low, relation = children
        return self._bound(meta, Side.AT_LEAST, low, None, relation)

    def at_most(self, meta: Meta, children: list[Any]) -> Bound:
        high, relation = children
        return self._bound(meta, Side.AT_MOST, None, high, relation)

    def within(self, meta: Meta, children: list[Any]) -> Bound:
        bound = self._bound(meta, Side.WITHIN, None, children[0], None)
        if isinstance(bound.high, tree.Quantity) and bound.base is None:
            end = bound.high.span
            self._note(
                codes.NO_BASE,
                end,
                f"within {self._words(end)} of what?",
                label="what it is measured from is not said",
                help=f"write `within {self._words(end)} of model`",
            )
        return bound

    def _bound(
        self,
        meta: Meta,
        side: Side,
        low: Expression | None,
        high: Expression | None,
        relation: tuple[str, Name] | None,
    ) -> Bound:
        word, base = relation or (None, None)
        span = self._span(meta)
        return with_base(Bound(span=span, side=side, low=low, high=high, relation=word, base=base))

    def relation(self, _meta: Meta, children: list[Any]) -> tuple[str, Name]:
        word, base = children
        return str(word), base


def with_base(bound: Bound) -> Bound:
    """The word after the last `of` is the base of the bound where all its numbers share it."""
    low, high = bound.low, bound.high
    last = low if high is None else high
    if bound.relation is not None or not isinstance(last, ShareOf):
        return bound
    if high is None or low is None or _shares(low, last):
        return replace(bound, low=_bare(low), high=_bare(high), base=last.base)
    return bound


def _shares(low: Expression, high: ShareOf) -> bool:
    """Whether the base after the last `of` is meant for the first number too."""
    if isinstance(low, ShareOf):
        return low.base == high.base
    return isinstance(low, tree.Quantity) and low.unit == high.share.unit


def _bare(value: Expression | None) -> Expression | None:
    return value.share if isinstance(value, ShareOf) else value


def _unit(word: str) -> Unit:
    return Unit.TRADING_DAYS if word.startswith("trading") else _UNITS[word]


def _decimal(number: str) -> Decimal:
    return Decimal(re.sub(r"[$,\s]", "", number).replace("−", "-"))
