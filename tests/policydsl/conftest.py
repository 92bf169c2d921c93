"""One small invented book and one run of it, shared by the tests of the commands."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from portfolio.synth import synthesise
from tests.policydsl.endings import endings_run
from tests.policydsl.runs import POLICIES, key_pair, rebalanced


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what the user's own commands remember."""
    monkeypatch.setenv("POLICYDSL_CACHE", "")


@pytest.fixture(scope="session")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six households of five kinds: an index, funds, a legacy position, a retiree, a transition."""
    folder = tmp_path_factory.mktemp("books") / "small"
    synthesise(folder, households=6, securities=40, seed=11, as_of=date(2026, 3, 31))
    return folder


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    """Every household of the book under the shipped policies. Read only."""
    return rebalanced(tmp_path_factory.mktemp("runs") / "small", small_book)


@pytest.fixture(scope="session")
def pair_run(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    """Two households, one of stocks, one of funds. Read only."""
    folder = tmp_path_factory.mktemp("runs") / "pair"
    return rebalanced(folder, small_book, households=("H00001", "H00004"))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A private key and its public half, made for the session."""
    return key_pair(tmp_path_factory.mktemp("keys"), "firm")


@pytest.fixture(scope="session")
def signed_run(
    tmp_path_factory: pytest.TempPathFactory, small_book: Path, keys: tuple[Path, Path]
) -> Path:
    """The same run as `pair_run`, signed. Read only."""
    folder = tmp_path_factory.mktemp("runs") / "signed"
    return rebalanced(folder, small_book, POLICIES, ("H00001", "H00004"), ("--sign", keys[0]))


@pytest.fixture(scope="session")
def endings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six households, one of each ending and one whose names are hostile. Read only."""
    return endings_run(tmp_path_factory.mktemp("endings"))
