"""The search against HiGHS's own branch and bound, on the same program, in the same run.

HiGHS takes no integers beside squares, so its side gets each square as a column above tangents laid
around the optimum of the relaxation. Tangents lie below the square, so its bound holds for the true
problem; its answer is put into the true objective. It is not asked to round to shares.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import highspy
import numpy as np
import scipy.sparse as sp

from policydsl.propose import Proposal
from policydsl.tables import table
from solver.handover import Floats, Program
from solver.highs import linear_model, new_engine
from solver.interior import StalledError
from solver.quadratic import solve_quadratic
from solver.reduce import reduce
from solver.structure import Structure
from solver.work import Work

NODES = 200
OFFSETS = (-2.0, -1.0, -0.5, -0.25, -0.1, 0.0, 0.1, 0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Seconds and gaps (bp of value, None where nothing was found) of both sides."""

    household_id: str
    binaries: int
    seconds: float
    gap: float
    highs_seconds: float
    highs_gap: float | None
    highs_nodes: int

    def document(self) -> dict[str, object]:
        return asdict(self)


def compare(proposal: Proposal, nodes: int = NODES) -> Comparison | None:
    """Both sides on one household; None where nothing was solved."""
    solution = proposal.solution
    if solution is None:
        return None
    ours = sum(solution.seconds[stage] for stage in ("solve", "round"))
    started = time.perf_counter()
    gap, explored = branch_and_bound(solution.program, solution.structure, nodes)
    return Comparison(
        household_id=proposal.household.id,
        binaries=int(solution.program.integer.sum()),
        seconds=ours,
        gap=solution.gap,
        highs_seconds=time.perf_counter() - started,
        highs_gap=gap,
        highs_nodes=explored,
    )


def branch_and_bound(
    program: Program, structure: Structure, nodes: int
) -> tuple[float | None, int]:
    """HiGHS alone: its answer's true objective less its bound, and the nodes it took."""
    x, info = highs_alone(untied(program), structure, {"mip_max_nodes": nodes})
    explored = max(0, int(info.mip_node_count))
    if x is None:
        return None, explored
    bound = float(info.mip_dual_bound) + program.offset
    return max(0.0, program.objective(x) - bound), explored


def highs_alone(
    program: Program, structure: Structure, limit: Mapping[str, float]
) -> tuple[Floats | None, Any]:
    """HiGHS's answer within a limit (options of its own), None where it has none, and its info."""
    engine = new_engine()
    engine.passModel(linear_model(*linearised(program, relaxed_optimum(program, structure))))
    for j in np.flatnonzero(program.integer):
        engine.changeColIntegrality(int(j), highspy.HighsVarType.kInteger)
    for option, value in {**limit, "mip_rel_gap": 0.0}.items():
        engine.setOptionValue(option, value)
    engine.run()
    info = engine.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None, info
    return np.array(engine.getSolution().col_value)[: program.cost.size], info


def untied(program: Program) -> Program:
    """Without the squares that settle ties, so that what is proven holds for the true objective."""
    if program.ties is None:
        return program
    return replace(program, square=program.square - program.ties, ties=None)


def relaxed_optimum(program: Program, structure: Structure) -> Floats:
    """Where tangents are laid: the optimum without mode binaries, nought where there is none."""
    try:
        relaxed = solve_quadratic(reduce(program, {}, structure.mode_rows), Work())
    except StalledError:
        relaxed = None
    return np.zeros(program.cost.size) if relaxed is None else relaxed.x


class Linearised(NamedTuple):
    """A linear program; its first columns are those of the program it stands for."""

    cost: Floats
    matrix: sp.csr_matrix
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats


def linearised(program: Program, around: Floats) -> Linearised:
    """With a column above eleven tangents for each square."""
    squared = np.flatnonzero(program.square > 0)
    n, m = program.cost.size, squared.size
    reach = np.maximum(np.abs(around[squared]), np.median(np.abs(around[squared])) + 1e-3)
    rows, columns, values, lower = [], [], [], []
    for k, j in enumerate(squared):
        for offset in OFFSETS:
            at = around[j] + offset * reach[k]
            row = len(lower)
            rows += [row, row]
            columns += [n + k, j]
            values += [1.0, -2.0 * program.square[j] * at]
            lower.append(-program.square[j] * at * at)
    tangents = sp.csr_matrix((values, (rows, columns)), (len(lower), n + m))
    matrix = sp.hstack([program.matrix, sp.csr_matrix((program.matrix.shape[0], m))])
    return Linearised(
        np.concatenate([program.cost, np.ones(m)]),
        sp.csr_matrix(sp.vstack([matrix, tangents])),
        np.concatenate([program.row_lower, lower]),
        np.concatenate([program.row_upper, np.full(len(lower), np.inf)]),
        np.concatenate([program.lower, np.zeros(m)]),
        np.concatenate([program.upper, np.full(m, np.inf)]),
    )


def comparison_table(comparisons: Sequence[Comparison]) -> str:
    """One line a household, and the ratios over all."""
    rows = [
        (
            each.household_id,
            str(each.binaries),
            f"{each.seconds:.2f}",
            f"{each.highs_seconds:.2f}",
            f"{each.highs_seconds / each.seconds:.1f}",
            f"{each.gap:.3f}",
            "-" if each.highs_gap is None else f"{each.highs_gap:.3f}",
            str(each.highs_nodes),
        )
        for each in comparisons
    ]
    header = ("household", "binaries", "s", "HiGHS s", "ratio", "gap bp", "HiGHS gap bp", "nodes")
    ours = sum(each.seconds for each in comparisons)
    theirs = sum(each.highs_seconds for each in comparisons)
    found = [each for each in comparisons if each.highs_gap is not None]
    gap = sum(each.gap for each in found)
    other = sum(each.highs_gap or 0.0 for each in found)
    said = f"branch and bound alone takes {theirs / ours:.1f} times as long"
    if found:
        said += f" and leaves {other / max(gap, 1e-9):.1f} times the gap"
    missing = len(comparisons) - len(found)
    if missing:
        said += f"; on {missing} of {len(comparisons)} it finds nothing within its nodes"
    return table(header, rows, "lrrrrrrr") + said + "\n"
