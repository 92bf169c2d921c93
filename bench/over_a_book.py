"""What benchmarks over a book have in common: their arguments, the book and progress."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar

from policydsl.inputs import Inputs, read_inputs
from policydsl.policies import shipped
from portfolio.findings import render_findings
from portfolio.synth import synthesise

Figure = TypeVar("Figure")
QUARTER_END = date(2026, 3, 31)


def book_arguments(about: str | None) -> argparse.ArgumentParser:
    """`about` is the module's docstring, of which the first line is shown."""
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("book", type=Path, nargs="?", help="an invented one if left out")
    parser.add_argument("policies", type=Path, nargs="?", default=shipped())
    parser.add_argument("--households", type=int, metavar="N", help="the first N of them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="figures for programs")
    return parser


@contextmanager
def given_book(
    given: argparse.Namespace,
    *,
    households: int = 24,
    securities: int = 100,
    seed: int = 7,
    as_of: date = date(2026, 3, 2),
) -> Iterator[Path]:
    """The book's folder; where none is given, one of this size is invented for the while."""
    with tempfile.TemporaryDirectory() as scratch:
        book = given.book
        if book is None:
            book = Path(scratch) / "book"
            synthesise(book, households=households, securities=securities, seed=seed, as_of=as_of)
        yield book


def inputs_of(book: Path, policies: Path) -> Inputs:
    """Book and policies; ends the program with the findings where the book cannot be run."""
    inputs = read_inputs(book, policies)
    if inputs.book.stopped:
        raise SystemExit(render_findings(each for each in inputs.book.findings if each.stops))
    return inputs


def counted(figures: Iterable[Figure], total: int) -> Iterator[Figure]:
    """The same figures, and on stderr how many of them there are so far."""
    for number, figure in enumerate(figures, 1):
        print(f"\r{number} of {total} households", end="", file=sys.stderr)
        yield figure
    print(file=sys.stderr)
