"""The arrays that the solver gets against those of Pyomo's own standard form, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from compiler.model import CompiledModel, compile_household
from compiler.written import pyomo_model
from portfolio.book import Book
from solver.handover import hand_over
from tests.by_hand import policy, usual
from tests.solver.conftest import PolicyOf
from tests.solver.test_written_model import EVERYTHING


def assert_as_pyomo(compiled: CompiledModel) -> None:
    """Rows and columns by name; Pyomo has those that are empty in neither."""
    program = hand_over(compiled)
    model = pyomo_model(compiled)
    model.objective.deactivate()
    model.linear.activate()
    for number in range(len(compiled.physics.risks)):
        model.component(f"squares {number}").deactivate()
    form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    rows = np.flatnonzero(np.diff(program.matrix.indptr))
    used = (np.diff(program.matrix.tocsc().indptr) > 0) | (program.cost != 0.0)
    columns = np.flatnonzero(used)
    row_of = {program.row_names[i]: k for k, i in enumerate(rows.tolist())}
    column_of = {program.column_names[j]: k for k, j in enumerate(columns.tolist())}
    theirs = [row_of[row.constraint.name] for row in form.rows]
    assert sorted(theirs) == list(range(rows.size))
    at = [column_of[column.name] for column in form.columns]
    assert sorted(at) == list(range(columns.size))
    ours = program.matrix[rows][:, columns][theirs][:, at]
    assert (ours != sp.csr_matrix(form.A)).nnz == 0
    side = np.array([row.bound_type for row in form.rows])
    ends = np.asarray(form.rhs, dtype=float)
    assert np.array_equal(program.row_lower[rows][theirs], np.where(side <= 0, ends, -np.inf))
    assert np.array_equal(program.row_upper[rows][theirs], np.where(side >= 0, ends, np.inf))
    cost = np.asarray(form.c.todense()).reshape(-1)
    assert program.cost[columns][at] == pytest.approx(cost, rel=1e-14)
    assert program.offset == pytest.approx(float(form.c_offset[0]), rel=1e-14)
    for j, variable in zip(columns[at].tolist(), form.columns, strict=True):
        assert (variable.lb, variable.ub) == (_end(program.lower[j]), _end(program.upper[j]))
        assert variable.is_binary() == program.integer[j]


def _end(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@pytest.mark.parametrize("reserve", [0.0, 0.5])
def test_by_hand(reserve: float) -> None:
    home = usual()
    assert_as_pyomo(compile_household(home, policy(home, *EVERYTHING), reserve))


def test_a_synthetic_book(synthetic: Book, policy_of: PolicyOf) -> None:
    for name in synthetic.household_ids:
        home = synthetic.household(name)
        assert_as_pyomo(compile_household(home, policy_of(home), 0.01))


def test_rows_by_the_name_of_their_constraint(synthetic: Book, policy_of: PolicyOf) -> None:
    home = synthetic.household(synthetic.household_ids[0])
    program = hand_over(compile_household(home, policy_of(home)))
    for part in ("physics.activity", "physics.selling"):
        named = [i for i, name in enumerate(program.row_names) if name.startswith(f"{part}[")]
        assert named
        assert program.rows_of(lambda name, part=part: name == part).tolist() == named
    assert sum(len(rows) for _, rows in program.parts) == len(program.row_names)
