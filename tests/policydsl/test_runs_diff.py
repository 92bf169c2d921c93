"""`policydsl runs diff`: what changed between two days, and what of it changed the trades.

H00004 follows BALANCED-FUND (IDX1 60%, AGG1 38%, BIL1 2%), H00001 an index of stocks.
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from policydsl.day_to_day.schema import RunsDiffDocument, schema_text
from policydsl.record.digests import dumped, resealed
from tests.conftest import Golden
from tests.policydsl.days import Given, assert_put_back, next_run
from tests.policydsl.runs import ROOT, Row, policydsl, rebalanced, record, words_of

D = Decimal
FIRST, SECOND = date(2026, 3, 31), date(2026, 4, 1)
ENDS = """
policy household.h00004 "Wishes of household H00004"
layer household "H00004"

rule h00004.wait "Funds stay for a while"
    never buy "IDX1"
    until 2026-03-31
    because "Until the spring"

rule h00004.soon "Bonds may go later"
    never sell "AGG1"
    from 2026-04-01
    because "From the spring on"
"""


def compared(*words: str | Path) -> dict[str, Any]:
    result = policydsl("runs", "diff", *words, "--format", "json")
    assert result.exit_code == 0, result.output
    RunsDiffDocument.model_validate_json(result.stdout)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


# --- two days, everything moved ---------------------------------------------------------------


@pytest.fixture(scope="module")
def monday(tmp_path_factory: pytest.TempPathFactory, pair_run: Path) -> Path:
    """The two households under policies of which one rule ends today and one begins tomorrow."""
    folder = tmp_path_factory.mktemp("monday")
    return next_run(folder, pair_run, lambda given: given.says("household/H00004.policy", "", ENDS))


def everything(given: Given, monday: Path) -> None:
    """A day on which something of each kind happens."""
    given.filled(monday, but="BIL1")
    given.on(SECOND)
    given.cell("prices", "close", "140", security_id="IDX1")
    given.cell("specific", "variance", "0.5", security_id="AIN0")
    given.table("models", lambda found: [_bonds(row) for row in found])
    given.cell("securities", "sector", "Mining", security_id="AIN0")
    given.table("accounts", lambda found: [_deposit(row) for row in found])
    given.cell("tax_entities", "rate_long", "0.25", tax_entity_id="T00004")
    given.table("flows", lambda found: [*found, found[0] | _withdrawal()])
    given.says("ipc/core.policy", "within 3 points of model", "within 2 points of model")
    given.says("firm/compliance.policy", "# ", "# another remark\n# ")


def _bonds(row: Row) -> Row:
    weights = {"IDX1": "0.50", "AGG1": "0.48"}
    mine = row["model_id"] == "BALANCED-FUND"
    return row | ({"weight": weights.get(row["component"], row["weight"])} if mine else {})


def _deposit(row: Row) -> Row:
    mine = row["account_id"] == "H00004-TX"
    return row | ({"cash": str(D(row["cash"]) + 5000)} if mine else {})


def _withdrawal() -> Row:
    day = {"account_id": "H00004-TX", "date": "2026-06-15", "amount": "-1234.00"}
    return day | {"recurrence": "", "kind": "withdrawal", "until": ""}


@pytest.fixture(scope="module")
def tuesday(tmp_path_factory: pytest.TempPathFactory, monday: Path) -> Path:
    folder = tmp_path_factory.mktemp("tuesday")
    return next_run(folder, monday, lambda given: everything(given, monday))


@pytest.fixture(scope="module")
def told(monday: Path, tuesday: Path) -> dict[str, Any]:
    return compared(monday, tuesday)


def test_prices_and_what_they_do(told: dict[str, Any], monday: Path) -> None:
    (move,) = told["prices"]
    held = D(move["held"]) / D(move["before"])
    assert (move["security_id"], move["after"], held > 0) == ("IDX1", "140", True)
    assert abs(D(move["effect"]) - held * (140 - D(move["before"]))) < D("0.01")


def test_risk_models_and_securities(told: dict[str, Any]) -> None:
    assert [each["security_id"] for each in told["risk"]["volatility"]] == ["AIN0"]
    (model,) = told["models"]
    moved = {each["security_id"]: (each["before"], each["after"]) for each in model["weights"]}
    assert model["model_id"] == "BALANCED-FUND"
    assert moved == {"IDX1": ("0.60", "0.50"), "AGG1": ("0.38", "0.48")}
    (fact,) = told["facts"]
    assert (fact["table"], fact["row"], fact["column"]) == ("securities", "AIN0", "sector")
    assert fact["after"] == "Mining"


def test_positions_are_told_by_the_orders_of_the_first_run(
    told: dict[str, Any], monday: Path
) -> None:
    mine = {each["household_id"]: each for each in told["positions"]}
    orders = mine["H00004"]["orders"]
    left = {order["what"] for order in orders if order["security_id"] == "BIL1"}
    done = {order["what"] for order in orders if order["security_id"] != "BIL1"}
    assert (left, done) == ({"not done"}, {"done"})
    assert {order["what"] for order in mine["H00001"]["orders"]} == {"done"}
    assert {lot["what"] for lot in mine["H00001"]["lots"]} <= {"opened", "closed", "part sold"}
    assert [flow["amount"] for flow in mine["H00004"]["flows_came"]] == ["-1234.00"]


def test_cash_that_no_trade_brought_is_told_apart(told: dict[str, Any]) -> None:
    cash = {each["account_id"]: each for home in told["positions"] for each in home["cash"]}
    assert D(cash["H00004-TX"]["otherwise"]) == 5000
    assert {D(each["otherwise"]) for each in cash.values()} == {D(0), D(5000)}
    for each in cash.values():
        moved = D(each["traded"]) + D(each["otherwise"])
        assert moved == D(each["after"]) - D(each["before"])


def test_clients(told: dict[str, Any]) -> None:
    assert told["clients"] == [
        {
            "table": "tax_entities",
            "row": "T00004",
            "column": "rate_long",
            "before": told["clients"][0]["before"],
            "after": "0.25",
        }
    ]


def test_policy_lines_and_dates(told: dict[str, Any], tuesday: Path) -> None:
    (rule,) = told["policies"]
    assert (rule["kind"], rule["name"], rule["what"]) == ("rule", "ipc.sectors", "changed")
    text = (tuesday / "inputs" / "policies" / rule["file"]).read_text("utf-8").splitlines()
    assert text[rule["line_after"] - 1].startswith("rule ipc.sectors")
    assert "within 2 points" in rule["after"]
    dates = [(each["rule_id"], each["began"], each["day"]) for each in told["dates"]]
    assert dates == [
        ("h00004.wait", False, FIRST.isoformat()),
        ("h00004.soon", True, SECOND.isoformat()),
    ]


def test_the_trades_are_those_of_the_runs(
    told: dict[str, Any], monday: Path, tuesday: Path
) -> None:
    for household in told["households"]:
        for when, run in (("before", monday), ("after", tuesday)):
            name = household["household_id"]
            document = json.loads((run / "proposals" / f"{name}.json").read_text("utf-8"))
            trades = {trade["trade_id"]: trade for trade in document["trades"]}
            answer = household[when]
            assert answer["trades"] == len(trades)
            sold = sum(D(trade["amount"]) for trade in trades.values() if trade["lots"])
            assert D(answer["sold"]) == sold
            assert answer["tracking_error"] == document["tracking_error"]["after"]
            for change in household["trades"]:
                mine = trades.get(change["trade_id"])
                assert (mine is None) == (change[when] is None)
                assert mine is None or D(mine["shares"]) == D(change[when]["shares"])


@pytest.mark.parametrize("name", ["H00001", "H00004"])
def test_everything_put_back_is_the_day_before(name: str, monday: Path, tuesday: Path) -> None:
    """All that was found to differ, put into today's inputs, gives yesterday's trades: nothing
    that differs was missed."""
    assert_put_back(monday, tuesday, name)


def test_it_is_said_in_tables(monday: Path, tuesday: Path) -> None:
    text = policydsl("runs", "diff", monday, tuesday).stdout
    for words in (
        "2026-03-31 > 2026-04-01, 2 households of both",
        "price (1 moved)",
        "IDX1 60.00% 50.00%",
        "rule ipc.sectors changed (ipc/core.policy:",
        "- keep each sector within 3 points of model + keep each sector within 2 points of model",
        "h00004.wait ended on 2026-03-31 (household/H00004.policy:",
        "h00004.soon begins on 2026-04-01 (household/H00004.policy:",
        "$5,000 of it not by trading",
        "new withdrawal of -$1,234 on 2026-06-15",
        "H00004: orders that differ",
    ):
        assert words in words_of(text)
    alone = policydsl("runs", "diff", monday, tuesday, "--household", "H00004").stdout
    assert "H00001" not in alone


# --- nothing, less, and something else ------------------------------------------------------------


def test_the_same_run_twice_is_the_same(pair_run: Path, tmp_path: Path) -> None:
    again = next_run(tmp_path, pair_run)
    result = policydsl("runs", "diff", pair_run, again)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "nothing differs")
    assert compared(pair_run, again)["same"]


def test_other_households_and_books_are_said(
    pair_run: Path, small_run: Path, tmp_path: Path
) -> None:
    result = policydsl("runs", "diff", pair_run, small_run)
    assert result.exit_code == 0
    said = words_of(result.stdout)
    assert "only in the second run: H00002, H00003, H00005, H00006" in said
    assert "2 households of both" in said
    other = shutil.copytree(pair_run / "inputs" / "book", tmp_path / "book")
    text = (other / "book.toml").read_text("utf-8")
    (other / "book.toml").write_text(
        text.replace('"small"', '"other"').replace('"synthetic"', '"other"'), "utf-8"
    )
    run = rebalanced(tmp_path / "run", other, pair_run / "inputs" / "policies", ["H00004"])
    name = record(pair_run)["book"]
    said = policydsl("runs", "diff", pair_run, run).stdout
    assert f"the books differ by name: '{name}' and 'other'" in said


def test_what_is_no_run_is_a_mistake_of_use(pair_run: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = policydsl("runs", "diff", pair_run, empty)
    assert (result.exit_code, "is not a run folder" in result.stderr) == (2, True)
    assert policydsl("runs", "diff", pair_run, pair_run, "--household", "H9").exit_code == 2
    changed = Path(shutil.copytree(pair_run, tmp_path / "changed"))
    with (changed / "inputs" / "policies" / "ipc" / "core.policy").open("a") as file:
        file.write("# later\n")
    result = policydsl("runs", "diff", pair_run, changed)
    assert (result.exit_code, f"`policydsl verify {changed}`" in result.stderr) == (2, True)
    (changed / "run.json").write_text("{}", "utf-8")
    assert policydsl("runs", "diff", changed, pair_run).exit_code == 2


def test_the_schema_is_the_generated_one(golden: Golden) -> None:
    golden(ROOT / "docs" / "schemas" / "runs-diff.schema.json", schema_text())


def test_where_policies_stood_and_what_made_the_run_are_told(
    pair_run: Path, tmp_path: Path
) -> None:
    """Policies at two commits, a library of another version, a search that was let go further."""
    other = Path(shutil.copytree(pair_run, tmp_path / "other"))
    document = record(other)
    document["versions"]["numpy"] = "1.0"
    document["parameters"]["search"]["nodes"] = 7
    document["policies_at"] = {"commit": "f" * 40, "dirty": ["ipc/core.policy"]}
    (other / "run.json").write_bytes(dumped(document))
    resealed(other)
    told = compared(pair_run, other)
    assert {each["name"]: each["after"] for each in told["versions"]} == {
        "numpy": "1.0",
        "search nodes": "7",
    }
    said = words_of(policydsl("runs", "diff", pair_run, other).stdout)
    assert "> ffffffffffff, 1 file not as committed" in said
    assert "search nodes" in said
