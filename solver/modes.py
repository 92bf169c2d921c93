"""Hold, buy or sell: the decisions of a program, apart from its quantities.

A mode for every position (and a case for every wash group) fixes all binaries but the tax region;
what is left is a convex program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from math import inf, prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from compiler.model import CompiledModel
from solver.handover import Floats, Program

NO_COLUMN = -1
COUNT = 1e-6
SMALL = 1e-7
DUST = 1e-4  # bp
LEANS = 0.25  # of the smallest order: less of it leans to none
MOST_TOGETHER = 128  # combinations of what several accounts may do with one name


class Mode(IntEnum):
    """What is done with a position: nothing, purchases only, sales only, or the sale of all of it.

    Only positions whose closing is a decision of its own have the last; of others a sale may be
    one of everything.
    """

    HOLD = 0
    BUY = 1
    SELL = 2
    CLOSE = 3


@dataclass(frozen=True, slots=True)
class PositionColumns:
    """A position's columns in the program, NO_COLUMN where it has none.

    Where other accounts of its portfolio or funds hold the security too, its risk is in `through`,
    the sum of all their active weights: a dollar of its own counts `weight` in it, and what no
    position of the security adds lies between `spread[0]` and `spread[1]` (bp).
    `too_small` is the excess without which the position may not be left as it is. `shared` is one
    whose risk lies in columns that it has with other securities: its own price says little of it.
    `in_order` are sales of lots that go one after the other, `exhausted` the binaries that say
    which of them, all but the last, are sold whole.
    """

    sells: tuple[int, ...]
    buy: int
    sold: int
    bought: int
    active: int
    drift: float
    smallest_sale: float
    smallest_purchase: float
    name: tuple[str, str]
    through: int = NO_COLUMN
    weight: float = 1.0
    spread: tuple[float, float] = (0.0, 0.0)
    closed: int = NO_COLUMN
    largest_part: float = inf
    too_small: int = NO_COLUMN
    shared: bool = False
    in_order: tuple[int, ...] = ()
    exhausted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """One square of risk, in column `risk`, and the positions whose active weights are in it; it is
    their `own` where that is the active weight of the only one."""

    positions: tuple[int, ...]
    risk: int
    own: bool
    spread: tuple[float, float]


@dataclass(frozen=True, slots=True)
class LossColumns:
    """Sales at a loss switched on by the binary `taken`, which asks for the whole of `exits`.

    Where recent shares wash a part of them, those are `kept`: `least` is what is sold for certain
    and `disallowed` what is lost (columns with bp). Only one such sale of a group is taken, and
    only with as much of the losses as each of `asked` wants (bp): what a bp sold of columns loses,
    and how much all of them together have to lose.
    """

    taken: int
    sells: tuple[int, ...]
    exits: tuple[int, ...]
    kept: tuple[int, ...] = ()
    least: tuple[tuple[int, float], ...] = ()
    disallowed: tuple[tuple[int, float], ...] = ()
    asked: tuple[tuple[Mapping[int, float], float], ...] = ()

    @property
    def washed(self) -> bool:
        return bool(self.disallowed)


@dataclass(frozen=True, slots=True)
class WashColumns:
    """Positions of one wash group and the sales at a loss that exclude its purchases."""

    group: str
    positions: tuple[int, ...]
    sales: tuple[LossColumns, ...]


@dataclass(frozen=True, slots=True)
class RegionColumns:
    """One region of an entity's tax function: its binary, and its net short and long gains."""

    entity: str
    name: str
    chosen: int
    short: int
    long: int


