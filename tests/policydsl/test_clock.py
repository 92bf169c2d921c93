"""Time is what the user says it is: no module reads a clock, but to measure how long work takes."""

from __future__ import annotations

import ast
import re
import time
from datetime import date
from pathlib import Path

import pytest

from tests.policydsl.runs import POLICIES, policydsl
from tests.test_house import MAY_IMPORT, modules, parsed

MEASURING = {"perf_counter", "monotonic", "sleep"}
"""What of `time` tells no day."""
OF_TODAY = {"today", "now", "utcnow", "fromtimestamp"}


def clocks(tree: ast.Module) -> list[str]:
    """Names through which a module reads the time of day."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            found += [alias.name for alias in node.names if alias.name not in MEASURING]
        if isinstance(node, ast.Attribute):
            of = ast.unparse(node.value).rpartition(".")[2]  # `datetime` of `datetime.datetime`
            if of == "time" and node.attr not in MEASURING:
                found.append(f"time.{node.attr}")
            if node.attr in OF_TODAY and of in ("date", "datetime", "Timestamp", "pd"):
                found.append(f"{of}.{node.attr}")
        if isinstance(node, ast.Constant) and node.value in ("now", "today"):
            found += _as_a_day(tree, node)
    return found


def _as_a_day(tree: ast.Module, word: ast.Constant) -> list[str]:
    """`datetime64("now")`, `Timestamp("today")`."""
    return [
        f"{ast.unparse(call.func)}({word.value!r})"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and word in call.args
        and ast.unparse(call.func).endswith(("datetime64", "Timestamp", "to_datetime"))
    ]


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_no_module_reads_the_clock(package: str) -> None:
    strays = {str(path): found for path in modules(package) if (found := clocks(parsed(path)))}
    assert strays == {}


@pytest.mark.parametrize(
    "line",
    [
        "import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import date\nd = date.today()",
        "import datetime as dt\ndt.date.today()",
        "import pandas as pd\npd.Timestamp.now()",
        "import time\nt = time.time()",
        "from time import time_ns",
        "import numpy as np\nnp.datetime64('today')",
    ],
)
def test_a_clock_would_be_seen(line: str) -> None:
    assert len(clocks(ast.parse(line))) == 1


def test_measuring_time_is_no_clock() -> None:
    assert clocks(ast.parse("import time\ntime.perf_counter()\nx = 'today'")) == []


TRIAL = """\
test "Nothing is bought that is restricted"
    given "PM" where kind is "stock"
    expect status no_action
"""


def said_by_every_command(book: Path, folder: Path) -> dict[str, object]:
    """What the commands answer and write, the seconds that they take left out, and the seal that is
    over them."""
    folder.mkdir()
    (folder / "a.policytest").write_text(TRIAL, encoding="utf-8")
    run, model = folder / "run", folder / "model.lp"
    home = ("--household", "H00004")
    house = ("--policies", POLICIES, "--book", book)
    answers = {
        "book": policydsl("book", "check", book),
        "check": policydsl("check", POLICIES, "--book", book, "--format", "json"),
        "effective": policydsl("effective", *house, "--account", "H00004-TX"),
        "compile": policydsl("compile", *house, *home, "-o", model),
        "rebalance": policydsl("rebalance", *house, *home, "-o", run),
        "explain": policydsl("explain", run, "--household", "H00004"),
        "verify": policydsl("verify", run, "--format", "json"),
        "docs": policydsl("docs", *house),
        "test": policydsl("test", folder / "a.policytest", "--policies", POLICIES),
    }
    seal = r'"seal": "\w+"'
    said: dict[str, object] = {
        name: (answer.exit_code, re.sub(seal, "", answer.stdout.replace(str(folder), "")))
        for name, answer in answers.items()
        if name not in ("rebalance", "test")
    }
    said["ends"] = [answer.exit_code for answer in answers.values()]
    said["model"] = model.read_bytes()
    said["proposal"] = (run / "proposals" / "H00004.json").read_bytes()
    said["trades"] = (run / "trades.csv").read_bytes()
    return said


def test_commands_say_the_same_whenever_they_are_run(
    tmp_path: Path, small_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`date.today` asks `time.time`, so that both of them stand still, in 1996 and in 2033."""
    said = []
    for name, seconds in (("then", 820_454_400.0), ("later", 2_000_000_000.0)):
        monkeypatch.setattr(time, "time", lambda stopped=seconds: stopped)
        assert date.today().year in (1996, 2033)
        said.append(said_by_every_command(small_book, tmp_path / name))
    assert said[0] == said[1]
    assert said[0]["ends"][:-1] == [0, 0, 0, 0, 0, 0, 0, 0]
