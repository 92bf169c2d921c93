"""What may be done with each name, as arrays: made once of a program, priced as often as asked.

A name is one square of risk with the positions whose active weights are in it: a security that
several accounts of one target trade is one name. Its options are combinations of what its
positions may do, and a wash group has cases, each with what it forbids and forces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from solver.handover import Floats, Program
from solver.modes import Decisions, Mode
from solver.parts import SLIVER, Case, Flags, Parts, Seats, read_parts, spans
from solver.structure import NO_COLUMN, Ints, Structure, WashColumns

FREE = Case()


@dataclass(frozen=True, slots=True)
class Options:
    """Combinations of parts. Row i is one of `name[i]` in case `case[i]`, of the parts
    `parts[i, k]`, the last part (which is nothing) where a name has fewer positions than others.

    Rows are sorted by case, then by name; `groups` are where each (case, name) begins and `group`
    its number, row by row. Cases are sorted by block, one for each wash group and one for each name
    in none; `blocks` are where each begins and `block` its number, case by case. `columns` are
    (case, column, value) of a case's own, `taken_of` the cases of a wash group.
    """

    parts: Parts
    rows: Ints
    name: Ints
    case: Ints
    code: Ints
    groups: Ints
    group: Ints
    blocks: Ints
    block: Ints
    cases: tuple[Case, ...]
    wash: Ints
    taken_of: Mapping[int, Sequence[frozenset[int]]]
    columns: tuple[Ints, Ints, Floats]
    base: int

    def of_cases(self) -> Iterator[tuple[Case, int]]:
        """Each case and the wash group that it is of."""
        return zip(self.cases, self.wash.tolist(), strict=True)

    def by_case(self, values: Floats) -> Floats:
        """For each case, the sum over its names of the least value of a row."""
        least = np.minimum.reduceat(values, self.groups)
        return np.asarray(np.bincount(self.case[self.groups], least, len(self.cases)), dtype=float)

    def coded(self, structure: Structure, decisions: Decisions) -> Ints:
        """The code of each name's combination under decisions."""
        codes = np.array(decisions.depths) * len(Mode) + np.array(decisions.modes, dtype=int)
        names = structure.name_arrays
        found = np.zeros(names.sizes.size, dtype=np.int64)
        np.add.at(found, names.of, codes * self.base**names.place)
        return found


def read_options(program: Program, structure: Structure, lower: Floats, upper: Floats) -> Options:
    """All options within these column bounds."""
    blocks, names = list(_blocks(structure)), structure.name_arrays
    of_block = [[FREE] if w == NO_COLUMN else _cases(structure.washes[w]) for w, _ in blocks]
    cases = [case for each in of_block for case in each]
    of_case = [own for (_, own), each in zip(blocks, of_block, strict=True) for _ in each]
    counts = np.array([len(each) for each in of_block], dtype=np.int64)
    wash = np.repeat([w for w, _ in blocks], counts).astype(np.int64)
    taken: dict[int, list[frozenset[int]]] = {}
    for (w, _), each in zip(blocks, of_block, strict=True):
        taken.setdefault(w, []).extend([case.taken for case in each])
    name = np.array([n for each in of_case for n in each], dtype=np.int64)
    case = np.repeat(np.arange(len(cases)), [len(each) for each in of_case])
    sizes = names.sizes[name]
    begin = np.cumsum(names.sizes) - names.sizes
    seats = Seats(np.repeat(case, sizes), names.members[spans(begin[name], sizes)])
    parts = read_parts(program, structure, cases, seats, lower, upper)
    group, rows = _combinations(parts, sizes)
    enough = _enough(cases, case[group], parts, rows)
    group, rows = group[enough], rows[enough]
    # A group of which nothing is allowed has a row that costs more than all.
    nothing = np.flatnonzero(np.bincount(group, minlength=name.size) == 0)
    padding = np.full((nothing.size, rows.shape[1]), parts.mode.size - 1)
    base = len(Mode) * (max((len(p.in_order) for p in structure.positions), default=0) + 1)
    code = np.concatenate([_codes(parts, rows, base), np.full(nothing.size, NO_COLUMN)])
    group = np.concatenate([group, nothing])
    order = np.argsort(group, kind="stable")
    group = group[order]
    return Options(
        parts=parts,
        rows=np.concatenate([rows, padding])[order],
        name=name[group],
        case=case[group],
        code=code[order],
        groups=np.searchsorted(group, np.arange(name.size)),
        group=group,
        blocks=np.cumsum(counts) - counts,
        block=np.repeat(np.arange(counts.size), counts),
        cases=tuple(cases),
        wash=wash,
        taken_of=taken,
        columns=_columns(cases),
        base=base,
    )


