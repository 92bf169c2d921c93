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
NETTING_REGION = "netting region"
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


Group = tuple[str, str]
"""A part of a ledger and a name in it."""


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
    found: dict[Group, Floats] = {}
    for name, term in linear.items():
        kind = "statements" if name.startswith(PREFER) else "terms"
        found[kind, name.removeprefix(PREFER)] = term.gradient
    found["terms", "risk"] = 2.0 * program.square * point.x
    found.update(_asked_by_rows(program, state, point))
    found["bounds", NO_SHORT] = -np.maximum(point.column_dual, 0.0)
    whole = found.get(("bounds", EXHAUSTED), 0.0)
    found["bounds", EXHAUSTED] = whole - np.minimum(point.column_dual, 0.0)
    groups: dict[str, dict[str, Floats]] = {"terms": {}, "statements": {}, "bounds": {}}
    derivatives = state.total_derivatives(np.stack(list(found.values())))
    for (kind, name), derivative in zip(found, derivatives, strict=True):
        groups[kind][name] = derivative
    return Ledger(tuple(state.trades.tolist()), **groups)


def _asked_by_rows(program: Program, state: State, point: Point) -> dict[Group, Floats]:
    """Less dual x gradient, in all columns, of the rows of each statement and of each bound."""
    priced = point.row_dual != 0.0
    priced[state.rows] = False
    rows = np.flatnonzero(priced)
    ends = [part.stop for _, part in program.parts]
    ends += range(ends[-1] + 1, priced.size + 1)  # rows added later are each a part of their own
    part = np.searchsorted(ends, rows, side="right")
    numbers: dict[Group, int] = {}
    number = np.zeros(len(ends), dtype=np.int64)
    for k in np.unique(part).tolist():
        owner, name = program.owners[ends[k] - 1], program.row_names[ends[k] - 1]
        group = ("bounds", bound_name(name)) if owner == PHYSICS else ("statements", owner)
        number[k] = numbers.setdefault(group, len(numbers))
    start = np.zeros(priced.size, dtype=np.int64)
    start[rows] = number[part] * program.cost.size
    entries = np.flatnonzero(priced[program.row_of])
    row = program.row_of[entries]
    pulls = program.matrix.data[entries] * point.row_dual[row]
    cells = start[row] + program.matrix.indices[entries]
    gradients = -np.bincount(cells, pulls, len(numbers) * program.cost.size)
    return dict(zip(numbers, gradients.reshape(len(numbers), program.cost.size), strict=True))


def with_settled_trades(program: Program, state: State, reduced: Reduced, point: Point) -> Point:
    """The point with the duals of trades that rows leave exactly one amount.

    A lot that has to go whole is no column of the solve. Its reduced cost is the dual of the row,
    or of the lot's own end, that it presses against.
    """
    settled = reduced.fixed > 0
    settled[reduced.columns] = False
    trades = np.flatnonzero(settled[state.trades]).tolist()
    row_dual, column_dual = point.row_dual.copy(), point.column_dual.copy()
    rest: Floats | None = None
    for k in trades:
        column = int(state.trades[k])
        if rest is None:
            rest = _unexplained(program, state, point.x, row_dual, column_dual)
        entry = int(reduced.lower_entry[column] if rest[k] > 0 else reduced.upper_entry[column])
        if entry == NONE:
            column_dual[column] += rest[k]
        else:
            row_dual[program.row_of[entry]] += rest[k] / program.matrix.data[entry]
            rest = None  # the row may hold other trades too
    return replace(point, row_dual=row_dual, column_dual=column_dual)


def _unexplained(
    program: Program, state: State, x: Floats, row_dual: Floats, column_dual: Floats
) -> Floats:
    """What duals leave of each trade's cost (per bp)."""
    inner = row_dual.copy()
    inner[state.rows] = 0.0
    priced = program.transposed @ inner + column_dual
    gradient = program.cost + 2.0 * program.square * x - priced
    return np.asarray(state.total_derivatives(gradient[None])[0])


def is_own_bound(kind: str, name: str) -> bool:
    """Whether a group of a ledger is an end of the trade itself, not what others ask of it."""
    return kind == "bounds" and name in (NO_SHORT, EXHAUSTED)


def bound_name(row_name: str) -> str:
    """What a row of the physics means to a reader."""
    stem = row_name.split("[", maxsplit=1)[0]
    if stem == "tax":
        return NETTING_REGION
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
