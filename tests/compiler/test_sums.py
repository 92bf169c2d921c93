"""Rows that wait as sums, and what anybody who looks at them finds."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

from compiler.sums import Rows, Sum, total


@pytest.fixture
def model() -> pyo.ConcreteModel:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(3), initialize={0: 1.0, 1: 10.0, 2: 100.0})
    m.rows = Rows()
    m.rows.at_most(("b", "y"), Sum([1.0, 2.0], [m.x[0], m.x[1]], 3.0), 5.0)
    m.rows.at_least(("a", "z"), Sum([-1.0], [m.x[2]]), -7.0)
    m.rows.exactly(("b", "x"), Sum([4.0, 1.0], [m.x[1], m.x[2]]), 0.5)
    return m


def test_a_sum() -> None:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(2), initialize={0: 1.0, 1: 10.0})
    one = Sum([1.0, 2.0], [m.x[0], m.x[1]], 3.0)
    assert pyo.value(one.expression) == 24.0
    assert pyo.value((-one).expression) == -24.0
    assert pyo.value(one.plus(0.5).expression) == 24.5
    assert pyo.value(one.less(m.x[1]).expression) == 14.0
    assert pyo.value(one.more(m.x[1], 3.0).expression) == 54.0
    assert pyo.value(total([one, -one, one]).expression) == 24.0
    assert pyo.value(one.expression) == 24.0


def test_they_are_constraints_for_whoever_looks(model: pyo.ConcreteModel) -> None:
    assert len(model.rows.waiting) == 3
    found = {row.name: row for row in model.component_data_objects(pyo.Constraint)}
    assert sorted(found) == ["rows[a,z]", "rows[b,x]", "rows[b,y]"]
    assert not model.rows.waiting
    at_most, at_least, equal = (found[f"rows[{name}]"] for name in ("b,y", "a,z", "b,x"))
    assert (at_most.lower, pyo.value(at_most.upper), pyo.value(at_most.body)) == (None, 5.0, 24.0)
    assert (pyo.value(at_least.lower), at_least.upper) == (-7.0, None)
    assert pyo.value(at_least.body) == -100.0
    assert equal.equality
    assert (pyo.value(equal.lower), pyo.value(equal.body)) == (0.5, 140.0)


def test_what_comes_later_joins_them(model: pyo.ConcreteModel) -> None:
    assert len(model.rows) == 3
    model.rows["by hand"] = model.x[0] <= 1.0
    model.rows.at_most("later", Sum([1.0], [model.x[0]]), 2.0)
    assert len(model.rows) == 5
    assert pyo.value(model.rows["later"].upper) == 2.0


@pytest.mark.parametrize("seen", [False, True])
def test_no_row_is_made_twice(model: pyo.ConcreteModel, seen: bool) -> None:
    if seen:
        assert len(model.rows) == 3
    with pytest.raises(ValueError, match="already"):
        model.rows.at_most(("b", "y"), Sum([1.0], [model.x[0]]), 1.0)


def test_they_wait_in_pyomos_order(model: pyo.ConcreteModel) -> None:
    waiting = [key for key, _ in model.rows.in_order()]
    assert waiting == list(model.rows.keys(pyo.SortComponents.ORDERED_INDICES))


def test_a_copy_has_them(model: pyo.ConcreteModel) -> None:
    copy = model.clone()
    assert pyo.value(copy.rows["b", "y"].body) == 24.0
    assert len(copy.rows) == 3
