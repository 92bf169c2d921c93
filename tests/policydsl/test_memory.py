"""What a run keeps of a household that is done: kilobytes, so that any book can be run."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from policydsl.inputs import Inputs, read_inputs
from policydsl.rebalance import Outcome, documents, outcomes, write_run
from policydsl.record.folder import fresh_folder
from policydsl.record.waiting import Waiting
from policydsl.report import run_table
from portfolio.synth import synthesise
from tests.policydsl.runs import POLICIES

HOUSEHOLDS = 16
FIRST = 4
"""Households after which what is kept once and for all is there."""
KEPT, WRITING = 30, 10
"""Kilobytes a household, at most: a proposal with what solved it is 1,700, its document 60."""


@pytest.mark.long
def test_a_run_keeps_kilobytes_of_a_household(tmp_path: Path) -> None:
    book = tmp_path / "book"
    synthesise(book, households=HOUSEHOLDS, securities=20, seed=7, as_of=date(2026, 6, 15))
    inputs = read_inputs(book, POLICIES)
    held: list[float] = []

    def weighed(names: Iterable[str], _: int) -> Iterator[str]:
        for name in names:
            held.append(kilobytes())
            yield name

    tracemalloc.start()
    try:
        with Waiting() as waiting:
            done = outcomes(inputs, inputs.book.household_ids, waiting, weighed)
            assert sum("gap" in document for document in documents(done)) > HOUSEHOLDS / 2
            kept = kilobytes() - held[FIRST]
            parts = [done, *(done[k : k + FIRST] for k in range(0, HOUSEHOLDS, FIRST))]
            all_of_them, *some = (writing(tmp_path / "run", inputs, part) for part in parts)
    finally:
        tracemalloc.stop()
    assert kept / (HOUSEHOLDS - FIRST) < KEPT, held
    assert (all_of_them - max(some)) / (HOUSEHOLDS - FIRST) < WRITING, (some, all_of_them)


def kilobytes() -> float:
    """What Python holds, of what it took since tracing began."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 1024


def writing(run: Path, inputs: Inputs, done: Sequence[Outcome]) -> float:
    """The most kilobytes that it takes to write and to tell of these households."""
    before = kilobytes()
    tracemalloc.reset_peak()
    write_run(fresh_folder(run), inputs, done, {}, 0.0)
    run_table(documents(done))
    return tracemalloc.get_traced_memory()[1] / 1024 - before
