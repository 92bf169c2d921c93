"""Files, tables and columns that are missing or cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from portfolio.book.contract import TABLES
from tests.portfolio.breaking import (
    Mistake,
    check,
    first_lot,
    mistake,
)


def extra_cell(folder: Any) -> None:
    lot = first_lot(folder, "H00004-IRA")
    text = folder.text("lots.csv")
    line = next(line for line in text.splitlines() if line.startswith(lot["lot_id"]))
    folder.write_text("lots.csv", text.replace(line, line + ",9"))


def two_tables(folder: Any) -> None:
    (folder.path / "flows.parquet").write_bytes(b"PAR1")


MISTAKES = (
    mistake(
        "missing table",
        lambda f: (f.path / "lots.csv").unlink(),
        "B0101",
        "lots.csv",
        "no table `lots`",
        stops=True,
    ),
    mistake(
        "missing book.toml",
        lambda f: (f.path / "book.toml").unlink(),
        "B0101",
        "book.toml",
        "no book.toml",
        stops=True,
    ),
    mistake("table twice", two_tables, "B0102", "flows.csv", "both there", stops=True),
    mistake(
        "not text",
        lambda f: (f.path / "flows.csv").write_bytes(b"account_id,date,amount\n\xff,1,2\n"),
        "B0103",
        "flows.csv",
        "UTF-8",
        stops=True,
    ),
    mistake(
        "empty file",
        lambda f: f.write_text("lots.csv", ""),
        "B0103",
        "lots.csv",
        "not CSV",
        stops=True,
    ),
    mistake(
        "broken toml",
        lambda f: f.write_text("book.toml", "as_of = = 3"),
        "B0103",
        "book.toml",
        "TOML",
        stops=True,
    ),
    mistake(
        "missing column",
        lambda f: f.remove_column("lots", "shares"),
        "B0104",
        "lots.csv shares",
        "no column `shares`",
        stops=True,
    ),
    mistake(
        "missing key column",
        lambda f: f.remove_column("securities", "security_id"),
        "B0104",
        "securities.csv security_id",
        "no column `security_id`",
        stops=True,
    ),
    mistake(
        "column twice",
        lambda f: f.write_text("flows.csv", f.text("flows.csv").replace("until", "kind")),
        "B0105",
        "flows.csv kind",
        "two columns",
        stops=True,
    ),
    mistake(
        "one cell too many",
        extra_cell,
        "B0106",
        "lots.csv",
        "10 cells under 9 headings",
        {"H00004-IRA"},
        {"H00004"},
    ),
    mistake(
        "table without rows",
        lambda f: f.write_text("accounts.csv", f.text("accounts.csv").splitlines()[0] + "\n"),
        "B0108",
        "accounts.csv",
        "`accounts` has no rows",
        stops=True,
    ),
    mistake(
        "no positions at all",
        lambda f: f.write_text("lots.csv", f.text("lots.csv").splitlines()[0] + "\n"),
        "B0108",
        "lots.csv",
        "nothing but cash",
        warning=True,
    ),
    mistake(
        "no as-of date",
        lambda f: f.write_text("book.toml", 'name = "x"\n'),
        "B0107",
        "book.toml as_of",
        "`as_of` is missing",
        stops=True,
    ),
    mistake(
        "unknown exchange",
        lambda f: f.write_text("book.toml", f.text("book.toml").replace("XNYS", "MOON")),
        "B0107",
        "book.toml calendar",
        "'MOON'",
        stops=True,
    ),
    mistake(
        "tax year to come",
        lambda f: f.write_text("book.toml", f.text("book.toml") + "tax_year = 2027\n"),
        "B0107",
        "book.toml tax_year",
        "`tax_year` is 2027",
        stops=True,
    ),
)


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_one_mistake_is_one_finding(case: Mistake, folder: Any) -> None:
    check(case, folder)


NOT_WRITTEN = ("factors", "exposures", "specific", "model_facts")
REQUIRED = [
    (table.name, column.name)
    for table in TABLES
    for column in table.columns
    if column.required and table.name not in NOT_WRITTEN
]


@pytest.mark.parametrize(("table", "column"), REQUIRED)
def test_any_required_column_that_is_missing_is_one_finding(
    table: str, column: str, folder: Any
) -> None:
    folder.remove_column(table, column)
    (found,) = folder.load().findings
    assert (found.code, found.column, found.stops) == ("B0104", column, True)


@pytest.mark.parametrize(("table", "column"), REQUIRED)
def test_any_required_cell_that_is_empty_is_one_finding(
    table: str, column: str, folder: Any
) -> None:
    folder.edit(table, lambda rows: rows[1].update({column: ""}))
    (found,) = folder.load().findings
    assert (found.code, found.column) == ("B0201", column)
    assert found.line == 3
