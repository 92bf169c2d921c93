"""A compiled model as arrays, read once, names and owners kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from compiler.active_risk import RiskLimit
from compiler.model import CompiledModel
from compiler.registry import PHYSICS
from compiler.row_names import Names
from compiler.tableau import Block, index
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
    rule's own, NaN where it is the rule's. `risks` are limits on tracking error, of which rows hold
    only tangents. `ties` is the part of `square` that only settles which of several equal answers
    is taken. `readings` are what has been read of it, once. All amounts are bp of household value.
    Columns have the numbers that they have in the tableau.
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
    """Read the tableau once; squares are taken from the registry beside it."""
    physics = compiled.physics
    tableau = physics.tableau
    form = standard_form(tableau, compiled.linear)
    square, ties = np.zeros(form.cost.size), np.zeros(form.cost.size)
    for term in physics.squares:
        square[term.column] += term.weight
        ties[term.column] += term.weight if term.ties else 0.0
    spare = np.full(form.row_lower.size, np.nan)
    owners: list[str] = []
    for rows, first in zip(form.families, form.first, strict=False):
        owners += [_owner(compiled, rows.block)] * len(rows.keys)
        spare[[first + place for place in rows.spare]] = list(rows.spare.values())
    names = [rows.full_name for rows in form.families]

    def row_name(i: int) -> str:
        k = bisect_right(form.first, i) - 1
        return names[k] + index(form.families[k].keys[i - form.first[k]])

    def column_name(j: int) -> str:
        family, key = tableau.members[j]
        return family.name_of(key)

    return Program(
        cost=form.cost,
        offset=form.offset,
        square=square,
        matrix=form.matrix,
        row_lower=form.row_lower,
        row_upper=form.row_upper,
        lower=form.lower,
        upper=form.upper,
        integer=form.integer,
        owners=tuple(owners),
        row_names=Names(len(owners), row_name),
        column_names=Names(form.cost.size, column_name),
        risks=tuple(map(_risk, physics.risks)),
        ties=ties if ties.any() else None,
        parts=tuple(zip(names, map(range, form.first, form.first[1:]), strict=True)),
        spare=spare,
    )


def _risk(limit: RiskLimit) -> RiskColumns:
    return RiskColumns(
        limit.key,
        limit.row,
        np.array(limit.active),
        limit.spread,
        limit.ceiling,
        limit.excess,
        np.nan if limit.spare is None else limit.spare,
    )


def _owner(compiled: CompiledModel, block: Block) -> str:
    """The statement whose block some rows are in."""
    while block.parent is not None and block.name not in compiled.statements:
        block = block.parent
    return block.name if block.name in compiled.statements else PHYSICS
