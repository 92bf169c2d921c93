"""Wash sales in small histories: what the law says of each, in round numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portfolio.holding import Period, Tacking, tacked
from portfolio.tax.broker import reported_disallowed
from portfolio.tax.events import Event, Sales, Split
from portfolio.tax.history import replay
from portfolio.tax.positions import HistoryError
from portfolio.tax.reading import Reading, SpouseRule
from tests.portfolio.tax.histories import HOLDERS, after, buy, day, row, sell

D = Decimal
OLD = buy("old", -400, 100, 50)


def lost(*events: Event, sale: str = "s", **options: object) -> tuple[Decimal, Decimal]:
    """(disallowed, of it for good) of a sale."""
    found = row(after(*events, **options), sale)
    return found.disallowed, found.permanent


@pytest.mark.parametrize(("bought", "washed"), [(-31, 0), (-30, 400), (0, 400), (30, 400), (31, 0)])
def test_the_window_has_sixty_one_days(bought: int, washed: int) -> None:
    new = buy("new", bought, 100, 47)
    events = sorted([OLD, sell("s", 0, 100, 46, "old"), new], key=lambda event: event.day)
    assert lost(*events) == (washed, 0)


def test_part_of_a_loss_goes_into_part_of_a_lot() -> None:
    outcome = after(OLD, sell("s", 0, 100, 46), buy("new", 5, 30, 47), buy("more", 6, 100, 48))
    assert row(outcome, "s").disallowed == 400
    lots = [(lot.lot_id, lot.shares, lot.basis, lot.used) for lot in outcome.open_lots]
    assert lots == [("new", 30, 1530, True), ("more", 70, 3640, True), ("more", 30, 1440, False)]


def test_what_was_just_bought_and_sold_replaces_nothing() -> None:
    outcome = after(OLD, buy("new", -5, 40, 48), sell("s", 0, 140, 46))
    assert [(each.lot_id, each.disallowed) for each in outcome.realised] == [("old", 0), ("new", 0)]


def test_sales_of_one_moment_leave_nothing_to_replace_each_other() -> None:
    """In one account it is one order's doing; in two accounts no order within the day is known."""
    first, second = buy("a", -5, 40, 50), buy("b", -4, 40, 50, account="T2")
    sales = sell("s", 0, 40, 46, "a"), sell("t", 0, 40, 46, "b", account="T2")
    one_by_one = after(first, second, *sales)
    assert row(one_by_one, "s").disallowed == 160
    together = replay([first, second, Sales("day", day(0), sales)], HOLDERS)
    assert [each.disallowed for each in together.realised] == [0, 0]


def test_what_sales_of_one_moment_leave_replaces_in_their_order() -> None:
    bought = buy("a", -400, 40, 50), buy("b", -400, 40, 50), buy("c", -5, 30, 47, account="T2")
    sales = sell("s", 0, 40, 46, "a"), sell("t", 0, 40, 46, "b")
    for order in (sales, sales[::-1]):
        outcome = replay([*bought, Sales("day", day(0), order)], HOLDERS)
        assert [row(outcome, each.id).disallowed for each in order] == [120, 0]


def test_what_is_left_of_a_recent_lot_does_not_replace_the_rest_of_it() -> None:
    assert lost(buy("a", 0, 100, 50), sell("s", 5, 60, 40)) == (0, 0)


def test_executions_of_one_buy_order_are_one_lot() -> None:
    first, second = buy("a", 0, 50, 50), buy("b", 0, 50, 50)
    sale = sell("s", 5, 50, 40, "a")
    assert lost(first, second, sale) == (500, 0)
    ordered = [replace(each, order_id="o") for each in (first, second)]
    assert lost(*ordered, sale) == (0, 0)


def test_a_replacement_that_was_sold_again_is_none() -> None:
    bought = buy("new", -10, 60, 40)
    sold = sell("g", -5, 25, 45, "new")
    assert lost(OLD, bought, sold, sell("s", 0, 100, 46, "old")) == (35 * 4, 0)


def test_the_earlier_sale_takes_the_purchase() -> None:
    outcome = after(OLD, sell("s1", 0, 50, 46), sell("s2", 3, 50, 40), buy("new", 5, 70, 41))
    assert row(outcome, "s1").disallowed == 200
    assert row(outcome, "s2").disallowed == 200
    assert [(loss.sale_id, loss.shares, loss.loss_per_share) for loss in outcome.open_losses] == [
        ("s2", 30, 10)
    ]


def test_a_chain_carries_the_loss_on() -> None:
    outcome = after(
        buy("a", 0, 10, 20),
        sell("sa", 10, 10, 10),
        buy("b", 20, 10, 30),
        sell("sb", 60, 10, 22),
        buy("c", 80, 10, 50),
        sell("sc", 120, 10, 100),
    )
    assert [each.recognised for each in outcome.realised] == [0, 0, 320]
    assert row(outcome, "sc").holding_from == day(80 - 40 - 10)