@dataclass(frozen=True, slots=True)
class Structure:
    """What the search knows of a program beyond its arrays.

    `coupling` flags the rows that a Lagrangian prices; the others either hold a mode's binary or
    define a position's active weight. `counted` are those of the former that hold binaries of
    several positions and no trade: they are priced too, mode by mode. `washed[p]` is the wash group
    of position p, or -1. `corners` are those of each tax region (by its binary) in short and long,
    and `region_rows` flags the rows that say where it lies.
    """

    positions: tuple[PositionColumns, ...]
    names: tuple[Name, ...]
    washes: tuple[WashColumns, ...]
    washed: NDArray[np.int64]
    regions: tuple[tuple[RegionColumns, ...], ...]
    mode_columns: NDArray[np.bool_]
    mode_rows: NDArray[np.bool_]
    coupling: NDArray[np.bool_]
    corners: Mapping[int, Floats]
    region_rows: NDArray[np.bool_]
    counted: tuple[int, ...] = ()

    def priced(self, row_dual: Floats) -> Floats:
        """Prices of the rows that a Lagrangian prices, none of the others."""
        return np.where(self.coupling, row_dual, 0.0)

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Which positions are."""
        return np.array([p.shared for p in self.positions], dtype=np.bool_)


def read_structure(compiled: CompiledModel, program: Program) -> Structure:
    """Translate the registry beside the Pyomo model into columns."""
    return program.once("structure", lambda: _structure(compiled, program))


def _structure(compiled: CompiledModel, program: Program) -> Structure:
    physics = compiled.physics

    def column(variable: Any | None) -> int:
        return NO_COLUMN if variable is None else program.column(variable)

    positions = tuple(
        PositionColumns(
            sells=tuple(program.column(sell) for sell in p.sells),
            buy=column(p.buy),
            sold=column(p.sold),
            bought=column(p.bought),
            active=program.column(p.active),
            drift=p.held - p.target,
            smallest_sale=min(_smallest(program, p.smallest_sale, p.soft_sales), p.held),
            smallest_purchase=_smallest(program, p.smallest_purchase, p.soft_purchases),
            name=name,
            closed=column(p.closed),
            largest_part=p.largest_part,
            too_small=column(p.too_small),
            through=column(p.through),
            weight=p.weight,
            spread=p.spread,
            shared=p.shared,
            in_order=tuple(program.column(s) for s in p.in_order),
            exhausted=tuple(program.column(e) for e in p.exhausted),
        )
        for name, p in physics.positions.items()
    )
    positions, names = _named(positions)
    of_bought = {p.bought: k for k, p in enumerate(positions) if p.bought != NO_COLUMN}
    of_sell = {sell: k for k, p in enumerate(positions) for sell in p.sells}
    washes = []
    asked = _asked(program)
    for group in physics.wash_groups:
        sales = tuple(
            LossColumns(
                column(sale.taken),
                tuple(program.column(s) for s in sale.sells),
                tuple(program.column(s) for s in sale.exits),
                tuple(program.column(s) for s in sale.kept),
                tuple((program.column(s), amount) for s, amount in sale.least),
                ()
                if sale.way is None
                else tuple(
                    (program.column(physics.disallowed[key]), amount)
                    for key, amount in sale.way.disallowed.items()
                ),
                tuple(asked.get(column(sale.taken), ())),
            )
            for sale in group.sales
        )
        members = {of_bought[column(b)] for b in group.bought}
        members |= {of_sell[s] for sale in sales for s in (*sale.sells, *sale.exits, *sale.kept)}
        washes.append(WashColumns(group.group, tuple(sorted(members)), sales))
    washed = np.full(len(positions), -1)
    for k, wash in enumerate(washes):
        washed[list(wash.positions)] = k
    regions = tuple(
        tuple(
            RegionColumns(
                entity,
                region.name,
                program.column(region.chosen),
                program.column(region.short),
                program.column(region.long),
            )
            for region in function.regions
        )
        for entity, function in physics.taxes.items()
    )
    mode_columns = program.integer.copy()
    for function in regions:
        mode_columns[[region.chosen for region in function]] = False
    mode_rows = np.asarray(abs(program.matrix) @ mode_columns.astype(float)) > 0
    coupling = ~mode_rows
    coupling[program.rows_of(lambda part: part == "physics.activity")] = False
    counted = _counted(program, positions, mode_rows)
    coupling[list(counted)] = True
    of_regions = (".netting", ".inside", ".one_region")
    region_rows = np.zeros(mode_rows.size, dtype=np.bool_)
    region_rows[
        program.rows_of(lambda part: part.startswith("tax[") and part.endswith(of_regions))
    ] = True
    of_region = program.matrix[region_rows]
    return Structure(
        positions,
        names,
        tuple(washes),
        washed,
        regions,
        mode_columns,
        mode_rows,
        coupling,
        {r.chosen: _corners(program, r, region_rows, of_region) for f in regions for r in f},
        region_rows,
        counted,
    )


def _asked(program: Program) -> dict[int, list[tuple[Mapping[int, float], float]]]:
    """By the binary that takes a washed loss, the rows that want more of the loss with it."""
    found: dict[int, list[tuple[Mapping[int, float], float]]] = {}
    a = program.matrix
    for i in program.rows_of(lambda part: part.endswith(".washed_share")).tolist():
        span = slice(a.indptr[i], a.indptr[i + 1])
        sign = 1.0 if np.isfinite(program.row_lower[i]) else -1.0
        of = dict(zip(a.indices[span].tolist(), (sign * a.data[span]).tolist(), strict=True))
        for taken in [j for j in of if program.integer[j]]:
            found.setdefault(taken, []).append((of, -of.pop(taken)))
    return found


def _named(
    positions: tuple[PositionColumns, ...],
) -> tuple[tuple[PositionColumns, ...], tuple[Name, ...]]:
    """Positions by the square that their risk is in. Where a name has too many accounts for all
    that they may do together, each is by itself, and shares a column."""
    of_column: dict[int, list[int]] = {}
    for k, p in enumerate(positions):
        if p.through != NO_COLUMN:
            of_column.setdefault(p.through, []).append(k)
    found = list(positions)
    for members in of_column.values():
        if prod(_ways(positions[k]) for k in members) > MOST_TOGETHER:
            for k in members:
                found[k] = replace(found[k], through=NO_COLUMN, shared=True)
    names = []
    for k, p in enumerate(found):
        if p.through == NO_COLUMN:
            names.append(Name((k,), p.active, True, (0.0, 0.0)))
        elif of_column[p.through][0] == k:
            names.append(Name(tuple(of_column[p.through]), p.through, False, p.spread))
    return tuple(found), tuple(names)


def _ways(p: PositionColumns) -> int:
    """How many things may be done with a position."""
    sales = max(1, len(p.in_order)) + (p.closed != NO_COLUMN) if p.sells else 0
    return 1 + (p.buy != NO_COLUMN) + sales


def _corners(
    program: Program, region: RegionColumns, rows: NDArray[np.bool_], matrix: sp.csr_matrix
) -> Floats:
    """Corners (short, long) of the polygon in which a tax region's nets lie; none where it is
    empty. Points outside by less than rounding count: a bound over them is no tighter. `matrix` is
    that of the `rows` of regions."""
    columns = [region.short, region.long, region.chosen]
    a = matrix[:, columns].toarray()
    own = np.abs(a[:, :2]).sum(axis=1) > 0
    a, ends = a[own], np.stack([program.row_lower[rows][own], program.row_upper[rows][own]])
    box = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    at = [f(c) for c in columns[:2] for f in (program.lower.__getitem__, program.upper.__getitem__)]
    sides = [(row[:2], end - row[2]) for row, both in zip(a, ends.T, strict=True) for end in both]
    sides = [(n, c) for n, c in [*sides, *zip(box, at, strict=True)] if np.isfinite(c)]
    one, other = np.tril_indices(len(sides), -1)
    normals, levels = np.array([n for n, _ in sides]), np.array([c for _, c in sides])
    pairs = np.stack([normals[one], normals[other]], axis=1)
    meeting = np.abs(np.linalg.det(pairs)) > SMALL
    ends_of = np.stack([levels[one], levels[other]], axis=1)[meeting]
    points = np.linalg.solve(pairs[meeting], ends_of[:, :, None]).reshape(-1, 2)
    values = points @ a[:, :2].T + a[:, 2]
    slack = SMALL * (1.0 + np.abs(points).max(axis=1, initial=0.0))
    low, high = np.array(at[::2]), np.array(at[1::2])
    inside = ((values >= ends[0] - slack[:, None]) & (values <= ends[1] + slack[:, None])).all(1)
    inside &= ((points >= low - slack[:, None]) & (points <= high + slack[:, None])).all(1)
    return np.asarray(points[inside])


def _counted(
    program: Program, positions: tuple[PositionColumns, ...], mode_rows: NDArray[np.bool_]
) -> tuple[int, ...]:
    """Rows over the modes of several positions: beside those, columns that stand alone at most."""
    of_mode = {
        column: k
        for k, p in enumerate(positions)
        for column in (p.sold, p.bought, p.closed)
        if column != NO_COLUMN
    }
    claimed = {j for p in positions for j in (*p.sells, p.buy, p.active, p.through)}
    a, found = program.matrix, []
    owner = np.full(program.cost.size, NO_COLUMN)
    owner[list(of_mode)] = list(of_mode.values())
    rows = np.repeat(np.arange(a.shape[0]), np.diff(a.indptr))
    owners = owner[a.indices]
    inside = owners != NO_COLUMN
    first = np.full(a.shape[0], len(positions))
    last = np.full(a.shape[0], NO_COLUMN)
    np.minimum.at(first, rows[inside], owners[inside])
    np.maximum.at(last, rows[inside], owners[inside])
    for i in np.flatnonzero(mode_rows & (first < last)).tolist():
        columns = a.indices[a.indptr[i] : a.indptr[i + 1]].tolist()
        others = [j for j in columns if j not in of_mode]
        if not any(j in claimed or program.integer[j] for j in others):
            found.append(i)
    return tuple(found)


def _smallest(program: Program, hard: float, soft: list[tuple[float, Any]]) -> float:
    """The smallest order that minimums ask for, soft ones where they let nothing fall short."""
    kept = (amount for amount, short in soft if program.upper[program.column(short)] <= 0.0)
    return max([hard, *kept])


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
        if position.sold != NO_COLUMN:
            fixed[position.sold] = float(mode in (Mode.SELL, Mode.CLOSE))
        if position.closed != NO_COLUMN:
            fixed[position.closed] = float(mode is Mode.CLOSE)
        if position.bought != NO_COLUMN:
            fixed[position.bought] = float(mode is Mode.BUY)
        for k, exhausted in enumerate(position.exhausted):
            fixed[exhausted] = float(mode is Mode.CLOSE or (mode is Mode.SELL and k < depth))
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
    modes = []
    for p in structure.positions:
        sold = sum(float(x[s]) for s in p.sells)
        bought = 0.0 if p.buy == NO_COLUMN else float(x[p.buy])
        if sold >= bought and sold > max(LEANS * p.smallest_sale, DUST):
            whole = p.closed != NO_COLUMN and x[p.closed] > 0.5
            modes.append(Mode.CLOSE if whole else Mode.SELL)
        elif bought > max(LEANS * p.smallest_purchase, DUST):
            modes.append(Mode.BUY)
        else:
            modes.append(Mode.HOLD)
    return tuple(modes)


def decisions_at(structure: Structure, x: Floats) -> Decisions:
    """The decisions that a solution with binaries took."""
    modes = []
    for p in structure.positions:
        if p.bought != NO_COLUMN and x[p.bought] > 0.5:
            modes.append(Mode.BUY)
        elif p.closed != NO_COLUMN and x[p.closed] > 0.5:
            modes.append(Mode.CLOSE)
        elif p.sold != NO_COLUMN and x[p.sold] > 0.5:
            modes.append(Mode.SELL)
        else:
            modes.append(Mode.HOLD)
    taken = tuple(
        frozenset(k for k, sale in enumerate(wash.sales) if x[sale.taken] > 0.5)
        for wash in structure.washes
    )
    depths = tuple(
        sum(x[j] > 0.5 for j in p.exhausted) if mode is Mode.SELL else 0
        for p, mode in zip(structure.positions, modes, strict=True)
    )
    return Decisions(tuple(modes), taken, depths)
