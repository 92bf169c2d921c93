"""A small synthetic book, and a way to break one thing in a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portfolio.book import Book, load_book
from portfolio.synth import synthesise
from tests.portfolio.breaking import AS_OF, Folder

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic book that nobody changes."""
    folder = tmp_path_factory.mktemp("book")
    synthesise(folder, households=8, securities=14, seed=3, as_of=AS_OF)
    return folder


@pytest.fixture(scope="session")
def sound(pristine: Path) -> Book:
    """The same book, loaded."""
    return load_book(pristine)


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Folder:
    """A copy of the book to break."""
    return Folder(Path(shutil.copytree(pristine, tmp_path / "book")))


@pytest.fixture
def shared_book() -> Callable[[str], Path]:
    """The folder of a real book; skips where there is none."""

    def find(name: str) -> Path:
        path = SHARED / "books" / name
        if not path.is_dir():
            pytest.skip(f"no real book at ../shared/books/{name}")
        return path

    return find


@pytest.fixture
def tax_cases() -> Callable[[str], Any]:
    """The cases of a file of worked tax examples; skips where there is none."""

    def read(name: str) -> Any:
        path = SHARED / "cases" / "tax" / name
        if not path.is_file():
            pytest.skip(f"no worked examples at ../shared/cases/tax/{name}")
        yaml = pytest.importorskip("yaml", reason="PyYAML reads the worked examples")
        return yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]

    return read
