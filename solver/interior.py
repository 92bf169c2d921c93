"""Convex quadratic programs by interior points: Clarabel's, and where it has no answer HiGHS's.

Clarabel: Goulart and Chen, *Clarabel: An interior-point solver for conic programs with quadratic
objectives*, 2024. That nothing is feasible is believed of the simplex method alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from typing import Any

import clarabel
import highspy
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from solver.handover import Floats
from solver.highs import linear_model, new_engine
from solver.work import Work

Ints = NDArray[np.int64]
ACCURACY = 1e-10
"""Of values, duals and their gap, against the size of what they are made of."""
ROUGH = 1e-6
"""What still counts as an answer where no engine comes closer."""
UNIT = 1_000.0
"""Clarabel gets amounts in tenths of value, not basis points: beside thousands, squares of ties
(1e-9) drown in what it adds to its equations to keep them regular."""
ITERATIONS = 200
"""An interior point takes 10 to 60; one that takes more goes nowhere."""


@dataclass(frozen=True, slots=True)
class Convex:
    """The least cost x + square x^2 with rows and columns between their ends; `square` is nowhere
    negative, an end may be infinite."""

    cost: Floats
    square: Floats
    matrix: sp.csr_matrix
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, slots=True)
class Optimum:
    """Values, and duals of rows and columns: cost + 2 square x = matrix'row_dual + column_dual."""

    x: Floats
    row_dual: Floats
    column_dual: Floats


class Said(Enum):
    """What an engine says of a program."""

    OPTIMAL = auto()
    ROUGHLY = auto()
    INFEASIBLE = auto()
    NOTHING = auto()


Found = tuple[Said, Optimum | None]
Engine = Callable[[Convex, Work], Found]


class StalledError(ArithmeticError):
    """The engines found neither an optimum nor a proof that there is none."""


def minimised(convex: Convex, work: Work) -> Optimum | None:
    """The optimum by the first engine that has it; None where it is proven to have none.

    Raises StalledError where no engine can say.
    """
    rough: Optimum | None = None
    feasible = False
    for engine in ENGINES if convex.square.any() else (by_simplex,):
        said, optimum = engine(convex, work)
        if said is Said.OPTIMAL:
            return optimum
        if said is Said.INFEASIBLE and not feasible:
            feasible = _has_a_point(convex, work)
            if not feasible:
                return None
        rough = rough or optimum
    if rough is None and not feasible and not _has_a_point(convex, work):
        return None
    if rough is None:
        raise StalledError("no engine has an answer")
    return rough


def _has_a_point(convex: Convex, work: Work) -> bool:
    """Whether it cannot be proven that nothing is feasible."""
    nothing = np.zeros(convex.cost.size)
    said, _ = by_simplex(replace(convex, cost=nothing, square=nothing), work)
    return said is not Said.INFEASIBLE


# --- Clarabel ------------------------------------------------------------------------------------


def by_clarabel(convex: Convex, work: Work, *, refined: bool = False) -> Found:
    """Clarabel, amounts in UNIT. `refined`: each step is improved upon until its equations hold,
    which takes twice as long and ends well where the last digits were missing."""
    low = np.concatenate([convex.row_lower, convex.lower]) / UNIT
    high = np.concatenate([convex.row_upper, convex.upper]) / UNIT
    equal = np.flatnonzero(low == high)
    above = np.flatnonzero(np.isfinite(high) & (low != high))
    below = np.flatnonzero(np.isfinite(low) & (low != high))
    ends = np.concatenate([low[equal], high[above], -low[below]])
    sign = np.repeat([1.0, -1.0], [equal.size + above.size, below.size])
    matrix = _ends_of(convex.matrix, np.concatenate([equal, above, below]), sign)
    square = _diagonal(2.0 * UNIT**2 * convex.square)
    cones = [clarabel.ZeroConeT(equal.size), clarabel.NonnegativeConeT(above.size + below.size)]
    started = time.perf_counter()
    solution = clarabel.DefaultSolver(
        square, UNIT * convex.cost, matrix, ends, cones, _settings(refined)
    ).solve()
    work.seconds += time.perf_counter() - started
    work.quadratic += 1
    work.iterations += solution.iterations
    said = SAYINGS.get(str(solution.status), Said.NOTHING)
    if said not in (Said.OPTIMAL, Said.ROUGHLY):
        return said, None
    parts = [equal.size, equal.size + above.size]
    of_equal, of_above, of_below = np.split(np.array(solution.z) / UNIT, parts)
    dual = np.zeros(low.size)
    dual[equal] = -of_equal
    dual[above] = -of_above
    dual[below] += of_below
    rows = convex.row_lower.size
    return said, Optimum(np.array(solution.x) * UNIT, dual[:rows], dual[rows:])


