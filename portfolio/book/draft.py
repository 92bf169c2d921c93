"""Findings as they are made, before it is known what depends on them.

A draft names its *subject*, a node of the book's graph of dependence (`ties.py`): an account, a
household, a tax entity, a security, a model, or the whole book.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from portfolio.findings import FindingSeverity

BOOK_FILE = "book.toml"

# More mistakes of one sort in one column than this are one mistake (dates in another format, an id
# column of another system), not many.
ONE_BY_ONE = 20


class Reach(StrEnum):
    """How far a doubt about the subject goes."""

    NOTHING = "nothing"  # a warning
    TRADES = "trades"  # what depends on it is counted, not traded
    VALUE = "value"  # what holds it has no known value either


@dataclass(frozen=True, slots=True)
class Subject:
    """`kind` is account, household, tax_entity, security, model or book."""

    kind: str
    id: str


WHOLE_BOOK = Subject("book", "")


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding with its row (from 0) instead of its line, and its subjects instead of effects.

    `rows` counts the bad cells that one finding stands for. Where `through_funds` is false, owning
    a fund that holds the subject is no dependence on it (a constituent needs no price).
    """

    code: str
    file: str
    message: str
    expected: str = ""
    row: int | None = None
    column: str | None = None
    value: str | None = None
    subjects: tuple[Subject, ...] = (WHOLE_BOOK,)
    reach: Reach = Reach.TRADES
    through_funds: bool = True
    rows: int = 1
    account_id: str | None = None
    household_id: str | None = None

    @property
    def severity(self) -> FindingSeverity:
        """A draft that reaches nothing is a warning."""
        warns = self.reach is Reach.NOTHING
        return FindingSeverity.WARNING if warns else FindingSeverity.ERROR


@dataclass(slots=True)
class Notes:
    """Collects drafts, and which cells and subjects are doubtful already, so that one mistake is
    reported once."""

    drafts: list[Draft] = field(default_factory=list)

    def add(self, draft: Draft) -> None:
        """Keeps one draft."""
        self.drafts.append(draft)

    def subjects(self) -> frozenset[Subject]:
        """Everything an error has been found about."""
        return frozenset(
            subject
            for draft in self.drafts
            if draft.reach is not Reach.NOTHING
            for subject in draft.subjects
        )
