"""Households that a reader set out to break: no trading, no cash, no such model."""

from __future__ import annotations

from dataclasses import replace

from compiler.target import without_unknown_models
from policydsl.propose import Status, propose
from portfolio.household import Household
from tests.by_hand import account, household, lot, policy

NEAR_THE_MODEL = "keep each asset_class within 5 points of model per household"


def on_its_model(*ira_reasons: str) -> Household:
    """TX stands exactly on a model of half CCC (at a gain) and half DDD; the IRA holds only DDD."""
    taxable = account("TX", 0, lot("c1", "CCC", 2_500, 5_000), lot("d1", "DDD", 5_000, 50_000))
    ira = account("IRA", 0, lot("d2", "DDD", 5_000, 50_000), kind="roth_ira", frozen=ira_reasons)
    return household(taxable, ira, models={"CORE": {"CCC": "0.5", "DDD": "0.5"}})


def test_what_cannot_trade_makes_nobody_else_pay() -> None:
    """The household is 33% in equity against 50%: only the IRA could mend that."""
    home = on_its_model("a lot is doubtful")
    proposal = propose(home, policy(home, NEAR_THE_MODEL))
    assert proposal.status is Status.NO_ACTION
    free = on_its_model()
    mended = propose(free, policy(free, NEAR_THE_MODEL))
    assert mended.closing is not None
    assert {trade.account_id for trade in mended.closing.trades} == {"IRA"}


def test_an_account_without_cash_can_stand_still() -> None:
    home = on_its_model()
    assert propose(home, policy(home, "never trade anything")).status is Status.NO_ACTION


def test_an_account_already_overdrawn_does_not_stop_its_household() -> None:
    home = on_its_model()
    taxable, ira = home.accounts
    home = replace(home, accounts=(replace(taxable, cash=-taxable.lots[0].basis / 10), ira))
    assert propose(home, policy(home, "never trade anything")).status is Status.NO_ACTION


def test_a_model_the_book_does_not_have_holds_the_account() -> None:
    home = on_its_model()
    held = without_unknown_models(policy(home, 'use model "NOSUCH"'), home)
    proposal = propose(home, held)
    assert proposal.status is Status.EXCEPTION
    assert any("no model NOSUCH" in finding for finding in proposal.findings)


def test_what_may_stay_is_not_guessed() -> None:
    """`revenue.oil` of CCC is not known, so nothing shows that it may stay."""
    home = on_its_model()
    cap = 'keep each holding at most 30% of account where kind is "stock"'
    stay = f"{cap}\nexisting anything where revenue.oil at most 1% may stay"
    for rule in (cap, stay):
        closing = propose(home, policy(home, rule)).closing
        assert closing is not None
        assert closing.shares_after["TX", "CCC"] <= 1_500
