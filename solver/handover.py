"""The model of record as arrays, read once, names and owners kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from compiler.active_risk import RiskLimit
from compiler.model import CompiledModel
from compiler.registry import PHYSICS
from compiler.row_names import Names
from solver.standard_form import standard_form
from solver.sums import dot

Floats = NDArray[np.float64]
Reading = TypeVar("Reading")


@dataclass(frozen=True, slots=True)
class RiskColumns:
    """|spread @ x[active]| - x[excess] <= ceiling; `excess` None where nothing may exceed it.

    `row` is what its tangents are named, `key` the statement they belong to and `spare` the room
    for rounding inside the rule's own ceiling, NaN where it is the rule's.
    """

    key: str
    row: str
    active: NDArray[np.int64]
    spread: sp.csr_matrix
    ceiling: float
    excess: int | None
    spare: float

    def over(self, x: Floats) -> float:
        """How far the limit is exceeded at x."""
        room = self.ceiling + (0.0 if self.excess is None else float(x[self.excess]))
        return float(np.linalg.norm(self.spread @ x[self.active])) - room


@dataclass(frozen=True, slots=True)
class Program:
    """min c'x + offset + sum q_j x_j^2, row_lower <= Ax <= row_upper, lower <= x <= upper.

    `integer` flags binaries. `owners[i]` is the statement key of row i, or "physics";
    `row_names[i]` and `column_names[j]` are those of the written file, made when they are asked
    for. `parts` are the model's constraints by name, each with its rows; rows added to the model's
    are in none. `spare[i]` is the room for rounding that the upper end of row i leaves inside the
    rule's own, NaN where it is the rule's. `index` maps the id of a Pyomo variable to its column.
    `risks` are limits on tracking error, of which rows hold only tangents. `ties` is the part of
    `square` that only settles which of several equal answers is taken. `readings` are what has been
    read of it, once. All amounts are bp of household value.
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
    row_names: Names
    column_names: Names
    index: dict[int, int]
    risks: tuple[RiskColumns, ...] = ()
    ties: Floats | None = None
    parts: tuple[tuple[str, range], ...] = ()
    spare: Floats = field(default_factory=lambda: np.zeros(0))
    readings: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, what: object, read: Callable[[], Reading]) -> Reading:
        """What `read` has of this program, read when it is first asked for."""
        if what not in self.readings:
            self.readings[what] = read()
        found: Reading = self.readings[what]
        return found

    @property
    def transposed(self) -> sp.csc_matrix:
        """The matrix the other way round."""
        return self.once("transposed", lambda: self.matrix.T)

    @property
    def row_of(self) -> NDArray[np.int64]:
        """The row of each entry of the matrix."""
        counts = self.matrix.indptr
        return self.once("row of", lambda: np.repeat(np.arange(counts.size - 1), np.diff(counts)))

    def column(self, variable: Any) -> int:
        return self.index[id(variable)]

    def rows_of(self, belongs: Callable[[str], bool]) -> NDArray[np.int64]:
        """The rows, ascending, of the constraints whose names belong."""
        return np.array([i for name, rows in self.parts if belongs(name) for i in rows], dtype=int)

    @property
    def counted(self) -> Floats:
        """The squares but those that settle ties."""
        ties = self.ties
        return self.square if ties is None else self.once("counted", lambda: self.square - ties)

    def objective(self, x: Floats) -> float:
        """The true objective at x, squares and all but those that settle ties."""
        return dot(self.cost, x) + dot(self.counted, x * x) + self.offset


def hand_over(compiled: CompiledModel) -> Program:
    """Read the Pyomo model once; squares are taken from the registry beside it."""
    model, physics, name = compiled.model, compiled.physics, compiled.physics.row_names
    model.objective.deactivate()
    for limit in physics.risks:
        limit.written.deactivate()
    try:
        form = standard_form(model, model.linear)
    finally:
        model.objective.activate()
        for limit in physics.risks:
            limit.written.activate()
    columns = form.columns
    index = {id(variable): j for j, variable in enumerate(columns)}
    square, ties = np.zeros(len(columns)), np.zeros(len(columns))
    for term in physics.squares:
        square[index[id(term.column)]] += term.weight
        ties[index[id(term.column)]] += term.weight if term.ties else 0.0
    lower, upper, integer = _ends(columns)
    owners: list[str] = []
    parts: list[tuple[str, range]] = []
    for component, count in form.components:
        parts.append((component.name, range(len(owners), len(owners) + count)))
        owners += [_owner(compiled, component.parent_block())] * count
    return Program(
        cost=form.cost,
        offset=form.offset,
        square=square,
        matrix=form.matrix,
        row_lower=form.row_lower,
        row_upper=form.row_upper,
        lower=lower,
        upper=upper,
        integer=integer,
        owners=tuple(owners),
        row_names=Names(form.rows, lambda row: name.of(*row), model=model),
        column_names=Names(columns, name, model=model),
        index=index,
        risks=tuple(_risk(limit, index) for limit in physics.risks),
        ties=ties if ties.any() else None,
        parts=tuple(parts),
        spare=np.array([physics.spare.get(row, np.nan) for row in form.rows]),
    )


def _ends(columns: Sequence[Any]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Lower and upper ends of columns, and which are binary. Pyomo asks the domain for its own ends
    anew at each column; there are two domains."""
    domains: dict[int, tuple[float, float, bool]] = {}
    ends: list[tuple[float, float, bool]] = []
    for column in columns:
        known = domains.get(id(column.domain))
        if known is None:
            least, most = column.domain.bounds()
            known = domains[id(column.domain)] = (
                -np.inf if least is None else float(least),
                np.inf if most is None else float(most),
                column.is_binary(),
            )
        low, high, binary = known
        if column._lb is not None:
            low = max(low, float(column._lb))
        if column._ub is not None:
            high = min(high, float(column._ub))
        ends.append((low, high, binary))
    lower, upper, integer = zip(*ends, strict=True) if ends else ((), (), ())
    return np.array(lower, float), np.array(upper, float), np.array(integer, dtype=np.bool_)


def _risk(limit: RiskLimit, index: dict[int, int]) -> RiskColumns:
    return RiskColumns(
        limit.key,
        limit.row,
        np.array([index[id(active)] for active in limit.active]),
        limit.spread,
        limit.ceiling,
        None if limit.excess is None else index[id(limit.excess)],
        np.nan if limit.spare is None else limit.spare,
    )


def _owner(compiled: CompiledModel, block: Any) -> str:
    """The statement whose Block a constraint is in."""
    while block.parent_block() is not None and block.local_name not in compiled.statements:
        block = block.parent_block()
    return block.local_name if block.local_name in compiled.statements else PHYSICS
