"""Cells that do not hold what their column says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portfolio.breaking import (
    COUPLE,
    EVERYONE,
    FAMILY,
    FUNDS,
    HOUSEHOLDS,
    SMALLER,
    Mistake,
    change_lot,
    check,
    mistake,
)


def every_date_american(folder: Any) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        for row in rows:
            year, month, day = row["acquired"].split("-")
            row["acquired"] = f"{month}/{day}/{year}"

    folder.edit("lots", change)


MISTAKES = (
    mistake(
        "empty name of a security",
        lambda f: f.set("securities", "security_id", "AGG2", ticker=""),
        "B0201",
        "securities.csv ticker",
        "is empty",
    ),
    mistake(
        "bad date",
        lambda f: change_lot(f, "H00005-TX", acquired="2024-02-30"),
        "B0202",
        "lots.csv acquired",
        "'2024-02-30' is not a date",
        SMALLER,
        {"H00005"},
    ),
    mistake(
        "all dates in another order",
        every_date_american,
        "B0202",
        "lots.csv acquired",
        "rows below",
        EVERYONE,
        HOUSEHOLDS,
    ),
    mistake(
        "basis in words",
        lambda f: change_lot(f, "H00004-TX", basis="1,000 dollars"),
        "B0203",
        "lots.csv basis",
        "'1,000 dollars' is not a number",
        {"H00004-TX"},
    ),
    mistake(
        "negative shares",
        lambda f: change_lot(f, "H00004-TX", shares="-5"),
        "B0204",
        "lots.csv shares",
        "'-5' is out of range",
        {"H00004-TX"},
        {"H00004"},
    ),
    mistake(
        "cash in words",
        lambda f: f.set("accounts", "account_id", "H00002-IRA", cash="none"),
        "B0203",
        "accounts.csv cash",
        "'none'",
        {"H00002-IRA"},
        {"H00002"},
    ),
    mistake(
        "rate above 1",
        lambda f: f.set("tax_entities", "tax_entity_id", "T00002", rate_long="23.8"),
        "B0204",
        "tax_entities.csv rate_long",
        "'23.8' is out of range",
        FAMILY,
        {"H00002"},
    ),
    mistake(
        "revenue in percent",
        lambda f: f.set("securities", "security_id", "AGG1", **{"revenue.tobacco": "5"}),
        "B0204",
        "securities.csv revenue.tobacco",
        "'5' is out of range",
        FUNDS | COUPLE,
        {"H00002", "H00004", "H00006", "H00008"},
    ),
    mistake(
        "unknown type of account",
        lambda f: f.set("accounts", "account_id", "H00004-IRA", type="ira"),
        "B0205",
        "accounts.csv type",
        "'ira' is not a value",
        {"H00004-IRA"},
    ),
    mistake(
        "neither true nor false",
        lambda f: f.set("accounts", "account_id", "H00002-TX", held_away="perhaps"),
        "B0206",
        "accounts.csv held_away",
        "'perhaps'",
        {"H00002-TX"},
    ),
    mistake(
        "bought tomorrow",
        lambda f: change_lot(f, "H00002-TX", acquired="2026-03-07"),
        "B0207",
        "lots.csv acquired",
        "after the as-of date",
        {"H00002-TX"},
    ),
    mistake(
        "undeclared column",
        lambda f: f.edit("accounts", lambda rows: [row.update(desk="7") for row in rows]),
        "B0208",
        "accounts.csv desk",
        "`desk` read as number",
        warning=True,
    ),
    mistake(
        "declared and not there",
        lambda f: f.add("schema", table="securities", column="carbon", type="number"),
        "B0209",
        "schema.csv column",
        "`carbon` of securities is not there",
        warning=True,
    ),
)


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_one_mistake_is_one_finding(case: Mistake, folder: Any) -> None:
    check(case, folder)


def test_two_mistakes_in_one_row_are_two_findings(folder: Any) -> None:
    change_lot(folder, "H00004-TX", acquired="yesterday", basis="much")
    assert [found.column for found in folder.load().findings] == ["acquired", "basis"]


def test_a_later_line_is_found_past_quoted_line_breaks(folder: Any) -> None:
    folder.edit("households", lambda rows: rows[0].update(name="two\nlines"))
    folder.set("households", "household_id", "H00005", management="alone")
    found = folder.load().findings
    assert [(each.code, each.line) for each in found] == [("B0205", 7)]
    assert "H00005" in folder.line("households.csv", 7)