@pytest.mark.parametrize(
    ("account", "expected"),
    [("T2", (400, 0)), ("S1", (400, 0)), ("I1", (400, 400)), ("K1", (400, 400)), ("O1", (0, 0))],
)
def test_who_buys(account: str, expected: tuple[int, int]) -> None:
    events = (OLD, sell("s", 0, 100, 46), buy("new", 1, 100, 46, account))
    assert lost(*events) == expected
    assert reported_disallowed(events, HOLDERS)["T1"] == 0


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (SpouseRule.DEFERRED, (400, 0, 5000)),
        (SpouseRule.PERMANENT, (400, 400, 4600)),
        (SpouseRule.IGNORED, (0, 0, 4600)),
    ],
)
def test_what_a_spouse_s_purchase_does(rule: SpouseRule, expected: tuple[int, ...]) -> None:
    outcome = after(
        OLD, sell("s", 0, 100, 46), buy("new", 1, 100, 46, "S1"), reading=Reading(spouse=rule)
    )
    sold = row(outcome, "s")
    assert (sold.disallowed, sold.permanent, outcome.open_lots[0].basis) == expected


def test_readings_leave_plans_and_older_shares_out() -> None:
    events = (OLD, sell("s", 0, 100, 46), buy("new", 1, 100, 46, "K1"))
    assert lost(*events, reading=Reading(employer_plans=False)) == (0, 0)
    events = (buy("a", 0, 10, 50), buy("b", 1, 10, 50), sell("s", 5, 10, 40, "b"))
    assert lost(*events) == (100, 0)
    assert lost(*events, reading=Reading(bought_before=False)) == (0, 0)


def test_a_loss_in_an_ira_is_none() -> None:
    outcome = after(
        buy("a", 0, 10, 50, "I1"), sell("s", 5, 10, 40, account="I1"), buy("b", 6, 10, 40)
    )
    assert outcome.realised == ()
    assert outcome.open_lots[0].basis == 400


def test_groups_and_weights() -> None:
    events = (OLD, sell("s", 0, 100, 46), buy("new", 1, 20, 92, security="Y"))
    assert lost(*events) == (0, 0)
    assert lost(*events, groups={"X": ("G", D(1)), "Y": ("G", D(1))}) == (80, 0)
    assert lost(*events, groups={"X": ("G", D(1)), "Y": ("G", D(2))}) == (160, 0)


def test_a_split_in_between_changes_the_count_and_not_the_share() -> None:
    split = Split("sp", day(3), "X", D(2), D(1))
    outcome = after(OLD, sell("s", 0, 100, 46), split, buy("new", 5, 60, 23))
    assert row(outcome, "s").disallowed == 30 * 4
    (loss,) = outcome.open_losses
    assert (loss.shares, loss.loss_per_share) == (140, 2)


def test_a_split_that_each_account_records_is_one_split() -> None:
    both = [
        replace(Split("sp", day(3), "X", D(2), D(1)), account_id=account)
        for account in ("T1", "T2")
    ]
    other = buy("other", -300, 10, 50, "T2")
    outcome = after(OLD, other, sell("s", 0, 50, 46), *both, buy("new", 5, 60, 23))
    assert row(outcome, "s").disallowed == 30 * 4
    assert [lot.shares for lot in outcome.open_lots] == [100, 20, 60]


def test_three_ways_of_tacking_overlapping_periods() -> None:
    own, past = day(14), [Period(day(0), day(33))]
    assert tacked(own, past, Tacking.ADDED) == day(-19)
    assert tacked(own, past, Tacking.UNION) == day(0)
    assert tacked(own, past, Tacking.ORIGINAL_DATE) == day(0)
    gap = [Period(day(-50), day(-30)), Period(day(-40), day(-20))]
    assert tacked(day(0), gap, Tacking.UNION) == day(-30)
    assert tacked(day(0), gap, Tacking.ADDED) == day(-40)
    assert tacked(day(0), gap, Tacking.ORIGINAL_DATE) == day(-50)


def test_a_dividend_reinvested_in_an_ira_destroys_a_sliver() -> None:
    outcome = after(OLD, sell("s", 0, 100, 42), buy("drip", 5, "1.25", 41, "I1"))
    assert (row(outcome, "s").permanent, outcome.open_lots[0].basis) == (10, D("51.25"))


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((sell("s", 0, 10, 5),), "0 of X are held in T1"),
        ((OLD, sell("s", 0, 101, 5)), "disposes of 101 shares"),
        ((OLD, sell("s", 0, 10, 5, "none")), "the lot has 0"),
        ((OLD, OLD), "a lot that is there already"),
        ((replace(OLD, account_id="T9"),), "the account T9"),
        ((replace(OLD, shares=D(0)),), "acquires 0 shares"),
        ((OLD, sell("s", 0, 0, 5)), "disposes of 0 shares"),
    ],
)
def test_what_cannot_have_happened(events: tuple[Event, ...], said: str) -> None:
    with pytest.raises(HistoryError, match=said):
        after(*events)


def test_a_wash_sale_s_lot_is_long_term_with_the_days_of_the_other() -> None:
    outcome = after(
        buy("a", 0, 10, 50), sell("s", 345, 10, 46), buy("b", 352, 10, 45), sell("t", 378, 10, 55)
    )
    assert not row(outcome, "s").long_term
    sold = row(outcome, "t")
    assert (sold.long_term, sold.recognised, sold.acquired) == (True, 60, day(352))
    assert sold.holding_from == date(2025, 1, 13)
