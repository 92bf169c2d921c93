"""How good rounded trades are, and which of many small moves of them can be the best.

A move changes few columns. What it does to rows, limits on risk, tax and the objective is added to
what holds without it, for all moves at once. Such sums differ from the whole score in last digits,
so they choose nothing: they only rule out moves that cannot be the best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from solver.handover import Floats, Program, RiskColumns
from solver.netting import Netting
from solver.state import State
from solver.structure import RegionColumns

BROKEN = 1e-7
NEAR = 1e-8
"""bp by which a sum of changes may differ from the same amount in a whole score: what was seen of
households with a thousand lots is 2.4e-13."""

Value = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a move does: `changes` (bp) of `columns`, trades and the states that follow, and of the
    nets of every tax function (short, long)."""

    columns: NDArray[np.int64]
    changes: Floats
    nets: Floats


class Score:
    """(how far rows are broken, objective) of trades, states completed; both in bp.

    Rounding may use the room that limits were given for it, but for the cents by which the amounts
    in them are rounded: `amounts` are how many that are in each column, `cents` what so many may
    come to (bp). What is beyond the rule's own end counts twice, what cents may break once.
    """

    def __init__(
        self,
        program: Program,
        state: State,
        netting: Netting,
        amounts: Floats,
        cents: Callable[[Floats], Floats],
    ) -> None:
        self.program, self.state, self.netting = program, state, netting
        self.square = program.counted
        rules = np.ones(program.row_lower.size, dtype=bool)
        rules[state.rows] = False
        rules[program.rows_of(lambda part: part.startswith(("tax[", "physics.selling")))] = False
        self.rules, matrix = rules, program.matrix
        self.lower = np.where(rules, program.row_lower, -np.inf)
        within = np.where(rules, program.row_upper, np.inf)
        each = np.ceil(np.abs(matrix.data)) * amounts[matrix.indices]
        spare, limited = program.spare, ~np.isnan(program.spare)
        self.end = within + np.where(limited, spare, 0.0)
        clear = cents(np.bincount(program.row_of, each, rules.size).astype(float))
        self.upper = self.end - np.where(limited, clear, 0.0)
        margins = cents(np.array([amounts[limit.active].sum() for limit in program.risks]))
        self.risks = [
            (limit, float(margin) if limit.spare <= 0.0 else 0.0)
            for limit, margin in zip(program.risks, margins, strict=True)
        ]

    def whole(self, x: Floats) -> Floats:
        """x with what its trades imply: active weights, nets, and the tax region they fall in."""
        return self.netting.placed(self.state.complete(x))

    def __call__(self, whole: Floats) -> Value:
        """That of trades with what they imply."""
        broken = self._beyond(self.program.matrix @ whole, slice(None), 0.0)
        strays = [limit.over(whole) + margin for limit, margin in self.risks]
        far = sum(stray for stray in strays if stray > BROKEN)
        return float(broken.sum()) + far, self.program.objective(whole)

    def effects(self, moves: Sequence[Mapping[int, float]], x: Floats) -> list[Effect]:
        """The effects of moves, each given as changes (bp) of a few columns of trades; they are the
        same from any trades."""
        if not moves:
            return []
        states = self.state.states
        columns = [column for move in moves for column in move]
        changes = [change for move in moves for change in move.values()]
        ends = np.cumsum([0, *(len(move) for move in moves)])
        moved = sp.csc_matrix((changes, columns, ends), (self.program.cost.size, len(moves)))
        follow = self.state.lu.solve(-(self.state.matrix @ moved).toarray())
        regions = self.netting.chosen(x)
        of_nets = np.searchsorted(states, [c for r in regions for c in (r.short, r.long)])
        nets = follow[of_nets].T.reshape(len(moves), len(regions), 2)
        follow[of_nets] = 0.0
        found = []
        for k, move in enumerate(moves):
            moving = np.flatnonzero(follow[:, k])
            by = np.concatenate([list(move.values()), follow[moving, k]])
            found.append(Effect(np.concatenate([list(move), states[moving]]), by, nets[k]))
        return found

    def contenders(self, x: Floats, effects: Sequence[Effect]) -> list[int]:
        """Numbers of the effects, ascending, that can lead to the least whole score from x."""
        raw = self.state.complete(x)
        start = self.netting.placed(raw)
        count = len(effects)
        own = [np.repeat(np.arange(count), [effect.columns.size for effect in effects])]
        columns, changes = [e.columns for e in effects], [e.changes for e in effects]
        unsure = np.zeros(count, dtype=bool)
        for k, now in enumerate(self.netting.chosen(raw)):
            nets = raw[[now.short, now.long]] + np.array([effect.nets[k] for effect in effects])
            taxed = self._taxed(k, now, nets, start)
            own.append(np.repeat(np.arange(count), 6))
            columns.append(taxed.columns.reshape(-1))
            changes.append(taxed.changes.reshape(-1))
            unsure |= taxed.unsure
        cells = np.concatenate(own), np.concatenate(columns)
        total = sp.csr_matrix((np.concatenate(changes), cells), (count, start.size))
        least, most, level = self._far(start, total)
        least[unsure], most[unsure], level[unsure] = 0.0, np.inf, False
        kept = least <= most.min() + NEAR
        objective = self._objective(start, total)
        # Of moves that break the same rows by the same amounts the objective decides.
        for alike in (kept & (most == 0.0), kept & level):
            if alike.any():
                kept &= ~alike | (objective <= objective[alike].min() + 2 * NEAR)
        return [int(k) for k in np.flatnonzero(kept)]

    def _taxed(self, k: int, now: RegionColumns, nets: Floats, start: Floats) -> _Taxed:
        """The columns of a tax function, each move out of the region of `start` and into the one
        that holds its nets (moves x 2). Where another may hold them that is not the same to the
        score, it is unsure."""
        pieces = self.netting.functions[k]
        columns = np.array([[p.region.chosen, p.region.short, p.region.long] for p in pieces])
        outside = np.array([piece.outside_each(nets) for piece in pieces])
        first = sorted(range(len(pieces)), key=lambda p: pieces[p].region is not now)
        best = np.array(first)[outside[first].argmin(axis=0)]
        values = np.column_stack([np.ones(len(nets)), nets])
        near = outside <= outside.min(axis=0) + NEAR
        cost = self.program.cost[columns] @ values.T + self.square[columns] @ (values**2).T
        apart = np.abs(cost - cost[best, np.arange(len(nets))])
        unsure = (near & (apart > NEAR)).any(axis=0)
        several = near.sum(axis=0) > 1
        if several.any() and self._tells_apart(columns):
            unsure |= several
        was = np.broadcast_to(columns[int(start[columns[:, 0]].argmax())], (len(nets), 3))
        return _Taxed(np.hstack([columns[best], was]), np.hstack([values, -start[was]]), unsure)

    def _tells_apart(self, columns: NDArray[np.int64]) -> bool:
        """Whether a rule is about single regions (chosen, short, long) of a tax function."""
        by_column = self._by_column()
        chosen, short, long = (by_column[each].toarray()[:, self.rules] for each in columns.T)
        return bool(chosen.any() or (short != short[0]).any() or (long != long[0]).any())

    def _by_column(self) -> sp.csr_matrix:
        """The rows that each column is in, in compressed rows."""
        program = self.program
        return program.once("by column", lambda: sp.csr_matrix(program.transposed))

    def _objective(self, start: Floats, total: sp.csr_matrix) -> Floats:
        """By how much (bp) each move changes the objective."""
        by, columns = total.data, total.indices
        slope = self.program.cost[columns] + self.square[columns] * (2.0 * start[columns] + by)
        return np.asarray(np.bincount(_owners(total), by * slope, total.shape[0]), dtype=float)

    def _far(self, start: Floats, total: sp.csr_matrix) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """How far rows and limits are broken after each move (bp), at least and at most; and
        whether it leaves alone what is broken and breaks nothing else."""
        values = self.program.matrix @ start
        moved = sp.csr_matrix(total @ self._by_column())
        rows, owners, count = moved.indices, _owners(moved), moved.shape[0]
        ends = []
        level = np.ones(count, dtype=bool)
        for slack in (-NEAR, NEAR):
            before = self._beyond(values, slice(None), slack)
            after = self._beyond(values[rows] + moved.data, rows, slack)
            far = before.sum() + np.bincount(owners, after - before[rows], count)
            level[owners[(before[rows] > 0) | (after > 0)]] = False
            for limit, margin in self.risks:
                over = _over(limit, start, total) + margin + slack
                far += np.where(over > BROKEN, over, 0.0)
                level &= (over <= BROKEN) & (limit.over(start) + margin + slack <= BROKEN)
            ends.append(np.where(far > BROKEN / 2, far, 0.0))
        return ends[0], ends[1], level

    def _beyond(self, values: Floats, rows: NDArray[np.int32] | slice, slack: float) -> Floats:
        """How far values of rows, each `slack` further out, break them (bp)."""
        below = self.lower[rows] - values
        found = np.zeros(values.shape)
        for end in (self.upper, self.end):
            outside = np.maximum(below, values - end[rows]) + slack
            found += np.where(outside > BROKEN, outside, 0.0)
        return found


@dataclass(frozen=True, slots=True)
class _Taxed:
    """`columns` of a tax function with their `changes` (moves x 6)."""

    columns: NDArray[np.int64]
    changes: Floats
    unsure: NDArray[np.bool_]


def _over(limit: RiskColumns, start: Floats, total: sp.csr_matrix) -> Floats:
    """How far each move exceeds a limit on tracking error (bp)."""
    now = limit.spread @ start[limit.active]
    after = now + (total[:, limit.active] @ limit.spread.T).toarray()
    return np.asarray(np.linalg.norm(after, axis=1) - np.linalg.norm(now) + limit.over(start))


def _owners(rows: sp.csr_matrix) -> NDArray[np.int64]:
    """The row of each entry."""
    return np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
