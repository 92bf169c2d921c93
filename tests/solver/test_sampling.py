"""An index of many names held in few: what the search finds, against what anybody would take."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from policydsl.propose import Proposal, Status, propose
from portfolio.household import Household, Risk
from tests.by_hand import account, household, lot, policy, security

COUNT = 60
NAMES = tuple(f"N{k:02d}" for k in range(COUNT))
AVERSION = "use risk aversion 50"


def index() -> Household:
    """$1,000,000 in cash, for 60 names of falling weight in five groups that move together."""
    falling = {
        name: f"{0.97 * 0.94**k * 0.06 / (1 - 0.94**COUNT):.8f}" for k, name in enumerate(NAMES)
    }
    market = [
        (security(name, step="0.0001"), str(20 + 7 * (k % 11))) for k, name in enumerate(NAMES)
    ]
    home = household(
        account("TX", 1_000_000),
        market=market,
        constituents={"IDX": {}},
        models={"CORE": falling},
    )
    draw = np.random.default_rng(7)
    loadings = np.zeros((COUNT + 1, 6))
    loadings[:, 0] = 0.15
    for k in range(COUNT + 1):
        loadings[k, 1 + k % 5] = 0.08 + 0.06 * draw.random()
    specific = (0.1 + 0.2 * draw.random(COUNT + 1)) ** 2
    return replace(home, risk=Risk((*NAMES, "XXX"), loadings, specific, "by hand"))


def proposed(home: Household, *rules: str) -> Proposal:
    found = propose(home, policy(home, AVERSION, *rules))
    assert found.status is Status.PROPOSED, found.findings
    return found


def objective(found: Proposal) -> float:
    assert found.solution is not None
    return found.solution.objective


@pytest.mark.parametrize("most", [8, 15, 30])
def test_a_sample_beats_the_heaviest_names_and_its_bound_holds(most: int) -> None:
    home = index()
    found = proposed(home, f"keep holdings at most {most}")
    heaviest = ", ".join(f'"{name}"' for name in NAMES[:most])
    plain = proposed(home, f"only buy {heaviest}")
    assert found.closing is not None
    assert found.solution is not None
    assert sum(n > 0 for n in found.closing.shares_after.values()) <= most
    assert objective(found) <= objective(plain) + 0.01
    assert found.solution.bound <= objective(found)
    assert proposed(home).solution.bound <= found.solution.bound + 1e-6
    assert found.solution.gap < 0.2 * (objective(found) - objective(proposed(home)))


def test_the_fund_that_is_held_leaves_room_for_fewer_names() -> None:
    """The fund is a holding too, and a name that only the fund holds is none."""
    home = index()
    market = {**home.securities, "IDX": security("IDX", kind="etf", sector=None)}
    inside = {
        name: weight / sum(home.models["CORE"].weights.values())
        for name, weight in home.models["CORE"].weights.items()
    }
    held = account("TX", 500_000, lot("i1", "IDX", 5_000, 300_000))
    home = replace(
        home,
        accounts=(held,),
        securities=market,
        prices={**home.prices, "IDX": home.prices["N00"] * 0 + 100},
        constituents={"IDX": inside},
    )
    found = proposed(home, "keep holdings at most 10")
    assert found.closing is not None
    names = {name for (_, name), n in found.closing.shares_after.items() if n > 0}
    assert "IDX" in names
    assert len(names) <= 10
