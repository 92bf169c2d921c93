"""Sets of rules that cannot be kept together, over random households: none of them can be spared,
and what is said to do does.

Judged by proposals alone, each for a policy written out again with a rule left out, with another
amount, or softer; and by the exact check.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from compiler.check import TypedPolicies
from compiler.exact_check import share_increment
from compiler.layers import household_policy
from compiler.statements import HouseholdPolicy
from policydsl.conflicts.explained import explained, in_conflict
from policydsl.not_kept import unpaid
from policydsl.propose import Proposal, Status, propose
from tests.by_hand import NO_COST, checked_layers
from tests.infeasible_households import CLASHES, LAYERS, Case, case

NEAR = Decimal("0.95")
SOFT = "soft priority 1"


@dataclass
class Verdict:
    """What was found of one household: its sets, the kinds of directive in them and the changes
    that were tried; `wrong` says what did not come out as it was said to."""

    number: int
    clash: str
    sets: list[list[str]] = field(default_factory=list)
    complete: bool = True
    kinds: set[str] = field(default_factory=set)
    hows: Counter[str] = field(default_factory=Counter)
    loose: int = 0
    questions: int = 0
    solves: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def typed_of(
    each: Case,
    only: Collection[str] | None = None,
    instead: Mapping[str, str] | None = None,
    softer: Collection[str] = (),
) -> TypedPolicies:
    """The policies of a case: some of its rules, other words for some, some of them soft."""
    texts = {"ipc": NO_COST}
    for rule in each.rules:
        if only is None or rule.id in only:
            said = rule.text((instead or {}).get(rule.id), SOFT if rule.id in softer else "")
            texts[rule.layer] = texts.get(rule.layer, "") + said
    return checked_layers({layer: texts[layer] for layer in LAYERS if layer in texts})


def solved(each: Case, typed: TypedPolicies) -> Proposal:
    return propose(each.home, household_policy(typed, each.home))


def kept(proposal: Proposal, *, exactly: bool = False) -> bool:
    """Whether all that hard rules ask today is done, but for less than a share of something; or
    `exactly`."""
    closing = proposal.closing
    if closing is None or proposal.status not in (Status.PROPOSED, Status.NO_ACTION):
        return False
    (account,) = closing.household.accounts
    names = closing.targets["TX"].keys() | {lot.security_id for lot in account.lots}
    prices = closing.household.prices
    share = max(share_increment(closing, account, name) * prices[name] for name in names)
    share = Decimal(0) if exactly else share
    left = [
        breach
        for scope in proposal.policy.statements
        if scope.statement.soft is None
        for breach in scope.directive.breaches(replace(scope, strict=True), closing)
    ]
    whole = any(b.unit != "dollars" or abs(b.found - b.bound) > share for b in left)
    return not whole and not unpaid(proposal.policy, closing)


def judged(number: int) -> Verdict | None:
    """The verdict on the household of a number; None where its rules can all be kept, or are in
    error by their words."""
    each = case(number)
    typed = typed_of(each)
    if any(found.code.startswith("E") for found in typed.diagnostics):
        return None

    def merge(typed: TypedPolicies) -> HouseholdPolicy:
        return household_policy(typed, each.home)

    proposal = solved(each, typed)
    if not in_conflict(proposal):
        return None
    started = time.perf_counter()
    document, _ = explained(each.home, typed, merge, proposal)
    if document is None:
        return None
    verdict = Verdict(number, each.clash, seconds=time.perf_counter() - started)
    verdict.sets = [list(one["rules"]) for one in document["sets"]]
    verdict.complete = document["complete"]
    verdict.questions, verdict.solves = document["questions"], document["solves"]
    kind_of = {s.statement.rule_id: s.directive.kind for s in proposal.policy.statements}
    verdict.kinds = {kind_of[rule] for one in verdict.sets for rule in one}
    if kept(proposal):
        verdict.wrong.append("all of them are kept")
    for one in verdict.sets:
        _judge_set(each, one, verdict)
    if len(verdict.sets) == 1 and verdict.complete:
        _judge_the_only_set(each, verdict)
    for relaxation in document["relaxations"]:
        _judge_relaxation(each, typed, relaxation["changes"], verdict)
    if not document["relaxations"]:
        verdict.wrong.append("nothing would do")
    return verdict


def _judge_set(each: Case, one: Sequence[str], verdict: Verdict) -> None:
    """The rules of a set, and no others, cannot be kept; without any one of them they can."""
    if kept(solved(each, typed_of(each, only=one))):
        verdict.wrong.append(f"{one} are kept")
    for rule in one:
        if not kept(solved(each, typed_of(each, only=[r for r in one if r != rule]))):
            verdict.wrong.append(f"{one} are not kept without {rule}")


def _judge_the_only_set(each: Case, verdict: Verdict) -> None:
    """Where it is the only one, the whole policy is kept without any one of its rules."""
    every = [rule.id for rule in each.rules]
    for rule in verdict.sets[0]:
        if not kept(solved(each, typed_of(each, only=[r for r in every if r != rule]))):
            verdict.wrong.append(f"the policy is not kept without {rule}")


def _judge_relaxation(
    each: Case, typed: TypedPolicies, changes: Sequence[Mapping[str, Any]], verdict: Verdict
) -> None:
    """What is said to do does, and a twentieth less of any one amount does not."""
    out = {c["rule_id"] for c in changes if c["how"] == "without"}
    soft = {c["rule_id"] for c in changes if c["how"] == "exempt"}
    instead = {c["rule_id"]: c["instead"] for c in changes if c["how"] == "amount"}
    rules = [rule.id for rule in each.rules if rule.id not in out]
    verdict.hows.update(change["how"] for change in changes)
    if not kept(solved(each, typed_of(each, rules, instead, soft))):
        verdict.wrong.append(f"{changes} do not do")
    for change in (c for c in changes if c["how"] == "amount"):
        less, near = _less(typed, change)
        verdict.loose += not near
        if less is not None:
            words = {**instead, change["rule_id"]: less}
            if kept(solved(each, typed_of(each, rules, words, soft)), exactly=True):
                verdict.wrong.append(f"{less} would do as well as {change['instead']}")


def _less(typed: TypedPolicies, change: Mapping[str, Any]) -> tuple[str | None, bool]:
    """The statement with the turn that is not enough, None where that is no turn; and whether it
    is within a twentieth, or a few steps, of the one that is."""
    by, less = Decimal(change["by"]), Decimal(change["not_enough"])
    statement = next(each for each in typed.statements if each.key == change["statement"])
    dial = next(
        dial
        for dial in statement.directive.dials
        if statement.directive.turned(dial, by).sentence() == change["instead"]
    )
    near = less >= NEAR * by or by - less <= 6 * dial.step
    return statement.directive.turned(dial, less).sentence() if less else None, near


@pytest.mark.long
@pytest.mark.minutes
def test_no_rule_of_a_set_can_be_spared_and_what_is_said_to_do_does() -> None:
    verdicts = verdicts_of(100)
    assert not {v.number: v.wrong for v in verdicts if v.wrong}
    assert len(set[str]().union(*(v.kinds for v in verdicts))) >= 12


@pytest.mark.long
@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.minutes)])
def test_one_household_of_each_clash(every: int) -> None:
    numbers = range(0, len(CLASHES), every)
    found = [verdict for number in numbers if (verdict := judged(number))]
    assert len(found) > len(numbers) * 2 / 3
    assert not {v.number: v.wrong for v in found if v.wrong}


def verdicts_of(many: int, told: Callable[[Verdict], object] = str) -> list[Verdict]:
    """The verdicts on the first households that have a conflict; each is `told` as it is found."""
    found: list[Verdict] = []
    number = 0
    while len(found) < many:
        verdict = judged(number)
        number += 1
        assert number < 3 * many + 20
        if verdict is not None:
            found.append(verdict)
            told(verdict)
    return found


def report(verdicts: Sequence[Verdict]) -> str:
    """Counts by kind and by size of the smallest set, and the work."""
    kinds = Counter(kind for v in verdicts for kind in v.kinds)
    sizes = Counter(len(v.sets[0]) for v in verdicts)
    sets = Counter(len(v.sets) for v in verdicts)
    seconds = sorted(v.seconds for v in verdicts)
    hows = sum((v.hows for v in verdicts), Counter[str]())
    lines = [
        f"households {len(verdicts)}, of {len({v.clash for v in verdicts})} clashes",
        f"smallest set by size {dict(sorted(sizes.items()))}; sets {dict(sorted(sets.items()))}",
        f"all sets found {sum(v.complete for v in verdicts)}",
        f"kinds in sets ({len(kinds)}): {dict(kinds.most_common())}",
        f"changes tried {dict(hows)}, of amounts not within a twentieth {_loose(verdicts)}",
        f"questions {_middle([v.questions for v in verdicts])}, "
        f"solves {_middle([v.solves for v in verdicts])}, median and most",
        f"seconds a household: median {seconds[len(seconds) // 2]:.2f}, most {seconds[-1]:.2f}",
        f"wrong: {sum(bool(v.wrong) for v in verdicts)}",
        *(f"  {v.number} {v.clash}: {v.wrong}" for v in verdicts if v.wrong),
    ]
    return "\n".join(lines) + "\n"


def _loose(verdicts: Sequence[Verdict]) -> int:
    return sum(v.loose for v in verdicts)


def _middle(counts: Sequence[int]) -> tuple[int, int]:
    return sorted(counts)[len(counts) // 2], max(counts)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(report(verdicts_of(int(sys.argv[1]), print)), encoding="utf-8")
