"""Prices: the latest close of every security, and the history that risk is estimated from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from portfolio.book.cells import as_floats
from portfolio.book.draft import WHOLE_BOOK, Draft, Notes, Reach, Subject
from portfolio.book.files import TextTable

# A security whose last close is older than the book's newest by more than this many days is stale;
# a week covers every run of exchange holidays.
STALE_DAYS = 7

Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Market:
    """`closes` (days x securities) holds dollars, not-a-number where there was no close.

    `latest` and `dated` give each security's last close on or before the as-of date and its day.
    """

    days: tuple[date, ...]
    securities: tuple[str, ...]
    closes: NDArray[np.float64]
    latest: Mapping[str, Decimal]
    dated: Mapping[str, date]

    @property
    def newest(self) -> date | None:
        """The day of the newest close of all."""
        return self.days[-1] if self.days else None

    def closes_of(self, securities: Sequence[str]) -> NDArray[np.float64]:
        """Closes (days x securities) in the order of `securities`; without any: not-a-number."""
        column_of = {name: column for column, name in enumerate(self.securities)}
        closes = np.full((len(self.days), len(securities)), np.nan)
        for at, name in enumerate(securities):
            if name in column_of:
                closes[:, at] = self.closes[:, column_of[name]]
        return closes


EMPTY = Market((), (), np.zeros((0, 0)), {}, {})


@dataclass(frozen=True)
class _Rows:
    """Usable rows in file order: position in the file, day, code of the security, close."""

    at: NDArray[np.int64]
    day: Days
    security: NDArray[np.int64]
    close: NDArray[np.float64]
    names: tuple[str, ...]


def read_market(table: TextTable, as_of: date, notes: Notes) -> Market:
    """Reads all rows on or before `as_of` of a table whose cells have been checked."""
    rows = _usable(table, as_of)
    if rows is None:
        return EMPTY
    rows = _without_repeats(table, rows, notes)
    days, day_of = np.unique(rows.day, return_inverse=True)
    grid = np.full((len(days), len(rows.names)), np.nan)
    grid[day_of, rows.security] = rows.close
    last = np.full(len(rows.names), -1)
    order = np.argsort(rows.day, kind="stable")
    last[rows.security[order]] = rows.at[order]
    texts = table.columns["close"]
    priced = [(name, int(row)) for name, row in zip(rows.names, last, strict=True) if row >= 0]
    dates = table.columns["date"]
    market = Market(
        tuple(day.item() for day in days),
        rows.names,
        grid,
        {name: Decimal(texts[row].as_py()) for name, row in priced},
        {name: date.fromisoformat(dates[row].as_py()) for name, row in priced},
    )
    _soften_history(table, market, as_of, notes)
    return market


def _usable(table: TextTable, as_of: date) -> _Rows | None:
    if not {"date", "security_id", "close"} <= table.columns.keys():
        return None
    dates = pc.dictionary_encode(table.columns["date"])
    names = pc.dictionary_encode(table.columns["security_id"])
    closes = as_floats(table.columns["close"])
    known = np.array([text or "NaT" for text in dates.dictionary.to_pylist()], "datetime64[D]")
    day_code = pc.fill_null(dates.indices, -1).to_numpy(zero_copy_only=False)
    name_code = pc.fill_null(names.indices, -1).to_numpy(zero_copy_only=False)
    given = (day_code >= 0) & (name_code >= 0) & ~np.isnan(closes)
    at = np.flatnonzero(given)
    at = at[known[day_code[at]] <= np.datetime64(as_of)] if len(known) else at
    listed = names.dictionary.to_pylist()
    order = np.argsort(np.array(listed, dtype=object)) if listed else np.array([], dtype=int)
    rank = np.empty(len(listed), dtype=np.int64)
    rank[order] = np.arange(len(listed))
    ordered = tuple(listed[position] for position in order)
    days = known[day_code[at]] if len(known) else np.array([], "datetime64[D]")
    return _Rows(at, days, rank[name_code[at]], closes[at], ordered)


def _without_repeats(table: TextTable, rows: _Rows, notes: Notes) -> _Rows:
    """The first of several closes of one security on one day; differing ones are noted."""
    key = rows.day.astype(np.int64) * max(len(rows.names), 1) + rows.security
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    if len(first) == len(key):
        return rows
    earlier = first[inverse]
    differs = rows.close != rows.close[earlier]
    newest = np.full(len(rows.names), np.datetime64("NaT", "D"))
    np.fmax.at(newest, rows.security, rows.day)
    for position in np.flatnonzero(differs):
        name, day = rows.names[rows.security[position]], rows.day[position].item()
        valued = rows.day[position] == newest[rows.security[position]]
        notes.add(
            Draft(
                "B0404",
                table.file,
                f"{name!r} closes at {rows.close[earlier[position]]:g} and at "
                f"{rows.close[position]:g} on {day}",
                "one close a day",
                row=int(rows.at[position]),
                column="close",
                value=f"{rows.close[position]:g}",
                subjects=(Subject("security", name),),
                reach=Reach.VALUE if valued else Reach.NOTHING,
                through_funds=False,
            )
        )
    kept = np.sort(first)
    return _Rows(rows.at[kept], rows.day[kept], rows.security[kept], rows.close[kept], rows.names)


def _soften_history(table: TextTable, market: Market, as_of: date, notes: Notes) -> None:
    """An unreadable close that a later good one follows only thins the history: a warning."""
    for position, draft in enumerate(notes.drafts):
        if draft.file != table.file or draft.row is None or draft.rows > 1:
            continue
        text, subject = table.columns["date"][draft.row].as_py(), draft.subjects[0]
        if draft.reach is Reach.NOTHING or text is None or subject.kind != "security":
            continue
        day = date.fromisoformat(text)
        if day > as_of or market.dated.get(subject.id, date.min) > day:
            message = f"{draft.message}; later closes are used, this one is left out"
            notes.drafts[position] = replace(draft, reach=Reach.NOTHING, message=message)


def check_prices(
    market: Market,
    file: str,
    valued: Iterable[str],
    alternates: Iterable[str],
    as_of: date,
    notes: Notes,
) -> None:
    """Notes what has no price or a stale one; `valued` are the securities held or modelled, and
    `alternates` those that may stand in for one: without a price they do not, which is a
    warning."""
    newest = market.newest
    if newest is None and any(draft.file == file and draft.rows > 1 for draft in notes.drafts):
        return  # Why there is none is said already.
    if newest is None:
        message = f"there is no price on or before {as_of}"
        notes.add(Draft("B0403", file, message, "closing prices up to the as-of date"))
        return
    if newest < as_of - timedelta(days=STALE_DAYS):
        notes.add(
            Draft(
                "B0405",
                file,
                f"the newest price is of {newest}, {(as_of - newest).days} days before {as_of}",
                "prices up to the as-of date",
                subjects=(WHOLE_BOOK,),
                reach=Reach.NOTHING,
            )
        )
    doubtful = notes.subjects()
    spare = frozenset(alternates)
    for name in sorted({*valued, *spare}):
        subject = Subject("security", name)
        if subject in doubtful:
            continue
        if name not in market.latest:
            message, code, value = f"{name!r} has no price on or before {as_of}", "B0401", None
        elif market.dated[name] < newest - timedelta(days=STALE_DAYS):
            message = (
                f"the last price of {name!r} is of {market.dated[name]}, others are of {newest}"
            )
            code, value = "B0402", str(market.latest[name])
        else:
            continue
        reach = Reach.VALUE if code == "B0401" else Reach.TRADES
        if name in spare:
            message, reach = f"{message}: it stands in for nothing", Reach.NOTHING
        expected = f"a close within {STALE_DAYS} days of {newest}"
        notes.add(
            Draft(
                code,
                file,
                message,
                expected,
                column="close",
                value=value,
                subjects=(subject,),
                reach=reach,
                through_funds=False,
            )
        )