def _ends_of(matrix: sp.csr_matrix, picked: Ints, sign: Floats) -> sp.csc_matrix:
    """Rows by number, each times its sign; those past the matrix's own are single columns."""
    single = np.arange(matrix.shape[1], dtype=matrix.indices.dtype)
    starts = np.concatenate([matrix.indptr, matrix.data.size + 1 + single])
    columns = np.concatenate([matrix.indices, single])
    values = np.concatenate([matrix.data, np.ones(single.size)])
    counts = (starts[1:] - starts[:-1])[picked]
    ends = np.cumsum(counts, dtype=counts.dtype)
    entries = np.repeat(starts[picked] - ends + counts, counts) + np.arange(counts.sum())
    of_picked = np.repeat(sign, counts) * values[entries], columns[entries], np.append(0, ends)
    return sp.csr_matrix(of_picked, (picked.size, single.size)).tocsc()


def _diagonal(values: Floats) -> sp.csc_matrix:
    (at,) = np.nonzero(values)
    starts = np.append(0, np.cumsum(values != 0))
    return sp.csc_matrix((values[at], at, starts), shape=(values.size, values.size))


SAYINGS = {
    "Solved": Said.OPTIMAL,
    "AlmostSolved": Said.ROUGHLY,
    "PrimalInfeasible": Said.INFEASIBLE,
    "AlmostPrimalInfeasible": Said.INFEASIBLE,
}


def _settings(refined: bool) -> Any:
    """One thread, a factorisation that is the same on every machine, and how exact is enough."""
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.direct_solve_method = "qdldl"
    settings.presolve_enable = False
    settings.max_iter = ITERATIONS
    settings.iterative_refinement_enable = refined
    settings.tol_feas = settings.tol_gap_abs = settings.tol_gap_rel = ACCURACY
    settings.reduced_tol_feas = ROUGH
    settings.reduced_tol_gap_abs = settings.reduced_tol_gap_rel = ROUGH
    return settings


# --- HiGHS ---------------------------------------------------------------------------------------


def by_hipo(convex: Convex, work: Work, accuracy: float = ACCURACY) -> Found:
    """HiGHS's interior point method, without rows that have no end: those corrupt its memory."""
    ended = np.isfinite(convex.row_lower) | np.isfinite(convex.row_upper)
    rows = convex.matrix[ended], convex.row_lower[ended], convex.row_upper[ended]
    engine = new_engine()
    engine.setOptionValue("solver", "hipo")
    engine.setOptionValue("ipm_optimality_tolerance", accuracy)
    engine.setOptionValue("ipm_iteration_limit", ITERATIONS)
    engine.setOptionValue("run_crossover", "off")
    model = linear_model(convex.cost, *rows, convex.lower, convex.upper)
    squared = np.flatnonzero(convex.square)
    hessian = model.hessian_
    hessian.dim_ = convex.cost.size
    hessian.format_ = highspy.HessianFormat.kTriangular
    hessian.start_ = np.concatenate([[0], np.cumsum(convex.square != 0)]).astype(np.int32)
    hessian.index_ = squared.astype(np.int32)
    hessian.value_ = 2.0 * convex.square[squared]
    said, found = _run(engine, model, work)
    if found is None:
        return said, None
    row_dual = np.zeros(ended.size)
    row_dual[ended] = found.row_dual
    return said, replace(found, row_dual=row_dual)


def by_simplex(convex: Convex, work: Work) -> Found:
    """HiGHS's simplex method; the program has no squares."""
    engine = new_engine()
    engine.setOptionValue("solver", "simplex")
    rows = convex.matrix, convex.row_lower, convex.row_upper
    return _run(engine, linear_model(convex.cost, *rows, convex.lower, convex.upper), work)


def _run(engine: Any, model: Any, work: Work) -> Found:
    started = time.perf_counter()
    engine.passModel(model)
    engine.run()
    work.seconds += time.perf_counter() - started
    work.quadratic += 1
    work.iterations += max(0, int(engine.getInfo().ipm_iteration_count))
    status = engine.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Said.INFEASIBLE, None
    if status != highspy.HighsModelStatus.kOptimal:
        return Said.NOTHING, None
    found = engine.getSolution()
    values = (found.col_value, found.row_dual, found.col_dual)
    return Said.OPTIMAL, Optimum(*map(np.array, values))


ENGINES: tuple[Engine, ...] = (by_clarabel, partial(by_clarabel, refined=True), by_hipo)
