"""`policydsl effective`: the merged policy of an account, in words and JSON."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policydsl.cli import cli
from portfolio.synth import synthesise

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], prog_name="policydsl")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    synthesise(folder, households=8, securities=20, seed=5, as_of=date(2026, 3, 31))
    return folder


@pytest.fixture
def effective(book: Path) -> tuple[str | Path, ...]:
    return ("effective", "--policies", ROOT / "policies", "--book", book, "--account")


def test_the_household_sets_its_cash_and_the_committee_s_band_loses(
    effective: tuple[str | Path, ...],
) -> None:
    result = run(*effective, "H00001-TX")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("H00001-TX  taxable; household H00001; advisor ADV1; ")
    assert re.search(r"^cash +2% to 4% of account$", result.stdout, re.M)
    assert re.search(r"^  wins .* set ipc.cash +household/H00001.policy:\d+", result.stdout, re.M)
    assert re.search(r"^  loses +1% to 3% of account +ipc.cash ", result.stdout, re.M)
    assert re.search(r"^  wider +0.5% to 10% of account +firm.cash ", result.stdout, re.M)


def test_json_says_the_same(effective: tuple[str | Path, ...]) -> None:
    found = json.loads(run(*effective, "H00001-TX", "--format", "json").stdout)
    cash = next(slot for slot in found["slots"] if slot["name"] == "cash")
    assert cash["value"] == "2% to 4% of account"
    assert [line["verb"] for line in cash["lines"]] == ["wins", "loses", "wider"]


def test_each_program_has_its_rules(effective: tuple[str | Path, ...]) -> None:
    assert "etf.funds_only" in run(*effective, "H00002-TX").stdout
    assert "etf.funds_only" not in run(*effective, "H00001-TX").stdout
    assert "di.holdings" in run(*effective, "H00001-TX").stdout


def test_an_unknown_account_is_wrong_usage_with_a_way_out(
    effective: tuple[str | Path, ...],
) -> None:
    result = run(*effective, "H0001-TX")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean H00001-TX?" in result.stderr


def test_an_account_that_a_mistake_holds_says_so(tmp_path: Path, book: Path) -> None:
    (tmp_path / "a.policy").write_text(
        'policy ipc.a "A"\nlayer ipc\nrule ipc.x "X"\n    never buy nothing_defined\n'
    )
    result = run("effective", "--policies", tmp_path, "--book", book, "--account", "H00001-TX")
    assert result.exit_code == 1
    assert "EXCEPTION: 1 error, not traded until fixed" in result.stdout
    assert "error[E0202]" in result.stdout


def test_a_book_that_cannot_be_used_is_told_on_stderr(tmp_path: Path) -> None:
    result = run("effective", "--book", tmp_path, "--account", "A")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[B0" in result.stderr


@pytest.mark.parametrize("table", ["accounts", "households", "lots", "models", "tax_entities"])
@pytest.mark.parametrize("damage", ["gone", "no column", "no rows", "junk"])
def test_a_damaged_book_gives_no_traceback(
    tmp_path: Path, book: Path, table: str, damage: str
) -> None:
    damaged = tmp_path / "book"
    shutil.copytree(book, damaged)
    file = damaged / f"{table}.csv"
    lines = file.read_text().splitlines(keepends=True)
    if damage == "gone":
        file.unlink()
    elif damage == "no column":
        file.write_text("".join(line.partition(",")[2] for line in lines))
    elif damage == "no rows":
        file.write_text(lines[0])
    else:
        file.write_bytes(b"\xff\x00,,\n")
    words = ("--policies", ROOT / "policies", "--book", damaged)
    for result in (run("check", *words), run("effective", *words, "--account", "H00002-IRA")):
        assert result.exit_code in (0, 1, 2)
        assert "internal error" not in result.stderr
