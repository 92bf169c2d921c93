"""Households with joint targets, look-through and exact netting, now and as recorded before.

    python -m bench.compare JOINT.json INDEX.json NETTING.json    against bench/earlier.json
    python -m bench.compare LATER.json --earlier EARLIER.json     against another run
    python -m bench.compare SOME.json ... --record FILE           the same figures as a record

The files are what `--json` writes of bench.joint, bench.direct_index and bench.netting. A row is a
household solved one way: joint or account by account; as it is, opened, or opened into few names;
by the law's tax function or another. Rows that both runs have are compared, kind by kind: seconds
and proven gaps (bp of value). Slower is a row that takes more than 1.2 times the seconds, wider one
whose gap is more than 1.2 times as large and above the goal of the search. Both are named.
Gaps are the same on every machine; seconds compare only on one machine, equally busy.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.results import write_json
from policydsl.tables import table
from solver.search import Budget

EARLIER = Path(__file__).parent / "earlier.json"
WORSE = 1.2
BP = 10_000.0
SOLVED = ("proposed", "no_action")


@dataclass(frozen=True, slots=True)
class Row:
    """A household solved one way; seconds, and the proven gap in bp of value."""

    kind: str
    household: str
    seconds: float
    gap: float


def _joint(each: Mapping[str, Any]) -> Iterator[Row]:
    for side, name in (("joint", "joint"), ("apart", "account by account")):
        yield from _row(f"joint: {name}", each["household"], each[side], 1.0)


def _index(each: Mapping[str, Any]) -> Iterator[Row]:
    yield from _row(f"look-through: {each['held']}", each["household"], each, 1.0)


def _netting(each: Mapping[str, Any]) -> Iterator[Row]:
    for name, side in each["sides"].items():
        yield from _row(f"netting: {name}", each["household"], side, BP / each["value"])


def _row(kind: str, household: str, side: Mapping[str, Any], bp: float) -> Iterator[Row]:
    if side["status"] in SOLVED:
        yield Row(kind, household, float(side["seconds"]), bp * float(side["gap"]))


KINDS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Row]]] = {
    "joint": _joint,
    "held": _index,
    "sides": _netting,
}
"""By the name that only figures of one benchmark have."""


def rows_of(figures: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Of a record, or of what one of the benchmarks wrote. Raises ValueError for others."""
    found: list[Row] = []
    for each in figures:
        if each.keys() == set(Row.__slots__):
            found.append(Row(**each))
            continue
        read = next((read for name, read in KINDS.items() if name in each), None)
        if read is None:
            raise ValueError("not figures of bench.joint, bench.direct_index or bench.netting")
        found += read(each)
    return found


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of both runs."""

    earlier: Row
    later: Row

    @property
    def slower(self) -> bool:
        return self.later.seconds > WORSE * self.earlier.seconds

    @property
    def wider(self) -> bool:
        """More left open, beyond what the search is asked to close."""
        return self.later.gap > max(WORSE * self.earlier.gap, Budget().goal)


def paired(earlier: Sequence[Row], later: Sequence[Row]) -> list[Pair]:
    """Rows that both have, in the later order."""
    before = {(row.kind, row.household): row for row in earlier}
    both = ((before.get((row.kind, row.household)), row) for row in later)
    return [Pair(old, new) for old, new in both if old is not None]


def comparison(pairs: Sequence[Pair]) -> str:
    """A line for each kind of row, then the rows that are worse."""
    header = ("kind of row", "rows", "s", "ratio", "median", "most", "gap, bp, median", "most")
    header = (*header, "slower", "wider")
    rows = []
    for kind in dict.fromkeys(pair.later.kind for pair in pairs):
        some = [pair for pair in pairs if pair.later.kind == kind]
        spent = [sum(getattr(p, run).seconds for p in some) for run in ("earlier", "later")]
        ratios = [pair.later.seconds / pair.earlier.seconds for pair in some]
        gaps = [[getattr(p, run).gap for p in some] for run in ("earlier", "later")]
        rows.append(
            (
                *(kind, str(len(some)), _both(*spent, places=1), f"{spent[1] / spent[0]:.2f}"),
                *(f"{value:.2f}" for value in (np.median(ratios), max(ratios))),
                *(_both(*(float(of(run)) for run in gaps), places=3) for of in (np.median, max)),
                *(str(sum(getattr(p, how) for p in some)) for how in ("slower", "wider")),
            )
        )
    worse = [
        (
            *(pair.later.kind, pair.later.household),
            *(_both(pair.earlier.seconds, pair.later.seconds, places=2), _said(pair.slower)),
            *(_both(pair.earlier.gap, pair.later.gap, places=3), _said(pair.wider)),
        )
        for pair in pairs
        if pair.slower or pair.wider
    ]
    text = table(header, rows, "l" + "r" * 9)
    if not worse:
        return f"{text}no row is more than {WORSE} times worse\n"
    names = ("worse", "household", "s", "", "gap, bp", "")
    return f"{text}\n{table(names, worse, 'llrlrl')}"


def _both(earlier: float, later: float, *, places: int) -> str:
    return f"{earlier:.{places}f} > {later:.{places}f}"


def _said(worse: bool) -> str:
    return "worse" if worse else ""


def _read(file: Path) -> list[Row]:
    try:
        return rows_of(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise SystemExit(f"{file}: {error}") from error


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("later", type=Path, nargs="+")
    parser.add_argument("--earlier", type=Path, action="append", metavar="FILE")
    parser.add_argument("--record", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    later = [row for file in given.later for row in _read(file)]
    if given.record is not None:
        write_json(given.record, [asdict(row) for row in later])
        return
    earlier = [row for file in given.earlier or [EARLIER] for row in _read(file)]
    print(comparison(paired(earlier, later)), end="")


if __name__ == "__main__":
    main()
