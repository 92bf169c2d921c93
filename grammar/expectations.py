"""The lines of a policy test.

As in `times.py`, one method a rule of `policy.lark`, of the same name.
"""

from __future__ import annotations

from typing import Any

from grammar import codes, tree, trial
from grammar.directives import Directives
from grammar.shift_reduce import Meta


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

    # --- expect ---

    def expect_never(self, meta: Meta, children: list[Any]) -> trial.ExpectNever:
        return trial.ExpectNever(span=self._span(meta), restriction=children[0])

    def expect_trade(self, meta: Meta, children: list[Any]) -> trial.ExpectTrade:
        action, limit, things = children
        side, amount = limit or (None, None)
        return trial.ExpectTrade(
            span=self._span(meta), action=str(action), side=side, amount=amount, things=things
        )

    def amount_exactly(self, _meta: Meta, children: list[Any]) -> tuple[None, tree.Quantity]:
        return None, children[0]

    def amount_at_least(self, _meta: Meta, children: list[Any]) -> tuple[tree.Side, tree.Quantity]:
        return tree.Side.AT_LEAST, children[0]

    def amount_at_most(self, _meta: Meta, children: list[Any]) -> tuple[tree.Side, tree.Quantity]:
        return tree.Side.AT_MOST, children[0]

    def expect_rule(self, meta: Meta, children: list[Any]) -> trial.ExpectRule:
        rule, never = children
        return trial.ExpectRule(span=self._span(meta), rule=rule, binds=never is None)

    def expect_value(self, meta: Meta, children: list[Any]) -> trial.ExpectValue:
        return trial.ExpectValue(span=self._span(meta), keep=self.keep(meta, children))

    def expect_finding(self, meta: Meta, children: list[Any]) -> trial.ExpectFinding:
        severity, code, at = children
        return trial.ExpectFinding(span=self._span(meta), severity=str(severity), code=code, at=at)

    def expect_status(self, meta: Meta, children: list[Any]) -> trial.ExpectStatus:
        return trial.ExpectStatus(span=self._span(meta), status=children[0])
