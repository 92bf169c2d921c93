"""What `compile` writes is what is solved: the file, read back by HiGHS, against the hand-over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
import pytest
import scipy.sparse as sp

from compiler.model import CompiledModel, compile_household
from compiler.written import pyomo_model
from policydsl.propose import propose
from portfolio.book import Book
from solver.handover import Program, hand_over
from tests.by_hand import policy, usual
from tests.solver.conftest import PolicyOf

ONE = "ONE_VAR_CONSTANT"
Row = tuple[float, float, dict[str, float]]
Column = tuple[float, float, float, float, bool]

EVERYTHING = (
    'never hold "BBB"\nexisting positions comply within 30 days',
    "keep each sector at most 45% of account",
    'keep "CCC" within 9 points of target per household',
    "prevent wash sales across household",
    "keep each trade at least $500",
    "keep cash between 1% and 3% of account",
    "keep realized tax at most $300 each year per taxpayer",
    "keep realized gains at most $3,000 each year per taxpayer",
    "only harvest anything where lot.loss above 1% of basis",
)


@dataclass(frozen=True)
class Facts:
    """A program by names. A column: cost, square, lower, upper, integer; a row: ends and terms."""

    offset: float
    columns: dict[str, Column]
    rows: dict[str, Row]


def handed_over(program: Program) -> Facts:
    columns = zip(
        program.cost.tolist(),
        program.square.tolist(),
        program.lower.tolist(),
        program.upper.tolist(),
        program.integer.tolist(),
        strict=True,
    )
    names = np.array(program.column_names)
    return Facts(
        program.offset,
        dict(zip(program.column_names, columns, strict=True)),
        _rows(
            program.row_names, names, program.matrix.tocsr(), program.row_lower, program.row_upper
        ),
    )


def written(compiled: CompiledModel, path: Path) -> Facts:
    written = pyomo_model(compiled)
    _, symbols = written.write(str(path), io_options={"symbolic_solver_labels": True})
    components = written.solutions.symbol_map[symbols].bySymbol
    engine = highspy.Highs()
    engine.setOptionValue("output_flag", False)
    assert engine.readModel(str(path)) == highspy.HighsStatus.kOk
    model = engine.getModel()
    lp = model.lp_
    # The format has no constants: Pyomo writes them as a column fixed at one.
    names = np.array([components[n].name if n != ONE else ONE for n in lp.col_names_])
    integer = [kind == highspy.HighsVarType.kInteger for kind in lp.integrality_]
    columns = zip(
        list(lp.col_cost_),
        _squares(model.hessian_, lp.num_col_).tolist(),
        list(lp.col_lower_),
        list(lp.col_upper_),
        integer,
        strict=True,
    )
    parts = (lp.a_matrix_.value_, lp.a_matrix_.index_, lp.a_matrix_.start_)
    assert lp.a_matrix_.format_ == highspy.MatrixFormat.kColwise
    matrix = sp.csc_matrix(tuple(map(np.array, parts)), (lp.num_row_, lp.num_col_))
    rows = [components[name].name for name in lp.row_names_]
    ends = np.array(lp.row_lower_), np.array(lp.row_upper_)
    by_name = dict(zip(names.tolist(), columns, strict=True))
    offset, _, *fixed = by_name.pop(ONE, (0.0, 0.0, 1.0, 1.0))
    assert fixed[:2] == [1.0, 1.0]
    return Facts(offset, by_name, _rows(rows, names, matrix.tocsr(), *ends))


def _squares(hessian: highspy.HighsHessian, count: int) -> np.ndarray:
    """The weights q of q x^2, from a Hessian that must be diagonal."""
    parts = tuple(np.array(part) for part in (hessian.value_, hessian.index_, hessian.start_))
    full = sp.csc_matrix(parts, (count, count))
    full.eliminate_zeros()
    assert (full - sp.diags_array(full.diagonal())).nnz == 0
    return np.asarray(full.diagonal()) / 2


def _rows(
    names: tuple[str, ...] | list[str],
    columns: np.ndarray,
    matrix: sp.csr_matrix,
    lower: np.ndarray,
    upper: np.ndarray,
) -> dict[str, Row]:
    assert len(set(names)) == len(names)
    found = {}
    for i, name in enumerate(names):
        span = slice(matrix.indptr[i], matrix.indptr[i + 1])
        used = zip(columns[matrix.indices[span]].tolist(), matrix.data[span].tolist(), strict=True)
        terms = {column: value for column, value in used if value}
        found[name] = (float(lower[i]), float(upper[i]), terms)
    return found


def differences(a: Facts, b: Facts) -> list[object]:
    found: list[object] = []
    if a.offset != pytest.approx(b.offset, rel=1e-9, abs=1e-9):
        found.append(("offset", a.offset, b.offset))
    found += sorted(a.columns.keys() ^ b.columns.keys())
    found += sorted(a.rows.keys() ^ b.rows.keys())
    for name in a.columns.keys() & b.columns.keys():
        if a.columns[name] != pytest.approx(b.columns[name], rel=1e-9):
            found.append((name, a.columns[name], b.columns[name]))
    for name in a.rows.keys() & b.rows.keys():
        (low, up, terms), (low_b, up_b, terms_b) = a.rows[name], b.rows[name]
        ends_differ = (low, up) != pytest.approx((low_b, up_b), rel=1e-9, abs=1e-9)
        if ends_differ or terms != pytest.approx(terms_b, rel=1e-9):
            found.append((name, a.rows[name], b.rows[name]))
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("reserve", [0.0, 0.5])
def test_by_hand(tmp_path: Path, reserve: float) -> None:
    home = usual()
    compiled = compile_household(home, policy(home, *EVERYTHING), reserve)
    found = written(compiled, tmp_path / "model.lp")
    assert differences(found, handed_over(hand_over(compiled))) == []
    assert len(found.rows) > 100


def test_a_changed_coefficient_is_seen(tmp_path: Path) -> None:
    home = usual()
    compiled = compile_household(home, policy(home, *EVERYTHING))
    program = hand_over(compiled)
    program.square[np.argmax(program.square)] *= 1.001
    program.matrix.data[7] += 0.001
    program.cost[0] += 0.001
    assert len(differences(written(compiled, tmp_path / "m.lp"), handed_over(program))) == 3


def test_a_synthetic_book(tmp_path: Path, synthetic: Book, policy_of: PolicyOf) -> None:
    for name in synthetic.household_ids:
        home = synthetic.household(name)
        compiled = compile_household(home, policy_of(home), 0.01)
        found = written(compiled, tmp_path / f"{name}.lp")
        assert differences(found, handed_over(hand_over(compiled))) == []


def test_the_solved_program_is_the_one_handed_over(synthetic: Book, policy_of: PolicyOf) -> None:
    """Cures bound columns and add one row; nothing else changes on the way to the answer."""
    home = synthetic.household(synthetic.household_ids[2])
    proposal = propose(home, policy_of(home))
    assert proposal.solution is not None
    assert proposal.compiled is not None
    given, solved = hand_over(proposal.compiled), proposal.solution.program
    count = given.matrix.shape[0]
    assert tuple(solved.column_names) == tuple(given.column_names)
    assert (solved.matrix[:count] != given.matrix).nnz == 0
    assert set(solved.row_names[count:]) <= {"cures"}
    assert np.array_equal(solved.cost, given.cost)
    assert np.array_equal(solved.square, given.square)
    excesses = {cure.excess for cure in proposal.compiled.physics.cures}
    assert set(np.flatnonzero(solved.upper != given.upper)) <= excesses
