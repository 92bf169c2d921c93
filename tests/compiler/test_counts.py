"""How many holdings and trades, and how small a holding may be, by hand.

TX holds AAA 20,000, BBB 30,000 in two lots, CCC 10,000 and FND 20,000: four holdings; DDD may be
bought. IRA holds AAA only.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from policydsl.propose import Proposal, Status, propose
from portfolio.household import Household
from tests.by_hand import (
    account,
    both,
    household,
    lot,
    policy,
    security,
    usual,
)

YES, NO = True, False

COUNTS = [
    ("keep trades at most 2", "-1 a1, +1 CCC TX", YES),
    ("keep trades at most 2", "-1 a1, -1 b1, +1 CCC TX", NO),
    # two lots are one order, and accounts are counted apart
    ("keep trades at most 2", "-1 a1, -1 b1, -1 b2", YES),
    ("keep trades at most 2", "-1 a1, -1 b1, -1 ia1, +1 CCC IRA", YES),
    ("keep trades at most 0", "-1 a1", NO),
    ('keep trades at most 1 where kind is "stock"', "-1 a1, +5 DDD TX", YES),
    ('keep trades at most 1 where kind is "stock"', "-1 a1, -1 b1", NO),
    ('keep trades at most 1\nexcept "AAA"', "-1 a1, -1 b1", YES),
    ("keep holdings at most 4", "+5 CCC TX, -5 a1", YES),
    ("keep holdings at most 4", "+5 DDD TX", NO),
    ("keep holdings at most 4", "+5 DDD TX, -500 c1", YES),
    ("keep holdings at most 4", "+5 DDD TX, -499 c1", NO),
    ("keep holdings at most 4", "+5 CCC IRA, +5 BBB IRA, +5 DDD IRA", YES),
    ('keep holdings at most 1 where kind is "etf"', "+5 DDD TX", NO),
    ('keep holdings at most 1 where kind is "etf"', "+5 DDD TX, -500 f1", YES),
    # more than that today: no more, and fewer are welcome
    ("keep holdings at most 2", "", YES),
    ("keep holdings at most 2", "-500 c1", YES),
    ("keep holdings at most 2", "+5 DDD TX", NO),
    ("keep holdings at most 2", "+5 DDD TX, -500 c1", YES),
    ("keep holdings at least 4", "-500 c1", NO),
    ("keep holdings at least 4", "-498 c1", YES),
    ("keep holdings at least 4", "-500 c1, +5 DDD TX", YES),
    ("keep holdings between 3 and 4", "-500 c1, -500 f1", NO),
    # in every account, whichever comes first
    ("keep holdings at least 1", "-400 ia1", NO),
    ("keep holdings at least 1", "-400 ia1, +5 DDD IRA", YES),
]
SMALLEST = [
    ("keep each holding at least $1,000", "-449 c1", YES),
    ("keep each holding at least $1,000", "-451 c1", NO),
    ("keep each holding at least $1,000", "-500 c1", YES),
    ("keep each holding at least $1,000", "+99 DDD TX", NO),
    ("keep each holding at least $1,000", "+102 DDD TX", YES),
    ("keep each holding at least $1,000", "-400 b1, -179 b2", YES),
    ("keep each holding at least $1,000", "-400 b1, -181 b2", NO),
    ("keep each holding at least 3% of account", "-349 c1", YES),
    ("keep each holding at least 3% of account", "-351 c1", NO),
    ('keep each holding at least $1,000 where kind is "etf"', "-451 c1", YES),
    ('keep each holding at least $1,000\nexcept "CCC"', "-451 c1", YES),
    # smaller than that today: no order leaves it so
    ("keep each holding at least $15,000", "", YES),
    ("keep each holding at least $15,000", "-1 c1", NO),
    ("keep each holding at least $15,000", "+10 CCC TX", NO),
    ("keep each holding at least $15,000", "+252 CCC TX", YES),
    ("keep each holding at least $15,000", "-500 c1", YES),
    # a largest holding is a weight
    ("keep each holding at most 50% of household", "+149 CCC TX", YES),
    ('keep each holding at most 20% of household\nexcept "AAA"', "+1 BBB TX", NO),
]


@pytest.mark.parametrize(("rule", "trades", "allowed"), [*COUNTS, *SMALLEST])
def test_counts_and_smallest_holdings(rule: str, trades: str, allowed: bool) -> None:
    assert both(usual(), rule, trades) == (allowed, allowed)


# --- through the solver --------------------------------------------------------------------------

NAMES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH")


def many(*lots: object, cash: int = 50_000) -> Household:
    """Eight stocks, the heaviest first in the model: 23%, 20%, ... 2%."""
    market = tuple((security(name), "10") for name in NAMES)
    weights = {name: str(round(0.23 - 0.03 * k, 2)) for k, name in enumerate(NAMES)}
    return household(
        account("TX", cash, *lots),  # type: ignore[arg-type]
        market=market,
        constituents={},
        models={"CORE": weights},
    )


def spread() -> Household:
    """All eight held, each at $5,000 without a gain."""
    return many(*(lot(name[0], name, 500, 5_000) for name in NAMES), cash=10_000)


def proposed(home: Household, *rules: str) -> Proposal:
    proposal = propose(home, policy(home, *rules))
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    assert proposal.closing is not None
    return proposal


def held(proposal: Proposal) -> set[str]:
    assert proposal.closing is not None
    return {name for (_, name), n in proposal.closing.shares_after.items() if n > 0}


def orders(proposal: Proposal) -> int:
    assert proposal.closing is not None
    return len(proposal.closing.orders)


def gap(proposal: Proposal) -> float:
    assert proposal.solution is not None
    return proposal.solution.gap


def test_the_heaviest_holdings_are_bought_under_a_count() -> None:
    assert held(proposed(many())) == set(NAMES)
    proposal = proposed(many(), "keep holdings at most 3")
    assert held(proposal) == {"AAA", "BBB", "CCC"}
    assert gap(proposal) <= 1


def test_a_count_broken_today_is_cured() -> None:
    proposal = proposed(spread(), "keep holdings at most 5")
    assert held(proposal) == {"AAA", "BBB", "CCC", "DDD", "EEE"}
    assert proposal.solution is not None
    assert proposal.solution.still_broken == 0
    kept = 'never sell "GGG", "HHH", "FFF", "EEE", "DDD", "CCC"'
    proposal = proposed(spread(), "keep holdings at most 5", kept)
    assert len(held(proposal)) == 6
    assert proposal.solution is not None
    assert proposal.solution.still_broken == pytest.approx(1, abs=0.01)


def test_no_more_trades_than_allowed() -> None:
    home = spread()
    assert orders(proposed(home)) > 4
    proposal = proposed(home, "keep trades at most 4")
    assert 3 <= orders(proposal) <= 4
    assert gap(proposal) <= 1


def test_no_fewer_holdings_than_asked_for() -> None:
    home = spread()
    short = replace(
        home.models["CORE"],
        weights={k: v for k, v in home.models["CORE"].weights.items() if k < "D"},
    )
    home = replace(home, models={"CORE": short})
    assert len(held(proposed(home, "use risk aversion 1,000"))) == 3
    proposal = proposed(home, "use risk aversion 1,000", "keep holdings at least 6")
    assert len(held(proposal)) == 6
    assert gap(proposal) <= 1


def test_small_holdings_are_left_out_or_bought_in_full() -> None:
    """Of $50,000 the model gives $1,000 to HHH and $2,500 to GGG."""
    rule = "keep each holding at least $2,000"
    proposal = proposed(many(), rule)
    assert proposal.closing is not None
    worth = {name: n * 10 for (_, name), n in proposal.closing.shares_after.items() if n}
    assert {"AAA", "GGG"} <= worth.keys()
    assert min(worth.values()) >= 2_000
    assert gap(proposal) <= 1


def test_a_holding_that_is_too_small_goes_or_grows() -> None:
    home = many(lot("h", "HHH", 10, 100), lot("g", "GGG", 240, 2_400), cash=47_500)
    proposal = proposed(home, "keep each holding at least $2,000")
    assert proposal.closing is not None
    worth = {name: n * 10 for (_, name), n in proposal.closing.shares_after.items() if n}
    assert min(worth.values()) >= 2_000
    assert proposal.solution is not None
    assert proposal.solution.still_broken == 0
    kept = proposed(
        home,
        "keep each holding at least $2,000\nexisting positions may stay",
        'never sell "HHH"',
        'never buy "HHH"',
    )
    assert kept.closing is not None
    assert kept.closing.shares_after["TX", "HHH"] == 10
