"""An account too small for whole shares is left as it is, and the others trade."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from compiler.exact_check import exact_breaches
from policydsl.propose import Status, propose
from portfolio.household import Household
from tests.by_hand import MARKET as USUAL
from tests.by_hand import account, household, lot, policy
from tests.solver.test_ledger import TOLERANCE, worst

RULE = "keep cash between 3.3% and 9.3% of account"


MARKET = [(each, "10" if each.id == "AAA" else "60") for each, _ in USUAL]


def home(**more: str) -> Household:
    """Three shares at $10 in K: a share sold is a third of it in cash, and nothing else is as cheap
    as that. $40,000 in TX."""
    small = account("K", 0, lot("k", "AAA", 3, 12), kind="k401", fractional=False)
    return replace(household(small, account("TX", 40_000), market=MARKET), **more)


@pytest.mark.parametrize("management", ["separate", "joint"])
def test_the_others_trade(management: str) -> None:
    agreed = policy(home(), RULE)
    proposal = propose(home(management=management), agreed)
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert {each.account_id for each in proposal.closing.trades} == {"TX"}
    assert not exact_breaches(agreed, proposal.closing)
    assert worst(proposal) <= TOLERANCE
    said = [each for each in proposal.findings if each.startswith("K is left as it is")]
    assert len(said) == (management == "separate")  # joint, rounding has no order for it at once
    assert "cash of K is $0.00, below $0.99" in " ".join(proposal.findings)


def test_alone_it_is_an_exception() -> None:
    """Nobody is left to trade: somebody looks at it."""
    own = replace(home(), accounts=home().accounts[:1])
    proposal = propose(own, policy(own, RULE))
    assert proposal.status in (Status.EXCEPTION, Status.INFEASIBLE, Status.NO_ACTION)
    assert proposal.closing is None or not proposal.closing.trades


def test_what_can_be_rounded_is() -> None:
    large = account("K", 0, lot("k", "AAA", 300, 1_200), kind="k401", fractional=False)
    other = replace(home(), accounts=(large, home().accounts[1]))
    proposal = propose(other, policy(other, RULE))
    assert {each.account_id for each in proposal.closing.trades} == {"K", "TX"}
    assert Decimal(99) <= proposal.closing.cash(large, after=True) <= Decimal(279)
