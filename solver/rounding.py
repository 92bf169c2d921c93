"""From amounts to shares: nothing moves by more than one increment, and every rule still holds.

Sales and purchases are rounded to the custodian's increment, lots sold whole stay whole. Where the
rounded trades break a row, or cost more than they need to, orders move by one increment, the best
move first, a counted number of times.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compiler.model import CompiledModel
from compiler.physics import Physics
from compiler.registry import Position
from portfolio.household import Lot
from solver.answer import Answer
from solver.handover import Floats, Program
from solver.netting import read_netting
from solver.score import BROKEN, Effect, Score, Value
from solver.state import State
from solver.structure import PositionColumns, Structure

ZERO, ONE = Decimal(0), Decimal(1)
DUST = 1e-7  # bp: less is the solver's tolerance, not a trade
DUST_SHARES = Decimal("1e-7")
FINEST = Decimal("0.0001")  # of a share
DUST_DOLLARS = 0.005
CENT = 0.01
COARSE = 1.0  # dollars of an increment from which moving one may pay
MOST_MOVABLE = 40


class RoundedOrder(NamedTuple):
    """Shares of one order; `lots` of a sale, in the order of the position's lots."""

    position: Position
    bought: Decimal
    lots: tuple[tuple[Lot, Decimal], ...]


@dataclass(slots=True)
class _Order:
    """One order under rounding: shares by column (one a lot of a sale, one for a purchase).

    `step_value` are the dollars of one increment. `sequence` are the lots that have an order, by
    number, and `exhausted` the columns that say which of them are sold whole. `by_gain` are lots by
    term, then by gain a share, where several of them are sold in part.
    """

    position: Position
    columns: tuple[int, ...]
    purchase: bool
    price: float
    step: Decimal
    step_value: float
    wanted: tuple[Decimal, ...]
    limit: tuple[Decimal, ...]
    shares: list[Decimal]
    sequence: tuple[int, ...] = ()
    exhausted: tuple[int, ...] = ()
    by_gain: tuple[int, ...] = (0,)
    spare: tuple[int, ...] = ()

    @property
    def total(self) -> Decimal:
        return sum(self.shares, ZERO)

    def amounts(self, shares: list[Decimal], unit: float) -> dict[int, float]:
        """The program's columns for so many shares (bp, and binaries of lots sold whole)."""
        price = self.price
        found = {c: float(n) * price / unit for c, n in zip(self.columns, shares, strict=True)}
        return found | self.sold_whole(shares)

    def sold_whole(self, shares: list[Decimal]) -> dict[int, float]:
        """The binaries of lots sold whole."""
        pairs = zip(self.exhausted, self.sequence, strict=False)
        return {column: float(shares[k] == self.limit[k]) for column, k in pairs}


@dataclass(frozen=True, slots=True)
class _Move:
    """Other shares for an order, and what they do to the program's columns."""

    order: _Order
    shares: list[Decimal]
    effect: Effect

    def made(self, x: Floats, unit: float) -> Floats:
        """x with the order moved."""
        x, amounts = x.copy(), self.order.amounts(self.shares, unit)
        x[list(amounts)] = list(amounts.values())
        return x


def round_trades(
    compiled: CompiledModel,
    program: Program,
    structure: Structure,
    state: State,
    answer: Answer,
    moves: int,
) -> tuple[list[RoundedOrder], Floats]:
    """Orders in shares, and the program's columns at those shares (bp, states completed)."""
    physics, unit = compiled.physics, compiled.physics.unit
    x = _without_empty_losses(structure, answer.point.x)
    orders = _orders(physics, structure, x, answer.reduced.upper > DUST)
    x[state.trades] = 0.0
    _place(x, orders, unit)
    netting = read_netting(program, structure)

    def cents(amounts: Floats) -> Floats:
        """A cent covers an amount and its cost; one amount alone crosses no limit in whole cents by
        being rounded to them. The reserve of the solve is the room that is there for all of it."""
        return np.minimum(np.where(amounts > 1.0, amounts * CENT / unit, 0.0), physics.reserve)

    score = Score(program, state, netting, _amounts(structure, state, orders), cents)
    whole = _improve(score, orders, x, unit, moves)
    rounded = [_rounded(order) for order in orders]
    return [order for order in rounded if order.bought or order.lots], whole


