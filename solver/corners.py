"""Corners of tax regions: what a taxpayer's nets cost in a region is least at one of them.

A region is a polygon in net short and long gains: what its rows and the ends of both nets allow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.handover import Floats, Program

Ints = NDArray[np.int64]
SMALL = 1e-7
NETS = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class Corners(NamedTuple):
    """Points (short, long), each of the region `region`; one without any is empty."""

    points: Floats
    region: Ints


def corners(program: Program, rows: NDArray[np.bool_], columns: Ints) -> Corners:
    """Corners of every region, whose `columns` are (short, long, chosen) with chosen at one; `rows`
    say where regions lie. Points outside by less than rounding count: a bound over them is no
    tighter."""
    a, lower, upper, region = _rows_by_region(program, rows, columns)
    normals, levels = np.tile(a[:, :2], (2, 1)), np.concatenate([lower, upper])
    of = np.tile(region, 2)
    ended = np.isfinite(levels)
    normals, levels, of = normals[ended], levels[ended], of[ended]
    one, other = np.nonzero(np.tril(of[:, None] == of, -1))
    pairs = np.stack([normals[one], normals[other]], axis=1)
    meeting = np.abs(np.linalg.det(pairs)) > SMALL
    both = np.stack([levels[one], levels[other]], axis=1)[meeting]
    points, of = np.linalg.solve(pairs[meeting], both[:, :, None])[:, :, 0], of[one[meeting]]
    values = points @ a[:, :2].T
    slack = SMALL * (1.0 + np.abs(points).max(axis=1, initial=0.0))[:, None]
    kept = (values >= lower - slack) & (values <= upper + slack) | (of[:, None] != region)
    inside = kept.all(axis=1)
    order = np.argsort(of[inside], kind="stable")
    return Corners(points[inside][order], of[inside][order])


def _rows_by_region(
    program: Program, rows: NDArray[np.bool_], columns: Ints
) -> tuple[Floats, Floats, Floats, Ints]:
    """Rows over the nets of one region, the ends of the nets among them: coefficients of (short,
    long, chosen), both ends with chosen at one, and the region."""
    count, width = len(columns), columns.size
    place = np.full(program.cost.size, width)
    place[columns.reshape(-1)] = np.arange(width)
    entries = np.flatnonzero(rows[program.row_of])
    number = np.cumsum(rows) - 1
    dense = np.zeros((int(rows.sum()), width + 1))
    at = number[program.row_of[entries]], place[program.matrix.indices[entries]]
    dense[at] = program.matrix.data[entries]
    found = dense[:, :width].reshape(len(dense), count, 3)
    row, region = np.nonzero(found[:, :, :2].any(axis=2))
    a, row, nets = found[row, region], np.flatnonzero(rows)[row], columns[:, :2]
    lower = np.concatenate([program.row_lower[row] - a[:, 2], program.lower[nets].reshape(-1)])
    upper = np.concatenate([program.row_upper[row] - a[:, 2], program.upper[nets].reshape(-1)])
    region = np.concatenate([region, np.repeat(np.arange(count), 2)])
    return np.concatenate([a, np.tile(NETS, (count, 1))]), lower, upper, region
