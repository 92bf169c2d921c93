"""How the compiler grows with the policy set: 10 to 10,000 rules in 1 to 500 files.

    python -m bench.scale                 all sizes
    python -m bench.scale --most 1000     none above 1,000 rules

For each size, milliseconds of processor time of each stage in a process of its own: `parse` text to
trees, `check` names, meanings and what clashes whoever it reaches, `merge` the layers for the
accounts of one household, `effective` one account as text, `fmt` every file. Then all of
`policydsl check`, imports too: cold, with nothing remembered, and warm, with nothing changed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bench.invented_policies import write_policies
from bench.results import write_json
from compiler.check import check_policies
from compiler.effective import effective
from compiler.effective_report import render_effective
from compiler.layers import household_policy
from compiler.policyset import load_policies
from policydsl.commands.fmt import formatted, policy_files
from policydsl.memory import collector_off
from policydsl.tables import table
from portfolio.book import load_book
from portfolio.synth import synthesise

SIZES = (
    (10, 1), (100, 1), (100, 10), (1_000, 1), (1_000, 50), (10_000, 1), (10_000, 50), (10_000, 500),
)  # fmt: skip
"""(rules, files)."""
STAGES = ("parse", "check", "merge", "effective", "fmt")
HOUSEHOLD = "H00005"
"""The sixth file speaks of it, where there are so many."""


def stages(policies: Path, book: Path) -> dict[str, float]:
    """Seconds of each stage, in this process."""
    household = load_book(book).household(HOUSEHOLD)
    spent: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        started = time.process_time()
        found = work()
        spent[stage] = time.process_time() - started
        return found

    with collector_off():
        loaded = timed("parse", lambda: load_policies(policies))
        typed = timed("check", lambda: check_policies(loaded))
        assert not typed.diagnostics, [each.message for each in typed.diagnostics[:3]]
        timed("merge", lambda: household_policy(typed, household))
        account = household.accounts[0].id
        timed(
            "effective",
            lambda: render_effective(effective(typed, household, account), typed.sources),
        )
        timed("fmt", lambda: [formatted(path) for path in policy_files((policies,))])
    return spent


def command(policies: Path, cache: Path) -> tuple[float, float]:
    """Seconds of one `policydsl check` from its start to its end, and of the processor."""
    started, used = time.perf_counter(), _used()
    subprocess.run(
        [sys.executable, "-m", "policydsl", "check", str(policies)],
        env={**os.environ, "POLICYDSL_CACHE": str(cache)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started, _used() - used


def _used() -> float:
    """Seconds of the processor that ended children have taken."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def measured(folder: Path, book: Path, rules: int, files: int) -> dict[str, float]:
    """The figures of one size, in seconds, and the rows of its files."""
    policies = folder / f"{rules}_{files}"
    rows = write_policies(policies, rules, files)
    inner = [sys.executable, "-m", "bench.scale", "--stages", str(policies), str(book)]
    found = subprocess.run(inner, check=True, capture_output=True, text=True)
    spent: dict[str, float] = json.loads(found.stdout)
    cache = folder / f"cache_{rules}_{files}"
    cold, warm = command(policies, cache), min(command(policies, cache) for _ in range(3))
    return {
        "rules": rules, "files": files, "rows": rows, **spent,
        "cold": cold[0], "cold_cpu": cold[1], "warm": warm[0], "warm_cpu": warm[1],
    }  # fmt: skip


def shown(found: Sequence[Mapping[str, float]]) -> str:
    """Milliseconds by stage, microseconds a rule, seconds of the whole command."""
    rows = [
        (
            f"{size['rules']:,.0f}",
            f"{size['files']:,.0f}",
            f"{size['rows']:,.0f}",
            *(f"{1000 * size[stage]:,.1f}" for stage in STAGES),
            f"{1e6 * (size['parse'] + size['check']) / size['rules']:,.0f}",
            *(f"{size[name]:.2f}" for name in ("cold", "cold_cpu", "warm", "warm_cpu")),
        )
        for size in found
    ]
    head = ("rules", "files", "rows", *(f"{stage}, ms" for stage in STAGES))
    head = (*head, "parse and check, us a rule", "cold, s", "of cpu", "warm, s", "of cpu")
    return table(head, rows, "r" * len(head))


def main() -> None:
    parser = argparse.ArgumentParser(description="How the compiler grows with the policy set.")
    parser.add_argument("--most", type=int, metavar="RULES", default=10_000)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--stages", type=Path, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stages:
        print(json.dumps(stages(*asked.stages)))
        return
    found = []
    with tempfile.TemporaryDirectory() as away:
        book = Path(away) / "book"
        synthesise(book, households=8, securities=60, seed=7, as_of=date(2026, 3, 31))
        for rules, files in SIZES:
            if rules <= asked.most:
                found.append(measured(Path(away), book, rules, files))
                print(f"\r{rules:,} rules in {files} files", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(shown(found))
    write_json(asked.json, found)


if __name__ == "__main__":
    main()
