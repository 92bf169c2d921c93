"""Which of the causes changed the trades of a household: found by solving it again.

*Alone*: the second run with one cause as it was in the first; what that takes back is the effect of
the cause. *Step by step*: from the first run to the second, one cause after the other; these
effects sum to the whole difference. What the effects alone leave of it is interaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from compiler.statements import Meeting
from policydsl.compared import recorded_facing
from policydsl.day_to_day.comparison import Comparison, HouseholdChange
from policydsl.day_to_day.mixed import KINDS, Cause, Mixture, mixture
from policydsl.day_to_day.rule_changes import RuleChange
from policydsl.day_to_day.trade_changes import (
    MEASURES,
    ZERO,
    Answer,
    solved_answer,
)
from policydsl.inputs import Inputs
from policydsl.propose import Status
from policydsl.rebalance import proposal_of

SOLVED = (Status.PROPOSED, Status.NO_ACTION)
PROGRAM = Cause("program")
Measures = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Effect:
    """What causes do to the answer for a household: what each measure moves by, how many orders
    they change, and the part (a fraction) of the difference between the runs that is theirs: below
    nothing where they work against it. `whole`: they are all of it, lot by lot.
    Where the mixture could not be solved, `unsolved` says why, and there are no numbers."""

    causes: tuple[Cause, ...]
    moved: Measures
    orders: int
    explained: float
    whole: bool = False
    unsolved: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The difference of a household's answers, taken apart: `differ` orders, whose lots are other
    ones by `dollars` at the closes of the second run. `alone` and `steps` are in the order of the
    causes; `interaction` is `total` less the effects alone."""

    household_id: str
    total: Measures
    differ: int
    dollars: Decimal
    alone: tuple[Effect, ...]
    steps: tuple[Effect, ...]
    interaction: Measures

    @property
    def reasons(self) -> tuple[Effect, ...]:
        """Effects alone that account for a part of the difference, the largest part first."""
        found = [each for each in self.alone if each.explained]
        return tuple(sorted(found, key=lambda each: (not each.whole, -abs(each.explained))))


Followed = Callable[[Iterable[HouseholdChange], int], Iterable[HouseholdChange]]


def attributions(
    found: Comparison, followed: Followed = lambda changes, _: changes
) -> tuple[Attribution, ...]:
    """The households whose orders or status differ, each with what explains it."""
    changed = [each for each in found.households if not each.same]
    solver = _Solver(found, mixture(found.a, found.b))
    return tuple(solver.attribution(each) for each in followed(changed, len(changed)))


@dataclass
class _Solver:
    """Solves households of two runs with causes mixed; inputs are put together once."""

    found: Comparison
    mixture: Mixture
    _inputs: dict[frozenset[Cause], Inputs] = field(default_factory=dict)

    def attribution(self, change: HouseholdChange) -> Attribution:
        """One household: each cause alone, then one after the other."""
        name = change.household_id
        causes = causes_of(self.found, change)
        first = solved_answer(proposal_of(self.found.a.inputs, name, self._facing(name, "a")))
        last = solved_answer(proposal_of(self.found.b.inputs, name, self._facing(name, "b")))
        closes = {**self.found.a.closes, **self.found.b.closes}
        whole = _moved_lots(change.before, change.after, closes)

        def effect(before: Answer, after: Answer, *which: Cause) -> Effect:
            return _effect(change, whole, before, after, which, closes)

        alone = []
        mixed: dict[frozenset[Cause], Answer] = {frozenset(causes): first, frozenset(): last}
        for cause in causes:
            answer = self._answer(name, frozenset({cause}), mixed)
            alone.append(effect(answer, last, cause))
        steps, before, waiting = [], first, []
        for number, cause in enumerate(causes):
            waiting.append(cause)
            answer = self._answer(name, frozenset(causes[number + 1 :]), mixed)
            if _broken(answer, change) and cause is not causes[-1]:
                continue
            steps.append(effect(before, answer, *waiting))
            before, waiting = answer, []
        moved = [
            effect(old, new, PROGRAM)
            for old, new in ((change.before, first), (last, change.after))
            if new.unlike(old) or new.measures != old.measures
        ]
        alone, steps = [*moved, *alone], [*moved, *steps]
        total = _less(change.after.measures, change.before.measures)
        summed = _sum(each.moved for each in alone)
        dollars = sum(map(abs, whole.values()), ZERO)
        left = _less(total, summed)
        return Attribution(
            name, total, len(change.trades), dollars, tuple(alone), tuple(steps), left
        )

    def _answer(
        self, name: str, of_a: frozenset[Cause], known: dict[frozenset[Cause], Answer]
    ) -> Answer:
        if of_a not in known:
            others = any(cause.kind == "orders of others" for cause in of_a)
            inputs = self._mixed(frozenset(c for c in of_a if c.kind != "orders of others"))
            facing = self._facing(name, "a" if others else "b")
            known[of_a] = solved_answer(proposal_of(inputs, name, facing))
        return known[of_a]

    def _mixed(self, of_a: frozenset[Cause]) -> Inputs:
        if of_a not in self._inputs:
            self._inputs[of_a] = self.mixture.inputs(of_a)
        return self._inputs[of_a]

    def _facing(self, name: str, side: str) -> dict[str, frozenset[Meeting]]:
        run = self.found.a if side == "a" else self.found.b
        return recorded_facing(run.documents[name])


Lots = Mapping[tuple[str, str], Decimal]
"""Dollars by order and lot, purchases positive; the lot of a purchase is empty."""


