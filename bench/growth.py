"""How one household grows: time by stage and memory against names, lots, factors and rules.

    python -m bench.growth                  20 to 3,000 names, 1 to 10 lots each; factors; rules
    python -m bench.growth --most 500       none above 500 names
    python -m bench.growth --axis rules     of names, lots, factors and rules only some

`--json FILE` writes the figures, `--results` all to bench/results. Each size is an invented
household with one taxable account that follows an index of so many stocks, under the shipped
policies and so many rules more, in a process of its own. `memory` is the most that merging, solving
and checking hold beyond the book and the policies. Exponents are slopes of logarithms: of names at
three lots each, of the others at 500 names (or the most that were asked for) with three lots each;
of rules against all statements in force.
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
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.invented_sizes import rules_text, with_factors, with_lots
from bench.over_a_book import QUARTER_END, inputs_of
from bench.picture import picture
from bench.results import publish, results_argument, surroundings, surroundings_line
from policydsl.inputs import Inputs, policy_of, with_file
from policydsl.memory import collector_off
from policydsl.policies import shipped
from policydsl.propose import propose
from policydsl.tables import table
from portfolio.synth import synthesise

NAMES = (20, 100, 500, 1_500, 3_000)
LOTS = (1, 3, 10)
FACTORS = (4, 16, 64)
RULES = (0, 100, 300, 1_000)
USUAL_LOTS, USUAL_NAMES = 3, 500
STAGES = ("merge", "build", "hand-over", "solve", "round", "check")
MIB = 1024  # kibibytes, the unit of ru_maxrss on Linux

Measured = Mapping[str, Any]


class Size(NamedTuple):
    """`factors` 0: those of the book; `rules` are beyond the shipped ones."""

    names: int
    lots: int = USUAL_LOTS
    factors: int = 0
    rules: int = 0


def sizes(axes: Sequence[str], most: int) -> list[Size]:
    """Each once. The grid of names and lots serves both axes."""
    at = min(USUAL_NAMES, most)
    some: list[Size] = []
    if "names" in axes or "lots" in axes:
        some += [Size(names, lots) for names in NAMES if names <= most for lots in LOTS]
    if "factors" in axes:
        some += [Size(at, factors=count) for count in FACTORS]
    if "rules" in axes:
        some += [Size(at, rules=count) for count in RULES]
    return list(dict.fromkeys(some))


def solved(book: Path, size: Size) -> dict[str, Any]:
    """Seconds by stage, peak memory in MiB and the gap, in this process."""
    inputs = _with_rules(inputs_of(book, shipped()), size.rules)
    household = with_lots(inputs.book.household(inputs.book.household_ids[0]), size.lots)
    if size.factors:
        household = with_factors(household, size.factors)
    before = _fresh_peak()
    with collector_off():
        started = time.perf_counter()
        policy = policy_of(inputs, household)
        merged = time.perf_counter()
        proposal = propose(household, policy)
        ended = time.perf_counter()
    solution = proposal.solution
    return {
        "held": len({lot.security_id for account in household.accounts for lot in account.lots}),
        "lots": sum(len(account.lots) for account in household.accounts),
        "factors": household.risk.loadings.shape[1],
        "rules": len(policy.statements),
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


def _with_rules(inputs: Inputs, count: int) -> Inputs:
    if not count:
        return inputs
    household = inputs.book.household(inputs.book.household_ids[0])
    held = {lot.security_id for account in household.accounts for lot in account.lots}
    tickers = sorted(household.securities[name].ticker for name in held)
    with tempfile.TemporaryDirectory() as away:
        path = Path(away) / "more.policy"
        path.write_text(rules_text(tickers, count), encoding="utf-8")
        added = with_file(inputs, path)
    if added.typed.diagnostics:
        raise SystemExit("\n".join(each.message for each in added.typed.diagnostics[:5]))
    return added


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


def measured(size: Size, folder: Path) -> dict[str, Any]:
    """One size in a process of its own."""
    book = folder / str(size.names)
    if not book.exists():
        synthesise(book, households=1, securities=size.names, seed=1, as_of=QUARTER_END)
    inner = [sys.executable, "-m", "bench.growth", "--solve", str(book), *map(str, size)]
    done = subprocess.run(inner, check=True, stdout=subprocess.PIPE, text=True)
    return {"size": size._asdict(), **json.loads(done.stdout)}


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    """The slope of log value on log size by least squares; None for fewer than three sizes."""
    if len(sizes) < 3 or min(values) <= 0:
        return None
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def size_table(found: Sequence[Measured]) -> str:
    """A line for each size: milliseconds by stage, memory, gap."""
    counts = ("held", "lots", "factors", "rules", "columns", "binaries")
    header = ("names", *counts[1:], *(f"{stage}, ms" for stage in STAGES))
    header = (*header, "engine, ms", "whole, ms", "ratio", "memory, MiB", "gap, bp")
    rows = []
    for each in found:
        seconds = each["seconds"]
        shown = (*STAGES, "solver", "whole")
        rows.append(
            (
                *(f"{each[name]:,}" for name in counts),
                *(f"{1000 * seconds.get(stage, 0.0):,.0f}" for stage in shown),
                f"{seconds['whole'] / max(seconds.get('solver', 0.0), 1e-9):.1f}",
                f"{each['memory']:,.0f}",
                each["status"] if each["gap"] is None else f"{each['gap']:.3f}",
            )
        )
    return table(header, rows, "r" * len(header))


def along(found: Sequence[Measured], axis: str) -> list[Measured]:
    """The sizes that differ in nothing but the axis: names from 100 on."""
    most = max(each["size"]["names"] for each in found)
    usual = Size(min(USUAL_NAMES, most))._asdict()
    others = [name for name in usual if name != axis]
    same = [each for each in found if all(each["size"][o] == usual[o] for o in others)]
    if axis == "factors":
        same = [each for each in same if each["size"]["factors"]]
    return [each for each in same if axis != "names" or each["size"]["names"] >= 100]


def exponents(found: Sequence[Measured]) -> dict[str, dict[str, float | None]]:
    """By what is measured: its exponent in names, lots, factors and rules; None where too few sizes
    were."""

    def value(each: Measured, what: str) -> float:
        return float(each["memory"] if what == "memory" else each["seconds"].get(what, 0.0))

    def slope(axis: str, what: str) -> float | None:
        some = along(found, axis)
        counted = "held" if axis == "names" else axis
        return exponent([each[counted] for each in some], [value(each, what) for each in some])

    measures = (*STAGES, "solver", "whole", "memory")
    return {what: {axis: slope(axis, what) for axis in Size._fields} for what in measures}


def exponent_table(found: Mapping[str, Mapping[str, float | None]]) -> str:
    """One line for each stage."""
    rows = [
        (
            "engine" if what == "solver" else what,
            *("-" if one is None else f"{one:.2f}" for one in each.values()),
        )
        for what, each in found.items()
    ]
    return table(("exponent of", *Size._fields), rows, "l" + "r" * len(Size._fields))


def drawn(found: Sequence[Measured]) -> str:
    """Whole seconds against what grows, one line an axis; for names one for each number of lots."""

    def points(some: Sequence[Measured], axis: str) -> list[tuple[float, float]]:
        return [(each[axis], each["seconds"]["whole"]) for each in some]

    grid = [e for e in found if not e["size"]["factors"] and not e["size"]["rules"]]
    series = {
        f"names, {lots} lots each": points([e for e in grid if e["size"]["lots"] == lots], "held")
        for lots in LOTS
    }
    series |= {axis: points(along(found, axis), axis) for axis in ("factors", "rules")}
    shown = {name: each for name, each in series.items() if each}
    return picture("Whole time of one household", "how many", "seconds", shown, joined=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, metavar="NAMES", default=NAMES[-1])
    parser.add_argument("--axis", action="append", choices=Size._fields)
    parser.add_argument("--json", type=Path, metavar="FILE")
    results_argument(parser)
    parser.add_argument("--solve", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.solve:
        book, *counts = given.solve
        print(json.dumps(solved(Path(book), Size(*map(int, counts)))))
        return
    around = surroundings()
    found = []
    with tempfile.TemporaryDirectory() as away:
        for size in sizes(given.axis or Size._fields, given.most):
            found.append(measured(size, Path(away)))
            print(f"\r{size}", end="", file=sys.stderr)
    print(file=sys.stderr)
    fitted = exponents(found)
    text = f"{size_table(found)}\n{exponent_table(fitted)}\n{surroundings_line(around)}"
    document = {"surroundings": around, "sizes": found, "exponents": fitted}
    publish(given, "growth", document, text, drawn(found))


if __name__ == "__main__":
    main()
