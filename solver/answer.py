"""Decisions with the best quantities for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.handover import Floats, Program
from solver.modes import Decisions, decisions_at, fixings
from solver.quadratic import Point, solved
from solver.reduce import Reduced, reduce
from solver.structure import RegionColumns, Structure
from solver.work import Work


@dataclass(frozen=True, slots=True)
class Answer:
    """The best trades found before rounding and what is proven of them.

    `bound` (bp) holds for the whole problem: all modes, wash cases and tax regions.
    """

    point: Point
    reduced: Reduced
    decisions: Decisions
    region: tuple[RegionColumns, ...]
    bound: float


def region_fixings(structure: Structure, chosen: tuple[RegionColumns, ...]) -> dict[int, float]:
    """Columns fixed by one choice of tax regions."""
    fixed: dict[int, float] = {}
    for function, one in zip(structure.regions, chosen, strict=True):
        for region in function:
            fixed[region.chosen] = float(region == one)
    return fixed


def region_at(structure: Structure, x: Floats) -> tuple[RegionColumns, ...]:
    """The tax regions that are switched on at a point."""
    return tuple(max(each, key=lambda region: x[region.chosen]) for each in structure.regions)


def answer_for(
    program: Program,
    structure: Structure,
    decisions: Decisions,
    region: tuple[RegionColumns, ...],
    work: Work,
) -> Answer | None:
    """The best quantities for decisions in tax regions, nothing proven of them."""
    fixed = region_fixings(structure, region) | fixings(structure, decisions)
    reduced = reduce(program, fixed)
    point = solved(reduced, work)
    return None if point is None else Answer(point, reduced, decisions, region, -np.inf)


def answer_at(program: Program, structure: Structure, x: Floats, work: Work) -> Answer | None:
    """The best quantities for the decisions of a feasible point, nothing proven of them."""
    decisions, region = decisions_at(structure, x), region_at(structure, x)
    return answer_for(program, structure, decisions, region, work)
