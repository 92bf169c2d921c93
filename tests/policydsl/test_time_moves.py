"""`--as-of` moves time: the same book and the same policies on another day.

The book is of 2026-03-31. A ban on purchases lasts from 2026-04-10 to 2026-04-20, a waiver until
2026-04-20, and a payment leaves on every fifteenth from 2026-05-01 on.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.policydsl.runs import edited_policies, policydsl, proposal, record

HOME, TX = "H00004", "H00004-TX"
ADDED = """
rule h00004.quiet "A quiet time"
    never buy anything
    from 2026-04-10
    until 2026-04-20

rule h00004.rent "Rent"
    pay $3,000 each month on day 15
    from 2026-05-01
"""
FILE = 'policy household.h00004 "Wishes"\nlayer household "H00004"\n' + ADDED
TRIAL = """\
test "A quiet day"
    given policy "quiet.policy"
    given "NEW" where kind is "etf"
    expect rule h00004.quiet applies
"""


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = edited_policies(tmp_path_factory.mktemp("time") / "policies")
    path = folder / "household" / "H00004.policy"
    text = path.read_text("utf-8") + ADDED if path.exists() else FILE
    path.write_text(text, encoding="utf-8")
    return folder


def house(policies: Path, book: Path, day: str) -> tuple[str | Path, ...]:
    return "--policies", policies, "--book", book, "--as-of", day


def test_effective(policies: Path, small_book: Path) -> None:
    def said(day: str) -> str:
        result = policydsl("effective", *house(policies, small_book, day), "--account", TX)
        assert result.exit_code == 0, result.output
        return result.stdout

    applies = "applies   never buy  h00004.quiet"
    assert applies not in said("2026-04-09")
    assert applies in said("2026-04-10")
    assert applies in said("2026-04-20")
    assert applies not in said("2026-04-21")


def test_compile(policies: Path, small_book: Path, tmp_path: Path) -> None:
    for day, there in (("2026-04-09", False), ("2026-04-10", True), ("2026-04-20", True)):
        model = tmp_path / f"{day}.lp"
        words = house(policies, small_book, day)
        assert policydsl("compile", *words, "--household", HOME, "-o", model).exit_code == 0
        assert ("h00004_quiet" in model.read_text()) is there


def test_rebalance_explain_and_verify(policies: Path, small_book: Path, tmp_path: Path) -> None:
    sides, firsts = {}, {}
    for day in ("2026-03-31", "2026-04-15", "2026-05-14"):
        run = tmp_path / day
        words = house(policies, small_book, day)
        result = policydsl("rebalance", *words, "--household", HOME, "-o", run)
        assert result.exit_code == 0, result.output
        document = proposal(run, HOME)
        assert document["as_of"] == record(run)["as_of"] == day
        sides[day] = {trade["side"] for trade in document["trades"]}
        rent = [e for e in document["cash_calendar"] if e["statement"] == "h00004.rent"]
        firsts[day] = rent[0]["date"], len(rent)
        assert min(entry["date"] for entry in document["cash_calendar"]) >= day
        assert f"as of {day}" in policydsl("explain", run).stdout
        verified = policydsl("verify", run)
        assert verified.exit_code == 0, verified.output
    assert "buy" in sides["2026-03-31"]
    assert "buy" not in sides["2026-04-15"]
    assert firsts == {
        "2026-03-31": ("2026-05-15", 11),
        "2026-04-15": ("2026-05-15", 12),
        "2026-05-14": ("2026-05-15", 12),
    }


def test_check_with_and_without_a_book(tmp_path: Path, small_book: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "a.policy").write_text(
        'policy firm.a "A"\nlayer firm\n\nrule firm.one "One"\n    never buy "AAA"\n'
        "    allow household to waive\n\n",
        encoding="utf-8",
    )
    (folder / "b.policy").write_text(
        'policy household.b "B"\nlayer household "H00004"\n\n'
        'waive firm.one for anything\n    until 2026-04-20\n    because "Gift"\n'
        '    approved by "A. Smith"\n',
        encoding="utf-8",
    )

    def codes(*words: str | Path) -> set[str]:
        result = policydsl("check", folder, "--format", "json", *words)
        (checked,) = json.loads(result.stdout)["sets"]
        return {each["code"] for each in checked["diagnostics"]}

    for more in ((), ("--book", small_book)):
        assert "W0410" not in codes("--as-of", "2026-04-20", *more)
        assert "W0410" in codes("--as-of", "2026-04-21", *more)
    assert "W0410" not in codes()


def test_policy_tests(tmp_path: Path) -> None:
    (tmp_path / "quiet.policy").write_text(FILE, encoding="utf-8")
    (tmp_path / "a.policytest").write_text(TRIAL, encoding="utf-8")
    found = {
        day: policydsl("test", tmp_path / "a.policytest", "--as-of", day).exit_code
        for day in ("2026-04-09", "2026-04-10", "2026-04-20", "2026-04-21")
    }
    assert found == {"2026-04-09": 1, "2026-04-10": 0, "2026-04-20": 0, "2026-04-21": 1}


def test_docs_and_book(policies: Path, small_book: Path) -> None:
    def said(day: str) -> tuple[bool, bool]:
        """Whether the pages say that the ban is to come, and that it is over."""
        pages = policydsl("docs", *house(policies, small_book, day)).stdout
        return "begins on 2026-04-10" in pages, "ended on 2026-04-20" in pages

    assert said("2026-04-09") == (True, False)
    assert said("2026-04-10") == said("2026-04-20") == (False, False)
    assert said("2026-04-21") == (False, True)
    stale = policydsl("book", "check", small_book, "--as-of", "2026-05-14")
    assert "2026-05-14" in stale.stdout
    assert "B0405" in stale.output
    assert "B0405" not in policydsl("book", "check", small_book).output


def test_a_new_year_begins_with_nothing_realised(
    policies: Path, small_book: Path, tmp_path: Path
) -> None:
    """What is realised on the last day of a year is of that year, whenever it settles."""
    realised = {}
    for day in ("2026-12-31", "2027-01-04"):
        run = tmp_path / day
        words = house(policies, small_book, day)
        result = policydsl("rebalance", *words, "--household", "H00001", "-o", run)
        assert result.exit_code == 0, result.output
        (year,) = proposal(run, "H00001")["tax"].values()
        realised[day] = float(year["short_before"]), float(year["long_before"])
        assert policydsl("verify", run, "--replay").exit_code == 0
    assert realised["2026-12-31"] != (0, 0)
    assert realised["2027-01-04"] == (0, 0)
