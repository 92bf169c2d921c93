"""What was not traded, and what held it back.

At the solved point the ledger prices every lot that could be sold and every security that could be
bought, traded or not: the sum of its groups is what another dollar of that trade would cost. Where
the sum is negative the trade is wanted, and something bars it: a row with no room while all other
decisions stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.registry import PHYSICS, Position
from policydsl.propose import Proposal
from solver.handover import Program
from solver.ledger import bound_name
from solver.solve import Solution

ROOM = 1e-9  # bp of household value
OWN_BOUNDS = ("no short position", "lot exhausted")
WANTED = -1e-5  # dollars per dollar: a tenth of a basis point


@dataclass(frozen=True, slots=True, order=True)
class Barrier:
    """What leaves no room for a trade: `statements` and a key, or `bounds` and a name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Untraded:
    """A lot that was not sold, or a security that was not bought (`lot_id` empty).

    `groups` maps (kind, name) to dollars per dollar, negative where a group asks for the trade;
    `pull` is their sum, barriers left out. `room` is what could be sold, or what is short of the
    target, in dollars.
    """

    account_id: str
    security_id: str
    side: str
    lot_id: str
    room: float
    pull: float
    groups: dict[tuple[str, str], float]
    barriers: tuple[Barrier, ...]

    @property
    def wanted(self) -> bool:
        """Whether the objective and the other rules together ask for it."""
        return self.pull < WANTED


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Trades of one security in one account that statements bar although they are wanted.

    `price` is what a dollar of the trade that is wanted most would be worth.
    """

    account_id: str
    security_id: str
    side: str
    dollars: float
    price: float
    statements: tuple[str, ...]


def held_back(proposal: Proposal) -> tuple[HeldBack, ...]:
    """What statements hold back, dearest first."""
    found: dict[tuple[str, str, str, tuple[str, ...]], list[Untraded]] = {}
    for trade in untraded(proposal):
        keys = tuple(b.name for b in trade.barriers if b.kind == "statements")
        if trade.wanted and keys:
            key = trade.account_id, trade.security_id, trade.side, keys
            found.setdefault(key, []).append(trade)
    told = [
        HeldBack(
            *key[:3],
            dollars=sum(trade.room for trade in trades),
            price=max(-trade.pull for trade in trades),
            statements=key[3],
        )
        for key, trades in found.items()
    ]
    return tuple(
        sorted(told, key=lambda h: (-h.dollars * h.price, h.account_id, h.security_id, h.side))
    )


def untraded(proposal: Proposal, security_id: str | None = None) -> Iterator[Untraded]:
    """Every trade that was possible and not made, by account and security; of one, if named."""
    solution, compiled = proposal.solution, proposal.compiled
    if solution is None or compiled is None:
        return
    by_column = solution.program.matrix.tocsc()
    traded = {
        (o.position.account_id, o.position.security_id): "buy" if o.bought else "sell"
        for o in solution.orders
    }
    sold = {lot.id for o in solution.orders for lot, shares in o.lots if shares}
    for name, position in compiled.physics.positions.items():
        if security_id not in (None, name[1]):
            continue
        for side, lot_id, variable, decision in _possible(position):
            if lot_id in sold or (name in traded and (side == "buy" or traded[name] == "buy")):
                continue
            column = solution.program.column(variable)
            barriers = _barriers(solution, by_column, column, decision)
            barring = {(barrier.kind, barrier.name) for barrier in barriers}
            groups = _groups(solution, column)
            yield Untraded(
                *name,
                side=side,
                lot_id=lot_id,
                room=_room(solution, position, side, column) * compiled.physics.unit,
                pull=sum(value for key, value in groups.items() if key not in barring),
                groups=groups,
                barriers=barriers,
            )


def _possible(position: Position) -> Iterator[tuple[str, str, Any, Any]]:
    """(side, lot, variable, decision) of the trades that the model has columns for."""
    for lot, sell in zip(position.lots, position.sells, strict=True):
        yield "sell", lot.id, sell, position.sold
    if position.buy is not None:
        yield "buy", "", position.buy, position.bought


def _room(solution: Solution, position: Position, side: str, column: int) -> float:
    """bp of household value."""
    if side == "buy":
        return max(position.target - position.held, 0.0)
    return float(solution.program.upper[column])


def _groups(solution: Solution, column: int) -> dict[tuple[str, str], float]:
    """The ledger of a column without the bounds of its own."""
    return {
        (kind, name): value
        for kind, part in solution.ledger.entry(column).items()
        for name, value in part.items()
        if not (kind == "bounds" and name in OWN_BOUNDS)
    }


def _barriers(
    solution: Solution, by_column: Any, column: int, decision: Any
) -> tuple[Barrier, ...]:
    """Rows over nothing but decisions, the trade's own apart, that have no room for it."""
    program, x = solution.program, solution.x
    steps = {column: 10 * ROOM}
    if id(decision) in program.index:
        steps[program.column(decision)] = 1.0
    found: set[Barrier] = set()
    for own, step in steps.items():
        for k in range(by_column.indptr[own], by_column.indptr[own + 1]):
            i = int(by_column.indices[k])
            span = slice(program.matrix.indptr[i], program.matrix.indptr[i + 1])
            columns = program.matrix.indices[span]
            others = columns[columns != own]
            given = program.integer[others] | (program.upper[others] <= program.lower[others])
            if not given.all() or np.isin(others, list(steps)).any():
                continue
            now = float(program.matrix.data[span] @ x[columns])
            then = now + float(by_column.data[k]) * max(step - x[own], 0.0)
            if not _holds(program, i, then) and not _opened(solution, by_column, i, others, then):
                owner, row = program.owners[i], program.row_names[i]
                of_rule = owner != PHYSICS
                name = owner if of_rule else bound_name(row)
                found.add(Barrier("statements" if of_rule else "bounds", name))
    return tuple(sorted(found))


def _holds(program: Program, row: int, value: float) -> bool:
    return bool(program.row_lower[row] - ROOM <= value <= program.row_upper[row] + ROOM)


def _opened(
    solution: Solution, by_column: Any, row: int, decisions: NDArray[np.int32], value: float
) -> bool:
    """Whether one other decision could be taken otherwise and make room in the row: it was free,
    so the row is not what held the trade back."""
    program, x = solution.program, solution.x
    for j in decisions[program.integer[decisions]]:
        change = 1.0 - 2.0 * round(float(x[j]))
        span = slice(by_column.indptr[j], by_column.indptr[j + 1])
        rows, values = by_column.indices[span], by_column.data[span]
        mine = float(values[rows == row][0])
        free = all(
            _holds(program, int(i), float((program.matrix[i] @ x)[0]) + float(a) * change)
            for i, a in zip(rows, values, strict=True)
            if i != row
        )
        if free and _holds(program, row, value + mine * change):
            return True
    return False
