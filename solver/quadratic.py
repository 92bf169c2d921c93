"""Convex quadratic programs by HiGHS's interior point method, values and duals carried back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from solver.handover import Floats
from solver.reduce import NONE, Reduced

FINAL = 1e-10
ROUGH = 1e-6
STIFFENING = 1e-9  # where the interior point method stalls on columns without curvature
STIFF_ROUNDS = 6
BALANCED = 1e-10  # dollars a dollar: duals that are off by less are as good as they get
ORDERINGS = ("amd", "metis")  # of the factorisation: where one loses its digits the other may not
ITERATIONS = 400
"""An interior point takes 20 to 80; one that takes more goes nowhere."""
NO_ANSWER = (highspy.HighsModelStatus.kUnknown, highspy.HighsModelStatus.kIterationLimit)

Parts = tuple[sp.csr_matrix, Floats, Floats, Floats, Floats]  # rows with ends, columns' ends


@dataclass(slots=True)
class Work:
    """What was counted, so that a budget never depends on a clock; seconds are only reported."""

    quadratic: int = 0
    linear: int = 0
    nodes: int = 0
    iterations: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """Values of every column, and duals: `row_dual[i]` dollars per unit of row i's bound;
    `column_dual[j]` is what remains on column j's own bounds, so that
    cost + 2 q x = A'row_dual + column_dual.
    """

    x: Floats
    row_dual: Floats
    column_dual: Floats
    objective: float


class StalledError(ArithmeticError):
    """The engine found neither an optimum nor a proof that there is none."""


def solve_quadratic(reduced: Reduced, work: Work, tolerance: float = FINAL) -> Point | None:
    """The optimum of a reduced program; None where it is proven to have no feasible point.

    Raises StalledError where the engine cannot say.
    """
    if reduced.infeasible is not None:
        return None
    program, columns, rows = reduced.program, reduced.columns, reduced.rows
    x = reduced.fixed.copy()
    duals = np.zeros(rows.size)
    remaining = np.zeros(columns.size)
    if columns.size:
        square, parts = program.square[columns], _parts(reduced)
        for ordering in ORDERINGS:
            status, solution = _run(
                program.cost[columns], square, *parts, work, tolerance, ordering
            )
            if status not in NO_ANSWER:
                break
        if solution is None:
            nothing = 0 * program.cost[columns]
            status, _ = _run(nothing, 0 * square, *parts, work, tolerance)
            if status == highspy.HighsModelStatus.kInfeasible:
                return None
            solution = _stiffened(program.cost[columns], square, parts, work, tolerance)
        if solution is None:
            raise StalledError(str(status))
        x[columns] = np.clip(solution[0], reduced.lower[columns], reduced.upper[columns])
        duals, remaining = solution[1], solution[2]
    return _carry_back(reduced, x, duals, remaining)


def _parts(reduced: Reduced) -> Parts:
    """Rows and columns that are left, at what the fixed ones leave of the rows."""
    program, columns, rows = reduced.program, reduced.columns, reduced.rows
    shift = program.matrix[rows] @ reduced.fixed
    return (
        program.matrix[rows][:, columns],
        program.row_lower[rows] - shift,
        program.row_upper[rows] - shift,
        reduced.lower[columns],
        reduced.upper[columns],
    )


def steadied(reduced: Reduced, point: Point, work: Work) -> Point:
    """The same optimum to more digits: curvature is lent to columns that have none, measured from
    the point itself, so that it costs nothing there. The point where its duals balance as well."""
    program, columns = reduced.program, reduced.columns
    if _unbalanced(reduced, point) <= BALANCED:
        return point
    square, around = program.square[columns], point.x[columns]
    lent = np.maximum(STIFFENING - square, 0.0)
    cost = program.cost[columns] - 2.0 * lent * around
    _, found = _run(cost, square + lent, *_parts(reduced), work, FINAL)
    if found is None:
        return point
    x = reduced.fixed.copy()
    x[columns] = np.clip(found[0], reduced.lower[columns], reduced.upper[columns])
    better = _carry_back(reduced, x, *found[1:])
    return better if _unbalanced(reduced, better) < _unbalanced(reduced, point) else point


def _unbalanced(reduced: Reduced, point: Point) -> float:
    """By how much cost + 2 q x = A'row_dual + column_dual is off, of columns that are free."""
    program = reduced.program
    priced = program.matrix.T @ point.row_dual + point.column_dual
    off = program.cost + 2.0 * program.square * point.x - priced
    return float(np.abs(off[reduced.columns]).max(initial=0.0))


