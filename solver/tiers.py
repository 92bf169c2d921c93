"""What may be broken, in its order: limits broken before the run, then soft statements by priority.

If everything can be kept, it is. Otherwise the violation of the first tier is minimised in dollars
of position, frozen, and the next tier follows (lexicographic goal programming; Ignizio 1976). The
objective comes last. No constant weighs a tier against another.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from compiler.model import CompiledModel
from compiler.registry import PHYSICS
from solver.active_risk import (
    calm_search,
    calmest,
    search_within_risk,
    with_decisions,
    with_excess,
    with_tangents,
)
from solver.answer import Answer
from solver.handover import Floats, Program
from solver.highs import linear_model, new_engine
from solver.ledger import bound_name
from solver.netting import read_netting
from solver.search import Budget
from solver.state import read_state
from solver.structure import Structure, read_structure
from solver.tree import Then, branched
from solver.work import Work

SLACK = 1e-6
FREEZE = 0.01  # bp of household value by which a cure may fall short of the best found
FREEZE_DOLLARS = 0.10  # and dollars by which a tier of soft statements may
LEAST_FREEZE = 1e-5  # bp: ten times the engine's own tolerance


@dataclass(frozen=True, slots=True)
class Tier:
    """Soft statements of one priority: `broken` is their violation in all, of which no more than
    `gap` could be spared (bp of household value)."""

    priority: int
    broken: float
    gap: float


@dataclass(frozen=True, slots=True)
class Tiered:
    """The search's outcome on the program it ran on; `excess` (bp) is what could not be cured, and
    `in_the_way` what would have to give for it to be less."""

    answer: Answer | None
    program: Program
    excess: float
    in_the_way: tuple[str, ...]
    tiers: tuple[Tier, ...]
    infeasible: bool


@dataclass(frozen=True, slots=True)
class Least:
    """A point with the least sum of some columns that was found, and a bound on that sum; the
    program has the tangents that it took."""

    program: Program
    point: Floats | None
    bound: float
    infeasible: bool


def solve_in_tiers(compiled: CompiledModel, program: Program, budget: Budget, work: Work) -> Tiered:
    """Everything kept and cured if that can be; else tier by tier as far as it can."""
    tiers = _columns_by_priority(compiled, program)
    cures = [cure.excess for cure in compiled.physics.cures]
    kept = _closed(program, [*cures, *(j for columns in tiers.values() for j in columns)])
    answer, solved = search_within_risk(compiled, kept, budget, work)
    if answer is not None:
        return Tiered(answer, solved, 0.0, (), (), False)
    still = standing_still(compiled, program, read_structure(compiled, program))
    found = _least(compiled, program, cures, budget, work, still)
    if found.point is None:
        return Tiered(None, program, 0.0, (), (), found.infeasible)
    point, excess = found.point, float(found.point[cures].sum())
    # What can be cured whole is cured to the last share; only the rest shares a tolerance.
    frozen = _closed(found.program, [j for j in cures if point[j] <= SLACK])
    frozen = _frozen(frozen, cures, excess + FREEZE, "cures")
    broken: list[Tier] = []
    for priority, columns in sorted(tiers.items()):
        tier = _least(compiled, frozen, columns, budget, work, point)
        frozen = tier.program
        point = point if tier.point is None else tier.point
        total = float(point[columns].sum())
        if total <= SLACK:
            frozen = _closed(frozen, columns)
            continue
        broken.append(Tier(priority, total, max(0.0, total - tier.bound)))
        frozen = _frozen(frozen, columns, total + _tolerance(compiled), f"priority[{priority}]")
    answer, frozen = search_within_risk(compiled, frozen, budget, work, point)
    if answer is not None:
        answer, frozen = _without_dust(compiled, answer, frozen, tiers, budget, work)
    barriers = _in_the_way(found.program, cures, work) if excess > SLACK else ()
    return Tiered(answer, frozen, excess, barriers, tuple(broken), False)


def _tolerance(compiled: CompiledModel) -> float:
    """What a frozen tier may give away to those below it, in bp."""
    return max(LEAST_FREEZE, min(FREEZE, FREEZE_DOLLARS / compiled.physics.unit))


def _columns_by_priority(compiled: CompiledModel, program: Program) -> dict[int, list[int]]:
    tiers: dict[int, list[int]] = {}
    for soft in compiled.physics.softs:
        tiers.setdefault(soft.priority, []).append(soft.excess)
    return tiers


def _closed(program: Program, columns: list[int]) -> Program:
    """The program without excess in these columns."""
    upper = program.upper.copy()
    upper[columns] = 0.0
    return replace(program, upper=upper)


def _without_dust(
    compiled: CompiledModel,
    answer: Answer,
    program: Program,
    tiers: dict[int, list[int]],
    budget: Budget,
    work: Work,
) -> tuple[Answer, Program]:
    """The answer without violations that only the tolerance of a frozen tier let in.

    The bound stays that of the wider program, so it holds for every choice among equals.
    """
    columns = [j for tier in tiers.values() for j in tier if program.upper[j] > 0.0]
    dust = [j for j in columns if 0.0 < answer.point.x[j] <= FREEZE]
    if not dust:
        return answer, program
    cleaned = _closed(program, dust)
    better, solved = with_decisions(compiled, cleaned, budget, work, answer.point.x)
    if better is None:
        better, solved = search_within_risk(compiled, cleaned, budget, work, answer.point.x)
    if better is None:
        return answer, program
    return replace(better, bound=answer.bound), solved


def _least(
    compiled: CompiledModel,
    program: Program,
    columns: list[int],
    budget: Budget,
    work: Work,
    start: Floats | None,
) -> Least:
    """The least sum of `columns` within the budget, from a feasible point if one is known.

    With limits on tracking error each round's point is a corner of their tangents; the least risk
    that its decisions allow gives a point inside, and the next tangent.
    """
    if not program.risks and np.count_nonzero(program.integer) <= budget.few:
        few = _least_of_few(program, columns, budget, work, start)
        if few is not None:
            return few
    found = least_by_rows(program, columns, budget, work, start)
    if not program.risks or found.point is None:
        return found
    best: Floats | None = None
    tried = [start, calm_search(compiled, program, columns, budget, work)]
    for _ in range(budget.risk_rounds):
        assert found.point is not None
        tried += [found.point, calmest(compiled, program, found.point, work)]
        for point in (each for each in tried if each is not None):
            allowed = with_excess(program, point)
            if allowed is not None and (
                best is None or _sum(allowed, columns) < _sum(best, columns)
            ):
                best = allowed
            program = with_tangents(program, point)
        tried = []
        if best is not None and _sum(best, columns) <= found.bound + LEAST_FREEZE:
            break
        found = least_by_rows(program, columns, budget, work, best)
        if found.point is None:
            break
    return Least(program, best, found.bound, best is None and found.infeasible)


def _sum(x: Floats, columns: list[int]) -> float:
    return float(x[columns].sum())


def least_by_rows(
    program: Program, columns: list[int], budget: Budget, work: Work, start: Floats | None
) -> Least:
    """The same by the program's rows alone."""
    engine = _engine_for(program, columns)
    for j in np.flatnonzero(program.integer):
        engine.changeColIntegrality(int(j), highspy.HighsVarType.kInteger)
    engine.setOptionValue("mip_max_nodes", budget.nodes)
    engine.setOptionValue("mip_abs_gap", LEAST_FREEZE)
    if start is not None:
        engine.setSolution(program.cost.size, np.arange(program.cost.size, dtype=np.int32), start)
    started = time.perf_counter()
    engine.run()
    work.seconds += time.perf_counter() - started
    info = engine.getInfo()
    work.nodes += max(0, int(info.mip_node_count))
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        point = np.array(engine.getSolution().col_value)
        bound = float(info.mip_dual_bound) if program.integer.any() else _sum(point, columns)
        return Least(program, point, max(bound, 0.0), False)
    infeasible = engine.getModelStatus() == highspy.HighsModelStatus.kInfeasible
    return Least(program, None, 0.0, infeasible)


