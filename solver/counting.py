"""Few out of many: decisions that keep counts, found by leaving out what is missed least.

From the decisions that ignore every count, those that cost least to take otherwise are, a part of
the excess at a time, and the quantities solved again, so that what is left makes up for what went
(backward elimination). Then single decisions and pairs, one that counts against one that does not,
are exchanged as long as that pays. What taking a decision otherwise costs is its regret at the
prices of the latest quantities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.certificate import Certificate, Pricing
from solver.handover import Floats, Program
from solver.modes import Decisions, Mode, excess, room
from solver.quadratic import Point
from solver.structure import NO_COLUMN, Structure

PART = 0.25  # of an excess that goes at a time
PAYS = 1e-6  # bp
MOST_AT_ONCE = 64

Solve = Callable[[Decisions, bool], Point | None]
"""The best quantities for decisions, counting rows kept if asked; None where there are none."""


@dataclass(slots=True)
class Counting:
    """One convex program under search: `tables[row][p, m]` is what mode m of position p adds to a
    counting row. `failures` is how many more changes may leave nothing that other rows allow."""

    program: Program
    structure: Structure
    pricing: Pricing
    solve: Solve
    tables: Mapping[int, Floats]
    failures: int

    def excess(self, decisions: Decisions) -> dict[int, float]:
        """Counting rows that decisions break, and by how much."""
        found = {row: excess(self.program, self.structure, decisions, row) for row in self.tables}
        return {row: over for row, over in found.items() if over}

    def regret(self, point: Point) -> Certificate:
        """The certificate at the prices of a point, counts free, and with what funds add to each
        name as it is at the point."""
        prices = self.structure.priced(point.row_dual)
        prices[list(self.tables)] = 0.0
        return self.pricing.certify(prices, _beside(self.structure, point.x))


def counting(
    program: Program,
    structure: Structure,
    pricing: Pricing,
    solve: Solve,
    failures: int,
) -> Counting:
    """The search for decisions of a program that keep its counts."""
    tables = {row: _contributions(program, structure, row) for row in structure.counted}
    return Counting(program, structure, pricing, solve, tables, failures)


def _contributions(program: Program, structure: Structure, row: int) -> Floats:
    span = slice(program.matrix.indptr[row], program.matrix.indptr[row + 1])
    columns, values = program.matrix.indices[span].tolist(), program.matrix.data[span].tolist()
    of = dict(zip(columns, values, strict=True)) | {NO_COLUMN: 0.0}
    table = np.zeros((len(structure.positions), len(Mode)))
    for k, p in enumerate(structure.positions):
        sold, bought, closed = (of.get(j, 0.0) for j in (p.sold, p.bought, p.closed))
        table[k, [Mode.BUY, Mode.SELL, Mode.CLOSE]] = bought, sold, sold + closed
    return table


def _beside(structure: Structure, x: Floats) -> Floats:
    """What is in the risk of each name beside its positions at a point (bp)."""
    found = np.zeros(len(structure.names))
    for n, name in enumerate(structure.names):
        if not name.own:
            own = (structure.positions[k] for k in name.positions)
            found[n] = x[name.risk] - sum(p.weight * x[p.active] for p in own)
    return found


# --- leaving out ---------------------------------------------------------------------------------


def thinned(problem: Counting, decisions: Decisions) -> Decisions | None:
    """Decisions that keep every count, from some that need not; None where other rows are in the
    way of too many changes."""
    point = problem.solve(decisions, False)
    most = MOST_AT_ONCE**2
    refused: set[int] = set()
    while point is not None and (over := problem.excess(decisions)):
        row, amount = next(iter(over.items()))
        certificate = problem.regret(point)
        ways = _Ways(problem.tables[row] * np.sign(amount), certificate, decisions)
        order = [p for p in ways.order(ways.less) if p not in refused]
        few = abs(amount) <= 1 / PART
        size = min(most, max(1, int(np.ceil(abs(amount) * (1.0 if few else PART)))))
        tried = None
        while tried is None:
            if problem.failures <= 0 or not order:
                return None
            change = {p: ways.mode(ways.less, p) for p in order[:size]}
            new = changed(problem.structure, decisions, certificate, change)
            # What a change brings along, in its wash group or in another row, may undo it.
            nearer = _total(problem.excess(new)) < _total(over) - PAYS
            tried = problem.solve(new, False) if nearer else None
            if tried is None:
                problem.failures -= 1
                if size == 1:
                    refused.add(order.pop(0))
                size = max(1, size // 2)
        decisions, point, most = new, tried, 2 * size
    return None if point is None else decisions


def _total(over: Mapping[int, float]) -> float:
    return sum(abs(amount) for amount in over.values())


def changed(
    structure: Structure,
    decisions: Decisions,
    certificate: Certificate,
    changes: Mapping[int, Mode],
    target: Decisions | None = None,
) -> Decisions:
    """Decisions with these changes; the rest of a wash group that they touch as in the target, else
    as is cheapest. With a target the rest of a name follows it too, else it stays."""
    names = () if target is None else structure.names
    target = target or certificate.cheapest
    modes, taken = list(decisions.modes), list(decisions.taken)
    anew = set(changes)
    for name in names:
        if not changes.keys().isdisjoint(name.positions):
            for p in name.positions:
                modes[p] = target.modes[p]
            anew.update(name.positions)
    for k, wash in enumerate(structure.washes):
        if not changes.keys().isdisjoint(wash.positions):
            taken[k] = target.taken[k]
            for p in wash.positions:
                modes[p] = target.modes[p]
            anew.update(wash.positions)
    for p, mode in changes.items():
        modes[p] = mode
    cheapest = certificate.depths(modes)
    depths = (cheapest[p] if p in anew else now for p, now in enumerate(decisions.depths))
    return Decisions(tuple(modes), tuple(taken), tuple(depths))


class _Ways:
    """By position, what the cheapest mode that counts less, more, or as much costs beyond its
    present one (bp)."""

    def __init__(self, table: Floats, certificate: Certificate, decisions: Decisions) -> None:
        every = np.arange(len(decisions.modes))
        now = np.array(decisions.modes, dtype=int)
        own = certificate.regret_of(decisions)
        beyond = certificate.regret - np.where(np.isfinite(own), own, 0.0)[:, None]
        beyond[every, now] = np.inf
        step = table - table[every, now][:, None]
        self.less = np.where(step < -PAYS, beyond, np.inf)
        self.more = np.where(step > PAYS, beyond, np.inf)
        self.same = np.where(np.abs(step) <= PAYS, beyond, np.inf)

    def order(self, costs: Floats) -> list[int]:
        """Positions that can go that way, the cheapest first."""
        least = costs.min(axis=1)
        order = np.argsort(least, kind="stable")
        return [int(p) for p in order if np.isfinite(least[p])]

    def mode(self, costs: Floats, position: int) -> Mode:
        return Mode(int(costs[position].argmin()))


# --- exchanging ----------------------------------------------------------------------------------


def exchanged(problem: Counting, decisions: Decisions, point: Point, tries: int) -> Decisions:
    """Decisions no worse, after changes that leave the counts as they are and after pairs of one
    that counts and one that does not; as many at once as still pay."""
    sizes = {"same": MOST_AT_ONCE, "pairs": MOST_AT_ONCE // 8}
    rows = list(problem.tables)
    certificate = problem.regret(point)
    for number in range(tries):
        way = max(sizes, key=lambda each: (sizes[each], each))
        if sizes[way] == 0:
            break
        row = rows[number % len(rows)]
        changes = _changes(problem, row, certificate, decisions, way, sizes[way])
        new = changed(problem.structure, decisions, certificate, changes)
        found = problem.solve(new, True) if changes and not problem.excess(new) else None
        if found is None or found.objective >= point.objective - PAYS:
            sizes[way] = min(sizes[way], len(changes)) // 2
            continue
        decisions, point, certificate = new, found, problem.regret(found)
        sizes = {each: max(size, 2) for each, size in sizes.items()}
        sizes[way] = min(2 * sizes[way], MOST_AT_ONCE)
    return decisions


def _changes(
    problem: Counting,
    row: int,
    certificate: Certificate,
    decisions: Decisions,
    way: str,
    size: int,
) -> dict[int, Mode]:
    ways = _Ways(problem.tables[row], certificate, decisions)
    if way == "same":
        paying = (p for p in ways.order(ways.same)[:size] if ways.same[p].min() < -PAYS)
        return {p: ways.mode(ways.same, p) for p in paying}
    found: dict[int, Mode] = {}
    free = int(room(problem.program, problem.structure, decisions, row))
    leaving = iter(ways.order(ways.less))
    for joins, leaves in _pairs(ways, leaving, free):
        if len(found) >= 2 * size:
            break
        found[joins] = ways.mode(ways.more, joins)
        if leaves is not None:
            found[leaves] = ways.mode(ways.less, leaves)
    return found


def _pairs(ways: _Ways, leaving: Iterator[int], free: int) -> Iterator[tuple[int, int | None]]:
    """(what is to count, what is not to any more) as long as that pays; the count has room for the
    first `free` without anything leaving."""
    for joins in ways.order(ways.more):
        gain = -float(ways.more[joins].min())
        leaves = None if free > 0 else next(leaving, None)
        cost = 0.0 if leaves is None else float(ways.less[leaves].min())
        if gain - cost <= PAYS or (free <= 0 and leaves is None):
            return
        free -= 1
        yield joins, leaves


def around(problem: Counting, decisions: Decisions, point: Point, size: int) -> NDArray[np.bool_]:
    """Positions whose decisions are nearest to being taken otherwise: `size` in each way, with the
    whole of every wash group among them."""
    certificate = problem.regret(point)
    chosen: set[int] = set()
    for table in problem.tables.values():
        ways = _Ways(table, certificate, decisions)
        for costs in (ways.less, ways.more, ways.same):
            chosen.update(ways.order(costs)[:size])
    for wash in problem.structure.washes:
        if not chosen.isdisjoint(wash.positions):
            chosen.update(wash.positions)
    found = np.zeros(len(decisions.modes), dtype=np.bool_)
    found[sorted(chosen)] = True
    return found
