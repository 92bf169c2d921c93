"""The linear part of a Pyomo model as arrays, rows and columns in the order in which Pyomo's own
standard form has them.

Rows that wait as sums and bodies that are flat sums are read as they stand, any other by Pyomo's
visitor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import Any

import numpy as np
import pyomo.environ as pyo
import scipy.sparse as sp
from numpy.typing import NDArray
from pyomo.core.base import SortComponents
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import (
    LinearExpression,
    MonomialTermExpression,
    NegationExpression,
    SumExpression,
)
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.util import OrderedVarRecorder

from compiler.sums import Rows

Floats = NDArray[np.float64]
Columns = Sequence[int]
Values = Sequence[float]
ORDER = SortComponents.ORDERED_INDICES
FLAT = (LinearExpression, SumExpression)
NUMBERS: frozenset[Any] = frozenset({float, int})


@dataclass(frozen=True, slots=True)
class StandardForm:
    """cost'x + offset, row_lower <= matrix x <= row_upper.

    `columns[j]` are members of the model, `rows[i]` constraints of it with an index; `components`
    are these constraints, each with the number of its rows, in their order.
    """

    columns: tuple[Any, ...]
    rows: tuple[tuple[Any, Any], ...]
    components: tuple[tuple[Any, int], ...]
    cost: Floats
    offset: float
    matrix: sp.csr_matrix
    row_lower: Floats
    row_upper: Floats


def standard_form(model: pyo.ConcreteModel, objective: Any) -> StandardForm:
    """The active rows of a model and one linear objective.

    Raises ValueError where a row or the objective is not linear, a row is between two ends, or a
    column is fixed.
    """
    reader = _Reader()
    constant, cost_at, cost = reader.read(objective.expr)
    read = [
        (component, reader.rows(component))
        for component in model.component_objects(pyo.Constraint, active=True, sort=ORDER)
    ]
    members = reader.members()
    blocks = [rows for _, rows in read]
    lower = np.array([low for rows in blocks for low in rows.lower])
    upper = np.array([high for rows in blocks for high in rows.upper])
    matrix = _matrix(blocks, len(members))
    said = (np.diff(matrix.indptr) > 0) | (lower > 0.0) | (upper < 0.0)
    kept = said.tolist()
    keys = [(component, key) for component, rows in read for key in rows.keys]
    ends = np.cumsum([0, *(len(rows.keys) for rows in blocks)])
    counts = np.diff(np.concatenate([[0], np.cumsum(said)])[ends])
    whole = np.zeros(len(members))
    whole[cost_at] = cost
    used = whole != 0.0
    used[matrix.indices] = True
    return StandardForm(
        tuple(compress(members, used.tolist())),
        tuple(compress(keys, kept)),
        tuple(
            (component, count) for (component, _), count in zip(read, counts.tolist(), strict=True)
        ),
        whole[used],
        constant,
        matrix[said][:, used],
        lower[said],
        upper[said],
    )


def _matrix(blocks: Sequence[_Rows], columns: int) -> sp.csr_matrix:
    """The coefficients of all rows, each column of a row once; no zeros."""
    at = np.array(list(chain.from_iterable(rows.columns for rows in blocks)), dtype=np.int32)
    values = np.array(list(chain.from_iterable(rows.coefficients for rows in blocks)), dtype=float)
    starts = np.cumsum([0, *chain.from_iterable(rows.sizes for rows in blocks)])
    matrix = sp.csr_matrix((values, at, starts), (starts.size - 1, columns))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def linear_sums(expressions: Iterable[Any]) -> list[tuple[float, list[Any], Sequence[float]]]:
    """Linear expressions of one model, each as its constant, its columns and their coefficients."""
    reader = _Reader()
    found = [reader.read(expression) for expression in expressions]
    members = reader.members()
    return [(constant, [members[k] for k in at], by) for constant, at, by in found]


@dataclass(slots=True)
class _Rows:
    """Rows of one constraint: their indices and ends, and how many columns each has; columns and
    coefficients one row after the other."""

    keys: list[Any] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    coefficients: list[float] = field(default_factory=list)


class _Reader:
    """Columns are numbered as they are met, all members of a component at once."""

    def __init__(self) -> None:
        self.recorder = OrderedVarRecorder({}, {}, ORDER)
        self.place: dict[int, int] = self.recorder.var_order
        self.visitor = LinearRepnVisitor({}, var_recorder=self.recorder)

    def members(self) -> list[Any]:
        """The columns met, in their order."""
        found = list(self.recorder.var_map.values())
        if len(found) != len(self.place):
            raise ValueError("a column is fixed: its value is in no row")
        return found

    def rows(self, component: Any) -> _Rows:
        """The rows of a constraint."""
        found = _Rows()
        if isinstance(component, Rows) and not component.made:
            waiting = component.in_order()
            for key, (value, low, high) in waiting:
                found.keys.append(key)
                found.lower.append(-np.inf if low is None else low - value.constant)
                found.upper.append(np.inf if high is None else high - value.constant)
                found.sizes.append(len(value.columns))
                found.coefficients += value.coefficients
            sums = [value.columns for _, (value, _, _) in waiting]
            found.columns = self._places(list(chain.from_iterable(sums)))
            return found
        for key, row in component.items(ORDER):
            if row.active:
                lowest, body, highest = _sides(row)
                constant, at, coefficients = self.read(body)
                if lowest is not None and highest is not None and lowest != highest:
                    raise ValueError(f"{row.name} lies between two ends")
                found.keys.append(key)
                found.lower.append(-np.inf if lowest is None else lowest - constant)
                found.upper.append(np.inf if highest is None else highest - constant)
                found.sizes.append(len(at))
                found.columns += at
                found.coefficients += coefficients
        return found

    def read(self, body: Any) -> tuple[float, Columns, Values]:
        """The constant of a sum, its columns, each once, and their coefficients."""
        if body.__class__ is NegationExpression:
            constant, at, coefficients = self.read(body.args[0])
            return -constant, at, [-coefficient for coefficient in coefficients]
        if body.__class__ in FLAT:
            flat = self._flat(body.args)
            if flat is not None:
                return flat
        found = self.visitor.walk_expression(body)
        if found.nonlinear is not None:
            raise ValueError(f"not linear: {body}")
        at = [self.place[key] for key in found.linear]
        return float(found.constant), at, list(found.linear.values())

    def _flat(self, terms: Sequence[Any]) -> tuple[float, Columns, Values] | None:
        """A sum of numbers, columns and columns times numbers; None where there is more to it."""
        constant = 0.0
        coefficients: list[float] = []
        columns: list[Any] = []
        for term in terms:
            kind = term.__class__
            if kind is MonomialTermExpression:
                coefficient, column = term.args
                coefficients.append(coefficient)
                columns.append(column)
            elif kind is VarData:
                coefficients.append(1.0)
                columns.append(term)
            elif kind in NUMBERS:
                constant += term
            else:
                return None
        if not NUMBERS.issuperset(map(type, coefficients)):
            return None
        return constant, *self._summed(columns, coefficients)

    def _places(self, columns: Sequence[Any]) -> list[int]:
        """The number of each column, those met for the first time with all of their component."""
        place, keys = self.place, list(map(id, columns))
        try:
            return [place[key] for key in keys]
        except KeyError:
            for column in columns:
                if id(column) not in place:
                    self.recorder.add(column)
            return [place[key] for key in keys]

    def _summed(self, columns: Sequence[Any], coefficients: Values) -> tuple[Columns, Values]:
        """Each column once with its coefficients summed."""
        at = self._places(columns)
        if len(set(at)) == len(at):
            return at, coefficients
        summed: dict[int, float] = {}
        for column, coefficient in zip(at, coefficients, strict=True):
            summed[column] = summed.get(column, 0.0) + coefficient
        return list(summed), list(summed.values())


def _sides(row: Any) -> tuple[float | None, Any, float | None]:
    """Lower end, body and upper end of a row; not both ends but where they are equal."""
    relation = row.expr
    kind = relation.__class__
    if kind is InequalityExpression or kind is EqualityExpression:
        left, right = relation.args
        if right.__class__ in NUMBERS:
            return right if kind is EqualityExpression else None, left, right
    lower, body, upper = row.to_bounded_expression(evaluate_bounds=True)
    return lower, body, upper
