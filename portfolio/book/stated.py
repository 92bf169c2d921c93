"""A book that is stated row by row instead of being read from a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from portfolio.book.contract import BY_NAME, TABLES
from portfolio.book.draft import Notes
from portfolio.book.files import Folder, TextTable
from portfolio.book.load import Book, checked_book

Rows = Sequence[Mapping[str, str | None]]


def stated_book(settings: Mapping[str, object], tables: Mapping[str, Rows]) -> Book:
    """The book of these rows, checked like any other.

    Cells are written as in a file. A finding names the table as its file and the row, from 1, as
    its line. Tables that every book has are empty where nothing is stated of them.
    """
    needed = {table.name: () for table in TABLES if table.required}
    found = {name: _table(name, rows) for name, rows in {**needed, **tables}.items()}
    return checked_book(Folder(settings, found, {}), str(settings["name"]), None, Notes())


def _table(name: str, rows: Rows) -> TextTable:
    contract = BY_NAME[name]
    names = dict.fromkeys(column.name for column in contract.columns if column.required)
    names |= dict.fromkeys(key for row in rows for key in row)
    columns = {key: pa.array([row.get(key) for row in rows], pa.string()) for key in names}
    return TextTable(contract, name, columns, len(rows), b"")
