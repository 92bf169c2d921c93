"""Limits on tracking error, kept by tangents: rows that cut away nothing that is allowed.

A search on the rows so far gives trades and a bound, which holds since every row is valid. Where
the trades stray too far, a tangent at them is added and the program solved again, decisions fixed,
until the limit is kept; then the search sees all rows at once. All of it is counted.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import scipy.sparse as sp

from compiler.active_risk import tangent_at
from compiler.model import CompiledModel
from solver.answer import Answer, answer_at, region_fixings
from solver.handover import Floats, Program
from solver.modes import decisions_at, fixings
from solver.quadratic import Point, solved
from solver.reduce import reduce
from solver.search import Budget, search
from solver.structure import Structure, read_structure
from solver.work import Work

KEPT = 1e-6  # bp of household value: what a program without room for rounding may overshoot
FITS = 1e-6  # bp by which a row may be off in a point of the engine
CALMER = (16.0, 256.0)
"""Times the risk counts in the search for decisions that can keep a limit."""
PART = 0.2  # of the room for rounding that tangents may use


def overshoot(program: Program, x: Floats) -> float:
    """The most by which a limit on tracking error is exceeded at x (bp)."""
    return max((limit.over(x) for limit in program.risks), default=0.0)


def allowance(compiled: CompiledModel) -> float:
    """What counts as kept before rounding (bp)."""
    return max(KEPT, PART * compiled.physics.reserve)


def with_tangents(program: Program, x: Floats, allowed: float = 0.0) -> Program:
    """The program with a tangent at x for each limit that x exceeds by more than `allowed`."""
    found = [limit for limit in program.risks if limit.over(x) > allowed]
    if not found:
        return program
    rows = []
    for limit in found:
        row = np.zeros(program.cost.size)
        row[limit.active] = tangent_at(limit.spread, x[limit.active])
        if limit.excess is not None:
            row[limit.excess] = -1.0
        rows.append(row)
    return replace(
        program,
        matrix=sp.csr_matrix(sp.vstack([program.matrix, sp.csr_matrix(np.array(rows))])),
        row_lower=np.append(program.row_lower, np.full(len(found), -np.inf)),
        row_upper=np.append(program.row_upper, [limit.ceiling for limit in found]),
        owners=(*program.owners, *(limit.key for limit in found)),
        row_names=program.row_names.and_more(*(limit.row for limit in found)),
        spare=np.append(program.spare, [limit.spare for limit in found]),
    )


def search_within_risk(
    compiled: CompiledModel,
    program: Program,
    budget: Budget,
    work: Work,
    start: Floats | None = None,
) -> tuple[Answer | None, Program]:
    """The best trades found that keep every limit on tracking error, and the program they solve.

    The bound is that of programs that allow more, so it holds.
    """
    structure = read_structure(compiled, program)
    if not program.risks:
        return search(program, structure, budget, work, start), program
    allowed = allowance(compiled)
    program = _relaxed(program, structure, budget, work, allowed)
    best: Answer | None = None
    solved = program
    bound = -np.inf
    structure = read_structure(compiled, program)
    given = None if start is None else answer_at(program, structure, start, work)
    for number in range(budget.risk_searches):
        answer = search(program, read_structure(compiled, program), budget, work, start)
        if answer is None:
            break
        bound = max(bound, answer.bound)
        searched = program
        kept, program = _kept(compiled, program, answer, budget, work)
        if kept is None and number == 0:
            if given is not None:
                kept, program = _kept(compiled, program, given, budget, work)
            if kept is None:
                kept, program = _calmer(compiled, program, budget, work)
        if kept is not None and (best is None or kept.point.objective < best.point.objective):
            best, solved = kept, program
        if best is not None and best.point.objective - bound <= budget.goal:
            break
        if program is searched:
            break
        start = None if best is None else best.point.x
    return (None, program) if best is None else (replace(best, bound=bound), solved)


def with_decisions(
    compiled: CompiledModel, program: Program, budget: Budget, work: Work, start: Floats
) -> tuple[Answer | None, Program]:
    """The best quantities for the decisions of a point that keep every limit on tracking error;
    nothing is proven of them."""
    given = answer_at(program, read_structure(compiled, program), start, work)
    return (None, program) if given is None else _kept(compiled, program, given, budget, work)


def _calmer(
    compiled: CompiledModel, program: Program, budget: Budget, work: Work
) -> tuple[Answer | None, Program]:
    """Decisions of a household that minds its risk more and more, until they can keep the limits;
    quantities are those of the true objective."""
    for times in CALMER:
        wary = replace(program, square=program.square * times)
        answer = search(wary, read_structure(compiled, wary), budget, work)
        if answer is None:
            return None, program
        kept, program = _kept(compiled, program, answer, budget, work)
        if kept is not None:
            return kept, program
    return None, program


def _relaxed(
    program: Program, structure: Structure, budget: Budget, work: Work, allowed: float
) -> Program:
    """Tangents where the program without decisions strays, in the first tax region that has one."""
    for chosen in product(*structure.regions):
        fixed = region_fixings(structure, chosen)
        rows = structure.mode_rows
        point: Point | None = None
        for _ in range(budget.tangents):
            dropped = np.append(rows, np.zeros(program.matrix.shape[0] - rows.size, dtype=bool))
            point = solved(reduce(program, fixed, dropped), work)
            if point is None or overshoot(program, point.x) <= allowed:
                break
            program = with_tangents(program, point.x, allowed)
        if point is not None:
            break
    return program


def _kept(
    compiled: CompiledModel, program: Program, answer: Answer, budget: Budget, work: Work
) -> tuple[Answer | None, Program]:
    """The answer's decisions with quantities that keep the limits, and the tangents it took."""
    allowed = allowance(compiled)
    structure = read_structure(compiled, program)
    fixed = region_fixings(structure, answer.region) | fixings(structure, answer.decisions)
    if overshoot(program, answer.point.x) <= allowed and answer.reduced.program is program:
        return answer, program
    program = with_tangents(program, answer.point.x, allowed)
    for _ in range(budget.tangents):
        reduced = reduce(program, fixed)
        point = solved(reduced, work)
        if point is None:
            return None, program
        if overshoot(program, point.x) <= allowed:
            return replace(answer, point=point, reduced=reduced), program
        program = with_tangents(program, point.x, allowed)
    return None, program


