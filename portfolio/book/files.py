"""A book's files as tables of text: nothing is interpreted here, everything is hashed.

CSV and Parquet come out the same: every cell a trimmed string or null. Which line a row stands on
is worked out only when a finding asks for it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet

from portfolio.book.contract import TABLES, TableContract
from portfolio.book.draft import BOOK_FILE, ONE_BY_ONE, Draft, Notes, Reach


@dataclass(frozen=True)
class TextTable:
    """One table as read: columns of equal length, each an arrow array of strings and nulls."""

    contract: TableContract
    file: str
    columns: Mapping[str, pa.Array]
    rows: int
    content: bytes = field(repr=False)

    def line(self, row: int) -> int | None:
        """The line (CSV, header is line 1) or row number (Parquet, from 1) of a row (from 0).

        None where quoting is so broken that rows cannot be told apart.
        """
        if self.file.endswith(".csv"):
            return self._lines[row] if len(self._lines) == self.rows else None
        return row + 1

    @property
    def complete(self) -> bool:
        """Whether every required column is there."""
        return all(
            column.name in self.columns for column in self.contract.columns if column.required
        )

    @cached_property
    def _lines(self) -> list[int]:
        reader = csv.reader(io.StringIO(self.content.decode("utf-8-sig"), newline=""))
        width = len(next(reader))
        lines, end = [], reader.line_num
        for cells in reader:
            if len(cells) == width:
                lines.append(end + 1)
            end = reader.line_num
        return lines

    def texts(self, name: str) -> list[str | None]:
        """One column as Python strings; a column that is not there is all None."""
        if name not in self.columns:
            return [None] * self.rows
        values: list[str | None] = self.columns[name].to_pylist()
        return values


Tables = Mapping[str, TextTable]

# Without a row of these there is nothing to manage; an empty price table has a finding of its own.
_NEVER_EMPTY = ("securities", "households", "tax_entities", "accounts", "models")


@dataclass(frozen=True)
class Folder:
    """What was read: book.toml (None: unreadable), tables as far as they could be read, hashes."""

    settings: Mapping[str, object] | None
    tables: Tables
    hashes: Mapping[str, str]


def read_folder(folder: Path, notes: Notes) -> Folder:
    """Reads book.toml and every table of the contract; whatever cannot be read is noted."""
    hashes: dict[str, str] = {}
    settings = _settings(folder, hashes, notes)
    tables = {}
    for contract in TABLES:
        table = _table(folder, contract, hashes, notes)
        if table is not None:
            tables[contract.name] = table
    return Folder(settings, tables, hashes)


def _content(path: Path, hashes: dict[str, str], notes: Notes) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        notes.add(
            Draft(
                "B0103",
                path.name,
                f"{path.name} cannot be read: {error.strerror}",
                "a file that may be read",
            )
        )
        return None
    hashes[path.name] = hashlib.sha256(content).hexdigest()
    return content


def _settings(folder: Path, hashes: dict[str, str], notes: Notes) -> Mapping[str, object] | None:
    """What book.toml says; None where it cannot be read, which is noted."""
    path = folder / BOOK_FILE
    if not path.exists():
        message = f"the book has no {BOOK_FILE}"
        notes.add(Draft("B0101", BOOK_FILE, message, "a file with `as_of` and `name`"))
        return None
    content = _content(path, hashes, notes)
    if content is None:
        return None
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{BOOK_FILE} is not a TOML file: {error}"
        notes.add(Draft("B0103", BOOK_FILE, message, 'lines such as `name = "my book"`'))
        return None


def _table(
    folder: Path, contract: TableContract, hashes: dict[str, str], notes: Notes
) -> TextTable | None:
    text, parquet = folder / f"{contract.name}.csv", folder / f"{contract.name}.parquet"
    if text.exists() and parquet.exists():
        message = f"{text.name} and {parquet.name} are both there: which one holds?"
        notes.add(Draft("B0102", text.name, message, "one of the two"))
        return None
    if not text.exists() and not parquet.exists():
        if contract.required:
            message = f"the book has no table `{contract.name}`"
            notes.add(Draft("B0101", text.name, message, f"{text.name} or {parquet.name}"))
        return None
    path = text if text.exists() else parquet
    table = read_table(path, contract, hashes, notes)
    if table is not None and table.rows == 0:
        _note_empty(path.name, contract.name, notes)
    return table


def read_table(
    path: Path, contract: TableContract, hashes: dict[str, str], notes: Notes
) -> TextTable | None:
    """One file as a table of the contract; None where it cannot be read, which is noted. Its hash
    is added to `hashes`."""
    content = _content(path, hashes, notes)
    if content is None:
        return None
    parquet = path.suffix == ".parquet"
    try:
        raw = _read_parquet(content) if parquet else _read_csv(content, path.name, notes)
    except (pa.ArrowException, csv.Error, UnicodeDecodeError, OSError) as error:
        kind = "Parquet" if parquet else "CSV in UTF-8 with a header row"
        reason = str(error).splitlines()[0]
        notes.add(Draft("B0103", path.name, f"{path.name} is not {kind}: {reason}", kind))
        return None
    columns = _columns(raw, path.name, contract, notes)
    return TextTable(contract, path.name, columns, raw.num_rows, content)


def _note_empty(file: str, name: str, notes: Notes) -> None:
    told = any(draft.file == file for draft in notes.drafts)
    if name in _NEVER_EMPTY and not told:
        notes.add(Draft("B0108", file, f"the table `{name}` has no rows", "at least one row"))
    elif name == "lots" and not told:
        message = "there are no lots: every account holds nothing but cash"
        expected = "the positions of the day"
        notes.add(Draft("B0108", file, message, expected, reach=Reach.NOTHING))


def _read_csv(content: bytes, file: str, notes: Notes) -> pa.Table:
    skipped: list[arrow_csv.InvalidRow] = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        skipped.append(row)
        return "skip"

    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")), [])
    table = arrow_csv.read_csv(
        io.BytesIO(content),
        read_options=arrow_csv.ReadOptions(use_threads=False),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    together = len(skipped) > ONE_BY_ONE
    for row in skipped[:1] if together else skipped:
        others = f"; so have {len(skipped) - 1:,} others" if together else ""
        notes.add(
            Draft(
                "B0106",
                file,
                f"record {row.number} has {row.actual_columns} cells under "
                f"{row.expected_columns} headings{others}",
                f"{row.expected_columns} cells; quote a value that contains a comma",
                value=row.text,
                rows=len(skipped) if together else 1,
            )
        )
    return table


def _read_parquet(content: bytes) -> pa.Table:
    return arrow_parquet.read_table(io.BytesIO(content), use_threads=False)


def _columns(
    raw: pa.Table, file: str, contract: TableContract, notes: Notes
) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {}
    for position, heading in enumerate(raw.column_names):
        name = heading.strip()
        if name in columns:
            notes.add(
                Draft(
                    "B0105",
                    file,
                    f"two columns are headed `{name}`",
                    "one column of each name",
                    column=name,
                )
            )
        elif name:
            columns[name] = _text(raw.column(position))
    for column in contract.columns:
        if column.required and column.name not in columns:
            notes.add(
                Draft(
                    "B0104",
                    file,
                    f"the table has no column `{column.name}`",
                    f"a column headed `{column.name}`",
                    column=column.name,
                )
            )
    extra = sorted(columns.keys() - contract.names)
    if not contract.open:
        _warn_unread(extra, file, notes)
    return columns


def _warn_unread(extra: list[str], file: str, notes: Notes) -> None:
    for name in extra:
        notes.add(
            Draft(
                "B0208",
                file,
                f"column `{name}` is no part of this table and is not read",
                "a column of the contract",
                column=name,
                reach=Reach.NOTHING,
            )
        )


def _text(column: pa.ChunkedArray) -> pa.Array:
    """Any column as trimmed strings; empty cells and not-a-numbers become null."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.date32(), safe=False)
    array = column.cast(pa.string()).combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], pa.string())
    trimmed = pc.utf8_trim_whitespace(array)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)
