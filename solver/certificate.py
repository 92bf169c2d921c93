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

import numpy as np
from numpy.typing import NDArray

from solver.handover import Floats, Program
from solver.modes import MODES, NO_COLUMN, Decisions, Ints, Mode, RegionColumns, Structure
from solver.options import Options, read_options
from solver.parts import SLIVER
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
        return self.beside_tax + sum(self.tax[region.chosen] for region in chosen)

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
        positions, names, parts = structure.arrays, structure.name_arrays, self.options.parts
        self.active, self.drift, self.weight = positions.active, positions.drift, positions.weight
        self.name_of, self.risk, self.own = names.of, names.risk, names.own
        self.square, self.spread = program.counted[names.risk], names.spread
        priced = structure.coupling & ~structure.region_rows
        self.from_below = priced & ~np.isinf(program.row_lower)
        self.from_above = priced & ~np.isinf(program.row_upper)
        self.alone = np.flatnonzero(~_owned(structure))
        self.low, self.high = lower[self.alone], upper[self.alone]
        self.squares = program.square[self.alone]
        self.curved = np.flatnonzero(self.squares > 0)
        self.weight_of = np.append(self.weight, 1.0)[parts.position]
        self.certain = parts.least.sum(axis=0)
        self.switched = np.stack([parts.bought, parts.sold, parts.closed])

    def certify(self, prices: Floats, beside: Floats | None = None) -> Certificate:
        """Bound the program at prices of its rows; `beside` is what funds add to each name where
        that is known (bp)."""
        program, structure, options = self.program, self.structure, self.options
        up = prices > 0
        y = np.where(np.where(up, self.from_below, self.from_above), prices, 0.0)
        some = np.flatnonzero(y)
        ends = np.where(up, program.row_lower, program.row_upper)
        bound = program.offset + dot(y[some], ends[some])
        reduced = program.cost - program.transposed @ y
        bound += self._standing_alone(reduced[self.alone])
        values = self._values(reduced, self.spread if beside is None else beside[:, None])
        case, column, amount = options.columns
        own = np.bincount(case, amount * reduced[column], len(options.cases))
        of_case = own + options.by_case(values)
        bound += float(np.minimum.reduceat(of_case, options.blocks).sum())
        tax = _nets(structure, reduced)
        return Certificate(bound, tax, values, of_case, structure, options)

    def _standing_alone(self, price: Floats) -> float:
        """Sum over columns of min price x + square x^2 between their bounds."""
        x = np.where(price > 0, self.low, self.high)
        x[(np.abs(price) < FREE_PRICE) & np.isinf(x)] = 0.0
        curved, square = self.curved, self.squares
        inside = -price[curved] / (2 * square[curved])
        x[curved] = np.clip(inside, self.low[curved], self.high[curved])
        some = np.flatnonzero(x)
        x = x[some]
        return float((price[some] * x + square[some] * x**2).sum())

    # --- one part of a name -----------------------------------------------------------------------

    def _values(self, reduced: Floats, spread: Floats) -> Floats:
        """The least that each combination costs."""
        options = self.options
        dual = np.where(self.own, 0.0, -reduced[self.risk])  # of the row that adds up a name
        shift = reduced[self.active] - self.weight * dual[self.name_of]
        cost, change, theta, length = self._parts(reduced, shift)
        constant = np.bincount(self.name_of, shift * self.drift, self.risk.size)
        drift = np.bincount(self.name_of, self.weight * self.drift, self.risk.size)
        values = np.empty(options.rows.shape[0])
        risk = _Risk(self.square, -dual, spread[:, 0], spread[:, -1])
        for start in range(0, values.size, AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            chosen, name = options.rows[rows].T, options.name[rows]
            at = drift[name] + change[chosen].sum(axis=0)
            values[rows] = cost[chosen].sum(axis=0) + constant[name]
            values[rows] += risk.of(name).least(at, theta[:, chosen], length[:, chosen])
        values[options.code == NO_COLUMN] = INFEASIBLE
        return values

    def _parts(self, reduced: Floats, shift: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Of each part: what it costs and by how much it moves the name's active weight before any
        step down, and the steps, cheapest first: cost of one less, and room (bp).

        Purchases start at their most, sales at the least that is allowed, of the cheapest lots.
        """
        parts, none, weight = self.options.parts, np.append(reduced, 0.0), self.weight_of
        shift, least, most = np.append(shift, 0.0)[parts.position], *parts.purchase.T
        price = np.where(parts.lots == NO_COLUMN, 0.0, none[parts.lots] - shift)
        cost = (price * parts.least).sum(axis=0)
        order = np.argsort(np.where(parts.room > 0, price, np.inf), axis=0, kind="stable")
        order = order * shift.size + np.arange(shift.size)
        price, room = price.take(order), parts.room.take(order)
        before = np.cumsum(room, axis=0) - room
        room = np.minimum(np.maximum(parts.largest - self.certain - before, 0.0), room)
        forced = np.minimum(np.maximum(parts.smallest - self.certain - before, 0.0), room)
        sold = self.certain + forced.sum(axis=0)
        cost += (price * forced).sum(axis=0)
        outside = (sold < parts.smallest - SLIVER) | (sold > parts.largest + SLIVER)
        buying = none[parts.buy] + shift
        cost += np.where(parts.buy == NO_COLUMN, 0.0, buying * most)
        cost += none[self.switched].sum(axis=0)
        cost[outside] = INFEASIBLE
        # A dollar less bought is a step down too.
        steps = np.concatenate([price, -buying[None]]) / weight
        length = np.concatenate([room - forced, (most - least)[None]]) * weight
        return cost, weight * (most - sold), steps, length


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


def _nets(structure: Structure, reduced: Floats) -> dict[int, float]:
    """The least that a taxpayer's nets cost in each tax region, by its binary."""
    price, (points, region) = reduced[structure.nets], structure.corners
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


@dataclass(frozen=True, slots=True)
class _Risk:
    """What active weight t of names costs: min over z in [low, high] of price z + q (t + z)^2.

    z is what other holdings add to the name: funds that trade, or what is kept.
    """

    q: Floats
    price: Floats
    low: Floats
    high: Floats

    def of(self, name: Ints) -> _Risk:
        return _Risk(self.q[name], self.price[name], self.low[name], self.high[name])

    def least(self, at: Floats, theta: Floats, length: Floats) -> Floats:
        """The least cost of steps down from `at`: each costs `theta` a bp and has room for
        `length`; they are taken in order of cost until marginal risk meets it. Steps are `[k, p]`,
        those of position p in order."""
        if theta.shape[1] > 1:
            theta, length = theta.reshape(-1, at.size), length.reshape(-1, at.size)
            order = np.argsort(np.where(length > 0, theta, np.inf), axis=0, kind="stable")
            order = order * at.size + np.arange(at.size)
            theta, length = theta.take(order), length.take(order)
        else:
            theta, length = theta[:, 0], length[:, 0]
        theta = np.where(length > 0, theta, 0.0)
        before = np.cumsum(length, axis=0) - length
        curved = self.q > 0
        twice = np.where(curved, 2.0 * self.q, 1.0)
        z = np.where(theta > -self.price, self.low, self.high)
        wanted = np.minimum(np.maximum(at - before - (theta / twice - z), 0.0), length)
        taken = np.where(curved, wanted, np.where(theta < 0, length, 0.0))
        steps: Floats = (theta * taken).sum(axis=0)
        return steps + self._cost(at - taken.sum(axis=0))

    def _cost(self, t: Floats) -> Floats:
        curved = self.q > 0
        twice = np.where(curved, 2.0 * self.q, 1.0)
        z = np.clip(-t - self.price / twice, self.low, self.high)
        z = np.where(curved, z, np.where(self.price > 0, self.low, self.high))
        cost: Floats = self.price * z + self.q * (t + z) ** 2
        return cost
