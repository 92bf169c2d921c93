"""A quarter of four households, day by day, through a custodian that knows no policy.

The last quarter of 2023: trades settle in two days, banks are closed on a session in October, the
exchange on two days, and the year ends on a Sunday. All days and dollars below are written by hand.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.simulation import invariants
from tests.simulation.daybook import Log

STEPS = [date(2023, month, 2) for month in (10, 11, 12)]
BLACKOUT = date(2023, 10, 30), date(2023, 11, 10)
NEVER_BUY_ENDS = date(2023, 11, 10)
NEW_MODEL = date(2023, 11, 15)
DATED = {
    "FAM": [NEW_MODEL],
    "SAV": [*STEPS, NEVER_BUY_ENDS + timedelta(days=1)],
    "EXE": [*STEPS, BLACKOUT[0], BLACKOUT[1] + timedelta(days=1)],
}
FLOWS = {
    "RET-TX": [
        ("2023-10-12", "withdrawal", "-2400.00"),
        ("2023-10-31", "withdrawal", "-6500.00"),
        ("2023-11-30", "withdrawal", "-6500.00"),
        ("2023-12-29", "withdrawal", "-6500.00"),  # the 31st is a Sunday
    ],
    "RET-IRA": [("2023-12-29", "rmd", "-22000.00")],
    "SAV-TX": [
        ("2023-10-16", "deposit", "3000.00"),  # the 15th is a Sunday
        ("2023-11-15", "deposit", "3000.00"),
        ("2023-12-15", "deposit", "3000.00"),
    ],
    "FAM-TX": [
        ("2023-10-10", "fee", "-1450.00"),
        ("2023-11-24", "withdrawal", "-30000.00"),
        ("2023-11-27", "deposit", "12000.00"),  # the 25th is a Saturday
    ],
    "FAM-IRA": [],
    "FAM-ROTH": [],
    "EXE-TX": [("2023-10-10", "fee", "-1100.00"), ("2023-12-15", "tax", "-150000.00")],
}
pytestmark = pytest.mark.long


def test_the_quarter_has_every_session(quarter: Log) -> None:
    assert len(quarter.days) == 63
    assert not {date(2023, 11, 23), date(2023, 12, 25)} & set(quarter.days)


def test_orders_settle_when_banks_are_open(quarter: Log) -> None:
    by_hand = {  # Columbus Day, Thanksgiving and Christmas are no days of settlement
        "2023-10-02": "2023-10-04",
        "2023-10-05": "2023-10-10",
        "2023-10-06": "2023-10-11",
        "2023-10-09": "2023-10-11",
        "2023-11-21": "2023-11-24",
        "2023-11-22": "2023-11-27",
        "2023-12-21": "2023-12-26",
    }
    evenings = quarter.evenings
    assert {d: f"{evenings[date.fromisoformat(d)].settles}" for d in by_hand} == by_hand


def test_no_account_is_overdrawn_on_any_day(quarter: Log) -> None:
    assert invariants.overdrawn(quarter) == []


def test_cash_and_lots_balance_every_day(quarter: Log) -> None:
    assert invariants.unbalanced(quarter) == []
    assert invariants.misreckoned(quarter) == []


def test_every_household_has_an_answer_every_day(quarter: Log) -> None:
    assert len(quarter.looks) == 63 * 4
    assert invariants.unsolved(quarter) == []


@pytest.mark.parametrize("account", FLOWS)
def test_every_flow_is_made_once_on_its_day(quarter: Log, account: str) -> None:
    assert invariants.wrong_payments(quarter, account, FLOWS[account]) == []


def test_only_the_tax_bill_is_short_and_it_was_foretold(quarter: Log) -> None:
    short = [posting for posting in quarter.postings if posting.short]
    assert [(each.flow.account_id, each.flow.kind) for each in short] == [("EXE-TX", "tax")]
    # Every evening from the first on, ten weeks ahead.
    assert invariants.not_foretold(quarter, ahead=quarter.days.index(date(2023, 12, 13))) == []
    assert invariants.cried_wolf(quarter) == []


def test_no_loss_is_washed(quarter: Log) -> None:
    assert sum(fill.gain < 0 for fill in quarter.fills) > 10
    assert invariants.washed(quarter) == []


def test_no_order_is_made_twice(quarter: Log) -> None:
    assert invariants.repeated(quarter) == []


def test_a_second_look_at_the_same_evening_trades_nothing(quarter: Log) -> None:
    assert sum(look.again is not None for look in quarter.looks) > 20
    assert invariants.restless(quarter) == []


def test_while_nothing_moves_and_nothing_is_due_nothing_is_traded(quarter: Log) -> None:
    assert invariants.causeless(quarter, DATED) == []


# --- dated rules ----------------------------------------------------------------------------------


def test_a_never_buy_ends_on_its_day_and_the_name_is_picked_up(quarter: Log) -> None:
    bought = [fill.day for fill in invariants.trades_of(quarter, "SAV-TX", "INT1", "buy")]
    assert min(bought) == date(2023, 11, 13)  # the first session after its last day, a Friday


def test_a_model_holds_from_its_first_day(quarter: Log) -> None:
    """Its new fund is 8% of the household's one target, in whichever account is best."""
    bought = [
        fill.day
        for account in ("FAM-TX", "FAM-IRA", "FAM-ROTH")
        for fill in invariants.trades_of(quarter, account, "EMG1", "buy")
    ]
    assert min(bought) == NEW_MODEL
    worth = invariants.worth(quarter, "FAM", NEW_MODEL)
    assert Decimal("0.05") < worth["EMG1"] / sum(worth.values()) < Decimal("0.11")


