"""Which rules cannot hold together, where a household has no feasible trades or cannot pay.

Rows of rules may stretch at a cost, physics may not; the rules that had to stretch are then thinned
to an irreducible set: take any one away and the rest can hold (deletion filter, Chinneck 1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from compiler.model import CompiledModel
from compiler.registry import PHYSICS
from solver.active_risk import (
    KEPT,
    calmest,
    overshoot,
    search_within_risk,
    with_excess,
    with_tangents,
)
from solver.handover import Floats, Program, hand_over
from solver.highs import linear_model, new_engine
from solver.modes import Mode, leaning
from solver.quadratic import solved
from solver.reduce import reduce
from solver.search import Budget
from solver.structure import NO_COLUMN, read_structure
from solver.tiers import Least, least_by_rows, standing_still
from solver.work import Work

STRETCHED = 1e-6
ROOM = 1e-4  # bp of household value: what the engine's tolerances may come to
OPEN_ROUNDS, ROUNDS = 60, 8  # of tangents: decisions open, and made, before a search is asked
RESERVES = 10  # room that limits keep for rounding, and that no rule is to be blamed for


def conflicting(program: Program, nodes: int, work: Work) -> tuple[tuple[str, float], ...]:
    """Statement keys that conflict with each other or with the physics, each with the bp of
    household value by which its rows had to stretch; empty where physics alone has no solution."""
    rules = list(dict.fromkeys(owner for owner in program.owners if owner != PHYSICS))
    stretch = _stretch(program, rules, nodes, work)
    if stretch is None:
        return ()
    involved = [rule for rule in rules if stretch.get(rule, 0.0) > STRETCHED]
    suspects = list(rules)
    for rule in reversed(rules):
        if rule in involved and len(involved) == 1:
            continue
        rest = [each for each in suspects if each != rule]
        relaxed = [each for each in rules if each not in rest]
        if not _feasible(program, relaxed, nodes, work):
            suspects = rest
    return tuple((rule, stretch.get(rule, 0.0)) for rule in suspects)


@dataclass(frozen=True, slots=True)
class InTheWay:
    """What keeps payments that are due from being raised: statement keys as `conflicting` gives
    them, and the bp of household value that would be missing without any of the rules."""

    rules: tuple[tuple[str, float], ...]
    rest: float


def in_the_way_of_payments(compiled: CompiledModel, nodes: int, work: Work) -> InTheWay:
    """Rules that keep payments from being raised as far as there is anything to sell: a set of
    which none can be spared, and every other one that would have to give way. Limits that are
    broken today may stay so."""
    program = hand_over(compiled)
    payments = {PHYSICS}
    payments |= {k for k, s in compiled.statements.items() if s.directive.kind == "payment"}
    columns = [cure.excess for cure in compiled.physics.cures if cure.key in payments]
    cost = np.zeros(program.cost.size)
    cost[columns] = 1.0
    rules = [owner for owner in program.owners if owner not in payments]
    least = _without(program, rules, cost, nodes, work)
    if least is None:
        return InTheWay((), 0.0)
    # Who sells all there is leaves no limit its room for rounding.
    spared = np.where(least[columns] > ROOM, RESERVES * compiled.physics.reserve, 0.0)
    upper = program.upper.copy()
    upper[columns] = np.minimum(upper[columns], least[columns] + spared + ROOM)
    wanted = replace(program, upper=upper)
    rest = float(least[columns].sum())
    if _feasible(wanted, (), nodes, work):
        return InTheWay((), rest)
    found = dict(conflicting(wanted, nodes, work))
    owners = list(dict.fromkeys(rules))
    stretch = _stretch(wanted, owners, nodes, work) or {}
    dust = ROOM + RESERVES * compiled.physics.reserve
    found |= {key: bp for key, bp in stretch.items() if bp > dust}
    return InTheWay(tuple((key, found[key]) for key in owners if key in found), rest)


@dataclass(frozen=True, slots=True)
class Undone:
    """What rules ask of today and cannot have, all of it together (bp of household value).

    No trades leave less than `least` of it, infinite where none keep what may not get worse;
    `found` is what is left by the best that were found, infinite where none were.
    """

    least: float
    found: float


def left_undone(compiled: CompiledModel, budget: Budget, work: Work) -> Undone:
    """The least of what rules and payments ask today that has to be left undone. Soft statements
    stand in nobody's way."""
    program = hand_over(compiled)
    columns = [cure.excess for cure in compiled.physics.cures]
    still = standing_still(compiled, program, read_structure(compiled, program))
    if not columns:
        if still is not None:
            return Undone(0.0, 0.0)
        answer, _ = search_within_risk(compiled, program, budget, work)
        return Undone(0.0, np.inf if answer is None else 0.0)
    return _undone(compiled, program, columns, still, budget, work)


