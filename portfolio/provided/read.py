"""A provider's file as a table of text: one row a component, what is said of its model beside it.

CSV has these columns; TOML has a `[[models]]` for each version of a model, with a
`[[models.components]]` for each component, and the same names as keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from portfolio.book.cells import check_cells
from portfolio.book.contract import MODEL_FACTS, MODELS, Column, TableContract
from portfolio.book.draft import Draft, Notes, Reach
from portfolio.book.files import TextTable, read_table

FACTS = tuple(column for column in MODEL_FACTS.columns if column.name != "model_id")
PARTS = ("component", "weight", "rank", "alternate_for")


def _columns() -> Iterator[Column]:
    """Those of `models`, each version with its first day, and those of `model_facts`."""
    for column in MODELS.columns:
        day = column.name == "effective_from"
        yield Column("effective_from", column.cell, required=True) if day else column
    yield from FACTS


PROVIDED = TableContract(
    "provided",
    tuple(_columns()),
    key=MODELS.key,
    subject="model_id",
    subject_kind="model",
    description="models as their provider sends them",
)


@dataclass(frozen=True)
class ProvidedTable(TextTable):
    """A table whose rows have lines of their own in a file that is no CSV."""

    lines: tuple[int, ...] = ()

    def line(self, row: int) -> int | None:
        """The line at which the component begins; None where the file does not show it."""
        return self.lines[row] if len(self.lines) == self.rows else None


def read_provided(path: Path, notes: Notes) -> TextTable | None:
    """The rows of a provider's file, doubtful cells nulled; None where it cannot be read."""
    if path.suffix == ".toml":
        table = _read_toml(path, notes)
    else:
        table = read_table(path, PROVIDED, {}, notes)
    return None if table is None else check_cells(table, (), notes)


def _read_toml(path: Path, notes: Notes) -> TextTable | None:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
        document = tomllib.loads(text, parse_float=str)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path.name} is not a TOML file: {error}"
        notes.add(Draft("B0103", path.name, message, "`[[models]]` with `[[models.components]]`"))
        return None
    rows = list(_rows(document, path.name, notes))
    names = dict.fromkeys(column.name for column in PROVIDED.columns if column.required)
    names |= dict.fromkeys(name for row in rows for name in row)
    for name in sorted(names.keys() - PROVIDED.names):
        message = f"`{name}` is no part of a model and is not read"
        expected = "a key of the contract"
        notes.add(Draft("B0208", path.name, message, expected, column=name, reach=Reach.NOTHING))
    columns = {
        name: pa.array([row.get(name) or None for row in rows], pa.string()) for name in names
    }
    heads = re.compile(r"^\s*\[\[\s*models\s*\.\s*components\s*\]\]")
    lines = (n for n, line in enumerate(text.splitlines(), 1) if heads.match(line))
    return ProvidedTable(PROVIDED, path.name, columns, len(rows), content, tuple(lines))


def _rows(document: Mapping[str, object], file: str, notes: Notes) -> Iterator[dict[str, str]]:
    models = document.get("models")
    if not isinstance(models, list) or not all(isinstance(each, dict) for each in models):
        expected = "`[[models]]` with `[[models.components]]`"
        notes.add(Draft("B0103", file, f"{file} has no list of `models`", expected))
        return
    for model in models:
        parts = model.get("components")
        said = {name: _text(value) for name, value in model.items() if name != "components"}
        if not isinstance(parts, list) or not all(isinstance(each, dict) for each in parts):
            name = said.get("model_id", "without an id")
            expected = "`[[models.components]]` with `component` and `weight`"
            notes.add(Draft("B0103", file, f"model {name} has no list of components", expected))
            continue
        for part in parts:
            yield said | {name: _text(value) for name, value in part.items()}


def _text(value: object) -> str:
    if isinstance(value, list):
        return ";".join(str(each) for each in value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
