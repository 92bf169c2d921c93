"""Ways to break one thing in a book, and what the one finding about it must say and hold back.

The sound book has eight households: H00001 direct index; H00002 family with IRA and Roth, funds;
H00003 direct with a large old position; H00004 retiree, funds; H00005 direct, smaller index;
H00006 couple, joint, nested model; H00007 direct; H00008 worker with a held-away 401(k), funds.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from portfolio.book import Book, load_book
from portfolio.findings import Finding, FindingSeverity

AS_OF = date(2026, 3, 6)
DIRECT = {"H00001-TX", "H00003-TX", "H00007-TX"}
COUPLE = {"H00006-TX", "H00006-SP", "H00006-IRA"}
FAMILY = {"H00002-TX", "H00002-IRA", "H00002-ROTH"}
RETIREE = {"H00004-TX", "H00004-IRA"}
WORKER = {"H00008-TX", "H00008-K401"}
SMALLER = {"H00005-TX"}
FUNDS = FAMILY | RETIREE | WORKER
EVERYONE = DIRECT | COUPLE | FUNDS | SMALLER
HOUSEHOLDS = {f"H0000{number}" for number in range(1, 9)}

Row = dict[str, str]


class Folder:
    """A book's folder whose tables can be read and changed row by row."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, table: str) -> list[Row]:
        with (self.path / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def write(self, table: str, rows: list[Row], columns: list[str] | None = None) -> None:
        with (self.path / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns or list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def edit(self, table: str, change: Callable[[list[Row]], object]) -> None:
        """`change` works on the list of rows in place."""
        rows = self.rows(table)
        columns = list(rows[0])
        change(rows)
        self.write(table, rows, columns if not rows else None)

    def set(self, table: str, key: str, value: str, /, **cells: str) -> None:
        """Changes cells of the first row whose `key` is `value`."""

        def change(rows: list[Row]) -> None:
            next(row for row in rows if row[key] == value).update(cells)

        self.edit(table, change)

    def add(self, table: str, /, **cells: str) -> None:
        """Adds a row; columns that are not given are empty."""
        self.edit(table, lambda rows: rows.append(dict.fromkeys(rows[0], "") | cells))

    def remove(self, table: str, key: str, value: str) -> None:
        """Removes every row whose `key` is `value`."""

        def change(rows: list[Row]) -> None:
            rows[:] = [row for row in rows if row[key] != value]

        self.edit(table, change)

    def remove_column(self, table: str, column: str) -> None:
        rows = self.rows(table)
        for row in rows:
            del row[column]
        self.write(table, rows)

    def text(self, name: str) -> str:
        return (self.path / name).read_text(encoding="utf-8")

    def write_text(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8", newline="\n")

    def line(self, name: str, number: int | None) -> str:
        assert number is not None
        return self.text(name).splitlines()[number - 1]

    def load(self, as_of: date | None = None) -> Book:
        return load_book(self.path, as_of)


@dataclass(frozen=True)
class Mistake:
    """What is done to the folder, and what the one finding says and holds back."""

    name: str
    break_it: Callable[[Any], object]
    code: str
    place: str
    says: str
    accounts: frozenset[str] = frozenset()
    households: frozenset[str] = frozenset()
    stops: bool = False
    warning: bool = False


def mistake(
    name: str,
    break_it: Callable[[Any], object],
    code: str,
    place: str,
    says: str,
    accounts: set[str] | None = None,
    households: set[str] | None = None,
    **how: bool,
) -> Mistake:
    held = frozenset(accounts or ()), frozenset(households or ())
    return Mistake(name, break_it, code, place, says, *held, **how)


def check(case: Mistake, folder: Any) -> None:
    """Breaks the folder and holds the load to what the case says."""
    case.break_it(folder)
    book = folder.load()
    assert [(found.code, place(found)) for found in book.findings] == [(case.code, case.place)]
    found = book.findings[0]
    assert case.says in found.message
    assert found.severity is (FindingSeverity.WARNING if case.warning else FindingSeverity.ERROR)
    assert set(found.accounts) == case.accounts
    assert found.stops == book.stopped == case.stops
    assert set(book.households_on_hold) == case.households
    points_at_its_value(found, folder)
    rest_is_intact(book, case)


def place(found: Finding) -> str:
    return found.file + (f" {found.column}" if found.column else "")


def points_at_its_value(found: Finding, folder: Any) -> None:
    # Sums and joined keys stand in no cell.
    if found.value is not None and found.code not in ("B0301", "B0503", "B0504", "B0505"):
        assert found.line is None or found.value in folder.line(found.file, found.line)


def rest_is_intact(book: Book, case: Mistake) -> None:
    """Accounts that do not depend on the mistake can be traded as before."""
    if case.stops:
        return
    for household_id in set(book.household_ids) - case.households:
        household = book.household(household_id)
        assert all(household.value(account) > 0 for account in household.accounts)
        frozen = {account.id for account in household.accounts if account.frozen}
        assert frozen == {account.id for account in household.accounts} & case.accounts


def first_lot(folder: Any, account: str, security: str | None = None) -> dict[str, str]:
    lots: list[dict[str, str]] = folder.rows("lots")
    return next(
        lot
        for lot in lots
        if lot["account_id"] == account and security in (None, lot["security_id"])
    )


def change_lot(folder: Any, account: str, **cells: str) -> None:
    folder.set("lots", "lot_id", first_lot(folder, account)["lot_id"], **cells)