def _codes(parts: Parts, rows: Ints, base: int) -> Ints:
    """The code of each combination: that of its first part, and of each other in its place."""
    codes = parts.depth * len(Mode) + parts.mode
    return np.asarray((codes[rows] * base ** np.arange(rows.shape[1])).sum(axis=1))


def _blocks(structure: Structure) -> Iterator[tuple[int, list[int]]]:
    """Names whose options depend on one another: those of a wash group, any other alone (under
    NO_COLUMN)."""
    washed, of = structure.washed.tolist(), dict[int, list[int]]()
    for n, name in enumerate(structure.names):
        groups = {washed[p] for p in name.positions} - {NO_COLUMN}
        if not groups:
            yield NO_COLUMN, [n]
        else:
            of.setdefault(min(groups), []).append(n)
    yield from sorted(of.items())


def _cases(wash: WashColumns) -> list[Case]:
    """No loss taken; one of the loss sales; or several clean ones, which forces every recent lot
    out."""
    losses = frozenset([s for sale in wash.sales for s in sale.sells])
    cases = [Case(barred=losses)]
    for k, sale in enumerate(wash.sales):
        if losses.isdisjoint(sale.exits):
            barred = losses.union(sale.kept).difference(sale.sells)
            columns = ((sale.taken, 1.0), *sale.disallowed)
            taken, exits = frozenset([k]), frozenset(sale.exits)
            cases.append(Case(taken, barred, exits, False, sale.least, columns, sale.asked))
    clean = [k for k, sale in enumerate(wash.sales) if not sale.washed]
    if len(clean) > 1:
        exits = frozenset([s for k in clean for s in wash.sales[k].exits])
        cases.append(Case(taken=frozenset(clean), forced=exits, buying=False))
    return cases


def _combinations(parts: Parts, sizes: Ints) -> tuple[Ints, Ints]:
    """Every combination of a part of each seat of a group, of so many seats each, and its group;
    the part that is nothing fills up rows."""
    nothing, first = parts.mode.size - 1, np.cumsum(sizes) - sizes
    counts = np.append(np.bincount(parts.seat[:-1], minlength=int(sizes.sum())), 1)
    begin = np.append(np.cumsum(counts[:-1]) - counts[:-1], nothing)
    group, columns = np.arange(sizes.size), list[Ints]()
    for k in range(int(sizes.max(initial=0))):
        seat = np.where(k < sizes, first + k, NO_COLUMN)[group]
        columns = [np.repeat(column, counts[seat]) for column in columns]
        columns.append(spans(begin[seat], counts[seat]))
        group = np.repeat(group, counts[seat])
    return group, np.stack(columns, axis=1) if columns else np.zeros((group.size, 0), dtype=int)


def _enough(cases: Sequence[Case], case: Ints, parts: Parts, rows: Ints) -> Flags:
    """The combinations of a name's parts with which its wash group can lose what the case asks for,
    the other names losing all they can; `case` is that of each row, ascending."""
    enough = np.ones(case.size, dtype=np.bool_)
    for k, rates, loss in [(k, *each) for k, of in enumerate(cases) for each in of.asked]:
        mine = slice(*np.searchsorted(case, [k, k + 1]))
        used, seat = rows[mine], parts.seat[rows[mine]]
        rate = np.zeros(max(*rates, int(parts.lots.max(initial=0))) + 2)
        rate[list(rates)] = list(rates.values())
        sold = parts.least[:, used] + parts.room[:, used]
        lost = (rate[parts.lots[:, used]] * sold).sum(axis=0)
        most = np.full(int(parts.seat.max()) + 2, -np.inf)
        np.maximum.at(most, seat, lost)
        rest = most[np.unique(seat)].sum() - most[seat].sum(axis=1)
        enough[mine] &= lost.sum(axis=1) >= loss - rest - SLIVER
    return enough


def _columns(cases: Sequence[Case]) -> tuple[Ints, Ints, Floats]:
    entries = [(i, j, a) for i, case in enumerate(cases) for j, a in case.columns]
    case, column, value = zip(*entries, strict=True) if entries else ((), (), ())
    return np.array(case, int), np.array(column, int), np.array(value, float)
