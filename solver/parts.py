"""What one position may do in a case, as arrays over all positions and cases at once.

It is held, bought, sold or closed; where lots are sold in order, a sale of each depth is one of its
own. A case forbids and forces sales of lots; so do the bounds of columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.handover import Floats, Program
from solver.modes import Mode
from solver.structure import NO_COLUMN, Asked, Ints, Structure

SLIVER = 1e-6  # bp: a bound broken by less is rounding of the solver, and rules no mode out
SALES = 2  # holding and buying come before
Flags = NDArray[np.bool_]


class Case(NamedTuple):
    """What a wash group's case forbids in its positions, forces (`least`: bp of a sale; `asked`:
    rates of loss of sales, and the loss that they have to come to), and what its own columns are
    then."""

    taken: frozenset[int] = frozenset()
    barred: frozenset[int] = frozenset()
    forced: frozenset[int] = frozenset()
    buying: bool = True
    least: tuple[tuple[int, float], ...] = ()
    columns: tuple[tuple[int, float], ...] = ()
    asked: tuple[Asked, ...] = ()


class Seats(NamedTuple):
    """A position in a case, an entry each."""

    case: Ints
    position: Ints


class Parts(NamedTuple):
    """Every option of a seat, an entry each, sorted by seat, and one at the end that is nothing.

    A purchase lies between its ends and a sale between `smallest` and `largest`. Lots fill columns
    of `[lot, option]` with the least that is sold of each and the room beyond it (bp).
    """

    seat: Ints
    position: Ints
    mode: Ints
    depth: Ints
    bought: Ints
    sold: Ints
    closed: Ints
    buy: Ints
    purchase: Floats
    smallest: Floats
    largest: Floats
    lots: Ints
    least: Floats
    room: Floats


class _Lots(NamedTuple):
    """Lots of every seat, an entry each, those of a seat from `first` on; which of them the case
    bars and forces, and the least that it asks of each (bp)."""

    seat: Ints
    column: Ints
    first: Ints
    lot_count: Ints
    barred: Flags
    forced: Flags
    least: Floats


class _Sales(NamedTuple):
    """`[lot, sale]`: whether it is sold, the least of it (bp), and what rules the sale out. Sales
    are those of each depth, and the last is that of everything."""

    sold: Flags
    least: Floats
    wrong: Flags


def read_parts(
    program: Program,
    structure: Structure,
    cases: Sequence[Case],
    seats: Seats,
    lower: Floats,
    upper: Floats,
) -> Parts:
    """All options of every seat within these column bounds."""
    lots = _lots(program, structure, cases, seats)
    sales = _sales(program, structure, lots, lower, upper)
    buying, purchase = _purchases(structure, cases, seats, lower, upper)
    bound = lots.forced | (lots.least > -np.inf) | (lower[lots.column] > SLIVER)
    free = ~_of_seats(lots, bound[:, None])
    too_small = structure.arrays.too_small
    stays = (too_small == NO_COLUMN) | (np.append(upper, 0.0)[too_small] > SLIVER)
    holding = stays[seats.position, None]
    may = [free & holding, free & buying[:, None], _allowed(structure, seats, lots, sales)]
    seat, kind = np.nonzero(np.hstack(may))
    return _parts(structure, seats, lots, sales, purchase, seat, kind, upper)


def _lots(program: Program, structure: Structure, cases: Sequence[Case], seats: Seats) -> _Lots:
    p, width = structure.arrays, program.cost.size
    count = p.lot_count[seats.position]
    seat = np.repeat(np.arange(count.size), count)
    column = p.lots[spans(p.first[seats.position], count)]
    key = seats.case[seat] * width + column

    def marked(columns: Iterable[Iterable[int]]) -> Flags:
        keys = [k * width + s for k, each in enumerate(columns) for s in each]
        return np.isin(key, np.array(keys, dtype=np.int64))

    asked = {k * width + s: amount for k, each in enumerate(cases) for s, amount in each.least}
    least = np.full(column.size, -np.inf)
    if asked:
        least[:] = [asked.get(each, -np.inf) for each in key.tolist()]
    return _Lots(
        seat=seat,
        column=column,
        first=np.cumsum(count) - count,
        lot_count=count,
        barred=marked(case.barred for case in cases),
        forced=marked(case.forced for case in cases),
        least=least,
    )


def _sales(
    program: Program, structure: Structure, lots: _Lots, lower: Floats, upper: Floats
) -> _Sales:
    """Lots in order before a sale's depth are sold whole and none after it."""
    rank = np.full(program.cost.size, np.nan)  # neither before nor after any depth
    deepest = 1
    for p in structure.positions:
        if p.in_order:
            rank[list(p.in_order)] = range(len(p.in_order))
            deepest = max(deepest, len(p.in_order))
    depths, of = np.arange(deepest), rank[lots.column, None]
    most, whole = upper[lots.column, None], program.upper[lots.column, None] - SLIVER
    forced, barred = lots.forced[:, None] | (of < depths), lots.barred[:, None] | (of > depths)
    least = np.where(forced, most, np.maximum(lower[lots.column], lots.least)[:, None])
    missing = (forced & (most < whole)) | (least > most + SLIVER)
    wrong = np.where(barred, least > SLIVER, missing)
    closing = lots.barred[:, None] | (most < whole)
    return _Sales(
        sold=np.hstack([~barred & (most > 0), np.ones_like(closing)]),
        least=np.hstack([least, most]),
        wrong=np.hstack([wrong, closing]),
    )


