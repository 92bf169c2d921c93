"""A tableau as arrays: columns by their numbers, rows in the order of their blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from compiler.sums import Sum
from compiler.tableau import Rows, Tableau

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StandardForm:
    """cost'x + offset, row_lower <= matrix x <= row_upper, lower <= x <= upper.

    Row i is one of `families[k]`, rows by name, where `first[k]` <= i < `first[k + 1]`.
    """

    families: tuple[Rows, ...]
    first: tuple[int, ...]
    cost: Floats
    offset: float
    matrix: sp.csr_matrix
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]


def standard_form(tableau: Tableau, objective: Sequence[Sum]) -> StandardForm:
    """All rows and columns of a tableau, and the sum of the parts of its objective.

    Raises ValueError where two rows have the same name.
    """
    families = tuple(tableau.all_rows())
    for rows in families:
        if len(set(rows.keys)) < len(rows.keys):
            raise ValueError(f"two rows of {rows.full_name} have the same name")
    return StandardForm(
        families=families,
        first=tuple(np.cumsum([0, *(len(rows.keys) for rows in families)]).tolist()),
        cost=gradient(objective, len(tableau.lower)),
        offset=float(sum([part.constant for part in objective])),
        matrix=_matrix(families, len(tableau.lower)),
        row_lower=_joined((rows.lower for rows in families), float),
        row_upper=_joined((rows.upper for rows in families), float),
        lower=np.array(tableau.lower, dtype=float),
        upper=np.array(tableau.upper, dtype=float),
        integer=np.array(tableau.binary, dtype=np.bool_),
    )


def gradient(parts: Sequence[Sum], columns: int) -> Floats:
    """What each column is multiplied by in the sum of all parts."""
    at = _joined((part.columns for part in parts), np.int64)
    by = _joined((part.coefficients for part in parts), float)
    return np.bincount(at, by, columns).astype(float)


def _matrix(families: Sequence[Rows], columns: int) -> sp.csr_matrix:
    """The coefficients of all rows, each column of a row once; no zeros."""
    at = _joined((rows.columns for rows in families), np.int32)
    values = _joined((rows.coefficients for rows in families), float)
    starts = np.cumsum([0, *chain.from_iterable(rows.sizes for rows in families)])
    matrix = sp.csr_matrix((values, at, starts), (starts.size - 1, columns))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _joined(lists: Iterable[Sequence[float]], kind: type) -> NDArray[Any]:
    return np.array(list(chain.from_iterable(lists)), dtype=kind)
