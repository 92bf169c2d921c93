"""Sums of columns, and the rows and columns of a tableau."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pyomo.core.base.component_namer import index_repr, name_repr

from compiler.sums import Sum, plain, total
from compiler.tableau import Tableau, index, word
from solver.standard_form import gradient, standard_form

AT: Mapping[int, float] = {0: 1.0, 1: 10.0, 2: 100.0}


def value(of: Sum) -> float:
    return of.constant + sum(a * AT[j] for a, j in zip(of.coefficients, of.columns, strict=True))


def test_a_sum() -> None:
    one = Sum([1.0, 2.0], [0, 1], 3.0)
    assert value(one) == 24.0
    assert value(-one) == -24.0
    assert value(one.plus(0.5)) == 24.5
    assert value(one.less(1)) == 14.0
    assert value(one.more(1, 3.0)) == 54.0
    assert value(one + one) == 48.0
    assert value(one - plain([0, 2])) == -77.0
    assert value(0.5 * one) == 12.0
    assert value(total([one, -one, one])) == 24.0
    assert value(one) == 24.0


def test_gradients_add_up() -> None:
    found = gradient([Sum([1.0, 2.0, 4.0], [2, 0, 2]), Sum([8.0], [0])], 4)
    assert found.tolist() == [10.0, 0.0, 5.0, 0.0]


def a_tableau() -> Tableau:
    model = Tableau("H1")
    x = model.columns("x", ["a", "b"], [0.0, -1.0], [5.0, 6.0])
    (on,) = model.binaries("on", [("a", "7")])
    late = model.block("firm.rule").column("late", upper=3.0)
    rows = model.block("firm.rule").rows("high")
    assert rows.at_most("x a", Sum([2.0, 3.0, 1.0], [x[0], late, x[0]], 1.0), 4.0) == 0
    assert rows.at_least("x b", Sum([1.0, 0.0], [x[1], late]), -2.0) == 1
    assert rows.name_of(1) == "'firm.rule'.high[x b]"
    model.block("tax", "T1").rows("net").exactly(None, plain([on]), 1.0)
    rows.all_at_most([1, 2], [x[0], on, x[1], on], [1.0, -5.0, 1.0, -6.0], 0.0)
    return model


def test_a_tableau_as_arrays() -> None:
    model = a_tableau()
    form = standard_form(model, [Sum([1.0], [0], 2.0), Sum([4.0, 1.0], [0, 3], 3.0)])
    assert [rows.full_name for rows in form.families] == ["'firm.rule'.high", "tax[T1].net"]
    assert form.first == (0, 4, 5)
    assert form.matrix.toarray().tolist() == [
        [3.0, 0.0, 0.0, 3.0],
        [0.0, 1.0, 0.0, 0.0],
        [1.0, 0.0, -5.0, 0.0],
        [0.0, 1.0, -6.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
    ]
    inf = float("inf")
    assert form.row_lower.tolist() == [-inf, -2.0, -inf, -inf, 1.0]
    assert form.row_upper.tolist() == [3.0, inf, 0.0, 0.0, 1.0]
    assert form.lower.tolist() == [0.0, -1.0, 0.0, -inf]
    assert form.upper.tolist() == [5.0, 6.0, 1.0, 3.0]
    assert form.integer.tolist() == [False, False, True, False]
    assert (form.cost.tolist(), form.offset) == ([5.0, 0.0, 0.0, 1.0], 5.0)


def test_a_column_is_made_once() -> None:
    model = Tableau("H1")
    one = model.column("excess", "a", 0.0, 2.0)
    assert model.column("excess", "b") != one
    assert model.column("excess", "a") == one
    assert len(model.lower) == 2


def test_no_row_is_made_twice() -> None:
    model = a_tableau()
    model.block("firm.rule").rows("high").at_most("x a", plain([0]), 1.0)
    with pytest.raises(ValueError, match="same name"):
        standard_form(model, [])


def test_more_than_a_sum_can_be() -> None:
    model = a_tableau()
    assert model.highest(Sum([2.0, -1.0, 0.0], [0, 1, 3], 0.5)) == 11.5
    assert model.highest(Sum([-1.0], [3])) == float("inf")


NAMES = [
    "TOB",
    "firm.rule",
    "A B",
    "7",
    "-1.5e3",
    "it's",
    'a "b"',
    "a:b",
    "a\\b",
    "x[1]",
    "nan",
    "é",
]


@pytest.mark.parametrize("name", NAMES)
def test_words_as_pyomo_has_them(name: str) -> None:
    assert word(name) == name_repr(name)
    for key in (name, (name, 3), ("a", name, "high")):
        assert index(key) == index_repr(key)
