"""A compiled household to a checked-for-optimality answer in shares."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import highspy
import numpy as np
import scipy.sparse as sp

from compiler.model import PHYSICS, CompiledModel
from solver.handover import Floats, Program, hand_over
from solver.ledger import Ledger, Linear, read_ledger, read_linear
from solver.modes import Structure, read_structure
from solver.quadratic import Work, linear_model, new_engine
from solver.rounding import RoundedOrder, round_trades
from solver.search import Answer, Budget, search
from solver.state import State, read_state

FREEZE = 1e-4  # bp of household value by which a cure may fall short of the best found


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
    excesses = [program.column(cure.excess) for cure in compiled.physics.cures]
    answer, program, still_broken = _in_tiers(program, structure, excesses, budget, work)
    if answer is None:
        return NoSolution(program, still_broken is None, work)
    structure = structure.fitted(program)
    state = read_state(program, structure, answer.region)
    solved = time.perf_counter()
    orders, x = round_trades(compiled, program, structure, state, answer, budget.moves)
    ledger = read_ledger(compiled, program, state, answer.point)
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
        still_broken=still_broken or 0.0,
        terms={name: read_linear(program, term) for name, term in compiled.terms.items()},
        work=work,
        seconds=seconds,
    )


def _in_tiers(
    program: Program, structure: Structure, excesses: list[int], budget: Budget, work: Work
) -> tuple[Answer | None, Program, float | None]:
    """Limits broken before the run come first: cured whole if that can be, else as far as it can.

    The third value is the excess left (bp), None where not even that is possible.
    """
    if not excesses:
        answer = search(program, structure, budget, work)
        return answer, program, None if answer is None else 0.0
    upper = program.upper.copy()
    upper[excesses] = 0.0
    cured = replace(program, upper=upper)
    answer = search(cured, structure, budget, work)
    if answer is not None:
        return answer, cured, 0.0
    least = _least_excess(program, excesses, budget, work)
    if least is None:
        return None, program, None
    frozen = _with_row(program, excesses, least + FREEZE)
    return search(frozen, structure.fitted(frozen), budget, work), frozen, least


def _least_excess(
    program: Program, excesses: list[int], budget: Budget, work: Work
) -> float | None:
    """The smallest total excess found within the node budget; None where nothing is feasible."""
    engine = new_engine()
    cost = np.zeros(program.cost.size)
    cost[excesses] = 1.0
    engine.passModel(
        linear_model(
            cost,
            program.matrix,
            program.row_lower,
            program.row_upper,
            program.lower,
            program.upper,
        )
    )
    for j in np.flatnonzero(program.integer):
        engine.changeColIntegrality(int(j), highspy.HighsVarType.kInteger)
    engine.setOptionValue("mip_max_nodes", budget.nodes)
    engine.setOptionValue("mip_abs_gap", FREEZE / 2)
    started = time.perf_counter()
    engine.run()
    work.seconds += time.perf_counter() - started
    info = engine.getInfo()
    work.nodes += max(0, int(info.mip_node_count))
    found = float(info.objective_function_value)
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return found if feasible else None


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
