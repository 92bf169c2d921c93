"""Bounds from rows of one column, given at once, against one row after the other."""

from __future__ import annotations

import numpy as np

from solver.reduce import NONE, _tighten


def test_the_first_of_the_tightest_rows_gives_the_bound() -> None:
    random = np.random.default_rng(7)
    for _ in range(50):
        columns = random.integers(0, 6, 40)
        values = random.integers(0, 5, 40).astype(float)  # many are equal
        rows = random.permutation(40)
        ends, from_row = np.full(6, 3.0), np.full(6, NONE)
        one_by_one, giving = ends.copy(), from_row.copy()
        for i, j, value in zip(rows, columns, values, strict=True):
            if value < one_by_one[j]:
                one_by_one[j], giving[j] = value, i
        _tighten(np.minimum, ends, from_row, rows, columns, values)
        assert np.array_equal(ends, one_by_one)
        assert np.array_equal(from_row, giving)
