"""Lots in a fixed order through the search: it is kept, and what it costs is known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from compiler.exact_check import exact_breaches
from compiler.model import compile_household
from policydsl.held_back import held_back
from policydsl.propose import Proposal, Status, propose
from portfolio.household import Household, Lot
from solver.handover import hand_over
from solver.search import Budget, search
from solver.structure import read_structure
from solver.work import Work
from tests.by_hand import account, household, lot, policy, taxpayer
from tests.solver.brute_force import every_region, solve_all
from tests.solver.test_ledger import TOLERANCE, worst

EXACT = 1e-5  # bp
MINIMUM, HIGHEST, FIRST, LAST = (
    "use minimum tax lots",
    "use highest cost lots",
    "use first in first out",
    "use last in first out",
)
MODEL = {"CORE": {"AAA": "0.4", "BBB": "0.3", "CCC": "0.25"}}


def concentrated(kind: str = "taxable") -> Household:
    """$80,000 of AAA, half of it too much: the dearest lot is a short-term gain, the oldest has the
    largest gain."""
    lots = (
        lot("old", "AAA", 300, 9_000, "2012-05-01"),
        lot("middle", "AAA", 300, 24_000, "2021-05-03"),
        lot("young", "AAA", 200, 19_000, "2026-02-02"),
    )
    return household(account("TX", 1_000, *lots, kind=kind), models=MODEL)


def sold(proposal: Proposal) -> dict[str, Decimal]:
    assert proposal.closing is not None
    return {sale.lot.id: sale.shares for sale in proposal.closing.sales}


@pytest.mark.parametrize(
    ("rule", "order"),
    [(HIGHEST, "young middle old"), (FIRST, "old middle young"), (LAST, "young middle old")],
)
@pytest.mark.parametrize("kind", ["taxable", "roth_ira"])
def test_the_order_is_kept(kind: str, rule: str, order: str) -> None:
    home = concentrated(kind)
    agreed = policy(home, rule, free=False)
    proposal = propose(home, agreed)
    assert proposal.status is Status.PROPOSED, proposal.findings
    lots = sold(proposal)
    *whole, last = (name for name in order.split() if name in lots)
    assert order.startswith(" ".join([*whole, last]))
    held = {each.id: each.shares for each in home.accounts[0].lots}
    assert whole
    assert all(lots[name] == held[name] for name in whole)
    assert not exact_breaches(agreed, proposal.closing)
    assert worst(proposal) <= TOLERANCE


def test_an_order_costs_what_minimum_tax_saves() -> None:
    home = concentrated()
    cost = {}
    for rule in (MINIMUM, HIGHEST, FIRST, LAST):
        proposal = propose(home, policy(home, rule, free=False))
        assert proposal.solution is not None
        cost[rule] = proposal.solution.objective
        assert proposal.solution.gap < 3.0
    assert all(cost[MINIMUM] < cost[rule] + EXACT for rule in (HIGHEST, FIRST, LAST))
    assert cost[FIRST] > cost[MINIMUM] + 10


def test_a_lot_that_waits_for_its_turn_names_the_order() -> None:
    home = concentrated()
    proposal = propose(home, policy(home, FIRST, free=False))
    waiting = [each for each in held_back(proposal) if each.security_id == "AAA"]
    assert [each.statements for each in waiting] == [("r1",)]


@st.composite
def homes(draw: st.DrawFn) -> tuple[Household, list[str]]:
    """Two positions of up to three lots, in one taxable account or beside an IRA that has one."""

    def lots(held: str, price: int, most: int) -> list[Lot]:
        found = []
        for k in range(draw(st.integers(1, most))):
            shares = draw(st.sampled_from(["3", "20", "40.5", "61"]))
            basis = int(Decimal(shares) * price * draw(st.sampled_from([2, 9, 11, 18])) / 10)
            day = draw(st.sampled_from(["2018-04-02", "2022-04-04", "2026-02-02", "2026-06-01"]))
            found.append(lot(f"{held}{k}", held, shares, max(basis, 1), day))
        return found

    taxable = account("TX", draw(st.integers(0, 2_000)), *lots("AAA", 100, 3), *lots("CCC", 20, 2))
    ira = [account("IRA", 500, lot("i", "AAA", 10, 900, "2026-06-01"), kind="roth_ira")]
    weights = draw(st.sampled_from([{"CCC": "0.8"}, {"AAA": "0.3", "CCC": "0.5"}, {"BBB": "0.9"}]))
    home = household(
        taxable,
        *(ira if draw(st.booleans()) else []),
        models={"CORE": weights},
        entities=[taxpayer(ytd_short=draw(st.sampled_from([-3_000, 0, 3_000])))],
    )
    rules = draw(
        st.lists(
            st.sampled_from(
                [
                    "keep each trade at least $500",
                    "keep realized gains at most $700 each year per taxpayer",
                    "never sell anything where lot.acquired before 2019-01-01",
                    "keep turnover at most 40% of account each year",
                ]
            ),
            max_size=2,
            unique=True,
        )
    )
    return home, [*rules, draw(st.sampled_from([HIGHEST, FIRST, LAST]))]


@settings(max_examples=30, deadline=None)
@given(homes())
def test_what_is_proposed_keeps_the_order(case: tuple[Household, list[str]]) -> None:
    home, rules = case
    agreed = policy(home, *rules, free=False)
    proposal = propose(home, agreed)
    event(proposal.status.value)
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    if proposal.closing is not None:
        assert not exact_breaches(agreed, proposal.closing)


@settings(max_examples=20, deadline=None)
@given(homes(), st.sampled_from((0, Budget().few)))
def test_the_search_against_every_depth_of_every_sale(
    case: tuple[Household, list[str]], few: int
) -> None:
    home, rules = case
    one = household(home.accounts[0], models={"CORE": home.models["CORE"].weights})
    compiled = compile_household(one, policy(one, *rules, free=False))
    program = hand_over(compiled)
    structure = read_structure(compiled, program)
    best = min(
        each.point.objective
        for region in every_region(structure)
        for each in solve_all(program, structure, region)
    )
    answer = search(program, structure, Budget(goal=EXACT, few=few), Work())
    assert answer is not None
    assert answer.bound <= best + EXACT
    assert answer.point.objective >= best - EXACT
    assert answer.point.objective <= best + 0.5
