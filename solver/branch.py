"""Branch and bound over the decisions still open, squares carried as tangents.

A tangent underestimates its square, so HiGHS's bound is a bound on the true problem. Where a
position sells or buys only if its binary says so, the tangent is taken in perspective: with
d = d0 + b - S and b S = 0, d^2 = d0^2 + 2 d0 (b - S) + S^2/zs + b^2/zb, and
S^2/zs >= 2 a S - a^2 zs for any a (Frangioni and Gentile 2006).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from solver.handover import Floats, Program
from solver.highs import linear_model, new_engine
from solver.interior import StalledError
from solver.modes import Decisions, Mode, decisions_at
from solver.reduce import Reduced, reduce
from solver.structure import NO_COLUMN, Structure
from solver.sums import dot
from solver.work import Work

ROUNDS = 8
TIGHT = 1e-3
DIVE_STEPS = 60
DUST = 1e-4
LOOKS = 500_000  # nonzeros of the model, each as often as the engine asks whether to go on


@dataclass(frozen=True, slots=True)
class Branched:
    """What branch and bound found: decisions, if any, and a bound (bp) on all that were open."""

    decisions: Decisions | None
    bound: float


@dataclass(frozen=True, slots=True)
class Hull:
    """The linear relaxation with perspective tangents: prices of the rows, and the model, which
    goes on to a dive or to branch and bound."""

    prices: Floats
    model: Tangents


def relax_hull(
    program: Program,
    structure: Structure,
    region: dict[int, float],
    open_modes: list[tuple[Mode, ...]],
    start: Floats | None,
    work: Work,
) -> Hull | None:
    """Tighten the relaxation of everything `open_modes` allow; None where that is proven to be
    nothing. Raises StalledError where the engine cannot say."""
    reduced = reduce(program, region | _closed(structure, open_modes))
    if reduced.infeasible:
        return None
    model = Tangents(program, structure, reduced)
    if start is not None:
        model.cut(start, everywhere=True)
    if not model.tighten(work):
        if model.engine.getModelStatus() != highspy.HighsModelStatus.kInfeasible:
            raise StalledError("the hull")
        return None
    solution = model.engine.getSolution()
    prices = np.zeros(program.matrix.shape[0])
    if model.columns.size:
        prices[model.reduced.rows] = np.array(solution.row_dual)[: model.reduced.rows.size]
    return Hull(prices, model)


def _closed(structure: Structure, open_modes: list[tuple[Mode, ...]]) -> dict[int, float]:
    fixed: dict[int, float] = {}
    for p, modes in zip(structure.positions, open_modes, strict=True):
        selling = {Mode.SELL, Mode.CLOSE}.intersection(modes)
        if p.sold != NO_COLUMN and not selling:
            fixed[p.sold] = 0.0
        if p.bought != NO_COLUMN and Mode.BUY not in modes:
            fixed[p.bought] = 0.0
        if p.closed != NO_COLUMN and Mode.CLOSE not in modes:
            fixed[p.closed] = 0.0
        if selling and selling.issuperset(modes):
            fixed[p.sold] = 1.0
        if modes == (Mode.BUY,):
            fixed[p.bought] = 1.0
        if modes == (Mode.CLOSE,):
            fixed[p.closed] = 1.0
    return fixed


Tangent = tuple[float, dict[int, float]]
"""The lower end of a row and its coefficients by the engine's columns."""


