"""What may be done with each name, as arrays: made once of a program, priced as often as asked.

A name is one square of risk with the positions whose active weights are in it: a security that
several accounts of one target trade is one name. Its options are combinations of what its
positions may do, and a wash group has cases, each with what it forbids and forces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from solver.handover import Floats, Program
from solver.modes import NO_COLUMN, Decisions, Mode, PositionColumns, Structure, WashColumns

SLIVER = 1e-6  # bp: a bound broken by less is rounding of the solver, and rules no mode out
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Case:
    """What a wash group's case forbids in its positions, forces (`least`: bp of a sale; `asked`:
    rates of loss of sales, and the loss that they have to come to), and what its own columns are
    then."""

    taken: frozenset[int] = frozenset()
    barred: frozenset[int] = frozenset()
    forced: frozenset[int] = frozenset()
    buying: bool = True
    least: Mapping[int, float] = field(default_factory=dict)
    columns: tuple[tuple[int, float], ...] = ()
    asked: tuple[tuple[Mapping[int, float], float], ...] = ()


FREE = Case()


class _Option(NamedTuple):
    """One position's part: lots are (column, least, room beyond it), a purchase lies between its
    ends; binaries of `on` are switched on. A sale is of `smallest` to `largest`."""

    position: int
    mode: Mode
    depth: int
    on: tuple[int, ...]
    lots: tuple[tuple[int, float, float], ...] = ()
    purchase: tuple[float, float] = (0.0, 0.0)
    smallest: float = 0.0
    largest: float = np.inf

    @property
    def code(self) -> int:
        return _code(self.mode, self.depth)


def _code(mode: Mode, depth: int) -> int:
    return depth * len(Mode) + mode


@dataclass(frozen=True, slots=True)
class Parts:
    """Every option of a position, an array entry each; lots fill rows of (option, lot)."""

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


@dataclass(frozen=True, slots=True)
class Options:
    """Combinations of parts. Row i is one of `name[i]` in case `case[i]`, of the parts
    `parts[i, k]`, the last part (which is nothing) where a name has fewer positions than others.

    Rows are sorted by case, then by name; `groups` are where each (case, name) begins. Cases are
    sorted by block; `blocks` are where each begins: one for each wash group and one for each name
    in none. `columns` are what columns of its own are in each case, `taken_of` the cases of a wash
    group.
    """

    parts: Parts
    rows: NDArray[np.int64]
    name: Ints
    case: Ints
    code: Ints
    groups: Ints
    blocks: Ints
    cases: tuple[Case, ...]
    wash: Ints
    taken_of: Mapping[int, Sequence[frozenset[int]]]
    columns: sp.csr_matrix
    base: int

    def of_cases(self) -> Iterator[tuple[Case, int]]:
        """Each case and the wash group that it is of."""
        return zip(self.cases, self.wash.tolist(), strict=True)

    def by_case(self, values: Floats) -> Floats:
        """For each case, the sum over its names of the least value of a row."""
        least = np.minimum.reduceat(values, self.groups)
        return np.bincount(self.case[self.groups], least, len(self.cases)).astype(float)

    def coded(self, structure: Structure, decisions: Decisions) -> Ints:
        """The code of each name's combination under decisions."""
        codes = np.array(
            [_code(m, d) for m, d in zip(decisions.modes, decisions.depths, strict=True)], dtype=int
        )
        return np.array(
            [
                sum(int(codes[p]) * self.base**k for k, p in enumerate(name.positions))
                for name in structure.names
            ],
            dtype=np.int64,
        )


