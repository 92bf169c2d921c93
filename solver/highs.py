"""HiGHS as every part of the search starts it."""

from __future__ import annotations

from typing import Any

import highspy
import scipy.sparse as sp

from solver.handover import Floats


def new_engine() -> Any:
    """A quiet engine: one thread, fixed seed, nothing carried over from an earlier solve."""
    engine = highspy.Highs()
    engine.setOptionValue("output_flag", False)
    engine.setOptionValue("threads", 1)
    engine.setOptionValue("random_seed", 1)
    return engine


def linear_model(
    cost: Floats,
    matrix: sp.csr_matrix,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
) -> Any:
    """A HiGHS model from arrays, handed over whole."""
    model = highspy.HighsModel()
    lp = model.lp_
    lp.num_col_, lp.num_row_ = cost.size, matrix.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
    lp.row_lower_, lp.row_upper_ = row_lower, row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    return model
