"""One evening of the quarter again through the command line, as its users have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.policydsl.runs import policydsl, record
from tests.simulation.conftest import HERE
from tests.simulation.daybook import Log

pytestmark = pytest.mark.long
DAY, BEFORE = "2023-11-15", "2023-11-14"


def test_the_command_line_proposes_the_same(quarter: Log, tmp_path: Path) -> None:
    """With a settlement still to come, a new model, and the state of the run before."""
    here, run = quarter.away / DAY, tmp_path / "run"
    where = ["--policies", HERE / "policies", "--book", here / "book"]
    after = quarter.away / BEFORE / "run"
    done = policydsl("rebalance", *where, "--after", after, "-o", run)
    assert done.exit_code == 0, done.output
    assert record(run)["totals"]["trades"] > 3
    assert (run / "trades.csv").read_bytes() == (here / "run" / "trades.csv").read_bytes()
    for name in ("RET", "SAV", "FAM", "EXE"):
        file = f"proposals/{name}.json"
        assert (run / file).read_bytes() == (here / "run" / file).read_bytes()
    verified = policydsl("verify", run)
    assert verified.exit_code == 0, verified.output
