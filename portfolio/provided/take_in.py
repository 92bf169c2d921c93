"""A provider's models checked against a book, all mistakes in one pass, and the tables with them.

What is wrong with the book itself is its own affair (`book check`): only what the file brings is
said here. Nothing is written by this module.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from portfolio.book.contract import MODEL_FACTS, MODELS, Column
from portfolio.book.draft import Draft, Notes, Reach
from portfolio.book.duplicates import check_duplicates
from portfolio.book.files import TextTable, read_table
from portfolio.book.load import Book
from portfolio.book.targets import read_models
from portfolio.book.ties import conclude
from portfolio.book.versions import Versions, versions
from portfolio.findings import Finding, FindingSeverity
from portfolio.models import Part
from portfolio.provided.read import FACTS, PARTS, read_provided

Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """One version of a model in the file; `known` where the book has the same version already."""

    model_id: str
    effective_from: date
    parts: tuple[Part, ...]
    facts: Mapping[str, str]
    known: bool


@dataclass(frozen=True, slots=True)
class Intake:
    """What a provider's file comes to: findings, versions, and the texts of the book's tables with
    them by file name, none where an error was found."""

    findings: tuple[Finding, ...]
    versions: tuple[TakenIn, ...] = ()
    texts: Mapping[str, str] | None = None

    @property
    def errors(self) -> int:
        return sum(each.severity is FindingSeverity.ERROR for each in self.findings)


def take_in(path: Path, folder: Path, book: Book) -> Intake:
    """Check a provider's file against the book of a folder.

    Raises OSError where the file cannot be read, ValueError where the book's models are not CSV.
    """
    if (folder / "models.parquet").exists():
        raise ValueError(f"{folder} keeps its models as Parquet: they are taken in as CSV only")
    notes = Notes()
    table = read_provided(path, notes)
    if table is None or not table.complete:
        return Intake(_findings(notes, table))
    there = Notes()
    old = read_table(folder / "models.csv", MODELS, {}, there)
    if old is None or not old.complete:
        return Intake(_findings(there, old))
    table = _by_id(table, old, book, notes)
    given, _ = versions(table)
    before, _ = versions(old)
    _check_facts(table, notes)
    taken = tuple(_taken(table, given, before, notes))
    _check_models(table, old, taken, book, notes)
    _check_prices(table, book, notes)
    found = _findings(notes, table)
    if any(each.severity is FindingSeverity.ERROR for each in found):
        return Intake(found, taken)
    return Intake(found, taken, dict(_texts(table, taken, folder)))


def _findings(notes: Notes, table: TextTable | None) -> tuple[Finding, ...]:
    """Findings about the file; no account depends on what the book does not have yet."""
    drafts = dict.fromkeys(replace(draft, subjects=()) for draft in notes.drafts)
    return conclude(drafts, {} if table is None else {"provided": table}, {})


# --- names ---------------------------------------------------------------------------------------


def _by_id(table: TextTable, old: TextTable, book: Book, notes: Notes) -> TextTable:
    """The table with tickers turned into ids; what nothing is called is noted."""
    models = {name for each in (table, old) for name in each.texts("model_id") if name}
    tickers: dict[str, list[str]] = {}
    for security in book.securities.values():
        tickers.setdefault(security.ticker, []).append(security.id)
    columns = dict(table.columns)
    for name in ("component", "alternate_for"):
        cells = table.texts(name)
        for row, text in enumerate(cells):
            if text is None or text in models or text in book.securities:
                continue
            meant = tickers.get(text, [])
            if len(meant) == 1:
                cells[row] = meant[0]
                continue
            if name == "alternate_for":
                continue  # It names no component of its version, which is said there.
            several = f"{text!r} is the ticker of {', '.join(sorted(meant))}"
            message = several if meant else f"no security or model is called {text!r}"
            expected = "an id or a ticker of the book's securities, or a model"
            notes.add(
                Draft("B0302", table.file, message, expected, row=row, column=name, value=text)
            )
        if name in columns:
            columns[name] = pa.array(cells, pa.string())
    return replace(table, columns=columns)


def _check_facts(table: TextTable, notes: Notes) -> None:
    """Notes models of which the file says two things."""
    models = table.texts("model_id")
    for column in FACTS:
        said: dict[str, str] = {}
        for row, (model, text) in enumerate(zip(models, table.texts(column.name), strict=True)):
            if model is None or text is None or said.setdefault(model, text) == text:
                continue
            message = f"`{column.name}` of model {model!r} is {said[model]!r} above, {text!r} here"
            notes.add(
                Draft(
                    "B0509",
                    table.file,
                    message,
                    "the same on every row of a model, or on the first alone",
                    row=row,
                    column=column.name,
                    value=text,
                )
            )


# --- versions ------------------------------------------------------------------------------------


def _taken(table: TextTable, given: Versions, before: Versions, notes: Notes) -> Iterator[TakenIn]:
    facts = _facts(table)
    for model, by_day in given.items():
        known = before.get(model, {})
        newest = max((day for day in known if day is not None), default=None)
        for day, version in sorted(by_day.items(), key=lambda each: each[0] or date.min):
            if day is None:
                continue
            same = day in known and _alike(version.parts, known[day].parts)
            if newest is not None and day <= newest and not same:
                there = "has another" if day in known else f"has one of {newest} already"
                notes.add(
                    Draft(
                        "B0508",
                        table.file,
                        f"the version of {day} of model {model!r} goes back: the book {there}",
                        f"a day after {newest}",
                        row=version.rows[0],
                        column="effective_from",
                        value=str(day),
                    )
                )
            yield TakenIn(model, day, version.parts, facts.get(model, {}), same)


def _alike(one: Iterable[Part], other: Iterable[Part]) -> bool:
    """Whether two versions say the same, in whatever order."""
    left, right = (sorted((part.ranked, part.weight) for part in parts) for parts in (one, other))
    return left == right


def _facts(table: TextTable) -> dict[str, dict[str, str]]:
    """What the file says of each model: the first cell that is not empty, by column."""
    found: dict[str, dict[str, str]] = {}
    for column in FACTS:
        for model, text in zip(table.texts("model_id"), table.texts(column.name), strict=True):
            if model is not None and text is not None:
                found.setdefault(model, {}).setdefault(column.name, text)
    return found


def _check_models(
    table: TextTable, old: TextTable, taken: Iterable[TakenIn], book: Book, notes: Notes
) -> None:
    """Notes what the models of the book and of the file together get wrong on the first day of any
    version, as far as the book does not get it wrong by itself."""
    check_duplicates({"models": replace(table, contract=MODELS)}, notes)
    merged = _merged(old, table, {(e.model_id, str(e.effective_from)) for e in taken if e.known})
    known = frozenset(book.securities) | {
        name for name in merged.texts("model_id") if name is not None
    }
    needed = frozenset(name for each in taken for part in each.parts for name in part.ranked)
    found, there = Notes(), Notes()
    for day in sorted({each.effective_from for each in taken}):
        read_models(merged, known, needed, day, found)
        read_models(old, known, needed, day, there)
    said = {(draft.code, draft.message) for draft in there.drafts}
    twice = {draft.row for draft in notes.drafts if draft.code == "B0505"}
    for draft in found.drafts:
        waits = draft.code == "B0506" and draft.reach is Reach.NOTHING
        if waits or (draft.code, draft.message) in said:
            continue
        said.add((draft.code, draft.message))
        row = None if draft.row is None or draft.row < old.rows else draft.row - old.rows
        if draft.code == "B0505" and row in twice:
            continue
        notes.add(replace(draft, file=table.file, row=row))


def _merged(old: TextTable, new: TextTable, known: Collection[tuple[str, str]]) -> TextTable:
    """The rows of the book, less the versions that the file has too, and after them the file's:
    all of the book's rows have their place still."""
    columns = {column.name: old.texts(column.name) for column in MODELS.columns}
    starts = zip(columns["model_id"], columns["effective_from"], strict=True)
    for row, version in enumerate(starts):
        if version in known:
            columns["model_id"][row] = None
    arrays = {
        name: pa.array(texts + new.texts(name), pa.string()) for name, texts in columns.items()
    }
    return TextTable(MODELS, new.file, arrays, old.rows + new.rows, b"")


