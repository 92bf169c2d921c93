"""Two states of a table of models compared: what came, what went, what moved, and from which day.

A day matters where it begins a version of any model in either state. A change that lasts is told
on its first day only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from portfolio.book.cells import check_cells
from portfolio.book.contract import MODELS
from portfolio.book.draft import Notes
from portfolio.book.files import TextTable, read_table
from portfolio.book.targets import Models, read_models
from portfolio.book.ties import conclude
from portfolio.book.versions import versions
from portfolio.findings import Finding, FindingSeverity
from portfolio.household import Model
from portfolio.models import Part, published

EVER = date.min
"""Stands for the first day of a version that has none."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A component, or a security: its weight before and after, a fraction; None: not there."""

    name: str
    before: Decimal | None
    after: Decimal | None

    @property
    def size(self) -> Decimal:
        """How far it moved, up or down."""
        return abs((self.after or Decimal(0)) - (self.before or Decimal(0)))


@dataclass(frozen=True, slots=True)
class Reranked:
    """The alternates of a component before and after, by rank."""

    component: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What is different in a model from a day on, up to a last day (None: for good).

    `written` are its own components as they stand in the table, `flat` securities after nested
    models are opened; `through` names the models in it that brought their own changes. A model
    that one of the states does not have on these days has no `before` or `after` at all.
    """

    model_id: str
    first: date
    last: date | None
    written: tuple[Moved, ...]
    alternates: tuple[Reranked, ...]
    flat: tuple[Moved, ...]
    through: tuple[str, ...]
    came: bool
    went: bool


@dataclass(frozen=True)
class ModelTable:
    """A table of models, and what its models are on any day."""

    path: Path
    table: TextTable
    _days: dict[date, tuple[Models, dict[str, Model]]] = field(default_factory=dict, repr=False)
    notes: Notes = field(default_factory=Notes, repr=False)

    @cached_property
    def first_days(self) -> frozenset[date]:
        """The days on which versions begin."""
        given, _ = versions(self.table)
        return frozenset(day or EVER for by_day in given.values() for day in by_day)

    def on(self, day: date) -> tuple[Models, dict[str, Model]]:
        """(the versions in force as they are written, the models flattened)."""
        if day not in self._days:
            names = (*self.table.texts("model_id"), *self.table.texts("component"))
            known = frozenset(name for name in names if name is not None)
            parts, unusable = read_models(self.table, known, frozenset(), day, self.notes)
            self._days[day] = parts, published(parts, unusable)
        return self._days[day]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The errors of the days that were looked at, each once."""
        drafts = dict.fromkeys(self.notes.drafts)
        found = conclude(drafts, {"models": self.table}, {})
        return tuple(each for each in found if each.severity is FindingSeverity.ERROR)


def read_model_table(path: Path) -> tuple[ModelTable | None, tuple[Finding, ...]]:
    """The models of a file, or of the book in a folder, and why they cannot be read."""
    notes = Notes()
    file = path
    if path.is_dir():
        file = path / "models.parquet"
        file = file if file.exists() else path / "models.csv"
    table = read_table(file, MODELS, {}, notes)
    if table is not None:
        table = check_cells(table, (), notes)
    tables = {} if table is None else {"models": table}
    findings = conclude(dict.fromkeys(notes.drafts), tables, {})
    errors = tuple(each for each in findings if each.severity is FindingSeverity.ERROR)
    return (None if table is None or not table.complete else ModelTable(file, table)), errors


def model_changes(old: ModelTable, new: ModelTable) -> tuple[Change, ...]:
    """Every change, by model and day."""
    days = sorted(old.first_days | new.first_days)
    names = sorted({name for state in (old, new) for day in days for name in state.on(day)[1]})
    return tuple(change for name in names for change in _of_model(name, days, old, new))


def changed_on(old: ModelTable, new: ModelTable, day: date) -> frozenset[str]:
    """The models that are not the same on a day: in weights, or in alternates."""
    before, after = old.on(day)[1], new.on(day)[1]
    return frozenset(
        name for name in before.keys() | after.keys() if _differ(before.get(name), after.get(name))
    )


def _differ(one: Model | None, other: Model | None) -> bool:
    if one is None or other is None:
        return one is not other
    return (one.weights, one.places) != (other.weights, other.places)


def _of_model(
    name: str, days: Sequence[date], old: ModelTable, new: ModelTable
) -> Iterator[Change]:
    """The changes of one model, each on the first day of its kind."""
    told: tuple[object, ...] = ()
    found: list[Change] = []
    for day in days:
        change = _on(name, day, old, new)
        facts: tuple[object, ...] = ()
        if change is not None:
            facts = change.written, change.alternates, change.flat, change.through
        if facts == told:
            continue
        if told:
            found[-1] = _ended(found[-1], day)
        told = facts
        if change is not None:
            found.append(change)
    yield from found


def _ended(change: Change, day: date) -> Change:
    fields = {name: getattr(change, name) for name in Change.__slots__}
    return Change(**{**fields, "last": day - timedelta(days=1)})


def _on(name: str, day: date, old: ModelTable, new: ModelTable) -> Change | None:
    (old_parts, before), (new_parts, after) = old.on(day), new.on(day)
    if not _differ(before.get(name), after.get(name)):
        return None
    sides = (old_parts.get(name, ()), new_parts.get(name, ()))
    inside = {part.ranked[0] for parts in sides for part in parts}
    changed = (each for each in inside if each in before or each in after)
    return Change(
        model_id=name,
        first=day,
        last=None,
        written=_moved(_written(sides[0]), _written(sides[1])),
        alternates=_reranked(*sides),
        flat=_moved(_weights(before.get(name)), _weights(after.get(name))),
        through=tuple(
            sorted(each for each in changed if _differ(before.get(each), after.get(each)))
        ),
        came=name not in before,
        went=name not in after,
    )


def _weights(model: Model | None) -> Mapping[str, Decimal]:
    return {} if model is None else model.weights


def _written(parts: Sequence[Part]) -> dict[str, Decimal]:
    return {part.ranked[0]: part.weight for part in parts}


def _moved(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> tuple[Moved, ...]:
    """What is not the same, the largest change first."""
    moved = [
        Moved(name, before.get(name), after.get(name))
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    ]
    return tuple(sorted(moved, key=lambda each: (-each.size, each.name)))


def _reranked(before: Sequence[Part], after: Sequence[Part]) -> tuple[Reranked, ...]:
    """Components of both whose alternates are not the same."""
    ranked = [{part.ranked[0]: part.ranked[1:] for part in parts} for parts in (before, after)]
    return tuple(
        Reranked(name, ranked[0].get(name, ()), ranked[1].get(name, ()))
        for name in sorted(ranked[0].keys() | ranked[1].keys())
        if ranked[0].get(name, ()) != ranked[1].get(name, ())
    )
