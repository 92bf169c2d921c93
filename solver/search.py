"""From a program with binaries to trades with a proven gap, on a counted budget.

For each region of the tax function: solve the convex program without binaries and bound it; take
the cheapest modes, fix them, solve again; the duals of that solve give a better bound and the
regret of every mode. Modes whose regret exceeds the gap are ruled out; what is left undecided goes
to branch and bound over tangents.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice, product

import numpy as np

from solver.answer import Answer, answer_at, region_fixings
from solver.branch import relax_hull
from solver.certificate import INFEASIBLE, Certificate, Pricing
from solver.counting import Counting, around, changed, counting, exchanged, thinned
from solver.few import search_few
from solver.handover import Floats, Program
from solver.interior import StalledError
from solver.modes import Decisions, Mode, excess, fixings, leaning
from solver.netting import read_netting
from solver.quadratic import Point, solve_quadratic, solved
from solver.reduce import Reduced, reduce
from solver.structure import NO_COLUMN, RegionColumns, Structure
from solver.work import Work

FIRST_PRICE = 0.01  # bp a position
PRICINGS = 24
ALIKE = 1e-7
"""Answers and bounds no further apart (bp) are equal, and the first is taken: where two tax regions
meet, that of no trades."""
PARTS = (0.5, 0.25, 0.1)  # of the way from one set of prices to another


@dataclass(frozen=True, slots=True)
class Budget:
    """How much work a household may cost, in counts; nothing else ends the search."""

    flips: int = 3
    hulls: int = 3
    branchable: int = 60
    divable: int = 480
    nodes: int = 200
    nodes_among_many: int = 1
    branchings: int = 4
    goal: float = 0.02
    moves: int = 60
    failures: int = 16
    exchanges: int = 24
    neighbourhoods: int = 6
    nearby_nodes: int = 4
    betweens: int = 24
    tangents: int = 40
    risk_searches: int = 3
    risk_rounds: int = 12
    regions: int = 100
    few: int = 24
    programs: int = 60


@dataclass(slots=True)
class _Region:
    """One choice of tax regions under search. `first` is the certificate at the prices of its
    relaxation, None before that is solved, and `leaning` the modes that this comes nearest to;
    `proven` what branch and bound says of it."""

    chosen: tuple[RegionColumns, ...]
    fixed: dict[int, float]
    prices: Floats
    leaning: tuple[Mode, ...]
    first: Certificate | None = None
    proven: float = -np.inf


@dataclass(slots=True)
class Search:
    """The state of one household's search."""

    program: Program
    structure: Structure
    budget: Budget
    work: Work
    pricing: Pricing
    best: Answer | None = None
    tried: dict[tuple[object, ...], Point | None] = field(default_factory=dict)
    failures: int = 0
    certificates: list[Certificate] = field(default_factory=list)
    priced: list[Floats] = field(default_factory=list)  # the prices of each certificate

    @property
    def incumbent(self) -> float:
        return INFEASIBLE if self.best is None else self.best.point.objective

    def bound(self, region: _Region) -> float:
        """What is proven of a tax region by all prices so far, those found in others too."""
        return max([region.proven, *(each.bound(region.chosen) for each in self.certificates)])


def search(
    program: Program,
    structure: Structure,
    budget: Budget,
    work: Work,
    start: Floats | None = None,
) -> Answer | None:
    """The best answer within the budget with its proven bound; None where nothing is feasible.

    `start` is a feasible point, binaries and all, whose decisions are tried first.
    """
    proven = -np.inf
    if np.count_nonzero(program.integer) <= budget.few:
        answer, proven = search_few(program, structure, budget.goal, budget.programs, work, start)
        incumbent = INFEASIBLE if answer is None else answer.point.objective
        if proven >= incumbent - budget.goal:
            return answer
        start = start if answer is None else answer.point.x
    anywhere = reduce(program, {}, structure.mode_rows)
    pricing = Pricing(program, structure, anywhere.lower, anywhere.upper)
    state = Search(program, structure, budget, work, pricing)
    if start is not None:
        state.best = answer_at(program, structure, start, work)
    regions = _regions(state)
    pending, explored = list(regions), 0
    while pending:
        least = min(map(state.bound, pending))
        region = next(r for r in pending if state.bound(r) <= least + ALIKE)
        if explored == 0 and structure.counted and state.best is not None:
            region = next(r for r in pending if r.chosen == state.best.region)
        if state.bound(region) >= state.incumbent - budget.goal:
            break
        if region.first is None:
            _relax(state, region)
            continue
        if explored >= budget.regions and state.best is not None:
            break
        pending.remove(region)
        explored += 1
        _explore(state, region)
    if state.best is None:
        return None
    bound = min([state.bound(r) for r in regions] + [state.incumbent])
    return replace(state.best, bound=max(bound, proven))


