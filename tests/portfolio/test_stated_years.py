"""What a taxpayer's year is said to be, and what its transactions come to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portfolio.book import load_book
from portfolio.findings import Finding, FindingSeverity
from tests.portfolio.breaking import AS_OF

D = Decimal
TAXPAYER = "T00006"


def years(folder: Any) -> list[Finding]:
    return [found for found in folder.load().findings if found.code == "B0604"]


def trade(folder: Any, account: str, days: int, action: str, shares: str, **cells: str) -> None:
    named = {"security_id": "AGG2", "amount": str(10 * int(shares))} | cells
    day = (AS_OF - timedelta(days=days)).isoformat()
    folder.add("transactions", date=day, account_id=account, action=action, shares=shares, **named)


def state(folder: Any, more_short: str) -> None:
    """The year as it was, and so much more."""

    def change(rows: list[dict[str, str]]) -> None:
        row = next(row for row in rows if row["tax_entity_id"] == TAXPAYER)
        row["ytd_short"] = str(D(row["ytd_short"]) + D(more_short))

    folder.edit("tax_entities", change)


@pytest.fixture
def empty(folder: Any) -> Any:
    """The book without positions and transactions in AGG2."""
    lost = [row for row in folder.rows("transactions") if row["security_id"] == "AGG2"]
    assert not any(row["realized_gain"] for row in lost)
    for table in ("lots", "transactions"):
        folder.remove(table, "security_id", "AGG2")
    return folder


def sold_and_bought_back(folder: Any, account: str = "H00006-SP") -> None:
    cells = {"realized_gain": "-16", "term": "short"}
    trade(folder, "H00006-TX", 20, "sell", "8", **cells)
    trade(folder, account, 10, "buy", "3", lot_id="NEW")
    folder.add(
        "lots",
        lot_id="NEW",
        account_id=account,
        security_id="AGG2",
        acquired=(AS_OF - timedelta(days=10)).isoformat(),
        shares="3",
        basis="30",
    )


def test_a_year_after_wash_sales_says_nothing(empty: Any) -> None:
    sold_and_bought_back(empty)
    state(empty, "-10")
    assert years(empty) == []


@pytest.mark.parametrize("account", ["H00006-SP", "H00006-IRA", "H00006-TX"])
def test_a_year_before_wash_sales_is_found_and_the_wash_sale_named(
    empty: Any, account: str
) -> None:
    sold_and_bought_back(empty, account)
    state(empty, "-16")
    (found,) = years(empty)
    assert found.severity is FindingSeverity.WARNING
    assert (found.accounts, found.households, found.household_id) == ((), (), "H00006")
    assert "a difference of $6.00" in found.message
    assert (
        "3 of AGG2 sold at a loss in H00006-TX on 2026-02-14 were replaced by shares bought in "
        f"{account} on 2026-02-24: $6.00 is disallowed"
    ) in found.message


def test_a_difference_that_no_wash_sale_explains_is_found_without_one(empty: Any) -> None:
    sold_and_bought_back(empty)
    state(empty, "-20")
    (found,) = years(empty)
    assert "a difference of $10.00" in found.message
    assert "disallowed" not in found.message


def test_the_stated_year_is_used(empty: Any) -> None:
    sold_and_bought_back(empty)
    before = empty.load().household("H00006").tax_entities[TAXPAYER].ytd_short
    state(empty, "-16")
    after = empty.load().household("H00006").tax_entities[TAXPAYER].ytd_short
    assert after == before - 16


@pytest.mark.parametrize("lost", ["amount", "term", "realized_gain"])
def test_a_history_that_cannot_be_told_says_nothing(empty: Any, lost: str) -> None:
    sold_and_bought_back(empty)
    state(empty, "-16")
    assert years(empty)
    empty.set("transactions", "security_id", "AGG2", **{lost: ""})
    assert years(empty) == []


def test_transactions_that_do_not_reach_back_say_nothing(empty: Any) -> None:
    sold_and_bought_back(empty)
    state(empty, "-16")
    late = [row for row in empty.rows("transactions") if row["date"] > "2026-01-07"]
    empty.write("transactions", late)
    assert years(empty) == []


def test_a_cent_is_a_difference_and_less_is_none(folder: Any) -> None:
    state(folder, "0.009")
    assert years(folder) == []
    state(folder, "0.001")
    assert [found.column for found in years(folder)] == ["ytd_short"]


def test_a_year_of_another_book_is_not_compared(folder: Any) -> None:
    state(folder, "5")
    assert years(folder)
    assert [f for f in folder.load(date(2027, 1, 8)).findings if f.code == "B0604"] == []


def test_a_real_book_leaves_a_wash_sale_out(shared_book: Callable[[str], Path]) -> None:
    found = [each for each in load_book(shared_book("us500")).findings if each.code == "B0604"]
    assert [(each.household_id, each.column) for each in found] == [("H01016", "ytd_short")]
    assert "a difference of $868.77" in found[0].message
    assert "2024-01-26" in found[0].message
