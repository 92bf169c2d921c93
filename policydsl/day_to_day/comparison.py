"""Two runs side by side: everything that is not the same in what they were given and proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policydsl.carried import Carried
from policydsl.day_to_day.market_changes import (
    KEYED,
    FactChange,
    ModelMove,
    PriceMove,
    RiskMove,
    fact_changes,
    model_moves,
    price_moves,
    risk_moves,
    same_risk,
    setting_changes,
)
from policydsl.day_to_day.position_changes import PositionChanges, position_changes
from policydsl.day_to_day.recorded import RecordedRun
from policydsl.day_to_day.rule_changes import DateChange, RuleChange, date_changes, rule_changes
from policydsl.day_to_day.trade_changes import Answer, TradeChange, recorded_answer, trade_changes
from policydsl.record.folder import made_with


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A program, library, machine or bound of the search that is another one; empty where a run
    says nothing of it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class StateChange:
    """A place outside a rule that one of the runs took over from before and the other did not, or
    otherwise: the day since when, and the weight then; empty where there is none."""

    household_id: str
    statement: str
    where: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HouseholdChange:
    """A household of both runs: its answers, and the orders that are not the same."""

    household_id: str
    before: Answer
    after: Answer
    trades: tuple[TradeChange, ...]
    gave_way: tuple[int, int]
    """Orders that it gave up to other clients', in each run."""

    @property
    def same(self) -> bool:
        return not self.trades and self.before.status == self.after.status


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is not the same in two runs; `households` are those that are in both."""

    a: RecordedRun
    b: RecordedRun
    versions: tuple[VersionChange, ...]
    prices: tuple[PriceMove, ...]
    risk: tuple[RiskMove, ...]
    correlations: bool
    """Whether risk numbers differ at all: without another volatility it is how things move
    together."""
    models: tuple[ModelMove, ...]
    facts: tuple[FactChange, ...]
    """Of the market: settings of the book, securities, what funds hold, what providers say."""
    clients: tuple[FactChange, ...]
    positions: tuple[PositionChanges, ...]
    rules: tuple[RuleChange, ...]
    dates: tuple[DateChange, ...]
    state: tuple[StateChange, ...]
    households: tuple[HouseholdChange, ...]
    came: tuple[str, ...]
    went: tuple[str, ...]
    """Households that only one of the runs has."""

    @property
    def same(self) -> bool:
        """Whether nothing at all differs."""
        given = (self.versions, self.prices, self.models, self.facts, self.clients, self.rules)
        rest = (self.dates, self.state, self.came, self.went)
        return (
            self.a.day == self.b.day
            and not any((*given, *rest))
            and not self.correlations
            and not any(each.any for each in self.positions)
            and all(each.same for each in self.households)
        )


def compared_runs(a: RecordedRun, b: RecordedRun, only: Sequence[str] = ()) -> Comparison:
    """Everything that differs; of the clients those of both runs, or those named `only`."""
    names = [name for name in a.record["households"] if name in b.documents]
    names = [name for name in names if not only or name in only]
    return Comparison(
        a,
        b,
        _versions(a, b),
        price_moves(a, b),
        risk_moves(a, b),
        not same_risk(a, b),
        model_moves(a, b),
        (*setting_changes(a, b), *fact_changes(a, b, *KEYED["market"])),
        tuple(each for each in fact_changes(a, b, *KEYED["clients"]) if _of(each, names, a, b)),
        tuple(position_changes(a, b, name) for name in names),
        rule_changes(a.policies, b.policies),
        date_changes(b.inputs.typed, a.day, b.day),
        tuple(each for each in _state(a.carried, b.carried) if each.household_id in names),
        tuple(_household(a, b, name) for name in names),
        tuple(name for name in b.record["households"] if name not in a.documents),
        tuple(name for name in a.record["households"] if name not in b.documents),
    )


def _of(change: FactChange, names: Sequence[str], a: RecordedRun, b: RecordedRun) -> bool:
    """Whether a fact is about one of the households."""
    if change.table == "households":
        return change.whose in names
    key = "account_id" if change.table == "accounts" else "tax_entity_id"
    rows = (row for run in (a, b) for row in run.rows(change.table))
    return any(row[key] == change.whose and row["household_id"] in names for row in rows)


def _versions(a: RecordedRun, b: RecordedRun) -> tuple[VersionChange, ...]:
    before, after = (made_with(run.record) for run in (a, b))
    return tuple(
        VersionChange(name, before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def _state(a: Carried, b: Carried) -> list[StateChange]:
    before, after = _places(a), _places(b)
    return [
        StateChange(*key, before.get(key, ""), after.get(key, ""))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _places(carried: Carried) -> dict[tuple[str, str, str], str]:
    """Household, statement and place to what is known of it."""
    found = {}
    for household, keys in carried.since.items():
        for key, places in keys.items():
            weights = carried.weights.get(household, {}).get(key, {})
            for where, day in places.items():
                weight = f" at {weights[where]:f}" if where in weights else ""
                found[household, key, where] = f"{day}{weight}"
    return found


def _household(a: RecordedRun, b: RecordedRun, name: str) -> HouseholdChange:
    documents = a.documents[name], b.documents[name]
    before, after = (recorded_answer(each) for each in documents)
    gave_way = len(documents[0].get("gives_way", ())), len(documents[1].get("gives_way", ()))
    return HouseholdChange(name, before, after, trade_changes(before, after), gave_way)
