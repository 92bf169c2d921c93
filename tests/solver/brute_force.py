"""The true optimum of a small program: every decision and every tax region, one solve each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, product

from solver.handover import Program
from solver.modes import Decisions, Mode, fixings
from solver.quadratic import Point, solve_quadratic
from solver.reduce import reduce
from solver.structure import NO_COLUMN, PositionColumns, RegionColumns, Structure, WashColumns
from solver.work import Work


@dataclass(frozen=True)
class Optimum:
    decisions: Decisions
    region: tuple[RegionColumns, ...]
    point: Point


def every_region(structure: Structure) -> Iterator[tuple[RegionColumns, ...]]:
    yield from product(*structure.regions)


def region_fixings(structure: Structure, chosen: tuple[RegionColumns, ...]) -> dict[int, float]:
    return {
        each.chosen: float(each is one)
        for function, one in zip(structure.regions, chosen, strict=True)
        for each in function
    }


def every_decision(structure: Structure) -> Iterator[Decisions]:
    modes = product(*(_modes(p) for p in structure.positions))
    taken = list(product(*(_subsets(w) for w in structure.washes)))
    for chosen in modes:
        sales = zip(structure.positions, chosen, strict=True)
        depths = list(product(*(_depths(p, mode) for p, mode in sales)))
        for cases, whole in product(taken, depths):
            yield Decisions(chosen, cases, whole)


def _depths(p: PositionColumns, mode: Mode) -> range:
    return range(len(p.exhausted) + 1 if mode is Mode.SELL else 1)


def _modes(p: PositionColumns) -> tuple[Mode, ...]:
    buys = (Mode.BUY,) if p.buy != NO_COLUMN else ()
    sells = (Mode.SELL,) if p.sells else ()
    closes = (Mode.CLOSE,) if p.closed != NO_COLUMN else ()
    return (Mode.HOLD, *buys, *sells, *closes)


def _subsets(wash: WashColumns) -> list[frozenset[int]]:
    numbers = range(len(wash.sales))
    sizes = range(len(wash.sales) + 1)
    return [frozenset(c) for c in chain.from_iterable(combinations(numbers, k) for k in sizes)]


def solve_all(
    program: Program, structure: Structure, region: tuple[RegionColumns, ...]
) -> Iterator[Optimum]:
    """The optimum of every decision that has one, in one choice of tax regions."""
    fixed = region_fixings(structure, region)
    for decisions in every_decision(structure):
        reduced = reduce(program, fixed | fixings(structure, decisions))
        point = solve_quadratic(reduced, Work())
        if point is not None:
            yield Optimum(decisions, region, point)
