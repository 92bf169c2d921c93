"""Where the time of a rebalance goes: by stage, HiGHS's own time apart.

    python bench/stages.py                            an invented book of 24 households, 300 stocks
    python bench/stages.py BOOK [--policies DIR]      a book of yours, with policies of yours

Runs `policydsl rebalance` once in a process of its own and reads the timings of its run folder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGES = (
    ("parse", "policy files to trees"),
    ("check policies", "names, meanings, what can be merged without a household"),
    ("load", "the book, read and checked whole"),
    ("risk", "the factor model"),
    ("merge", "layers to the effective policy of each account"),
    ("build", "the Pyomo model"),
    ("hand-over", "Pyomo's standard form to HiGHS"),
    ("solve", "the search, HiGHS included"),
    ("round", "shares and cents"),
    ("check", "the exact check"),
    ("explain", "ledgers and sentences"),
)


def policydsl(*words: str) -> None:
    """Run a command of this checkout, its words to stderr; end with its exit code if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "policydsl", *words], cwd=ROOT, check=False, stdout=sys.stderr
    )
    if done.returncode:
        sys.exit(done.returncode)


def report(run: Mapping[str, dict[str, float]]) -> str:
    """Seconds a stage, their share of the whole, and milliseconds a household."""
    timings, households = run["timings"], run["totals"]["households"]
    named = [name for name, _ in STAGES]
    rows = [(name, timings.get(name, 0.0), meaning) for name, meaning in STAGES]
    rows += [(name, timings[name], "") for name in sorted(timings.keys() - {*named, *APART})]
    rows.append(("other", timings["total"] - sum(row[1] for row in rows), "all between the stages"))
    rows += [("total", timings["total"], ""), ("inside HiGHS", timings["solver"], "part of solve")]
    lines = [f"{'stage':<15} {'seconds':>8} {'share':>6} {'ms/household':>13}"]
    for name, seconds, meaning in rows:
        share, each = seconds / timings["total"], 1000 * seconds / households
        lines.append(f"{name:<15} {seconds:8.3f} {share:6.1%} {each:13.1f}  {meaning}".rstrip())
    ratio = timings["total"] / timings["solver"] if timings["solver"] else float("inf")
    lines.append(f"\nthe whole run takes {ratio:.2f} times as long as HiGHS alone")
    return "\n".join(lines)


APART = ("total", "solver")
"""Not stages: the whole, and what HiGHS has of `solve`."""


def main() -> None:
    """Rebalance a book and print where the time went."""
    parser = argparse.ArgumentParser(description="Where the time of a rebalance goes.")
    parser.add_argument("book", nargs="?", type=Path)
    parser.add_argument("--policies", type=Path, default=ROOT / "policies")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        away = Path(name)
        book = asked.book or away / "book"
        if asked.book is None:
            policydsl("book", "synth", str(book), "--households", "24", "--securities", "300")
        policies = str(asked.policies.resolve())
        out = str(away / "run")
        policydsl("rebalance", "--book", str(book.resolve()), "--policies", policies, "-o", out)
        run = json.loads((away / "run" / "run.json").read_text(encoding="utf-8"))
    print(report(run))


if __name__ == "__main__":
    main()