def test_a_blackout_holds_and_the_plan_is_caught_up_after_it(quarter: Log) -> None:
    sold = invariants.trades_of(quarter, "EXE-TX", "ACME")
    assert [(fill.side, f"{fill.day}", fill.shares) for fill in sold] == [
        ("sell", "2023-10-02", 100),
        ("sell", "2023-11-13", 100),  # due on the 2nd, inside the blackout
        ("sell", "2023-12-04", 100),  # the 2nd is a Saturday
    ]


def test_what_is_invested_bit_by_bit_is_held_back_till_then(quarter: Log) -> None:
    for day, evening in quarter.evenings.items():
        begun = sum(step <= day for step in STEPS)
        # A deposit of the day on which orders settle pays for them.
        coming = sum(
            posting.done
            for posting in quarter.postings
            if posting.flow.account_id == "SAV-TX" and day < posting.day <= evening.settles
        )
        cash = evening.cash["SAV-TX"] + evening.unsettled["SAV-TX"] + coming
        assert cash >= Decimal(60_000) * (6 - begun) / 6, day
    # What is released is invested on the day, or, where it waits for a stand-in, on the next.
    for day, most in ((date(2023, 10, 3), 55_000), (date(2023, 12, 5), 35_000)):
        evening = quarter.evenings[day]
        assert evening.cash["SAV-TX"] + evening.unsettled["SAV-TX"] < most, day


def test_three_months_of_withdrawals_are_there_every_evening(quarter: Log) -> None:
    withdrawals = [(date(2023, 10, 12), 2400), (date(2024, 1, 12), 2400)]
    ends = (date(2023, 10, 31), date(2023, 11, 30), date(2023, 12, 31), date(2024, 1, 31))
    withdrawals += [(day, 6500) for day in (*ends, date(2024, 2, 29), date(2024, 3, 31))]
    for day, evening in quarter.evenings.items():
        last = day + timedelta(days=89)  # no three months are shorter
        paid = {posting.flow.day for posting in quarter.postings if posting.day <= day}
        ahead = sum(n for due, n in withdrawals if due not in paid and due <= last)
        assert evening.cash["RET-TX"] + evening.unsettled["RET-TX"] >= ahead, day


def test_a_name_sold_at_a_loss_is_stood_in_for(quarter: Log) -> None:
    losses = [fill for fill in invariants.trades_of(quarter, "RET-TX", "BND1") if fill.gain < 0]
    stand_in = invariants.trades_of(quarter, "RET-TX", "BND2", "buy")
    assert [fill.day for fill in losses][:1] == [date(2023, 10, 2)]
    assert [fill.day for fill in stand_in][:1] == [date(2023, 10, 3)]
