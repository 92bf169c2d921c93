"""Fix some columns of a program and turn rows of one column into bounds, keeping the way back.

The way back matters: a bound that came from a row of a rule must hand its dual to that row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
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
    for j, x in fixings.items():
        low[j] = up[j] = x
    keep = np.ones(a.shape[0], dtype=bool) if dropped is None else ~dropped
    infeasible: int | None = None
    while True:
        newly = free & (up - low <= SLACK)
        value[newly] = (low[newly] + up[newly]) / 2
        if np.any(low > up + 1e-7):
            j = int(np.argmax(low - up))
            infeasible = int(max(low_row[j], up_row[j]))
        free &= ~newly
        shift = a @ np.where(free, 0.0, value)
        pattern = sp.csr_matrix((np.ones_like(a.data), a.indices, a.indptr), a.shape)
        count = np.asarray(pattern @ free.astype(float)).astype(int)
        empty = keep & (count == 0)
        broken = empty & ((shift < program.row_lower - 1e-6) | (shift > program.row_upper + 1e-6))
        if infeasible is None and broken.any():
            infeasible = int(np.flatnonzero(broken)[0])
        keep &= ~empty
        single = np.flatnonzero(keep & (count == 1))
        if single.size == 0:
            break
        for i in single:
            span = slice(a.indptr[i], a.indptr[i + 1])
            inside = free[a.indices[span]]
            j = int(a.indices[span][inside][0])
            coefficient = float(a.data[span][inside][0])
            ends = sorted(
                (
                    (program.row_lower[i] - shift[i]) / coefficient,
                    (program.row_upper[i] - shift[i]) / coefficient,
                )
            )
            if ends[0] > low[j]:
                low[j], low_row[j] = ends[0], i
            if ends[1] < up[j]:
                up[j], up_row[j] = ends[1], i
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
