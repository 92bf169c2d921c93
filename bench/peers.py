"""Other solvers on the same arrays: what a household's program costs them, and how far they get.

    python -m bench.peers                    an invented book of 8 households, 120 stocks
    python -m bench.peers BOOK [POLICIES]    a book of yours, with policies of yours

`--households N` takes the first N households, `--most SECONDS` is the longest that a peer may take
for one (30), `--json FILE` writes the figures, `--results` all to bench/results. Peers come with
`pip install -e '.[bench]'`; those that are missing are named and left out.

All sides begin with the arrays that Pyomo's standard form gave, so that building the model is on no
side's bill. `relaxed`: the convex program without mode binaries, in the tax region of our answer.
`whole`: binaries, squares and tax regions as they are; ours is the search without rounding, and the
peers get the time it took, then ten times that. `over` is the true objective less the least one
that any side found, and `gap` what a side leaves open of its own answer, both in bp of value; `off`
is how far a row or bound is broken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.against_highs import untied
from bench.convex_peers import convex_peers, optimum
from bench.installed import installed
from bench.integer_peers import integer_peers
from bench.over_a_book import QUARTER_END, book_arguments, counted, given_book, inputs_of
from bench.picture import picture
from bench.results import publish, results_argument, surroundings, surroundings_line
from policydsl.inputs import Inputs, policy_of
from policydsl.propose import propose
from policydsl.tables import table
from solver.answer import region_fixings
from solver.handover import Floats, Program
from solver.interior import ACCURACY
from solver.reduce import reduce
from solver.solve import Solution

PACKAGES = ("cvxpy", "pyscipopt", "pulp")
OURS = "ours"
LIMITS = (1, 10)
KEPT = 1e-4  # bp: further off is no answer
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Figures:
    """One side on one problem. Seconds; objective, `gap` and `off` in bp of value, None where the
    side found nothing (or, `gap`, proves nothing); `times` the limit it was given in our own times,
    None where it was free to end."""

    household: str
    problem: str
    columns: int
    binaries: int
    side: str
    times: int | None
    seconds: float
    objective: float | None
    off: float | None
    gap: float | None = None


def off_by(program: Program, x: Floats) -> float:
    """How far the worst row or bound is broken at x."""
    value = program.matrix @ x
    ends = (
        program.row_lower - value,
        value - program.row_upper,
        program.lower - x,
        x - program.upper,
    )
    return max(float(np.max(end, initial=0.0)) for end in ends)


def measured(household: str, solution: Solution, most: float) -> Iterator[Figures]:
    """All sides on the relaxed problem and on the whole one."""
    yield from _relaxed(household, solution)
    yield from _whole(household, solution, most)


def _relaxed(household: str, solution: Solution) -> Iterator[Figures]:
    program, dropped = solution.program, solution.structure.mode_rows
    fixed = region_fixings(solution.structure, solution.answer.region)
    convex = _relaxation(program, ~dropped, fixed)
    ours = _timed(lambda: optimum(reduce(program, fixed, dropped)))
    yield _figures(household, "relaxed", convex, OURS, None, *ours)
    for name, solve in convex_peers().items():
        found = _timed(solve, convex, ACCURACY)
        yield _figures(household, "relaxed", convex, name, None, *found)


def _relaxation(program: Program, rows: NDArray[np.bool_], fixed: dict[int, float]) -> Program:
    """The rows that are kept, columns fixed, no binaries."""
    lower, upper = program.lower.copy(), program.upper.copy()
    for j, value in fixed.items():
        lower[j] = upper[j] = value
    return replace(
        program,
        matrix=program.matrix[rows],
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        lower=lower,
        upper=upper,
        integer=np.zeros_like(program.integer),
    )


def _whole(household: str, solution: Solution, most: float) -> Iterator[Figures]:
    program, ours = untied(solution.program), solution.seconds["solve"]
    x, bound = solution.answer.point.x, solution.answer.bound
    yield _figures(household, "whole", program, OURS, None, ours, x, bound)
    for name, solve in integer_peers().items():
        for times in LIMITS:
            if times * ours > most:
                continue
            seconds, found = _timed(solve, program, solution.structure, times * ours)
            yield _figures(household, "whole", program, name, times, seconds, *found)


def _timed(solve: Callable[..., Found], *given: object) -> tuple[float, Found]:
    started = time.perf_counter()
    found = solve(*given)
    return time.perf_counter() - started, found


def _figures(
    household: str,
    problem: str,
    program: Program,
    side: str,
    times: int | None,
    seconds: float,
    x: Floats | None,
    bound: float | None = None,
) -> Figures:
    binaries = int(program.integer.sum())
    objective = None if x is None else float(program.objective(x))
    off = None if x is None else off_by(program, x)
    gap = None if objective is None or bound is None else max(0.0, objective - bound)
    size = program.cost.size
    return Figures(household, problem, size, binaries, side, times, seconds, objective, off, gap)


def least(found: Sequence[Figures], of: Figures) -> float:
    """The least true objective of any side on the same problem that keeps rows and bounds."""
    same = [e for e in found if (e.household, e.problem) == (of.household, of.problem)]
    kept = [e.objective for e in same if e.objective is not None and (e.off or 0.0) <= KEPT]
    return min(kept, default=float("nan"))


def household_table(found: Sequence[Figures]) -> str:
    """A line for each side and problem."""
    header = ("household", "problem", "columns", "binaries", "side", "s", "over, bp", "gap, bp")
    header = (*header, "off, bp")
    rows = [
        (
            each.household,
            each.problem,
            f"{each.columns:,}",
            f"{each.binaries:,}",
            _named(each),
            f"{each.seconds:.3f}",
            "nothing" if each.objective is None else f"{each.objective - least(found, each):.4f}",
            "" if each.gap is None else f"{each.gap:.4f}",
            "" if each.off is None else f"{each.off:.0e}",
        )
        for each in found
    ]
    return table(header, rows, "llrrlrrrr")


def side_table(found: Sequence[Figures]) -> str:
    """Sides over all households: seconds, how often ours is faster, what is left on the table."""
    header = ("problem", "side", "solved", "s, median", "95%", "times ours", "over, bp", "most")
    header = (*header, "gap, bp", "most")
    ours = {(e.household, e.problem): e.seconds for e in found if e.side == OURS}
    rows = []
    for problem, side in dict.fromkeys((e.problem, _named(e)) for e in found):
        some = [e for e in found if (e.problem, _named(e)) == (problem, side)]
        solved = [e for e in some if e.objective is not None]
        seconds = [e.seconds for e in some]
        ratio = np.median([e.seconds / ours[e.household, e.problem] for e in some])
        over = [e.objective - least(found, e) for e in solved if e.objective is not None]
        gaps = [e.gap for e in solved if e.gap is not None]
        rows.append(
            (
                *(problem, side, f"{len(solved)} of {len(some)}"),
                *(f"{np.quantile(seconds, at):.3f}" for at in (0.5, 0.95)),
                f"{ratio:.2f}",
                *_median_and_most(over),
                *_median_and_most(gaps),
            )
        )
    return table(header, rows, "llrrrrrrrr")


def _median_and_most(values: Sequence[float]) -> tuple[str, str]:
    return (f"{np.median(values):.4f}", f"{max(values):.4f}") if values else ("", "")


def _named(each: Figures) -> str:
    return each.side if each.times is None else f"{each.side}, {each.times}x"


def drawn(found: Sequence[Figures]) -> str:
    """What is left on the table against seconds, whole problems, one colour a side."""
    whole = [e for e in found if e.problem == "whole" and e.objective is not None]
    series = {
        name: [
            (e.seconds, (e.objective or 0.0) - least(found, e)) for e in whole if _named(e) == name
        ]
        for name in dict.fromkeys(_named(e) for e in whole)
    }
    title = "Objective above the best known one"
    return picture(title, "seconds", "bp of value", series)


def _found(inputs: Inputs, ids: Sequence[str], seconds: float) -> Iterator[list[Figures]]:
    """Those of each household; none of one on hold, or where there was nothing to solve."""
    for household_id in ids:
        solution = None
        if household_id not in inputs.book.households_on_hold:
            household = inputs.book.household(household_id)
            solution = propose(household, policy_of(inputs, household)).solution
        yield [] if solution is None else list(measured(household_id, solution, seconds))


def missing() -> list[str]:
    """Peers that are not installed."""
    return [name for name in PACKAGES if installed(name) is None]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = book_arguments(__doc__)
    parser.add_argument("--most", type=float, default=30.0, metavar="SECONDS")
    results_argument(parser)
    given = parser.parse_args(arguments)
    around = surroundings(PACKAGES)
    with given_book(given, households=8, securities=120, seed=1, as_of=QUARTER_END) as book:
        inputs = inputs_of(book, given.policies)
        ids = inputs.book.household_ids[: given.households]
        each = counted(_found(inputs, ids, given.most), len(ids))
        found = [figures for some in each for figures in some]
    text = f"{side_table(found)}\n{household_table(found)}\n{surroundings_line(around)}"
    if missing():
        text += f"not installed, and left out: {', '.join(missing())}\n"
    document = {"surroundings": around, "sides": [asdict(each) for each in found]}
    publish(given, "peers", document, text, drawn(found))


if __name__ == "__main__":
    main()
