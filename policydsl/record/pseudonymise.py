"""A run folder in which nobody can be told by id, name or note, and which is a run all the same.

Ids, names and notes are replaced in the inputs and in everything that was made from them; what
follows from the policies alone is made anew, and the folder is sealed again. Days and amounts stay.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as arrow_parquet

from policydsl.inputs import recorded_inputs
from policydsl.record.digests import EXPLANATIONS, LOG, RECORD, dumped, resealed, sha256
from policydsl.record.effective_document import EFFECTIVE, effective_document
from policydsl.record.folder import csv_bytes
from policydsl.record.pseudonyms import NUMBER, Pseudonyms, pseudonyms
from policydsl.record.signing import Key
from portfolio.book.contract import BY_NAME

BOOK, POLICIES = "inputs/book/", "inputs/policies/"
IDS = {
    "household_id": "client",
    "account_id": "account",
    "tax_entity_id": "taxpayer",
    "wash_linked_to": "taxpayer",
}
"""Columns of a book that hold ids of clients, and what they are of."""
OF_LOTS = ("lot_id", "order_id")
CLIENTS = (
    *("households", "accounts", "tax_entities", "lots"),
    *("transactions", "flows", "wash_blocks"),
)
"""Tables that are about clients: a column of texts that no contract knows is a note."""
ID_FIELDS = frozenset(
    {*IDS, *("household", "households", "accounts", "traded", "portfolio_id", "name", "where")}
)
SCOPE = re.compile(r'^\s*layer\s+(household|account)\s+((?:"[^"]*"[\s,]*)+)', re.MULTILINE)
CLIENT_LAYER = re.compile(r"^\s*layer\s+(household|account)\b", re.MULTILINE)
OTHER_WORDS = re.compile(r"[\w.-]+")

Row = dict[str, str]
Table = tuple[list[str], list[Row]]


class LeftError(RuntimeError):
    """Something of a client is still in the folder."""


def pseudonymised(run: Path, out: Path, secret: bytes | None, key: Key | None) -> list[str]:
    """Write the run into `out`, an empty folder; returns the notes (`table.column`) that policies
    read, which stay. Raises AmbiguousIdError for ids that cannot be told from something else, and
    LeftError where something of a client would be left."""
    record = json.loads((run / RECORD).read_bytes())
    tables = dict(_tables(run, record["files"]))
    policies = {
        name: (run / name).read_text("utf-8")
        for name in record["files"]
        if name.startswith(POLICIES)
    }
    notes = _notes(tables)
    read = sorted(note for note in notes if _read_by(note, policies.values()))
    notes -= set(read)
    others = _pseudonyms(tables, policies, notes, secret)
    for name in record["files"]:
        if not name.startswith((EFFECTIVE, EXPLANATIONS)) and name != LOG:
            path = out / others.text(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_content(run, name, tables, notes, others))
    (out / LOG).write_bytes(_log((run / LOG).read_text("utf-8"), others))
    (out / RECORD).write_bytes(dumped(_record(record, out, others)))
    _write_effective(out, record, others)
    resealed(out, key)
    _nothing_left(out, others, tables, notes)
    return read


# --- what there is -------------------------------------------------------------------------------


def _tables(run: Path, names: Iterable[str]) -> Iterator[tuple[str, Table]]:
    """The tables of the run's book by file name, every cell as text."""
    for name in names:
        if name.startswith(BOOK) and name.endswith(".csv"):
            reader = csv.DictReader(io.StringIO((run / name).read_text("utf-8-sig")))
            yield name, (list(reader.fieldnames or ()), list(reader))
        elif name.startswith(BOOK) and name.endswith(".parquet"):
            table = arrow_parquet.read_table(run / name)
            rows = [
                {column: "" if value is None else str(value) for column, value in row.items()}
                for row in table.to_pylist()
            ]
            yield name, (table.column_names, rows)


