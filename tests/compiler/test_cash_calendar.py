"""The cash of an account day by day, worked out by hand.

The run is on Monday 2026-06-15 and its trades settle on Tuesday the 16th. Friday the 19th and
Friday 2026-07-03 are holidays of the exchange.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.cash_calendar import Entry, cash_calendar
from portfolio.flows import due_before_settlement
from portfolio.household import Flow, Household, PastTrade
from portfolio.sessions import sessions_from, settles_on
from tests.by_hand import account, closing, household, lot, policy, usual

TAKEN = 'account "TX"'
KEEP = 'never sell "AAA", "BBB"'  # CCC for 10,000 and FND for 20,000 may be sold


def flowing(*flows: tuple[str, int], home: Household | None = None) -> Household:
    def flow(day: str, dollars: int) -> Flow:
        kind = "deposit" if dollars > 0 else "withdrawal"
        return Flow("TX", date.fromisoformat(day), Decimal(dollars), kind)

    return replace(home or usual(), flows=tuple(flow(*each) for each in flows))


def entries(home: Household, *rules: str, trades: str = "") -> list[Entry]:
    found = policy(home, *(rules or ("keep trades at most 99",)), layer=TAKEN)
    return list(cash_calendar(found, closing(home, found, trades)))


def shown(found: list[Entry]) -> list[tuple[str, str, int, int, str, int, int]]:
    return [
        (
            f"{e.session:%m-%d}",
            e.kind,
            int(e.amount),
            int(e.before),
            f"{e.raise_by:%m-%d}" if e.raise_by else "",
            int(e.to_raise),
            int(e.missing),
        )
        for e in found
    ]


def test_what_is_there_is_paid_and_the_rest_is_raised_in_time() -> None:
    """2026-08-01 is a Saturday: the money leaves on Friday, and Thursday's sales settle by then."""
    assert shown(entries(flowing(("2026-07-01", -15_000), ("2026-08-01", -15_000)))) == [
        ("07-01", "withdrawal", -15_000, 20_000, "", 0, 0),
        ("07-31", "withdrawal", -15_000, 5_000, "07-30", 10_000, 0),
    ]


def test_the_last_session_before_a_holiday_is_the_last_that_would_do() -> None:
    """Friday the 19th is closed: what is due on it leaves on Thursday, and Wednesday's sales are
    there; what is due on Monday takes Thursday's."""
    found = entries(flowing(("2026-06-19", -21_000), ("2026-06-22", -1_000)))
    assert shown(found) == [
        ("06-18", "withdrawal", -21_000, 20_000, "06-17", 1_000, 0),
        ("06-22", "withdrawal", -1_000, 0, "06-18", 1_000, 0),
    ]


def test_what_rules_keep_from_being_sold_is_missing_months_before() -> None:
    """20,000 of cash and 30,000 that may be sold: 10,000 of the second payment are missing."""
    flows = ("2026-09-01", -45_000), ("2026-12-01", -15_000), ("2027-01-04", -2_000)
    found = entries(flowing(*flows), KEEP)
    assert shown(found) == [
        ("09-01", "withdrawal", -45_000, 20_000, "08-31", 25_000, 0),
        ("12-01", "withdrawal", -15_000, 0, "11-30", 5_000, 10_000),
        ("01-04", "withdrawal", -2_000, 0, "12-31", 0, 2_000),
    ]
    assert found[1].in_the_way == (("r1", Decimal(50_000)),)


def test_what_enters_first_pays_and_what_enters_later_does_not() -> None:
    bare = flowing(("2026-07-01", -22_000), ("2026-07-01", 5_000), ("2026-07-02", 5_000))
    assert shown(entries(bare)) == [
        ("07-01", "deposit", 5_000, 20_000, "", 0, 0),
        ("07-01", "withdrawal", -22_000, 25_000, "", 0, 0),
        ("07-02", "deposit", 5_000, 3_000, "", 0, 0),
    ]
    late = flowing(("2026-07-01", -22_000), ("2026-07-02", 5_000))
    assert shown(entries(late))[0] == ("07-01", "withdrawal", -22_000, 20_000, "06-30", 2_000, 0)
    # Sunday's deposit is there on Monday, Sunday's payment leaves on Thursday before the holiday
    closed = flowing(("2026-07-05", -22_000), ("2026-07-05", 5_000))
    assert [each[:2] for each in shown(entries(closed))] == [
        ("07-02", "withdrawal"),
        ("07-06", "deposit"),
    ]


