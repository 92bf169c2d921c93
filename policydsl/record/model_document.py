"""The model of a household as it was solved, in one hash."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from solver.handover import Program


def model_document(program: Program) -> dict[str, Any]:
    """`sha256` of the arrays in this order, numbers as 64 bits, the lowest byte first: cost,
    offset, squares; the matrix row by row (starts, columns, coefficients); bounds of rows, bounds
    of columns, and which columns are integers. Names are no part of it."""
    matrix = program.matrix
    digest = hashlib.sha256()
    for numbers in (
        *(program.cost, np.array([program.offset]), program.square),
        *(matrix.indptr, matrix.indices, matrix.data),
        *(program.row_lower, program.row_upper, program.lower, program.upper, program.integer),
    ):
        kind = "<f8" if numbers.dtype.kind == "f" else "<i8"
        digest.update(np.ascontiguousarray(numbers, dtype=kind).tobytes())
    return {
        "sha256": digest.hexdigest(),
        "rows": int(matrix.shape[0]),
        "columns": int(matrix.shape[1]),
        "nonzeros": int(matrix.nnz),
        "integers": int(np.count_nonzero(program.integer)),
    }
