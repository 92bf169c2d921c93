"""The region of its tax function that a taxpayer's trades fall in.

Quantities are found with the region held fixed. Whole shares may carry net gains over a kink, and
what lies beyond it is taxed by the next region's rates, not by an extension of this one's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from solver.answer import Answer
from solver.handover import Floats, Program
from solver.state import State
from solver.structure import RegionColumns, Structure

KINK = 1e-6  # bp by which nets may be outside of a region that they are at the end of
AHEAD = 0.01  # bp of a trade, far enough to tell into which region it leads


@dataclass(frozen=True, slots=True)
class _Piece:
    """One region: its columns, and its rows over (short, long, 1) with their ends (bp)."""

    region: RegionColumns
    rows: Floats
    lower: Floats
    upper: Floats

    def outside(self, short: float, long: float) -> float:
        """How far nets are from the region (bp)."""
        values = self.rows @ np.array([short, long, 1.0])
        below, above = self.lower - values, values - self.upper
        return float(np.maximum(np.maximum(below, above), 0.0).sum())

    def outside_each(self, nets: Floats) -> Floats:
        """The same for many nets (n x 2)."""
        values = nets @ self.rows[:, :2].T + self.rows[:, 2]
        beyond = np.maximum(self.lower - values, values - self.upper)
        return np.asarray(np.maximum(beyond, 0.0).sum(axis=1))


@dataclass(frozen=True, slots=True)
class Netting:
    """The regions of every tax function of a program, and nets (short, long) without trades."""

    functions: tuple[tuple[_Piece, ...], ...]
    start: tuple[tuple[float, float], ...]

    def untraded(self) -> tuple[RegionColumns, ...]:
        """The regions that hold each taxpayer's nets if nothing is traded."""
        return tuple(
            min(pieces, key=lambda piece: piece.outside(*start)).region
            for pieces, start in zip(self.functions, self.start, strict=True)
        )

    def may_hold_untraded(self, region: Sequence[RegionColumns], slack: float) -> bool:
        """Whether nets without trades lie in these regions, or no further than `slack` (bp) outside
        a row."""
        return all(
            piece.outside(*start) <= slack * piece.lower.size
            for pieces, one, start in zip(self.functions, region, self.start, strict=True)
            for piece in pieces
            if piece.region == one
        )

    def chosen(self, x: Floats) -> tuple[RegionColumns, ...]:
        """The regions that are switched on."""
        return tuple(
            next(p.region for p in pieces if x[p.region.chosen] > 0.5) for pieces in self.functions
        )

    def holding(self, x: Floats) -> tuple[RegionColumns, ...]:
        """The regions that hold each taxpayer's nets; where several meet, that of no trades."""
        found = []
        for pieces, untraded in zip(self.functions, self.untraded(), strict=True):
            short = sum(float(x[p.region.short]) for p in pieces)
            long = sum(float(x[p.region.long]) for p in pieces)
            beyond = [max(0.0, p.outside(short, long) - KINK) for p in pieces]
            order = sorted(
                zip(beyond, pieces, strict=True), key=lambda e: (e[0], e[1].region != untraded)
            )
            found.append(order[0][1].region)
        return tuple(found)

    def placed(self, x: Floats) -> Floats:
        """The same trades, with each taxpayer's nets in the region that holds them."""
        x = x.copy()
        for pieces, now in zip(self.functions, self.chosen(x), strict=True):
            short, long = float(x[now.short]), float(x[now.long])
            best = min(pieces, key=lambda p: (p.outside(short, long), p.region is not now)).region
            x[[now.chosen, now.short, now.long]] = 0.0
            x[[best.chosen, best.short, best.long]] = 1.0, short, long
        return x


def read_netting(program: Program, structure: Structure) -> Netting:
    """The regions as the program's rows have them."""
    return program.once("netting", lambda: _netting(program, structure))


def _netting(program: Program, structure: Structure) -> Netting:
    functions, start = [], []
    for function in structure.regions:
        tax = f"tax[{function[0].entity}]"
        functions.append(tuple(_pieces(program, function, f"{tax}.netting")))
        short, long = program.row_lower[program.rows_of(f"{tax}.net".__eq__)]
        start.append((float(short), float(long)))
    return Netting(tuple(functions), tuple(start))


def _pieces(program: Program, function: tuple[RegionColumns, ...], name: str) -> Iterator[_Piece]:
    """Each region with the rows of its own."""
    rows = program.rows_of(name.__eq__)
    matrix = program.matrix[rows]
    columns = np.array([[r.short, r.long, r.chosen] for r in function])
    dense = matrix[:, columns.reshape(-1)].toarray().reshape(rows.size, *columns.shape)
    for k, region in enumerate(function):
        own = np.flatnonzero(dense[:, k].any(axis=1))
        yield _Piece(
            region, dense[own, k], program.row_lower[rows[own]], program.row_upper[rows[own]]
        )


def tax_ahead(
    program: Program, structure: Structure, state: State, answer: Answer, taxed: Floats
) -> dict[int, float]:
    """By trade column: what a dollar of it changes of the tax beyond what the answer's regions say,
    where nets lie between regions and the trade leads into another. `taxed` is the gradient of the
    tax."""
    x, found = answer.point.x, np.zeros(state.trades.size)
    for pieces, now in zip(read_netting(program, structure).functions, answer.region, strict=True):
        nets = x[[now.short, now.long]]
        near = [p for p in pieces if p.outside(*nets) <= KINK]
        if len(near) < 2:
            continue
        near.sort(key=lambda piece: piece.region is not now)  # where both hold nets, they stay
        of_nets = np.zeros((2, x.size))
        of_nets[[0, 1], [now.short, now.long]] = 1.0
        changes = state.total_derivatives(of_nets).T
        beyond = [piece.outside_each(nets + AHEAD * changes) for piece in near]
        into = np.argmin(beyond, axis=0)
        rates = np.array([taxed[[p.region.short, p.region.long]] for p in near])
        found += ((rates[into] - taxed[[now.short, now.long]]) * changes).sum(axis=1)
    leads = np.flatnonzero(found)
    return dict(zip(state.trades[leads].tolist(), found[leads].tolist(), strict=True))
