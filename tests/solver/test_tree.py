"""Branch and bound over few binaries, against every combination of them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from solver.handover import Floats
from solver.highs import linear_model, new_engine
from solver.tree import Then, branched
from solver.work import Work

BINARIES, OTHERS, ROWS = 5, 3, 6
NEAR = 1e-6


class Case:
    """A random program, infeasible now and then."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        columns = BINARIES + OTHERS
        self.cost = random.normal(size=columns)
        self.matrix = random.normal(size=(ROWS, columns))
        self.upper = random.normal(0.5, 1.0, size=ROWS)
        self.low = np.where(np.arange(columns) < BINARIES, 0.0, -2.0)
        self.high = np.where(np.arange(columns) < BINARIES, 1.0, 2.0)

    def engine(self, low: Floats, high: Floats) -> Any:
        engine = new_engine()
        below = np.full(ROWS, -np.inf)
        rows = sp.csr_matrix(self.matrix), below, self.upper
        engine.passModel(linear_model(self.cost, *rows, low, high))
        return engine

    def best(self) -> float:
        found = [np.inf]
        for chosen in product((0.0, 1.0), repeat=BINARIES):
            low, high = self.low.copy(), self.high.copy()
            low[:BINARIES] = high[:BINARIES] = chosen
            engine = self.engine(low, high)
            engine.run()
            if str(engine.getModelStatus()).endswith("kOptimal"):
                found.append(engine.getInfo().objective_function_value)
        return min(found)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("most", [1, 4, 1000])
def test_the_bound_holds_and_is_met_where_the_tree_ends(seed: int, most: int) -> None:
    case, found = Case(seed), np.inf

    def look(values: Floats, cost: float, whole: bool) -> Then:
        nonlocal found
        if cost >= found:
            return Then.ENOUGH
        if whole:
            found = cost
        return Then.ENOUGH if whole else Then.BRANCH

    work = Work()
    engine = case.engine(case.low, case.high)
    bound = branched(engine, range(BINARIES), look, most, work)
    best = case.best()
    assert work.linear <= most
    assert bound <= best + NEAR
    assert found >= best - NEAR
    if most == 1000:
        assert work.linear < 2 ** (BINARIES + 1)
        assert (found == best == bound == np.inf) or abs(found - best) + abs(bound - best) < NEAR


def test_a_program_with_more_rows_is_solved_again() -> None:
    case = Case(2)
    engine, costs = case.engine(case.low, case.high), []

    def look(values: Floats, cost: float, whole: bool) -> Then:
        costs.append(cost)
        if len(costs) > 1:
            return Then.ENOUGH
        engine.addRow(cost + 1.0, np.inf, case.cost.size, np.arange(case.cost.size), case.cost)
        return Then.AGAIN

    bound = branched(engine, range(BINARIES), look, 10, Work())
    assert costs[1] == pytest.approx(costs[0] + 1.0)
    assert bound == pytest.approx(costs[1])