def _regions(state: Search) -> list[_Region]:
    """Every choice of tax regions, that of the best known point first, else that of no trades."""
    nothing = np.zeros(state.program.matrix.shape[0])
    still = (Mode.HOLD,) * len(state.structure.positions)
    known = None if state.best is None else state.best.region
    regions = [
        _Region(chosen, region_fixings(state.structure, chosen), nothing, still)
        for chosen in product(*state.structure.regions)
    ]
    untraded = read_netting(state.program, state.structure).untraded()
    return sorted(regions, key=lambda r: (r.chosen != known, r.chosen != untraded))


def _relax(state: Search, region: _Region) -> None:
    """Price a tax region by the program without mode binaries; one without a point has no end."""
    reduced = reduce(state.program, region.fixed, state.structure.mode_rows)
    with suppress(StalledError):  # any prices bound the region; these are the best
        point = solve_quadratic(reduced, state.work)
        if point is None:
            region.proven = INFEASIBLE
        else:
            region.prices = state.structure.priced(point.row_dual)
            region.prices[_bound_rows(reduced)] = 0.0
            region.leaning = leaning(state.structure, point.x)
    region.first = _certify(state, region.prices)


def _bound_rows(reduced: Reduced) -> Floats:
    """Rows that became bounds of a column: their price stays with the column."""
    gone = np.ones(reduced.program.matrix.shape[0], dtype=bool)
    gone[reduced.rows] = False
    return gone


def _certify(state: Search, prices: Floats) -> Certificate:
    certificate = state.pricing.certify(prices)
    state.certificates.append(certificate)
    state.priced.append(prices)
    return certificate


def _explore(state: Search, region: _Region) -> None:
    assert region.first is not None
    priced = _counted(state, region, region.first)
    if not state.structure.counted or not _kept_counts(state, region):
        _flip(state, region, priced.nearest(region.leaning))
        if not state.structure.counted:
            _between(state, region)
    elif _undecided(_open(state, region)) > state.budget.branchable // 2:
        return
    for _ in range(state.budget.hulls):
        if state.incumbent - state.bound(region) <= state.budget.goal or not _polish(state, region):
            return


def _flip(state: Search, region: _Region, decisions: Decisions) -> None:
    """From decisions on, the worse part of those that the prices of the best solve so far regret
    changed, a smaller part after one that did not pay."""
    certificate, objective, part = region.first, INFEASIBLE, 1.0
    assert certificate is not None
    target = decisions
    counted = list(state.structure.counted)
    for _ in range(state.budget.flips):
        if _key(region, target) in state.tried:
            break
        point = _try(state, region, target)
        if point is not None:
            prices = state.structure.priced(point.row_dual)
            prices[counted] = region.prices[counted]
            region.prices = prices
            priced = _counted(state, region, _certify(state, prices))
        if state.incumbent - state.bound(region) <= state.budget.goal:
            return
        if point is not None and point.objective < objective:
            decisions, objective, certificate = target, point.objective, priced
            part = min(1.0, 1.5 * part)
        else:
            part /= 2
        target = _flipped(state, decisions, certificate, part / 2)
        if any(excess(state.program, state.structure, target, i) for i in counted):
            target = certificate.cheapest


def _between(state: Search, region: _Region) -> None:
    """Bound a region by prices between those tried so far: the bound is concave in its prices, and
    best between those of decisions of which each has too much of something. Then flip by them."""
    bounds = [certificate.bound(region.chosen) for certificate in state.certificates]
    order = np.argsort(-np.array(bounds), kind="stable").tolist()
    prices, best = state.priced[order[0]], state.certificates[order[0]]
    others = [state.priced[k] for k in order[1:]]
    for other, part in islice(product(others, PARTS), state.budget.betweens):
        if state.incumbent - best.bound(region.chosen) <= state.budget.goal:
            return
        between = (1.0 - part) * prices + part * other
        found = _certify(state, between)
        if found.bound(region.chosen) > best.bound(region.chosen):
            prices, best = between, found
    region.prices = prices
    if state.best is not None:
        _flip(state, region, best.nearest(state.best.decisions.modes))


