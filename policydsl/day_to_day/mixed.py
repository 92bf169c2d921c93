"""The inputs of one run with some of another's put in: yesterday's prices in today's book.

Everything is put together in memory and read as any book is, so that what does not fit together is
a finding of the mixture.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from compiler.check import check_policies
from policydsl.checking import known_securities
from policydsl.chosen import with_chosen_models
from policydsl.day_to_day.position_changes import cash_change, lot_changes, new_rows
from policydsl.day_to_day.recorded import RecordedRun, Row
from policydsl.day_to_day.rule_changes import (
    DateChange,
    Part,
    as_dated,
    date_changes,
    mixed_policies,
)
from policydsl.inputs import Inputs
from portfolio.book.contract import BY_NAME
from portfolio.book.draft import Notes
from portfolio.book.files import Folder, TextTable
from portfolio.book.load import checked_book

KINDS = (
    *("day", "dates", "prices", "risk numbers", "models", "securities", "clients"),
    *("positions", "cash", "flows", "carried state", "policies", "orders of others"),
)
"""What can be put in, in the order in which a day goes by; `dates` are what begins or ends."""
RISK = ("factors", "exposures", "specific")
YEAR_TO_DATE = ("ytd_short", "ytd_long")


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that differs between two runs and can be put into the other: one of KINDS, or
    `program`. Of policies and dates each one is a cause: `parts` of the text, `keys` of dates."""

    kind: str
    name: str = ""
    parts: frozenset[Part] = frozenset()
    keys: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name or self.kind


@dataclass(frozen=True)
class Mixture:
    """Two runs of which inputs are mixed. `dates` are what begins or ends between them, and
    `otherwise` is by account the cash that no trade moved."""

    a: RecordedRun
    b: RecordedRun
    dates: Sequence[DateChange]
    otherwise: Mapping[str, Decimal]

    def inputs(self, of_a: Iterable[Cause]) -> Inputs:
        """The inputs of the second run with these of the first: what a run could be made of."""
        causes = frozenset(of_a)
        kinds = {cause.kind for cause in causes}
        a, b = self.a, self.b
        day = a.day if "day" in kinds else b.day
        settings = dict((a if "day" in kinds else b).given.settings or {})
        settings["as_of"] = max(a.day, b.day)
        tables = {
            name: _table(name, rows)
            for name, rows in _whole(self._rows(kinds, day)).items()
            if rows
        }
        book = checked_book(Folder(settings, tables, {}), b.record["book"], day, Notes())
        parts = frozenset(part for cause in causes for part in cause.parts)
        policies = mixed_policies(a.policies, b.policies, parts) if parts else b.policies
        typed = check_policies(policies, book.attributes, known_securities(book), day)
        then = frozenset(key for cause in causes for key in cause.keys)
        holding = {each.key: each.began != (each.key in then) for each in self.dates}
        typed = as_dated(typed, holding, day)
        carried = a.carried if "carried state" in kinds else b.carried
        folder = b.folder / "inputs"
        return Inputs(
            with_chosen_models(book, typed),
            folder / "book",
            policies,
            folder / "policies",
            typed,
            {},
            carried,
        )

    def _rows(self, kinds: set[str], day: date) -> dict[str, list[Row]]:
        """Every table, each of the run that it is to come from."""

        def side(kind: str) -> RecordedRun:
            return self.a if kind in kinds else self.b

        def both(kind: str, table: str, key: str) -> list[Row]:
            first, second = (self.a, self.b) if kind in kinds else (self.b, self.a)
            return _first_of(first.rows(table), second.rows(table), key, named)

        models = self._models(kinds)
        named = {
            row["security_id"] for name in _OF_POSITIONS[:2] for row in side("positions").rows(name)
        }
        named |= {row["component"] for row in models}
        named |= {
            row["security_id"] for run in (self.a, self.b) for row in run.rows("constituents")
        }
        return {
            **{name: side("positions").rows(name) for name in _OF_POSITIONS},
            **{name: side("risk numbers").rows(name) for name in RISK},
            "flows": side("flows").rows("flows"),
            "securities": both("securities", "securities", "security_id"),
            "schema": side("securities").rows("schema"),
            "models": models,
            "model_facts": side("models").rows("model_facts"),
            "constituents": both("models", "constituents", "fund_id"),
            "prices": self._dated(both("prices", "prices", "security_id"), kinds, day),
            "households": side("clients").rows("households"),
            "accounts": self._accounts(kinds),
            "tax_entities": self._taxpayers(kinds),
        }

    def _models(self, kinds: set[str]) -> list[Row]:
        """The models of one run, and those that only the other has: somebody may follow them."""
        first, second = (self.a, self.b) if "models" in kinds else (self.b, self.a)
        rows, others = _in_force(first), _in_force(second)
        return _first_of(rows, others, "model_id", {row["model_id"] for row in others})

    def _dated(self, rows: list[Row], kinds: set[str], day: date) -> list[Row]:
        """Closes of one run on the days of the run whose day it is, so that none looks stale."""
        whose = self.a if "day" in kinds else self.b
        dated = {row["security_id"]: row["date"] for row in whose.rows("prices")}
        last = day.isoformat()
        return [
            {**row, "date": min(dated.get(row["security_id"], row["date"]), last)} for row in rows
        ]

    def _accounts(self, kinds: set[str]) -> list[Row]:
        """Accounts with the cash that goes with the positions, and what came otherwise or not."""
        of_a = "positions" in kinds
        cash = {row["account_id"]: row for row in (self.a if of_a else self.b).rows("accounts")}
        moved = 0 if of_a == ("cash" in kinds) else 1 if of_a else -1
        found: list[Row] = []
        for row in (self.a if "clients" in kinds else self.b).rows("accounts"):
            name = row["account_id"]
            held = cash.get(name, {"cash": "0"})
            settled = Decimal(held["cash"]) + moved * self.otherwise.get(name, Decimal(0))
            unsettled = held.get("unsettled_cash", "0")
            found.append({**row, "cash": f"{settled}", "unsettled_cash": unsettled})
        return found

    def _taxpayers(self, kinds: set[str]) -> list[Row]:
        """Taxpayers with the year to date that goes with the positions."""
        source = self.a if "positions" in kinds else self.b
        realised = {
            row["tax_entity_id"]: {name: row[name] for name in YEAR_TO_DATE if name in row}
            for row in source.rows("tax_entities")
        }
        return [
            {**row, **realised.get(row["tax_entity_id"], {})}
            for row in (self.a if "clients" in kinds else self.b).rows("tax_entities")
        ]


