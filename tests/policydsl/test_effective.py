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
from portfolio.book import Book
from portfolio.household import Household
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


# --- the worked example of docs/merging.md -------------------------------------------------------

EXAMPLE = ROOT / "docs" / "examples" / "merge"
GOLDEN = Path(__file__).parent / "cases" / "worked_example"


@pytest.mark.parametrize(
    ("form", "name"), [("text", "table.txt"), ("tree", "tree.txt"), ("json", "effective.json")]
)
def test_the_worked_example_comes_out_in_every_form(form: str, name: str, golden) -> None:  # type: ignore[no-untyped-def]
    words = (
        "--policies",
        EXAMPLE / "policies",
        "--book",
        EXAMPLE / "book",
        "--as-of",
        "2026-06-15",
    )
    result = run("effective", *words, "--account", "H1042-TX", "--format", form)
    assert result.exit_code == 1
    golden(GOLDEN / name, result.stdout)


def test_every_form_has_the_same_statements_with_file_and_line() -> None:
    shown = json.loads((GOLDEN / "effective.json").read_text())
    table, tree = ((GOLDEN / name).read_text() for name in ("table.txt", "tree.txt"))
    lines = [line for slot in shown["slots"] for line in slot["lines"]]
    assert len(lines) == 15
    for line in lines:
        place = f"{line['path']}:{line['line']}"
        assert re.search(rf"{line['verb']} .*{re.escape(line['rule'])} +{re.escape(place)}", table)
        assert re.search(rf"{line['verb']} .*{re.escape(line['rule'])}, {re.escape(place)}", tree)


def test_the_tree_goes_from_the_firm_down_and_says_what_replaced_what(
    effective: tuple[str | Path, ...],
) -> None:
    tree = run(*effective, "H00001-TX", "--format", "tree").stdout
    cash = tree[tree.index("cash: 2% to 4% of account") :].partition("\n\n")[0]
    assert cash.index("boundaries") < cash.index("firm.cash") < cash.index("values")
    assert cash.index("ipc.cash, ipc/core") < cash.index("set ipc.cash, household/H00001")
    assert re.search(r"└─ replaced by set ipc.cash household/H00001.policy:\d+", cash)
    assert re.search(
        r"may set +advisor, household: 0.5% to 8% of account +ipc/core.policy:\d+", cash
    )


def test_the_tree_says_what_is_not_in_force_and_why(tmp_path: Path, book: Path) -> None:
    (tmp_path / "a.policy").write_text(
        'policy ipc.a "A"\nlayer ipc\n'
        'rule ipc.x "X"\n    never buy "A"\n    from 2027-01-01\n'
        'rule ipc.y "Y"\n    when account.type is "roth_ira"\n    never buy "B"\n'
    )
    words = ("effective", "--policies", tmp_path, "--book", book, "--account", "H00001-TX")
    absent = run(*words, "--format", "tree").stdout.partition("not in force here today\n")[2]
    assert re.search(r"├─ ipc +waits +never buy +ipc.x, a.policy:4 +\(from 2027-01-01\)", absent)
    assert re.search(
        r'└─ ipc +elsewhere +never buy +ipc.y, a.policy:8 +\(for .*"roth_ira"\)', absent
    )


def test_one_account_builds_one_household(
    effective: tuple[str | Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    original = Book.household

    def watched(self: Book, household_id: str) -> Household:
        built.append(household_id)
        return original(self, household_id)

    monkeypatch.setattr(Book, "household", watched)
    assert run(*effective, "H00005-TX").exit_code == 0
    assert built == ["H00005"]


def test_soft_rules_waivers_and_notes_stand_apart_in_the_tree(tmp_path: Path, book: Path) -> None:
    (tmp_path / "a.policy").write_text(
        'policy ipc.a "A"\nlayer ipc\n'
        'rule ipc.hard "H"\n    keep cash at most 8% of account\n'
        'rule ipc.wish "W"\n    keep cash at most 3% of account\n    soft priority 2\n'
        'note ipc.see "S"\n    keep cash at most 2% of account\n'
    )
    words = ("effective", "--policies", tmp_path, "--book", book, "--account", "H00001-TX")
    tree = run(*words, "--format", "tree").stdout
    order = ["rules", "ipc.hard", "soft", "ipc.wish", "notes", "ipc.see"]
    places = [tree.index(word) for word in order]
    assert places == sorted(places)
    assert "soft, priority 2" in tree


@pytest.mark.parametrize("form", ["text", "json", "tree"])
def test_schedules_stand_beside_limits(tmp_path: Path, book: Path, form: str) -> None:
    (tmp_path / "a.policy").write_text(
        'policy ipc.a "A"\nlayer ipc\nrule ipc.income "Income"\n'
        "    pay $2,000 each quarter on day 1 per household\n    from 2026-01-01\n"
        '    because "A promise"\nrule ipc.cash "Cash"\n    keep cash at least 1% of account\n'
    )
    asked = ("--policies", tmp_path, "--book", book, "--account", "H00001-TX", "--format", form)
    result = run("effective", *asked)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.index("at least 1%") < result.stdout.index("$2,000 each quarter on day 1")