def _undecided(open_modes: list[tuple[Mode, ...]]) -> int:
    """Positions of which more than one mode is open."""
    return sum(len(modes) > 1 for modes in open_modes)


def _kept_counts(state: Search, region: _Region) -> bool:
    """Look for decisions that keep the counts; where other rows are in the way, from the best known
    ones on. Whether any were found."""

    def solve(decisions: Decisions, counted: bool) -> Point | None:
        if counted:
            return _try(state, region, decisions)
        left_out = np.zeros(state.program.matrix.shape[0], dtype=np.bool_)
        left_out[list(state.structure.counted)] = True
        fixed = region.fixed | fixings(state.structure, decisions)
        return solved(reduce(state.program, fixed, left_out), state.work)

    left = state.budget.failures - state.failures
    problem = counting(state.program, state.structure, state.pricing, solve, left)
    assert region.first is not None
    start = region.first.nearest(region.leaning)
    decisions = thinned(problem, start) if left > 0 else None
    state.failures = state.budget.failures - problem.failures
    point = None if decisions is None else solve(decisions, True)
    if decisions is not None and point is not None:
        exchanged(problem, decisions, point, state.budget.exchanges)
        if state.best is not None and state.best.region == region.chosen:
            _bound_between(state, region, state.best.point)
        return True
    if state.best is None:
        return False
    if state.best.region == region.chosen:
        exchanged(problem, state.best.decisions, state.best.point, state.budget.exchanges)
        for _ in range(state.budget.neighbourhoods):
            if not _nearby(state, region, problem):
                break
    _polish(state, region, dive=False)
    return True


def _bound_between(state: Search, region: _Region, point: Point) -> None:
    """Bound the region by prices between those of the relaxation, which has too many names, and of
    an answer, which has few: the bound is concave in its prices, and best in between."""
    relaxed, counted = region.prices, list(state.structure.counted)
    solved = state.structure.priced(point.row_dual)

    def bound(part: float) -> float:
        region.prices = (1.0 - part) * relaxed + part * solved
        region.prices[counted] = relaxed[counted]
        priced = _counted(state, region, _certify(state, region.prices))
        return priced.bound(region.chosen)

    found = {part: bound(part) for part in (0.5, 0.75, 1.0)}
    middle = max(found, key=lambda part: found[part])
    for part in (middle - 0.125, middle + 0.125):
        bound(part)


