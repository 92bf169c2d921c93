"""Where the time of a rebalance goes, how good the answers are, and what the search is worth.

    python -m bench.stages                          an invented book of 24 households, 300 stocks
    python -m bench.stages BOOK [POLICIES]          a book of yours, with policies of yours

`--households N` takes the first N households, `--compare N` sets the first N of them against
HiGHS's branch and bound alone, `--json FILE` writes the figures for programs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.against_highs import Comparison, compare, comparison_table
from bench.over_a_book import QUARTER_END, book_arguments, counted, given_book, inputs_of
from bench.results import write_json
from policydsl.inputs import Inputs
from policydsl.rebalance import Outcome, documents, outcomes, proposal_of
from policydsl.record.waiting import Waiting
from policydsl.tables import table
from policydsl.totals import totals

STAGES = {
    "load": "the book, read and checked whole",
    "parse": "policy files to trees",
    "check policies": "names, meanings, what can be merged without a household",
    "risk": "the factor model",
    "merge": "layers to the effective policy of each account",
    "build": "the Pyomo model",
    "hand-over": "Pyomo's standard form to HiGHS",
    "solve": "the search, HiGHS included",
    "round": "shares and cents",
    "check": "the exact check",
    "explain": "ledgers and sentences",
}
QUANTILES = {"least": 0.0, "median": 0.5, "90%": 0.9, "most": 1.0}


def spent_on(outcome: Outcome) -> dict[str, float]:
    """A household's seconds by stage, with `solver` (a part of others) and the `total`."""
    seconds = outcome.seconds
    return {**seconds, "total": sum(seconds.values()) - seconds.get("solver", 0.0)}


def quantiles(values: Sequence[float]) -> dict[str, float]:
    return {name: float(np.quantile(values, at)) for name, at in QUANTILES.items()}


def figures(inputs: Inputs, done: Sequence[Outcome], total: float) -> dict[str, Any]:
    """Everything the text shows, as one document."""
    solved = [document for document in documents(done) if "gap" in document]
    spent = [spent_on(outcome) for outcome in done]
    counted: dict[str, dict[str, float]] = {}
    for name in solved[0]["work"] if solved else ():
        counted[name] = quantiles([document["work"][name] for document in solved])
    return {
        "book": inputs.book.name,
        "households": len(done),
        "totals": totals(documents(done)),
        "seconds": {"total": total, **inputs.seconds},
        "seconds_a_household": {
            name: quantiles([seconds.get(name, 0.0) for seconds in spent])
            for name in ("total", "build", "hand-over", "solve", "round", "check", "solver")
        },
        "gap_bp": quantiles([document["gap"]["bp"] for document in solved]) if solved else {},
        "work": counted,
    }


def stage_table(found: Mapping[str, Any]) -> str:
    """Seconds a stage, their share of the whole, milliseconds a household."""
    seconds, households = found["seconds"], found["households"]
    total = seconds["total"]
    named = [(name, seconds.get(name, 0.0), meaning) for name, meaning in STAGES.items()]
    rest = total - sum(spent for _, spent, _ in named)
    rows = [
        (name, f"{spent:.3f}", f"{spent / total:.1%}", f"{1000 * spent / households:.1f}", meaning)
        for name, spent, meaning in (
            *named,
            ("other", rest, "between the stages"),
            ("total", total, ""),
            ("inside solvers", seconds.get("solver", 0.0), "part of solve and round"),
        )
    ]
    return table(("stage", "seconds", "share", "ms/household", ""), rows, "lrrrl")


def spread_table(found: Mapping[str, Any]) -> str:
    """Quantiles over households: milliseconds by stage, gap, counted work."""
    spreads = {
        f"{name}, ms": {at: 1000 * value for at, value in spread.items()}
        for name, spread in found["seconds_a_household"].items()
    }
    spreads |= {"gap, bp of value": found["gap_bp"]} if found["gap_bp"] else {}
    spreads |= {name.replace("_", " "): spread for name, spread in found["work"].items()}
    rows = [
        (
            name,
            *(f"{spread[at]:,.3f}" if "gap" in name else f"{spread[at]:,.0f}" for at in QUANTILES),
        )
        for name, spread in spreads.items()
    ]
    return table(("over households", *QUANTILES), rows, "lrrrr")


def text(found: Mapping[str, Any], comparisons: Sequence[Comparison]) -> str:
    statuses = found["totals"]["status"]
    said = ", ".join(f"{count} {status}" for status, count in statuses.items() if count)
    solver = found["seconds"].get("solver", 0.0)
    ratio = found["seconds"]["total"] / solver if solver else float("inf")
    parts = [
        f"{found['book']}: {found['households']} households: {said}\n",
        stage_table(found),
        f"the whole run takes {ratio:.2f} times as long as its HiGHS alone\n",
        spread_table(found),
    ]
    if comparisons:
        parts.append(comparison_table(comparisons))
    return "\n".join(parts)


def bench(
    book: Path, policies: Path, most: int | None, compared: int
) -> tuple[dict[str, Any], list[Comparison]]:
    """Run the pipeline over a book in this process and measure it."""
    started = time.perf_counter()
    inputs = inputs_of(book, policies)
    ids = inputs.book.household_ids[:most]
    with Waiting() as waiting:
        done = outcomes(inputs, ids, waiting, counted)
        found = figures(inputs, done, time.perf_counter() - started)
    comparisons = [
        comparison
        for name in ids[:compared]
        if (comparison := compare(proposal_of(inputs, name))) is not None
    ]
    found["against_highs"] = [comparison.document() for comparison in comparisons]
    return found, comparisons


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = book_arguments(__doc__)
    parser.add_argument("--compare", type=int, metavar="N", default=6)
    given = parser.parse_args(arguments)
    with given_book(given, securities=300, seed=1, as_of=QUARTER_END) as book:
        found, comparisons = bench(book, given.policies, given.households, given.compare)
    print(text(found, comparisons))
    write_json(given.json, found)


if __name__ == "__main__":
    main()