def test_trades_and_unsettled_cash_are_there_when_they_settle() -> None:
    taxable, ira = usual().accounts
    home = household(replace(taxable, cash=Decimal(5_000), unsettled_cash=Decimal(15_000)), ira)
    flows = ("2026-06-15", -8_000), ("2026-06-16", -8_000), ("2026-06-17", -8_000)
    assert shown(entries(flowing(*flows, home=home), trades="-10 a1, +100 CCC TX")) == [
        ("06-15", "withdrawal", -8_000, 5_000, "", 0, 3_000),  # overdrawn for a day
        ("06-16", "settlement", 14_000, -3_000, "", 0, 0),
        ("06-16", "withdrawal", -8_000, 11_000, "", 0, 0),
        ("06-17", "withdrawal", -8_000, 3_000, "06-16", 5_000, 0),
    ]


@pytest.mark.parametrize(
    ("sold", "shown_first"),
    [
        (
            "10000",
            [("06-16", "settlement", 9_997, 5_000), ("06-16", "withdrawal", -14_000, 14_997)],
        ),
        ("2000", [("06-16", "withdrawal", -14_000, 5_000), ("06-17", "settlement", 9_997, -9_000)]),
    ],
)
def test_what_is_unsettled_comes_when_the_trades_that_explain_it_settle(
    sold: str, shown_first: list[tuple[str, str, int, int]]
) -> None:
    """In two days: Friday's sale on Tuesday, what nobody knows of on Wednesday with today's."""
    taxable, ira = usual().accounts
    home = household(replace(taxable, cash=Decimal(5_000), unsettled_cash=Decimal(9_997)), ira)
    sale = PastTrade("TX", home.securities["CCC"], date(2026, 6, 12), Decimal(-9), -Decimal(sold))
    home = replace(home, settlement_days=2, past_trades=(sale,))
    found = shown(entries(flowing(("2026-06-16", -14_000), home=home)))
    assert [each[:4] for each in found] == shown_first


def test_of_what_is_sold_bit_by_bit_no_more_can_be_raised() -> None:
    """Ten shares of BBB a month from June on: thirty by the end of August, less what was sold."""
    plan = 'sell 120 shares of "BBB" evenly over 12 months\nfrom 2026-06-01'
    rules = 'never sell "AAA", "CCC", "FND"', plan
    (entry,) = entries(flowing(("2026-09-01", -40_000)), *rules)
    assert shown([entry])[0][-2:] == (1_500, 18_500)
    assert entry.in_the_way == (("r1", Decimal(50_000)), ("r2", Decimal(28_500)))
    *_, entry = entries(flowing(("2026-09-01", -40_000)), *rules, trades="-10 b1")
    assert shown([entry])[0][-2:] == (1_000, 18_500)


def test_what_was_sold_today_cannot_be_sold_again() -> None:
    flows = ("2026-06-16", -40_000), ("2026-09-01", -15_000)
    found = entries(flowing(*flows), KEEP, trades="-500 f1")
    assert shown(found) == [
        ("06-16", "settlement", 20_000, 20_000, "", 0, 0),
        ("06-16", "withdrawal", -40_000, 40_000, "", 0, 0),
        ("09-01", "withdrawal", -15_000, 0, "08-31", 10_000, 5_000),
    ]
    bought = entries(flowing(("2026-09-01", -50_000)), KEEP, trades="+500 DDD TX")
    assert shown(bought)[1] == ("09-01", "withdrawal", -50_000, 15_000, "08-31", 35_000, 0)


def test_a_ban_that_ends_before_the_last_day_to_sell_is_not_in_the_way() -> None:
    ends = f"{KEEP}\nuntil 2026-08-30"
    assert shown(entries(flowing(("2026-09-01", -60_000)), ends))[0][-2:] == (40_000, 0)
    still = f"{KEEP}\nuntil 2026-08-31"
    assert shown(entries(flowing(("2026-09-01", -60_000)), still))[0][-2:] == (30_000, 10_000)
    begins = f"{KEEP}\nfrom 2026-08-31"
    assert shown(entries(flowing(("2026-09-01", -60_000)), begins))[0][-2:] == (30_000, 10_000)


