"""The households of a run solved in several processes. What comes out is the same as in one.

Each process reads the inputs by itself, and holds them to the hashes of those that the run read:
a file that somebody changes meanwhile ends the run.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from policydsl.carried import Carried
from policydsl.inputs import Inputs, read_inputs, revision
from policydsl.processes import Lost, Processes
from policydsl.rebalance import Elsewhere, Told, told_lost, told_of


class InputsChangedError(Exception):
    """The book or the policies are no longer those that the run began with."""


class ProcessDiedError(Exception):
    """A process that ended without a word, as one does that runs out of memory."""


@dataclass(frozen=True)
class _Source:
    """Where a process reads the inputs, and what has to be found there."""

    book: Path
    policies: Path
    as_of: date
    carried: Carried
    hashes: tuple[str, ...]


def elsewhere(count: int) -> Elsewhere | None:
    """Solving in `count` processes; None where that is one: this one."""
    return None if count == 1 else partial(_told_by, count)


def _told_by(count: int, inputs: Inputs, household_ids: Sequence[str]) -> Iterator[Told]:
    """What processes tell of each household, in order; of one whose process died, twice, that."""
    book = inputs.book
    source = _Source(
        inputs.book_folder, inputs.policy_folder, book.as_of, inputs.carried, _hashes(inputs)
    )
    processes = Processes[str, Told](max(min(count, len(household_ids)), 1), _prepared, (source,))
    for told, name in zip(processes.results(household_ids), household_ids, strict=True):
        if isinstance(told, Lost):
            yield told_lost(inputs, name, ProcessDiedError("its process died"))
        else:
            yield told


def _hashes(inputs: Inputs) -> tuple[str, ...]:
    """What the inputs are known by."""
    return *(f"{k} {v}" for k, v in inputs.book.input_hashes.items()), revision(inputs.policies)


def _prepared(source: _Source) -> Callable[[str], Told]:
    """In a process: the inputs read, and what tells of a household."""
    inputs = replace(
        read_inputs(source.book, source.policies, source.as_of), carried=source.carried
    )
    if _hashes(inputs) != source.hashes:
        return _changed
    gc.disable()  # for as long as the process lives: `told_of` frees what a household leaves
    return partial(told_of, inputs)


def _changed(household_id: str) -> Told:
    raise InputsChangedError(
        f"the book or the policies changed before {household_id} was solved: run it again"
    )
