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
from solver.modes import NO_COLUMN, RegionColumns, Structure

DEFINITIONS = {"physics.activity", "physics.factor", "physics.through", "physics.residual"}


@dataclass(frozen=True, slots=True)
class State:
    """`trades` and `states` are columns; `rows` define the states, with `matrix` in all columns and
    `by_trade` in trades; `lu` factors E_S."""

    program: Program
    trades: NDArray[np.int64]
    states: NDArray[np.int64]
    rows: NDArray[np.int64]
    matrix: sp.csr_matrix
    by_trade: sp.csr_matrix
    lu: Any

    def complete(self, x: Floats) -> Floats:
        """x with the states that its trades imply; other columns are left as they are."""
        whole = x.copy()
        whole[self.states] = 0.0
        right = self.program.row_lower[self.rows] - self.matrix @ whole
        whole[self.states] = self.lu.solve(right)
        return whole

    def total_derivative(self, gradient: Floats) -> Floats:
        """d(gradient'x)/d(trade) for every trade, states following (per bp traded)."""
        multipliers = self.lu.solve(gradient[self.states], trans="T")
        through = self.by_trade.T @ multipliers
        return np.asarray(gradient[self.trades] - through)


def read_state(program: Program, structure: Structure, region: tuple[RegionColumns, ...]) -> State:
    """The state columns and their rows for one choice of tax regions."""
    chosen = tuple(each.chosen for each in region)
    return program.once(("state", chosen), lambda: _state(program, structure, region))


def _state(program: Program, structure: Structure, region: tuple[RegionColumns, ...]) -> State:
    trades = [s for p in structure.positions for s in p.sells]
    trades += [p.buy for p in structure.positions if p.buy != NO_COLUMN]
    tax = {f"tax[{r.entity}].{name}" for r in region for name in ("net", "washed")}
    rows = program.rows_of(lambda part: part in DEFINITIONS or part in tax)
    nets = {c for r in region for c in (r.short, r.long)}
    other_regions = {c for f in structure.regions for r in f for c in (r.short, r.long)} - nets
    matrix = program.matrix[rows]
    touched = np.asarray(abs(matrix).sum(axis=0)).reshape(-1) > 0
    touched[trades] = False
    touched[sorted(other_regions)] = False
    touched[program.integer] = False
    states = np.flatnonzero(touched)
    square = sp.csc_matrix(matrix[:, states])
    moved = np.array(sorted(trades), dtype=int)
    return State(
        program,
        moved,
        states,
        rows,
        matrix,
        matrix[:, moved],
        splu(square),
    )
