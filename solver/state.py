"""Physics substituted: every column that trades determine, and total derivatives through them.

Active weights, factors and nets are defined by equality rows, as many as there are such columns.
With E_T x_T + E_S x_S = e these give x_S from the trades, and for any linear function of all
columns its derivative by each trade (the adjoint of one sparse factorisation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from solver.handover import Floats, Program
from solver.structure import NO_COLUMN, RegionColumns, Structure

DEFINITIONS = {"physics.activity", "physics.factor", "physics.through", "physics.residual"}


@dataclass(frozen=True, slots=True)
class State:
    """`trades` and `states` are columns; `rows` define the states, with `matrix` in all columns and
    `of_trades` in trades (trade x row); `lu` factors E_S."""

    program: Program
    trades: NDArray[np.int64]
    states: NDArray[np.int64]
    rows: NDArray[np.int64]
    matrix: sp.csr_matrix
    of_trades: sp.csc_matrix
    lu: Any

    def complete(self, x: Floats) -> Floats:
        """x with the states that its trades imply; other columns are left as they are."""
        whole = x.copy()
        whole[self.states] = 0.0
        right = self.program.row_lower[self.rows] - self.matrix @ whole
        whole[self.states] = self.lu.solve(right)
        return whole

    def total_derivatives(self, gradients: Floats) -> Floats:
        """`[k, t]`: d(gradients[k]'x)/d(trade t), states following (per bp traded)."""
        multipliers = self.lu.solve(gradients[:, self.states].T, trans="T")
        through = np.asarray(self.of_trades @ multipliers).T
        return np.ascontiguousarray(gradients[:, self.trades] - through)


def read_state(program: Program, structure: Structure, region: tuple[RegionColumns, ...]) -> State:
    """The state columns and their rows for one choice of tax regions."""
    chosen = tuple(each.chosen for each in region)
    return program.once(("state", chosen), lambda: _state(program, structure, region))


def _state(program: Program, structure: Structure, region: tuple[RegionColumns, ...]) -> State:
    p = structure.arrays
    trades = np.sort(np.concatenate([p.lots, p.buy[p.buy != NO_COLUMN]]))
    tax = {f"tax[{r.entity}].{name}" for r in region for name in ("net", "washed")}
    rows = program.rows_of(lambda part: part in DEFINITIONS or part in tax)
    matrix = program.matrix[rows]
    touched = np.zeros(program.cost.size, dtype=np.bool_)
    touched[matrix.indices] = True
    touched[trades] = touched[program.integer] = False
    nets = {c for r in region for c in (r.short, r.long)}
    touched[[c for c in structure.nets[:, :2].flat if c not in nets]] = False
    states = np.flatnonzero(touched)
    return State(
        program,
        trades,
        states,
        rows,
        matrix,
        matrix[:, trades].T,
        splu(sp.csc_matrix(matrix[:, states])),
    )
