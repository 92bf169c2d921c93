"""What was read from a book, with an index from owners to rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portfolio.book.attributes import as_value
from portfolio.book.contract import Column
from portfolio.book.files import Tables
from portfolio.book.prices import Market
from portfolio.book.references import split_tags
from portfolio.book.targets import Recipes
from portfolio.household import Model, ModelFacts, Security, Value

Row = Mapping[str, str | None]


@dataclass(frozen=True)
class Contents:
    """Everything that was read from a book, checked, with an index from owners to rows.

    `tax_year` is that of what taxpayers have realised so far; 0 where nobody knows. `in_doubt` are
    securities and models that something is wrong with: nothing new is bought of
    them.
    """

    tables: Tables
    extra: Mapping[str, tuple[Column, ...]]
    market: Market
    models: Mapping[str, Model]
    funds: Recipes
    as_of: date
    settlement_days: int
    calendar: str
    tax_year: int
    in_doubt: frozenset[str] = frozenset()
    _rows: dict[tuple[str, str], dict[str, list[int]]] = field(default_factory=dict, repr=False)

    def rows(self, table: str, column: str, name: str) -> list[Row]:
        """The rows of `table` whose `column` is `name`, in file order."""
        read = self.tables.get(table)
        if read is None or column not in read.columns:
            return []
        if (table, column) not in self._rows:
            self._rows[table, column] = _index(read.columns[column])
        at = self._rows[table, column].get(name, [])
        columns = {
            each: values.take(pa.array(at, pa.int64())) for each, values in read.columns.items()
        }
        listed = {each: values.to_pylist() for each, values in columns.items()}
        return [{each: listed[each][i] for each in listed} for i in range(len(at))]

    @cached_property
    def securities(self) -> Mapping[str, Security]:
        """All securities by id. Where a doubtful cell was nulled, a plain value stands in: every
        account that depends on it is frozen."""
        table = self.tables.get("securities")
        if table is None or "security_id" not in table.columns:
            return {}
        lists = {name: table.texts(name) for name in table.columns}
        found = {}
        for at in range(table.rows):
            row = {name: lists[name][at] for name in lists}
            if row["security_id"] is not None:
                found[row["security_id"]] = self._security(row["security_id"], row)
        return found

    @cached_property
    def lost_in(self) -> Mapping[str, frozenset[str]]:
        """By account, the wash groups of which something was sold at a loss, or may have been."""
        table = self.tables.get("transactions")
        found: dict[str, set[str]] = {}
        if table is not None and "action" in table.columns:
            action = table.columns["action"]
            sales = pc.fill_null(pc.equal(action, "sell"), True)
            at = np.flatnonzero(sales.to_numpy(zero_copy_only=False))
            names = ("account_id", "security_id", "realized_gain")
            accounts, securities, gains = (table.texts(each) for each in names)
            for account, name, gain in ((accounts[i], securities[i], gains[i]) for i in at):
                known = self.securities.get(name or "")
                if known is not None and account and (gain is None or Decimal(gain) < 0):
                    found.setdefault(account, set()).add(known.wash_group)
        return {account: frozenset(groups) for account, groups in found.items()}

    @cached_property
    def model_facts(self) -> Mapping[str, ModelFacts]:
        """What providers say of models, by model id."""
        table = self.tables.get("model_facts")
        if table is None:
            return {}
        names = ("model_id", "name", "provider", "fee_bps", "programs")
        rows = zip(*(table.texts(name) for name in names), strict=True)
        return {
            model: ModelFacts(
                name or "",
                provider or "",
                Decimal(fee or 0),
                frozenset(split_tags(programs)),
                f"{table.file}:{table.line(at)}",
            )
            for at, (model, name, provider, fee, programs) in enumerate(rows)
            if model is not None
        }

    def equivalents(self, names: Iterable[str]) -> frozenset[str]:
        """The other securities of the equivalence classes of these, those in doubt left out."""
        classes = {self.securities[name].equivalence_class for name in names}
        return frozenset(
            each.id
            for each in self.securities.values()
            if each.equivalence_class in classes and each.id not in self.in_doubt
        )

    def _security(self, name: str, row: Row) -> Security:
        attributes = extra_values(row, self.extra.get("securities", ()))
        for code in ("cusip", "isin", "figi"):
            text = row.get(code)
            if text is not None:
                attributes[code] = text
        return Security(
            id=name,
            ticker=row.get("ticker") or name,
            name=row.get("name") or name,
            kind=row.get("kind") or "stock",
            asset_class=row.get("asset_class") or "",
            sector=row.get("sector"),
            industry=row.get("industry"),
            country=row.get("country"),
            issuer=row.get("issuer") or name,
            dividend_yield=number_in(row, "yield"),
            wash_group=row.get("wash_group") or name,
            equivalence_class=row.get("equivalence_class") or name,
            share_increment=number_in(row, "share_increment", "1"),
            tags=frozenset(split_tags(row.get("tags"))),
            attributes=attributes,
        )


def _index(column: pa.Array) -> dict[str, list[int]]:
    encoded = pc.dictionary_encode(column)
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    names = encoded.dictionary.to_pylist()
    starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {
        name: order[starts[code] : starts[code + 1]].tolist() for code, name in enumerate(names)
    }


def number_in(row: Row, name: str, empty: str = "0") -> Decimal:
    """A number of a row; `empty` stands for an empty cell."""
    return Decimal(row.get(name) or empty)


def day_in(row: Row, name: str) -> date | None:
    """A date of a row; None for an empty cell."""
    text = row.get(name)
    return None if text is None else date.fromisoformat(text)


def flag_in(row: Row, name: str, empty: bool) -> bool:
    """A flag of a row; `empty` stands for an empty cell."""
    text = row.get(name)
    return empty if text is None else text == "true"


def extra_values(row: Row, extra: Iterable[Column]) -> dict[str, Value]:
    """The attributes of a row beyond the contract's columns; empty cells are left out."""
    typed = ((column.name, column.cell, row.get(column.name)) for column in extra)
    return {name: as_value(cell, text) for name, cell, text in typed if text is not None}
