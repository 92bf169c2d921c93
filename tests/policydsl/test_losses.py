"""Losses that policy asks for, and losses that it keeps: model, solver and exact check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from compiler.closing import Closing
from compiler.layers import household_policy
from compiler.notes import broken_notes
from policydsl.propose import Proposal, propose
from policydsl.reasons import explained_trades
from portfolio.household import Account, Household, PastSale, TaxEntity
from tests.by_hand import account, both, checked_layers, household, lot, taxpayer
from tests.policydsl.test_propose import proposed
from tests.solver.test_washed_losses import FIVE_IRA, OLD, TENTH
from tests.solver.test_washed_losses import home as washed_home

YES, NO = (True, True), (False, False)
MODELS = {"CORE": {"AAA": "0.2", "BBB": "0.2", "CCC": "0.2", "DDD": "0.2"}}


def home(
    *others: Account,
    past: Iterable[PastSale] = (),
    today: str = "2026-06-15",
    blocks: tuple[str, ...] = (),
) -> Household:
    """TX $100,000: AAA at a gain, BBB $1,000 under water and young, CCC $2,000 and old."""
    taxable = account(
        "TX",
        20_000,
        lot("a1", "AAA", 200, 15_000),
        lot("b1", "BBB", 400, 21_000, "2026-03-02"),
        lot("c1", "CCC", 1_000, 22_000),
        lot("d1", "DDD", 2_000, 20_000),
    )
    made = household(taxable, *others, models=MODELS, blocks=blocks)
    return replace(made, past_sales=tuple(past), as_of=date.fromisoformat(today))


def sold(day: str, gain: int, *, long_term: bool = True) -> PastSale:
    return PastSale("TX", "FND", date.fromisoformat(day), Decimal(5_000), Decimal(gain), long_term)


def losses(closing: Closing, *, long_term: tuple[bool, ...] = (True, False)) -> Decimal:
    return -sum(
        (s.gain for s in closing.sales if s.gain < 0 and s.long_term in long_term), Decimal(0)
    )


def harvested(before: Household, *rules: str) -> tuple[Proposal, Decimal]:
    proposal, closing = proposed(before, "prevent wash sales across household", *rules)
    return proposal, losses(closing)


def test_a_harvest_is_made_and_named_as_the_cause() -> None:
    _, free = harvested(home())
    assert free < 1_000
    rule = "keep realized losses at least $1,500 each year per taxpayer"
    proposal, taken = harvested(home(), rule)
    assert 1_500 <= taken < 1_520
    assert proposal.findings == ()
    caused = [t for t in explained_trades(proposal) if "r2" in t.rules]
    assert {trade.security_id for trade in caused} == {"BBB", "CCC"}
    assert all(f"asked for by {rule}" in trade.sentence for trade in caused)


@pytest.mark.parametrize(
    ("more", "taken", "way"),
    [
        ('never sell "CCC"', 1_000, "; in the way: r3"),
        ("never harvest anything", 0, "; in the way: r3"),
        ("never harvest anything where lot.loss below $1,500", 2_000, "; in the way: r3"),
        ("", 3_000, ""),
    ],
)
def test_what_cannot_be_harvested_is_said_and_stops_nothing(
    more: str, taken: int, way: str
) -> None:
    rule = "keep realized losses at least $5,000 each year per taxpayer"
    proposal, found = harvested(home(), *filter(None, (rule, more)))
    assert found == taken
    told = f"realized losses of T1 are ${taken:,}.00, below $5,000.00"
    assert proposal.findings == (f"not kept yet (r2, 0.policy:6): {told}{way}",)


def test_no_loss_at_all_is_said_too() -> None:
    only = account("TX", 50_000, lot("a1", "AAA", 500, 10_000))
    proposal, found = harvested(
        household(only, models=MODELS), "keep realized losses at least $400 in 2026 per account"
    )
    assert found == 0
    (told,) = proposal.findings
    assert "realized losses of TX are $0.00, below $400.00" in told


@pytest.mark.parametrize("owner", ["roth_ira", "taxable"])
def test_a_harvest_washes_nothing(owner: str) -> None:
    """CCC bought last week, by an IRA or a spouse, would take the loss of CCC over."""
    recent = lot("x1", "CCC", 2_000, 40_000, "2026-06-09")
    other = account("X", 1_000, recent, kind=owner)
    rule = "keep realized losses at least $3,000 each year per taxpayer"
    proposal, found = harvested(home(other), rule, 'never sell anything where lot.id is "x1"')
    assert found == 1_000
    assert "below $3,000.00" in str(proposal.findings)


@pytest.mark.parametrize(
    ("period", "past", "due"),
    [
        ("each year", [], 1_500),
        ("each year", [sold("2026-02-02", -900)], 600),
        ("each year", [sold("2026-02-02", 900)], 1_500),  # gains are not taken off
        ("each year", [sold("2025-12-30", -900)], 1_500),
        ("over any 12 months", [sold("2025-12-30", -900)], 600),
        ("each quarter", [sold("2026-02-02", -900)], 1_500),
        ("each year", [sold("2026-02-02", -1_500)], 0),
        ("in 2027", [], 0),
        ("each year prorated", [], 682),  # 166 of 365 days
        ("each quarter prorated", [sold("2026-04-02", -900)], 352),  # 76 of 91 days
    ],
)  # fmt: skip
def test_what_the_period_lost_already_counts(period: str, past: list[PastSale], due: int) -> None:
    """Nothing asks for a loss but the rule: taxes are nothing."""
    before = replace(home(past=past), tax_entities={"T1": untaxed()})
    floor = f"keep realized losses at least $1,500 {period} per taxpayer"
    _, found = harvested(before, floor, "use risk aversion 50")
    assert due <= found <= due + 25
    ceiling = floor.replace("least", "most")
    room = max(due, 0)
    assert both(before, ceiling, f"-{room // 2} c1" if room else "") == YES
    if period != "in 2027":
        assert both(before, ceiling, f"-{room // 2 + 1} c1") == NO


def untaxed() -> TaxEntity:
    return taxpayer(rate_short=0, rate_long=0, rate_ordinary=0, rate_carry=0)


@pytest.mark.parametrize(
    ("rule", "trades", "allowed"),
    [
        ("keep realized losses at most $500 each year", "-250 c1", YES),
        ("keep realized losses at most $500 each year", "-251 c1", NO),
        ("keep realized losses at most $500 each year", "-250 c1, -1 b1", NO),
        ("keep realized losses at most $500 each year", "-250 c1, -200 a1", YES),
        ("keep realized losses at most $500 each year", "-251 c1, -200 a1", NO),  # not net of gains
        ("keep realized short losses at most $500 each year", "-1000 c1, -200 b1", YES),
        ("keep realized short losses at most $500 each year", "-201 b1", NO),
        ("keep realized long losses at most $500 each year", "-250 c1, -400 b1", YES),
        ("keep realized long losses at most $500 each year", "-251 c1", NO),
        ("keep realized losses at most 0.5% of account each year", "-250 c1", YES),
        ("keep realized losses at most 0.5% of account each year", "-251 c1", NO),
        ("keep realized losses at most 0.5% of household each year", "-251 c1", NO),
        ("keep realized losses at most taxpayer.ytd_long plus $500 each year", "-251 c1", NO),
        ("keep realized losses between $100 and $500 each year", "-20 b1", YES),
        ("keep realized losses between $100 and $500 each year", "-251 c1", NO),
        ("keep realized losses at least $500 each year", "", YES),  # as much as can be, not all
    ],
)
def test_what_limits_on_losses_allow(rule: str, trades: str, allowed: tuple[bool, bool]) -> None:
    assert both(home(), rule, trades) == allowed


def test_losses_are_kept_for_later() -> None:
    cap = "keep realized losses at most $300 each year per taxpayer"
    cheap = "use risk aversion 0.01"
    _, free = harvested(home(), cheap)
    assert free == 3_000
    proposal, found = harvested(home(), cheap, cap)
    assert 290 < found <= 300
    assert any("r3" in trade.rules for trade in explained_trades(proposal))


def test_short_losses_are_asked_for_alone() -> None:
    rule = "keep realized short losses at least $800 each year per taxpayer"
    _, closing = proposed(home(), rule)
    assert 800 <= losses(closing, long_term=(False,)) < 810


def test_a_harvest_that_is_soft_comes_after_what_is_hard() -> None:
    rule = "keep realized losses at least $3,000 each year per taxpayer\nsoft priority 1"
    proposal, found = harvested(home(), rule, 'keep "CCC" at least 15% of account')
    assert found == pytest.approx(Decimal(1_500), abs=4)
    assert any("soft, priority 1" in str(each) for each in proposal.findings)


def test_a_note_of_a_harvest_says_what_was_not_harvested() -> None:
    line = "keep realized losses at least $5,000 each year per taxpayer"
    for amount, told in (("$5,000", 1), ("$100", 0)):
        note = f"note n\n{line.replace('$5,000', amount)}\n"
        proposal, closing = proposed(home(), note)
        assert 100 < losses(closing) < 5_000
        assert len(list(broken_notes(proposal.policy, closing))) == told


@pytest.mark.parametrize(
    ("chosen", "taken"), [("at least $1,500", 1_500), ("between $500 and $1,800", 500)]
)
def test_a_harvest_is_chosen_inside_its_boundary(chosen: str, taken: int) -> None:
    rules = "default b\nkeep realized losses at least $1,000 each year per taxpayer\n"
    grant = "allow household to set between $0 and $2,000\n"
    texts = {"ipc": rules + grant, 'household "H1"': f"set b to {chosen}\n"}
    checked = checked_layers(texts)
    assert checked.diagnostics == ()
    proposal = propose(home(), household_policy(checked, home()))
    assert proposal.closing is not None
    assert taken <= losses(proposal.closing) < taken + 10
    texts['household "H1"'] = "set b to at least $2,500\n"
    assert [each.code for each in checked_layers(texts).diagnostics] == ["E0401"]


def test_a_harvest_above_what_another_rule_keeps_is_a_contradiction() -> None:
    texts = {
        "ipc": "rule a\nkeep realized losses at least $5,000 each year per taxpayer\n",
        'household "H1"': "rule b\nkeep realized losses at most $3,000 each year per taxpayer\n",
    }
    assert [each.code for each in checked_layers(texts).diagnostics] == ["E0404"]


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("keep realized losses at most $9,500 each year", YES),
        ("keep realized losses at most $9,499 each year", NO),
        ("keep realized long losses at most $9,500 each year", YES),
        ("keep realized short losses at most $0 each year", YES),
    ],
)
def test_what_wash_sales_disallow_is_no_loss(rule: str, allowed: tuple[bool, bool]) -> None:
    """100 AAA at a loss of $10,000, and five bought by an IRA ten days ago."""
    assert both(washed_home(OLD, ira=(FIVE_IRA,)), rule, "-100 old", TENTH) == allowed


def test_a_harvest_counts_what_the_law_allows() -> None:
    before = washed_home(OLD, ira=(FIVE_IRA,))
    kept = 'never sell "AAA" where lot.acquired after 2026-06-01'
    rule = "keep realized losses at least $9,800 each year per taxpayer"
    proposal, closing = proposed(before, TENTH, kept, rule)
    assert closing.disallowed(closing.sales[0]) == 500
    assert any(
        "realized losses of T1 are $9,500.00, below $9,800.00" in str(each)
        for each in proposal.findings
    )
