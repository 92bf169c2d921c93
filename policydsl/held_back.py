"""What was not traded, and what held it back.

At the solved point the ledger prices every lot that could be sold and every security that could be
bought, traded or not: the sum of its groups is what another dollar of that trade would cost. Where
the sum is negative the trade is wanted, and something bars it: a row with no room while all other
decisions stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from compiler.exact_check import share_increment
from compiler.registry import PHYSICS, Position
from policydsl.propose import Proposal
from policydsl.wash_causes import wash_causes
from solver.ledger import NETTING_REGION, bound_name, is_own_bound
from solver.solve import Solution

ZERO = Decimal(0)
ROOM = 1e-9  # bp of household value
DOLLAR = Decimal(1)
WANTED = -1e-5  # dollars per dollar: a tenth of a basis point


@dataclass(frozen=True, slots=True, order=True)
class Barrier:
    """What leaves no room for a trade: `statements` and a key, or `bounds` and a name."""

    kind: str
    name: str


NO_CASH = Barrier("bounds", "no overdraft")
"""Of a purchase that nothing else bars where no cash is left and nothing is sold for it."""


@dataclass(frozen=True, slots=True)
class Untraded:
    """A lot that was not sold, or a security that was not bought (`lot_id` empty).

    `groups` maps (kind, name) to dollars per dollar, negative where a group asks for the trade;
    `pull` is their sum, barriers left out. `room` is what could be sold, or what is short of the
    target, in dollars: of the account's, or of a joint portfolio's as far as the account goes.
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

    `price` is what a dollar of the trade that is wanted most would be worth. `because` says what
    would wash the loss, or which loss would be washed, where wash sales are what bars it.
    """

    account_id: str
    security_id: str
    side: str
    dollars: float
    price: float
    statements: tuple[str, ...]
    because: tuple[str, ...] = ()


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
            because=_because(proposal, trades, key[3]),
        )
        for key, trades in found.items()
    ]
    return tuple(
        sorted(told, key=lambda h: (-h.dollars * h.price, h.account_id, h.security_id, h.side))
    )


def _because(proposal: Proposal, trades: list[Untraded], keys: tuple[str, ...]) -> tuple[str, ...]:
    kinds = {s.statement.key: s.directive.kind for s in proposal.policy.statements}
    if not any(kinds.get(key) == "wash sales" for key in keys):
        return ()
    lots = {trade.lot_id for trade in trades if trade.lot_id}
    return wash_causes(proposal, trades[0].account_id, trades[0].security_id, lots)


def untraded(proposal: Proposal, security_id: str | None = None) -> Iterator[Untraded]:
    """Every trade that was possible and not made, by account and security; of one, if named."""
    solution, compiled = proposal.solution, proposal.compiled
    if solution is None or compiled is None:
        return
    rows = _Rows(solution)
    traded = {
        (o.position.account_id, o.position.security_id): "buy" if o.bought else "sell"
        for o in solution.orders
    }
    sold = {lot.id for o in solution.orders for lot, shares in o.lots if shares}
    for name, position in compiled.physics.positions.items():
        if security_id not in (None, name[1]):
            continue
        for side, lot_id, column, decision in _possible(position):
            if lot_id in sold or (name in traded and (side == "buy" or traded[name] == "buy")):
                continue
            barriers = _barriers(rows, column, decision)
            barring = {(barrier.kind, barrier.name) for barrier in barriers}
            groups = _groups(solution, column)
            pull = sum(value for key, value in groups.items() if key not in barring)
            if side == "buy" and pull < WANTED and not barriers and _no_cash(proposal, *name):
                barriers = (NO_CASH,)
            yield Untraded(
                *name,
                side=side,
                lot_id=lot_id,
                room=_room(proposal, position, side, column),
                pull=pull,
                groups=groups,
                barriers=barriers,
            )


def _no_cash(proposal: Proposal, account_id: str, security_id: str) -> bool:
    """Whether the trades leave less cash than a share costs, or, of fractions, a dollar."""
    closing = proposal.closing
    if closing is None:
        return False
    account = closing.account(account_id)
    step = share_increment(closing, account, security_id)
    least = max(step * closing.household.prices[security_id], DOLLAR)
    return closing.free_cash(account, after=True) < least


def _possible(position: Position) -> Iterator[tuple[str, str, int, int | None]]:
    """(side, lot, column, decision) of the trades that the model has columns for."""
    for lot, sell in zip(position.lots, position.sells, strict=True):
        yield "sell", lot.id, sell, position.sold
    if position.buy is not None:
        yield "buy", "", position.buy, position.bought


def _room(proposal: Proposal, position: Position, side: str, column: int) -> float:
    """Dollars."""
    solution, compiled, closing = proposal.solution, proposal.compiled, proposal.closing
    assert solution is not None and compiled is not None
    physics = compiled.physics
    if side == "sell":
        return float(solution.program.upper[column]) * physics.unit
    owner, name = position.account_id, position.security_id
    portfolio = next(p for p in physics.portfolios if owner in p.meant)
    if closing is None or not portfolio.joint:
        return max(position.target - position.held, 0.0) * physics.unit
    members = [a for a in physics.household.accounts if a.id in portfolio.members]
    wanted = portfolio.target.get(name, ZERO) * sum((physics.value(a) for a in members), ZERO)
    held = sum((closing.shares_after.get((a.id, name), ZERO) for a in members), ZERO)
    lacks = max(wanted - held * physics.household.prices[name], ZERO)
    return float(min(lacks, physics.value(physics.account(owner))))


def _groups(solution: Solution, column: int) -> dict[tuple[str, str], float]:
    """The ledger of a column without the bounds of its own, and its tax as it would be from the
    first dollar on."""
    found = {
        (kind, name): value
        for kind, part in solution.ledger.entry(column).items()
        for name, value in part.items()
        if not is_own_bound(kind, name)
    }
    if column in solution.tax_ahead:
        ahead = solution.tax_ahead[column]
        found["terms", "tax"] = found.get(("terms", "tax"), 0.0) + ahead
        found.pop(("bounds", NETTING_REGION), None)
    return found


def _barriers(rows: _Rows, column: int, decision: int | None) -> tuple[Barrier, ...]:
    """Rows over nothing but decisions, the trade's own apart, that have no room for it."""
    program = rows.program
    steps = {column: 10 * ROOM}
    if decision is not None:
        steps[decision] = 1.0
    found: set[Barrier] = set()
    for own, step in steps.items():
        for i, coefficient in rows.of(own):
            columns = program.matrix.indices[rows.span(i)]
            others = columns[columns != own]
            given = program.integer[others] | (program.upper[others] <= program.lower[others])
            if not given.all() or np.isin(others, list(steps)).any():
                continue
            then = rows.values[i] + coefficient * max(step - rows.x[own], 0.0)
            if not rows.hold(i, then) and not rows.opened(i, others, then):
                owner, row = program.owners[i], program.row_names[i]
                of_rule = owner != PHYSICS
                name = owner if of_rule else bound_name(row)
                found.add(Barrier("statements" if of_rule else "bounds", name))
    return tuple(sorted(found))


