"""The linear part of a Pyomo model as arrays, rows and columns in the order in which Pyomo's own
standard form has them.

A body that is a flat sum of columns is read as it stands, any other by Pyomo's visitor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
import scipy.sparse as sp
from numpy.typing import NDArray
from pyomo.core.base import SortComponents
from pyomo.core.expr.numeric_expr import (
    LinearExpression,
    MonomialTermExpression,
    NegationExpression,
    SumExpression,
)
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.util import OrderedVarRecorder

Floats = NDArray[np.float64]
ORDER = SortComponents.ORDERED_INDICES
FLAT = (LinearExpression, SumExpression)
NUMBERS: frozenset[Any] = frozenset({float, int})


@dataclass(frozen=True, slots=True)
class StandardForm:
    """cost'x + offset, row_lower <= matrix x <= row_upper.

    `columns[j]` and `rows[i]` are members of the model; `components` are those that the rows belong
    to, each with the number of its rows, in their order.
    """

    columns: tuple[Any, ...]
    rows: tuple[Any, ...]
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
    rows: list[Any] = []
    components: list[tuple[Any, int]] = []
    lower: list[float] = []
    upper: list[float] = []
    starts, columns, values = [0], list[int](), list[float]()
    for component in model.component_objects(pyo.Constraint, active=True, sort=ORDER):
        before = len(rows)
        for row in component.values(ORDER):
            if not row.active:
                continue
            low, high, at, coefficients = reader.row(row)
            if not at and low <= 0.0 <= high:
                continue
            rows.append(row)
            lower.append(low)
            upper.append(high)
            columns += at
            values += coefficients
            starts.append(len(columns))
        components.append((component, len(rows) - before))
    members = reader.members()
    matrix = sp.csr_matrix(
        (np.array(values, dtype=float), np.array(columns, dtype=np.int32), starts),
        (len(rows), len(members)),
    )
    matrix.eliminate_zeros()
    matrix.sort_indices()
    whole = np.zeros(len(members))
    whole[cost_at] = cost
    used = whole != 0.0
    used[matrix.indices] = True
    return StandardForm(
        tuple(member for member, kept in zip(members, used.tolist(), strict=True) if kept),
        tuple(rows),
        tuple(components),
        whole[used],
        constant,
        matrix[:, used],
        np.array(lower),
        np.array(upper),
    )


def linear_sums(expressions: Iterable[Any]) -> list[tuple[float, list[Any], Sequence[float]]]:
    """Linear expressions of one model, each as its constant, its columns and their coefficients."""
    reader = _Reader()
    found = [reader.read(expression) for expression in expressions]
    members = reader.members()
    return [(constant, [members[k] for k in at], by) for constant, at, by in found]


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

    def row(self, row: Any) -> tuple[float, float, Sequence[int], Sequence[float]]:
        """Ends of a row, its columns and their coefficients."""
        lower, body, upper = _sides(row)
        constant, at, coefficients = self.read(body)
        if lower is not None and upper is not None and lower != upper:
            raise ValueError(f"{row.name} lies between two ends")
        return (
            -np.inf if lower is None else lower - constant,
            np.inf if upper is None else upper - constant,
            at,
            coefficients,
        )

    def read(self, body: Any) -> tuple[float, Sequence[int], Sequence[float]]:
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

    def _flat(self, terms: Sequence[Any]) -> tuple[float, Sequence[int], Sequence[float]] | None:
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
            elif kind is VAR:
                coefficients.append(1.0)
                columns.append(term)
            elif kind in NUMBERS:
                constant += term
            else:
                return None
        if not NUMBERS.issuperset(map(type, coefficients)):
            return None
        keys = list(map(id, columns))
        place = self.place
        try:
            at = [place[key] for key in keys]
        except KeyError:
            for column in columns:
                if id(column) not in place:
                    self.recorder.add(column)
            at = [place[key] for key in keys]
        if len(set(at)) < len(at):
            summed: dict[int, float] = {}
            for column, coefficient in zip(at, coefficients, strict=True):
                summed[column] = summed.get(column, 0.0) + coefficient
            at, coefficients = list(summed), list(summed.values())
        return (constant, at, coefficients) if any(coefficients) else (constant, [], [])


VAR = pyo.Var(["member"], name="any").__class__._ComponentDataClass


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
