"""Ids that more than one row carries: one finding for each."""

from __future__ import annotations

import pyarrow.compute as pc

from portfolio.book.cells import cell, subject_of_row
from portfolio.book.draft import ONE_BY_ONE, Draft, Notes, Reach
from portfolio.book.files import Tables, TextTable

# Tables in which a second row puts a value in doubt: does a position count once or twice?
_VALUE_TABLES = ("accounts", "lots", "households")


def check_duplicates(tables: Tables, notes: Notes) -> None:
    """Notes each key that more than one row carries; prices are looked at elsewhere."""
    for table in tables.values():
        contract = table.contract
        if contract.key and contract.name != "prices":
            needed = [key for key in contract.key if contract.column(key).required]
            if all(key in table.columns for key in needed):
                _check_key(table, needed, notes)


def _check_key(table: TextTable, needed: list[str], notes: Notes) -> None:
    """A row without one of the `needed` parts of its key has a finding already."""
    given = [table.columns[key] for key in table.contract.key if key in table.columns]
    keys = pc.binary_join_element_wise(*(pc.fill_null(part, "") for part in given), "\x1f")
    if pc.count_distinct(keys).as_py() == table.rows:
        return
    rows_of: dict[str, list[int]] = {}
    named = zip(*(table.columns[key].is_valid().to_pylist() for key in needed), strict=True)
    for row, (key, parts) in enumerate(zip(keys.to_pylist(), named, strict=True)):
        if all(parts):
            rows_of.setdefault(key, []).append(row)
    repeated = {
        key.strip("\x1f").replace("\x1f", ", "): rows
        for key, rows in rows_of.items()
        if len(rows) > 1
    }
    if len(repeated) > ONE_BY_ONE:
        first, *_ = repeated
        every = [row for rows in repeated.values() for row in rows]
        _note_duplicate(table, first, repeated[first], every, len(repeated), notes)
    else:
        for key, rows in repeated.items():
            _note_duplicate(table, key, rows, rows, 1, notes)


def _note_duplicate(
    table: TextTable, key: str, rows: list[int], about: list[int], keys: int, notes: Notes
) -> None:
    """One finding at the second of `rows`; it concerns all rows of `about`."""
    contract = table.contract
    weights = contract.name in ("models", "constituents")
    subjects = tuple(dict.fromkeys(subject_of_row(table, row) for row in about))
    others = f"; so are {keys - 1:,} others" if keys > 1 else ""
    times = "twice" if len(rows) == 2 else f"{len(rows)} times"
    what = " and ".join(contract.key) if not weights else "component"
    notes.add(
        Draft(
            "B0505" if weights else "B0301",
            table.file,
            f"{what} {key!r} is given {times}, first on line {table.line(rows[0])}{others}",
            "each only once",
            row=rows[1],
            column=contract.key[0] if not weights else contract.key[1],
            value=key,
            subjects=subjects,
            reach=Reach.VALUE if contract.name in _VALUE_TABLES else Reach.TRADES,
            account_id=cell(table, "account_id", rows[1]),
            household_id=cell(table, "household_id", rows[1]),
        )
    )
