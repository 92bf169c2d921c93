"""Whatever is in a book's files, loading it gives findings, never an exception."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolio.book import load_book
from portfolio.findings import render_findings
from portfolio.flows import due_before_settlement
from portfolio.synth import synthesise
from portfolio.tax.replacements import recent_purchases
from tests.portfolio.breaking import AS_OF

CELLS = st.sampled_from(
    ["", "-1", "nan", "inf", "1e99", "\x00", '"', "a;b", "2024-02-30", "0", "true", "IDX1", "é"]
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with few prices, so that it loads quickly."""
    folder = tmp_path_factory.mktemp("base")
    synthesise(folder, households=3, securities=12, seed=1, as_of=AS_OF)
    lines = (folder / "prices.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "prices.csv").write_text("".join([lines[0], *lines[-17 * 70 :]]), encoding="utf-8")
    return folder


def damaged(data: st.DataObject, content: bytes) -> bytes:
    """The content with a byte, a cell or a line changed, cut short, or replaced by noise."""
    how = data.draw(st.sampled_from(["byte", "cut", "noise", "cell", "repeat", "drop", "header"]))
    lines = content.split(b"\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    if how == "byte":
        position = data.draw(st.integers(0, len(content) - 1))
        return (
            content[:position]
            + data.draw(st.binary(min_size=1, max_size=1))
            + content[position + 1 :]
        )
    if how == "cut":
        return content[: data.draw(st.integers(0, len(content)))]
    if how == "noise":
        return data.draw(st.binary(max_size=100))
    if how == "cell":
        cells = lines[at].split(b",")
        cells[data.draw(st.integers(0, len(cells) - 1))] = data.draw(CELLS).encode()
        lines[at] = b",".join(cells)
    elif how == "repeat":
        lines.insert(data.draw(st.integers(0, len(lines))), lines[at])
    elif how == "drop":
        del lines[at]
    else:
        lines[0] = b",".join(data.draw(st.permutations(lines[0].split(b","))))
    return b"\n".join(lines)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_bytes_make_a_book_raise(base: Path, tmp_path: Path, data: Any) -> None:
    folder = tmp_path / "book"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    names = sorted(path.name for path in folder.iterdir())
    for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)):
        path = folder / name
        path.write_bytes(damaged(data, path.read_bytes()))
    book = load_book(folder)
    assert render_findings(book.findings).endswith("\n")
    assert book.risk.loadings.shape[0] == len(book.risk.securities)
    for household_id in book.household_ids:
        household = book.household(household_id)
        recent_purchases(household)
        due_before_settlement(household)
        for account in household.accounts:
            assert household.value(account).is_finite()


@pytest.mark.parametrize("table", ["households", "tax_entities", "accounts", "lots", "models"])
def test_a_book_without_one_of_its_columns_can_be_looked_at(
    base: Path, tmp_path: Path, table: str
) -> None:
    text = (base / f"{table}.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    for at, missing in enumerate(header):
        folder = tmp_path / missing
        shutil.copytree(base, folder)
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([*row[:at], *row[at + 1 :]] for row in (header, *rows))
        book = load_book(folder)
        for household_id in book.household_ids:
            assert book.household(household_id).id == household_id
