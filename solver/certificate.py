"""A lower bound on the whole problem from prices alone, name by name, without a solver.

Price the coupling rows with any multipliers y: what is left of the objective splits into names,
each a choice of hold, buy or sell in each account that trades it, solved in closed form, into the
nets of each taxpayer, whose least cost in a tax region is at a corner of it, and into columns that
stand alone (factors, excesses). By weak duality the sum bounds the problem from below, binaries and
all, in every choice of tax regions (Lagrangian relaxation; Geoffrion 1974).
The regret of a decision is its value less the cheapest, so the gap itself splits by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.corners import Corners, corners
from solver.handover import Floats, Program
from solver.modes import MODES, Decisions, Mode
from solver.options import Options, read_options
from solver.parts import SLIVER, Parts
from solver.structure import NO_COLUMN, Ints, RegionColumns, Structure
from solver.sums import dot

INFEASIBLE = np.inf
FREE_PRICE = 1e-7
NEXT_TO_NOTHING = 1e-4  # bp a position
AT_ONCE = 20_000  # combinations priced together: bounds the memory, not the work


@dataclass(frozen=True)
class Certificate:
    """A bound (bp) for each choice of tax regions, of which `tax` has each one's part, and what it
    is made of: `values` of the rows of `options` and `of_case`, of its cases (bp)."""

    beside_tax: float
    tax: Mapping[int, float]
    values: Floats
    of_case: Floats
    structure: Structure
    options: Options

    @cached_property
    def cheapest(self) -> Decisions:
        """The cheapest decisions at these prices."""
        return _decide(self.options, self.structure, self.values, self.of_case)

    @cached_property
    def by_row(self) -> Floats:
        """What each row costs beyond the cheapest of its block; no row that is not allowed."""
        options, of_case = self.options, self.of_case
        best = np.minimum.reduceat(of_case, options.blocks)
        least = np.minimum.reduceat(self.values, options.groups)
        with np.errstate(invalid="ignore"):
            within = self.values - least[options.group]
            beyond = of_case - best[options.block]
            found = within + beyond[options.case]
        return np.where(np.isfinite(self.values) & np.isfinite(found), found, INFEASIBLE)

    @cached_property
    def regret(self) -> Floats:
        """`[p, m]` of each mode (bp), the other positions of its name and wash group as is best."""
        return self._least((len(Mode),), self.options.parts.mode)

    @cached_property
    def regret_by_depth(self) -> Mapping[int, Floats]:
        """Of each depth of a sale (bp), for positions that sell lots in order."""
        parts, positions = self.options.parts, self.structure.positions
        most = max((len(p.in_order) for p in positions), default=0)
        if not most:
            return {}
        depth = np.where(parts.mode == Mode.SELL, parts.depth, most)
        found = self._least((most + 1,), depth)
        return {k: found[k, : len(p.in_order)] for k, p in enumerate(positions) if p.in_order}

    def _least(self, shape: tuple[int, ...], kind: Ints) -> Floats:
        """The least regret of each kind of part of each position."""
        options, parts = self.options, self.options.parts
        found = np.full((len(self.structure.positions) + 1, *shape), INFEASIBLE)
        for part in options.rows.T:
            np.minimum.at(found, (parts.position[part], kind[part]), self.by_row)
        return found[:-1]

    def bound(self, chosen: Iterable[RegionColumns]) -> float:
        """What nothing in these tax regions is better than."""
        return self.beside_tax + sum([self.tax[region.chosen] for region in chosen])

    def regret_of(self, decisions: Decisions) -> Floats:
        """For each position, the regret of the decisions of its name (bp)."""
        options, structure = self.options, self.structure
        of_name = np.full(len(structure.names), INFEASIBLE)
        taken = np.array(
            [w == NO_COLUMN or c.taken == self._case(w, decisions) for c, w in options.of_cases()]
        )
        same = options.code == options.coded(structure, decisions)[options.name]
        rows = np.flatnonzero(same & taken[options.case])
        np.minimum.at(of_name, options.name[rows], self.by_row[rows])
        return of_name[structure.name_arrays.of]

    def _case(self, wash: int, decisions: Decisions) -> frozenset[int]:
        """The loss sales of a wash group that are taken, or those of the case that covers them."""
        taken = decisions.taken[wash]
        cases = self.options.taken_of[wash]
        return taken if taken in cases else next((c for c in cases if c > taken), taken)

    def nearest(self, modes: Sequence[Mode]) -> Decisions:
        """The cheapest decisions, but these modes where others gain next to nothing on them."""
        options, parts = self.options, self.options.parts
        wanted = np.append(np.array(modes, dtype=int), NO_COLUMN)
        other = np.zeros(self.by_row.size)
        for part in options.rows.T:
            p = parts.position[part]
            other += (p != NO_COLUMN) & (parts.mode[part] != wanted[p])
        values = self.by_row + NEXT_TO_NOTHING * other
        return _decide(options, self.structure, values, options.by_case(values))

    def depths(self, modes: Sequence[Mode]) -> tuple[int, ...]:
        """The cheapest depth of each position's sale, where these modes sell."""
        return tuple(
            int(self.regret_by_depth[p].argmin())
            if mode is Mode.SELL and p in self.regret_by_depth
            else 0
            for p, mode in enumerate(modes)
        )