def _engine_for(program: Program, columns: list[int]) -> Any:
    """The program's rows, and the sum of `columns` for its cost."""
    engine = new_engine()
    cost = np.zeros(program.cost.size)
    cost[columns] = 1.0
    bounds = (program.row_lower, program.row_upper, program.lower, program.upper)
    engine.passModel(linear_model(cost, program.matrix, *bounds))
    return engine


def _least_of_few(
    program: Program, columns: list[int], budget: Budget, work: Work, start: Floats | None
) -> Least | None:
    """The same over few binaries; None where the budget does not settle it."""
    point = start

    def look(values: Floats, cost: float, whole: bool) -> Then:
        nonlocal point
        if point is not None and cost >= _sum(point, columns) - LEAST_FREEZE:
            return Then.ENOUGH
        if not whole:
            return Then.BRANCH
        point = values
        return Then.ENOUGH

    engine = _engine_for(program, columns)
    binaries = np.flatnonzero(program.integer).tolist()
    bound = branched(engine, binaries, look, budget.programs, work)
    if point is None:
        return Least(program, None, 0.0, True) if bound == np.inf else None
    least = _sum(point, columns)
    bound = max(min(bound, least), 0.0)
    return Least(program, point, bound, False) if least - bound <= 2 * LEAST_FREEZE else None


