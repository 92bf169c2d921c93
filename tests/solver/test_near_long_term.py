"""Lots near long-term: the objective sells or waits where the dollars say so, and says when.

The one security has an active variance of 0.0629 a unit (0.15^2 + 0.02^2 + 0.04). A dollar of gain
is taxed at 40% short-term and 20% long-term; put off, it costs LATER cents in ten years' time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from policydsl.document import proposal_document
from policydsl.long_term import waits_for_long_term
from policydsl.propose import Proposal, propose
from policydsl.report import household_report
from policydsl.why_not import why_not
from portfolio.household import Household, Lot, TaxEntity
from tests.by_hand import AS_OF, account, household, lot, policy, security, taxpayer

LATER = 0.2 * 0.9 / 1.05**10
VARIANCE = 0.15**2 + 0.02**2 + 0.04
VALUE = 100_000


def all_in_one(held: Lot, entity: TaxEntity, target: str, waited: int = 0) -> Household:
    """$100,000 of one security, `waited` days after the usual one."""
    home = household(
        account("TX", 0, held),
        market=((security("AAA"), "100"),),
        constituents={},
        models={"CORE": {"AAA": target}},
        entities=[entity],
    )
    return replace(home, as_of=AS_OF + timedelta(days=waited))


def solved(home: Household, aversion: float, cost: str = "0%") -> Proposal:
    rules = policy(
        home,
        f"rule risk\n use risk aversion {aversion:.6f}\n",
        f"rule costs\n use trading cost {cost}\n",
        free=False,
    )
    proposal = propose(home, rules)
    assert proposal.closing is not None, proposal.findings
    return proposal


def sold(proposal: Proposal) -> float:
    assert proposal.closing is not None
    return float(sum((sale.amount for sale in proposal.closing.sales), Decimal(0)))


GAIN = lot("a1", "AAA", 1_000, 50_000, "2025-07-04")  # long-term from 5 July 2026: in 20 days
HALF = 0.5  # of what is sold is gain, and of what is held too much


def aversion_at(rate: float) -> float:
    """The risk aversion at which the first dollar sold breaks even: its share of gain, taxed at
    `rate` now and not later, against 2 x aversion x variance x active weight."""
    return HALF * (rate - LATER) / (2 * VARIANCE * HALF)


@pytest.mark.parametrize("waited", [0, 19])
def test_a_gain_waits_below_the_threshold_and_is_taken_above_it(waited: int) -> None:
    home = all_in_one(GAIN, taxpayer(), "0.5", waited)
    threshold = aversion_at(0.4)
    assert sold(solved(home, threshold * 0.99)) == 0
    aversion = threshold * 1.2
    left = HALF * (0.4 - LATER) / (2 * VARIANCE * aversion)
    assert sold(solved(home, aversion)) == pytest.approx((HALF - left) * VALUE, abs=150)


def test_once_it_is_long_term_it_is_sold_down_to_what_the_tax_is_worth() -> None:
    home = all_in_one(GAIN, taxpayer(), "0.5", 20)
    aversion = aversion_at(0.4) * 0.99
    left = HALF * (0.2 - LATER) / (2 * VARIANCE * aversion)
    assert sold(solved(home, aversion)) == pytest.approx((HALF - left) * VALUE, abs=150)


def test_what_waits_is_said_with_its_day_and_what_it_saves() -> None:
    """20% of $50,000 is $10,000, ten cents of each of 100,000 dollars sold."""
    proposal = solved(all_in_one(GAIN, taxpayer(), "0.5"), aversion_at(0.4) * 0.99)
    (wait,) = waits_for_long_term(proposal)
    assert (wait.turns.day.isoformat(), wait.turns.saves) == ("2026-07-05", 10_000)
    assert wait.costs == pytest.approx(0.01 * HALF * (0.4 - LATER), abs=1e-4)
    assert wait.brings == pytest.approx(0.1 - wait.costs)
    (answer,) = (a for a in why_not(proposal, "AAA") if a.lot_id == "a1")
    assert "long-term from 2026-07-05: waiting saves 20.0% of the gain, $10,000.00." in (
        answer.sentence
    )
    document, _ = proposal_document(proposal)
    assert document["waits"][0]["long_term_from"] == "2026-07-05"
    assert "what waits for long-term" in household_report(document)


def test_nothing_waits_that_the_day_would_not_make_pay() -> None:
    low = aversion_at(0.2) * 0.99
    proposal = solved(all_in_one(GAIN, taxpayer(), "0.5"), low)
    assert sold(proposal) == 0
    assert waits_for_long_term(proposal) == ()
    (answer,) = (a for a in why_not(proposal, "AAA") if a.lot_id == "a1")
    assert "waiting saves 20.0%" in answer.sentence


def test_a_gain_that_losses_make_free_waits_for_nothing() -> None:
    """A loss carried in of more than the gain takes short and long gains alike."""
    home = all_in_one(GAIN, taxpayer(carry_short=90_000), "0.5")
    _, (trade,) = proposal_document(solved(home, 1.0))
    assert trade.gain > 0
    assert "long-term" not in trade.sentence


def test_what_is_sold_in_spite_of_it_says_so() -> None:
    proposal = solved(all_in_one(GAIN, taxpayer(), "0.5"), aversion_at(0.4) * 1.2)
    _, (trade,) = proposal_document(proposal)
    saved = float(trade.gain) * 0.2
    told = f" Lot a1 is long-term from 2026-07-05: waiting saves 20.0% of the gain, ${saved:,.2f}."
    assert trade.sentence.endswith(told)


LOSS = lot("b1", "AAA", 1_000, 120_000, "2025-06-19")  # long-term from 20 June 2026: in 5 days
BOTH = taxpayer(ytd_short=50_000, ytd_long=50_000)  # a short loss saves 40% and a long one 20%


def test_a_loss_is_taken_while_it_is_short_term() -> None:
    """A sixth of what is sold is loss, and a trading cost of 4% adds to it. While it saves 40% that
    pays for the sale and risk up to an active weight worked out by hand; at 20% it does not."""
    cost, aversion = 0.04, 1.0
    loss = 1_200 / 1_000 - (1 - cost)
    gained = loss * (0.4 - LATER) - cost
    assert gained > 0 > loss * (0.2 - LATER) - cost
    early = solved(all_in_one(LOSS, BOTH, "1"), aversion, "4%")
    assert sold(early) == pytest.approx(gained / (2 * VARIANCE * aversion) * VALUE, abs=150)
    assert sold(solved(all_in_one(LOSS, BOTH, "1", 5), aversion, "4%")) == 0
    _, (trade,) = proposal_document(early)
    less = f"{-float(trade.gain) * 0.2:,.2f}"
    told = (
        f" Lot b1 is long-term from 2026-06-20: the loss is then worth 20.0% of it less, ${less}."
    )
    assert trade.sentence.endswith(told)


def test_a_day_in_the_next_year_nets_with_that_year() -> None:
    """$5,000 of loss is carried in, of which $2,000 are left for next year, worth 50¢ a dollar. All
    of it meets a gain of today; a gain of next year meets what is left, or else income does."""
    held = lot("c1", "AAA", 1_000, 50_000, "2026-02-02")
    entity = taxpayer(carry_long=5_000, rate_carry="0.5")
    proposal = solved(all_in_one(held, entity, "0.5"), 0.1)
    (answer,) = (a for a in why_not(proposal, "AAA") if a.lot_id == "c1")
    today = 45_000 * 0.4 + 3_000 * 0.35 + 2_000 * 0.5
    then = 48_000 * 0.2 + 2_000 * 0.35
    assert f"long-term from 2027-02-03: waiting saves 19.5% of the gain, ${today - then:,.2f}." in (
        answer.sentence
    )
