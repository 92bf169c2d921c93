"""What the market and the models did between two runs: prices, risk numbers, models, securities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from policydsl.day_to_day.recorded import RecordedRun, Row, cell_changes
from portfolio.book.contract import BY_NAME
from portfolio.household import Model
from portfolio.model_changes import ModelTable, Moved

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A close that is another one. `worth` is what all households of both runs held of it on the
    first day, dollars, and `effect` what that gained or lost by the price."""

    security_id: str
    before: Decimal
    after: Decimal
    worth: Decimal
    effect: Decimal

    @property
    def change(self) -> Decimal:
        """A fraction of the close before."""
        return self.after / self.before - 1


@dataclass(frozen=True, slots=True)
class RiskMove:
    """Volatility of a security, a fraction a year; None where a run had no numbers for it."""

    security_id: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class ModelMove:
    """A model whose weights in force on the days of the runs differ, nested models opened."""

    model_id: str
    moved: tuple[Moved, ...]
    came: bool
    went: bool


@dataclass(frozen=True, slots=True)
class FactChange:
    """A cell of a table that is another one; `column` is empty for a row that came or went."""

    table: str
    whose: str
    column: str
    before: str
    after: str


def price_moves(a: RecordedRun, b: RecordedRun) -> tuple[PriceMove, ...]:
    """Securities with another close in both runs, the largest effect on the book first."""
    shares: dict[str, Decimal] = {}
    both = set(a.documents) & set(b.documents)
    for lot in a.rows("lots"):
        if a.household_of.get(lot["account_id"]) in both:
            name = lot["security_id"]
            shares[name] = shares.get(name, ZERO) + Decimal(lot["shares"])
    moves = [
        PriceMove(
            name,
            old,
            b.closes[name],
            shares.get(name, ZERO) * old,
            shares.get(name, ZERO) * (b.closes[name] - old),
        )
        for name, old in a.closes.items()
        if b.closes.get(name, old) != old
    ]
    return tuple(sorted(moves, key=lambda m: (-abs(m.effect), -abs(m.change), m.security_id)))


def risk_moves(a: RecordedRun, b: RecordedRun) -> tuple[RiskMove, ...]:
    """Securities whose risk numbers come to another volatility, the largest change first."""
    before, after = _volatility(a), _volatility(b)
    moves = [
        RiskMove(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    return tuple(
        sorted(moves, key=lambda m: (-abs((m.after or 0.0) - (m.before or 0.0)), m.security_id))
    )


def _volatility(run: RecordedRun) -> dict[str, float]:
    """Of every security of the risk numbers: factors are uncorrelated, of unit variance."""
    variance = {row["security_id"]: float(row["variance"]) for row in run.rows("specific")}
    for row in run.rows("exposures"):
        name = row["security_id"]
        variance[name] = variance.get(name, 0.0) + float(row["exposure"]) ** 2
    return {name: round(sqrt(each), 6) for name, each in variance.items()}


def same_risk(a: RecordedRun, b: RecordedRun) -> bool:
    """Whether both runs had the same risk numbers, correlations included."""
    return all(a.rows(name) == b.rows(name) for name in ("factors", "exposures", "specific"))


def model_moves(a: RecordedRun, b: RecordedRun) -> tuple[ModelMove, ...]:
    """Models whose weights are not those of the run before, by id."""
    before, after = _models(a), _models(b)
    return tuple(
        ModelMove(name, moved, came=name not in before, went=name not in after)
        for name in sorted(before.keys() | after.keys())
        for moved in [_moved(before.get(name), after.get(name))]
        if moved or (name in before) != (name in after)
    )


def _models(run: RecordedRun) -> Mapping[str, Model]:
    table = run.given.tables.get("models")
    if table is None:
        return {}
    return ModelTable(run.folder, table).on(run.day)[1]


def _moved(before: Model | None, after: Model | None) -> tuple[Moved, ...]:
    old, new = ({} if each is None else each.weights for each in (before, after))
    moved = [
        Moved(name, old.get(name), new.get(name))
        for name in old.keys() | new.keys()
        if old.get(name) != new.get(name)
    ]
    return tuple(sorted(moved, key=lambda each: (-each.size, each.name)))


KEYED = {
    "market": ("securities", "schema", "constituents", "model_facts"),
    "clients": ("households", "accounts", "tax_entities"),
}
"""Tables whose rows have ids, by what they are about."""
TRADED = ("cash", "unsettled_cash", "ytd_short", "ytd_long")
"""Cells of clients that trading moves: they are told with positions and cash."""


def setting_changes(a: RecordedRun, b: RecordedRun) -> tuple[FactChange, ...]:
    """Settings of the book that are others: its calendar, days of settlement, tax year."""
    before, after = (
        {name: str(value) for name, value in (run.given.settings or {}).items()} for run in (a, b)
    )
    changes = cell_changes(before, after, ("name", "as_of"))
    return tuple(FactChange("book", "", name, *cells) for name, cells in changes.items())


def fact_changes(a: RecordedRun, b: RecordedRun, *tables: str) -> tuple[FactChange, ...]:
    """Rows that came and went, cells that changed; of the households that are in both runs."""
    return tuple(change for table in tables for change in _of_table(table, a, b))


def _of_table(table: str, a: RecordedRun, b: RecordedRun) -> Iterator[FactChange]:
    before, after = (_by_key(table, run) for run in (a, b))
    both = set(a.documents) & set(b.documents)
    for whose in sorted(before.keys() | after.keys()):
        old, new = before.get(whose), after.get(whose)
        household = (new or old or {}).get("household_id")
        if household is not None and household not in both:
            continue
        if old is None or new is None:
            words = ("", "new") if old is None else ("there", "gone")
            yield FactChange(table, whose, "", *words)
            continue
        for column, cells in cell_changes(old, new, TRADED).items():
            yield FactChange(table, whose, column, *cells)


def _by_key(table: str, run: RecordedRun) -> dict[str, Row]:
    key = BY_NAME[table].key
    return {" ".join(row.get(name, "") for name in key): row for row in run.rows(table)}
