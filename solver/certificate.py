"""A lower bound on the whole problem from prices alone, security by security, without a solver.

Price the coupling rows with any multipliers y: what is left of the objective splits into positions,
each a choice of hold, buy or sell in one dimension, solved in closed form, into the nets of each
taxpayer, whose least cost in a tax region is at a corner of it, and into columns that stand alone
(factors, excesses). By weak duality the sum bounds the problem from below, binaries and all, in
every choice of tax regions (Lagrangian relaxation; Geoffrion 1974).
The regret of a mode is its value less the cheapest, so the gap itself splits by security.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from solver.handover import Floats, Program
from solver.modes import (
    NO_COLUMN,
    Decisions,
    Mode,
    PositionColumns,
    RegionColumns,
    Structure,
    WashColumns,
)

INFEASIBLE = np.inf
FREE_PRICE = 1e-7
SLIVER = 1e-6  # bp: a bound broken by less is rounding of the solver, and rules no mode out


@dataclass(frozen=True, slots=True)
class Certificate:
    """A bound (bp) for each choice of tax regions, of which `tax` has each one's part; `cheapest`
    decisions at these prices; `regret[p, m]` of each mode (bp), and `regret_by_depth[p]` of each
    depth of a sale, for positions that sell lots in order."""

    beside_tax: float
    tax: Mapping[int, float]
    cheapest: Decisions
    regret: Floats
    regret_by_depth: Mapping[int, Floats]

    def bound(self, chosen: Iterable[RegionColumns]) -> float:
        """What nothing in these tax regions is better than."""
        return self.beside_tax + sum(self.tax[region.chosen] for region in chosen)

    def regret_of(self, decisions: Decisions) -> Floats:
        """The regret of each position's decision (bp)."""
        rows = np.arange(len(decisions.modes))
        regret: Floats = self.regret[rows, np.array(decisions.modes, dtype=int)]
        for p, depths in self.regret_by_depth.items():
            if decisions.modes[p] is Mode.SELL:
                regret[p] = depths[decisions.depths[p]]
        return regret

    def depths(self, modes: Sequence[Mode]) -> tuple[int, ...]:
        """The cheapest depth of each position's sale, where these modes sell."""
        return tuple(
            int(self.regret_by_depth[p].argmin())
            if mode is Mode.SELL and p in self.regret_by_depth
            else 0
            for p, mode in enumerate(modes)
        )


@dataclass(frozen=True, slots=True)
class _Case:
    """What a wash group's case forbids in its positions, forces (`least`: bp of a sale), and costs
    by itself."""

    taken: frozenset[int]
    barred: frozenset[int]
    forced: frozenset[int]
    buying: bool
    whole: Floats
    least: Mapping[int, float] = field(default_factory=dict)
    cost: float = 0.0


def certify(
    program: Program,
    structure: Structure,
    prices: Floats,
    lower: Floats,
    upper: Floats,
) -> Certificate:
    """Bound the program, `lower`/`upper` being column bounds that its rows of one column imply in
    every tax region that is asked for."""
    y = np.where(structure.coupling & ~structure.region_rows, prices, 0.0)
    y = np.where((y > 0) & np.isinf(program.row_lower), 0.0, y)
    y = np.where((y < 0) & np.isinf(program.row_upper), 0.0, y)
    ends = np.where(y > 0, program.row_lower, program.row_upper)
    bound = program.offset + float(y[y != 0] @ ends[y != 0])
    reduced = program.cost - program.matrix.T @ y
    owned = structure.mode_columns.copy()
    for p in structure.positions:
        owned[[*p.sells, p.active]] = True
        if p.through != NO_COLUMN:
            owned[p.through] = True
        if p.buy != NO_COLUMN:
            owned[p.buy] = True
    for function in structure.regions:
        owned[[column for r in function for column in (r.chosen, r.short, r.long)]] = True
    for wash in structure.washes:
        owned[[column for sale in wash.sales for column, _ in sale.disallowed]] = True
    alone = np.flatnonzero(~owned)
    bound += _standing_alone(reduced[alone], program.square[alone], lower[alone], upper[alone])
    values = np.full((len(structure.positions), len(Mode)), INFEASIBLE)
    whole = program.upper - SLIVER
    free = _Case(frozenset(), frozenset(), frozenset(), True, whole)
    for k in np.flatnonzero(structure.washed < 0).tolist():
        values[k] = _modes(structure.positions[k], free, reduced, program.square, lower, upper)
    taken, cases = [], [free] * len(structure.positions)
    for wash in structure.washes:
        case, table = _cheapest_case(structure, wash, program, reduced, lower, upper)
        taken.append(case.taken)
        bound += case.cost
        for k in wash.positions:
            cases[k] = case
        values[list(wash.positions)] = table
    least = values.min(axis=1)
    modes = tuple(Mode(int(m)) for m in values.argmin(axis=1))
    known = np.where(np.isfinite(least), least, 0.0)
    by_depth = {
        k: np.array(_sales(p, cases[k], reduced, program.square, lower, upper)) - known[k]
        for k, p in enumerate(structure.positions)
        if p.in_order
    }
    nothing = Decisions(modes, tuple(taken), (0,) * len(modes))
    tax = {r.chosen: _nets(structure, r, reduced) for f in structure.regions for r in f}
    certificate = Certificate(
        bound + float(least.sum()), tax, nothing, values - known[:, None], by_depth
    )
    return replace(certificate, cheapest=replace(nothing, depths=certificate.depths(modes)))


