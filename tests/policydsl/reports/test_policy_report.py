"""The policy book of a run: what is said of each rule is what the run's files say."""

from __future__ import annotations

from pathlib import Path

from tests.policydsl.reports.read_page import ReadPage, sound
from tests.policydsl.runs import policydsl, proposals, trade_rows


def test_what_each_rule_did_is_what_the_run_says(small_run: Path, tmp_path: Path) -> None:
    result = policydsl("report", small_run, "--kind", "policy", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    page = sound((tmp_path / "policy.html").read_text(encoding="utf-8"), set())
    [table] = [each for each in page.tables if each.columns[:3] == ["Rule", "Title", "In force"]]
    shown = {row[0]: [int(n.replace(",", "")) for n in row[2:]] for row in table.rows}
    documents = proposals(small_run)
    in_force: dict[str, set[str]] = {}
    for document in documents:
        for statement in document["statements"].values():
            in_force.setdefault(statement["rule_id"], set()).add(document["household_id"])
    causes: dict[str, set[str]] = {}
    for row in trade_rows(small_run):
        for rule in filter(None, row["rules"].split(";")):
            causes.setdefault(rule, set()).add(row["trade_id"])
    assert shown.keys() == in_force.keys()
    for rule, (households, binds, trades, held_back, _) in shown.items():
        assert households == len(in_force[rule])
        assert trades == len(causes.get(rule, ()))
        bound = {d["household_id"] for d in documents for b in d["bounds"] if b["rule_id"] == rule}
        assert binds == len(bound)
        held = [h for d in documents for h in d["held_back"] if rule in _rules(d, h["statements"])]
        assert held_back == len(held)
    assert sum(trades for _, _, trades, _, _ in shown.values()) > 50


def _rules(document: dict[str, dict[str, dict[str, str]]], keys: list[str]) -> set[str]:
    return {document["statements"][key]["rule_id"] for key in keys}


def test_of_some_households_only_those_count(small_run: Path, tmp_path: Path) -> None:
    words = ("--kind", "policy", "--household", "H00001", "-o", tmp_path)
    assert policydsl("report", small_run, *words).exit_code == 0
    page = ReadPage((tmp_path / "policy.html").read_text(encoding="utf-8"))
    assert "in force for 1 of 1 household" in page.text


def test_rules_that_were_not_in_force_say_so(endings: Path, tmp_path: Path) -> None:
    words = ("--kind", "policy", "--household", "H1", "-o", tmp_path)
    assert policydsl("report", endings, *words).exit_code == 0
    page = sound((tmp_path / "policy.html").read_text(encoding="utf-8"), set())
    assert "in force for no household" in page.text
    assert "2 trades to be approved" in page.text
