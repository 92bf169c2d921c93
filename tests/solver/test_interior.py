"""The engines behind convex quadratic programs: the same answer from each, and who is believed."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from policydsl.propose import propose
from solver import interior
from solver.interior import (
    ENGINES,
    Convex,
    Engine,
    Found,
    Optimum,
    Said,
    StalledError,
    by_clarabel,
    by_hipo,
    minimised,
)
from solver.work import Work
from tests.by_hand import policy, usual
from tests.solver.test_joint import traded

Row = tuple[list[float], float, float]
INF = np.inf


def convex(
    cost: list[float], square: list[float], columns: list[tuple[float, float]], *rows: Row
) -> Convex:
    """A program from its columns' ends and its rows with theirs."""
    low, high = np.array(columns, dtype=float).T
    matrix = np.array([row for row, _, _ in rows], dtype=float).reshape(len(rows), len(cost))
    ends = np.array([[lower, upper] for _, lower, upper in rows], dtype=float).reshape(-1, 2).T
    return Convex(np.array(cost), np.array(square), sp.csr_matrix(matrix), *ends, low, high)


def check_optimal(program: Convex, found: Optimum, within: float) -> None:
    """Rows and ends kept, prices balanced, and a price only where an end is reached, as far as is
    worth something beside the whole."""
    worth = within + 1e-8 * float(program.square @ found.x**2)
    rows = program.matrix @ found.x
    gradient = program.cost + 2.0 * program.square * found.x
    priced = program.matrix.T @ found.row_dual + found.column_dual
    assert gradient == pytest.approx(priced, abs=within)
    for at, low, high, dual in (
        (rows, program.row_lower, program.row_upper, found.row_dual),
        (found.x, program.lower, program.upper, found.column_dual),
    ):
        assert np.all(at >= low - within)
        assert np.all(at <= high + within)
        reached = np.where(dual > 0, at - low, high - at)
        room = np.where(np.isfinite(reached), reached, 1.0)
        assert np.abs(dual * room).max(initial=0.0) <= worth


# min x^2 + y^2 - 2x with x + y = 2, x <= 1.25: x = 1.25, y = 0.75. A unit more of the sum goes to y
# and costs 2y = 1.5; of x's end, the slope 2x - 2 less that price: -1. A row without ends has none.
BY_HAND = convex([-2.0, 0.0], [1.0, 1.0], [(0, 1.25), (0, 3)], ([1, -1], -INF, INF), ([1, 1], 2, 2))


@pytest.mark.parametrize("engine", ENGINES)
def test_values_and_prices_by_hand(engine: Engine) -> None:
    said, found = engine(BY_HAND, Work())
    assert said is Said.OPTIMAL
    assert found is not None
    assert found.x == pytest.approx([1.25, 0.75], abs=1e-6)
    assert found.row_dual == pytest.approx([0.0, 1.5], abs=1e-6)
    assert found.column_dual == pytest.approx([-1.0, 0.0], abs=1e-6)


@st.composite
def programs(draw: st.DrawFn) -> Convex:
    """Amounts in bp and prices of the size that households have, with a point that is feasible."""
    count, rows = draw(st.integers(1, 6)), draw(st.integers(0, 4))
    point = np.array(draw(st.lists(st.integers(-2000, 2000), min_size=count, max_size=count)))
    whole = st.lists(st.integers(-3, 3).map(float), min_size=count, max_size=count)
    room = st.sampled_from((0.0, 1.0, 500.0, INF))

    def ends(at: float) -> tuple[float, float]:
        return at - draw(room), at + draw(room)

    matrix = [draw(whole) for _ in range(rows)]
    sides = [ends(float(np.array(row) @ point)) for row in matrix]
    cost = draw(
        st.lists(st.integers(-500, 500).map(lambda c: c / 1e3), min_size=count, max_size=count)
    )
    square = draw(st.lists(st.sampled_from((1e-3, 2e-2, 0.5)), min_size=count, max_size=count))
    columns = [ends(float(at)) for at in point]
    return convex(cost, square, columns, *[(r, *s) for r, s in zip(matrix, sides, strict=True)])


@settings(max_examples=200, deadline=None)
@given(programs())
def test_an_optimum_keeps_rows_and_balances_prices(program: Convex) -> None:
    found = minimised(program, Work())
    assert found is not None
    check_optimal(program, found, within=1e-4)


def test_two_rows_that_exclude_each_other_are_proven_to() -> None:
    program = convex([1.0], [1.0], [(0, INF)], ([1], 2, INF), ([1], -INF, 1))
    work = Work()
    assert minimised(program, work) is None
    assert work.quadratic == 2  # one that says so, one that proves it


def test_what_has_a_point_is_not_infeasible_whoever_says_so() -> None:
    """Beside a billion Clarabel takes a hundred for nothing."""
    huge = 1e9
    program = convex(
        [0.1, 0.0, 0.0],
        [0.0, 1e-3, 0.0],
        [(0, huge), (-INF, INF), (0, 100)],
        ([1, 1, 0], huge, huge),
        ([1, 0, 1], 0, 100),
    )
    assert by_clarabel(program, Work())[0] is Said.INFEASIBLE
    found = minimised(program, Work())
    assert found is not None
    assert found.x[0] == pytest.approx(100, abs=0.1)


def test_a_program_without_end_stalls() -> None:
    with pytest.raises(StalledError):
        minimised(convex([-1.0, 0.0], [0.0, 1.0], [(0, INF), (0, 1)]), Work())


def test_without_squares_the_simplex_method_answers() -> None:
    program = convex([-1.0, 0.5], [0.0, 0.0], [(0, 2), (0, 2)], ([1, -1], 0, 1))
    found = minimised(program, Work())
    assert found is not None
    assert found.x == pytest.approx([2.0, 1.0])
    check_optimal(program, found, within=1e-9)


def silent(program: Convex, work: Work) -> Found:
    return Said.NOTHING, None


def roughly(program: Convex, work: Work) -> Found:
    return Said.ROUGHLY, by_clarabel(program, work)[1]


@pytest.mark.parametrize("engines", [(silent, by_hipo), (roughly, silent), (roughly, by_hipo)])
def test_a_second_opinion_gives_the_same_trades(
    engines: tuple[Engine, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = propose(usual(), policy(usual()))
    monkeypatch.setattr(interior, "ENGINES", engines)
    found = propose(usual(), policy(usual()))
    assert traded(found) == traded(plain)
    assert traded(plain)
