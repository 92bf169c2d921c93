"""The day of a run decides what of a book is seen: what is dated after it might not be there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portfolio.book import Book, load_book
from portfolio.household import Household
from tests.portfolio.breaking import AS_OF, Folder

D = Decimal
LATER = (date(2026, 3, 9), date(2026, 4, 30), date(2026, 12, 31), date(2027, 1, 4))


@pytest.fixture(scope="module")
def told(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The book with prices, a version of a model and flows of every later day above."""
    folder = Folder(Path(shutil.copytree(pristine, tmp_path_factory.mktemp("told") / "book")))
    closes = [row for row in folder.rows("prices") if row["date"] == AS_OF.isoformat()]
    assert closes
    model = [row for row in folder.rows("models") if row["model_id"] == "GROWTH-FUND"]
    for number, day in enumerate(LATER, 1):
        for row in closes:
            close = str(round(D(row["close"]) * (1 + D(number) / 50), 2))
            folder.add("prices", **{**row, "date": day.isoformat(), "close": close})
        for row in model:
            weight = str(D(row["weight"]) / (number + 1))
            folder.add("models", **{**row, "effective_from": day.isoformat(), "weight": weight})
    folder.add(
        "flows", account_id="H00002-TX", date="2026-03-31", amount="-100", recurrence="monthly"
    )
    return folder


def known_by(told: Folder, path: Path, day: date) -> Folder:
    """The same book without anything that becomes known after a day."""
    folder = Folder(Path(shutil.copytree(told.path, path)))
    for table, column in (("prices", "date"), ("models", "effective_from")):
        kept = [row for row in folder.rows(table) if row[column] <= day.isoformat()]
        assert len(kept) < len(folder.rows(table)) or day >= LATER[-1]
        folder.write(table, kept)
    return folder


def seen(book: Book) -> list[Any]:
    """Everything that a run sees of the households, and what is wrong with the book."""
    homes = [book.household(name) for name in book.household_ids]
    return [
        [_plain(home) for home in homes],
        [(each.code, each.file, each.message, each.accounts) for each in book.findings],
    ]


def _plain(home: Household) -> tuple[object, ...]:
    risk = home.risk
    return replace(home, risk=None), risk.securities, risk.loadings.tolist(), risk.specific.tolist()


@pytest.mark.parametrize("days", [0, 2, 3, 40, 200, 299, 300, 305])
def test_what_comes_later_is_not_there_yet(told: Folder, tmp_path: Path, days: int) -> None:
    day = AS_OF + timedelta(days=days)
    whole = load_book(told.path, day)
    assert seen(whole) == seen(known_by(told, tmp_path / "book", day).load(day))
    assert whole.as_of == day


def test_and_is_there_from_its_day_on(told: Folder) -> None:
    """Prices and models change on the days above, and on no other."""
    changes = []
    before = None
    for days in range(306):
        day = AS_OF + timedelta(days=days)
        if days % 20 and not any(abs((day - each).days) <= 1 for each in LATER):
            continue
        home = load_book(told.path, day).household("H00002")
        found = home.prices, home.models["GROWTH-FUND"].weights
        if before is not None and found != before:
            changes.append(day)
        before = found
    assert changes == list(LATER)


def test_flows_are_those_of_a_year_from_the_day(told: Folder) -> None:
    for day, count in ((AS_OF, 12), (date(2026, 4, 30), 13), (date(2026, 5, 1), 12)):
        home = load_book(told.path, day).household("H00002")
        days = [flow.day for flow in home.flows if flow.amount == -100]
        assert len(days) == count
        assert all(day <= each <= day.replace(year=day.year + 1) for each in days)
        assert all((each + timedelta(days=1)).day == 1 for each in days)


def test_trades_settle_as_they_did_on_the_day(pristine: Path) -> None:
    """Where the book does not say how long settlement takes."""
    found = {
        day: load_book(pristine, date.fromisoformat(day)).household("H00002").settlement_days
        for day in ("2017-09-04", "2017-09-05", "2024-05-24", "2024-05-27", "2024-05-28")
    }
    assert list(found.values()) == [3, 2, 2, 2, 1]
