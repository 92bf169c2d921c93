"""Which rules cannot hold together, where a household has no feasible trades or cannot pay.

Rows of rules may stretch at a cost, physics may not; the rules that had to stretch are then thinned
to an irreducible set: take any one away and the rest can hold (deletion filter, Chinneck 1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from compiler.model import CompiledModel
from compiler.registry import PHYSICS
from solver.handover import Program, hand_over
from solver.quadratic import Work, linear_model, new_engine

STRETCHED = 1e-6


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


def unpaid_for(compiled: CompiledModel, nodes: int, work: Work) -> tuple[tuple[str, float], ...]:
    """Statement keys that keep payments due from being raised whole, as `conflicting` gives them;
    empty where there is too little to sell."""
    program = hand_over(compiled)
    upper = program.upper.copy()
    for cure in compiled.physics.cures:
        if cure.key == PHYSICS or compiled.statements[cure.key].directive.kind == "payment":
            upper[program.column(cure.excess)] = 0.0
    return conflicting(replace(program, upper=upper), nodes, work)


def _feasible(program: Program, relaxed: Sequence[str], nodes: int, work: Work) -> bool:
    """Whether trades exist once the rows of `relaxed` are gone."""
    keep = [i for i, owner in enumerate(program.owners) if owner not in set(relaxed)]
    engine = new_engine()
    engine.passModel(
        linear_model(
            np.zeros(program.cost.size),
            program.matrix[keep],
            program.row_lower[keep],
            program.row_upper[keep],
            program.lower,
            program.upper,
        )
    )
    return _optimum(engine, program, nodes, work) is not None


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


def _optimum(
    engine: Any, program: Program, nodes: int, work: Work
) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    for j in np.flatnonzero(program.integer):
        engine.changeColIntegrality(int(j), highspy.HighsVarType.kInteger)
    engine.setOptionValue("mip_max_nodes", nodes)
    engine.run()
    work.linear += 1
    info = engine.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.array(engine.getSolution().col_value)