def _notes(tables: Mapping[str, Table]) -> set[str]:
    """`table.column` of columns about clients that no contract knows and that hold anything."""
    found = set()
    for name, (columns, rows) in tables.items():
        table = Path(name).stem
        known = {column.name for column in BY_NAME[table].columns} if table in CLIENTS else None
        for column in columns if known is not None else ():
            cells = (row[column] or "" for row in rows)
            if column not in (known or ()) and any(cells):
                found.add(f"{table}.{column}")
    return found


def _plain(cell: str) -> bool:
    """Whether a cell is a number, a day or a flag: nobody's name."""
    day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell)
    return bool(day or NUMBER.fullmatch(cell) or cell.casefold() in ("true", "false"))


def _read_by(note: str, policies: Iterable[str]) -> bool:
    """Whether a policy reads a note: then it is data, and says what it has to say."""
    table, _, column = note.partition(".")
    prefix = {"households": "household", "accounts": "account", "tax_entities": "taxpayer"}
    said = f"{prefix.get(table, table)}.{column}"
    return any(re.search(rf"\b{re.escape(said)}\b", text) for text in policies)


def _pseudonyms(
    tables: Mapping[str, Table], policies: Mapping[str, str], notes: set[str], secret: bytes | None
) -> Pseudonyms:
    ids: dict[str, set[str]] = {"account": set(), "client": set(), "taxpayer": set()}
    names: set[str] = set()
    for name, (_, rows) in tables.items():
        table = Path(name).stem
        for row in rows:
            for column, kind in IDS.items():
                ids[kind] |= {row[column]} if row.get(column) else set()
            names |= {row["name"]} if table == "households" and row.get("name") else set()
            told = (row[c] for c in row if f"{table}.{c}" in notes)
            names |= {cell for cell in told if cell and len(cell.split()) > 1}
    for text in policies.values():
        for layer, owners in SCOPE.findall(text):
            kind = "client" if layer == "household" else "account"
            ids[kind] |= set(re.findall(r'"([^"]+)"', owners))
    everyone = [id for kind in ids.values() for id in kind if len(id) >= 4]
    lots = {row[c] for _, rows in tables.values() for row in rows for c in OF_LOTS if row.get(c)}
    if any(id in lot for lot in lots for id in everyone):
        ids["lot"] = lots
    names -= {id for kind in ids.values() for id in kind}
    general = [text for text in policies.values() if not CLIENT_LAYER.search(text)]
    market = {text.casefold() for text in _market(tables)}
    return pseudonyms(ids, names, secret, market, _words((*market, *general)))


def _market(tables: Mapping[str, Table]) -> Iterator[str]:
    """Texts of a book that are about nobody: columns, and all of securities and models."""
    for name, (columns, rows) in tables.items():
        yield from columns
        if Path(name).stem not in CLIENTS:
            yield from (cell for row in rows for cell in row.values() if cell)


def _words(texts: Iterable[str]) -> set[str]:
    words = {word.casefold() for text in texts for word in OTHER_WORDS.findall(text)}
    return words | {part for word in words for part in re.split(r"[._-]", word)}


# --- what becomes of it --------------------------------------------------------------------------


def _content(
    run: Path, name: str, tables: Mapping[str, Table], notes: set[str], others: Pseudonyms
) -> bytes:
    if name in tables:
        columns, rows = tables[name]
        table = Path(name).stem
        told = [[_cell(table, c, row[c] or "", notes, others) for c in columns] for row in rows]
        if name.endswith(".csv"):
            return csv_bytes(columns, told)
        return _parquet(arrow_parquet.read_table(run / name), columns, told)
    content = (run / name).read_bytes()
    if name.endswith(".json"):
        return dumped(_walked(json.loads(content), others))
    if name.endswith(".csv") and not name.startswith(POLICIES):
        header, *rows_of = list(csv.reader(io.StringIO(content.decode())))
        fields = [
            [
                _cell("", column, cell, notes, others)
                for column, cell in zip(header, row, strict=True)
            ]
            for row in rows_of
        ]
        return csv_bytes(header, fields)
    return others.text(content.decode()).encode()