def read_options(program: Program, structure: Structure, lower: Floats, upper: Floats) -> Options:
    """All options within these column bounds."""
    whole = (program.upper - SLIVER).tolist()
    low, high = lower.tolist(), upper.tolist()
    depth = max((len(p.in_order) for p in structure.positions), default=0)
    base = len(Mode) * (depth + 1)
    parts: list[_Option] = []
    rows: list[tuple[int, ...]] = []
    of: list[tuple[int, int, int]] = []
    groups: list[int] = []
    blocks: list[int] = []
    cases: list[Case] = []
    washes: list[int] = []
    for wash, names in _blocks(structure):
        blocks.append(len(cases))
        for case in [FREE] if wash is None else _cases(structure.washes[wash]):
            numbers: list[list[range]] = []
            for n in names:
                numbers.append([])
                for p in structure.names[n].positions:
                    first = len(parts)
                    parts += _options(p, structure.positions[p], case, whole, low, high)
                    numbers[-1].append(range(first, len(parts)))
            for n, mine in zip(names, numbers, strict=True):
                groups.append(len(rows))
                for combination in _enough(case, parts, mine, numbers):
                    code = sum([parts[o].code * base**k for k, o in enumerate(combination)])
                    rows.append(combination)
                    of.append((n, len(cases), code))
                if groups[-1] == len(rows):  # nothing allowed: a row that costs more than all
                    rows.append(())
                    of.append((n, len(cases), NO_COLUMN))
            cases.append(case)
            washes.append(NO_COLUMN if wash is None else wash)
    widest = max((len(row) for row in rows), default=0)
    taken: dict[int, list[frozenset[int]]] = {}
    for wash_of, case in zip(washes, cases, strict=True):
        taken.setdefault(wash_of, []).append(case.taken)
    padded = np.full((len(rows), widest), len(parts))
    padded[_filled(rows, widest)] = list(chain.from_iterable(rows))
    name, case_of, code = np.array(of, dtype=np.int64).reshape(-1, 3).T
    return Options(
        parts=_parts(structure, parts),
        rows=padded,
        name=name,
        case=case_of,
        code=code,
        groups=np.array(groups, dtype=np.int64),
        blocks=np.array(blocks, dtype=np.int64),
        cases=tuple(cases),
        wash=np.array(washes, dtype=np.int64),
        taken_of=taken,
        columns=_columns(cases, program.cost.size),
        base=base,
    )


def _blocks(structure: Structure) -> Iterator[tuple[int | None, list[int]]]:
    """Names whose options depend on one another: those of a wash group, any other alone."""
    washed: dict[int, list[int]] = {}
    for n, name in enumerate(structure.names):
        groups = {int(structure.washed[p]) for p in name.positions} - {NO_COLUMN}
        if not groups:
            yield None, [n]
        else:
            washed.setdefault(min(groups), []).append(n)
    yield from sorted(washed.items())


def _cases(wash: WashColumns) -> list[Case]:
    """No loss taken; one of the loss sales; or several clean ones, which forces every recent lot
    out."""
    losses = frozenset(s for sale in wash.sales for s in sale.sells)
    cases = [Case(barred=losses)]
    for k, sale in enumerate(wash.sales):
        if losses.isdisjoint(sale.exits):
            barred = losses.union(sale.kept) - set(sale.sells)
            columns = ((sale.taken, 1.0), *sale.disallowed)
            exits, least = frozenset(sale.exits), dict(sale.least)
            cases.append(Case(frozenset({k}), barred, exits, False, least, columns, sale.asked))
    clean = [k for k, sale in enumerate(wash.sales) if not sale.washed]
    if len(clean) > 1:
        exits = frozenset(s for k in clean for s in wash.sales[k].exits)
        cases.append(Case(taken=frozenset(clean), forced=exits, buying=False))
    return cases


def _enough(
    case: Case,
    parts: Sequence[_Option],
    mine: Sequence[range],
    all_names: Iterable[Sequence[range]],
) -> Iterator[tuple[int, ...]]:
    """The combinations of a name's parts with which its wash group can lose what the case asks for,
    the other names losing all they can."""

    def most(rates: Mapping[int, float], part: int) -> float:
        lots = parts[part].lots
        return sum([rates.get(s, 0.0) * (least + room) for s, least, room in lots])

    wanted = []
    for rates, loss in case.asked:
        others = [each for name in all_names if name is not mine for each in name]
        rest = sum(max((most(rates, o) for o in each), default=0.0) for each in others)
        wanted.append((rates, loss - rest - SLIVER))
    for combination in product(*mine):
        if all(sum([most(rates, o) for o in combination]) >= loss for rates, loss in wanted):
            yield combination


