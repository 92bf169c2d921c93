"""Cash by date, and settlement."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from portfolio.flows import due_before_settlement, expand, settlement_days
from portfolio.sessions import settles_on

D = Decimal


@pytest.mark.parametrize(
    ("day", "days"),
    [("2017-09-04", 3), ("2017-09-05", 2), ("2024-05-27", 2), ("2024-05-28", 1)],
)
def test_settlement_by_trade_date(day: str, days: int) -> None:
    assert settlement_days(date.fromisoformat(day)) == days


def days(first: str, recurrence: str | None, until: str | None, as_of: str) -> list[str]:
    last = None if until is None else date.fromisoformat(until)
    flows = expand(
        "A",
        date.fromisoformat(first),
        D(-5),
        recurrence,
        "withdrawal",
        last,
        date.fromisoformat(as_of),
    )
    assert {(flow.account_id, flow.amount, flow.kind) for flow in flows} <= {
        ("A", D(-5), "withdrawal")
    }
    return [flow.day.isoformat() for flow in flows]


def test_once_unless_it_is_past_or_far() -> None:
    assert days("2026-05-01", None, None, "2026-03-06") == ["2026-05-01"]
    assert days("2026-03-06", None, None, "2026-03-06") == ["2026-03-06"]
    assert days("2026-03-05", None, None, "2026-03-06") == []
    assert days("2027-03-07", None, None, "2026-03-06") == []


def test_a_month_end_stays_a_month_end() -> None:
    found = days("2026-01-31", "monthly", "2026-05-31", "2026-02-01")
    assert found == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


def test_a_year_ahead_and_no_further() -> None:
    assert len(days("2020-01-15", "monthly", None, "2026-03-06")) == 12
    assert days("2020-01-15", "quarterly", None, "2026-03-06") == [
        "2026-04-15",
        "2026-07-15",
        "2026-10-15",
        "2027-01-15",
    ]
    assert days("2024-02-29", "yearly", None, "2026-03-06") == ["2027-02-28"]


def test_trades_settle_over_weekends_and_holidays() -> None:
    assert settles_on(date(2026, 3, 6), 1) == date(2026, 3, 9)
    # Good Friday and the weekend after it.
    assert settles_on(date(2026, 4, 2), 1) == date(2026, 4, 6)
    assert settles_on(date(2026, 3, 7), 1) == date(2026, 3, 10)


def test_cash_due_before_the_sale_settles(folder: Any) -> None:
    # Friday's trades settle on Monday the 9th, Monday's on Tuesday the 10th.
    flows = (
        ("2026-03-06", "-100"),
        ("2026-03-08", "30"),
        ("2026-03-09", "-7"),
        ("2026-03-10", "-1000"),
        ("2026-03-10", "5000"),
    )
    for day, amount in flows:
        folder.add("flows", account_id="H00002-TX", date=day, amount=amount)
    household = folder.load().household("H00002")
    assert household.settlement_days == 1
    assert due_before_settlement(household) == {"H00002-TX": D(-77)}
    assert {flow.kind for flow in household.flows} == {"withdrawal", "deposit"}
