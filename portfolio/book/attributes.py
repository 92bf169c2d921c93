"""The columns a policy may name, and the extra columns of a book with their types."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pyarrow.compute as pc

from portfolio.book.cells import is_date
from portfolio.book.contract import BY_NAME, TABLES, Cell, Column
from portfolio.book.draft import Draft, Notes, Reach
from portfolio.book.files import Tables, TextTable
from portfolio.book.references import split_tags
from portfolio.household import Attribute, AttributeType, Value

# What is worked out, not read: (table, name, type, what it is).
DERIVED: tuple[tuple[str, str, AttributeType, str], ...] = (
    ("securities", "price", AttributeType.MONEY, "the latest close"),
    ("accounts", "taxable", AttributeType.FLAG, "type is taxable or trust"),
    ("accounts", "value", AttributeType.MONEY, "market value before tax, all cash included"),
    ("households", "value", AttributeType.MONEY, "sum over its accounts, held-away ones left out"),
    ("lots", "value", AttributeType.MONEY, "shares at the latest close"),
    ("lots", "gain", AttributeType.MONEY, "value less basis, 0 for a loss"),
    ("lots", "loss", AttributeType.MONEY, "basis less value, 0 for a gain"),
    ("lots", "gain_percent", AttributeType.FRACTION, "(value less basis) / basis"),
    ("lots", "age", AttributeType.NUMBER, "calendar days of its holding period so far"),
)

# The first column of these tables is called `id` in a policy: account.id, lot.id.
_ID_COLUMNS = {
    "accounts": "account_id",
    "households": "household_id",
    "lots": "lot_id",
    "tax_entities": "tax_entity_id",
}
_TABLES = ("securities", *_ID_COLUMNS)

_TYPES = {
    Cell.TEXT: AttributeType.TEXT,
    Cell.TAGS: AttributeType.TEXT,
    Cell.NUMBER: AttributeType.NUMBER,
    Cell.FRACTION: AttributeType.FRACTION,
    Cell.MONEY: AttributeType.MONEY,
    Cell.SHARES: AttributeType.NUMBER,
    Cell.DATE: AttributeType.DATE,
    Cell.FLAG: AttributeType.FLAG,
}

# Suggestions are of no use among more texts than this.
_MOST_VALUES = 5000


def declared(tables: Tables, notes: Notes) -> dict[str, tuple[Column, ...]]:
    """The extra columns of every open table, typed as the schema table says, or as they look."""
    schema = _declarations(tables, notes)
    extra: dict[str, tuple[Column, ...]] = {}
    for contract in TABLES:
        table = tables.get(contract.name)
        if table is None or not contract.open:
            continue
        worked_out = {name for owner, name, *_ in DERIVED if owner == contract.name}
        columns, undeclared = [], []
        for name in sorted(table.columns.keys() - contract.names - worked_out):
            cell = schema.get((contract.name, name))
            if cell is None:
                cell = _looks_like(table, name)
                undeclared.append((name, cell))
            bounds = (-1.0, 1.0) if cell is Cell.FRACTION else (None, None)
            columns.append(Column(name, cell, minimum=bounds[0], maximum=bounds[1]))
        extra[contract.name] = tuple(columns)
        if undeclared and not _has_mistakes(tables.get("schema"), notes):
            _warn_undeclared(table, undeclared, notes)
    return extra


def _has_mistakes(schema: TextTable | None, notes: Notes) -> bool:
    """Whether the declarations have a finding, so that one that is missing is no other mistake."""
    return any(schema is not None and draft.file == schema.file for draft in notes.drafts)


def _declarations(tables: Tables, notes: Notes) -> dict[tuple[str, str], Cell]:
    schema = tables.get("schema")
    if schema is None:
        return {}
    found: dict[tuple[str, str], Cell] = {}
    rows = zip(schema.texts("table"), schema.texts("column"), schema.texts("type"), strict=True)
    for row, (table, column, kind) in enumerate(rows):
        if table is None or column is None or kind is None:
            continue
        reason = _unusable(tables, table, column)
        if reason:
            notes.add(
                Draft(
                    "B0209",
                    schema.file,
                    f"`{column}` of {table} {reason}; the declaration is not used",
                    "a column that the table has beside the contract's own",
                    row=row,
                    column="column",
                    value=column,
                    reach=Reach.NOTHING,
                )
            )
        else:
            found[table, column] = Cell(kind)
    return found


def _unusable(tables: Tables, table: str, column: str) -> str:
    if column in BY_NAME[table].names:
        return "is a column of the contract with a type of its own"
    if any((table, column) == (each[0], each[1]) for each in DERIVED):
        return "is the name of something worked out from the book"
    if table in tables and column not in tables[table].columns:
        return "is not there"
    return ""


def _looks_like(table: TextTable, name: str) -> Cell:
    texts = pc.unique(table.columns[name].drop_null()).to_pylist()
    if texts and all(_is_number(text) for text in texts):
        return Cell.NUMBER
    if texts and all(text.lower() in ("true", "false") for text in texts):
        return Cell.FLAG
    return Cell.DATE if texts and all(is_date(text) for text in texts) else Cell.TEXT


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False


def _warn_undeclared(table: TextTable, undeclared: list[tuple[str, Cell]], notes: Notes) -> None:
    name, cell = undeclared[0]
    read = ", ".join(f"`{each}` read as {looks}" for each, looks in undeclared)
    notes.add(
        Draft(
            "B0208",
            table.file,
            f"not declared in the schema table: {read}",
            f"a row such as `{table.contract.name},{name},{cell}` in schema.csv",
            column=name,
            reach=Reach.NOTHING,
        )
    )


def attributes_of(tables: Tables, extra: Mapping[str, tuple[Column, ...]]) -> tuple[Attribute, ...]:
    """Every column a policy may name, built in, derived and declared, by table and name."""
    attributes = [
        Attribute(table, name, kind, description=text) for table, name, kind, text in DERIVED
    ]
    for name in _TABLES:
        contract = BY_NAME[name]
        for column in (*contract.columns, *extra.get(name, ())):
            attributes.append(_attribute(tables, name, column))
    return tuple(sorted(attributes, key=lambda each: (each.table, each.name)))


def _attribute(tables: Tables, table: str, column: Column) -> Attribute:
    name = "id" if _ID_COLUMNS.get(table) == column.name else column.name
    applies_to, description = _declaration(tables.get("schema"), table, column)
    kind = _TYPES[column.cell]
    texts = _distinct(tables.get(table), column) if kind is AttributeType.TEXT else frozenset()
    return Attribute(table, name, kind, applies_to, description, texts)


def _declaration(
    schema: TextTable | None, table: str, column: Column
) -> tuple[frozenset[str], str]:
    if schema is not None and column.name not in BY_NAME[table].names:
        named = zip(schema.texts("table"), schema.texts("column"), strict=True)
        for row, each in enumerate(named):
            if each == (table, column.name):
                kinds = split_tags(schema.texts("applies_to")[row])
                return frozenset(kinds), schema.texts("description")[row] or ""
    return frozenset(), column.description


def _distinct(table: TextTable | None, column: Column) -> frozenset[str]:
    if column.values:
        return frozenset(column.values)
    if table is None or column.name not in table.columns:
        return frozenset()
    texts = pc.unique(table.columns[column.name].drop_null()).to_pylist()
    if len(texts) > _MOST_VALUES:
        return frozenset()
    if column.cell is Cell.TAGS:
        return frozenset(tag for text in texts for tag in split_tags(text))
    return frozenset(texts)


def as_value(cell: Cell, text: str) -> Value:
    """A checked cell as the value a policy compares with."""
    if cell is Cell.FLAG:
        return text == "true"
    if cell is Cell.DATE:
        return date.fromisoformat(text)
    if cell in (Cell.TEXT, Cell.TAGS):
        return text
    return Decimal(text)