def _place(x: Floats, orders: list[_Order], unit: float) -> None:
    """Write the shares of all orders into the program's columns (bp)."""
    prices = [order.price for order in orders for _ in order.columns]
    shares = [float(n) for order in orders for n in order.shares]
    x[[column for order in orders for column in order.columns]] = (
        np.array(shares) * np.array(prices) / unit
    )
    for order in orders:
        if order.exhausted:
            whole = order.sold_whole(order.shares)
            x[list(whole)] = list(whole.values())


def _orders(
    physics: Physics, structure: Structure, x: Floats, may_go: NDArray[np.bool_]
) -> list[_Order]:
    accounts = {account.id: account for account in physics.accounts}
    p, positions = structure.arrays, list(physics.positions.values())
    must = np.zeros(x.size, dtype=np.bool_)
    must[_exits(structure, x)] = True
    bought = np.append(x, 0.0)[p.buy] * physics.unit
    sold = np.bincount(p.lot_of, x[p.lots], bought.size) * physics.unit
    traded = (bought > CENT) | (sold > CENT)
    traded[p.lot_of[must[p.lots]]] = True
    dollars = (x[p.lots] * physics.unit).tolist()
    whole, spare = must[p.lots].tolist(), may_go[p.lots].tolist()
    orders = []
    for k in np.flatnonzero(traded).tolist():
        columns, position = structure.positions[k], positions[k]
        price = float(physics.household.prices[position.security_id])
        step = physics.increment(accounts[position.account_id], position.security_id)
        grid = price, step, float(step) * price
        if bought[k] > CENT:
            wanted = Decimal(float(bought[k]) / price)
            most = wanted + step
            shares = [_nearest(wanted, step) if step >= 1 else wanted // step * step]
            orders.append(_Order(position, (columns.buy,), True, *grid, (wanted,), (most,), shares))
        else:
            lots = slice(p.first[k], p.first[k] + p.lot_count[k])
            of_lots = dollars[lots], whole[lots], spare[lots]
            orders.append(_sale(physics, position, columns, *grid, *of_lots))
    return orders


def _amounts(structure: Structure, state: State, orders: list[_Order]) -> Floats:
    """How many amounts in cents are in each column: one in a trade, those of its position in an
    active weight, all of them in what else follows from trades."""
    p, amounts = structure.arrays, np.zeros(state.program.cost.size + 1)
    columns = [column for order in orders for column in order.columns]
    amounts[columns] = [shares > 0 for order in orders for shares in order.shares]
    amounts[state.states] = amounts.sum()
    sold = np.bincount(p.lot_of, amounts[p.lots], p.active.size)
    amounts[p.active] = amounts[p.buy] + sold
    return amounts[:-1]


def _without_empty_losses(structure: Structure, x: Floats) -> Floats:
    """x with no loss taken where none is sold: it would ask for recent lots to leave whole."""
    x = x.copy()
    for wash in structure.washes:
        for sale in wash.sales:
            if not any(x[s] > DUST for s in sale.sells):
                x[sale.taken] = 0.0
    return x


def _exits(structure: Structure, x: Floats) -> list[int]:
    """Columns of recent lots that are sold whole because a loss is taken, however small they are:
    shares worth a cent, reinvested in another account, would wash as many of it."""
    sales = [sale for wash in structure.washes for sale in wash.sales if sale.exits]
    return [exit for sale in sales if x[sale.taken] > 0.5 for exit in sale.exits]


def _by_gain(physics: Physics, position: Position) -> tuple[int, ...]:
    """Numbers of the position's lots by term, then by gain a share."""
    lots = position.lots
    terms = [physics.term(lot) for lot in lots]
    ranked = [(terms[k], -lots[k].basis / lots[k].shares, lots[k].id) for k in range(len(lots))]
    return tuple(sorted(range(len(lots)), key=ranked.__getitem__))


def _nearest(shares: Decimal, step: Decimal) -> Decimal:
    return (shares / step).quantize(ONE, ROUND_HALF_EVEN) * step


def _sale(
    physics: Physics,
    position: Position,
    columns: PositionColumns,
    price: float,
    step: Decimal,
    step_value: float,
    dollars: list[float],
    whole: list[bool],
    spare: list[bool],
) -> _Order:
    """A closing order keeps its odd shares; any other is a multiple of the step. Lots that are
    `whole` are sold so; `spare` are those that no decision or rule keeps."""
    limit = tuple([lot.shares for lot in position.lots])
    wanted = tuple(
        [
            most if gone else _wanted(most, price, amount)
            for most, amount, gone in zip(limit, dollars, whole, strict=True)
        ]
    )
    sells = columns.sells
    sequence = tuple([sells.index(sale) for sale in columns.in_order])
    in_part = [DUST_SHARES < w < most for w, most in zip(wanted, limit, strict=True)]
    order = _Order(
        *(position, sells, False, price, step, step_value, wanted, limit, list(limit)),
        sequence=sequence,
        exhausted=columns.exhausted,
        by_gain=_by_gain(physics, position) if sum(in_part) > 1 else tuple(range(len(limit))),
        spare=tuple([k for k, free in enumerate(spare) if free]),
    )
    if wanted != limit:
        total = sum(wanted, ZERO)
        shares = _spread(order, _nearest(total, step)) or _spread(order, total // step * step)
        least = sum([most for most, gone in zip(limit, whole, strict=True) if gone], ZERO)
        if sum(shares or (), ZERO) < least:
            # Other lots fill it up to an order of whole shares, or the position is closed.
            up = (least / step).to_integral_value(ROUND_CEILING) * step
            shares = _spread(order, min(up, sum(limit, ZERO)), more=range(len(limit)))
        assert shares is not None, "fewer shares than are sold can be sold"
        order.shares = shares
    return order


def _wanted(most: Decimal, price: float, dollars: float) -> Decimal:
    """Shares of a lot for an amount: the whole lot or nothing where only dust is missing."""
    left = float(most) * price - dollars
    if abs(left) < min(DUST_DOLLARS, dollars):
        return most
    return ZERO if dollars < CENT else Decimal(dollars / price)


def _spread(order: _Order, total: Decimal, *, more: Collection[int] = ()) -> list[Decimal] | None:
    """`total` shares over the columns as wanted, lots sold in part to within a grain of it; of
    those not sold so far only `more` take part, the ones to spare first. None where that is not
    enough. Lots that have an order take what the others leave, one after the other."""
    # Where orders are of whole shares, parts of a lot are too: else lots end up in crumbs.
    grain = order.step if order.step >= 1 else min(order.step, FINEST)
    wanted, limit = order.wanted, order.limit
    shares = [w if w == most else ZERO for w, most in zip(wanted, limit, strict=True)]
    sold = [k for k, w in enumerate(wanted) if w > DUST_SHARES]
    partial = [k for k in order.by_gain if k in sold and wanted[k] < limit[k]]
    alone = [k for k in partial if k not in order.sequence] if order.sequence else partial
    _share_out(order, alone, grain, total, shares)
    missing = total - sum(shares, ZERO)
    if order.sequence:
        missing += sum([shares[k] for k in order.sequence], ZERO)
        for k in order.sequence:
            shares[k] = max(ZERO, min(missing, order.limit[k]))
            missing -= shares[k]
    whole = [k for k in reversed(sold) if wanted[k] == limit[k]]
    others = [k for k in more if k not in sold]
    others.sort(key=lambda k: (k not in order.spare, k))
    for k in [*partial, *whole, *others]:
        change = max(-shares[k], min(missing, limit[k] - shares[k]))
        shares[k] += change
        missing -= change
    return None if missing else shares


def _share_out(
    order: _Order, partial: list[int], grain: Decimal, total: Decimal, shares: list[Decimal]
) -> None:
    """Whole grains for lots sold in part, each what is wanted of it rounded up or down.

    Going from the dearest lot to the cheapest it is the running sum that is rounded, so that what
    one lot gains on another stays between neighbours, whatever their number.
    """
    wanted = [order.wanted[k] / grain for k in partial]
    in_order = sum([order.wanted[k] for k in order.sequence if not shares[k]], ZERO)
    rest = (total - in_order - sum(shares, ZERO)) // grain - sum(wanted, ZERO)
    reached = max(ZERO, (max(ZERO, rest) + min(ONE, rest + 1)) / 2)
    for k, grains in zip(partial, wanted, strict=True):
        given = (reached + grains) // 1 - reached // 1
        shares[k] = min(given * grain, order.limit[k])
        reached += grains


def _improve(score: Score, orders: list[_Order], x: Floats, unit: float, moves: int) -> Floats:
    """x with what it implies, after one-increment moves: first what repairs a broken row, then what
    lowers the objective. Once nothing is broken, or no move repairs it, only increments of some
    worth are moved."""
    whole = score.whole(x)
    best, repairs = score(whole), True
    coarse = sorted(orders, key=lambda o: (-o.step_value, o.position.security_id))
    known: dict[int, list[_Move]] = {}
    for _ in range(moves):
        if best[0] == 0.0 or not repairs:
            coarse = [order for order in coarse if order.step_value > COARSE]
        movable = coarse[:MOST_MOVABLE]
        _find_moves(score, [o for o in movable if id(o) not in known], x, unit, known)
        found: tuple[Value, _Move, Floats] | None = None
        tried = [move for order in movable for move in known[id(order)]]
        for k in score.contenders(x, [move.effect for move in tried]) if tried else ():
            move = tried[k]
            after = score.whole(move.made(x, unit))
            value = score(after)
            if value < (found[0] if found else best):
                found = value, move, after
        if found is None or not _better(found[0], best):
            break
        repairs = found[0][0] < best[0] - BROKEN
        best, move, whole = found
        x = move.made(x, unit)
        move.order.shares = move.shares
        del known[id(move.order)]
    return whole


def _find_moves(
    score: Score, orders: list[_Order], x: Floats, unit: float, known: dict[int, list[_Move]]
) -> None:
    """What each order may become by one increment, as long as it is what it is."""
    found = [
        (order, shares)
        for order in orders
        for shares in (_moved(order, direction) for direction in (1, -1))
        if shares is not None
    ]
    changes = []
    for order, shares in found:
        amounts = order.amounts(shares, unit)
        changes.append({column: amount - float(x[column]) for column, amount in amounts.items()})
    known |= {id(order): [] for order in orders}
    for (order, shares), effect in zip(found, score.effects(changes, x), strict=True):
        known[id(order)].append(_Move(order, shares, effect))


def _better(value: Value, than: Value) -> bool:
    return value[0] < than[0] - BROKEN or (value[0] <= than[0] and value[1] < than[1] - BROKEN)


def _moved(order: _Order, direction: int) -> list[Decimal] | None:
    """The order one increment up or down, within one increment of what was wanted; None if not.
    No lot is begun that a decision or a rule keeps."""
    if not order.purchase and order.wanted == order.limit:
        return None
    total = order.total + direction * order.step
    off = abs(total - sum(order.wanted, ZERO))
    if total <= 0 or off > order.step or total > sum(order.limit, ZERO):
        return None
    more = order.spare if order.step_value >= CENT else ()
    return [total] if order.purchase else _spread(order, total, more=more)


def _rounded(order: _Order) -> RoundedOrder:
    if order.purchase:
        return RoundedOrder(order.position, order.total, ())
    pairs = zip(order.position.lots, order.shares, strict=True)
    return RoundedOrder(order.position, ZERO, tuple([(lot, n) for lot, n in pairs if n > 0]))
