"""Products of long vectors that are the same numbers on every machine.

Above ten thousand numbers BLAS shares one product among threads: the last digits then depend on how
many cores there are, and where others use them it waits for milliseconds instead of microseconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ONE_THREAD = 8192  # numbers that no BLAS shares among threads


def dot(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The inner product of two vectors of equal length, summed part by part."""
    parts = range(0, max(one.size, 1), ONE_THREAD)
    return sum(float(one[k : k + ONE_THREAD] @ other[k : k + ONE_THREAD]) for k in parts)
