"""A compiled household to a checked-for-optimality answer in shares."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from compiler.model import CompiledModel
from solver.active_risk import with_decisions
from solver.answer import Answer
from solver.handover import Floats, Program, hand_over
from solver.ledger import Ledger, Linear, read_ledger, read_terms, with_settled_trades
from solver.netting import tax_ahead
from solver.rounding import RoundedOrder, round_trades
from solver.search import Budget
from solver.state import State, read_state
from solver.structure import Structure, read_structure
from solver.tiers import Tier, solve_in_tiers, standing_still
from solver.work import Work


@dataclass(frozen=True, slots=True)
class Solution:
    """Trades in shares, what they cost, and what is proven.

    Amounts are bp of household value. `objective` is the true objective of the rounded trades,
    `bound` a lower bound on that of any trades that leave the limits their room for rounding,
    `still_broken` the excesses over limits that were broken before and could not be cured whole,
    `in_the_way` the statements (keys) and bounds that kept them from it. `tiers` say how far soft
    statements are broken, by priority; none where all of them are kept. `x` are the program's
    columns at the rounded trades, `answer` the solve before rounding, to which `ledger` belongs;
    `tax_ahead` is what the first dollar of a trade changes of the tax beyond it (`tax_ahead`).
    """

    program: Program
    structure: Structure
    state: State
    answer: Answer
    ledger: Ledger
    tax_ahead: Mapping[int, float]
    orders: tuple[RoundedOrder, ...]
    x: Floats
    objective: float
    bound: float
    still_broken: float
    in_the_way: tuple[str, ...]
    tiers: tuple[Tier, ...]
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
    tiered = solve_in_tiers(compiled, program, budget, work)
    answer, program = tiered.answer, tiered.program
    if answer is None:
        return NoSolution(program, tiered.infeasible, work)
    structure = read_structure(compiled, program)
    state = read_state(program, structure, answer.region)
    solved = time.perf_counter()
    orders, x = round_trades(compiled, program, structure, state, answer, budget.moves)
    still = None
    if orders:
        objective = program.objective(x)
        still = _no_worse_untraded(compiled, program, structure, answer, objective, budget, work)
    if still is not None:
        answer, orders, x = still, [], still.point.x
        state = read_state(program, structure, answer.region)
    point = with_settled_trades(program, state, answer.reduced, answer.point)
    answer = replace(answer, point=point)
    terms = read_terms(compiled, program)
    ledger = read_ledger(terms, program, state, point)
    ahead = tax_ahead(program, structure, state, answer, terms["tax"].gradient)
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
        tax_ahead=ahead,
        orders=tuple(orders),
        x=x,
        objective=program.objective(x),
        bound=answer.bound,
        still_broken=tiered.excess,
        in_the_way=tiered.in_the_way,
        tiers=tiered.tiers,
        terms=terms,
        work=work,
        seconds=seconds,
    )


def _no_worse_untraded(
    compiled: CompiledModel,
    program: Program,
    structure: Structure,
    answer: Answer,
    objective: float,
    budget: Budget,
    work: Work,
) -> Answer | None:
    """No trades at all as the answer, where that is allowed and all trades together are worth no
    more than the goal of the search: what is less it cannot tell from nothing, and a run a moment
    later would find it again, or its contrary."""
    point = standing_still(compiled, program, structure)
    if point is None or program.objective(point) > objective + budget.goal:
        return None
    still, _ = with_decisions(compiled, program, budget, work, point)
    return None if still is None else replace(still, bound=answer.bound)
