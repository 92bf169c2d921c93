"""What a household costs and what is proven of it, at three work budgets.

    python -m bench.budgets                    an invented book of 16 households, 300 stocks
    python -m bench.budgets BOOK [POLICIES]    a book of yours, with policies of yours

`--households N` takes the first N households, `--budget NAME` one of the budgets (as often as you
like; else all), `--json FILE` writes the figures for programs, `--results` document, table and
picture to bench/results.

`whole` is from an effective policy to trades that passed the exact check: build, hand-over, search,
rounding, check. `HiGHS` is what of it is spent inside the engine. The gap is that of the rounded
trades against the true quadratic objective, in bp of household value. Budgets are counts, so gaps
are the same on every machine; seconds are not, and grow when others use the machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np

from bench.picture import picture
from bench.results import RESULTS, surroundings, surroundings_line, write_results
from compiler.statements import HouseholdPolicy
from policydsl.memory import collector_off
from policydsl.policies import shipped
from policydsl.propose import propose
from policydsl.rebalance import policy_of, read_inputs
from policydsl.tables import table
from portfolio.household import Household
from portfolio.synth import synthesise
from solver.search import Budget

BUDGETS: Mapping[str, Budget] = {
    "short": Budget(flips=3, hulls=1, goal=0.1, moves=30, exchanges=8, neighbourhoods=2),
    "usual": Budget(),
    "long": Budget(
        flips=20,
        hulls=12,
        branchable=600,
        nodes=400,
        goal=0.002,
        moves=240,
        exchanges=96,
        neighbourhoods=24,
    ),
}
"""Meant for about 0.3, 1 and 5 seconds of a direct-index household of 400 names on two cores; what
lies outside the search is not theirs to save."""
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
    header = ("households", "", "budget", "whole, s", "95%", "HiGHS, s", "95%", "ratio")
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
    header = ("household", "kind", "names", "lots", "budget", "", "whole, s", "HiGHS, s", "gap, bp")
    return table(header, rows, "llrrllrrr")


def drawn(found: Sequence[Figures]) -> str:
    """Gap against seconds, one colour a budget."""
    series = {
        name: [(e.whole, e.gap) for e in found if e.budget == name and e.gap is not None]
        for name in BUDGETS
    }
    return picture("Proven gap and whole time of each household", "seconds", "gap, bp", series)


def _figures(
    book: Path, policies: Path, most: int | None, budgets: Sequence[str]
) -> Iterator[Figures]:
    inputs = read_inputs(book, policies, None)
    ids = inputs.book.household_ids[:most]
    for k, household_id in enumerate(ids, start=1):
        if household_id not in inputs.book.households_on_hold:
            household = inputs.book.household(household_id)
            policy = policy_of(inputs, household)
            for budget in budgets:
                yield measured(household, policy, budget)
        print(f"\r{k} of {len(ids)} households", end="", file=sys.stderr)
    print(file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("book", type=Path, nargs="?")
    parser.add_argument("policies", type=Path, nargs="?", default=shipped())
    parser.add_argument("--households", type=int, metavar="N")
    parser.add_argument("--budget", action="append", choices=list(BUDGETS))
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--results", type=Path, nargs="?", const=RESULTS, metavar="FOLDER")
    given = parser.parse_args(arguments)
    around = surroundings()
    with tempfile.TemporaryDirectory() as away:
        book = given.book or Path(away) / "book"
        if given.book is None:
            synthesise(book, households=16, securities=300, seed=1, as_of=date(2026, 3, 31))
        chosen = given.budget or list(BUDGETS)
        found = list(_figures(book, given.policies, given.households, chosen))
    text = f"{spread_table(found)}\n{household_table(found)}\n{surroundings_line(around)}"
    document = {"surroundings": around, "households": [asdict(each) for each in found]}
    print(text, end="")
    if given.json is not None:
        given.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if given.results is not None:
        write_results(given.results, "budgets", document, text, drawn(found))


if __name__ == "__main__":
    main()
