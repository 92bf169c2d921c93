"""Work in processes: results in the order of the jobs, and a death costs one job."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from policydsl.processes import AHEAD, Lost, Processes


def squares(offset: int) -> Callable[[int], int]:
    return partial(_square, offset)


def _square(offset: int, number: int) -> int:
    time.sleep(0.05 if number % 2 else 0)
    return number * number + offset


def deadly(fatal: int) -> Callable[[int], int]:
    return partial(_dies_at, fatal)


def _dies_at(fatal: int, number: int) -> int:
    if number == fatal:
        os._exit(9)
    return number


def once(marker: Path) -> Callable[[int], int]:
    return partial(_dies_once, marker)


def _dies_once(marker: Path, number: int) -> int:
    if number == 2 and not marker.exists():
        marker.touch()
        os._exit(9)
    return number


def raising() -> Callable[[int], int]:
    return _raise


def _raise(number: int) -> int:
    raise ValueError(f"no {number}")


def test_results_come_in_the_order_of_the_jobs() -> None:
    found = Processes[int, int](2, squares, (7,)).results(range(9))
    assert list(found) == [number * number + 7 for number in range(9)]


def test_who_dies_is_lost_alone() -> None:
    found = list(Processes[int, int](2, deadly, (4,)).results(range(12)))
    assert found == [0, 1, 2, 3, Lost(), *range(5, 12)]


def test_a_death_by_chance_costs_nothing(tmp_path: Path) -> None:
    found = list(Processes[int, int](2, once, (tmp_path / "died",)).results(range(6)))
    assert found == list(range(6))


def test_an_error_is_raised_in_its_turn() -> None:
    with pytest.raises(ValueError, match="no 0"):
        list(Processes[int, int](1, raising).results(range(3)))


def test_no_more_is_asked_for_than_may_wait() -> None:
    asked = []

    def jobs() -> Iterator[int]:
        for number in range(50):
            asked.append(number)
            yield number

    found = Processes[int, int](1, squares, (0,)).results(jobs())
    assert next(found) == 0
    assert len(asked) <= AHEAD + 1
    found.close()  # type: ignore[attr-defined]
