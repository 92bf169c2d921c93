"""The model of record as arrays: one pass through Pyomo's standard form, names and owners kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from compiler.active_risk import RiskLimit
from compiler.model import CompiledModel
from compiler.registry import PHYSICS
from solver.sums import dot

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RiskColumns:
    """|spread @ x[active]| - x[excess] <= ceiling; `excess` None where nothing may exceed it.

    `row` is what its tangents are named and `key` the statement they belong to.
    """

    key: str
    row: str
    active: NDArray[np.int64]
    spread: sp.csr_matrix
    ceiling: float
    excess: int | None

    def over(self, x: Floats) -> float:
        """How far the limit is exceeded at x."""
        room = self.ceiling + (0.0 if self.excess is None else float(x[self.excess]))
        return float(np.linalg.norm(self.spread @ x[self.active])) - room


@dataclass(frozen=True, slots=True)
class Program:
    """min c'x + offset + sum q_j x_j^2, row_lower <= Ax <= row_upper, lower <= x <= upper.

    `integer` flags binaries. `owners[i]` is the statement key of row i, or "physics";
    `row_names[i]` and `column_names[j]` are those of the written file. `index` maps the id of a
    Pyomo variable to its column. `risks` are limits on tracking error, of which rows hold only
    tangents. `ties` is the part of `square` that only settles which of several equal answers is
    taken. All amounts are bp of household value.
    """

    cost: Floats
    offset: float
    square: Floats
    matrix: sp.csr_matrix
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    owners: tuple[str, ...]
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    index: dict[int, int]
    risks: tuple[RiskColumns, ...] = ()
    ties: Floats | None = None

    def column(self, variable: Any) -> int:
        return self.index[id(variable)]

    def objective(self, x: Floats) -> float:
        """The true objective at x, squares and all but those that settle ties."""
        square = self.square if self.ties is None else self.square - self.ties
        return dot(self.cost, x) + dot(square, x * x) + self.offset


def hand_over(compiled: CompiledModel) -> Program:
    """Read the Pyomo model once; squares are taken from the registry beside it."""
    model = compiled.model
    risks = compiled.physics.risks
    model.objective.deactivate()
    model.linear.activate()
    for limit in risks:
        limit.written.deactivate()
    try:
        form = LinearStandardFormCompiler().write(
            model, mixed_form=True, set_sense=None, show_section_timing=False
        )
    finally:
        model.linear.deactivate()
        model.objective.activate()
        for limit in risks:
            limit.written.activate()
    columns, name_of, owner_of = form.columns, compiled.physics.row_names, _Owners(compiled)
    index = {id(variable): j for j, variable in enumerate(columns)}
    lower = np.array([-np.inf if v.lb is None else float(v.lb) for v in columns])
    upper = np.array([np.inf if v.ub is None else float(v.ub) for v in columns])
    sense = np.array([row.bound_type for row in form.rows], dtype=int)
    rhs = np.asarray(form.rhs, dtype=float)
    square, ties = np.zeros(len(columns)), np.zeros(len(columns))
    for term in compiled.physics.squares:
        square[index[id(term.column)]] += term.weight
        ties[index[id(term.column)]] += term.weight if term.ties else 0.0
    return Program(
        cost=np.asarray(form.c.todense(), dtype=float).reshape(-1),
        offset=float(form.c_offset[0]),
        square=square,
        matrix=sp.csr_matrix(form.A),
        row_lower=np.where(sense <= 0, rhs, -np.inf),
        row_upper=np.where(sense >= 0, rhs, np.inf),
        lower=lower,
        upper=upper,
        integer=np.array([v.is_binary() for v in columns], dtype=np.bool_),
        owners=tuple(owner_of(row.constraint) for row in form.rows),
        row_names=tuple(name_of(row.constraint) for row in form.rows),
        column_names=tuple(name_of(variable) for variable in columns),
        index=index,
        risks=tuple(_risk(limit, index) for limit in risks),
        ties=ties if ties.any() else None,
    )


def _risk(limit: RiskLimit, index: dict[int, int]) -> RiskColumns:
    return RiskColumns(
        limit.key,
        limit.row,
        np.array([index[id(active)] for active in limit.active]),
        limit.spread,
        limit.ceiling,
        None if limit.excess is None else index[id(limit.excess)],
    )


class _Owners:
    """The statement whose Block holds a row, asked once of each component."""

    def __init__(self, compiled: CompiledModel) -> None:
        self.statements = compiled.statements
        self.known: dict[int, str] = {}

    def __call__(self, row: Any) -> str:
        component = row.parent_component()
        if id(component) not in self.known:
            self.known[id(component)] = self._owner(component.parent_block())
        return self.known[id(component)]

    def _owner(self, block: Any) -> str:
        while block.parent_block() is not None and block.local_name not in self.statements:
            block = block.parent_block()
        return block.local_name if block.local_name in self.statements else PHYSICS
