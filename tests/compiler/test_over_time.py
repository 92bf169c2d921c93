"""Limits that count over a time: what was sold and gained before counts with this run, by hand.

TX holds $100,000 and IRA $50,000 (`tests.by_hand.usual`); today is 15 June 2026.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from compiler.dimensions import Duration
from compiler.periods import Period
from grammar.tree import Unit
from policydsl.propose import Status, propose
from portfolio.household import Household, PastSale
from tests.by_hand import (
    account,
    both,
    breaches,
    closing,
    household,
    lot,
    policy,
    taxpayer,
    usual,
)

YES, NO = True, False


def past(day: str, amount: int, gain: int = 0, *, owner: str = "TX", **more: bool) -> PastSale:
    given = {"long_term": True, "for_flow": False} | more
    return PastSale(owner, "AAA", date.fromisoformat(day), Decimal(amount), Decimal(gain), **given)


def with_past(*sales: PastSale, **more: object) -> Household:
    return replace(usual(), past_sales=sales, **more)


# --- periods -------------------------------------------------------------------------------------

YEAR = Period()
QUARTER = Period("quarter")
MONTH = Period("month")
ROLLING = Period(over=Duration(Decimal(12), Unit.MONTHS))


@pytest.mark.parametrize(
    ("period", "today", "first"),
    [
        (YEAR, "2026-06-15", "2026-01-01"),
        (QUARTER, "2026-06-15", "2026-04-01"),
        (QUARTER, "2026-12-31", "2026-10-01"),
        (MONTH, "2026-06-15", "2026-06-01"),
        (ROLLING, "2026-06-15", "2025-06-16"),
        (ROLLING, "2024-02-29", "2023-03-01"),
        (Period(over=Duration(Decimal(30), Unit.DAYS)), "2026-06-15", "2026-05-17"),
    ],
)
def test_the_first_day_of_a_period(period: Period, today: str, first: str) -> None:
    assert period.first_day(date.fromisoformat(today)) == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("every", "today", "part"),
    [
        ("year", "2026-12-31", 365),
        ("year", "2024-12-31", 366),
        ("quarter", "2026-04-01", 1),
        ("quarter", "2026-12-31", 92),
        ("month", "2026-02-28", 28),
    ],
)
def test_what_is_prorated_grows_with_the_days(every: str, today: str, part: int) -> None:
    whole = {"year": 365, "quarter": 91, "month": 28}[every]
    whole = {"2024-12-31": 366, "2026-12-31": 365 if every == "year" else 92}.get(today, whole)
    grown = Period(every, prorated=True).grown(Decimal(whole * 10), date.fromisoformat(today))
    assert grown == part * 10


# --- turnover ------------------------------------------------------------------------------------

TURNOVER = [
    ("keep turnover at most 20% of account each year", [], "-199 a1", YES),
    ("keep turnover at most 20% of account each year", [], "-200 a1, -1 c1", NO),
    # purchases are no turnover, and an account is measured by itself
    ("keep turnover at most 1% of account each year", [], "+900 CCC TX", YES),
    ("keep turnover at most 20% of account each year", [], "-101 ia1", NO),
    ("keep turnover at most $12,000 each year per account", [], "-119 ia1", YES),
    ("keep turnover at most 20% of household each year", [], "-200 a1, -99 ia1", YES),
    ("keep turnover at most 20% of household each year", [], "-200 a1, -101 ia1", NO),
    # what was sold this year, last year, for a payment
    ("keep turnover at most 20% of account each year", ["2026-02-03"], "-99 a1", YES),
    ("keep turnover at most 20% of account each year", ["2026-02-03"], "-101 a1", NO),
    ("keep turnover at most 20% of account each year", ["2025-12-31"], "-199 a1", YES),
    ("keep turnover at most 20% of account over any 12 months", ["2025-12-31"], "-101 a1", NO),
    ("keep turnover at most 20% of account over any 12 months", ["2025-06-16"], "-101 a1", NO),
    ("keep turnover at most 20% of account over any 12 months", ["2025-06-15"], "-199 a1", YES),
    ("keep turnover at most 20% of account each quarter", ["2026-03-31"], "-199 a1", YES),
    ("keep turnover at most 20% of account each quarter", ["2026-04-01"], "-101 a1", NO),
    ("keep turnover at most 20% of account in 2027", [], "-200 a1, -500 c1", YES),
    # 166 of 365 days: 9.1% of $100,000
    ("keep turnover at most 20% of account each year prorated", [], "-90 a1", YES),
    ("keep turnover at most 20% of account each year prorated", [], "-92 a1", NO),
    # already over: nothing more, and nothing has to be undone
    ("keep turnover at most 5% of account each year", ["2026-02-03"], "", YES),
    ("keep turnover at most 5% of account each year", ["2026-02-03"], "-1 a1", NO),
]


@pytest.mark.parametrize(("rule", "days", "trades", "allowed"), TURNOVER)
def test_turnover(rule: str, days: list[str], trades: str, allowed: bool) -> None:
    home = with_past(*(past(day, 10_000) for day in days))
    assert both(home, rule, trades) == (allowed, allowed)


def test_a_sale_for_a_payment_is_no_turnover() -> None:
    rule = "keep turnover at most 20% of account each year"
    home = with_past(past("2026-02-03", 10_000, for_flow=True))
    assert both(home, rule, "-199 a1") == (YES, YES)
    # $25,000 go out, $20,000 are there: $5,000 have to be sold.
    home = replace(home, flows=household(flows=[("TX", "2026-06-15", -25_000)]).flows)
    rule = "keep turnover at most $10,000 each year per account"
    assert both(home, rule, "-149 a1") == (YES, YES)
    assert both(home, rule, "-151 a1") == (NO, NO)
    rule = "keep turnover at most $0 each year per account"
    assert both(home, rule, "-50 a1") == (YES, YES)
    assert both(home, rule, "-51 a1") == (NO, NO)


def test_turnover_holds_back_a_rebalancing() -> None:
    home = with_past(past("2026-02-03", 10_000))
    free = propose(home, policy(home)).closing
    assert free is not None
    sold = sum(sale.amount for sale in free.sales if sale.account_id == "TX")
    assert sold > 10_000, "else the limit below binds nothing"
    proposal = propose(home, policy(home, "keep turnover at most 20% of account each year"))
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert proposal.closing is not None
    sold = sum(sale.amount for sale in proposal.closing.sales if sale.account_id == "TX")
    assert 9_800 < sold <= 10_000


def test_a_year_that_the_book_does_not_show_whole_is_said() -> None:
    rule = "keep turnover at most 20% of account over any 12 months"
    for since, said in (("2026-01-05", True), ("2025-07-01", False), (None, True)):
        home = with_past(known_since=None if since is None else date.fromisoformat(since))
        remarks = policy(home, rule).remarks
        assert any("reaches back to 2025-06-16" in each for each in remarks) is said
    assert policy(usual(), "keep turnover at most 20% of account each year").remarks == ()


# --- gains ---------------------------------------------------------------------------------------

# a1 gains $50 a share, long; b1 loses $25, long; b2 gains $5, short; c1 gains $4, long.
GAINS = [
    ("keep realized gains at most $1,000 each quarter", ["2026-03-31"], "-19 a1", YES),
    ("keep realized gains at most $1,000 each quarter", ["2026-04-01"], "-9 a1", YES),
    ("keep realized gains at most $1,000 each quarter", ["2026-04-01"], "-11 a1", NO),
    ("keep realized gains at most $1,000 each month", ["2026-05-31"], "-19 a1", YES),
    ("keep realized gains at most $1,000 each month", ["2026-06-01"], "-11 a1", NO),
    ("keep realized gains at most $1,000 over any 12 months", ["2025-06-16"], "-11 a1", NO),
    ("keep realized gains at most $1,000 over any 12 months", ["2025-06-15"], "-19 a1", YES),
    ("keep realized gains at most $1,000 each year per account", ["2026-02-03"], "-11 a1", NO),
    ("keep realized gains at most $1,000 each year per account", ["2025-12-31"], "-19 a1", YES),
    ("keep realized short gains at most $200 each year", [], "-39 b2, -400 c1", YES),
    ("keep realized short gains at most $200 each year", [], "-41 b2", NO),
    # a long loss is no short one
    ("keep realized short gains at most $200 each year", [], "-41 b2, -100 b1", NO),
    ("keep realized long gains at most $200 each year", [], "-49 c1, -200 b2", YES),
    ("keep realized long gains at most $200 each year", [], "-51 c1", NO),
    ("keep realized long gains at most $600 each quarter", ["2026-04-01"], "-26 c1", NO),
    ("keep realized short gains at most $200 each quarter", ["2026-04-01"], "-39 b2", YES),
]


@pytest.mark.parametrize(("rule", "days", "trades", "allowed"), GAINS)
def test_gains(rule: str, days: list[str], trades: str, allowed: bool) -> None:
    home = with_past(*(past(day, 5_000, 500) for day in days))
    assert both(home, rule, trades) == (allowed, allowed)


@pytest.mark.parametrize(
    ("carried", "trades", "allowed"),
    [
        ({}, "-19 a1", YES),
        ({}, "-21 a1", NO),
        # $600 of long and $400 of short losses carried in, whichever gain there is
        ({"carry_long": 600, "carry_short": 400}, "-39 a1", YES),
        ({"carry_long": 600, "carry_short": 400}, "-41 a1", NO),
        ({"carry_long": 1_000}, "-200 b2, -19 a1", YES),
        ({"carry_long": 1_000, "ytd_short": 500}, "-200 b2, -9 a1", YES),
        ({"carry_long": 1_000, "ytd_short": 500}, "-29 a1", YES),
        ({"carry_long": 1_000, "ytd_short": 500}, "-31 a1", NO),
        # over already, and losses are welcome
        ({"ytd_long": 1_500}, "", YES),
        ({"ytd_long": 1_500}, "-1 a1", NO),
        ({"ytd_long": 1_500}, "-1 b1", YES),
    ],
)
def test_taxable_gains_are_after_carryforwards(
    carried: dict[str, int], trades: str, allowed: bool
) -> None:
    home = replace(usual(), tax_entities={"T1": taxpayer(**carried)})
    rule = "keep taxable gains at most $1,000 each year"
    assert both(home, rule, trades) == (allowed, allowed)


def test_losses_of_one_taxpayer_are_not_the_others() -> None:
    couple = household(
        account("TX", 0, lot("a1", "AAA", 200, 10_000)),
        account("SP", 0, lot("s1", "AAA", 200, 10_000), entity="T2"),
        entities=(taxpayer("T1", carry_long=5_000), taxpayer("T2")),
    )
    rule = "keep taxable gains at most $1,000 each year per household"
    assert both(couple, rule, "-99 a1, -19 s1") == (YES, YES)
    assert both(couple, rule, "-99 a1, -21 s1") == (NO, NO)
    assert both(couple, rule, "-109 a1, -9 s1") == (YES, YES)
    assert both(couple, rule, "-111 a1, -10 s1") == (NO, NO)
    together = "keep realized gains at most $6,000 each year per household"
    assert both(couple, together, "-99 a1, -20 s1") == (YES, YES)


def test_taxable_gains_hold_back_a_rebalancing() -> None:
    home = replace(usual(), tax_entities={"T1": taxpayer(carry_short=700)})
    home = replace(home, accounts=(account("TX", 20_000, lot("a1", "AAA", 800, 10_000)),))
    rule = "keep taxable gains at most $300 each year per taxpayer"
    proposal = propose(home, policy(home, rule))
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert proposal.closing is not None
    assert 900 < sum(proposal.closing.realized("T1", after=True)) <= 1_000


def test_a_tax_budget_that_is_a_share_of_accounts() -> None:
    """K17: 1% of the taxpayer's accounts together, which is $1,100, and $500 once for all."""
    home = usual()
    small = account("T2", 0, lot("x1", "CCC", 500, 8_000))
    home = replace(home, accounts=(*home.accounts, small))
    rule = "keep realized tax at most the smaller of $500 and 1% of account each year"
    assert both(home, rule, "-49 a1") == (YES, YES)
    assert both(home, rule, "-51 a1") == (NO, NO)
    found = breaches(home, policy(home, rule), "-51 a1")
    assert found[0].bound == Decimal(500)
    assert closing(home, policy(home, rule), "-51 a1").tax("T1", after=True).cost == 510
    wider = "keep realized tax at most the smaller of $2,000 and 1% of account each year"
    assert both(home, wider, "-109 a1") == (YES, YES)
    assert both(home, wider, "-111 a1") == (NO, NO)


def test_what_a_taxpayer_has_counts_once_beside_a_share_of_accounts() -> None:
    """1% of two accounts is $1,100; the carryforward of $200 is the taxpayer's, not each one's."""
    home = replace(usual(), tax_entities={"T1": taxpayer(carry_long=200)})
    small = account("T2", 0, lot("x1", "CCC", 500, 8_000))
    home = replace(home, accounts=(*home.accounts, small))
    rule = "keep taxable gains at most 1% of account plus taxpayer.carry_long each year"
    found = breaches(home, policy(home, rule), "-150 a1")
    assert [breach.bound for breach in found] == [Decimal(1_300)]
