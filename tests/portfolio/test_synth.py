"""Synthetic books: reproducible, sound, and of every kind."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolio.book import Book, load_book
from portfolio.synth import synthesise

D = Decimal


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        synthesise(tmp_path / name, households=3, securities=15, seed=seed, as_of=date(2026, 3, 6))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(tmp_path / "one") != contents(tmp_path / "three")


def test_a_longer_book_begins_like_a_shorter_one(tmp_path: Path) -> None:
    for count in (2, 10):
        synthesise(
            tmp_path / str(count),
            households=count,
            securities=15,
            seed=5,
            as_of=date(2026, 3, 6),
        )
    for table in ("households", "accounts", "lots"):
        short = (tmp_path / "2" / f"{table}.csv").read_text(encoding="utf-8")
        long = (tmp_path / "10" / f"{table}.csv").read_text(encoding="utf-8")
        assert long.startswith(short)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    households=st.integers(1, 10),
    securities=st.integers(12, 40),
    seed=st.integers(0, 10_000),
    as_of=st.dates(date(2018, 1, 1), date(2030, 12, 31)),
)
def test_any_synthetic_book_is_sound(
    tmp_path_factory: Any, households: int, securities: int, seed: int, as_of: date
) -> None:
    folder = tmp_path_factory.mktemp("synth")
    synthesise(folder, households=households, securities=securities, seed=seed, as_of=as_of)
    book = load_book(folder)
    assert book.findings == ()
    assert len(book.household_ids) == households


@pytest.mark.parametrize(
    ("households", "securities", "seed"), [(0, 20, 1), (1, 11, 1), (1, 20, -1)]
)
def test_impossible_sizes_are_refused(
    households: int, securities: int, seed: int, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="synthetic book"):
        synthesise(
            tmp_path,
            households=households,
            securities=securities,
            seed=seed,
            as_of=date(2026, 1, 1),
        )


def test_year_to_date_is_the_sum_of_the_sales(sound: Book, pristine: Path) -> None:
    book = load_book(pristine)
    for household_id in book.household_ids:
        household = book.household(household_id)
        (entity,) = household.tax_entities.values()
        totals: Counter[str] = Counter()
        for account in household.accounts:
            for row in book._contents.rows("transactions", "account_id", account.id):
                if row["realized_gain"] is not None:
                    totals[row["term"] or ""] += D(row["realized_gain"])
        assert (entity.ytd_short, entity.ytd_long) == (totals["short"], totals["long"])


def test_given_blocks_are_those_of_the_sales(folder: Any) -> None:
    with_table = {name: folder.load().household(name).wash_blocks for name in ("H00001", "H00003")}
    folder.edit("wash_blocks", lambda rows: rows.__setitem__(slice(None), rows[:1]))
    folder.set(
        "wash_blocks",
        "household_id",
        folder.rows("wash_blocks")[0]["household_id"],
        household_id="H00008",
    )
    book = folder.load()
    for name, blocks in with_table.items():
        derived = book.household(name).wash_blocks
        assert [(b.wash_group, b.until, b.shares) for b in derived] == [
            (b.wash_group, b.until, b.shares) for b in blocks
        ]


def test_there_is_something_of_everything(sound: Book) -> None:
    households = [sound.household(name) for name in sound.household_ids]
    accounts = [account for household in households for account in household.accounts]
    lots = [
        (household, lot)
        for household in households
        for account in household.accounts
        for lot in account.lots
    ]
    losses = [
        lot for household, lot in lots if lot.shares * household.price(lot.security_id) < lot.basis
    ]
    assert {account.type for account in accounts} == {
        "taxable",
        "traditional_ira",
        "roth_ira",
        "k401",
    }
    assert {account.program for account in accounts} == {"direct-index", "etf"}
    assert any(account.held_away for account in accounts)
    assert len(lots) / 10 < len(losses) < len(lots) * 0.7
    recent = sound.as_of - timedelta(days=30)
    assert any(lot.acquired >= recent for _, lot in lots)
    assert any(household.wash_blocks for household in households)
    assert any(household.flows for household in households)
    assert {household.management for household in households} == {"joint", "separate"}


def test_the_legacy_household_holds_a_third_in_one_stock(sound: Book) -> None:
    household = sound.household("H00003")
    (account,) = household.accounts
    largest = max(
        sum(
            lot.shares * household.price(lot.security_id)
            for lot in account.lots
            if lot.security_id == name
        )
        for name in {lot.security_id for lot in account.lots}
    )
    assert D("0.3") < largest / household.value(account) < D("0.45")