def _check_prices(table: TextTable, book: Book, notes: Notes) -> None:
    """Warns of components without a price: until they have one, followers are not traded."""
    unpriced: dict[str, int] = {}
    for row, name in enumerate(table.texts("component")):
        if name is not None and name in book.securities and name not in book.prices:
            unpriced.setdefault(name, row)
    for name, row in unpriced.items():
        message = f"{name!r} has no price on or before {book.as_of}: nothing follows it until then"
        expected = "a close in the book's prices"
        notes.add(
            Draft(
                "B0401",
                table.file,
                message,
                expected,
                row=row,
                column="component",
                value=name,
                reach=Reach.NOTHING,
            )
        )


# --- tables --------------------------------------------------------------------------------------


def _texts(table: TextTable, taken: Iterable[TakenIn], folder: Path) -> Iterator[tuple[str, str]]:
    """The book's tables that change, with the new rows."""
    new = {(each.model_id, str(each.effective_from)) for each in taken if not each.known}
    names = ("model_id", "effective_from", *PARTS)
    rows = [
        {name: text or "" for name, text in zip(names, cells, strict=True)}
        for cells in zip(*(table.texts(name) for name in names), strict=True)
    ]
    added = [row for row in rows if (row["model_id"], row["effective_from"]) in new]
    if added:
        yield "models.csv", _csv([*_raw(folder / "models.csv"), *added], MODELS.columns)
    path = folder / "model_facts.csv"
    old = {row["model_id"]: row for row in _raw(path)} if path.exists() else {}
    facts = dict(old)
    for each in taken:
        if each.facts:
            row = {"model_id": each.model_id, **each.facts}
            facts[each.model_id] = facts.get(each.model_id, {}) | row
    if facts != old:
        yield path.name, _csv(list(facts.values()), MODEL_FACTS.columns)


def _raw(path: Path) -> Rows:
    text = path.read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _csv(rows: Rows, columns: Iterable[Column]) -> str:
    """Rows under the headings they had, and those of the contract that are new and used."""
    used = dict.fromkeys(name for row in rows[:1] for name in row)
    used |= dict.fromkeys(
        name for name in (column.name for column in columns) if any(row.get(name) for row in rows)
    )
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(used), restval="", extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
