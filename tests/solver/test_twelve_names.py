"""The bound and the answer against every decision of problems with twelve names."""

from __future__ import annotations

from decimal import Decimal

import pytest

from compiler.model import compile_household
from portfolio.household import Household
from solver.handover import hand_over
from solver.search import Budget, search
from solver.structure import read_structure
from solver.work import Work
from tests.by_hand import account, household, lot, policy, security
from tests.solver.brute_force import every_region, solve_all

EXACT = 1e-5  # bp: what two solves of one program may differ by
NAMES = [f"N{k:02}" for k in range(12)]
MARKET = tuple((security(name), str(11 + 7 * k)) for k, name in enumerate(NAMES))
WEIGHTS = {name: str(Decimal(2 + k % 5) / 50) for k, name in enumerate(NAMES)}


def money_to_invest() -> Household:
    """Orders of $2,000 at least, where targets are $1,600 to $4,800."""
    cash = account("TX", 40_000)
    return household(cash, market=MARKET, constituents={}, models={"CORE": WEIGHTS})


def names_to_leave() -> Household:
    """All but one are left by the model, at gains and losses, short and long."""
    days = ("2019-03-01", "2026-01-15")
    lots = [
        lot(f"l{k}", name, str(Decimal(1_500 + 300 * k) / Decimal(price)), basis, days[k % 2])
        for k, (name, (_, price)) in enumerate(zip(NAMES, MARKET, strict=True))
        for basis in [int((1_500 + 300 * k) * (0.5, 1.3, 0.9)[k % 3])]
    ]
    held = account("TX", 500, *lots)
    return household(held, market=MARKET, constituents={}, models={"CORE": {NAMES[0]: "0.3"}})


TWELVE = {
    "smallest orders": (money_to_invest, ("keep each trade at least $2,000",)),
    "few names": (
        money_to_invest,
        ("keep each trade at least $1,000", "keep holdings at most 5"),
    ),
    "a budget of gains": (
        names_to_leave,
        (
            "keep each trade at least $1,200",
            "keep realized gains at most $700 each year per taxpayer",
            "keep cash between 0% and 60% of account",
        ),
    ),
}


@pytest.mark.long
@pytest.mark.parametrize(
    "case",
    [*[*TWELVE][:2], pytest.param([*TWELVE][2], marks=pytest.mark.minutes)],
)
def test_bound_and_answer_of_twelve_names(case: str) -> None:
    home, rules = TWELVE[case]
    compiled = compile_household(home(), policy(home(), *rules, free=False))
    program = hand_over(compiled)
    structure = read_structure(compiled, program)
    assert len(structure.names) == len(NAMES)
    optima = [
        each.point.objective
        for region in every_region(structure)
        for each in solve_all(program, structure, region)
    ]
    best = min(optima)
    assert len(optima) > 500
    for goal, few in ((Budget().goal, 0), (EXACT, 0), (EXACT, 60)):
        answer = search(program, structure, Budget(goal=goal, few=few), Work())
        assert answer is not None
        assert answer.bound <= best + EXACT
        assert best - EXACT <= answer.point.objective <= best + goal + EXACT