_OF_POSITIONS = ("lots", "transactions", "wash_blocks")


def mixture(a: RecordedRun, b: RecordedRun) -> Mixture:
    """Two runs, ready to be mixed."""
    accounts = sorted(a.household_of.keys() & b.household_of.keys())
    lots = lot_changes(a, b, accounts)
    new = new_rows(a, b, "transactions", accounts)
    changes = (cash_change(a, b, name, lots, new) for name in accounts)
    otherwise = {each.account_id: each.otherwise for each in changes if each is not None}
    return Mixture(a, b, date_changes(b.inputs.typed, a.day, b.day), otherwise)


def _in_force(run: RecordedRun) -> list[Row]:
    """The models in force on the day of a run, as if they had been so since ever."""
    rows, last = run.rows("models"), run.day.isoformat()
    newest: dict[str, str] = {}
    for row in rows:
        start = row.get("effective_from", "")
        if start <= last:
            newest[row["model_id"]] = max(newest.get(row["model_id"], ""), start)
    return [
        {name: cell for name, cell in row.items() if name != "effective_from"}
        for row in rows
        if newest.get(row["model_id"]) == row.get("effective_from", "")
    ]


def _first_of(rows: list[Row], others: list[Row], key: str, named: Container[str]) -> list[Row]:
    """Rows of the first table, and of the second those that are named and the first does not know;
    what nobody names could be bought in place of something else."""
    known = {row[key] for row in rows}
    return [*rows, *(row for row in others if row[key] not in known and row[key] in named)]


def _whole(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The tables without rows of accounts and households that are not there."""
    accounts = {row["account_id"] for row in tables["accounts"]}
    households = {row["household_id"] for row in tables["households"]}
    for name in ("lots", "transactions", "flows"):
        tables[name] = [row for row in tables[name] if row["account_id"] in accounts]
    blocks = tables["wash_blocks"]
    tables["wash_blocks"] = [row for row in blocks if row["household_id"] in households]
    return tables


def _table(name: str, rows: Sequence[Row]) -> TextTable:
    columns = dict.fromkeys(column for row in rows for column in row)
    columns |= dict.fromkeys(each.name for each in BY_NAME[name].columns if each.required)
    arrays = {
        column: pa.array([row.get(column) for row in rows], pa.string()) for column in columns
    }
    # Not as CSV: what is wrong with a row is told by its number, there are no lines to count.
    return TextTable(BY_NAME[name], f"{name}.parquet", arrays, len(rows), b"")
