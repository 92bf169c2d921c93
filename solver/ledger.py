"""Why a trade is as large as it is: marginal costs and the statements that balance them.

With decisions fixed the program is convex; at its optimum, for every trade, objective terms less
(dual x total derivative) of every row and bound are zero (Karush-Kuhn-Tucker). Each group is
computed from its own rows, none as a remainder, in dollars per dollar traded, before rounding.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from compiler.model import CompiledModel
from compiler.registry import PHYSICS
from compiler.sums import Sum
from solver.handover import Floats, Program
from solver.quadratic import Point
from solver.reduce import NONE, Reduced
from solver.standard_form import gradient
from solver.state import State
from solver.sums import dot

BINDING = 1e-7

NO_SHORT = "no short position"
EXHAUSTED = "lot exhausted"
PREFER = "prefer: "
BOUND_NAMES = {
    "physics.selling": EXHAUSTED,
    "physics.buying": "no larger than the account",
    "physics.closing": "sold whole or not at all",
    "physics.no_overdraft": "no overdraft",
    "physics.payments": "payments of the book",
    "physics.wash_sales_avoided": "wash sales avoided",
    "cures": "broken limits come first",
    "priority": "soft rules come first",
}


@dataclass(frozen=True, slots=True)
class Ledger:
    """For each trade column, ascending: dollars per dollar by term, by statement and by bound.

    `residual` is what the groups fail to cancel.
    """

    columns: tuple[int, ...]
    terms: Mapping[str, Floats]
    statements: Mapping[str, Floats]
    bounds: Mapping[str, Floats]

    @property
    def residual(self) -> Floats:
        groups = [*self.terms.values(), *self.statements.values(), *self.bounds.values()]
        return np.asarray(sum(groups, np.zeros(len(self.columns))))

    def entry(self, column: int) -> dict[str, dict[str, float]]:
        """The non-zero groups of one trade."""
        k = bisect_left(self.columns, column)
        parts = {"terms": self.terms, "statements": self.statements, "bounds": self.bounds}
        return {
            part: {name: float(v[k]) for name, v in groups.items() if abs(v[k]) > 1e-12}
            for part, groups in parts.items()
        }


def read_ledger(
    linear: Mapping[str, Linear], program: Program, state: State, point: Point
) -> Ledger:
    """The ledger of every trade column at a solved point; `linear` are the parts of the objective
    as `read_terms` has them."""
    terms: dict[str, Floats] = {}
    statements: dict[str, Floats] = {}
    for name, term in linear.items():
        group = statements if name.startswith(PREFER) else terms
        group[name.removeprefix(PREFER)] = state.total_derivative(term.gradient)
    terms["risk"] = state.total_derivative(2.0 * program.square * point.x)
    bounds: dict[str, Floats] = {}
    defining = set(state.rows.tolist())
    groups: dict[tuple[bool, str], list[int]] = {}
    for i in np.flatnonzero(point.row_dual):
        if i not in defining:
            owner = program.owners[i]
            name = owner if owner != PHYSICS else bound_name(program.row_names[i])
            groups.setdefault((owner != PHYSICS, name), []).append(int(i))
    for (is_rule, name), rows in groups.items():
        gradient = -(program.matrix[rows].T @ point.row_dual[rows])
        (statements if is_rule else bounds)[name] = state.total_derivative(gradient)
    bounds[NO_SHORT] = state.total_derivative(-np.maximum(point.column_dual, 0.0))
    upper = state.total_derivative(-np.minimum(point.column_dual, 0.0))
    bounds[EXHAUSTED] = bounds.get(EXHAUSTED, 0.0) + upper
    return Ledger(tuple(state.trades.tolist()), terms, statements, bounds)


def with_settled_trades(program: Program, state: State, reduced: Reduced, point: Point) -> Point:
    """The point with the duals of trades that rows leave exactly one amount.

    A lot that has to go whole is no column of the solve. Its reduced cost is the dual of the row,
    or of the lot's own end, that it presses against.
    """
    row_dual, column_dual = point.row_dual.copy(), point.column_dual.copy()
    inner = np.ones(row_dual.size, dtype=bool)
    inner[state.rows] = False
    objective = program.cost + 2.0 * program.square * point.x
    settled = reduced.fixed > 0
    settled[reduced.columns] = False
    for k in np.flatnonzero(settled[state.trades]):
        column = int(state.trades[k])
        priced = program.matrix.T @ np.where(inner, row_dual, 0.0) + column_dual
        rest = float(state.total_derivative(objective - priced)[k])
        entry = int(reduced.lower_entry[column] if rest > 0 else reduced.upper_entry[column])
        if entry == NONE:
            column_dual[column] += rest
        else:
            row_dual[program.row_of[entry]] += rest / float(program.matrix.data[entry])
    return replace(point, row_dual=row_dual, column_dual=column_dual)


def is_own_bound(kind: str, name: str) -> bool:
    """Whether a group of a ledger is an end of the trade itself, not what others ask of it."""
    return kind == "bounds" and name in (NO_SHORT, EXHAUSTED)


def bound_name(row_name: str) -> str:
    """What a row of the physics means to a reader."""
    stem = row_name.split("[", maxsplit=1)[0]
    if stem == "tax":
        return "netting region"
    return next((said for start, said in BOUND_NAMES.items() if stem.startswith(start)), stem)


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear function of the program's columns."""

    gradient: Floats
    constant: float

    def value(self, x: Floats) -> float:
        return dot(self.gradient, x) + self.constant


def read_terms(compiled: CompiledModel, program: Program) -> dict[str, Linear]:
    """The linear parts of the objective by name, each preference under its statement's."""
    priced = {PREFER + key: term for key, term in compiled.physics.preferences.items()}
    terms = {**compiled.terms, **priced}
    return {name: read_linear(program, term) for name, term in terms.items()}


def read_linear(program: Program, value: Sum) -> Linear:
    """A sum of columns as arrays."""
    return Linear(gradient([value], program.cost.size), value.constant)
