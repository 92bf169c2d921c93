"""The contract published: as JSON Schema and as a page, from the code that reads it."""

from __future__ import annotations

from portfolio.book.contract import TABLES, Cell, Column, TableContract

_TYPES: dict[Cell, dict[str, object]] = {
    Cell.TEXT: {"type": "string"},
    Cell.NUMBER: {"type": "number"},
    Cell.FRACTION: {"type": "number"},
    Cell.MONEY: {"type": "number"},
    Cell.SHARES: {"type": "number"},
    Cell.DATE: {"type": "string", "format": "date"},
    Cell.FLAG: {"type": "boolean"},
    Cell.TAGS: {"type": "string", "pattern": "^[^;]+(;[^;]+)*$"},
}

_BOOK_TOML: dict[str, object] = {
    "type": "object",
    "properties": {
        "as_of": {"type": "string", "format": "date"},
        "name": {"type": "string"},
        "currency": {"const": "USD", "default": "USD"},
        "calendar": {"type": "string", "default": "XNYS"},
        "settlement_days": {
            "type": "integer",
            "minimum": 0,
            "description": "empty: by trade date, 3 before 2017-09-05, 2 before 2024-05-28, then 1",
        },
        "tax_year": {
            "type": "integer",
            "description": "of `ytd_short` and `ytd_long`; empty: the year of `as_of`",
        },
    },
    "required": ["as_of", "name"],
}


def book_schema() -> dict[str, object]:
    """JSON Schema (2020-12) of a whole book: `book` is book.toml, every table an array of rows."""
    properties: dict[str, object] = {"book": _BOOK_TOML}
    properties |= {table.name: _table(table) for table in TABLES}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "policydsl book",
        "type": "object",
        "properties": properties,
        "required": ["book", *(table.name for table in TABLES if table.required)],
    }


def _table(table: TableContract) -> dict[str, object]:
    row: dict[str, object] = {
        "type": "object",
        "properties": {column.name: _column(column) for column in table.columns},
        "required": [column.name for column in table.columns if column.required],
    }
    if table.key:
        row["x-key"] = list(table.key)
    schema: dict[str, object] = {"type": "array", "items": row}
    if table.description:
        schema["description"] = table.description
    return schema


def _column(column: Column) -> dict[str, object]:
    schema = dict(_TYPES[column.cell])
    bounds = {
        "description": column.description or None,
        "enum": list(column.values) or None,
        "minimum": column.minimum,
        "exclusiveMinimum": column.above,
        "maximum": column.maximum,
        "x-refers-to": column.refers,
    }
    return schema | {name: bound for name, bound in bounds.items() if bound is not None}


def contract_page() -> str:
    """Every table and column as Markdown, for docs/book-tables.md."""
    parts = [
        "# The tables of a book\n\nGenerated from `portfolio/book/contract.py`; see "
        "[book.md](book.md) for what a book is.\n"
    ]
    return "\n".join([*parts, *(_table_section(table) for table in TABLES)])


def _table_section(table: TableContract) -> str:
    need = "required" if table.required else "optional"
    told = f": {table.description}" if table.description else ""
    more = " More columns become attributes." if table.open else ""
    key = f" One row for each {' and '.join(f'`{name}`' for name in table.key)}." * bool(table.key)
    lines = [
        f"## `{table.name}`\n",
        f"{need.capitalize()}{told}.{key}{more}\n",
        "| column | holds | needed | says |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{column.name}` | {_holds(column)} | {'yes' if column.required else ''} | "
        f"{column.description} |"
        for column in table.columns
    ]
    return "\n".join(lines) + "\n"


def _holds(column: Column) -> str:
    if column.values:
        return ", ".join(f"`{value}`" for value in column.values)
    bounds = [
        word.format(bound)
        for word, bound in (
            ("above {:g}", column.above),
            ("{:g} or more", column.minimum),
            ("{:g} at most", column.maximum),
        )
        if bound is not None
    ]
    text = ", ".join([str(column.cell), *bounds])
    if column.refers is None:
        return text
    where = "`securities` or `models`" if column.refers == "components" else f"`{column.refers}`"
    return f"{text}; an id in {where}"
