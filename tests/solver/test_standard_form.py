"""The arrays of a model against those of Pyomo's own standard form, to the last digit."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest
import scipy.sparse as sp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from compiler.model import CompiledModel, compile_household
from compiler.sums import Rows, Sum
from portfolio.book import Book
from solver.handover import hand_over
from solver.standard_form import StandardForm, standard_form
from tests.by_hand import policy, usual
from tests.solver.conftest import PolicyOf
from tests.solver.test_written_model import EVERYTHING


def pyomos(model: pyo.ConcreteModel) -> StandardForm:
    """Pyomo's, with one row for each side; equalities have both."""
    form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    side = np.array([row.bound_type for row in form.rows])
    ends = np.asarray(form.rhs, dtype=float)
    rows = tuple((r.constraint.parent_component(), r.constraint.index()) for r in form.rows)
    return StandardForm(
        tuple(form.columns),
        rows,
        (),
        np.asarray(form.c.todense()).reshape(-1),
        float(form.c_offset[0]),
        sp.csr_matrix(form.A),
        np.where(side <= 0, ends, -np.inf),
        np.where(side >= 0, ends, np.inf),
    )


def assert_same(ours: StandardForm, theirs: StandardForm) -> None:
    assert ours.rows == theirs.rows
    assert [column.name for column in ours.columns] == [column.name for column in theirs.columns]
    assert ours.offset == theirs.offset
    assert np.array_equal(ours.cost, theirs.cost)
    assert np.array_equal(ours.row_lower, theirs.row_lower)
    assert np.array_equal(ours.row_upper, theirs.row_upper)
    for part in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(ours.matrix, part), getattr(theirs.matrix, part))


def assert_as_pyomo(compiled: CompiledModel) -> None:
    model = compiled.model
    model.objective.deactivate()
    model.linear.activate()
    for limit in compiled.physics.risks:
        limit.written.deactivate()
    assert_same(standard_form(model, model.linear), pyomos(model))


@pytest.mark.parametrize("reserve", [0.0, 0.5])
def test_by_hand(reserve: float) -> None:
    home = usual()
    assert_as_pyomo(compile_household(home, policy(home, *EVERYTHING), reserve))


def test_a_synthetic_book(synthetic: Book, policy_of: PolicyOf) -> None:
    for name in synthetic.household_ids:
        home = synthetic.household(name)
        assert_as_pyomo(compile_household(home, policy_of(home), 0.01))


def odd() -> pyo.ConcreteModel:
    """Everything a row may be that is no flat sum of columns and floats."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(3))
    m.unused = pyo.Var(range(2))
    m.nothing = pyo.Var(range(2))
    m.late = pyo.Var(range(2))
    m.y = pyo.Var()
    m.rate = pyo.Param(initialize=0.3, mutable=True)
    m.rows = pyo.Constraint(pyo.Any)
    nested = m.x[0] + 2.0 * m.x[1] - (m.y + 1.0)
    m.rows["nested"] = 0.7 * nested - (0.1 * m.x[1] + 3.0) <= 4.0
    m.rows["turned"] = -nested >= 0.1
    m.rows["twice"] = 0.1 * m.x[0] + 0.2 * m.x[0] + m.y + 0.3 * m.x[0] + 0.1 <= 0.7
    m.rows["gone"] = m.x[2] - m.y - m.x[2] <= 1.0
    m.rows["nought"] = 0.0 * m.nothing[0] + m.y <= 1.0
    m.rows["both"] = m.x[1] <= 5.0 * m.y
    m.rows["from below"] = (2.0, m.x[1] + m.y, None)
    m.rows["one"] = m.y <= 3.0
    m.rows["equal"] = m.x[2] == 1 + m.y
    m.rows["whole numbers"] = 3 * m.x[2] + 2 <= 8
    m.rows["a parameter"] = m.rate * m.x[0] + m.y <= m.rate
    m.rows["nothing"] = 0.0 * m.x[0] <= 1.0
    m.rows["off"] = m.unused[0] <= 1.0
    m.rows["off"].deactivate()
    m.waiting = Rows()
    m.waiting.at_most("z", Sum([0.1, 0.2, 0.3], [m.x[2], m.x[0], m.x[2]], 0.7), 1.0)
    m.waiting.at_least("a", Sum([1.0, 0.0], [m.late[0], m.x[0]], 0.1), 0.3)
    m.waiting.exactly("m", Sum([3.0], [m.y], -0.2), 0.1)
    m.waiting.at_most("nothing", Sum([0.0], [m.x[0]]), 1.0)
    m.cost = pyo.Objective(expr=0.1 * m.x[0] + 0.2 * (m.y + m.x[0]) + 5.0)
    return m


def test_odd_rows() -> None:
    model = odd()
    found = standard_form(model, model.cost)
    assert len(model.waiting.waiting) == 4
    assert_same(found, pyomos(model))
    assert len(found.rows) == 14
    assert not model.waiting.waiting
    assert_same(standard_form(model, model.cost), found)


def test_what_cannot_be_told_is_refused() -> None:
    model = odd()
    model.rows["square"] = model.y**2 <= 1.0
    with pytest.raises(ValueError, match="not linear"):
        standard_form(model, model.cost)
    model = odd()
    model.rows["two ends"] = (0.0, model.y, 1.0)
    with pytest.raises(ValueError, match="two ends"):
        standard_form(model, model.cost)
    model = odd()
    model.y.fix(1.0)
    with pytest.raises(ValueError, match="fixed"):
        standard_form(model, model.cost)


def test_what_cannot_be_is_kept() -> None:
    model = odd()
    model.rows["never"] = 0.0 * model.y >= 1.0
    found = standard_form(model, model.cost)
    row = found.rows.index((model.rows, "never"))
    assert (found.row_lower[row], found.matrix[row].nnz) == (1.0, 0)


def test_rows_by_the_name_of_their_constraint(synthetic: Book, policy_of: PolicyOf) -> None:
    home = synthetic.household(synthetic.household_ids[0])
    program = hand_over(compile_household(home, policy_of(home)))
    for part in ("physics.activity", "physics.selling"):
        named = [i for i, name in enumerate(program.row_names) if name.startswith(f"{part}[")]
        assert named
        assert program.rows_of(lambda name, part=part: name == part).tolist() == named
    assert sum(len(rows) for _, rows in program.parts) == len(program.row_names)
