"""All decisions of a program with few binaries in one tree, tax regions among them.

Squares are tangents. Where binaries are whole, the convex program of those decisions is solved, and
its point gives the next tangents (Quesada and Grossmann 1992).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from solver.answer import Answer, answer_for, region_at
from solver.branch import Tangents
from solver.handover import Floats, Program
from solver.interior import StalledError
from solver.modes import Decisions, decisions_at
from solver.netting import read_netting
from solver.quadratic import solve_quadratic
from solver.reduce import reduce
from solver.structure import RegionColumns, Structure
from solver.tree import Then, branched
from solver.work import Work

NEAR = 1e-4  # bp: what is no better by more is not looked into

Choice = tuple[tuple[RegionColumns, ...], Decisions]


class _Few:
    """What was tried of one program, and the best of it."""

    def __init__(self, program: Program, structure: Structure, model: Tangents, work: Work) -> None:
        self.program, self.structure, self.model, self.work = program, structure, model, work
        self.tried: set[Choice] = set()
        self.best: Answer | None = None

    @property
    def incumbent(self) -> float:
        return np.inf if self.best is None else self.best.point.objective

    def choices(self, x: Floats) -> Iterator[Choice]:
        """The decisions of a point, in the tax regions that hold its nets and in its own."""
        decisions = decisions_at(self.structure, x)
        yield read_netting(self.program, self.structure).holding(x), decisions
        yield region_at(self.structure, x), decisions

    def solve(self, x: Floats) -> bool:
        """Whether decisions of a point were not tried before and have quantities: those are now
        the best, if they are, and have tangents."""
        choice = next((each for each in self.choices(x) if each not in self.tried), None)
        if choice is None:
            return False
        self.tried.add(choice)
        region, decisions = choice
        answer = answer_for(self.program, self.structure, decisions, region, self.work)
        if answer is None:
            return self.solve(x)
        self.model.cut(answer.point.x, everywhere=True)
        if answer.point.objective < self.incumbent:
            self.best = answer
        return True


def search_few(
    program: Program,
    structure: Structure,
    goal: float,
    most: int,
    work: Work,
    start: Floats | None,
) -> tuple[Answer | None, float]:
    """The best answer that at most so many linear programs find, the decisions of a feasible start
    first, and what is proven (bp), which is infinite where nothing is feasible."""
    reduced = reduce(program, {})
    try:
        relaxed = solve_quadratic(reduced, work)
    except StalledError:
        return None, -np.inf
    if relaxed is None:
        return None, np.inf
    model = Tangents(program, structure, reduced)
    model.cut(relaxed.x, everywhere=True)
    few = _Few(program, structure, model, work)
    near = min(NEAR, max(goal, 0.0))

    def look(values: Floats, cost: float, whole: bool) -> Then:
        if cost + model.offset >= few.incumbent - near:
            return Then.ENOUGH
        x = model.full(values)
        if whole:
            return Then.AGAIN if few.solve(x) else Then.ENOUGH
        model.cut(x, values=values)
        return Then.BRANCH

    if start is not None:
        few.solve(start)
    bound = branched(model.engine, model.binaries, look, most, work, model.leaning) + model.offset
    bound = min(bound, few.incumbent)
    return None if few.best is None else replace(few.best, bound=bound), bound