def _options(
    number: int,
    p: PositionColumns,
    case: Case,
    whole: Sequence[float],
    lower: Sequence[float],
    upper: Sequence[float],
) -> Iterator[_Option]:
    """What one position may do in a case."""
    forced = any(s in case.forced or s in case.least or lower[s] > SLIVER for s in p.sells)
    too_small = p.too_small != NO_COLUMN and upper[p.too_small] <= SLIVER
    if not forced and not too_small:
        yield _Option(number, Mode.HOLD, 0, ())
    if p.buy != NO_COLUMN and case.buying and not forced:
        most = upper[p.buy]
        least = max(p.smallest_purchase, lower[p.buy])
        if least <= most + SLIVER:
            ends = (min(least, most), most)
            yield _Option(number, Mode.BUY, 0, (p.bought,), purchase=ends)
    if not p.sells:
        return
    for depth in range(max(1, len(p.in_order))):
        lots = _lots(p, case, depth, whole, lower, upper)
        if lots:
            limits = p.smallest_sale, p.largest_part
            yield _Option(number, Mode.SELL, depth, (p.sold,), lots, (0.0, 0.0), *limits)
    if p.closed != NO_COLUMN and not any(s in case.barred or upper[s] < whole[s] for s in p.sells):
        lots = tuple((s, upper[s], 0.0) for s in p.sells)
        yield _Option(number, Mode.CLOSE, 0, (p.sold, p.closed), lots)


def _lots(
    p: PositionColumns,
    case: Case,
    depth: int,
    whole: Sequence[float],
    lower: Sequence[float],
    upper: Sequence[float],
) -> tuple[tuple[int, float, float], ...]:
    """Lots that may be sold, with the least of each, those before `depth` in order sold whole and
    none after it; none where the case cannot be."""
    forced, barred = case.forced, case.barred
    if p.in_order:
        forced = forced.union(p.in_order[:depth])
        barred = barred.union(p.in_order[depth + 1 :])
    found = []
    for s in p.sells:
        most = upper[s]
        least = most if s in forced else max(lower[s], case.least.get(s, 0.0))
        if s in barred:
            if least > SLIVER:
                return ()
            continue
        if (s in forced and most < whole[s]) or least > most + SLIVER:
            return ()
        if most > 0:
            found.append((s, least, max(0.0, most - least)))
    return tuple(found)


def _parts(structure: Structure, options: Sequence[_Option]) -> Parts:
    """As arrays, with one option at the end that is nothing."""
    positions = structure.positions
    widest = max((len(o.lots) for o in options), default=0)
    count = len(options)
    lots = np.full((count + 1, widest), NO_COLUMN)
    least, room = np.zeros((count + 1, widest)), np.zeros((count + 1, widest))
    filled = _filled([*(o.lots for o in options), ()], widest)
    entries = list(chain.from_iterable(o.lots for o in options))
    if entries:
        lots[filled], least[filled], room[filled] = zip(*entries, strict=True)

    def integers(values: Iterable[int], nothing: int) -> Ints:
        return np.array([*values, nothing], dtype=np.int64)

    of = [positions[o.position] for o in options]

    def switched(binaries: Iterable[int]) -> Ints:
        found = zip(binaries, options, strict=True)
        return integers([j if j in o.on else NO_COLUMN for j, o in found], NO_COLUMN)

    buys = (positions[o.position].buy if o.mode is Mode.BUY else NO_COLUMN for o in options)
    return Parts(
        position=integers((o.position for o in options), NO_COLUMN),
        mode=integers((o.mode for o in options), 0),
        depth=integers((o.depth for o in options), 0),
        bought=switched([p.bought for p in of]),
        sold=switched([p.sold for p in of]),
        closed=switched([p.closed for p in of]),
        buy=integers(buys, NO_COLUMN),
        purchase=np.array([*(o.purchase for o in options), (0.0, 0.0)]),
        smallest=np.array([*(o.smallest for o in options), 0.0]),
        largest=np.array([*(o.largest for o in options), np.inf]),
        lots=lots,
        least=least,
        room=room,
    )


def _filled(rows: Sequence[Sequence[Any]], widest: int) -> NDArray[np.bool_]:
    """Where rows of different lengths have something, one below the other."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    return np.asarray(np.arange(widest) < lengths[:, None])


def _columns(cases: Sequence[Case], width: int) -> sp.csr_matrix:
    entries = [(i, j, a) for i, case in enumerate(cases) for j, a in case.columns]
    i, j, a = zip(*entries, strict=True) if entries else ((), (), ())
    return sp.csr_matrix((a, (i, j)), shape=(len(cases), width))
