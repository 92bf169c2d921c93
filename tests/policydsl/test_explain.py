"""`policydsl explain`: what it prints is what the run recorded, and the ledger adds up."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from compiler.statements import Statement
from policydsl.trade_words import Group, said
from tests.policydsl.runs import (
    POLICIES,
    SHARED,
    policydsl,
    proposals,
    rebalanced,
    trade_rows,
    words_of,
)

TOLERANCE = 1e-6  # dollars per dollar traded


def assert_ledgers_add_up(run: Path) -> int:
    checked = 0
    for document in proposals(run):
        for trade in document.get("trades", []):
            assert trade["ledger"], trade["trade_id"]
            rest = sum(entry["value"] for entry in trade["ledger"])
            assert abs(rest) <= TOLERANCE, f"{trade['trade_id']}: {rest}"
            checked += 1
    return checked


def test_every_ledger_sums_to_zero(small_run: Path) -> None:
    assert assert_ledgers_add_up(small_run) > 100


@pytest.mark.long
@pytest.mark.parametrize("name", ["us100-small", "us500"])
def test_every_ledger_of_a_real_book_sums_to_zero(name: str, tmp_path: Path) -> None:
    book = SHARED / name
    if not book.is_dir():
        pytest.skip(f"{book} is not here")
    run = rebalanced(tmp_path / "run", book, POLICIES)
    assert assert_ledgers_add_up(run) > 100
    statuses = [document["status"] for document in proposals(run)]
    assert "failed" not in statuses
    assert sum(status in ("infeasible", "exception") for status in statuses) <= 1
    result = policydsl("verify", run)
    assert result.exit_code == 0, result.stdout


def test_the_ledger_shown_is_the_one_recorded(small_run: Path) -> None:
    document = proposals(small_run)[0]
    trade = max(document["trades"], key=lambda each: len(each["ledger"]))
    text = policydsl("explain", small_run, "--recorded", "--trade", trade["trade_id"]).stdout
    shown = [float(value) for value in re.findall(r"^ *([+-]\d+\.\d{4})", text, re.M)]
    recorded = [entry["value"] * 100 for entry in trade["ledger"]]
    assert shown == pytest.approx([*recorded, sum(recorded)], abs=6e-5)
    for entry in trade["ledger"]:
        if entry["kind"] == "statements":
            statement = document["statements"][entry["name"]]
            assert f"{statement['file']}:{statement['line']}" in text


def test_each_rule_of_a_trade_is_in_force_and_its_sentence_names_a_place(small_run: Path) -> None:
    for document in proposals(small_run):
        known = {each["rule_id"] for each in document["statements"].values()}
        for trade in document["trades"]:
            assert set(trade["rules"]) <= known
            for rule, place in re.findall(r"\[(\S+), (\S+:\d+)\]", trade["sentence"]):
                file, line = place.split(":")
                assert rule in known
                lines = (POLICIES / file).read_text("utf-8").splitlines()
                assert lines[int(line) - 1].startswith(("    ", "set "))


def test_a_household_alone(small_run: Path) -> None:
    text = policydsl("explain", small_run, "--recorded", "--household", "H00004").stdout
    assert text.startswith("H00004  proposed  as of 2026-03-31\n")
    assert "H00001" not in text
    for trade in next(d for d in proposals(small_run) if d["household_id"] == "H00004")["trades"]:
        assert trade["sentence"] in words_of(text)


def test_the_largest_trades(small_run: Path) -> None:
    text = policydsl(
        "explain", small_run, "--recorded", "--household", "H00006", "--most", "3"
    ).stdout
    assert "trades, the 3 largest" in text
    assert len(re.findall(r"^  H00006-\w+: (?:Buy|Sell) ", text, re.M)) == 3


def test_json_is_what_the_run_recorded(small_run: Path) -> None:
    documents = proposals(small_run)
    assert json.loads(policydsl("explain", small_run, "--format", "json").stdout) == documents
    trade = documents[0]["trades"][0]
    words = ("explain", small_run, "--format", "json")
    assert json.loads(policydsl(*words, "--recorded", "--trade", trade["trade_id"]).stdout) == trade
    found = json.loads(policydsl(*words, "--recorded", "--rule", "ipc.cash").stdout)
    assert [each["household_id"] for each in found] == [d["household_id"] for d in documents]
    named = {t["trade_id"] for each in found for t in each["trades"]}
    rows = trade_rows(small_run)
    assert named == {row["trade_id"] for row in rows if "ipc.cash" in row["rules"].split(";")}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--household", "H9"), "no household H9"),
        (("--trade", "H00001-TX:NONE:sell"), "no trade H00001-TX:NONE:sell"),
        (("--rule", "ipc.nonsense"), "no rule ipc.nonsense"),
        (("--why-not", "NONE"), "no security NONE"),
        (("--most", "0"), "--most"),
        (("--rule", "ipc.cash", "--why-not", "IDX1"), "ask one"),
        (("--household", "H00004", "--trade", "H00001-TX:ABE20:buy"), "no trade"),
    ],
)
def test_wrong_ids_are_wrong_usage(small_run: Path, words: tuple[str, ...], said: str) -> None:
    result = policydsl("explain", small_run, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_is_no_run_or_a_damaged_one(small_run: Path, tmp_path: Path) -> None:
    assert policydsl("explain", tmp_path).exit_code == 2
    (tmp_path / "run.json").write_text('{"households": ["H1"]}')
    result = policydsl("explain", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    (tmp_path / "run.json").write_text("[")
    assert policydsl("explain", tmp_path).exit_code == 2


def test_why_not_of_a_security_that_is_traded_shows_the_trade(small_run: Path) -> None:
    row = next(row for row in trade_rows(small_run) if row["household_id"] == "H00004")
    result = policydsl("explain", small_run, "--household", "H00004", "--why-not", row["ticker"])
    assert result.exit_code == 0
    verb = "Buy" if row["side"] == "buy" else "Sell"
    assert f"{row['account_id']}: {verb} " in result.stdout


def test_why_not_answers_in_numbers_of_the_ledger(small_run: Path) -> None:
    """An answer's pull is the sum of its groups, the barriers' own left out."""
    words = ("explain", small_run, "--household", "H00001", "--format", "json")
    bought = {r["security_id"] for r in trade_rows(small_run) if r["household_id"] == "H00001"}
    held = proposals(small_run)[0]["held_back"]
    security = next(h["security_id"] for h in held if h["security_id"] not in bought)
    [household] = json.loads(policydsl(*words, "--why-not", security).stdout)
    answers = [answer for answer in household["accounts"] if answer["pull"] is not None]
    assert answers
    for answer in answers:
        groups = [g for g in answer["groups"] if g["name"] not in answer["held_by"]]
        assert answer["pull"] == pytest.approx(sum(group["value"] for group in groups))
    barred = [answer for answer in answers if answer["held_by"] and answer["pull"] < 0]
    assert all("barred by" in answer["sentence"] for answer in barred)
    assert barred


def test_what_comes_before_the_objective_is_no_price() -> None:
    """The prices of tiers are what their order makes them: thousands of cents that nobody pays."""
    nothing = dict[str, Statement]()
    dear, cheap = Group("terms", "cost", 116.7), Group("terms", "cost", 0.0002)
    assert said(dear, nothing, 1) == "trading cost (more than $10 a dollar)"
    assert said(cheap, nothing, 1) == "trading cost (0.02¢ a dollar)"