class Tangents:
    """The reduced program with a column for each square and a growing set of tangents."""

    def __init__(self, program: Program, structure: Structure, reduced: Reduced) -> None:
        self.program, self.structure, self.square = program, structure, program.counted
        self.reduced = reduced
        self.columns = reduced.columns
        self.at = {int(j): k for k, j in enumerate(self.columns)}
        self.squared = [int(j) for j in self.columns if self.square[j] > 0]
        self.owner = {p.active: p for p in structure.positions if p.active in self.at}
        n, m = self.columns.size, len(self.squared)
        self.engine = new_engine()
        model = linear_model(
            np.concatenate([program.cost[self.columns], np.ones(m)]),
            reduced.matrix(),
            *reduced.row_ends(),
            np.concatenate([reduced.lower[self.columns], np.zeros(m)]),
            np.concatenate([reduced.upper[self.columns], np.full(m, np.inf)]),
        )
        self.engine.passModel(model)
        self.epigraph = {j: n + k for k, j in enumerate(self.squared)}
        self.offset = (
            program.offset + dot(program.cost, reduced.fixed) + dot(self.square, reduced.fixed**2)
        )

    @property
    def binaries(self) -> list[int]:
        return np.flatnonzero(self.program.integer[self.columns]).tolist()

    def full(self, values: Floats) -> Floats:
        x = self.reduced.fixed.copy()
        x[self.columns] = values[: self.columns.size]
        return x

    def cut(self, x: Floats, *, everywhere: bool = False, values: Floats | None = None) -> int:
        """Add a tangent to each square at x where the epigraph is below it; count them."""
        at, below = x.tolist(), [] if values is None else values.tolist()
        rows = []
        for j in self.squared:
            q, column = float(self.square[j]), self.epigraph[j]
            gap = q * at[j] ** 2 - below[column] if below else 0.0
            if everywhere or gap > TIGHT / len(self.squared):
                rows.append(self._tangent(j, q, column, at))
        self._add(rows)
        return len(rows)

    def _tangent(self, j: int, q: float, column: int, x: Sequence[float]) -> Tangent:
        p = self.owner.get(j)
        free = p is not None and (p.sold in self.at or p.bought in self.at)
        if p is None or not free:
            # t >= q (2 a d - a^2)
            return -q * x[j] ** 2, {column: 1.0, self.at[j]: -2 * q * x[j]}
        # t >= q (d0^2 + 2 d0 (b - S) + 2 a S - a^2 zs + 2 c b - c^2 zb)
        sold = sum(x[s] for s in p.sells)
        bought = x[p.buy] if p.buy != NO_COLUMN else 0.0
        row = {column: 1.0}
        constant = q * p.drift**2
        for s in p.sells:
            constant += self._term(row, s, -q * (2 * sold - 2 * p.drift))
        if p.sold != NO_COLUMN:
            constant += self._term(row, p.sold, q * sold**2)
        if p.buy != NO_COLUMN:
            constant += self._term(row, p.buy, -q * (2 * p.drift + 2 * bought))
            constant += self._term(row, p.bought, q * bought**2)
        return constant, row

    def _term(self, row: dict[int, float], j: int, coefficient: float) -> float:
        """Put a coefficient on column j, or return what its fixed value adds to the right side."""
        if j in self.at:
            row[self.at[j]] = row.get(self.at[j], 0.0) + coefficient
            return 0.0
        return -coefficient * float(self.reduced.fixed[j])

    def _add(self, rows: Sequence[Tangent]) -> None:
        """Add rows, all at once."""
        if not rows:
            return
        starts = np.cumsum([0, *(len(row) for _, row in rows[:-1])], dtype=np.int32)
        columns = [k for _, row in rows for k in row]
        self.engine.addRows(
            len(rows),
            np.array([lower for lower, _ in rows]),
            np.full(len(rows), highspy.kHighsInf),
            len(columns),
            starts,
            np.array(columns, dtype=np.int32),
            np.array([a for _, row in rows for a in row.values()]),
        )

    def tighten(self, work: Work) -> bool:
        """Rounds of the linear relaxation, cutting where a square is underestimated."""
        for _ in range(ROUNDS):
            values = self._relaxed(work)
            if values is None:
                return False
            if not self.cut(self.full(values), values=values):
                break
        return True

    def _run(self, work: Work) -> None:
        started = time.perf_counter()
        self.engine.run()
        work.seconds += time.perf_counter() - started

    def dive(self, work: Work) -> Decisions | None:
        """Decisions by fixing the most decided quarter of the open binaries, solve after solve;
        those that lean one way at last all together."""
        undecided = self.binaries
        for _ in range(DIVE_STEPS):
            values = self._relaxed(work)
            if values is None:
                return None
            if not undecided:
                x = self.full(values)
                x[self.program.integer] = np.round(x[self.program.integer])
                return decisions_at(self.structure, x)
            leaning = self.leaning(values)
            off = {k: abs(leaning[k] - round(leaning[k])) for k in undecided}
            fractional = sorted((k for k in undecided if off[k] > 1e-6), key=lambda k: off[k])
            batch = fractional[: max(1, len(fractional) // 4)] or undecided
            while not self._hold(batch, leaning, work):
                if len(batch) == 1:
                    self._bind(batch[0], 1.0 - round(leaning[batch[0]]))
                    break
                batch = batch[: len(batch) // 2]
            decided = set(batch)
            undecided = [k for k in undecided if k not in decided]
        return None

    def _relaxed(self, work: Work) -> Floats | None:
        """The optimum of the relaxation as it stands; None where it has none."""
        self._run(work)
        work.linear += 1
        status = self.engine.getModelStatus()
        if status == highspy.HighsModelStatus.kModelEmpty:
            return np.zeros(0)
        if status != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self.engine.getSolution().col_value)

    def leaning(self, values: Floats) -> Floats:
        """Values with each binary as far on as its trade is of the smallest it may be: the
        relaxation itself leaves a binary near zero where a trade could be much larger. Lots in
        order lean as if all that is sold of them were sold in turn."""
        x, leaning = self.full(values), values.copy()
        for p in self.structure.positions:
            for binary, amount, least in (
                (p.sold, float(sum(x[s] for s in p.sells)), p.smallest_sale),
                (p.bought, 0.0 if p.buy == NO_COLUMN else float(x[p.buy]), p.smallest_purchase),
            ):
                if binary in self.at:
                    leaning[self.at[binary]] = min(1.0, amount / max(least, DUST))
            left = float(sum(x[lot] for lot in p.in_order))
            for exhausted, lot in zip(p.exhausted, p.in_order, strict=False):
                left -= float(self.program.upper[lot])
                if exhausted in self.at:
                    leaning[self.at[exhausted]] = min(1.0, max(0.0, left) / DUST)
        for wash in self.structure.washes:
            for sale in wash.sales:
                if sale.taken in self.at:
                    amount = float(sum(x[s] for s in sale.sells))
                    leaning[self.at[sale.taken]] = min(1.0, amount / DUST)
        return leaning

    def _hold(self, batch: list[int], values: Floats, work: Work) -> bool:
        """Fix a batch at its nearest integers; undone where nothing is feasible then."""
        for k in batch:
            self._bind(k, float(round(values[k])))
        if self._relaxed(work) is not None:
            return True
        for k in batch:
            self.engine.changeColBounds(k, 0.0, 1.0)
        return False

    def _bind(self, k: int, value: float) -> None:
        self.engine.changeColBounds(k, value, value)

    def free(self) -> None:
        """Undo a dive."""
        for k, j in enumerate(self.columns):
            if self.program.integer[j]:
                self.engine.changeColBounds(k, self.reduced.lower[j], self.reduced.upper[j])

    def _end_in_time(self) -> None:
        """Nodes do not bound the work at one of them: count how often the engine asks, too."""
        most = max(10, LOOKS // max(1, self.engine.getNumNz()))
        asked = 0

        def ask(event: Any) -> None:
            nonlocal asked
            asked += 1
            if asked > most:
                event.interrupt()

        self.engine.cbMipInterrupt.subscribe(ask)

    def solve_integers(
        self, incumbent: float, nodes: int, work: Work, start: Floats | None = None
    ) -> Branched:
        if not self.columns.size:
            return Branched(decisions_at(self.structure, self.reduced.fixed), self.offset)
        kinds = self.binaries
        for k in kinds:
            self.engine.changeColIntegrality(k, highspy.HighsVarType.kInteger)
        if start is not None:
            squares = [self.square[j] * start[j] ** 2 for j in self.squared]
            values = np.concatenate([start[self.columns], squares])
            self.engine.setSolution(values.size, np.arange(values.size, dtype=np.int32), values)
        self._end_in_time()
        self.engine.setOptionValue("mip_max_nodes", nodes)
        self.engine.setOptionValue("mip_rel_gap", 0.0)
        self.engine.setOptionValue("mip_abs_gap", TIGHT)
        self._run(work)
        info = self.engine.getInfo()
        work.nodes += max(0, int(info.mip_node_count))
        if self.engine.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return Branched(None, incumbent)
        optimal = self.engine.getModelStatus() == highspy.HighsModelStatus.kOptimal
        linear = info.objective_function_value if optimal else -np.inf
        bound = float(info.mip_dual_bound if kinds else linear) + self.offset
        values = np.array(self.engine.getSolution().col_value)
        if not np.isfinite(info.objective_function_value) or values.size == 0:
            return Branched(None, bound)
        x = self.full(values)
        x[self.program.integer] = np.round(x[self.program.integer])
        return Branched(decisions_at(self.structure, x), bound)
