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
CROSSED = 1e-7  # by which a column's ends may pass each other
BROKEN = 1e-6  # by which a row of fixed columns may be off
NONE = -1


@dataclass(frozen=True, slots=True)
class Reduced:
    """A continuous program over the columns that are still free.

    `columns` and `rows` index the program's, `entries` those of its matrix; `fixed` holds every
    column's value where it is not free, and `shift` what those add to each row. `lower_entry[j]`
    and `upper_entry[j]` are the entries, of rows of their own, that gave column j its bound, or -1
    where the bound is the column's own. Where a row or the ends of a column leave nothing it is
    `infeasible`, and the rest unfinished.
    """

    program: Program
    columns: Ints
    rows: Ints
    entries: Ints
    fixed: Floats
    shift: Floats
    lower: Floats
    upper: Floats
    lower_entry: Ints
    upper_entry: Ints
    infeasible: bool

    def matrix(self) -> sp.csr_matrix:
        """The rows and columns that are left."""
        a, rows, columns = self.program.matrix, self.rows, self.columns
        place = np.empty(a.shape[1], dtype=a.indices.dtype)
        place[columns] = np.arange(columns.size)
        counts = np.bincount(self.program.row_of[self.entries], minlength=a.shape[0])[rows]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(a.indptr.dtype)
        left = place[a.indices[self.entries]]
        return sp.csr_matrix((a.data[self.entries], left, starts), (rows.size, columns.size))

    def row_ends(self) -> tuple[Floats, Floats]:
        """What the fixed columns leave of the ends of the rows that are left."""
        shift, rows = self.shift[self.rows], self.rows
        return self.program.row_lower[rows] - shift, self.program.row_upper[rows] - shift


def reduce(
    program: Program,
    fixings: dict[int, float],
    dropped: NDArray[np.bool_] | None = None,
    *,
    upper: Floats | None = None,
) -> Reduced:
    """Substitute `fixings` (column to value), leave out `dropped` rows, tighten bounds by rows of
    one free column until nothing changes."""
    a, of_row = program.matrix, program.row_of
    low, up = program.lower.copy(), (program.upper if upper is None else upper).copy()
    if fixings:
        given = np.fromiter(fixings, dtype=np.int64, count=len(fixings))
        low[given] = up[given] = np.fromiter(fixings.values(), dtype=float, count=len(fixings))
    low_entry, up_entry = np.full(low.size, NONE), np.full(low.size, NONE)
    fixed = np.zeros(low.size)
    free = np.ones(low.size, dtype=bool)
    keep = np.ones(a.shape[0], dtype=bool) if dropped is None else ~dropped
    left = np.ones(a.data.size, dtype=bool) if dropped is None else keep[of_row]
    while True:
        width = up - low
        infeasible = bool((width < -CROSSED).any())
        newly = np.flatnonzero(free & (width <= SLACK))
        fixed[newly] = (low[newly] + up[newly]) / 2
        free[newly] = False
        shift = a @ fixed
        left &= free[a.indices]
        entries = np.flatnonzero(left)
        count = np.bincount(of_row[entries], minlength=a.shape[0])
        row = np.flatnonzero(keep & (count == 1))
        if infeasible or not row.size:
            break
        entry = entries[np.cumsum(count)[row] - 1]
        column, per = a.indices[entry], a.data[entry]
        one = (program.row_lower[row] - shift[row]) / per
        other = (program.row_upper[row] - shift[row]) / per
        _tighten(np.maximum, low, low_entry, entry, column, np.minimum(one, other))
        _tighten(np.minimum, up, up_entry, entry, column, np.maximum(one, other))
        keep[row] = False
    empty = np.flatnonzero(keep & (count == 0))
    beyond = np.maximum(
        program.row_lower[empty] - shift[empty], shift[empty] - program.row_upper[empty]
    )
    keep[empty] = False
    return Reduced(
        program=program,
        columns=np.flatnonzero(free),
        rows=np.flatnonzero(keep),
        entries=entries[keep[of_row[entries]]],
        fixed=fixed,
        shift=shift,
        lower=low,
        upper=up,
        lower_entry=low_entry,
        upper_entry=up_entry,
        infeasible=infeasible or bool((beyond > BROKEN).any()),
    )


def _tighten(
    tighter: np.ufunc, ends: Floats, source: Ints, entries: Ints, columns: Ints, values: Floats
) -> None:
    """Give each column the tightest of its end and the values for it, and the entry of the first
    row that gives a tighter one."""
    before = ends[columns]
    tighter.at(ends, columns, values)
    best = np.flatnonzero((values == ends[columns]) & (values != before))[::-1]
    source[columns[best]] = entries[best]
