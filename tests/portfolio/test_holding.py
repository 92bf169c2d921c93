"""Holding periods: the calendar rule on its hard days, and wherever the days fall."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.holding import first_long_day, holding_start, is_long_term, tacked_start
from portfolio.household import Lot

DAYS = st.dates(date(1960, 1, 1), date(2080, 1, 1))


def lot(acquired: date, holding_from: date | None = None) -> Lot:
    return Lot("L", "A", "S", acquired, Decimal(1), Decimal(1), holding_from)


@pytest.mark.parametrize(
    ("acquired", "first"),
    [
        ("2023-05-22", "2024-05-23"),
        ("2024-02-29", "2025-03-01"),
        ("2023-02-28", "2024-03-01"),
        ("2024-02-28", "2025-03-01"),
        ("2023-02-27", "2024-02-28"),
        ("2023-03-01", "2024-03-02"),
        ("2023-12-31", "2025-01-01"),
    ],
)
def test_first_long_day(acquired: str, first: str) -> None:
    assert first_long_day(date.fromisoformat(acquired)) == date.fromisoformat(first)


def test_the_anniversary_is_short_and_the_next_day_long() -> None:
    bought = lot(date(2023, 5, 22))
    assert not is_long_term(bought, date(2024, 5, 22))
    assert is_long_term(bought, date(2024, 5, 23))


def test_a_tacked_period_counts_from_its_own_start() -> None:
    tacked = lot(date(2024, 1, 10), holding_from=date(2023, 1, 10))
    assert holding_start(tacked) == date(2023, 1, 10)
    assert is_long_term(tacked, date(2024, 1, 11))


def test_tacking_adds_the_days_of_the_sold_lot() -> None:
    start = tacked_start(date(2013, 1, 12), date(2013, 1, 20), date(2013, 2, 2))
    assert start == date(2013, 1, 25)


@given(DAYS)
def test_a_year_and_a_day_or_two_at_most(acquired: date) -> None:
    assert timedelta(days=366) <= first_long_day(acquired) - acquired <= timedelta(days=367)


@given(DAYS, DAYS)
def test_bought_later_never_long_term_earlier(one: date, other: date) -> None:
    early, late = sorted((one, other))
    assert first_long_day(early) <= first_long_day(late)


def test_worked_examples(tax_cases: Callable[[str], Any]) -> None:
    cases = tax_cases("05_holding_period.yaml")
    checked = 0
    for case in cases:
        if case["kind"] == "holding_period":
            for check in case["inputs"]["checks"]:
                first = first_long_day(check["acquired"], check.get("months", 12))
                assert ("LT" if check["sold"] >= first else "ST") == check["term"], case["id"]
                assert first == check.get("first_long_day", first), case["id"]
                checked += 1
        elif case["kind"] == "tacking":
            for check in case["inputs"]["checks"]:
                start = tacked_start(
                    check["sold_lot_acquired"], check["loss_sale"], check["replacement_acquired"]
                )
                expected = check["expected"]["sum"]
                assert start == expected["eff_acquired"], case["id"]
                assert first_long_day(start) == expected["first_long_day"], case["id"]
                checked += 1
    assert checked > 10
