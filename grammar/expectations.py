"""The lines of a policy test.

As in `times.py`, one method a rule of `policy.lark`, of the same name.
"""

from __future__ import annotations

from typing import Any

from lark import Token

from grammar import codes, tree, trial
from grammar.directives import Directives
from grammar.shift_reduce import Meta

Amount = tree.Quantity | tree.Name


class Expectations(Directives):
    """What a test is called, what is given in it and what is expected."""

    def test(self, meta: Meta, children: list[Any]) -> trial.Trial:
        span = self._span(meta)
        return trial.Trial(span=span, title=children[0], lines=(), head=span)

    def for_each(self, meta: Meta, children: list[Any]) -> trial.ForEach:
        _each, *rest = children
        names = tuple(one for one in rest if isinstance(one, tree.Name))
        cases = tuple(one for one in rest if isinstance(one, tuple))
        for case in cases:
            if len(case) != len(names):
                wanted = f"{len(names)} value" + ("s" if len(names) > 1 else "")
                self._note(
                    codes.DOES_NOT_FIT,
                    case[0].span.through(case[-1].span),
                    f"a case has {wanted}, one for each name",
                    label=f"{len(case)} here",
                    help='such a line reads `for each stock, cap in ("ABC", 5%), ("XYZ", 3%)`',
                )
        return trial.ForEach(span=self._span(meta), names=names, cases=cases)

    def case(self, _meta: Meta, children: list[Any]) -> tuple[tree.Expression, ...]:
        return tuple(children)

    # --- given ---

    def given_book(self, meta: Meta, children: list[Any]) -> trial.GivenBook:
        return trial.GivenBook(span=self._span(meta), book=children[0])

    def given_policy(self, meta: Meta, children: list[Any]) -> trial.GivenPolicy:
        return trial.GivenPolicy(span=self._span(meta), policy=children[0])

    def given_today(self, meta: Meta, children: list[Any]) -> trial.GivenToday:
        return trial.GivenToday(span=self._span(meta), day=children[0])

    def given_holding(self, meta: Meta, children: list[Any]) -> trial.GivenHolding:
        amount, things = children
        return trial.GivenHolding(span=self._span(meta), amount=amount, things=things)

    def given_fact(self, meta: Meta, children: list[Any]) -> trial.GivenFact:
        kind, things = children
        return trial.GivenFact(
            span=self._span(meta), kind=None if kind is None else str(kind), things=things
        )

    def given_fact_of_all(self, meta: Meta, children: list[Any]) -> trial.GivenFact:
        kind, where = children
        things = tree.Things(span=where.span, items=(), where=where)
        return trial.GivenFact(span=self._span(meta), kind=str(kind), things=things)

    def given_model(self, meta: Meta, children: list[Any]) -> trial.GivenModel:
        model, *parts = children
        return trial.GivenModel(span=self._span(meta), model=model, parts=tuple(parts))

    def given_fund(self, meta: Meta, children: list[Any]) -> trial.GivenFund:
        fund, *parts = children
        return trial.GivenFund(span=self._span(meta), fund=fund, parts=tuple(parts))

    def part(self, meta: Meta, children: list[Any]) -> trial.ModelPart:
        security, weight = children
        return trial.ModelPart(span=self._span(meta), security=security, weight=weight)

    def given_event(self, meta: Meta, children: list[Any]) -> trial.GivenEvent:
        kind, amount, things, day, _each, every, where = children
        if where is not None:
            everything = tree.Things(span=where.span, items=(), where=None)
            things = self._narrowed(things or everything, where)
        return trial.GivenEvent(
            span=self._span(meta),
            kind=kind,
            amount=amount,
            things=things,
            day=day,
            every=None if every is None else str(every),
        )

    def given_broken(self, meta: Meta, children: list[Any]) -> trial.GivenBroken:
        rule, since = children
        return trial.GivenBroken(span=self._span(meta), rule=rule, since=since)

    # --- expect ---

    def expect_never(self, meta: Meta, children: list[Any]) -> trial.ExpectNever:
        return trial.ExpectNever(span=self._span(meta), restriction=children[0])

    def expect_trade(self, meta: Meta, children: list[Any]) -> trial.ExpectTrade:
        action, limit, things = children
        side, amount = limit or (None, None)
        return trial.ExpectTrade(
            span=self._span(meta), action=str(action), side=side, amount=amount, things=things
        )

    def amount_exactly(self, _meta: Meta, children: list[Any]) -> tuple[None, Amount]:
        return None, children[0]

    def amount_at_least(self, _meta: Meta, children: list[Any]) -> tuple[tree.Side, Amount]:
        return tree.Side.AT_LEAST, children[0]

    def amount_at_most(self, _meta: Meta, children: list[Any]) -> tuple[tree.Side, Amount]:
        return tree.Side.AT_MOST, children[0]

    def expect_rule(self, meta: Meta, children: list[Any]) -> trial.ExpectRule:
        rule, never, verb = children
        return trial.ExpectRule(
            span=self._span(meta), rule=rule, never=never is not None, verb=str(verb)
        )

    def expect_value(self, meta: Meta, children: list[Any]) -> trial.ExpectValue:
        return trial.ExpectValue(span=self._span(meta), keep=self.keep(meta, children))

    def expect_setting(self, meta: Meta, children: list[Any]) -> trial.ExpectSetting:
        rule, value = children
        off = isinstance(value, Token)
        return trial.ExpectSetting(
            span=self._span(meta), rule=rule, value=None if off else value, off=off
        )

    def expect_finding(self, meta: Meta, children: list[Any]) -> trial.ExpectFinding:
        severity, code, at = children
        return trial.ExpectFinding(span=self._span(meta), severity=str(severity), code=code, at=at)

    def expect_status(self, meta: Meta, children: list[Any]) -> trial.ExpectStatus:
        return trial.ExpectStatus(span=self._span(meta), status=children[0])
