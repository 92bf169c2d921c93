"""`policydsl rebalance`: a status for every household, and a run folder that says all of it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from policydsl.record.digests import sha256
from tests.policydsl.runs import (
    POLICIES,
    policydsl,
    proposal,
    proposals,
    rebalanced,
    record,
    rows,
    trade_rows,
    words_of,
)

STATUSES = {"proposed", "no_action", "exception", "infeasible", "data_hold", "failed"}
COLUMNS = (
    "trade_id household_id account_id security_id ticker side shares price amount cost lot_id term "
    "realized_gain rules"
)
CENT = Decimal("0.01")


def test_every_household_has_a_status_and_none_failed(small_run: Path, small_book: Path) -> None:
    ids = [row["household_id"] for row in rows(small_book / "households.csv")]
    assert record(small_run)["households"] == sorted(ids)
    assert {each["status"] for each in proposals(small_run)} <= {"proposed", "no_action"}
    totals = record(small_run)["totals"]
    assert set(totals["status"]) == STATUSES
    assert sum(totals["status"].values()) == totals["households"] == len(ids)


def test_the_folder_holds_what_the_contract_names(small_run: Path) -> None:
    assert {path.name for path in small_run.iterdir()} == {
        "run.json",
        "state.json",
        "trades.csv",
        "blocks.csv",
        "proposals",
        "effective",
        "inputs",
        "log.jsonl",
        "seal.json",
    }
    assert {p.stem for p in (small_run / "proposals").iterdir()} == set(
        record(small_run)["households"]
    )
    assert (small_run / "inputs" / "book" / "prices.csv").exists()
    assert (small_run / "inputs" / "book" / "specific.csv").exists()
    assert (small_run / "inputs" / "policies" / "ipc" / "core.policy").exists()


def test_the_record_names_its_inputs_by_hash(small_run: Path, small_book: Path) -> None:
    inputs = record(small_run)["inputs"]
    for folder, hashes in ((small_book, inputs["book"]), (POLICIES, inputs["policies"])):
        assert hashes
        for name, stated in hashes.items():
            assert sha256((folder / name).read_bytes()) == stated
    assert set(inputs["book"]) == {path.name for path in small_book.iterdir()}


def test_the_record_states_versions_options_and_where_time_went(small_run: Path) -> None:
    found = record(small_run)
    versions = {"policydsl", "source", "python", "highspy", "clarabel", "pyomo", "numpy", "scipy"}
    assert versions <= set(found["versions"])
    assert found["options"] == {"as_of": None, "households": []}
    assert found["as_of"] == "2026-03-31"
    stages = found["timings"]
    assert {"load", "parse", "merge", "build", "hand-over", "solve", "check", "explain"} <= set(
        stages
    )
    assert 0 < stages["solver"] <= stages["solve"] + stages["round"] <= stages["total"]
    within = sum(spent for stage, spent in stages.items() if stage not in ("total", "solver"))
    assert within == pytest.approx(stages["total"], rel=0.2)


def test_trade_rows_are_the_proposals_trades(small_run: Path) -> None:
    table = trade_rows(small_run)
    assert tuple(table[0]) == tuple(COLUMNS.split())
    stated = {}
    for document in proposals(small_run):
        for trade in document["trades"]:
            key = document["household_id"], trade["trade_id"]
            stated[key] = (Decimal(trade["shares"]), Decimal(trade["amount"]), trade["rules"])
    summed: dict[tuple[str, str], tuple[Decimal, Decimal, list[str]]] = {}
    for row in table:
        key = row["household_id"], row["trade_id"]
        shares, amount, _ = summed.get(key, (Decimal(0), Decimal(0), []))
        shares, amount = shares + Decimal(row["shares"]), amount + Decimal(row["amount"])
        summed[key] = shares, amount, row["rules"].split(";") if row["rules"] else []
        assert Decimal(row["shares"]) > 0
        assert Decimal(row["amount"]) > 0
        product = Decimal(row["shares"]) * Decimal(row["price"])
        assert abs(product - Decimal(row["amount"])) <= CENT
        assert bool(row["lot_id"]) == (row["side"] == "sell") == (row["term"] in ("short", "long"))
        assert row["trade_id"] == f"{row['account_id']}:{row['security_id']}:{row['side']}"
    assert summed == stated


def test_no_security_is_bought_and_sold_in_one_account(small_run: Path) -> None:
    sides: dict[tuple[str, str], set[str]] = {}
    for row in trade_rows(small_run):
        sides.setdefault((row["account_id"], row["security_id"]), set()).add(row["side"])
    assert {len(found) for found in sides.values()} == {1}


def test_totals_are_sums_of_the_trades(small_run: Path) -> None:
    totals, table = record(small_run)["totals"], trade_rows(small_run)

    def total(column: str, **where: str) -> Decimal:
        chosen = (row for row in table if all(row[k] == v for k, v in where.items()))
        return sum((Decimal(row[column] or 0) for row in chosen), Decimal(0))

    assert Decimal(totals["sold"]) == total("amount", side="sell")
    assert Decimal(totals["bought"]) == total("amount", side="buy")
    assert Decimal(totals["cost"]) == total("cost")
    assert totals["trades"] == len({(row["household_id"], row["trade_id"]) for row in table})


def test_trades_bring_each_household_closer_to_its_target_for_a_proven_gap(small_run: Path) -> None:
    for document in proposals(small_run):
        error = document["tracking_error"]
        assert error["after"] <= error["before"]
        gap = document["gap"]
        assert gap["objective_bp"] - gap["bound_bp"] == pytest.approx(gap["bp"], abs=1e-5)
        assert 0 <= gap["bp"] < 10


def test_the_table_shows_every_household_and_where_the_run_was_written(
    tmp_path: Path, small_book: Path
) -> None:
    words = ("rebalance", "--policies", POLICIES, "--book", small_book, "--household", "H00004")
    result = policydsl(*words, "-o", tmp_path / "run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "H00004" in result.stdout
    assert "1 household: 1 proposed" in result.stdout
    assert f"written to {tmp_path / 'run'}" in result.stdout
    again = policydsl(*words, "-o", tmp_path / "run", "--format", "json")
    found = json.loads(again.stdout)
    assert found["totals"] == record(tmp_path / "run")["totals"]
    assert record(tmp_path / "run")["options"]["households"] == ["H00004"]


def test_a_folder_that_is_no_run_is_left_alone(tmp_path: Path, small_book: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    words = ("rebalance", "--policies", POLICIES, "--book", small_book, "--household", "H00004")
    result = policydsl(*words, "-o", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "not a run folder" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name a run folder with -o"),
        (("-o", "run", "--what-if", POLICIES / "ipc" / "esg.policy"), "name a run folder with -o"),
        (("-o", "run", "--household", "H9"), "has no household H9"),
        (("-o", "run", "--as-of", "tomorrow"), "not a day like"),
    ],
)
def test_wrong_usage_writes_nothing(
    words: tuple[str | Path, ...],
    said: str,
    small_book: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = policydsl("rebalance", "--policies", POLICIES, "--book", small_book, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_if_prints_what_a_policy_file_changes_and_writes_nothing(
    tmp_path: Path, small_book: Path, small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    added = tmp_path / "fossil.policy"
    added.write_text(
        'policy ipc.fossil "Fossil fuels"\nlayer ipc\n'
        'rule ipc.fossil "No coal, oil or gas"\n'
        "    never hold anything where revenue.fossil at least 5%\n"
        '    because "A scenario"\n'
    )
    words = ("rebalance", "--policies", POLICIES, "--book", small_book, "--household", "H00001")
    found = json.loads(policydsl(*words, "--what-if", added, "--format", "json").stdout)
    [changes] = found["households"]
    before = proposal(small_run, "H00001")
    assert found["before"]["trades"] == len(before["trades"])
    assert changes["tracking_error"][0] == before["tracking_error"]["after"]
    fossil = {
        row["security_id"]
        for row in rows(small_book / "securities.csv")
        if float(row["revenue.fossil"] or 0) >= 0.05
    }
    changed = {change["trade_id"] for change in changes["trades"]}
    assert {f"H00001-TX:{name}:sell" for name in fossil} & changed
    text = policydsl(*words, "--what-if", added)
    assert text.exit_code == 0
    assert "tracking error" in text.stdout
    assert any(name in text.stdout for name in changed)
    assert "in force: never hold anything where revenue.fossil at least 5%" in text.stdout
    assert list(changes["enters"]) == ["ipc.fossil"]
    assert changes["effect"] == "trades"
    assert changes["sides"][0]["tracking_error"] == before["tracking_error"]["after"]
    apart = changes["differences"]
    assert apart["trades"].keys() == changed
    for name in changed:
        one, two = (
            float(side["trades"].get(name, {"amount": 0})["amount"]) for side in changes["sides"]
        )
        assert float(apart["trades"][name]["amount"]) == pytest.approx(two - one)
    assert [path.name for path in tmp_path.iterdir()] == ["fossil.policy"]


def test_what_if_says_what_a_household_would_become(tmp_path: Path, small_book: Path) -> None:
    """A rule that cannot be kept with the others: why stands under the table, and no trades do."""
    added = tmp_path / "all.policy"
    added.write_text(
        'policy ipc.all "All in cash"\nlayer ipc\n'
        'rule ipc.all "All in cash"\n    keep cash at least 90% of account\n    because "No"\n'
    )
    words = ("rebalance", "--policies", POLICIES, "--book", small_book, "--household", "H00001")
    text = policydsl(*words, "--what-if", added).stdout
    assert "proposed > exception" in text
    assert "exception: H00001-TX is not traded until the policy is mended" in words_of(text)
    assert "before  after" not in text


def test_a_run_on_another_day_says_so(tmp_path: Path, small_book: Path) -> None:
    words = ("rebalance", "--policies", POLICIES, "--book", small_book, "--household", "H00004")
    result = policydsl(*words, "--as-of", "2026-03-27", "-o", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert record(tmp_path / "run")["as_of"] == "2026-03-27"
    assert record(tmp_path / "run")["options"]["as_of"] == "2026-03-27"
    assert policydsl("verify", tmp_path / "run").exit_code == 0


def test_a_second_run_in_one_folder_replaces_the_first(tmp_path: Path, small_book: Path) -> None:
    run = rebalanced(tmp_path / "run", small_book, households=("H00004", "H00005"))
    rebalanced(run, small_book, households=("H00004",))
    assert [path.name for path in (run / "proposals").iterdir()] == ["H00004.json"]
    assert policydsl("verify", run).exit_code == 0


def test_policies_that_are_not_there_are_wrong_usage(small_book: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "house"
    result = policydsl(
        "rebalance", "--book", small_book, "--policies", nowhere, "-o", tmp_path / "run"
    )
    assert result.exit_code == 2
    assert "there is no folder" in result.stderr
