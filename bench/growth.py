"""How one household grows: time by stage and memory against names and lots, with fitted exponents.

    python -m bench.growth                  20 to 3,000 names, 1 to 10 lots each
    python -m bench.growth --most 500       none above 500 names

`--json FILE` writes the figures, `--results` all to bench/results. Each size is an invented
household with one taxable account that follows an index of so many stocks, under the shipped
policies, in a process of its own. `memory` is the most that merging, solving and checking hold
beyond the book and the policies. The exponent of names is fitted at three lots each, that of lots
at 500 names (or the most that were asked for).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from bench.over_a_book import QUARTER_END, inputs_of
from bench.picture import picture
from bench.results import publish, results_argument, surroundings, surroundings_line
from policydsl.memory import collector_off
from policydsl.policies import shipped
from policydsl.propose import propose
from policydsl.rebalance import policy_of
from policydsl.tables import table
from portfolio.household import Account, Household, Lot
from portfolio.synth import synthesise

NAMES = (20, 100, 500, 1_500, 3_000)
LOTS = (1, 3, 10)
USUAL_LOTS, USUAL_NAMES = 3, 500
STAGES = ("merge", "build", "hand-over", "solve", "round", "check")
SHARE = Decimal("0.0001")
MIB = 1024  # kibibytes, the unit of ru_maxrss on Linux

Size = Mapping[str, Any]


def with_lots(household: Household, count: int) -> Household:
    """Every position in `count` lots of like size, at a basis from 25% below to 25% above."""
    return replace(household, accounts=tuple(_split(each, count) for each in household.accounts))


def _split(account: Account, count: int) -> Account:
    positions: dict[str, list[Lot]] = {}
    for lot in account.lots:
        positions.setdefault(lot.security_id, []).append(lot)
    lots: list[Lot] = []
    for held in positions.values():
        first = min(held, key=lambda lot: lot.acquired)
        shares = sum((lot.shares for lot in held), Decimal(0)) / count
        basis = sum((lot.basis for lot in held), Decimal(0)) / count
        for k in range(count):
            part = Decimal(2 * k + 1 - count) / (4 * count) + 1
            lots.append(
                replace(
                    first,
                    id=f"{first.id}-{k + 1}",
                    shares=max(shares.quantize(SHARE), SHARE),
                    basis=(basis * part).quantize(Decimal("0.01")),
                )
            )
    return replace(account, lots=tuple(lots))


def solved(book: Path, lots: int) -> dict[str, Any]:
    """Seconds by stage, peak memory in MiB and the gap, in this process."""
    inputs = inputs_of(book, shipped())
    household = with_lots(inputs.book.household(inputs.book.household_ids[0]), lots)
    before = _fresh_peak()
    with collector_off():
        started = time.perf_counter()
        policy = policy_of(inputs, household)
        merged = time.perf_counter()
        proposal = propose(household, policy)
        ended = time.perf_counter()
    solution = proposal.solution
    held = {lot.security_id for account in household.accounts for lot in account.lots}
    return {
        "held": len(held),
        "lots": sum(len(account.lots) for account in household.accounts),
        "status": proposal.status.value,
        "seconds": {
            "merge": merged - started,
            **proposal.seconds,
            "whole": ended - started,
        },
        "columns": 0 if solution is None else int(solution.program.cost.size),
        "binaries": 0 if solution is None else int(solution.program.integer.sum()),
        "gap": None if solution is None else float(solution.gap),
        "memory": _peak() - before,
    }


def _fresh_peak() -> float:
    """Memory now, in MiB; on Linux (proc(5)) its peak is counted from here on."""
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5", encoding="ascii")
    return _peak()


def _peak() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    lines = status.read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / MIB


def measured(names: int, lots: int, folder: Path) -> dict[str, Any]:
    """One size in a process of its own."""
    book = folder / str(names)
    if not book.exists():
        synthesise(book, households=1, securities=names, seed=1, as_of=QUARTER_END)
    inner = [sys.executable, "-m", "bench.growth", "--solve", str(book), str(lots)]
    done = subprocess.run(inner, check=True, capture_output=True, text=True)
    return {"names": names, "lots_each": lots, **json.loads(done.stdout)}


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    """The slope of log value on log size by least squares; None for fewer than three sizes."""
    if len(sizes) < 3 or min(values) <= 0:
        return None
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def size_table(found: Sequence[Size]) -> str:
    """A line for each size: milliseconds by stage, memory, gap."""
    header = ("names", "lots", "columns", "binaries", *(f"{stage}, ms" for stage in STAGES))
    header = (*header, "HiGHS, ms", "whole, ms", "ratio", "memory, MiB", "gap, bp")
    rows = []
    for each in found:
        seconds = each["seconds"]
        shown = (*STAGES, "solver", "whole")
        rows.append(
            (
                *(f"{each[name]:,}" for name in ("held", "lots", "columns", "binaries")),
                *(f"{1000 * seconds.get(stage, 0.0):,.0f}" for stage in shown),
                f"{seconds['whole'] / max(seconds.get('solver', 0.0), 1e-9):.1f}",
                f"{each['memory']:,.0f}",
                each["status"] if each["gap"] is None else f"{each['gap']:.3f}",
            )
        )
    return table(header, rows, "r" * len(header))


def exponents(found: Sequence[Size]) -> dict[str, dict[str, float | None]]:
    """By what is measured: its exponent in names and in lots."""
    at = min(USUAL_NAMES, max(each["names"] for each in found))
    by_names = [e for e in found if e["lots_each"] == USUAL_LOTS and e["names"] >= 100]
    by_lots = [e for e in found if e["names"] == at]

    def value(each: Size, what: str) -> float:
        return float(each["memory"] if what == "memory" else each["seconds"].get(what, 0.0))

    return {
        what: {
            "names": exponent([e["held"] for e in by_names], [value(e, what) for e in by_names]),
            "lots": exponent([e["lots"] for e in by_lots], [value(e, what) for e in by_lots]),
        }
        for what in (*STAGES[1:], "solver", "whole", "memory")
    }


def exponent_table(found: Mapping[str, Mapping[str, float | None]]) -> str:
    """One line for each stage."""
    rows = [
        (what, *("-" if one is None else f"{one:.2f}" for one in each.values()))
        for what, each in found.items()
    ]
    return table(("exponent of", "names, from 100", "lots"), rows, "lrr")


def drawn(found: Sequence[Size]) -> str:
    """Whole seconds against names, one line for each number of lots."""
    series = {
        f"{lots} lots a name": [
            (each["held"], each["seconds"]["whole"]) for each in found if each["lots_each"] == lots
        ]
        for lots in LOTS
    }
    return picture("Whole time of one household", "names", "seconds", series, joined=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, metavar="NAMES", default=NAMES[-1])
    parser.add_argument("--json", type=Path, metavar="FILE")
    results_argument(parser)
    parser.add_argument("--solve", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.solve:
        print(json.dumps(solved(Path(given.solve[0]), int(given.solve[1]))))
        return
    around = surroundings()
    found = []
    with tempfile.TemporaryDirectory() as away:
        for names in (each for each in NAMES if each <= given.most):
            for lots in LOTS:
                found.append(measured(names, lots, Path(away)))
                print(f"\r{names:,} names of {lots} lots", end="", file=sys.stderr)
    print(file=sys.stderr)
    fitted = exponents(found)
    text = f"{size_table(found)}\n{exponent_table(fitted)}\n{surroundings_line(around)}"
    document = {"surroundings": around, "sizes": found, "exponents": fitted}
    publish(given, "growth", document, text, drawn(found))


if __name__ == "__main__":
    main()
