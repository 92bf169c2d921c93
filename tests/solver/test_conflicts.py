"""Payments that rules keep from being raised: the rules that cannot hold with them, none in vain.

Doing nothing keeps a limit that holds today, one that is broken is cured as far as can be, and so
is a payment: what cannot hold together is a payment, whole, and the rules in its way.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from compiler.model import compile_household
from compiler.statements import HouseholdPolicy
from policydsl.propose import Status, propose
from portfolio.household import Household
from solver.conflict import ROOM, left_undone
from solver.search import Budget
from solver.solve import Solution, solve
from solver.work import Work
from tests.by_hand import account, household, lot, policy

INNOCENT = (
    "prevent wash sales across household",
    "keep each sector at most 95% of account",
    'never buy "BBB"',
    "keep each trade at least $50",
)
FIRST = len(INNOCENT) + 1


def owing(dollars: int) -> Household:
    """$300 in cash, AAA for $6,000 (gain $3,600), CCC for $4,000 (loss $500); a payment is due."""
    return household(
        account("TX", 300, lot("a1", "AAA", 60, 2_400), lot("c1", "CCC", 200, 4_500)),
        models={"CORE": {"CCC": "0.5", "DDD": "0.4"}},
        flows=[("TX", "2026-06-15", -dollars)],
    )


def short(home: Household, rules: HouseholdPolicy) -> bool:
    """Whether the payment cannot be met."""
    return any(said.startswith("not kept yet (the book") for said in propose(home, rules).findings)


# Numbers of the rules after the innocent ones.
CASES = [
    pytest.param(4_200, ['never sell "AAA"', 'never sell "CCC"'], {0, 1}, id="either would do"),
    pytest.param(5_000, ['never sell "AAA"', 'never sell "CCC"'], {0}, id="only one would do"),
    pytest.param(5_000, ["never trade anything"], {0}, id="a freeze"),
    pytest.param(
        5_000,
        ["keep realized gains at most $100 each year", 'never sell "CCC"'],
        {0, 1},
        id="the loss of CCC would make room for gains",
    ),
    pytest.param(
        4_200,
        ["keep realized tax at most $50 each year per taxpayer", 'never sell "CCC"'],
        {0, 1},
        id="a tax limit and a ban",
    ),
    pytest.param(
        4_200,
        ['never sell "AAA"', "never harvest anything"],
        {0, 1},
        id="a ban and no harvest",
    ),
]


@pytest.mark.parametrize(("due", "rules", "guilty"), CASES)
def test_the_conflict_is_irreducible(due: int, rules: list[str], guilty: set[int]) -> None:
    home = owing(due)
    all_rules = policy(home, *INNOCENT, *rules)
    proposal = propose(home, all_rules)
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION)
    named = {key for key, _ in proposal.conflict}
    assert named == {f"r{FIRST + number}" for number in guilty}
    for key, stretch in proposal.conflict:
        without = tuple(s for s in all_rules.statements if s.statement.key != key)
        assert not short(home, replace(all_rules, statements=without)), key
        assert stretch >= 0
    alone = tuple(s for s in all_rules.statements if s.statement.key in named)
    assert short(home, replace(all_rules, statements=alone))
    said = " ".join(proposal.findings)
    assert all(rules[number] in said for number in guilty)
    assert "0.policy:" in said


def test_more_than_there_is_needs_no_rule() -> None:
    home = owing(20_000)
    proposal = propose(home, policy(home, *INNOCENT))
    assert proposal.status is Status.PROPOSED
    assert proposal.conflict == ()
    assert proposal.findings[0].endswith(
        "is $-9,700.00, below $0.00; there is nothing more to sell"
    )


def test_without_the_ban_the_payment_is_raised() -> None:
    home = owing(4_200)
    proposal = propose(home, policy(home, *INNOCENT, 'never sell "AAA"'))
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert proposal.closing is not None
    assert proposal.closing.cash(home.accounts[0], after=True) >= 0
    assert isinstance(proposal.solution, Solution)
    assert proposal.closing.shares_after["TX", "AAA"] == 60


UNDONE = [
    pytest.param(['never sell "AAA"'], id="a ban"),
    pytest.param(['never sell "AAA"', 'never sell "CCC"'], id="bans"),
    pytest.param(["keep tracking error at most 2%", 'never sell "AAA"'], id="risk"),
    pytest.param(["keep holdings at most 1", 'never sell "CCC"'], id="a count"),
]


@pytest.mark.parametrize("rules", UNDONE)
def test_what_is_left_undone_is_what_the_solve_leaves(rules: list[str]) -> None:
    """The question asked by itself, and the first tier of a whole solve."""
    home = owing(4_200)
    compiled = compile_household(home, policy(home, *INNOCENT, *rules))
    left = left_undone(compiled, Budget(), Work())
    solution = solve(compiled)
    assert isinstance(solution, Solution)
    assert left.least <= solution.still_broken + ROOM
    assert (left.found > ROOM) is (solution.still_broken > ROOM)
    if not left_to_tangents(rules):
        assert left.found == pytest.approx(solution.still_broken, abs=0.02)


def left_to_tangents(rules: list[str]) -> bool:
    """Whether it is known that something is left before it is known how much."""
    return any("tracking error" in rule for rule in rules)