def _effect(
    change: HouseholdChange,
    whole: Lots,
    before: Answer,
    after: Answer,
    causes: Sequence[Cause],
    closes: Mapping[str, Decimal],
) -> Effect:
    """What lies between two answers; with why not where one of them is no answer."""
    for answer in (before, after):
        if _broken(answer, change):
            why = answer.findings[0] if answer.findings else "nothing is said"
            return Effect(tuple(causes), {}, 0, 0.0, unsolved=f"{answer.status}: {why}")
    moved = _moved_lots(before, after, closes)
    total = sum(map(abs, whole.values()), ZERO)
    towards = (moved.get(key, ZERO) * (1 if of_all > 0 else -1) for key, of_all in whole.items())
    part = float(sum(towards, ZERO) / total) if total else 0.0
    measures = _less(after.measures, before.measures)
    orders = len(after.unlike(before))
    return Effect(tuple(causes), measures, orders, round(part, 6), moved == whole)


def _moved_lots(before: Answer, after: Answer, closes: Mapping[str, Decimal]) -> Lots:
    """How two answers differ, lot by lot, each share at the same close in both. Parts of such
    differences add up."""
    found: dict[tuple[str, str], Decimal] = {}
    for sign, answer in ((-1, before), (1, after)):
        for order in answer.orders.values():
            close = closes[order.security_id]
            parts = [("", order.shares)] if order.side == "buy" else order.lots
            side = 1 if order.side == "buy" else -1
            for lot, shares in parts:
                key = order.trade_id, lot
                found[key] = found.get(key, ZERO) + sign * side * shares * close
    return {key: dollars for key, dollars in found.items() if dollars}


def _broken(answer: Answer, change: HouseholdChange) -> bool:
    """Whether a mixture came to nothing where both runs came to something: it does not fit
    together."""
    statuses = {change.before.status, change.after.status}
    return answer.status not in statuses and answer.status not in SOLVED


def _less(measures: Measures, others: Measures) -> Measures:
    return {name: measures[name] - others.get(name, ZERO) for name in MEASURES}


def _sum(parts: Iterable[Measures]) -> Measures:
    found = dict.fromkeys(MEASURES, ZERO)
    for part in parts:
        for name, moved in part.items():
            found[name] += moved
    return found


# --- the causes ----------------------------------------------------------------------------------


def causes_of(found: Comparison, change: HouseholdChange) -> tuple[Cause, ...]:
    """What differs between the runs and may reach a household, in the order of KINDS."""
    causes = [Cause(kind) for kind, differs in _differing(found, change) if differs]
    causes += _dates(found)
    causes += _policies(found)
    return tuple(sorted(causes, key=lambda cause: KINDS.index(cause.kind)))


def _differing(found: Comparison, change: HouseholdChange) -> Iterator[tuple[str, bool]]:
    name = change.household_id
    positions = next(each for each in found.positions if each.household_id == name)
    a, b = found.a, found.b
    facts = {each.table for each in found.facts}
    yield "day", a.day != b.day or "book" in facts
    yield "prices", bool(found.prices)
    yield "risk numbers", found.correlations
    yield "models", bool(found.models or facts & {"constituents", "model_facts"})
    yield "securities", bool(facts & {"securities", "schema"})
    yield "clients", bool(found.clients)
    yield (
        "positions",
        bool(positions.lots or positions.actions or any(c.traded for c in positions.cash)),
    )
    yield "cash", any(cash.otherwise for cash in positions.cash)
    yield "flows", bool(positions.came or positions.went)
    yield "carried state", any(each.household_id == name for each in found.state)
    facing = (recorded_facing(run.documents[name]) for run in (a, b))
    yield "orders of others", next(facing) != next(facing)


def _dates(found: Comparison) -> Iterator[Cause]:
    """Each rule or waiver that began or ended, with all its statements."""
    keys: dict[str, list[str]] = {}
    for each in found.dates:
        word = "begins" if each.began else "ended"
        what = f"the waiver of {each.rule_id}" if each.waiver else each.rule_id
        keys.setdefault(f"{what} {word} ({each.path}:{each.line})", []).append(each.key)
    for name, each_key in keys.items():
        yield Cause("dates", name, keys=frozenset(each_key))


def _policies(found: Comparison) -> Iterator[Cause]:
    """What changed in the policies. A rule that stands in another file now is one cause, and so is
    one that came or went together with what names it: half of that would be a mistake."""
    topics: dict[tuple[str, str], list[RuleChange]] = {}
    for each in found.rules:
        topics.setdefault(each.part.topic, []).append(each)
    groups = {topic: {topic} for topic in topics}
    for topic, rules in topics.items():
        if all(each.word == "changed" for each in rules):
            continue
        for other, naming in topics.items():
            if other not in groups[topic] and any(_names(each, topic[1]) for each in naming):
                groups[topic] |= groups[other]
                for member in groups[topic]:
                    groups[member] = groups[topic]
    for group in dict.fromkeys(tuple(sorted(each)) for each in groups.values()):
        said = ", ".join(_said(topic, topics[topic]) for topic in group)
        parts = frozenset(each.part for topic in group for each in topics[topic])
        yield Cause("policies", said, parts)


def _names(change: RuleChange, name: str) -> bool:
    """Whether a part of the policies speaks of a name."""
    word = rf"(?<![\w.]){re.escape(name)}(?![\w.])"
    return any(text and re.search(word, text) for text in (change.before, change.after))


def _said(topic: tuple[str, str], changes: Sequence[RuleChange]) -> str:
    words = dict.fromkeys(each.word for each in changes)
    word = next(iter(words)) if len(words) == 1 else "moved"
    last = changes[-1]
    line = last.line_after or last.line_before
    return f"{topic[0]} {topic[1]} {word}" + (f" ({last.part.path}:{line})" if line else "")
