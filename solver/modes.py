"""Hold, buy or sell: the decisions of a program, apart from its quantities.

A mode for every position (and a case for every wash group) fixes all binaries but the tax region;
what is left is a convex program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from solver.handover import Floats, Program
from solver.structure import NO_COLUMN, Structure

COUNT = 1e-6
DUST = 1e-4  # bp
LEANS = 0.25  # of the smallest order: less of it leans to none


class Mode(IntEnum):
    """What is done with a position: nothing, purchases only, sales only, or the sale of all of it.

    Only positions whose closing is a decision of its own have the last; of others a sale may be
    one of everything.
    """

    HOLD = 0
    BUY = 1
    SELL = 2
    CLOSE = 3


MODES = tuple(Mode)


@dataclass(frozen=True, slots=True)
class Decisions:
    """A mode for each position and, for each wash group, which of its loss sales are taken.

    `depths` says of each position that sells lots in order how many are sold whole before the one
    that may be sold in part; it is 0 for all others.
    """

    modes: tuple[Mode, ...]
    taken: tuple[frozenset[int], ...]
    depths: tuple[int, ...]


def fixings(structure: Structure, decisions: Decisions) -> dict[int, float]:
    """Columns fixed by decisions: binaries, and the trades that a mode rules out."""
    fixed: dict[int, float] = {}
    of_positions = zip(structure.positions, decisions.modes, decisions.depths, strict=True)
    for position, mode, depth in of_positions:
        closes = mode is Mode.CLOSE
        if position.sold != NO_COLUMN:
            fixed[position.sold] = float(closes or mode is Mode.SELL)
        if position.closed != NO_COLUMN:
            fixed[position.closed] = float(closes)
        if position.bought != NO_COLUMN:
            fixed[position.bought] = float(mode is Mode.BUY)
        for k, exhausted in enumerate(position.exhausted):
            fixed[exhausted] = float(closes or (mode is Mode.SELL and k < depth))
    for wash, taken in zip(structure.washes, decisions.taken, strict=True):
        for k, sale in enumerate(wash.sales):
            fixed[sale.taken] = float(k in taken)
    return fixed


def excess(program: Program, structure: Structure, decisions: Decisions, row: int) -> float:
    """By how much decisions exceed a counting row (negative: fall short of it), its columns that
    stand alone helping as much as they may."""
    low, high = _span(program, structure, decisions, row)
    if low > program.row_upper[row] + COUNT:
        return float(low - program.row_upper[row])
    if high < program.row_lower[row] - COUNT:
        return float(high - program.row_lower[row])
    return 0.0


def room(program: Program, structure: Structure, decisions: Decisions, row: int) -> float:
    """What a counting row has room for beyond these decisions, none where it has no upper end."""
    low, _ = _span(program, structure, decisions, row)
    left = float(program.row_upper[row] - low) + COUNT
    return left if np.isfinite(left) else 0.0


def _span(
    program: Program, structure: Structure, decisions: Decisions, row: int
) -> tuple[float, float]:
    """Least and greatest value of a counting row once these decisions are taken."""
    fixed = fixings(structure, decisions)
    span = slice(program.matrix.indptr[row], program.matrix.indptr[row + 1])
    low = high = 0.0
    for j, a in zip(program.matrix.indices[span], program.matrix.data[span], strict=True):
        ends = (a * fixed[j],) if j in fixed else (a * program.lower[j], a * program.upper[j])
        low, high = low + min(ends), high + max(ends)
    return float(low), float(high)


def leaning(structure: Structure, x: Floats) -> tuple[Mode, ...]:
    """The mode that each position comes nearest to where binaries are left out."""
    p, none = structure.arrays, np.append(x, 0.0)
    sold, bought = np.bincount(p.lot_of, x[p.lots], p.sold.size), none[p.buy]
    sells = (sold >= bought) & (sold > np.maximum(LEANS * p.smallest_sale, DUST))
    buys = bought > np.maximum(LEANS * p.smallest_purchase, DUST)
    whole = sells & (none[p.closed] > 0.5)
    return _chosen([whole, sells, buys], [Mode.CLOSE, Mode.SELL, Mode.BUY])


def decisions_at(structure: Structure, x: Floats) -> Decisions:
    """The decisions that a solution with binaries took."""
    p, on = structure.arrays, np.append(x, 0.0) > 0.5
    modes = _chosen([on[p.bought], on[p.closed], on[p.sold]], [Mode.BUY, Mode.CLOSE, Mode.SELL])
    taken = tuple(
        frozenset([k for k, sale in enumerate(wash.sales) if on[sale.taken]])
        for wash in structure.washes
    )
    depths = tuple(
        sum(x[j] > 0.5 for j in p.exhausted) if p.exhausted and mode is Mode.SELL else 0
        for p, mode in zip(structure.positions, modes, strict=True)
    )
    return Decisions(modes, taken, depths)


def _chosen(when: Sequence[NDArray[np.bool_]], modes: Sequence[Mode]) -> tuple[Mode, ...]:
    """Of each position the first mode that holds, else to hold."""
    chosen = np.full(when[0].size, int(Mode.HOLD))
    for holds, mode in zip(reversed(when), reversed(modes), strict=True):
        chosen[holds] = mode
    return tuple([MODES[mode] for mode in chosen.tolist()])
