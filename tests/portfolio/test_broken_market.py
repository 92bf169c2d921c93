"""Prices, models, funds, wash blocks and flows that do not hold together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.portfolio.breaking import (
    COUPLE,
    FUNDS,
    RETIREE,
    SMALLER,
    WORKER,
    Mistake,
    check,
    mistake,
)


def scale_model(by: float) -> Callable[[Any], None]:
    def change(rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["model_id"] == "BALANCED-FUND":
                row["weight"] = f"{float(row['weight']) * by:.4f}"

    return lambda folder: folder.edit("models", change)


def close_cycle(folder: Any) -> None:
    folder.add("models", model_id="A", component="B", weight="1")
    folder.add("models", model_id="B", component="A", weight="1")


def future_model(folder: Any) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["model_id"] == "CORE-DIRECT":
                row["effective_from"] = "2027-01-01"

    folder.edit("models", change)


def newest(folder: Any, security: str, **cells: str) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        row = [row for row in rows if row["security_id"] == security][-1]
        row.update(cells)

    folder.edit("prices", change)


def stop_quoting(security: str, day: str) -> Callable[[Any], None]:
    def change(rows: list[dict[str, str]]) -> None:
        rows[:] = [row for row in rows if row["security_id"] != security or row["date"] < day]

    return lambda folder: folder.edit("prices", change)


def old_price_unreadable(folder: Any) -> None:
    folder.set("prices", "security_id", "AGG1", close="n/a")


def fund_cycle(folder: Any) -> None:
    folder.add("constituents", fund_id="AGG1", security_id="BIL1", weight="1")
    folder.add("constituents", fund_id="BIL1", security_id="AGG1", weight="1")


def lose_wash_shares(folder: Any) -> None:
    folder.edit("wash_blocks", lambda rows: rows[0].update(shares=""))


def misstate_the_year(folder: Any) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        rows[0]["ytd_short"] = str(Decimal(rows[0]["ytd_short"]) + 1)

    folder.edit("tax_entities", change)


def lose_gain(folder: Any) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        recent = [row for row in rows if row["action"] == "sell" and row["date"] > "2026-02-10"]
        recent[0]["realized_gain"] = ""

    folder.edit("transactions", change)


def new_flow(account: str, **cells: str) -> Callable[[Any], None]:
    given = {"date": "2026-06-01", "amount": "-10", "kind": "withdrawal"} | cells
    return lambda folder: folder.add("flows", account_id=account, **given)


MISTAKES = (
    mistake(
        "no price",
        stop_quoting("AGG1", "2000-01-01"),
        "B0401",
        "prices.csv close",
        "'AGG1' has no price",
        FUNDS | COUPLE,
        {"H00002", "H00004", "H00006", "H00008"},
    ),
    mistake(
        "price in words",
        lambda f: newest(f, "AGG1", close="about 50"),
        "B0203",
        "prices.csv close",
        "'about 50'",
        FUNDS | COUPLE,
        {"H00002", "H00004", "H00006", "H00008"},
    ),
    mistake(
        "old price in words",
        old_price_unreadable,
        "B0203",
        "prices.csv close",
        "later closes are used",
        warning=True,
    ),
    mistake(
        "stale price",
        stop_quoting("BIL1", "2026-02-20"),
        "B0402",
        "prices.csv close",
        "the last price of 'BIL1' is of 2026-02-19",
        FUNDS | COUPLE,
        {"H00002", "H00004", "H00006", "H00008"},
    ),
    mistake(
        "no price of anything",
        lambda f: f.write_text("prices.csv", "date,security_id,close\n"),
        "B0403",
        "prices.csv",
        "no price on or before",
        stops=True,
    ),
    mistake(
        "two prices for a day",
        lambda f: f.add("prices", date="2026-03-06", security_id="AGG1", close="1.00"),
        "B0404",
        "prices.csv close",
        "'AGG1' closes at",
        FUNDS | COUPLE,
        {"H00002", "H00004", "H00006", "H00008"},
    ),
    mistake(
        "models in a circle",
        close_cycle,
        "B0501",
        "models.csv component",
        "A -> B -> A",
        stops=True,
    ),
    mistake(
        "funds in a circle",
        fund_cycle,
        "B0502",
        "constituents.csv security_id",
        "AGG1 -> BIL1 -> AGG1",
        FUNDS | COUPLE,
        {"H00002", "H00004", "H00006", "H00008"},
    ),
    mistake(
        "weights above 1",
        scale_model(1.1),
        "B0503",
        "models.csv weight",
        "'BALANCED-FUND' add up to 1.1",
        RETIREE | WORKER,
        {"H00004", "H00008"},
    ),
    mistake(
        "weights below 1",
        scale_model(0.9),
        "B0504",
        "models.csv weight",
        "'BALANCED-FUND' add up to 0.9: the rest is cash",
        warning=True,
    ),
    mistake(
        "component twice",
        lambda f: f.add("models", model_id="BALANCED-FUND", component="AGG1", weight="0"),
        "B0505",
        "models.csv component",
        "is given twice",
        RETIREE | WORKER,
        {"H00004", "H00008"},
    ),
    mistake(
        "model not yet in force",
        future_model,
        "B0506",
        "models.csv effective_from",
        "starts after 2026-03-06",
        SMALLER,
        {"H00005"},
    ),
    mistake(
        "alternate of nobody",
        lambda f: f.add(
            "models", model_id="BALANCED-FUND", component="IDX2", weight="0.5", rank="2"
        ),
        "B0507",
        "models.csv alternate_for",
        "has no component's weight, and does not say whose place it takes",
        warning=True,
    ),
    mistake(
        "wash block without shares",
        lose_wash_shares,
        "B0602",
        "wash_blocks.csv shares",
        "every purchase is blocked",
        warning=True,
    ),
    mistake(
        "sale without gain",
        lose_gain,
        "B0603",
        "transactions.csv realized_gain",
        "taken for a loss",
        warning=True,
    ),
    mistake(
        "year that leaves a sale out",
        misstate_the_year,
        "B0604",
        "tax_entities.csv ytd_short",
        "a difference of",
        warning=True,
    ),
    mistake(
        "flow without amount",
        new_flow("H00002-TX", amount=""),
        "B0201",
        "flows.csv amount",
        "`amount` is empty",
        {"H00002-TX"},
    ),
    mistake(
        "recurrence unknown",
        new_flow("H00002-TX", recurrence="weekly"),
        "B0205",
        "flows.csv recurrence",
        "'weekly'",
        {"H00002-TX"},
    ),
)


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_one_mistake_is_one_finding(case: Mistake, folder: Any) -> None:
    check(case, folder)


def test_more_used_shares_than_shares(folder: Any) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        for row in rows:
            row["used_shares"] = ""
        rows[0]["used_shares"] = "999999999"

    folder.edit("lots", change)
    book = folder.load()
    assert [(found.code, found.line) for found in book.findings] == [("B0601", 2)]
    assert set(book.findings[0].accounts) == {folder.rows("lots")[0]["account_id"]}


def test_an_as_of_date_far_from_the_book_warns(folder: Any) -> None:
    late, early = folder.load(date(2026, 4, 30)), folder.load(date(2026, 2, 27))
    assert [found.code for found in late.findings] == ["B0405"]
    assert [found.code for found in early.findings] == ["B0406"]
    assert not late.stopped and not early.stopped
    assert not late.households_on_hold and not early.households_on_hold
