"""Branch and bound over few binaries: depth first, each linear program from the basis of the last.

HiGHS's own has milliseconds of work before its first node; what a household of funds decides takes
a handful of programs of a tenth of a millisecond each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any

import highspy
import numpy as np

from solver.handover import Floats
from solver.work import Work

WHOLE = 1e-12  # by which a binary may be off: times ten thousand bp it pays for no trade


class Then(Enum):
    """What follows the optimum of a linear program."""

    ENOUGH = auto()
    """Nothing more: what it allows costs too much, or is known."""
    AGAIN = auto()
    """It has more rows now, and is solved once more."""
    BRANCH = auto()
    """A binary that is not whole is."""


Look = Callable[[Floats, float, bool], Then]
"""What follows values of the columns and their cost, the binaries whole or not."""


def branched(
    engine: Any,
    binaries: Sequence[int],
    look: Look,
    most: int,
    work: Work,
    leaning: Callable[[Floats], Floats] = np.asarray,
) -> float:
    """Look at linear programs until there is no more to branch over, `most` of them at the utmost.
    A bound on the cost of all that was not branched over. Binaries go first where they lean."""
    engine.setOptionValue("presolve", "off")
    columns = np.array(binaries, dtype=np.int64)
    waiting: list[tuple[float, dict[int, float]]] = [(-np.inf, {})]
    fixed: dict[int, float] = {}
    bound = np.inf
    while waiting and most > 0:
        least, node = waiting.pop()
        _fix(engine, fixed, node)
        fixed = node
        started = time.perf_counter()
        engine.run()
        work.seconds += time.perf_counter() - started
        work.linear += 1
        most -= 1
        status = engine.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            continue
        if status != highspy.HighsModelStatus.kOptimal:
            bound = min(bound, least)
            continue
        values = np.array(engine.getSolution().col_value)
        cost = float(engine.getInfo().objective_function_value)
        off = np.abs(values[columns] - np.round(values[columns]))
        then = look(values, cost, bool((off <= WHOLE).all()))
        if then is Then.ENOUGH:
            bound = min(bound, cost)
        elif then is Then.AGAIN:
            waiting.append((cost, node))
        else:
            k = int(columns[off.argmax()])
            first = float(round(leaning(values)[k]))
            waiting += [(cost, {**node, k: 1.0 - first}), (cost, {**node, k: first})]
    _fix(engine, fixed, {})
    return min([bound, *(least for least, _ in waiting)])


def _fix(engine: Any, fixed: dict[int, float], anew: dict[int, float]) -> None:
    """Fix binaries in place of those that are fixed now."""
    for k in fixed.keys() | anew.keys():
        if fixed.get(k) != anew.get(k):
            engine.changeColBounds(k, anew.get(k, 0.0), anew.get(k, 1.0))