def _in_the_way(program: Program, columns: list[int], work: Work) -> tuple[str, ...]:
    """Statements and, after them, bounds whose rows have a price where the sum of `columns` is
    least, every decision left open: without that price none of them is named."""
    engine = _engine_for(program, columns)
    started = time.perf_counter()
    engine.run()
    work.seconds += time.perf_counter() - started
    work.linear += 1
    priced = np.flatnonzero(np.abs(np.array(engine.getSolution().row_dual)) > SLACK)
    rows = sorted(priced.tolist(), key=lambda i: (program.owners[i] == PHYSICS, i))
    defined = ("physics.activity", "physics.factor", "physics.through", "physics.residual", "tax[")
    names = (
        bound_name(program.row_names[i]) if program.owners[i] == PHYSICS else program.owners[i]
        for i in rows
        if not program.row_names[i].startswith(defined)
    )
    return tuple(dict.fromkeys(names))


def standing_still(
    compiled: CompiledModel, program: Program, structure: Structure
) -> Floats | None:
    """The program's columns when nothing is traded, or None where that breaks a row."""
    netting = read_netting(program, structure)
    for region in product(*structure.regions):
        if not netting.may_hold_untraded(region, 2 * SLACK):
            continue
        x = np.zeros(program.cost.size)
        for cure in compiled.physics.cures:
            x[cure.excess] = program.upper[cure.excess]
        for soft in compiled.physics.softs:
            x[soft.excess] = soft.still
        x[[one.chosen for one in region]] = 1.0
        x = read_state(program, structure, region).complete(x)
        values = program.matrix @ x
        if np.all(values >= program.row_lower - SLACK) and np.all(
            values <= program.row_upper + SLACK
        ):
            return x
    return None


def _frozen(program: Program, columns: list[int], upper: float, name: str) -> Program:
    """The program with one more row: the sum of `columns`, none of them negative, is at most
    `upper`; and so is each of them, which counting rows see one by one."""
    highest = program.upper.copy()
    highest[columns] = np.minimum(highest[columns], upper)
    row = sp.csr_matrix(
        (np.ones(len(columns)), (np.zeros(len(columns), dtype=int), columns)),
        (1, program.cost.size),
    )
    return replace(
        program,
        upper=highest,
        matrix=sp.csr_matrix(sp.vstack([program.matrix, row])),
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, upper),
        owners=(*program.owners, PHYSICS),
        row_names=program.row_names.and_more(name),
        spare=np.append(program.spare, np.nan),
    )