def test_a_blackout_on_the_last_day_to_sell_is_in_the_way() -> None:
    window = "define dark as 2026-08-15 to 2026-09-10\n"
    dark = f"{window}rule r1\n    never trade anything\n    when today in dark\n"
    found = entries(flowing(("2026-09-01", -25_000), ("2026-10-01", -25_000)), dark)
    assert shown(found) == [
        ("09-01", "withdrawal", -25_000, 20_000, "08-31", 0, 5_000),
        ("10-01", "withdrawal", -25_000, 0, "09-30", 25_000, 0),
    ]
    assert found[0].in_the_way == (("r1", Decimal(80_000)),)


def test_lots_that_age_may_be_sold_later() -> None:
    """Lot b2, of 2026-01-15, is long-term from 2027-01-16."""
    young = 'never sell anything where lot.age below 1 year\nexcept "CCC"'
    rule = 'never sell "AAA", "CCC", "FND"', young
    early = entries(flowing(("2026-12-01", -45_000)), *rule)
    assert shown(early)[0][-2:] == (20_000, 5_000)
    late = entries(flowing(("2027-02-01", -45_000)), *rule)
    assert shown(late)[0][-2:] == (25_000, 0)


def test_reserves_are_apart_until_they_are_released() -> None:
    rules = "reserve $15,000 by 2026-07-10\nuntil 2026-08-31", "pay $8,000 by 2026-08-03"
    found = entries(usual(), *rules)
    assert shown(found) == [
        ("07-10", "reserve", -15_000, 20_000, "", 0, 0),
        ("08-03", "withdrawal", -8_000, 5_000, "07-31", 3_000, 0),
        ("09-01", "release", 15_000, 0, "", 0, 0),
    ]
    assert [each.source for each in found] == ["r1", "r2", "r1"]
    now = entries(usual(), "reserve $15,000 by 2026-06-16", "pay $8,000 by 2026-06-17")
    assert shown(now)[0] == ("06-16", "reserve", -15_000, 20_000, "", 0, 0)
    steps = entries(usual(), "reserve $12,000 evenly over 3 months\nfrom 2026-06-01")
    assert [each[:3] for each in shown(steps)] == [
        ("06-16", "reserve", -4_000),
        ("07-01", "reserve", -4_000),
        ("07-31", "reserve", -4_000),  # 1 August is a Saturday
    ]


def test_cash_that_has_to_stay_is_raised_for_and_is_not_missing() -> None:
    found = entries(flowing(("2026-09-01", -25_000)), KEEP, "keep cash at least $6,000")
    assert shown(found)[0] == ("09-01", "withdrawal", -25_000, 20_000, "08-31", 11_000, 0)
    none = entries(
        flowing(("2026-09-01", -18_000)), "never sell anything", "keep cash at least $6,000"
    )
    assert shown(none)[0] == ("09-01", "withdrawal", -18_000, 20_000, "", 0, 0)


@pytest.mark.parametrize(
    ("more", "way"),
    [({"frozen": ("no price",)}, ""), ({"held_away": True}, None)],
)
def test_an_account_that_may_not_trade_raises_nothing(
    more: dict[str, object], way: str | None
) -> None:
    home = household(account("TX", 1_000, lot("a1", "AAA", 10, 500), **more), usual().accounts[1])
    found = entries(flowing(("2026-09-01", -1_500), home=home))
    if way is None:
        assert found == []
        return
    assert shown(found)[0][-1] == 500
    assert found[0].in_the_way == ((way, Decimal(1_000)),)


def test_rmds_leave_the_ira_of_the_book() -> None:
    home = replace(usual(), flows=(Flow("IRA", date(2026, 12, 31), Decimal(-12_000), "rmd"),))
    (entry,) = entries(home)
    assert (entry.account_id, entry.kind, entry.to_raise) == ("IRA", "rmd", 2_000)
    assert entry.raise_by == date(2026, 12, 30)


def test_a_longer_cycle_of_settlement() -> None:
    """Trades settle in two days, Wednesday the 17th; to be there on Thursday the 18th they have to
    be made on Tuesday, for Monday the 22nd on Wednesday."""
    flows = ("2026-06-16", -25_000), ("2026-06-18", -1_000), ("2026-06-22", -2_000)
    home = replace(flowing(*flows), settlement_days=2)
    assert shown(entries(home, trades="-40 a1")) == [
        ("06-16", "withdrawal", -25_000, 20_000, "", 0, 5_000),  # nothing settles by then
        ("06-17", "settlement", 4_000, -5_000, "", 0, 0),
        ("06-18", "withdrawal", -1_000, -1_000, "06-16", 2_000, 0),
        ("06-22", "withdrawal", -2_000, 0, "06-17", 2_000, 0),
    ]


