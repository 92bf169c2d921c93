"""What a household costs and what is proven of it, at three work budgets.

    python -m bench.budgets                    an invented book of 16 households, 300 stocks
    python -m bench.budgets BOOK [POLICIES]    a book of yours, with policies of yours

`--households N` takes the first N households, `--budget NAME` one of the budgets (as often as you
like; else all), `--json FILE` writes the figures for programs, `--results` document, table and
picture to bench/results.

`whole` is from an effective policy to trades that passed the exact check: build, hand-over, search,
rounding, check. `engines` is what of it is spent inside HiGHS and Clarabel. The first household is
solved once beforehand: in a process and a policy set it finds nothing ready. The gap is that of the
rounded trades against the true quadratic objective, in bp of household value. Budgets are counts,
so gaps are the same on every machine; seconds are not, and grow when others use the machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bench.over_a_book import QUARTER_END, book_arguments, counted, given_book, inputs_of
from bench.picture import picture
from bench.results import publish, results_argument, surroundings, surroundings_line
from compiler.statements import HouseholdPolicy
from policydsl.inputs import Inputs, policy_of
from policydsl.memory import collector_off
from policydsl.propose import propose
from policydsl.tables import table
from portfolio.household import Household
from solver.search import Budget

BUDGETS: Mapping[str, Budget] = {
    "short": Budget(
        flips=2, hulls=2, betweens=4, goal=0.1, moves=30, exchanges=8, neighbourhoods=2
    ),
    "usual": Budget(),
    "long": Budget(
        flips=3,
        hulls=12,
        branchable=600,
        nodes=400,
        goal=0.002,
        moves=240,
        exchanges=96,
        neighbourhoods=24,
    ),
}
"""Meant for about 0.3, 1 and 5 seconds of the households that cost most; most of the others end at
the first prices, whatever they may spend. More flips are no better than three."""
KINDS = ("all", "direct-index", "fund", "joint", "other")
MANY = 100  # names


@dataclass(frozen=True, slots=True)
class Figures:
    """One household at one budget; seconds, and the gap in bp of value, None where none is proven
    because nothing was solved."""

    household: str
    kind: str
    names: int
    lots: int
    budget: str
    status: str
    whole: float
    highs: float
    gap: float | None


def kind_of(household: Household) -> str:
    """`joint`: one target over several accounts. Of the others `direct-index` has more than 100
    names and `fund` holds no stock."""
    held = {lot.security_id for account in household.accounts for lot in account.lots}
    if household.management == "joint" and len(household.accounts) > 1:
        return "joint"
    if len(held) > MANY:
        return "direct-index"
    stocks = any(household.securities[name].kind == "stock" for name in held)
    return "other" if stocks else "fund"


def measured(household: Household, policy: HouseholdPolicy, budget: str) -> Figures:
    """One household, proposed once."""
    with collector_off():
        started = time.perf_counter()
        proposal = propose(household, policy, BUDGETS[budget])
        whole = time.perf_counter() - started
    return Figures(
        household=household.id,
        kind=kind_of(household),
        names=len({lot.security_id for a in household.accounts for lot in a.lots}),
        lots=sum(len(account.lots) for account in household.accounts),
        budget=budget,
        status=proposal.status.value,
        whole=whole,
        highs=proposal.seconds.get("solver", 0.0),
        gap=None if proposal.solution is None else float(proposal.solution.gap),
    )


def spread_table(found: Sequence[Figures]) -> str:
    """Median and 95th percentile by kind and budget."""
    header = ("households", "", "budget", "whole, s", "95%", "engines, s", "95%", "ratio")
    header = (*header, "outside, s", "95%", "gap, bp", "95%", "most")
    rows = []
    for kind in KINDS:
        for budget in BUDGETS:
            some = [e for e in found if e.budget == budget and kind in ("all", e.kind)]
            some = [e for e in some if e.gap is not None]
            if not some:
                continue
            whole, highs = ([e.whole for e in some], [e.highs for e in some])
            outside = [e.whole - e.highs for e in some]
            gaps = [e.gap or 0.0 for e in some]
            ratio = f"{sum(whole) / max(sum(highs), 1e-9):.2f}"
            times = (*_spread(whole), *_spread(highs), ratio, *_spread(outside))
            proven = (*_spread(gaps, 4), f"{max(gaps):.3f}")
            rows.append((kind, str(len(some)), budget, *times, *proven))
    return table(header, rows, "lrl" + "r" * 10)


def _spread(values: Sequence[float], places: int = 3) -> tuple[str, str]:
    median, high = np.quantile(values, [0.5, 0.95])
    return f"{median:.{places}f}", f"{high:.{places}f}"


def household_table(found: Sequence[Figures]) -> str:
    """A line for each household and budget."""
    rows = [
        (
            each.household,
            each.kind,
            str(each.names),
            str(each.lots),
            each.budget,
            each.status,
            f"{each.whole:.3f}",
            f"{each.highs:.3f}",
            "-" if each.gap is None else f"{each.gap:.4f}",
        )
        for each in found
    ]
    header = (
        "household",
        "kind",
        "names",
        "lots",
        "budget",
        "",
        "whole, s",
        "engines, s",
        "gap, bp",
    )
    return table(header, rows, "llrrllrrr")


def drawn(found: Sequence[Figures]) -> str:
    """Gap against seconds, one colour a budget."""
    series = {
        name: [(e.whole, e.gap) for e in found if e.budget == name and e.gap is not None]
        for name in BUDGETS
    }
    return picture("Proven gap and whole time of each household", "seconds", "gap, bp", series)


def _figures(inputs: Inputs, ids: Sequence[str], budgets: Sequence[str]) -> Iterator[list[Figures]]:
    """Those of each household; none of one on hold."""
    ready = False
    for household_id in ids:
        if household_id in inputs.book.households_on_hold:
            yield []
            continue
        policy = policy_of(inputs, inputs.book.household(household_id))
        if not ready:
            propose(inputs.book.household(household_id), policy, BUDGETS["short"])
            ready = True
        household = inputs.book.household(household_id)
        yield [measured(household, policy, budget) for budget in budgets]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = book_arguments(__doc__)
    parser.add_argument("--budget", action="append", choices=list(BUDGETS))
    results_argument(parser)
    given = parser.parse_args(arguments)
    around = surroundings()
    with given_book(given, households=16, securities=300, seed=1, as_of=QUARTER_END) as book:
        inputs = inputs_of(book, given.policies)
        ids = inputs.book.household_ids[: given.households]
        each = counted(_figures(inputs, ids, given.budget or list(BUDGETS)), len(ids))
        found = [figures for some in each for figures in some]
    text = f"{spread_table(found)}\n{household_table(found)}\n{surroundings_line(around)}"
    document = {"surroundings": around, "households": [asdict(each) for each in found]}
    publish(given, "budgets", document, text, drawn(found))


if __name__ == "__main__":
    main()
