"""The versions of models as the rows of a table say them: components, and who stands in for each.

An alternate is a row of rank 2 or more. It says in `alternate_for` which component of its version
it stands in for; where it does not, that is the one component of its own weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from portfolio.book.files import TextTable
from portfolio.models import Part

Versions = Mapping[str, Mapping[date | None, "Version"]]


@dataclass(frozen=True, slots=True)
class Version:
    """The parts of one version of a model, and the rows (from 0) of their components."""

    parts: tuple[Part, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that has no place in its version, and why."""

    code: str
    model: str
    row: int
    column: str
    message: str
    expected: str


@dataclass(frozen=True, slots=True)
class _Row:
    at: int
    component: str
    weight: Decimal
    rank: Decimal
    place: str | None


def versions(table: TextTable) -> tuple[Versions, tuple[Misfit, ...]]:
    """Every version of every model (effective date, None: since ever), and the rows without a
    place. Cells that could not be read count as empty: they have findings of their own."""
    found: dict[str, dict[date | None, Version]] = {}
    misfits: list[Misfit] = []
    for (model, day), rows in _by_version(table).items():
        version, wrong = _version(model, rows)
        misfits += wrong
        if version.parts:
            found.setdefault(model, {})[day] = version
    return found, tuple(sorted(misfits, key=lambda each: each.row))


def _by_version(table: TextTable) -> dict[tuple[str, date | None], list[_Row]]:
    names = ("model_id", "component", "weight", "effective_from", "rank", "alternate_for")
    found: dict[tuple[str, date | None], list[_Row]] = {}
    for at, cells in enumerate(zip(*(table.texts(name) for name in names), strict=True)):
        model, component, weight, start, rank, place = cells
        if model is not None:
            day = None if start is None else date.fromisoformat(start)
            row = _Row(at, component or "", Decimal(weight or 0), Decimal(rank or 1), place)
            found.setdefault((model, day), []).append(row)
    return found


def _version(model: str, rows: list[_Row]) -> tuple[Version, list[Misfit]]:
    """The parts in the order of their rows; alternates by rank."""
    misfits: list[Misfit] = []
    parts: dict[str, tuple[_Row, Part]] = {}
    for row in rows:
        if row.rank != 1:
            continue
        if row.component in parts and row.component:
            message = f"component {row.component!r} of model {model!r} is given twice"
            misfits.append(_misfit(model, row, "component", message, "each only once", "B0505"))
        if row.place is not None:
            message = f"{row.component!r} of model {model!r} has rank 1 and stands in for something"
            misfits.append(_misfit(model, row, "rank", message, "rank 2 or more for an alternate"))
        parts[row.component] = row, Part(row.weight, (row.component,))
    ranks: dict[str, set[Decimal]] = {}
    for row in sorted(rows, key=lambda each: (each.rank, each.at)):
        if row.rank == 1:
            continue
        place, wrong = _place(model, row, parts)
        if wrong is None and row.rank in ranks.setdefault(place, set()):
            message = f"two alternates of rank {row.rank:f} for {place!r} in model {model!r}"
            wrong = _misfit(model, row, "rank", message, "a rank of its own")
        if wrong is not None:
            misfits.append(wrong)
            continue
        ranks[place].add(row.rank)
        first, part = parts[place]
        parts[place] = first, replace(part, ranked=(*part.ranked, row.component))
    kept = parts.values()
    return Version(tuple(p for _, p in kept), tuple(row.at for row, _ in kept)), misfits


def _place(
    model: str, row: _Row, parts: Mapping[str, tuple[_Row, Part]]
) -> tuple[str, Misfit | None]:
    """The component that an alternate stands in for, and what is wrong with saying so."""
    said = f"alternate {row.component!r} of model {model!r}"
    if row.place is None:
        alike = [name for name, (_, part) in parts.items() if part.weight == row.weight]
        if len(alike) == 1:
            return alike[0], _clash(model, row, alike[0], parts)
        which = f"has the weight of {', '.join(alike)}" if alike else "has no component's weight"
        message = f"{said} {which}, and does not say whose place it takes"
        expected = "a component of the same version in `alternate_for`"
        return "", _misfit(model, row, "alternate_for", message, expected)
    if row.place not in parts:
        message = f"{said} stands in for {row.place!r}, which this version does not have"
        expected = "a component of rank 1 of the same model and version"
        return "", _misfit(model, row, "alternate_for", message, expected)
    weight = parts[row.place][1].weight
    if row.weight not in (0, weight):
        message = f"{said} has weight {row.weight:f}, and {row.place!r} has {weight:f}"
        return "", _misfit(model, row, "weight", message, "the weight of its place, or 0")
    return row.place, _clash(model, row, row.place, parts)


def _clash(
    model: str, row: _Row, place: str, parts: Mapping[str, tuple[_Row, Part]]
) -> Misfit | None:
    if row.component not in parts[place][1].ranked:
        return None
    message = (
        f"alternate {row.component!r} of {place!r} in model {model!r} is in that place already"
    )
    return _misfit(model, row, "component", message, "each alternate once")


def _misfit(
    model: str, row: _Row, column: str, message: str, expected: str, code: str = "B0507"
) -> Misfit:
    if code == "B0507":
        message += ": it stands in for nothing"
    return Misfit(code, model, row.at, column, message, expected)
