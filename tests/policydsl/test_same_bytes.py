"""The same inputs give the same bytes: again, in another order, in other processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from portfolio.synth import synthesise
from tests.policydsl.runs import POLICIES, ROOT, rebalanced, rows, write_rows

Files = dict[str, bytes]
TIMED = ("run.json", "log.jsonl", "seal.json")


def proposals(run: Path) -> Files:
    return {path.name: path.read_bytes() for path in sorted((run / "proposals").iterdir())}


def untimed(run: Path) -> Files:
    """Every file of a run but those that say when, or how long it took."""
    return {
        str(path.relative_to(run)): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in TIMED
    }


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    synthesise(folder, households=5, securities=20, seed=7, as_of=date(2026, 6, 15))
    return folder


@pytest.fixture(scope="module")
def names(book: Path) -> list[str]:
    return [row["household_id"] for row in rows(book / "households.csv")]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, book: Path) -> Path:
    run = rebalanced(tmp_path_factory.mktemp("first") / "run", book)
    assert len(rows(run / "trades.csv")) > 10
    return run


def begun(
    run: Path, book: Path, seed: int, households: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """A run in a process of its own, with a seed of its own for the hashes of texts."""
    named = [word for each in households for word in ("--household", each)]
    words = ["rebalance", "--policies", str(POLICIES), "--book", str(book), *named, "-o", str(run)]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "policydsl", *words],
        cwd=run.parent,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def test_a_second_run_in_the_same_process(first: Path, book: Path, tmp_path: Path) -> None:
    assert untimed(rebalanced(tmp_path / "again", book)) == untimed(first)


def test_households_in_another_order(
    first: Path, book: Path, names: list[str], tmp_path: Path
) -> None:
    for number, order in enumerate((names[::-1], names[2:] + names[:2])):
        run = rebalanced(tmp_path / f"run{number}", book, households=order)
        assert proposals(run) == proposals(first)


def test_rows_of_the_book_in_another_order(book: Path, first: Path, tmp_path: Path) -> None:
    turned = tmp_path / "book"
    turned.mkdir()
    for path in book.iterdir():
        table = rows(path) if path.suffix == ".csv" else []
        if table:
            write_rows(turned / path.name, table[::-1])
        else:
            shutil.copy(path, turned)
    assert proposals(rebalanced(tmp_path / "run", turned)) == proposals(first)


def test_several_processes_at_once(
    first: Path, book: Path, names: list[str], tmp_path: Path
) -> None:
    """Each with a part of the households and hashes of its own: together they are the one run."""
    parts = {1: names[::2], 2: names[1::2]}
    running = [begun(tmp_path / str(seed), book, seed, part) for seed, part in parts.items()]
    assert [each.wait(timeout=120) for each in running] == [0, 0]
    together = {**proposals(tmp_path / "1"), **proposals(tmp_path / "2")}
    assert together == proposals(first)


def test_a_process_with_other_hashes(first: Path, book: Path, tmp_path: Path) -> None:
    """A whole run, every file of it."""
    assert begun(tmp_path / "run", book, 12_345).wait(timeout=120) == 0
    assert untimed(tmp_path / "run") == untimed(first)