def test_banks_that_are_closed_pay_on_the_day_before() -> None:
    """12 October 2026 is Columbus Day: the exchange trades and nothing settles."""
    home = replace(flowing(("2026-10-12", -21_000), ("2026-10-12", 500)), as_of=date(2026, 10, 1))
    assert shown(entries(home)) == [
        ("10-09", "withdrawal", -21_000, 20_000, "10-08", 1_000, 0),
        ("10-13", "deposit", 500, 0, "", 0, 0),
    ]


def test_a_leap_day_and_the_ends_of_months() -> None:
    home = replace(usual(), as_of=date(2027, 12, 15))
    rules = policy(home, "pay $100 each month on day 31", "pay $7 each year on February 29")
    found = cash_calendar(rules, closing(home, rules, ""))
    days = [f"{e.day:%m-%d}" for e in found if e.source == "r1"]
    assert days[:4] == ["12-31", "01-31", "02-29", "03-31"]
    assert [f"{e.day}" for e in found if e.source == "r2"] == ["2028-02-29"]


def test_two_payments_within_one_cycle_are_one_need() -> None:
    found = entries(flowing(("2026-07-01", -15_000), ("2026-07-02", -15_000), ("2026-07-02", -1)))
    assert [each[-3:] for each in shown(found)] == [
        ("", 0, 0),
        ("07-01", 10_000, 0),
        ("07-01", 1, 0),
    ]


# --- laws -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 1, 2, 3])
def test_the_last_day_to_sell_is_the_day_on_which_the_run_raises_it(days: int) -> None:
    """For every day of a quarter with Columbus Day, Veterans Day, Thanksgiving, Christmas: a run
    on the day that the calendar names has to raise the payment, and one on the session before has
    not, unless its trades settle on the same day."""
    for ahead in range(100):
        due = date(2026, 10, 5) + timedelta(days=ahead)
        home = replace(
            usual(),
            as_of=date(2026, 9, 1),
            settlement_days=days,
            flows=(Flow("TX", due, Decimal(-21_000), "withdrawal"),),
        )
        (entry,) = entries(home)
        assert entry.raise_by is not None
        assert entry.session <= due
        taken = {"TX": Decimal(-21_000)}
        assert due_before_settlement(replace(home, as_of=entry.raise_by)) == taken, due
        before = sessions_from(entry.raise_by, -1)
        if settles_on(before, days) < settles_on(entry.raise_by, days):
            assert due_before_settlement(replace(home, as_of=before)) == {}, due


FLOWS = st.lists(
    st.tuples(
        st.dates(date(2026, 6, 15), date(2027, 6, 14)),
        st.integers(-60_000, 20_000).filter(bool),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(FLOWS, st.integers(-5_000, 20_000), st.sampled_from([KEEP, "keep trades at most 99"]))
def test_dollars_are_neither_lost_nor_made(
    flows: list[tuple[date, int]], cash: int, rule: str
) -> None:
    taxable, ira = usual().accounts
    home = household(replace(taxable, cash=Decimal(cash)), ira)
    home = flowing(*((day.isoformat(), dollars) for day, dollars in flows), home=home)
    found = entries(home, rule)
    assert len(found) == len(flows)
    there = Decimal(cash)
    for entry in found:
        assert entry.before == there
        paid_late = entry.session > date(2026, 6, 15)
        there += entry.amount + entry.to_raise + (entry.missing if paid_late else 0)
        assert 0 <= entry.missing <= max(Decimal(0), -entry.amount)
        if entry.amount < 0 and entry.raise_by:
            assert entry.to_raise + entry.missing > 0
    # Nothing is missing while something may still be sold, and no lot is sold twice.
    sellable = Decimal(30_000 if rule == KEEP else 80_000)
    raised = sum((entry.to_raise for entry in found), Decimal(0))
    assert raised <= sellable
    if any(entry.missing and entry.raise_by for entry in found):
        assert raised == sellable
