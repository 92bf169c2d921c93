"""What a program is made of, beyond its arrays: positions, the names whose risk they share, wash
groups and tax regions, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compiler.model import CompiledModel
from compiler.physics import Physics
from compiler.registry import LossSale, Position
from compiler.sums import Column
from solver.handover import Floats, Program

Ints = NDArray[np.int64]
Asked = tuple[Mapping[int, float], float]
NO_COLUMN = -1
MOST_TOGETHER = 128  # combinations of what several accounts may do with one name


class PositionColumns(NamedTuple):
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
    through: int
    weight: float
    spread: tuple[float, float]
    closed: int
    largest_part: float
    too_small: int
    shared: bool
    in_order: tuple[int, ...]
    exhausted: tuple[int, ...]


class PositionArrays(NamedTuple):
    """The same as arrays over all positions. `lots` are the sales of all lots one after the other,
    `lot_of` the position of each; the `lot_count[p]` of position p begin at `first[p]`."""

    buy: Ints
    sold: Ints
    bought: Ints
    active: Ints
    drift: Floats
    smallest_sale: Floats
    smallest_purchase: Floats
    weight: Floats
    closed: Ints
    largest_part: Floats
    too_small: Ints
    shared: NDArray[np.bool_]
    lots: Ints
    lot_of: Ints
    first: Ints
    lot_count: Ints


class Name(NamedTuple):
    """One square of risk, in column `risk`, and the positions whose active weights are in it; it is
    their `own` where that is the active weight of the only one."""

    positions: tuple[int, ...]
    risk: int
    own: bool
    spread: tuple[float, float]


class NameArrays(NamedTuple):
    """The same as arrays over all names, and `of`, the name of each position, with its `place` in
    it; `members` are positions, name by name, `sizes` how many are in each."""

    risk: Ints
    own: NDArray[np.bool_]
    spread: Floats
    members: Ints
    sizes: Ints
    of: Ints
    place: Ints


class LossColumns(NamedTuple):
    """Sales at a loss switched on by the binary `taken`, which asks for the whole of `exits`.

    Where recent shares wash a part of them, those are `kept`: `least` is what is sold for certain
    and `disallowed` what is lost (columns with bp). Only one such sale of a group is taken, and
    only with as much of the losses as each of `asked` wants (bp): what a bp sold of columns loses,
    and how much all of them together have to lose.
    """

    taken: int
    sells: tuple[int, ...]
    exits: tuple[int, ...]
    kept: tuple[int, ...]
    least: tuple[tuple[int, float], ...]
    disallowed: tuple[tuple[int, float], ...]
    asked: tuple[Asked, ...]

    @property
    def washed(self) -> bool:
        return bool(self.disallowed)


class WashColumns(NamedTuple):
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
    several positions and no trade: they are priced too, mode by mode. `arrays` are those of
    `positions`, `name_arrays` those of `names`. `washed[p]` is the wash group of position p, or -1.
    `nets` are the columns of each tax region (short, long, chosen), function by function, and
    `region_rows` flags the rows that say where it lies.
    """

    positions: tuple[PositionColumns, ...]
    arrays: PositionArrays
    names: tuple[Name, ...]
    name_arrays: NameArrays
    washes: tuple[WashColumns, ...]
    washed: Ints
    regions: tuple[tuple[RegionColumns, ...], ...]
    mode_columns: NDArray[np.bool_]
    mode_rows: NDArray[np.bool_]
    coupling: NDArray[np.bool_]
    nets: Ints
    region_rows: NDArray[np.bool_]
    counted: tuple[int, ...] = ()

    def priced(self, row_dual: Floats) -> Floats:
        """Prices of the rows that a Lagrangian prices, none of the others."""
        return np.where(self.coupling, row_dual, 0.0)

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Which positions are."""
        return self.arrays.shared


def read_structure(compiled: CompiledModel, program: Program) -> Structure:
    """What stands beside the tableau, as columns and arrays."""
    return program.once("structure", lambda: _structure(compiled, program))


def _structure(compiled: CompiledModel, program: Program) -> Structure:
    physics = compiled.physics
    positions, names = _named(
        [_position(program, name, p) for name, p in physics.positions.items()]
    )
    arrays = _arrays(positions)
    washes = _washes(program, physics, positions)
    washed = np.full(len(positions), -1)
    for k, wash in enumerate(washes):
        washed[list(wash.positions)] = k
    regions = tuple(
        tuple(
            RegionColumns(entity, each.name, each.chosen, each.short, each.long)
            for each in function.regions
        )
        for entity, function in physics.taxes.items()
    )
    nets = np.array([(r.short, r.long, r.chosen) for f in regions for r in f], int).reshape(-1, 3)
    mode_columns = program.integer.copy()
    mode_columns[nets[:, 2]] = False
    mode_rows = np.zeros(program.row_lower.size, dtype=np.bool_)
    mode_rows[program.row_of[mode_columns[program.matrix.indices]]] = True
    coupling = ~mode_rows
    coupling[program.rows_of(lambda part: part == "physics.activity")] = False
    counted = _counted(program, positions, arrays, mode_rows)
    coupling[list(counted)] = True
    of_regions = (".netting", ".inside", ".one_region")
    region_rows = np.zeros(mode_rows.size, dtype=np.bool_)
    region_rows[
        program.rows_of(lambda part: part.startswith("tax[") and part.endswith(of_regions))
    ] = True
    return Structure(
        positions,
        arrays,
        names,
        _name_arrays(names),
        washes,
        washed,
        regions,
        mode_columns,
        mode_rows,
        coupling,
        nets,
        region_rows,
        counted,
    )


def _position(program: Program, name: tuple[str, str], p: Position) -> PositionColumns:
    return PositionColumns(
        sells=p.sells,
        buy=_column(p.buy),
        sold=_column(p.sold),
        bought=_column(p.bought),
        active=p.active,
        drift=p.held - p.target,
        smallest_sale=min(_smallest(program, p.smallest_sale, p.soft_sales), p.held),
        smallest_purchase=_smallest(program, p.smallest_purchase, p.soft_purchases),
        name=name,
        through=_column(p.through),
        weight=p.weight,
        spread=p.spread,
        closed=_column(p.closed),
        largest_part=p.largest_part,
        too_small=_column(p.too_small),
        shared=p.shared,
        in_order=p.in_order,
        exhausted=p.exhausted,
    )


def _column(number: Column | None) -> int:
    return NO_COLUMN if number is None else number


def _arrays(positions: Sequence[PositionColumns]) -> PositionArrays:
    counts = np.array([len(p.sells) for p in positions], dtype=np.int64)
    return PositionArrays(
        buy=np.array([p.buy for p in positions], dtype=np.int64),
        sold=np.array([p.sold for p in positions], dtype=np.int64),
        bought=np.array([p.bought for p in positions], dtype=np.int64),
        active=np.array([p.active for p in positions], dtype=np.int64),
        drift=np.array([p.drift for p in positions], dtype=np.float64),
        smallest_sale=np.array([p.smallest_sale for p in positions], dtype=np.float64),
        smallest_purchase=np.array([p.smallest_purchase for p in positions], dtype=np.float64),
        weight=np.array([p.weight for p in positions], dtype=np.float64),
        closed=np.array([p.closed for p in positions], dtype=np.int64),
        largest_part=np.array([p.largest_part for p in positions], dtype=np.float64),
        too_small=np.array([p.too_small for p in positions], dtype=np.int64),
        shared=np.array([p.shared for p in positions], dtype=np.bool_),
        lots=np.array([s for p in positions for s in p.sells], dtype=np.int64),
        lot_of=np.repeat(np.arange(counts.size), counts),
        first=np.cumsum(counts) - counts,
        lot_count=counts,
    )


def _name_arrays(names: Sequence[Name]) -> NameArrays:
    members = np.array([p for name in names for p in name.positions], dtype=np.int64)
    sizes = np.array([len(name.positions) for name in names], dtype=np.int64)
    of, place = np.empty_like(members), np.empty_like(members)
    of[members] = np.repeat(np.arange(sizes.size), sizes)
    place[members] = np.arange(members.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return NameArrays(
        risk=np.array([name.risk for name in names], dtype=np.int64),
        own=np.array([name.own for name in names], dtype=np.bool_),
        spread=np.array([name.spread for name in names], dtype=np.float64).reshape(-1, 2),
        members=members,
        sizes=sizes,
        of=of,
        place=place,
    )


def _washes(
    program: Program, physics: Physics, positions: Sequence[PositionColumns]
) -> tuple[WashColumns, ...]:
    owner = {sell: k for k, p in enumerate(positions) for sell in p.sells}
    owner |= {p.bought: k for k, p in enumerate(positions) if p.bought != NO_COLUMN}
    asked = _asked(program)
    washes = []
    for group in physics.wash_groups:
        sales = tuple([_loss(physics, sale, asked) for sale in group.sales])
        moved = chain(group.bought, *(chain(s.sells, s.exits, s.kept) for s in sales))
        members = {owner[column] for column in moved}
        washes.append(WashColumns(group.group, tuple(sorted(members)), sales))
    return tuple(washes)


def _loss(physics: Physics, sale: LossSale, asked: Mapping[int, Sequence[Asked]]) -> LossColumns:
    lost = {} if sale.way is None else sale.way.disallowed
    return LossColumns(
        sale.taken,
        sale.sells,
        sale.exits,
        sale.kept,
        sale.least,
        tuple([(physics.disallowed[key], amount) for key, amount in lost.items()]),
        tuple(asked.get(sale.taken, ())),
    )


def _asked(program: Program) -> dict[int, list[Asked]]:
    """By the binary that takes a washed loss, the rows that want more of the loss with it."""
    found: dict[int, list[Asked]] = {}
    a = program.matrix
    for i in program.rows_of(lambda part: part.endswith(".washed_share")).tolist():
        span = slice(a.indptr[i], a.indptr[i + 1])
        sign = 1.0 if np.isfinite(program.row_lower[i]) else -1.0
        of = dict(zip(a.indices[span].tolist(), (sign * a.data[span]).tolist(), strict=True))
        for taken in [j for j in of if program.integer[j]]:
            found.setdefault(taken, []).append((of, -of.pop(taken)))
    return found


def _named(
    positions: list[PositionColumns],
) -> tuple[tuple[PositionColumns, ...], tuple[Name, ...]]:
    """Positions by the square that their risk is in. Where a name has too many accounts for all
    that they may do together, each is by itself, and shares a column."""
    of_column: dict[int, list[int]] = {}
    for k, p in enumerate(positions):
        if p.through != NO_COLUMN:
            of_column.setdefault(p.through, []).append(k)
    for members in of_column.values():
        if prod(_ways(positions[k]) for k in members) > MOST_TOGETHER:
            for k in members:
                positions[k] = positions[k]._replace(through=NO_COLUMN, shared=True)
    names = []
    for k, p in enumerate(positions):
        if p.through == NO_COLUMN:
            names.append(Name((k,), p.active, True, (0.0, 0.0)))
        elif of_column[p.through][0] == k:
            names.append(Name(tuple(of_column[p.through]), p.through, False, p.spread))
    return tuple(positions), tuple(names)


def _ways(p: PositionColumns) -> int:
    """How many things may be done with a position."""
    sales = max(1, len(p.in_order)) + (p.closed != NO_COLUMN) if p.sells else 0
    return 1 + (p.buy != NO_COLUMN) + sales


def _counted(
    program: Program,
    positions: Sequence[PositionColumns],
    arrays: PositionArrays,
    mode_rows: NDArray[np.bool_],
) -> tuple[int, ...]:
    """Rows over the modes of several positions: beside those, columns that stand alone at most."""
    a = program.matrix
    owner = np.full(program.cost.size + 1, NO_COLUMN)  # one more, for positions without a column
    for column in (arrays.sold, arrays.bought, arrays.closed):
        owner[column] = np.arange(column.size)
    owner[NO_COLUMN] = NO_COLUMN
    owners = owner[a.indices]
    inside = np.flatnonzero(owners != NO_COLUMN)
    rows, owners = program.row_of[inside], owners[inside]
    first = np.full(mode_rows.size, arrays.sold.size)
    last = np.full(mode_rows.size, NO_COLUMN)
    np.minimum.at(first, rows, owners)
    np.maximum.at(last, rows, owners)
    several = np.flatnonzero(mode_rows & (first < last))
    if not several.size:
        return ()
    claimed = [j for p in positions for j in (*p.sells, p.buy, p.active, p.through)]
    alone = np.append(~program.integer, False)
    alone[claimed] = False
    alone |= owner != NO_COLUMN
    return tuple(
        i for i in several.tolist() if alone[a.indices[a.indptr[i] : a.indptr[i + 1]]].all()
    )


def _smallest(program: Program, hard: float, soft: Sequence[tuple[float, Column]]) -> float:
    """The smallest order that minimums ask for, soft ones where they let nothing fall short."""
    for amount, short in soft:
        if program.upper[short] <= 0.0:
            hard = max(hard, amount)
    return hard
