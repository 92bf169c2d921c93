"""Reduced programs solved, their values and duals carried back to the program they came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.handover import Floats
from solver.interior import Convex, StalledError, minimised
from solver.reduce import NONE, Reduced
from solver.work import Work


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


def solve_quadratic(reduced: Reduced, work: Work) -> Point | None:
    """The optimum of a reduced program; None where it is proven to have no feasible point.

    Raises StalledError where no engine can say.
    """
    if reduced.infeasible:
        return None
    x = reduced.fixed.copy()
    columns = reduced.columns
    if not columns.size:
        return _carry_back(reduced, x, np.zeros(reduced.rows.size), np.zeros(0))
    found = minimised(_left(reduced), work)
    if found is None:
        return None
    x[columns] = np.clip(found.x, reduced.lower[columns], reduced.upper[columns])
    return _carry_back(reduced, x, found.row_dual, found.column_dual)


def solved(reduced: Reduced, work: Work) -> Point | None:
    """The optimum of a reduced program; None where there is none, or no engine can say."""
    try:
        return solve_quadratic(reduced, work)
    except StalledError:
        return None


def _left(reduced: Reduced) -> Convex:
    """Rows and columns that are left, at what the fixed ones leave of the rows."""
    program, columns = reduced.program, reduced.columns
    return Convex(
        program.cost[columns],
        program.square[columns],
        reduced.matrix(),
        *reduced.row_ends(),
        reduced.lower[columns],
        reduced.upper[columns],
    )


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
    reduced_cost = program.cost + 2.0 * program.square * x - program.transposed @ row_dual
    pinned = np.flatnonzero(fixed & (x > 0) & ~program.integer)
    column_dual[pinned] = reduced_cost[pinned]
    held = np.concatenate([reduced.columns[np.abs(remaining) > 0], pinned])
    above = column_dual[held] > 0
    entry = np.where(above, reduced.lower_entry[held], reduced.upper_entry[held])
    held, entry = held[entry != NONE], entry[entry != NONE]
    coefficient = program.matrix.data[entry]
    np.add.at(row_dual, program.row_of[entry], column_dual[held] / coefficient)
    column_dual[held] = 0.0
    objective = program.objective(x)
    return Point(x, row_dual, column_dual, objective)