def _undone(
    compiled: CompiledModel,
    program: Program,
    columns: list[int],
    start: Floats | None,
    budget: Budget,
    work: Work,
) -> Undone:
    """Round by round: what rows and tangents so far leave is too little, and a point that keeps
    the limits on tracking error leaves enough; as soon as one of them says which, that will do.
    Decisions are left open until that says nothing any more."""
    if program.risks:
        program, bound, calm = _without_decisions(program, columns, budget, work)
        if bound > ROOM:
            return Undone(bound, np.inf)
        if calm is not None and _with_decisions_near(compiled, program, calm, work):
            return Undone(0.0, 0.0)
    found = np.inf
    best = Least(program, None, 0.0, False)
    for _ in range(ROUNDS if program.risks else 1):
        best = least_by_rows(program, columns, budget, work, start)
        if best.point is None:
            return Undone(np.inf if best.infeasible else best.bound, np.inf)
        points = [best.point]
        if program.risks:
            calm = calmest(compiled, program, best.point, work)
            points += [] if calm is None else [calm]
        for point in points:
            allowed = with_excess(program, point)
            if allowed is not None:
                found = min(found, max(0.0, float(allowed[columns].sum())))
        if found <= ROOM or best.bound > ROOM:
            return Undone(best.bound, max(found, best.bound))
        for point in points:
            program = with_tangents(program, point)
        start = None
    upper = program.upper.copy()
    upper[columns] = 0.0
    answer, _ = search_within_risk(compiled, replace(program, upper=upper), budget, work)
    return Undone(best.bound, found if answer is None else 0.0)


def _without_decisions(
    program: Program, columns: list[int], budget: Budget, work: Work
) -> tuple[Program, float, Floats | None]:
    """The program with the tangents that it takes to see whether anything has to be left undone
    while no decision is made, what then has to be (bp), and a point at which nothing is."""
    kept = dict.fromkeys(columns, 0.0)
    for _ in range(OPEN_ROUNDS):
        free = replace(program, integer=np.zeros(program.integer.size, dtype=bool))
        best = least_by_rows(free, columns, budget, work, None)
        if best.point is None:
            return program, np.inf if best.infeasible else 0.0, None
        if best.bound > ROOM:
            return program, best.bound, None
        calm = solved(reduce(replace(free, cost=np.zeros(free.cost.size)), kept), work)
        points = [best.point] if calm is None else [calm.x, best.point]
        for point in points:
            if overshoot(program, point) <= KEPT:
                return program, 0.0, point
        for point in points:
            program = with_tangents(program, point)
    return program, 0.0, None


def _with_decisions_near(
    compiled: CompiledModel, program: Program, point: Floats, work: Work
) -> bool:
    """Whether the decisions that a point without any comes nearest to leave nothing undone."""
    structure = read_structure(compiled, program)
    made = point.copy()
    for position, mode in zip(structure.positions, leaning(structure, point), strict=True):
        sells, buys = mode in (Mode.SELL, Mode.CLOSE), mode is Mode.BUY
        for column, on in (
            (position.sold, sells),
            (position.closed, mode is Mode.CLOSE),
            (position.bought, buys),
        ):
            if column != NO_COLUMN:
                made[column] = float(on)
    made[[cure.excess for cure in compiled.physics.cures]] = 0.0
    calm = calmest(compiled, program, made, work)
    return calm is not None and overshoot(program, calm) <= KEPT


def _feasible(program: Program, relaxed: Sequence[str], nodes: int, work: Work) -> bool:
    """Whether trades exist once the rows of `relaxed` are gone."""
    cost = np.zeros(program.cost.size)
    return _without(program, relaxed, cost, nodes, work) is not None


def _without(
    program: Program, relaxed: Sequence[str], cost: Floats, nodes: int, work: Work
) -> Floats | None:
    """The cheapest trades once the rows of `relaxed` are gone, or None where there are none."""
    gone = set(relaxed)
    keep = [i for i, owner in enumerate(program.owners) if owner not in gone]
    engine = new_engine()
    engine.passModel(
        linear_model(
            cost,
            program.matrix[keep],
            program.row_lower[keep],
            program.row_upper[keep],
            program.lower,
            program.upper,
        )
    )
    return _optimum(engine, program, nodes, work)


def _stretch(
    program: Program, rules: Sequence[str], nodes: int, work: Work
) -> dict[str, float] | None:
    """The least total stretch of rule rows, by rule; None where the physics has no solution."""
    rows = np.array([i for i, owner in enumerate(program.owners) if owner in set(rules)], dtype=int)
    if not rows.size:
        return None
    count = program.matrix.shape[0]
    column = np.arange(rows.size)
    up = sp.csr_matrix((np.ones(rows.size), (rows, column)), (count, rows.size))
    n = program.cost.size
    matrix = sp.csr_matrix(sp.hstack([program.matrix, up, -up]))
    engine = new_engine()
    engine.passModel(
        linear_model(
            np.concatenate([np.zeros(n), np.ones(2 * rows.size)]),
            matrix,
            program.row_lower,
            program.row_upper,
            np.concatenate([program.lower, np.zeros(2 * rows.size)]),
            np.concatenate([program.upper, np.full(2 * rows.size, np.inf)]),
        )
    )
    values = _optimum(engine, program, nodes, work)
    if values is None:
        return None
    slack = values[n : n + rows.size] + values[n + rows.size :]
    stretch: dict[str, float] = {}
    for row, amount in zip(rows, slack, strict=True):
        stretch[program.owners[row]] = stretch.get(program.owners[row], 0.0) + float(amount)
    return stretch


def _optimum(engine: Any, program: Program, nodes: int, work: Work) -> Floats | None:
    for j in np.flatnonzero(program.integer):
        engine.changeColIntegrality(int(j), highspy.HighsVarType.kInteger)
    engine.setOptionValue("mip_max_nodes", nodes)
    engine.run()
    work.linear += 1
    info = engine.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.array(engine.getSolution().col_value)
