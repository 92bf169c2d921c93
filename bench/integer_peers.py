"""Programs with binaries by solvers that a user might pick instead, within seconds of the clock.

SCIP takes squares as they are. HiGHS and CBC take none beside integers: each square is a column
above eleven tangents around the relaxed optimum, whose solution is on the clock too. Tangents lie
below the square, so bounds of theirs hold for the true problem. Minimums and directions are rows
with a big M, the least that policy and book allow (those of the program).
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.against_highs import Linearised, highs_alone, linearised, relaxed_optimum
from bench.installed import Needs, installed, with_packages
from solver.handover import Floats, Program
from solver.structure import Structure

scip: Any = installed("pyscipopt")
pulp: Any = installed("pulp")

NOTHING = 1e19  # as large as that, a bound says nothing

Found = tuple[Floats | None, float | None]
"""An answer, and what is proven of all answers (bp); None where there is none."""
Solve = Callable[[Program, Structure, float], Found]


def highs(program: Program, structure: Structure, limit: float) -> Found:
    """HiGHS's own branch and bound."""
    x, info = highs_alone(program, structure, {"time_limit": limit})
    return x, _bound(program, info.mip_dual_bound)


def _bound(program: Program, proven: float) -> float | None:
    return float(proven) + program.offset if abs(proven) < NOTHING else None


def scip_squares(program: Program, structure: Structure, limit: float) -> Found:
    """SCIP on the program with its squares: a column above each."""
    model = scip.Model()
    model.hideOutput()
    model.setParam("limits/time", limit)
    model.setParam("limits/gap", 0.0)
    columns = [
        model.addVar(lb=_end(low), ub=_end(high), obj=float(cost), vtype="B" if whole else "C")
        for low, high, cost, whole in zip(
            program.lower, program.upper, program.cost, program.integer, strict=True
        )
    ]
    for j in np.flatnonzero(program.square > 0):
        above = model.addVar(lb=0.0, obj=1.0)
        model.addCons(float(program.square[j]) * columns[j] * columns[j] <= above)
    for constraint in _constraints(program, columns, _scip_sum):
        model.addCons(constraint)
    model.optimize()
    bound = _bound(program, model.getDualbound())
    if model.getNSols() == 0:
        return None, bound
    best = model.getBestSol()
    return np.array([model.getSolVal(best, column) for column in columns]), bound


def pulp_cbc(program: Program, structure: Structure, limit: float) -> Found:
    """The linear model written in PuLP, solved by the CBC that comes with it."""
    model = linearised(program, relaxed_optimum(program, structure))
    whole = np.concatenate([program.integer, np.zeros(model.cost.size - program.cost.size, bool)])
    problem = pulp.LpProblem("household", pulp.LpMinimize)
    columns = [
        problem.add_variable(f"x{j}", _end(low), _end(high), "Binary" if binary else "Continuous")
        for j, (low, high, binary) in enumerate(zip(model.lower, model.upper, whole, strict=True))
    ]
    costs = zip(columns, model.cost.tolist(), strict=True)
    problem += pulp.LpAffineExpression([(column, cost) for column, cost in costs if cost])
    for constraint in _constraints(model, columns, pulp.LpAffineExpression):
        problem += constraint
    # Its makers mean to drop the CBC that comes with it.
    with tempfile.TemporaryDirectory() as away, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        log = Path(away) / "cbc.log"
        solver = pulp.PULP_CBC_CMD(msg=False, timeLimit=limit, threads=1, gapRel=0.0, logPath=log)
        problem.solve(solver)
        bound = cbc_bound(log.read_text(encoding="utf-8"))
    bound = None if bound is None else bound + program.offset
    if problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        return None, bound
    return np.array([column.varValue or 0.0 for column in columns[: program.cost.size]]), bound


def cbc_bound(log: str) -> float | None:
    """What CBC says of all answers where it stops: its lower bound, or the value that it has proven
    to be the best. None where it says neither."""
    for pattern in (
        r"^Lower bound:\s+(\S+)",
        r"Optimal solution found.*?^Objective value:\s+(\S+)",
    ):
        found = re.search(pattern, log, re.MULTILINE | re.DOTALL)
        if found:
            return float(found[1])
    return None


def _scip_sum(terms: Sequence[tuple[Any, float]]) -> Any:
    return scip.quicksum(weight * column for column, weight in terms)


def _constraints(
    model: Program | Linearised,
    columns: Sequence[Any],
    summed: Callable[[Sequence[tuple[Any, float]]], Any],
) -> Iterator[Any]:
    """Each row in a peer's own columns, as one equation or an inequality for each end."""
    matrix = model.matrix
    for i in range(matrix.shape[0]):
        part = slice(matrix.indptr[i], matrix.indptr[i + 1])
        names, weights = matrix.indices[part].tolist(), matrix.data[part].tolist()
        row = summed([(columns[j], w) for j, w in zip(names, weights, strict=True)])
        low, high = float(model.row_lower[i]), float(model.row_upper[i])
        if low == high:
            yield row == low
            continue
        if np.isfinite(low):
            yield row >= low
        if np.isfinite(high):
            yield row <= high


def _end(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def integer_peers() -> Mapping[str, Solve]:
    """Those that are installed; HiGHS is."""
    peers: dict[str, tuple[Solve, Needs]] = {
        "HiGHS, tangents": (highs, ()),
        "SCIP, squares": (scip_squares, (scip,)),
        "PuLP, CBC, tangents": (pulp_cbc, (pulp,)),
    }
    return with_packages(peers)