def with_excess(program: Program, x: Floats) -> Floats | None:
    """x with every excess as large as its tracking error needs; None where that is not allowed."""
    whole = x.copy()
    for limit in program.risks:
        over = limit.over(whole)
        if over > 0.0 and limit.excess is not None:
            whole[limit.excess] += over
    rows = program.matrix @ whole
    fits = (
        overshoot(program, whole) <= KEPT
        and np.all(whole <= program.upper + FITS)
        and np.all(rows >= program.row_lower - FITS)
        and np.all(rows <= program.row_upper + FITS)
    )
    return whole if fits else None


def calm_search(
    compiled: CompiledModel, program: Program, columns: list[int], budget: Budget, work: Work
) -> Floats | None:
    """A point of little tracking risk, all accounts together, and little in `columns`."""
    cost = np.zeros(program.cost.size)
    cost[columns] = 1.0
    cost[[limit.excess for limit in program.risks if limit.excess is not None]] = 0.0
    calm = replace(program, cost=cost, square=program.square * CALMER[-1])
    answer = search(calm, read_structure(compiled, calm), budget, work)
    return None if answer is None else answer.point.x


def calmest(compiled: CompiledModel, program: Program, x: Floats, work: Work) -> Floats | None:
    """Least tracking risk, all accounts together, with the decisions and excesses of x."""
    structure = read_structure(compiled, program)
    chosen = tuple(max(each, key=lambda r: x[r.chosen]) for each in structure.regions)
    fixed = region_fixings(structure, chosen) | fixings(structure, decisions_at(structure, x))
    excesses = [cure.excess for cure in compiled.physics.cures]
    for excess in (*excesses, *(soft.excess for soft in compiled.physics.softs)):
        column = excess
        fixed[column] = max(float(x[column]), 0.0)
    free = replace(program, cost=np.zeros(program.cost.size))
    point = solved(reduce(free, fixed), work)
    return None if point is None else point.x