def _nets(structure: Structure, region: RegionColumns, reduced: Floats) -> float:
    """The least that a taxpayer's nets cost in a tax region."""
    costs = structure.corners[region.chosen] @ reduced[[region.short, region.long]]
    return float(costs.min(initial=INFEASIBLE)) + float(reduced[region.chosen])


def _standing_alone(price: Floats, square: Floats, lower: Floats, upper: Floats) -> float:
    """Sum over columns of min price x + square x^2 on [lower, upper]."""
    total = 0.0
    for p, q, low, up in zip(price, square, lower, upper, strict=True):
        if q > 0:
            x = min(max(-p / (2 * q), low), up)
        elif abs(p) < FREE_PRICE and not np.isfinite(low if p > 0 else up):
            x = 0.0
        else:
            x = low if p > 0 else up
        total += p * x + q * x * x if x or p else 0.0
    return total


def _cheapest_case(
    structure: Structure,
    wash: WashColumns,
    program: Program,
    reduced: Floats,
    lower: Floats,
    upper: Floats,
) -> tuple[_Case, Floats]:
    best: tuple[_Case, float, Floats] | None = None
    for case in _cases(wash, program.upper - SLIVER, reduced):
        table = np.array(
            [
                _modes(structure.positions[k], case, reduced, program.square, lower, upper)
                for k in wash.positions
            ]
        )
        total = float(table.min(axis=1).sum()) + case.cost
        if best is None or total < best[1]:
            best = (case, total, table)
    assert best is not None
    return best[0], best[2]


def _cases(wash: WashColumns, whole: Floats, reduced: Floats) -> list[_Case]:
    """No loss taken; one of the loss sales; or several clean ones, which forces every recent lot
    out."""
    losses = frozenset(s for sale in wash.sales for s in sale.sells)
    cases = [_Case(frozenset(), losses, frozenset(), True, whole)]
    for k, sale in enumerate(wash.sales):
        if losses.isdisjoint(sale.exits):
            barred = losses.union(sale.kept) - set(sale.sells)
            cost = float(reduced[sale.taken])
            cost += sum(float(reduced[column]) * amount for column, amount in sale.disallowed)
            chosen, forced = frozenset({k}), frozenset(sale.exits)
            cases.append(_Case(chosen, barred, forced, False, whole, dict(sale.least), cost))
    clean = [k for k, sale in enumerate(wash.sales) if not sale.washed]
    if len(clean) > 1:
        exits = frozenset(s for k in clean for s in wash.sales[k].exits)
        cases.append(_Case(frozenset(clean), frozenset(), exits, False, whole))
    return cases


@dataclass(frozen=True, slots=True)
class _Risk:
    """What deviation t of one position costs: min over z in [low, high] of price z + q (t + z)^2.

    z is what the account's funds add to the position; without such funds it is zero.
    """

    q: float
    price: float
    low: float
    high: float

    def cost(self, t: float) -> float:
        z = self.low if self.price > 0 else self.high
        if self.q > 0:
            z = min(max(-t - self.price / (2 * self.q), self.low), self.high)
        return self.price * z + self.q * (t + z) ** 2

    def balance(self, marginal: float) -> float:
        """The deviation at which one more costs `marginal`."""
        z = self.low if marginal > -self.price else self.high
        return marginal / (2 * self.q) - z


