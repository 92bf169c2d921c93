"""Ids used twice, and names of things that are not there: one finding for each id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from portfolio.book.cells import cell, subject_of_row
from portfolio.book.contract import Cell
from portfolio.book.draft import Draft, Notes, Reach, Subject
from portfolio.book.files import TextTable

Tables = Mapping[str, TextTable]

# table -> (its id column, the kind of subject it is, the code of an unknown one, in words)
_NAMED = {
    "securities": ("security_id", "security", "B0302", "security"),
    "accounts": ("account_id", "account", "B0303", "account"),
    "households": ("household_id", "household", "B0304", "household"),
    "tax_entities": ("tax_entity_id", "tax_entity", "B0305", "tax entity"),
    "models": ("model_id", "model", "B0306", "model"),
}
_VALUE_TABLES = ("accounts", "lots", "households")


def ids(tables: Tables, name: str) -> frozenset[str]:
    """All ids of securities, accounts, households, tax_entities or models."""
    table, column = tables.get(name), _NAMED[name][0]
    if table is None or column not in table.columns:
        return frozenset()
    return frozenset(pc.unique(table.columns[column].drop_null()).to_pylist())


def check_duplicates(tables: Tables, notes: Notes) -> None:
    """Notes each key that more than one row carries; prices are looked at elsewhere."""
    for table in tables.values():
        contract = table.contract
        if contract.key and contract.name != "prices":
            present = [table.columns[key] for key in contract.key if key in table.columns]
            if present and contract.key[0] in table.columns:
                _check_key(table, present, notes)


def _check_key(table: TextTable, parts: list[pa.Array], notes: Notes) -> None:
    filled = [pc.fill_null(part, "") for part in parts]
    keys = pc.binary_join_element_wise(*filled, "\x1f")
    if pc.count_distinct(keys).as_py() == table.rows:
        return
    rows_of: dict[str, list[int]] = {}
    named = parts[0].is_valid().to_pylist()
    for row, key in enumerate(keys.to_pylist()):
        if named[row]:
            rows_of.setdefault(key, []).append(row)
    for key, rows in rows_of.items():
        if len(rows) > 1:
            _note_duplicate(table, key.strip("\x1f").replace("\x1f", ", "), rows, notes)


def _note_duplicate(table: TextTable, key: str, rows: list[int], notes: Notes) -> None:
    contract = table.contract
    weights = contract.name in ("models", "constituents")
    subjects = tuple(dict.fromkeys(subject_of_row(table, row) for row in rows))
    times = "twice" if len(rows) == 2 else f"{len(rows)} times"
    what = " and ".join(contract.key) if not weights else "component"
    notes.add(
        Draft(
            "B0505" if weights else "B0301",
            table.file,
            f"{what} {key!r} is given {times}, first on line {table.line(rows[0])}",
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


@dataclass(frozen=True, slots=True)
class _Use:
    table: TextTable
    column: str
    row: int
    rows: int


def check_references(tables: Tables, unreadable: frozenset[str], notes: Notes) -> None:
    """Notes each unknown id once, at its first use, with the places of all others.

    `unreadable` are words of records that could not be read: an id among them may be defined
    there, and that record has its own finding.
    """
    known = {name: ids(tables, name) for name in _NAMED}
    defined = {name for name, (column, *_) in _NAMED.items() if _has(tables, name, column)}
    uses: dict[tuple[str, str], list[_Use]] = {}
    for table, column, target, text, rows in _named_things(tables):
        needed = ("securities", "models") if target == "components" else (target,)
        if not defined.issuperset(needed) or text in unreadable:
            continue
        if not any(text in known[name] for name in needed):
            uses.setdefault((needed[0], text), []).append(_Use(table, column, rows[0], len(rows)))
    for (target, text), places in uses.items():
        _note_unknown(target, text, places, notes)
    for both in sorted(known["securities"] & known["models"]):
        message = f"{both!r} is a security and a model: which one does a component mean?"
        file = tables["models"].file
        subjects = (Subject("model", both), Subject("security", both))
        notes.add(Draft("B0308", file, message, "an id of its own", value=both, subjects=subjects))


def _has(tables: Tables, name: str, column: str) -> bool:
    return name in tables and column in tables[name].columns


def _named_things(tables: Tables) -> Iterator[tuple[TextTable, str, str, str, list[int]]]:
    """Every (table, column, table it refers to, id named, rows naming it)."""
    for table in tables.values():
        for column in table.contract.columns:
            if column.refers is None or column.name not in table.columns:
                continue
            rows_of: dict[str, list[int]] = {}
            for row, text in enumerate(table.texts(column.name)):
                several = column.cell is Cell.TAGS
                for named in split_tags(text) if several else filter(None, (text,)):
                    rows_of.setdefault(named, []).append(row)
            for named, rows in rows_of.items():
                yield table, column.name, column.refers, named, rows


def split_tags(text: str | None) -> tuple[str, ...]:
    """`"a; b"` as ("a", "b")."""
    return tuple(tag.strip() for tag in (text or "").split(";") if tag.strip())


def _note_unknown(target: str, text: str, places: list[_Use], notes: Notes) -> None:
    _, kind, code, word = _NAMED[target]
    first = places[0]
    others = [
        f"{use.table.file} ({use.rows - (use is first)} more)"
        if use is first
        else f"{use.table.file} ({use.rows})"
        for use in places
        if use is not first or use.rows > 1
    ]
    also = f"; also named in {', '.join(others)}" if others else ""
    notes.add(
        Draft(
            code,
            first.table.file,
            f"no {word} is called {text!r}{also}",
            f"an id from the {target} table",
            row=first.row,
            column=first.column,
            value=text,
            subjects=(Subject(kind, text),),
            reach=Reach.VALUE if target == "securities" else Reach.TRADES,
            account_id=cell(first.table, "account_id", first.row),
            household_id=cell(first.table, "household_id", first.row),
        )
    )


def check_ownership(tables: Tables, notes: Notes) -> None:
    """Notes accounts taxed by an entity of another household, and households without accounts."""
    accounts, entities = tables.get("accounts"), tables.get("tax_entities")
    if accounts is None or entities is None or not (accounts.complete and entities.complete):
        return
    known = ids(tables, "households")
    household_of = dict(
        zip(entities.texts("tax_entity_id"), entities.texts("household_id"), strict=True)
    )
    owned: set[str | None] = set()
    rows = zip(
        accounts.texts("account_id"),
        accounts.texts("household_id"),
        accounts.texts("tax_entity_id"),
        strict=True,
    )
    for row, (account, household, entity) in enumerate(rows):
        taxed = household_of.get(entity)
        owned |= {household, taxed}
        if account is None or household == taxed or not {household, taxed} <= known:
            continue
        notes.add(
            Draft(
                "B0307",
                accounts.file,
                f"tax entity {entity!r} belongs to household {taxed!r}, account {account!r} "
                f"to {household!r}",
                "a tax entity of the account's own household",
                row=row,
                column="tax_entity_id",
                value=entity,
                subjects=(Subject("account", account),),
                account_id=account,
                household_id=household,
            )
        )
    _check_empty_households(tables, owned, notes)


def _check_empty_households(tables: Tables, owned: set[str | None], notes: Notes) -> None:
    households = tables.get("households")
    if households is None:
        return
    for row, household in enumerate(households.texts("household_id")):
        if household is not None and household not in owned:
            notes.add(
                Draft(
                    "B0309",
                    households.file,
                    f"household {household!r} has no account",
                    "at least one account",
                    row=row,
                    column="household_id",
                    value=household,
                    reach=Reach.NOTHING,
                    household_id=household,
                )
            )
