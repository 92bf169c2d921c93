"""Fix some columns of a program and turn rows of one column into bounds, keeping the way back.

The way back matters: a bound that came from a row of a rule must hand its dual to that row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.handover import Floats, Program

Ints = NDArray[np.int64]
SLACK = 1e-9
NONE = -1


@dataclass(frozen=True, slots=True)
class Reduced:
    """A continuous program over the columns that are still free.

    `columns` and `rows` index the program's; `fixed` holds every column's value where it is not
    free. `lower_row[j]` and `upper_row[j]` are the rows that gave column j its bound, or -1 where
    the bound is the column's own. `infeasible` names a row that no value of its columns satisfies.
    """

    program: Program
    columns: Ints
    rows: Ints
    fixed: Floats
    lower: Floats
    upper: Floats
    lower_row: Ints
    upper_row: Ints
    infeasible: int | None


def reduce(
    program: Program,
    fixings: dict[int, float],
    dropped: NDArray[np.bool_] | None = None,
    *,
    upper: Floats | None = None,
) -> Reduced:
    """Substitute `fixings` (column to value), leave out `dropped` rows, tighten bounds by rows of
    one free column until nothing changes."""
    a = program.matrix
    low, up = program.lower.copy(), (program.upper if upper is None else upper).copy()
    low_row = np.full(low.size, NONE)
    up_row = np.full(low.size, NONE)
    value = np.zeros(low.size)
    free = np.ones(low.size, dtype=bool)
    if fixings:
        fixed = np.fromiter(fixings, dtype=np.int64, count=len(fixings))
        low[fixed] = up[fixed] = np.fromiter(fixings.values(), dtype=float, count=len(fixings))
    keep = np.ones(a.shape[0], dtype=bool) if dropped is None else ~dropped
    infeasible: int | None = None
    of_row = program.row_of
    while True:
        newly = free & (up - low <= SLACK)
        value[newly] = (low[newly] + up[newly]) / 2
        if np.any(low > up + 1e-7):
            j = int(np.argmax(low - up))
            infeasible = int(max(low_row[j], up_row[j]))
        free &= ~newly
        shift = a @ np.where(free, 0.0, value)
        count = np.bincount(of_row[free[a.indices]], minlength=a.shape[0])
        empty = keep & (count == 0)
        broken = empty & ((shift < program.row_lower - 1e-6) | (shift > program.row_upper + 1e-6))
        if infeasible is None and broken.any():
            infeasible = int(np.flatnonzero(broken)[0])
        keep &= ~empty
        single = keep & (count == 1)
        if not single.any():
            break
        entries = np.flatnonzero(single[of_row] & free[a.indices])
        rows, columns, per = of_row[entries], a.indices[entries], a.data[entries]
        one = (program.row_lower[rows] - shift[rows]) / per
        other = (program.row_upper[rows] - shift[rows]) / per
        least, most = np.minimum(one, other), np.maximum(one, other)
        raised, lowered = least > low[columns], most < up[columns]
        _tighten(low, low_row, rows[raised], columns[raised], least[raised], -least[raised])
        _tighten(up, up_row, rows[lowered], columns[lowered], most[lowered], most[lowered])
        keep[single] = False
    return Reduced(
        program=program,
        columns=np.flatnonzero(free),
        rows=np.flatnonzero(keep),
        fixed=np.where(free, 0.0, value),
        lower=low,
        upper=up,
        lower_row=low_row,
        upper_row=up_row,
        infeasible=infeasible,
    )


def _tighten(
    ends: Floats, from_row: Ints, rows: Ints, columns: Ints, values: Floats, rank: Floats
) -> None:
    """Give each column the value of least rank, the first of equal ones, and the row of it."""
    order = np.lexsort((rank, columns))
    columns = columns[order]
    best = order[np.diff(columns, prepend=-1) > 0]
    columns = columns[np.diff(columns, prepend=-1) > 0]
    ends[columns], from_row[columns] = values[best], rows[best]
