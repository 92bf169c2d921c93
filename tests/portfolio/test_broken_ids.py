"""Ids used twice, and names of things that are not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.portfolio.breaking import (
    COUPLE,
    FUNDS,
    SMALLER,
    Mistake,
    change_lot,
    check,
    first_lot,
    mistake,
)


def double_lot(folder: Any) -> None:
    folder.edit("lots", lambda rows: rows.append(dict(first_lot(folder, "H00004-TX"))))


def double_account(folder: Any) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        rows.append(next(row for row in rows if row["account_id"] == "H00005-TX") | {"cash": "1"})

    folder.edit("accounts", change)


def drop_security(folder: Any) -> None:
    folder.remove("securities", "security_id", "AGG1")


def new_flow(account: str, **cells: str) -> Callable[[Any], None]:
    given = {"date": "2026-06-01", "amount": "-10", "kind": "withdrawal"} | cells
    return lambda folder: folder.add("flows", account_id=account, **given)


MISTAKES = (
    mistake(
        "lot twice",
        double_lot,
        "B0301",
        "lots.csv lot_id",
        "is given twice",
        {"H00004-TX"},
        {"H00004"},
    ),
    mistake(
        "account twice",
        double_account,
        "B0301",
        "accounts.csv account_id",
        "'H00005-TX' is given twice",
        SMALLER,
        {"H00005"},
    ),
    mistake(
        "household twice",
        lambda f: f.edit("households", lambda rows: rows.append(dict(rows[0]))),
        "B0301",
        "households.csv household_id",
        "'H00001' is given twice",
        {"H00001-TX"},
        {"H00001"},
    ),
    mistake(
        "unknown security in a lot",
        lambda f: change_lot(f, "H00004-TX", security_id="GONE"),
        "B0302",
        "lots.csv security_id",
        "no security is called 'GONE'",
        {"H00004-TX"},
        {"H00004"},
    ),
    mistake(
        "security gone from the table",
        drop_security,
        "B0302",
        "lots.csv security_id",
        "no security is called 'AGG1'; also named in",
        FUNDS | COUPLE,
        {"H00002", "H00004", "H00006", "H00008"},
    ),
    mistake(
        "unknown component",
        lambda f: f.add("models", model_id="CORE-DIRECT", component="NOPE", weight="0"),
        "B0302",
        "models.csv component",
        "'NOPE'",
        SMALLER,
        {"H00005"},
    ),
    mistake(
        "lot without account",
        lambda f: change_lot(f, "H00004-TX", account_id="H99999-TX"),
        "B0303",
        "lots.csv account_id",
        "no account is called 'H99999-TX'",
        stops=True,
    ),
    mistake(
        "flow of nobody",
        new_flow("H99999-TX"),
        "B0303",
        "flows.csv account_id",
        "no account is called 'H99999-TX'",
        stops=True,
    ),
    mistake(
        "account of nobody",
        lambda f: f.set("accounts", "account_id", "H00002-ROTH", household_id="H7"),
        "B0304",
        "accounts.csv household_id",
        "no household is called 'H7'",
        {"H00002-ROTH"},
        {"H00002"},
    ),
    mistake(
        "wash block of nobody",
        lambda f: f.edit("wash_blocks", lambda rows: rows[0].update(household_id="H7")),
        "B0304",
        "wash_blocks.csv household_id",
        "no household is called 'H7'",
        stops=True,
    ),
    mistake(
        "taxpayer of nobody",
        lambda f: f.set("accounts", "account_id", "H00002-TX", tax_entity_id="T7"),
        "B0305",
        "accounts.csv tax_entity_id",
        "no tax entity is called 'T7'",
        {"H00002-TX"},
    ),
    mistake(
        "unknown model",
        lambda f: f.set("households", "household_id", "H00005", model_id="TYPO"),
        "B0306",
        "households.csv model_id",
        "no model is called 'TYPO'",
        SMALLER,
        {"H00005"},
    ),
    mistake(
        "taxed by another household",
        lambda f: f.set("accounts", "account_id", "H00002-TX", tax_entity_id="T00001"),
        "B0307",
        "accounts.csv tax_entity_id",
        "belongs to household 'H00001'",
        {"H00002-TX"},
    ),
    mistake(
        "household without accounts",
        lambda f: f.add("households", household_id="H9", model_id="CORE-DIRECT"),
        "B0309",
        "households.csv household_id",
        "'H9' has no account",
        warning=True,
    ),
    mistake(
        "model of its own in a joint household",
        lambda f: f.set("accounts", "account_id", "H00002-TX", model_id="CORE-DIRECT"),
        "B0310",
        "accounts.csv model_id",
        "'CORE-DIRECT' is not used",
        warning=True,
    ),
)


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_one_mistake_is_one_finding(case: Mistake, folder: Any) -> None:
    check(case, folder)


def test_one_id_for_a_security_and_a_model(folder: Any) -> None:
    folder.add("models", model_id="AGG1", component="AGG2", weight="1")
    book = folder.load()
    assert [found.code for found in book.findings] == ["B0308"]
    assert set(book.findings[0].accounts) == FUNDS | COUPLE
