"""Convex quadratic programs by solvers that a user might pick instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import clarabel
import numpy as np
import scipy.sparse as sp

from bench.installed import Needs, installed, with_packages
from solver.handover import Floats, Program
from solver.interior import Convex, StalledError, by_hipo
from solver.quadratic import solve_quadratic
from solver.reduce import Reduced
from solver.work import Work

cp: Any = installed("cvxpy")

Solve = Callable[[Program, float], Floats | None]


def hipo(program: Program, accuracy: float) -> Floats | None:
    """HiGHS's interior point method, the program as it stands."""
    rows = program.row_lower, program.row_upper
    convex = Convex(
        program.cost, program.square, program.matrix, *rows, program.lower, program.upper
    )
    _, found = by_hipo(convex, Work(), accuracy)
    return None if found is None else found.x


def optimum(reduced: Reduced) -> Floats | None:
    """Our own optimum; None where no engine has one."""
    try:
        point = solve_quadratic(reduced, Work())
    except StalledError:
        return None
    return None if point is None else point.x


def cvxpy_clarabel(program: Program, accuracy: float) -> Floats | None:
    """cvxpy's modelling in whole vectors, its translation included, solved by Clarabel."""
    x = cp.Variable(program.cost.size)
    squared = np.flatnonzero(program.square > 0)
    roots = np.sqrt(program.square[squared])
    cost = program.cost @ x + cp.sum_squares(cp.multiply(roots, x[squared]))
    equal, above, below = _sides(program)
    constraints = [matrix @ x <= ends for matrix, ends in (above, below) if ends.size]
    constraints += [equal[0] @ x == equal[1]] if equal[1].size else []
    problem = cp.Problem(cp.Minimize(cost), constraints)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=accuracy, tol_gap_rel=accuracy, tol_feas=accuracy)
    return None if x.value is None else np.asarray(x.value)


def clarabel_alone(program: Program, accuracy: float) -> Floats | None:
    """Clarabel given arrays, one thread."""
    equal, above, below = _sides(program)
    matrix = sp.csc_matrix(sp.vstack([equal[0], above[0], below[0]]))
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = accuracy
    count = above[1].size + below[1].size
    cones = [clarabel.ZeroConeT(equal[1].size), clarabel.NonnegativeConeT(count)]
    curvature = sp.csc_matrix(sp.diags(2.0 * program.square))
    ends = np.concatenate([equal[1], above[1], below[1]])
    solver = clarabel.DefaultSolver(curvature, program.cost, matrix, ends, cones, settings)
    solution = solver.solve()
    return np.array(solution.x) if "Solved" in str(solution.status) else None


Side = tuple[sp.csr_matrix, Floats]


def _sides(program: Program) -> tuple[Side, Side, Side]:
    """Rows and bounds as M x = e, M x <= e of upper ends, M x <= e of lower ends."""
    one = sp.identity(program.cost.size, format="csr")
    matrix = sp.csr_matrix(sp.vstack([program.matrix, one]))
    low = np.concatenate([program.row_lower, program.lower])
    high = np.concatenate([program.row_upper, program.upper])
    equal = low == high
    up, down = np.isfinite(high) & ~equal, np.isfinite(low) & ~equal
    return (matrix[equal], low[equal]), (matrix[up], high[up]), (-matrix[down], -low[down])


def convex_peers() -> Mapping[str, Solve]:
    """Those that are installed; HiGHS and Clarabel are."""
    peers: dict[str, tuple[Solve, Needs]] = {
        "HiPO alone": (hipo, ()),
        "Clarabel alone": (clarabel_alone, ()),
        "cvxpy, Clarabel": (cvxpy_clarabel, (cp,)),
    }
    return with_packages(peers)