class Pricing:
    """One program ready to be bounded: `lower`/`upper` are column bounds that its rows of one
    column imply in every tax region that is asked for."""

    def __init__(
        self, program: Program, structure: Structure, lower: Floats, upper: Floats
    ) -> None:
        self.program, self.structure = program, structure
        self.lower, self.upper = lower, upper
        self.options = read_options(program, structure, lower, upper)
        self.names, positions = structure.name_arrays, structure.arrays
        self.active, self.drift, self.weight = positions.active, positions.drift, positions.weight
        nets, rows = structure.nets, structure.region_rows
        self.corners = program.once("corners", lambda: corners(program, rows, nets))
        priced = structure.coupling & ~rows
        self.below, self.row_lower = _ended(priced, program.row_lower)
        self.above, self.row_upper = _ended(priced, program.row_upper)
        alone, square = ~_owned(structure), program.square
        straight, curved = (
            np.flatnonzero(alone & (square <= 0)),
            np.flatnonzero(alone & (square > 0)),
        )
        self.straight = straight, lower[straight], upper[straight]
        self.curved = curved, lower[curved], upper[curved], square[curved]
        self.parts = _Priced.of(self.options.parts, positions.weight)
        self.rows = _rows(self.options, structure, program.counted[self.names.risk])

    def certify(self, prices: Floats, beside: Floats | None = None) -> Certificate:
        """Bound the program at prices of its rows; `beside` is what funds add to each name where
        that is known (bp)."""
        program, structure, options = self.program, self.structure, self.options
        up = prices > 0
        y = prices * np.where(up, self.below, self.above)
        bound = program.offset + dot(y, np.where(up, self.row_lower, self.row_upper))
        reduced = program.cost - program.transposed @ y
        bound += self._standing_alone(reduced)
        values = self._values(reduced, self.names.spread if beside is None else beside[:, None])
        case, column, amount = options.columns
        own = np.bincount(case, amount * reduced[column], len(options.cases))
        of_case = own + options.by_case(values)
        bound += float(np.minimum.reduceat(of_case, options.blocks).sum())
        tax = _nets(structure, self.corners, reduced)
        return Certificate(bound, tax, values, of_case, structure, options)

    def _standing_alone(self, reduced: Floats) -> float:
        """Sum over columns of min price x + square x^2 between their bounds."""
        columns, low, high = self.straight
        price = reduced[columns]
        x = np.where(price > 0, low, high)
        x[(np.abs(price) < FREE_PRICE) & np.isinf(x)] = 0.0
        cost = float((price * x).sum())
        columns, low, high, square = self.curved
        price = reduced[columns]
        x = np.minimum(np.maximum(-price / (2 * square), low), high)
        return cost + float((price * x + square * x**2).sum())

    # --- one part of a name -----------------------------------------------------------------------

    def _values(self, reduced: Floats, spread: Floats) -> Floats:
        """The least that each combination costs."""
        names, positions = self.names, self.names.of
        dual = np.where(names.own, 0.0, -reduced[names.risk])  # of the row that adds up a name
        shift = reduced[self.active] - self.weight * dual[positions]
        cost, change, theta, length = self._parts(reduced, shift)
        constant = np.bincount(positions, shift * self.drift, dual.size)
        found = []
        for rows in self.rows:
            name, chosen = rows.name, rows.parts
            beside = _Beside(-dual[name], spread[name, 0], spread[name, -1])
            values = cost[chosen].sum(axis=0) + constant[name]
            at = rows.drift + change[chosen].sum(axis=0)
            values += rows.least(at, theta[:, chosen], length[:, chosen], beside)
            values[rows.nothing] = INFEASIBLE
            found.append(values)
        return np.concatenate(found) if found else np.zeros(0)

    def _parts(self, reduced: Floats, shift: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Of each part: what it costs and by how much it moves the name's active weight before any
        step down, and the steps, cheapest first: cost of one less, and room (bp).

        Purchases start at their most, sales at the least that is allowed, of the cheapest lots.
        """
        parts, of, none = self.options.parts, self.parts, np.append(reduced, 0.0)
        shift = np.append(shift, 0.0)[parts.position]
        price = np.where(of.no_lot, 0.0, none[parts.lots] - shift)
        cost = (price * parts.least).sum(axis=0)
        order = np.argsort(np.where(of.no_room, np.inf, price), axis=0, kind="stable")
        order = order * shift.size + of.numbers
        price, room = price.take(order), parts.room.take(order)
        before = np.cumsum(room, axis=0) - room
        room = np.minimum(np.maximum(of.largest - before, 0.0), room)
        forced = np.minimum(np.maximum(of.smallest - before, 0.0), room)
        more = forced.sum(axis=0)
        cost += (price * forced).sum(axis=0)
        *switched, buy = none[of.columns]
        buying = np.where(of.no_buy, 0.0, buy + shift)
        cost += buying * of.most + sum(switched)
        cost[(more < of.smallest - SLIVER) | (more > of.largest + SLIVER)] = INFEASIBLE
        # A dollar less bought is a step down too.
        steps = np.concatenate([price, -buying[None]]) / of.weight
        length = np.concatenate([room - forced, of.less[None]]) * of.weight
        return cost, of.start - of.weight * more, steps, length


class _Priced(NamedTuple):
    """What is known of parts before they are priced. `smallest` and `largest` are those of a sale
    beyond what is sold for certain, `most` and `less` those of a purchase and its room, `start` is
    how far the name's active weight is moved by both (bp)."""

    no_lot: NDArray[np.bool_]
    no_room: NDArray[np.bool_]
    no_buy: NDArray[np.bool_]
    numbers: Ints
    columns: Ints
    weight: Floats
    smallest: Floats
    largest: Floats
    most: Floats
    less: Floats
    start: Floats

    @classmethod
    def of(cls, parts: Parts, weights: Floats) -> _Priced:
        """Read parts of positions of these weights."""
        certain, (least, most) = parts.least.sum(axis=0), parts.purchase.T
        weight = np.append(weights, 1.0)[parts.position]
        return cls(
            no_lot=parts.lots == NO_COLUMN,
            no_room=parts.room <= 0,
            no_buy=parts.buy == NO_COLUMN,
            numbers=np.arange(parts.position.size),
            columns=np.stack([parts.bought, parts.sold, parts.closed, parts.buy]),
            weight=weight,
            smallest=parts.smallest - certain,
            largest=parts.largest - certain,
            most=most,
            less=most - least,
            start=weight * (most - certain),
        )


class _Beside(NamedTuple):
    """What other holdings add to names: funds that trade, or what is kept. It costs `price` a bp,
    and lies between `low` and `high` (bp)."""

    price: Floats
    low: Floats
    high: Floats


class _Rows(NamedTuple):
    """Combinations that are priced together: their names, `parts` as `[k, row]`, which of them are
    `nothing`, and the names' drift and square (`twice` of it, 1 where it is not `curved`)."""

    name: Ints
    parts: Ints
    nothing: Ints
    drift: Floats
    square: Floats
    curved: NDArray[np.bool_]
    twice: Floats

    def least(self, at: Floats, theta: Floats, length: Floats, beside: _Beside) -> Floats:
        """The least cost of active weights after steps down from `at`: each costs `theta` a bp and
        has room for `length`; they are taken in order of cost until marginal risk meets it. Steps
        are `[step, k, row]`, those of a part in order."""
        if len(self.parts) == 1:
            theta, length = theta[:, 0], length[:, 0]
        else:
            theta, length = theta.reshape(-1, at.size), length.reshape(-1, at.size)
            order = np.argsort(np.where(length > 0, theta, np.inf), axis=0, kind="stable")
            order = order * at.size + np.arange(at.size)
            theta, length = theta.take(order), length.take(order)
        before = np.cumsum(length, axis=0) - length
        z = np.where(theta > -beside.price, beside.low, beside.high)
        wanted = np.maximum(at - before - (theta / self.twice - z), 0.0)
        taken = np.minimum(np.where(self.curved, wanted, np.where(theta < 0, np.inf, 0.0)), length)
        steps: Floats = (theta * taken).sum(axis=0)
        return steps + self._cost(at - taken.sum(axis=0), beside)

    def _cost(self, t: Floats, beside: _Beside) -> Floats:
        """min over z in [low, high] of price z + q (t + z)^2."""
        price, low, high = beside
        z = np.minimum(np.maximum(-t - price / self.twice, low), high)
        z = np.where(self.curved, z, np.where(price > 0, low, high))
        cost: Floats = price * z + self.square * (t + z) ** 2
        return cost


def _rows(options: Options, structure: Structure, square: Floats) -> list[_Rows]:
    p, names = structure.arrays, structure.name_arrays
    drift = np.asarray(np.bincount(names.of, p.weight * p.drift, square.size), dtype=float)
    found = []
    for start in range(0, options.name.size, AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        name = options.name[rows]
        q, nothing = square[name], np.flatnonzero(options.code[rows] == NO_COLUMN)
        twice = np.where(q > 0, 2.0 * q, 1.0)
        found.append(_Rows(name, options.rows[rows].T, nothing, drift[name], q, q > 0, twice))
    return found


def _ended(priced: NDArray[np.bool_], ends: Floats) -> tuple[Floats, Floats]:
    """1 for rows with a price and an end, else 0, and their ends."""
    ended = priced & ~np.isinf(ends)
    return ended.astype(float), np.where(ended, ends, 0.0)


def _owned(structure: Structure) -> NDArray[np.bool_]:
    """Columns whose least cost is that of a name, a taxpayer's nets or a wash group's case."""
    owned, p = structure.mode_columns.copy(), structure.arrays
    owned[p.lots] = owned[p.active] = True
    owned[p.buy[p.buy != NO_COLUMN]] = True
    owned[structure.name_arrays.risk] = True
    owned[structure.nets] = True
    owned[
        [column for w in structure.washes for sale in w.sales for column, _ in sale.disallowed]
    ] = True
    return owned


def _nets(structure: Structure, corners: Corners, reduced: Floats) -> dict[int, float]:
    """The least that a taxpayer's nets cost in each tax region, by its binary."""
    price, (points, region) = reduced[structure.nets], corners
    least = np.full(len(price), INFEASIBLE)
    np.minimum.at(least, region, (points * price[region, :2]).sum(axis=1))
    return dict(zip(structure.nets[:, 2].tolist(), (least + price[:, 2]).tolist(), strict=True))


def _decide(options: Options, structure: Structure, values: Floats, of_case: Floats) -> Decisions:
    """The best case of each block, and the best row of each of its names."""
    parts = options.parts
    taken: list[frozenset[int]] = [frozenset()] * len(structure.washes)
    best = _first_least(of_case, options.blocks, options.block)
    for case in best[options.wash[best] != NO_COLUMN].tolist():
        taken[options.wash[case]] = options.cases[case].taken
    rows = _first_least(values, options.groups, options.group)
    chosen = np.zeros(of_case.size, dtype=np.bool_)
    chosen[best] = True
    part = options.rows[rows[chosen[options.case[rows]]]]
    modes = np.zeros(len(structure.positions) + 1, dtype=np.int64)
    depths = np.zeros(len(structure.positions) + 1, dtype=np.int64)
    modes[parts.position[part]] = parts.mode[part]
    depths[parts.position[part]] = parts.depth[part]
    of = tuple([MODES[mode] for mode in modes[:-1].tolist()])
    return Decisions(of, tuple(taken), tuple(depths[:-1].tolist()))


def _first_least(values: Floats, starts: Ints, run: Ints) -> Ints:
    """Of each run of values, the place of the least, the first of equal ones; `run` is that of each
    value."""
    least = np.flatnonzero(values == np.minimum.reduceat(values, starts)[run])
    return least[np.diff(run[least], prepend=-1) > 0]
