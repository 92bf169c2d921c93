"""Where regrets leave nothing open, the answer is proven, however it came about."""

from __future__ import annotations

import numpy as np

from compiler.model import compile_household
from solver.answer import region_fixings
from solver.branch import relax_hull
from solver.handover import hand_over
from solver.modes import Mode
from solver.search import Budget, search
from solver.structure import read_structure
from solver.work import Work
from tests.by_hand import account, household, lot, policy


def test_a_program_of_nothing_but_decisions_has_a_bound() -> None:
    """All decided: what is left to branch over is linear, or no program at all."""
    home = household(
        account("TX", 2_000, lot("a1", "AAA", 40, 2_000), lot("c1", "CCC", 100, 2_500)),
        models={"CORE": {"AAA": "0.3", "CCC": "0.4"}},
    )
    compiled = compile_household(home, policy(home, "keep each trade at least $700", free=False))
    program = hand_over(compiled)
    structure = read_structure(compiled, program)
    answer = search(program, structure, Budget(), Work())
    assert answer is not None
    fixed = region_fixings(structure, answer.region)
    for modes in (answer.decisions.modes, (Mode.HOLD,) * len(structure.positions)):
        open_modes = [(mode,) for mode in modes]
        hull = relax_hull(program, structure, fixed, open_modes, answer.point.x, Work())
        if hull is None:  # holding may break the year's tax region
            continue
        found = hull.model.solve_integers(np.inf, 10, Work())
        for _ in range(6):
            assert found.decisions is not None
            hull.model.cut(answer.point.x, everywhere=True)
            found = hull.model.solve_integers(np.inf, 10, Work())
        if modes == answer.decisions.modes:
            assert found.bound <= answer.point.objective + 1e-5
            assert found.bound >= answer.point.objective - Budget().goal
        else:
            assert found.bound >= answer.bound - 1e-5
