"""A run as its folder keeps it: what it was given, table by table, and what it proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path

from compiler.policyset import PolicySet, load_policies
from policydsl.carried import STATE, Carried, read_carried
from policydsl.document import Document
from policydsl.inputs import Inputs, recorded_inputs
from policydsl.record.digests import PROPOSALS, RECORD
from policydsl.schemas import ProposalDocument, RunDocument
from policydsl.verification.folder import folder_differences, read_document
from policydsl.verification.proposal import Difference
from portfolio.book.draft import Notes
from portfolio.book.files import Folder, TextTable, read_folder

Row = Mapping[str, str]
"""The cells of a row that are not empty."""


class NotARunError(ValueError):
    """A folder that is no run, or no longer the one that was written."""


@dataclass(frozen=True)
class RecordedRun:
    """A run folder, read. `rows` are the tables of `inputs/book`, `documents` the proposals."""

    folder: Path
    record: Document
    documents: Mapping[str, Document]
    given: Folder
    policies: PolicySet
    carried: Carried

    @property
    def day(self) -> date:
        """The day of the run."""
        return date.fromisoformat(self.record["as_of"])

    def rows(self, table: str) -> list[Row]:
        """The rows of a table, none where the book has no such table."""
        found = self._rows.get(table)
        if found is None:
            given = self.given.tables.get(table)
            found = self._rows[table] = [] if given is None else _rows(given)
        return found

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        return {}

    @cached_property
    def closes(self) -> Mapping[str, Decimal]:
        """The close that the run used of each security, dollars."""
        return {row["security_id"]: Decimal(row["close"]) for row in self.rows("prices")}

    @cached_property
    def inputs(self) -> Inputs:
        """The inputs of the run, checked, to be solved again."""
        return recorded_inputs(self.folder)

    @cached_property
    def household_of(self) -> Mapping[str, str]:
        """Account to household."""
        return {row["account_id"]: row["household_id"] for row in self.rows("accounts")}


def read_run(folder: Path) -> RecordedRun:
    """A run folder whose files are those that were written; NotARunError for anything else."""
    if not (folder / RECORD).is_file():
        raise NotARunError(f"{folder} is not a run folder: it has no {RECORD}")
    wrong = next(folder_differences(folder), None)
    found: list[Difference] = []
    record = read_document(folder, RECORD, RunDocument, found)
    documents = {}
    for name in record["households"] if record is not None else ():
        document = read_document(folder, f"{PROPOSALS}{name}.json", ProposalDocument, found)
        documents[name] = document or {}
    for difference in (wrong, *found):
        if difference is not None:
            raise NotARunError(
                f"{folder}: {difference.where} {difference.what}: see `policydsl verify {folder}`"
            )
    assert record is not None
    state = folder / "inputs" / STATE
    carried = read_carried(state) if state.is_file() else Carried()
    given = read_folder(folder / "inputs" / "book", Notes())
    policies = load_policies(folder / "inputs" / "policies")
    return RecordedRun(folder, record, documents, given, policies, carried)


def _rows(table: TextTable) -> list[Row]:
    columns = [(name, table.texts(name)) for name in table.columns]
    return [
        {name: cell for name, texts in columns if (cell := texts[row]) is not None}
        for row in range(table.rows)
    ]


def same_cell(one: str | None, other: str | None) -> bool:
    """Whether two cells say the same: `100` and `100.0` do."""
    if one == other:
        return True
    if one is None or other is None:
        return False
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def cell_changes(before: Row, after: Row, but: Sequence[str] = ()) -> dict[str, tuple[str, str]]:
    """Columns whose cells differ, with both cells; empty text where one is empty."""
    names = (name for name in dict.fromkeys((*before, *after)) if name not in but)
    return {
        name: (before.get(name, ""), after.get(name, ""))
        for name in names
        if not same_cell(before.get(name), after.get(name))
    }