def _purchases(
    structure: Structure, cases: Sequence[Case], seats: Seats, lower: Floats, upper: Floats
) -> tuple[Flags, Floats]:
    """Whether each seat may buy, and the ends of the purchase of each position (bp)."""
    p = structure.arrays
    most = np.append(upper, 0.0)[p.buy]
    least = np.maximum(p.smallest_purchase, np.append(lower, 0.0)[p.buy])
    may = (p.buy != NO_COLUMN) & (least <= most + SLIVER)
    buying = np.array([case.buying for case in cases], dtype=np.bool_)
    purchase = np.stack([np.minimum(least, most), most], axis=1)
    return may[seats.position] & buying[seats.case], purchase


def _allowed(structure: Structure, seats: Seats, lots: _Lots, sales: _Sales) -> Flags:
    """`[seat, sale]`: whether it may be made."""
    sold = _of_seats(lots, sales.sold) & ~_of_seats(lots, sales.wrong)
    orders = np.array([max(1, len(p.in_order)) for p in structure.positions], dtype=np.int64)
    sold[:, :-1] &= np.arange(sold.shape[1] - 1) < orders[seats.position, None]
    sold[:, -1] &= (structure.arrays.closed != NO_COLUMN)[seats.position]
    return sold


def _of_seats(lots: _Lots, flags: Flags) -> Flags:
    """`[seat, k]`: whether flag k is up for any of its lots."""
    found = np.zeros((lots.lot_count.size, flags.shape[1]), dtype=np.bool_)
    lot, k = np.nonzero(flags)
    found[lots.seat[lot], k] = True
    return found


def _parts(
    structure: Structure,
    seats: Seats,
    lots: _Lots,
    sales: _Sales,
    purchase: Floats,
    seat: Ints,
    kind: Ints,
    upper: Floats,
) -> Parts:
    """Parts of these kinds: to hold, to buy, then the sales."""
    p, position = structure.arrays, seats.position[seat]
    last = SALES + sales.sold.shape[1] - 1
    buys, sells, closes = kind == 1, (kind >= SALES) & (kind < last), kind == last
    part = np.repeat(np.arange(seat.size), lots.lot_count[seat] * (kind >= SALES))
    lot = spans(lots.first[seat], lots.lot_count[seat] * (kind >= SALES))
    sale = kind[part] - SALES
    kept = sales.sold[lot, sale]
    part, lot, sale = part[kept], lot[kept], sale[kept]
    counts = np.bincount(part, minlength=seat.size + 1)
    at = np.arange(part.size) - (np.cumsum(counts) - counts)[part], part
    columns = np.full((counts.max(initial=0), seat.size + 1), NO_COLUMN)
    least, room = np.zeros(columns.shape), np.zeros(columns.shape)
    columns[at], least[at] = lots.column[lot], sales.least[lot, sale]
    room[at] = np.maximum(0.0, upper[columns[at]] - least[at])

    def on(flags: Flags, values: Ints) -> Ints:
        return np.append(np.where(flags, values[position], NO_COLUMN), NO_COLUMN)

    return Parts(
        seat=np.append(seat, NO_COLUMN),
        position=np.append(position, NO_COLUMN),
        mode=np.append(np.select([buys, sells, closes], [Mode.BUY, Mode.SELL, Mode.CLOSE]), 0),
        depth=np.append(np.where(sells, kind - SALES, 0), 0),
        bought=on(buys, p.bought),
        sold=on(sells | closes, p.sold),
        closed=on(closes, p.closed),
        buy=on(buys, p.buy),
        purchase=np.concatenate(
            [np.where(buys[:, None], purchase[position], 0.0), np.zeros((1, 2))]
        ),
        smallest=np.append(np.where(sells, p.smallest_sale[position], 0.0), 0.0),
        largest=np.append(np.where(sells, p.largest_part[position], np.inf), np.inf),
        lots=columns,
        least=least,
        room=room,
    )


def spans(starts: Ints, counts: Ints) -> Ints:
    """The numbers from each start on, as many as each counts."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(counts.sum()) + np.repeat(starts - (ends - counts), counts))
