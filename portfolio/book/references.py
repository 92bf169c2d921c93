"""Names of things that are not there: one finding for each unknown id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow.compute as pc

from portfolio.book.cells import cell
from portfolio.book.contract import Cell
from portfolio.book.draft import ONE_BY_ONE, Draft, Notes, Reach, Subject
from portfolio.book.files import Tables, TextTable

# table -> (its id column, the kind of subject it is, the code of an unknown one, in words)
_NAMED = {
    "securities": ("security_id", "security", "B0302", "security"),
    "accounts": ("account_id", "account", "B0303", "account"),
    "households": ("household_id", "household", "B0304", "household"),
    "tax_entities": ("tax_entity_id", "tax_entity", "B0305", "tax entity"),
    "models": ("model_id", "model", "B0306", "model"),
}


def ids(tables: Tables, name: str) -> frozenset[str]:
    """All ids of securities, accounts, households, tax_entities or models."""
    table, column = tables.get(name), _NAMED[name][0]
    if table is None or column not in table.columns:
        return frozenset()
    return frozenset(pc.unique(table.columns[column].drop_null()).to_pylist())


@dataclass(frozen=True, slots=True)
class _Use:
    table: TextTable
    column: str
    row: int
    rows: int


def check_references(tables: Tables, unreadable: frozenset[str], notes: Notes) -> None:
    """Notes each unknown id once, at its first use, with the places of all others.

    `unreadable` are words of records that could not be read: an id among them may be defined
    there, and that record has its own finding. So has a row that lacks its id: what nothing else
    defines is taken to be what that row was to define.
    """
    uses = _unknown_uses(tables, unreadable)
    for target in {target for target, _ in uses}:
        if _blame_nameless(
            tables[target], target, [id_ for kind, id_ in uses if kind == target], notes
        ):
            uses = {key: places for key, places in uses.items() if key[0] != target}
    alike: dict[tuple[str, str, str], list[str]] = {}
    for (target, text), places in uses.items():
        alike.setdefault((target, places[0].table.file, places[0].column), []).append(text)
    for (target, *_), texts in alike.items():
        together = len(texts) > ONE_BY_ONE
        for text in texts[:1] if together else texts:
            about = texts if together else [text]
            _note_unknown(target, text, uses[target, text], about, notes)
    for both in sorted(ids(tables, "securities") & ids(tables, "models")):
        message = f"{both!r} is a security and a model: which one does a component mean?"
        file = tables["models"].file
        subjects = (Subject("model", both), Subject("security", both))
        notes.add(Draft("B0308", file, message, "an id of its own", value=both, subjects=subjects))


def _unknown_uses(tables: Tables, unreadable: frozenset[str]) -> dict[tuple[str, str], list[_Use]]:
    """(table referred to, unknown id) -> its uses; a table that is not there or empty is left out,
    since it has a finding of its own."""
    known = {name: ids(tables, name) for name in _NAMED}
    defined = {name for name, (column, *_) in _NAMED.items() if _has(tables, name, column)}
    uses: dict[tuple[str, str], list[_Use]] = {}
    for table, column, target, text, rows in _named_things(tables):
        needed = ("securities", "models") if target == "components" else (target,)
        if not defined.issuperset(needed) or text in unreadable:
            continue
        if not any(text in known[name] for name in needed):
            uses.setdefault((needed[0], text), []).append(_Use(table, column, rows[0], len(rows)))
    return uses


def _blame_nameless(table: TextTable, target: str, unknown: list[str], notes: Notes) -> bool:
    """Adds unknown ids to the finding of a row that lacks its id; whether there is such a row."""
    column, kind, *_ = _NAMED[target]
    for position, draft in enumerate(notes.drafts):
        if (draft.code, draft.file, draft.column) == ("B0201", table.file, column):
            shown = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
            notes.drafts[position] = replace(
                draft,
                message=f"{draft.message}; elsewhere, and defined nowhere: {shown}",
                subjects=(*draft.subjects, *(Subject(kind, each) for each in unknown)),
                reach=Reach.VALUE if target == "securities" else draft.reach,
            )
            return True
    return False


def _has(tables: Tables, name: str, column: str) -> bool:
    return name in tables and column in tables[name].columns and tables[name].rows > 0


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


def _note_unknown(
    target: str, text: str, places: list[_Use], about: list[str], notes: Notes
) -> None:
    """One finding at the first place that names `text`; it concerns all ids of `about`."""
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
    if len(about) > 1:
        also = f", nor are {len(about) - 1:,} others of this column known"
    notes.add(
        Draft(
            code,
            first.table.file,
            f"no {word} is called {text!r}{also}",
            f"an id from the {target} table",
            row=first.row,
            column=first.column,
            value=text,
            subjects=tuple(Subject(kind, each) for each in about),
            reach=Reach.VALUE if target == "securities" else Reach.TRADES,
            account_id=cell(first.table, "account_id", first.row),
            household_id=cell(first.table, "household_id", first.row),
        )
    )


def check_ownership(tables: Tables, notes: Notes) -> None:
    """Notes accounts taxed by an entity of another household, and households without accounts."""
    accounts, entities = tables.get("accounts"), tables.get("tax_entities")
    for table in (accounts, entities):
        if table is None or not table.complete or table.rows == 0:
            return
    assert accounts is not None and entities is not None
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
