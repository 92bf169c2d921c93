"""A compiled household to a checked-for-optimality answer in shares."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from compiler.model import PHYSICS, CompiledModel
from solver.handover import Floats, Program, hand_over
from solver.ledger import Ledger, Linear, read_ledger, read_linear, with_settled_trades
from solver.modes import Structure, read_structure
from solver.quadratic import Work, linear_model, new_engine
from solver.rounding import RoundedOrder, round_trades
from solver.search import Answer, Budget, search
from solver.state import State, read_state

SLACK = 1e-6
FREEZE = 0.01  # bp of household value by which a cure may fall short of the best found


@dataclass(frozen=True, slots=True)
class Solution:
    """Trades in shares, what they cost, and what is proven.

    Amounts are bp of household value. `objective` is the true objective of the rounded trades,
    `bound` a lower bound on that of any trades, `still_broken` the excesses over limits that were
    broken before and could not be cured whole. `x` are the program's columns at the rounded
    trades, `answer` the solve before rounding, to which `ledger` belongs.
    """

    program: Program
    structure: Structure
    state: State
    answer: Answer
    ledger: Ledger
    orders: tuple[RoundedOrder, ...]
    x: Floats
    objective: float
    bound: float
    still_broken: float
    terms: Mapping[str, Linear]
    work: Work
    seconds: Mapping[str, float]

    @property
    def gap(self) -> float:
        """Proven gap in bp of household value, never below zero."""
        return max(0.0, self.objective - self.bound)


@dataclass(frozen=True, slots=True)
class NoSolution:
    """`infeasible` where it is proven that nothing satisfies the program; else the budget ended."""

    program: Program
    infeasible: bool
    work: Work


def solve(compiled: CompiledModel, budget: Budget | None = None) -> Solution | NoSolution:
    """Search, round and explain one household; deterministic in its inputs."""
    budget = budget or Budget()
    work = Work()
    started = time.perf_counter()
    program = hand_over(compiled)
    handed = time.perf_counter()
    structure = read_structure(compiled, program)
    tiered = _in_tiers(compiled, program, structure, budget, work)
    answer, program = tiered.answer, tiered.program
    if answer is None:
        return NoSolution(program, tiered.infeasible, work)
    structure = structure.fitted(program)
    state = read_state(program, structure, answer.region)
    solved = time.perf_counter()
    orders, x = round_trades(compiled, program, structure, state, answer, budget.moves)
    point = with_settled_trades(program, state, answer.reduced, answer.point)
    answer = replace(answer, point=point)
    ledger = read_ledger(compiled, program, state, point)
    seconds = {
        "hand-over": handed - started,
        "solve": solved - handed,
        "round": time.perf_counter() - solved,
        "solver": work.seconds,
    }
    return Solution(
        program=program,
        structure=structure,
        state=state,
        answer=answer,
        ledger=ledger,
        orders=tuple(orders),
        x=x,
        objective=program.objective(x),
        bound=answer.bound,
        still_broken=tiered.excess,
        terms={name: read_linear(program, term) for name, term in _terms(compiled).items()},
        work=work,
        seconds=seconds,
    )


def _terms(compiled: CompiledModel) -> dict[str, Any]:
    """The linear parts of the objective by name, each preference under its statement's."""
    priced = {f"prefer: {key}": term for key, term in compiled.physics.preferences.items()}
    return {**compiled.terms, **priced}


@dataclass(frozen=True, slots=True)
class _Tiered:
    """The search's outcome on the program it ran on; `excess` (bp) is what could not be cured."""

    answer: Answer | None
    program: Program
    excess: float
    infeasible: bool


def _in_tiers(
    compiled: CompiledModel, program: Program, structure: Structure, budget: Budget, work: Work
) -> _Tiered:
    """Limits broken before the run come first: cured whole if possible, else as far as possible."""
    excesses = [program.column(cure.excess) for cure in compiled.physics.cures]
    upper = program.upper.copy()
    upper[excesses] = 0.0
    cured = replace(program, upper=upper)
    answer = search(cured, structure, budget, work)
    if answer is not None:
        return _Tiered(answer, cured, 0.0, False)
    found, infeasible = _least_excess(compiled, program, structure, budget, work)
    if found is None:
        return _Tiered(None, program, 0.0, infeasible)
    least = float(found[excesses].sum())
    upper = program.upper.copy()
    # What can be cured whole is cured to the last share; only the rest shares a tolerance.
    upper[[j for j in excesses if found[j] <= SLACK]] = 0.0
    frozen = _with_row(replace(program, upper=upper), excesses, least + FREEZE)
    answer = search(frozen, structure.fitted(frozen), budget, work, found)
    return _Tiered(answer, frozen, least, False)


def _least_excess(
    compiled: CompiledModel, program: Program, structure: Structure, budget: Budget, work: Work
) -> tuple[Floats | None, bool]:
    """The point of smallest total excess found within the node budget, and whether there is
    provably none.

    Trading nothing is where the search starts, if nothing forbids that.
    """
    engine = new_engine()
    cost = np.zeros(program.cost.size)
    cost[[program.column(cure.excess) for cure in compiled.physics.cures]] = 1.0
    bounds = (program.row_lower, program.row_upper, program.lower, program.upper)
    engine.passModel(linear_model(cost, program.matrix, *bounds))
    for j in np.flatnonzero(program.integer):
        engine.changeColIntegrality(int(j), highspy.HighsVarType.kInteger)
    engine.setOptionValue("mip_max_nodes", budget.nodes)
    engine.setOptionValue("mip_abs_gap", FREEZE / 2)
    still = _standing_still(compiled, program, structure)
    if still is not None:
        engine.setSolution(program.cost.size, np.arange(program.cost.size, dtype=np.int32), still)
    started = time.perf_counter()
    engine.run()
    work.seconds += time.perf_counter() - started
    info = engine.getInfo()
    work.nodes += max(0, int(info.mip_node_count))
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        return np.array(engine.getSolution().col_value), False
    return None, engine.getModelStatus() == highspy.HighsModelStatus.kInfeasible


def _standing_still(
    compiled: CompiledModel, program: Program, structure: Structure
) -> Floats | None:
    """The program's columns when nothing is traded, or None where that breaks a row."""
    for region in product(*structure.regions):
        x = np.zeros(program.cost.size)
        for cure in compiled.physics.cures:
            x[program.column(cure.excess)] = program.upper[program.column(cure.excess)]
        x[[one.chosen for one in region]] = 1.0
        x = read_state(program, structure, region).complete(x)
        values = program.matrix @ x
        if np.all(values >= program.row_lower - SLACK) and np.all(
            values <= program.row_upper + SLACK
        ):
            return x
    return None


def _with_row(program: Program, columns: list[int], upper: float) -> Program:
    """The program with one more row: the sum of `columns` is at most `upper`."""
    row = sp.csr_matrix(
        (np.ones(len(columns)), (np.zeros(len(columns), dtype=int), columns)),
        (1, program.cost.size),
    )
    return replace(
        program,
        matrix=sp.csr_matrix(sp.vstack([program.matrix, row])),
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, upper),
        owners=(*program.owners, PHYSICS),
        row_names=(*program.row_names, "cures"),
    )