def _stiffened(
    cost: Floats, square: Floats, parts: Parts, work: Work, tolerance: float
) -> tuple[Floats, Floats, Floats] | None:
    """The optimum with curvature lent to columns that have none, measured from the last solution
    until it no longer matters (proximal point algorithm; Rockafellar 1976)."""
    lent = np.maximum(STIFFENING - square, 0.0)
    around = np.zeros(cost.size)
    solution: tuple[Floats, Floats, Floats] | None = None
    for _ in range(STIFF_ROUNDS):
        _, found = _run(cost - 2.0 * lent * around, square + lent, *parts, work, tolerance)
        if found is None:
            return solution
        solution = found
        off = float(np.max(2.0 * lent * np.abs(found[0] - around), initial=0.0))
        around = found[0]
        if off <= tolerance:
            break
    return solution


def _carry_back(reduced: Reduced, x: Floats, duals: Floats, remaining: Floats) -> Point:
    """Duals of bounds that came from rows belong to those rows.

    A column fixed between two tight bounds (a lot that has to be sold whole) has its reduced cost
    for a dual, which goes to the row of the bound that holds it back.
    """
    program = reduced.program
    row_dual = np.zeros(program.matrix.shape[0])
    row_dual[reduced.rows] = duals
    column_dual = np.zeros(x.size)
    column_dual[reduced.columns] = remaining
    fixed = np.ones(x.size, dtype=bool)
    fixed[reduced.columns] = False
    reduced_cost = program.cost + 2.0 * program.square * x - program.matrix.T @ row_dual
    pinned = np.flatnonzero(fixed & (x > 0) & ~program.integer)
    column_dual[pinned] = reduced_cost[pinned]
    for j in np.concatenate([reduced.columns[np.abs(remaining) > 0], pinned]):
        dual = column_dual[j]
        row = reduced.lower_row[j] if dual > 0 else reduced.upper_row[j]
        if row != NONE:
            coefficient = float(program.matrix[row, j])
            row_dual[row] += dual / coefficient
            column_dual[j] = 0.0
    objective = program.objective(x)
    return Point(x, row_dual, column_dual, objective)


def _run(
    cost: Floats,
    square: Floats,
    matrix: sp.csr_matrix,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
    work: Work,
    tolerance: float,
    ordering: str = ORDERINGS[0],
) -> tuple[Any, tuple[Floats, Floats, Floats] | None]:
    engine = new_engine()
    engine.setOptionValue("ipm_optimality_tolerance", tolerance)
    engine.setOptionValue("ipm_iteration_limit", ITERATIONS)
    engine.setOptionValue("run_crossover", "off")
    engine.setOptionValue("solver", "hipo" if square.any() else "simplex")
    engine.setOptionValue("hipo_ordering", ordering)
    model = linear_model(cost, matrix, row_lower, row_upper, lower, upper)
    if square.any():
        quadratic = np.flatnonzero(square)
        hessian = model.hessian_
        hessian.dim_ = cost.size
        hessian.format_ = highspy.HessianFormat.kTriangular
        hessian.start_ = np.concatenate([[0], np.cumsum(square != 0)]).astype(np.int32)
        hessian.index_ = quadratic.astype(np.int32)
        hessian.value_ = 2.0 * square[quadratic]
    started = time.perf_counter()
    engine.passModel(model)
    engine.run()
    work.seconds += time.perf_counter() - started
    work.quadratic += 1
    work.iterations += max(0, int(engine.getInfo().ipm_iteration_count))
    status = engine.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        return status, None
    found = engine.getSolution()
    return status, (np.array(found.col_value), np.array(found.row_dual), np.array(found.col_dual))


def new_engine() -> Any:
    """A quiet engine: one thread, fixed seed, nothing carried over from an earlier solve."""
    engine = highspy.Highs()
    engine.setOptionValue("output_flag", False)
    engine.setOptionValue("threads", 1)
    engine.setOptionValue("random_seed", 1)
    return engine


def linear_model(
    cost: Floats,
    matrix: sp.csr_matrix,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
) -> Any:
    """A HiGHS model from arrays, handed over whole."""
    model = highspy.HighsModel()
    lp = model.lp_
    lp.num_col_, lp.num_row_ = cost.size, matrix.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
    lp.row_lower_, lp.row_upper_ = row_lower, row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    return model
