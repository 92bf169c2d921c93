"""Households without feasible trades: the rules that cannot hold together, and none in vain.

Doing nothing keeps a limit that holds today, and one that is broken is cured as far as can be. So
what makes a household infeasible is cash that has to be raised and may not be.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from compiler.model import compile_household
from compiler.statements import HouseholdPolicy
from policydsl.propose import Status, propose
from portfolio.household import Household
from solver.solve import NoSolution, Solution, solve
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


def infeasible(home: Household, rules: HouseholdPolicy) -> bool:
    outcome = solve(compile_household(home, rules))
    return isinstance(outcome, NoSolution) and outcome.infeasible


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
    assert proposal.status is Status.INFEASIBLE
    named = {key for key, _ in proposal.conflict}
    assert named == {f"r{FIRST + number}" for number in guilty}
    for key, stretch in proposal.conflict:
        without = tuple(s for s in all_rules.statements if s.statement.key != key)
        assert not infeasible(home, replace(all_rules, statements=without)), key
        assert stretch >= 0
    alone = tuple(s for s in all_rules.statements if s.statement.key in named)
    assert infeasible(home, replace(all_rules, statements=alone))
    said = " ".join(proposal.findings)
    assert all(rules[number] in said for number in guilty)
    assert "0.policy:" in said


def test_more_than_there_is_needs_no_rule() -> None:
    home = owing(20_000)
    proposal = propose(home, policy(home, *INNOCENT))
    assert proposal.status is Status.INFEASIBLE
    assert proposal.conflict == ()
    assert proposal.findings == ("cash due before settlement is more than the household can raise",)


def test_without_the_ban_the_payment_is_raised() -> None:
    home = owing(4_200)
    proposal = propose(home, policy(home, *INNOCENT, 'never sell "AAA"'))
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert proposal.closing is not None
    assert proposal.closing.cash(home.accounts[0], after=True) >= 0
    assert isinstance(proposal.solution, Solution)
    assert proposal.closing.shares_after["TX", "AAA"] == 60
