"""An index of many names held in few: what the search finds, against what anybody would take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policydsl.propose import Proposal, Status, propose
from portfolio.household import Household
from tests.by_hand import account, lot, policy, security
from tests.index_by_hand import NAMES, index

AVERSION = "use risk aversion 50"


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