class _Rows:
    """Rows at the solved point, and what one decision taken otherwise would do to them."""

    def __init__(self, solution: Solution) -> None:
        self.program, self.x = solution.program, solution.x
        self.values = self.program.matrix @ self.x
        self._by_column = self.program.matrix.tocsc()
        self._broken: dict[int, frozenset[int]] = {}

    def of(self, column: int) -> Iterator[tuple[int, float]]:
        """The rows of a column, with its coefficients."""
        span = slice(self._by_column.indptr[column], self._by_column.indptr[column + 1])
        rows, values = self._by_column.indices[span], self._by_column.data[span]
        return zip(rows.tolist(), values.tolist(), strict=True)

    def span(self, row: int) -> slice:
        return slice(self.program.matrix.indptr[row], self.program.matrix.indptr[row + 1])

    def hold(self, row: int, value: float) -> bool:
        lower, upper = self.program.row_lower[row], self.program.row_upper[row]
        return bool(lower - ROOM <= value <= upper + ROOM)

    def opened(self, row: int, decisions: NDArray[np.int32], value: float) -> bool:
        """Whether one other decision could be taken otherwise and make room in the row: it was
        free, so the row is not what held the trade back."""
        for j in decisions[self.program.integer[decisions]].tolist():
            if self._breaks(j) <= {row}:
                mine = next(a for i, a in self.of(j) if i == row)
                if self.hold(row, value + mine * self._change(j)):
                    return True
        return False

    def _breaks(self, decision: int) -> frozenset[int]:
        """Rows that a decision would break if it alone were taken otherwise."""
        if decision not in self._broken:
            change = self._change(decision)
            self._broken[decision] = frozenset(
                i for i, a in self.of(decision) if not self.hold(i, self.values[i] + a * change)
            )
        return self._broken[decision]

    def _change(self, decision: int) -> float:
        return 1.0 - 2.0 * round(float(self.x[decision]))
