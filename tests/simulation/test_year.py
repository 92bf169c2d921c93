"""The same four households for a year: a new tax year, a leap February, holidays on month ends, and
from 2024-05-28 on orders that settle in one day instead of two."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.simulation import invariants
from tests.simulation.conftest import HERE
from tests.simulation.daybook import Log, sessions, simulate
from tests.simulation.test_quarter import BLACKOUT, NEVER_BUY_ENDS, NEW_MODEL

pytestmark = [pytest.mark.long, pytest.mark.minutes]
STEPS = [date(2023, month, 2) for month in (10, 11, 12)]
STEPS += [date(2024, month, 2) for month in range(1, 10)]
NEW_YEAR = date(2024, 1, 1)
DATED = {
    "RET": [NEW_YEAR],
    "FAM": [NEW_MODEL, NEW_YEAR],
    "SAV": [*STEPS[:6], NEVER_BUY_ENDS + timedelta(days=1), NEW_YEAR],
    "EXE": [*STEPS, BLACKOUT[0], BLACKOUT[1] + timedelta(days=1), NEW_YEAR],
}
INSURANCE = ("2023-10-12", "2024-01-12", "2024-04-12", "2024-07-12")
MONTH_ENDS = (
    *("2023-10-31", "2023-11-30", "2023-12-29", "2024-01-31"),
    *("2024-02-29", "2024-03-28"),  # a leap day; Good Friday and a Sunday at the end of March
    *("2024-04-30", "2024-05-31", "2024-06-28", "2024-07-31", "2024-08-30", "2024-09-30"),
)
DEPOSITS = (
    *("2023-10-16", "2023-11-15", "2023-12-15", "2024-01-16", "2024-02-15", "2024-03-15"),
    *("2024-04-15", "2024-05-15", "2024-06-17", "2024-07-15", "2024-08-15", "2024-09-16"),
)
FEES = ("2023-10-10", "2024-01-10", "2024-04-10", "2024-07-10")
FLOWS = {
    "RET-TX": [
        *((day, "withdrawal", "-2400.00") for day in INSURANCE),
        *((day, "withdrawal", "-6500.00") for day in MONTH_ENDS),
        ("2024-01-12", "tax", "-9000.00"),  # the 15th is a holiday
    ],
    "RET-IRA": [("2023-12-29", "rmd", "-22000.00")],
    "SAV-TX": [(day, "deposit", "3000.00") for day in DEPOSITS],
    "FAM-TX": [
        *((day, "fee", "-1450.00") for day in FEES),
        ("2023-11-24", "withdrawal", "-30000.00"),
        ("2023-11-27", "deposit", "12000.00"),
    ],
    "EXE-TX": [
        *((day, "fee", "-1100.00") for day in FEES),
        ("2023-12-15", "tax", "-150000.00"),
    ],
}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Log:
    days = sessions(date(2023, 10, 2), date(2024, 9, 30))
    away: Path = tmp_path_factory.mktemp("year")
    return simulate(HERE / "opening", HERE / "policies", away, days, seed=1)


def test_nothing_that_must_never_be_is(year: Log) -> None:
    assert len(year.days) == 251
    assert invariants.overdrawn(year) == []
    assert invariants.unbalanced(year) == []
    assert invariants.misreckoned(year) == []
    assert invariants.unsolved(year) == []
    assert invariants.washed(year) == []


def test_nothing_is_done_twice_or_for_no_reason(year: Log) -> None:
    assert invariants.repeated(year) == []
    assert invariants.restless(year) == []
    assert invariants.causeless(year, DATED) == []


@pytest.mark.parametrize("account", FLOWS)
def test_every_flow_is_made_once_on_its_day(year: Log, account: str) -> None:
    assert invariants.wrong_payments(year, account, FLOWS[account]) == []


def test_only_the_tax_bill_is_short_and_it_was_foretold(year: Log) -> None:
    assert [each.flow.kind for each in year.postings if each.short] == ["tax"]
    assert invariants.not_foretold(year, ahead=50) == []
    assert invariants.cried_wolf(year) == []


def test_the_last_orders_of_the_longer_cycle_settle_with_the_first_of_the_shorter(
    year: Log,
) -> None:
    by_hand = {
        "2024-02-28": "2024-03-01",
        "2024-05-23": "2024-05-28",
        "2024-05-24": "2024-05-29",
        "2024-05-28": "2024-05-29",
        "2024-05-29": "2024-05-30",
    }
    evenings = year.evenings
    assert {d: f"{evenings[date.fromisoformat(d)].settles}" for d in by_hand} == by_hand


def test_the_plan_is_done_by_its_end(year: Log) -> None:
    sold = invariants.trades_of(year, "EXE-TX", "ACME")
    assert sum(fill.shares for fill in sold) == 1200
    assert [f"{fill.day}" for fill in sold[3:]] == [
        *("2024-01-02", "2024-02-05", "2024-03-04", "2024-04-02", "2024-05-02", "2024-06-03"),
        *("2024-07-02", "2024-08-02", "2024-09-03"),
    ]