def _modes(
    p: PositionColumns, case: _Case, reduced: Floats, square: Floats, lower: Floats, upper: Floats
) -> tuple[float, float, float, float]:
    """Least cost of each mode: linear prices plus the risk of what is left."""
    shift, risk = _priced(p, reduced, square)
    d, constant = p.drift, shift * p.drift
    forced = [s for s in p.sells if s in case.forced or s in case.least or lower[s] > SLIVER]
    too_small = p.too_small != NO_COLUMN and upper[p.too_small] <= SLIVER
    hold = constant + risk.cost(d) if not forced and not too_small else INFEASIBLE
    buy = INFEASIBLE
    if p.buy != NO_COLUMN and case.buying and not forced:
        most = float(upper[p.buy])
        least = max(p.smallest_purchase, float(lower[p.buy]))
        if least <= most + SLIVER:
            price = float(reduced[p.buy]) + shift
            b = most if price < 0 else least
            if risk.q > 0:
                b = min(max(risk.balance(-price) - d, least), most)
            buy = constant + price * b + risk.cost(d + b) + _on(reduced, p.bought)
    if not p.sells:
        return hold, buy, INFEASIBLE, INFEASIBLE
    sell = min(_sales(p, case, reduced, square, lower, upper))
    close = INFEASIBLE
    if p.closed != NO_COLUMN and not _forbids_closing(p, case, upper):
        sold = float(upper[list(p.sells)].sum())
        price = float(upper[list(p.sells)] @ reduced[list(p.sells)]) - shift * sold
        switched = constant + _on(reduced, p.sold) + _on(reduced, p.closed)
        close = switched + price + risk.cost(d - sold)
    return hold, buy, sell, close


def _priced(p: PositionColumns, reduced: Floats, square: Floats) -> tuple[float, _Risk]:
    """What more of a position costs beside its own columns, and its risk."""
    shift = float(reduced[p.active])
    if p.through == NO_COLUMN:
        return shift, _Risk(float(square[p.active]), 0.0, 0.0, 0.0)
    dual = -float(reduced[p.through])
    return shift - dual, _Risk(float(square[p.through]), -dual, *p.spread)


def _sales(
    p: PositionColumns, case: _Case, reduced: Floats, square: Floats, lower: Floats, upper: Floats
) -> list[float]:
    """Least cost of a sale, for each number of lots in order that it sells whole; lots without
    order have one."""
    shift, risk = _priced(p, reduced, square)
    switched = shift * p.drift + _on(reduced, p.sold)
    return [
        switched + _sell(p, at, risk, shift, reduced, lower, upper) for at in _by_depth(p, case)
    ]


def _by_depth(p: PositionColumns, case: _Case) -> Iterator[_Case]:
    """The case with the lots before one of those in order sold whole, and none after it."""
    if not p.in_order:
        yield case
    for k in range(len(p.in_order)):
        before, after = case.forced.union(p.in_order[:k]), case.barred.union(p.in_order[k + 1 :])
        yield replace(case, forced=before, barred=after)


def _on(reduced: Floats, column: int) -> float:
    """What switching a binary on costs."""
    return 0.0 if column == NO_COLUMN else float(reduced[column])


def _forbids_closing(p: PositionColumns, case: _Case, upper: Floats) -> bool:
    """Whether some lot may not go whole."""
    return any(s in case.barred or upper[s] < case.whole[s] for s in p.sells)


def _sell(
    p: PositionColumns,
    case: _Case,
    risk: _Risk,
    shift: float,
    reduced: Floats,
    lower: Floats,
    upper: Floats,
) -> float:
    """Fill lots in order of price until marginal risk meets it, or the smallest sale is reached.

    Where nothing is the best sale and any sale is allowed, the cost is that of the smallest ones.
    No more than the largest part is sold.
    """
    sold = cost = 0.0
    lots: list[tuple[float, float]] = []
    for s in p.sells:
        price, most = float(reduced[s]) - shift, float(upper[s])
        least = most if s in case.forced else max(float(lower[s]), case.least.get(s, 0.0))
        if s in case.barred:
            if least > SLIVER:
                return INFEASIBLE
            continue
        if (s in case.forced and most < case.whole[s]) or least > most + SLIVER:
            return INFEASIBLE
        sold += least
        cost += price * least
        if most > least:
            lots.append((price, most - least))
    lots.sort()
    for price, room in lots:
        wanted = room if risk.q == 0 and price < 0 else 0.0
        if risk.q > 0:
            wanted = min(max(p.drift - sold - risk.balance(price), 0.0), room)
        step = min(max(wanted, min(room, p.smallest_sale - sold)), p.largest_part - sold)
        if step <= 0:
            break
        sold += step
        cost += price * step
    outside = sold < p.smallest_sale - SLIVER or sold > p.largest_part + SLIVER
    if outside or (sold <= 0 and not lots):
        return INFEASIBLE
    return cost + risk.cost(p.drift - sold)
