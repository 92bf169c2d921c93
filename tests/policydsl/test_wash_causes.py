"""Why a loss is not taken and a purchase not made: the wash sale that it would be, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from policydsl.document import proposal_document
from policydsl.held_back import held_back
from policydsl.propose import Proposal
from policydsl.report import household_report
from policydsl.wash_causes import wash_causes
from policydsl.why_not import why_not
from portfolio.household import Household, WashBlock
from portfolio.tax.blocks import UNLIMITED
from tests.by_hand import account, household, lot
from tests.policydsl.test_propose import proposed

D = Decimal
RULE = "prevent wash sales across household"
MODELS = {"CORE": {"AAA": "0.5", "CCC": "0.3"}}
OUTSIDE = {"CORE": {"AAA": "0.3", "BBB": "0.3", "CCC": "0.2"}}


def with_a_loss(shares: int = 40, **recent: Any) -> Household:
    """TX $100,000 of which BBB, outside the target, lost $2,000; the IRA got BBB lately."""
    taxable = account(
        "TX",
        20_000,
        lot("b1", "BBB", 400, 22_000),
        lot("a1", "AAA", 600, 60_000),
    )
    given = {"came_by": "reinvest"} | recent
    ira = account(
        "IRA",
        0,
        lot("r1", "BBB", shares, 50 * shares, "2026-05-20", **given),
        kind="roth_ira",
        held_away=True,
    )
    return household(taxable, ira, models=MODELS)


def answer(proposal: Proposal, name: str, lot_id: str) -> str:
    (found,) = (
        each for each in why_not(proposal, name) if (each.lot_id, each.account_id) == (lot_id, "TX")
    )
    return found.sentence


def causes(proposal: Proposal, name: str, lot_id: str = "") -> tuple[str, ...]:
    return wash_causes(proposal, "TX", name, lot_id)


def test_a_reinvested_dividend_is_named_as_the_cause() -> None:
    proposal, _ = proposed(with_a_loss(), RULE)
    expected = (
        "40 shares reinvested on 2026-05-20 in IRA would wash 40 shares of it until 2026-06-19 "
        "(first clean day 2026-06-20)"
    )
    assert causes(proposal, "BBB", "b1") == (expected,)


def test_the_word_is_that_of_the_transaction() -> None:
    for came_by, word in (("buy", "bought"), ("vest", "vested"), ("", "bought")):
        proposal, _ = proposed(with_a_loss(came_by=came_by), RULE)
        assert f"40 shares {word} on 2026-05-20" in causes(proposal, "BBB", "b1")[0]


def test_used_shares_old_purchases_and_gains_are_no_cause() -> None:
    proposal, _ = proposed(with_a_loss(used_shares=D(35)), RULE)
    assert causes(proposal, "BBB", "b1")[0].startswith("5 shares reinvested")
    for given in ({"used_shares": D(40)}, {"purchased": False}):
        proposal, _ = proposed(with_a_loss(**given), RULE)
        assert causes(proposal, "BBB", "b1") == ()
    assert causes(proposal, "AAA", "a1") == ()


def test_shares_of_the_same_order_are_no_cause() -> None:
    home = with_a_loss(order_id="O1")
    taxable, ira = home.accounts
    first = replace(taxable.lots[0], order_id="O1")
    home = replace(home, accounts=(replace(taxable, lots=(first, *taxable.lots[1:])), ira))
    proposal, _ = proposed(home, RULE)
    assert causes(proposal, "BBB", "b1") == ()


def blocked(shares: Decimal, *sold: tuple[str, str]) -> Household:
    home = household(account("TX", 60_000, lot("a1", "AAA", 400, 30_000)), models=OUTSIDE)
    block = WashBlock("BBB", date(2026, 7, 1), shares, D(1), "transactions", sold)
    return replace(home, wash_blocks=(block,))


def test_a_blocked_purchase_names_the_loss_its_account_and_its_last_day() -> None:
    proposal, closing = proposed(blocked(D(10), ("TX", "BBB")), RULE)
    assert not [buy for buy in closing.purchases if buy.security_id == "BBB" and buy.shares > 0]
    (cause,) = causes(proposal, "BBB")
    assert cause == (
        "it would wash the loss on 10 shares sold on 2026-06-01 of BBB in TX until 2026-07-01 "
        "(first clean day 2026-07-02)"
    )
    assert cause in answer(proposal, "BBB", "")
    (held,) = (each for each in held_back(proposal) if each.security_id == "BBB")
    assert held.because == (cause,)
    document, _ = proposal_document(proposal)
    assert cause in household_report(document)


def test_a_block_of_the_book_says_so() -> None:
    proposal, _ = proposed(blocked(UNLIMITED), RULE)
    (cause,) = causes(proposal, "BBB")
    assert "all shares sold on 2026-06-01 of BBB that the book's wash_blocks give" in cause


def test_what_would_wash_a_loss_is_said_where_the_loss_is_held_back() -> None:
    proposal, closing = proposed(with_a_loss(400), RULE)
    assert closing.lot_shares_sold.get("b1", D(0)) == 0
    (cause,) = causes(proposal, "BBB", "b1")
    assert cause.startswith("400 shares reinvested on 2026-05-20 in IRA would wash 400 shares")
    assert cause in answer(proposal, "BBB", "b1")
    (held,) = (each for each in held_back(proposal) if each.security_id == "BBB")
    assert held.because == (cause,)
