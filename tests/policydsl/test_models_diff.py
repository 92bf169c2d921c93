"""`policydsl models diff`: what it says of two states of the models, and what they do to a book.

H00004 follows BALANCED-FUND (IDX1 60%, AGG1 38%, BIL1 2%); from 15 March it has half in IDX1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.policydsl.runs import POLICIES, policydsl, rebalanced, record, rows, write_rows


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    table = rows(small_book / "models.csv")
    for component, weight in (("IDX1", "0.50"), ("IDX2", "0.10"), ("AGG1", "0.40")):
        row = {"model_id": "BALANCED-FUND", "component": component, "weight": weight}
        table.append(table[0] | row | {"effective_from": "2026-03-15"})
    path = tmp_path_factory.mktemp("models") / "new.csv"
    write_rows(path, table)
    return path


def compared(book: Path, new: Path, *more: str | Path) -> Result:
    return policydsl("models", "diff", book / "models.csv", new, *more)


SAID = """BALANCED-FUND from 2026-03-15
  moved  IDX1  60% > 50%
  came   IDX2  10%
  moved  AGG1  38% > 40%
  went   BIL1  2%
"""


def test_what_changed_is_said(small_book: Path, new: Path) -> None:
    found = compared(small_book, new)
    assert (found.exit_code, found.output) == (0, SAID)
    assert compared(small_book, small_book).output == "the models are the same\n"


def test_the_same_for_programs(small_book: Path, new: Path) -> None:
    told = json.loads(compared(small_book, new, "--format", "json").stdout)
    (change,) = told["models"]
    assert (change["first"], change["last"], change["through"]) == ("2026-03-15", None, [])
    assert change["written"][0] == {"name": "IDX1", "before": "0.60", "after": "0.50"}
    assert "impact" not in told


@pytest.fixture(scope="module")
def impact(small_book: Path, new: Path) -> dict[str, Any]:
    words = ("--book", small_book, "--policies", POLICIES, "--format", "json")
    found = compared(small_book, new, *words)
    assert found.exit_code == 0, found.output
    told: dict[str, Any] = json.loads(found.stdout)["impact"]
    return told


def test_only_households_that_follow_it_are_solved(impact: dict[str, Any]) -> None:
    assert impact["as_of"] == "2026-03-31"
    assert [each["household_id"] for each in impact["households"]] == ["H00004"]
    (household,) = impact["households"]
    assert household["status"] == ["proposed", "proposed"]
    assert household["trades"]
    assert float(household["turnover"][1]) == float(impact["after"]["sold"])


def test_both_sides_are_what_a_run_would_propose(
    tmp_path: Path, small_book: Path, impact: dict[str, Any]
) -> None:
    run = rebalanced(tmp_path / "run", small_book, households=["H00004"])
    totals = record(run)["totals"]
    for name in ("trades", "sold", "bought", "tax_change"):
        assert impact["before"][name] == totals[name]
    assert impact["after"]["trades"] >= impact["before"]["trades"]


def test_the_impact_stands_below_the_changes(small_book: Path, new: Path) -> None:
    found = compared(small_book, new, "--book", small_book, "--policies", POLICIES)
    assert found.output.startswith(
        f"{SAID}\non 2026-03-31 1 household of synthetic follows a changed model\n"
    )
    assert "H00004" in found.output
    assert (
        found.output
        == compared(small_book, new, "--book", small_book, "--policies", POLICIES).output
    )


def test_before_its_day_a_change_reaches_nobody(small_book: Path, new: Path) -> None:
    words = ("--book", small_book, "--policies", POLICIES, "--as-of", "2026-03-14")
    found = compared(small_book, new, *words)
    said = "on 2026-03-14 no household of synthetic follows a changed model\n"
    assert (found.exit_code, found.output) == (0, f"{SAID}\n{said}")


def test_a_model_that_a_rule_chooses_counts(tmp_path: Path, small_book: Path) -> None:
    """Nobody follows CORE-DIRECT in the book; a rule has direct-index accounts follow it."""
    table = rows(small_book / "models.csv")
    first = next(row for row in table if row["model_id"] == "CORE-DIRECT")
    new = tmp_path / "new.csv"
    write_rows(new, [row for row in table if row is not first])
    policies = tmp_path / "policies"
    policies.mkdir()
    line = 'use model "CORE-DIRECT"\n    when account.id is "H00001-TX"\n'
    (policies / "ipc.policy").write_text(f"layer ipc\nrule a\n    {line}", encoding="utf-8")
    found = compared(small_book, new, "--book", small_book, "--policies", policies)
    assert found.exit_code == 0, found.output
    reached = [line.split()[0] for line in found.output.splitlines() if line.startswith("H0")]
    followers = {
        row["household_id"]
        for row in rows(small_book / "households.csv")
        if row["model_id"] == "CORE-DIRECT"
    }
    assert set(reached) == followers | {"H00001"}


def test_models_that_cannot_be_read_are_1(tmp_path: Path, small_book: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("model_id,component,weight\nA,X,much\n", encoding="utf-8")
    found = compared(small_book, new)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "error[B0203] new.csv:2 weight" in found.stderr