def _nearby(state: Search, region: _Region, problem: Counting) -> bool:
    """Branch and bound over the decisions nearest to the best answer's, the others as they are
    there; whether it found a better one."""
    best = state.best
    assert best is not None
    free = around(problem, best.decisions, best.point, state.budget.branchable // 2)
    modes = [
        tuple(mode for mode in Mode if mode is not Mode.CLOSE or p.closed != NO_COLUMN)
        if open_
        else (mode_now,)
        for p, open_, mode_now in zip(
            state.structure.positions, free, best.decisions.modes, strict=True
        )
    ]
    start = best.point.x
    try:
        hull = relax_hull(state.program, state.structure, region.fixed, modes, start, state.work)
    except StalledError:
        return False
    if hull is None:
        return False
    found = hull.model.solve_integers(state.incumbent, state.budget.nearby_nodes, state.work, start)
    before = state.incumbent
    if found.decisions is not None and _key(region, found.decisions) not in state.tried:
        _try(state, region, found.decisions)
    return state.incumbent < before - state.budget.goal / 10


def _counted(state: Search, region: _Region, certificate: Certificate) -> Certificate:
    """The certificate at prices of counting rows whose cheapest modes keep them.

    Modes cost more the more they add to a count that is too high, so that the cheapest ones add
    less and less: the price is doubled until they add no more than they may, then halved in.
    """
    for row in state.structure.counted:
        if not excess(state.program, state.structure, certificate.cheapest, row):
            continue
        sign = np.sign(excess(state.program, state.structure, certificate.cheapest, row))
        low, high = 0.0, FIRST_PRICE
        best: tuple[Certificate, Floats] | None = None
        for _ in range(PRICINGS):
            prices = region.prices.copy()
            prices[row] -= sign * high
            found = _certify(state, prices)
            kept = sign * excess(state.program, state.structure, found.cheapest, row) <= 0
            if kept:
                best = found, prices
            if best is None:
                low, high = high, 4 * high
                continue
            low, top = (low, high) if kept else (high, _price(best[1], region.prices, row))
            high = (low + top) / 2
        if best is not None:
            certificate, region.prices = best
    return certificate


def _price(prices: Floats, base: Floats, row: int) -> float:
    return float(abs(prices[row] - base[row]))


def _polish(state: Search, region: _Region, *, dive: bool = True) -> bool:
    """One round over the modes still open: prices and decisions of the hull, and where few modes
    are left or nobody asks for a dive, branch and bound. False where nothing more is to be had."""
    open_modes = _open(state, region)
    start = None if state.best is None else state.best.point.x
    program, structure = state.program, state.structure
    if dive and _undecided(open_modes) > state.budget.divable:
        return False
    try:
        hull = relax_hull(program, structure, region.fixed, open_modes, start, state.work)
    except StalledError:
        return False
    if hull is None:
        # What is not open is proven to be no better than the best so far.
        region.proven = max(region.proven, state.incumbent)
        return False
    _certify(state, hull.prices)
    few = _undecided(_open(state, region)) <= state.budget.branchable
    decisions: Decisions | None = None
    if dive and not few:
        decisions = hull.model.dive(state.work)
    if decisions is not None:
        return _tried_anew(state, region, decisions)
    anew = False
    hull.model.free()
    for _ in range(state.budget.branchings if few else 1):
        nodes = state.budget.nodes if few else state.budget.nodes_among_many
        found = hull.model.solve_integers(state.incumbent, nodes, state.work, start)
        region.proven = max(region.proven, min(found.bound, state.incumbent))
        if found.decisions is None:
            break
        anew |= _tried_anew(state, region, found.decisions)
        point = state.tried.get(_key(region, found.decisions))
        if point is None or state.incumbent - state.bound(region) <= state.budget.goal:
            break
        hull.model.cut(point.x, everywhere=True)
    return anew


def _tried_anew(state: Search, region: _Region, decisions: Decisions) -> bool:
    """Whether decisions were not tried before and have a point; its prices bound the region."""
    if _key(region, decisions) in state.tried:
        return False
    point = _try(state, region, decisions)
    if point is not None:
        _certify(state, state.structure.priced(point.row_dual))
    return point is not None


def _key(region: _Region, decisions: Decisions) -> tuple[object, ...]:
    return (tuple(r.chosen for r in region.chosen), decisions)


def _try(state: Search, region: _Region, decisions: Decisions) -> Point | None:
    """Solve with these decisions fixed; keep the answer if it is the best so far."""
    reduced = reduce(state.program, region.fixed | fixings(state.structure, decisions))
    point = solved(reduced, state.work)
    state.tried[_key(region, decisions)] = point
    if point is not None and point.objective < state.incumbent - ALIKE:
        state.best = Answer(point, reduced, decisions, region.chosen, -np.inf)
    return point


def _flipped(
    state: Search, decisions: Decisions, certificate: Certificate, part: float
) -> Decisions:
    """Change the worse part of the decisions that the prices regret."""
    target = certificate.nearest(decisions.modes)
    regret = certificate.regret_of(decisions)
    worth = np.where(np.isfinite(regret), regret, 1e9)
    worth[state.structure.shared & (worth < state.budget.goal)] = 0.0
    wrong = np.flatnonzero(worth > 1e-9)
    order = wrong[np.argsort(-worth[wrong], kind="stable")]
    worse = order[: max(1, int(np.ceil(order.size * part)))].tolist()
    changes = {p: target.modes[p] for p in worse}
    return changed(state.structure, decisions, certificate, changes, target)


def _open(state: Search, region: _Region) -> list[tuple[Mode, ...]]:
    """Modes of each position that no certificate rules out: bound + regret below the incumbent."""
    alive = np.ones((len(state.structure.positions), len(Mode)), dtype=bool)
    for certificate in state.certificates:
        bound = certificate.bound(region.chosen)
        if np.isfinite(state.incumbent) and bound > -np.inf:
            alive &= bound + certificate.regret <= state.incumbent + 1e-9
    return [tuple(Mode(int(m)) for m in np.flatnonzero(row)) for row in alive]