def _cell(table: str, column: str, cell: str, notes: set[str], others: Pseudonyms) -> str:
    if column in IDS or column in OF_LOTS:
        return others.of(cell) if cell in others.ids else others.text(cell)
    if f"{table}.{column}" in notes:
        return "" if not cell or _plain(cell) else "note"
    if table == "households" and column == "name" and cell in others.names:
        return others.names[cell]
    return cell if _plain(cell) else others.text(cell)


def _parquet(table: arrow.Table, columns: list[str], rows: list[list[str]]) -> bytes:
    """The table with the texts of its columns of texts in place of the old ones; of others nothing
    is left where every cell is to be empty."""
    for number, column in enumerate(columns):
        if arrow.types.is_string(table.schema.field(column).type):
            old = table.column(column).to_pylist()
            new = [None if was is None else row[number] for was, row in zip(old, rows, strict=True)]
            table = table.set_column(number, column, arrow.array(new, arrow.string()))
        elif not any(row[number] for row in rows):
            kind = table.schema.field(column).type
            table = table.set_column(number, column, arrow.nulls(table.num_rows, kind))
    out = io.BytesIO()
    arrow_parquet.write_table(table.replace_schema_metadata(None), out)
    return out.getvalue()


def _walked(value: Any, others: Pseudonyms, field: str = "") -> Any:
    """JSON with its texts and keys replaced; a number written as text is no id, unless its field
    holds ids."""
    if isinstance(value, dict):
        return {others.text(k): _walked(v, others, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_walked(each, others, field) for each in value]
    if not isinstance(value, str):
        return value
    if field in ID_FIELDS and value in others.ids:
        return others.ids[value]
    return value if _plain(value) else others.text(value)


def _log(text: str, others: Pseudonyms) -> bytes:
    """The entries of the log; sealing chains them anew."""
    entries = (_walked(json.loads(line), others) for line in text.splitlines())
    return ("\n".join(json.dumps(entry) for entry in entries) + "\n").encode()


def _record(record: dict[str, Any], out: Path, others: Pseudonyms) -> dict[str, Any]:
    """The record with the hashes of the inputs as they are now, and no place in git."""
    told: dict[str, Any] = _walked(record, others)
    for part, hashes in told["inputs"].items():
        for name in hashes:
            path = out / f"inputs/{part}/{name}"
            copied = path.is_file() and record["files"].get(f"inputs/{part}/{name}") == hashes[name]
            if copied or (path.is_file() and part == "policies"):
                hashes[name] = sha256(path.read_bytes())
    told["policy_revision"] = sha256(dumped(told["inputs"]["policies"]))
    return told | {"policies_at": None}


def _write_effective(out: Path, record: Mapping[str, Any], others: Pseudonyms) -> None:
    """What held for each account, from the new policies: places in a text may have moved."""
    inputs = recorded_inputs(out)
    (out / EFFECTIVE).mkdir()
    for name in record["files"]:
        if name.startswith(EFFECTIVE):
            household = inputs.book.household(others.of(Path(name).stem))
            document = effective_document(inputs.typed, household)
            (out / EFFECTIVE / f"{household.id}.json").write_bytes(dumped(document))


def _nothing_left(
    out: Path, others: Pseudonyms, tables: Mapping[str, Table], notes: set[str]
) -> None:
    """Raises LeftError where an id, a name or a note is still in a file, or names one."""
    told = {
        row[column].casefold()
        for name, (columns, rows) in tables.items()
        for column in columns
        if f"{Path(name).stem}.{column}" in notes
        for row in rows
        if row[column] and len(row[column].split()) > 1
    }
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        name = path.relative_to(out).as_posix()
        content = path.read_bytes()
        left = others.left_in(name.encode() + b"\n" + content)
        left += [note for note in told if note.encode() in content.lower()]
        if left:
            shutil.rmtree(out)
            raise LeftError(f"{name} would still hold {left[0]}")
