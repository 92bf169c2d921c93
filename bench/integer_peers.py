"""Programs with binaries by solvers that a user might pick instead, within seconds of the clock.

SCIP takes squares as they are. HiGHS and CBC take none beside integers: each square is a column
above eleven tangents around the relaxed optimum, whose solution is on the clock too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import highspy
import numpy as np

from bench.against_highs import Linearised, linearised, relaxed_optimum
from bench.installed import installed
from solver.handover import Floats, Program
from solver.modes import Structure
from solver.quadratic import linear_model, new_engine

scip: Any = installed("pyscipopt")
pulp: Any = installed("pulp")

Solve = Callable[[Program, Structure, float], Floats | None]


def highs(program: Program, structure: Structure, limit: float) -> Floats | None:
    """HiGHS's own branch and bound."""
    model = linearised(program, relaxed_optimum(program, structure))
    engine = new_engine()
    engine.passModel(linear_model(*model))
    for j in np.flatnonzero(program.integer):
        engine.changeColIntegrality(int(j), highspy.HighsVarType.kInteger)
    engine.setOptionValue("time_limit", limit)
    engine.setOptionValue("mip_rel_gap", 0.0)
    engine.run()
    if engine.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.array(engine.getSolution().col_value)[: program.cost.size]


def scip_squares(program: Program, structure: Structure, limit: float) -> Floats | None:
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
    for names, weights, low, high in _rows(program):
        row = scip.quicksum(w * columns[j] for j, w in zip(names, weights, strict=True))
        if low == high:
            model.addCons(row == low)
            continue
        if np.isfinite(low):
            model.addCons(row >= low)
        if np.isfinite(high):
            model.addCons(row <= high)
    model.optimize()
    if model.getNSols() == 0:
        return None
    best = model.getBestSol()
    return np.array([model.getSolVal(best, column) for column in columns])


def pulp_cbc(program: Program, structure: Structure, limit: float) -> Floats | None:
    """The linear model written in PuLP, solved by the CBC that comes with it."""
    model = linearised(program, relaxed_optimum(program, structure))
    whole = np.concatenate([program.integer, np.zeros(model.cost.size - program.cost.size, bool)])
    columns = [
        pulp.LpVariable(f"x{j}", _end(low), _end(high), "Binary" if binary else "Continuous")
        for j, (low, high, binary) in enumerate(zip(model.lower, model.upper, whole, strict=True))
    ]
    problem = pulp.LpProblem("household", pulp.LpMinimize)
    costs = zip(columns, model.cost.tolist(), strict=True)
    problem += pulp.LpAffineExpression([(column, cost) for column, cost in costs if cost])
    for names, weights, low, high in _rows(model):
        row = pulp.LpAffineExpression(
            [(columns[j], w) for j, w in zip(names, weights, strict=True)]
        )
        if low == high:
            problem += row == low
            continue
        if np.isfinite(low):
            problem += row >= low
        if np.isfinite(high):
            problem += row <= high
    problem.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=limit, threads=1, gapRel=0.0))
    if problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        return None
    return np.array([column.varValue or 0.0 for column in columns[: program.cost.size]])


def _rows(model: Program | Linearised) -> list[tuple[list[int], list[float], float, float]]:
    """Columns, weights, and both ends of each row."""
    matrix = model.matrix
    found = []
    for i in range(matrix.shape[0]):
        part = slice(matrix.indptr[i], matrix.indptr[i + 1])
        names, weights = matrix.indices[part].tolist(), matrix.data[part].tolist()
        found.append((names, weights, float(model.row_lower[i]), float(model.row_upper[i])))
    return found


def _end(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def integer_peers() -> Mapping[str, Solve]:
    """Those that are installed; HiGHS is."""
    peers: dict[str, Solve] = {"HiGHS, tangents": highs}
    if scip is not None:
        peers["SCIP, squares"] = scip_squares
    if pulp is not None:
        peers["PuLP, CBC, tangents"] = pulp_cbc
    return peers
