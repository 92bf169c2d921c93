"""A mistake in the book or a policy holds what depends on it, says so once, and stops no other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.policydsl.runs import (
    POLICIES,
    edited_policies,
    line_of,
    policydsl,
    proposal,
    rebalanced,
    record,
    rows,
    trade_rows,
    words_of,
    write_rows,
)

Change = Callable[[Path], None]


def first(table: str, column: str, value: str, **where: str) -> Change:
    """Set one cell of the first row that matches."""

    def change(book: Path) -> None:
        found = rows(book / f"{table}.csv")
        row = next(each for each in found if all(each[k] == v for k, v in where.items()))
        row[column] = value
        write_rows(book / f"{table}.csv", found)

    return change


def appended(table: str, column: str, value: str, **where: str) -> Change:
    """Repeat the first row that matches with one cell changed."""

    def change(book: Path) -> None:
        found = rows(book / f"{table}.csv")
        row = next(each for each in found if all(each[k] == v for k, v in where.items()))
        write_rows(book / f"{table}.csv", [*found, {**row, column: value}])

    return change


ACCOUNT = "H00001-TX"
HELD: dict[str, Change] = {
    "a bad date": first("lots", "acquired", "2026-13-45", account_id=ACCOUNT),
    "negative shares": first("lots", "shares", "-5", account_id=ACCOUNT),
    "an unknown security": first("lots", "security_id", "NOSUCH", account_id=ACCOUNT),
    "a lot twice": appended("lots", "basis", "1.00", account_id=ACCOUNT),
    "a day still to come": first("lots", "acquired", "2031-01-01", account_id=ACCOUNT),
    "cash that is no number": first("accounts", "cash", "lots", account_id=ACCOUNT),
    "an account type nobody has": first("accounts", "type", "offshore", account_id=ACCOUNT),
    "an unknown taxpayer": first("accounts", "tax_entity_id", "T9", account_id=ACCOUNT),
    "a rate of 150%": first("tax_entities", "rate_long", "1.5", household_id="H00001"),
    "an unknown model": first("households", "model_id", "NOSUCH", household_id="H00001"),
}


def broken(small_book: Path, folder: Path, change: Change) -> Path:
    book = Path(shutil.copytree(small_book, folder / "book"))
    change(book)
    return book


@pytest.mark.parametrize("change", HELD.values(), ids=HELD)
def test_a_mistake_holds_its_household_and_no_other(
    small_book: Path, small_run: Path, tmp_path: Path, change: Change
) -> None:
    book = broken(small_book, tmp_path, change)
    run = rebalanced(tmp_path / "run", book, households=("H00001", "H00004"))
    held, other = proposal(run, "H00001"), proposal(run, "H00004")
    assert held["status"] == "data_hold"
    assert len(held["findings"]) == 1, held["findings"]
    assert "B0" in held["findings"][0]
    assert ".csv" in held["findings"][0]
    assert {row["household_id"] for row in trade_rows(run)} == {"H00004"}
    assert other == proposal(small_run, "H00004")
    assert policydsl("verify", run).exit_code == 0


def test_a_lot_without_an_account_is_one_finding_and_trades_nothing(
    small_book: Path, tmp_path: Path
) -> None:
    change = first("lots", "account_id", "NOBODY", account_id=ACCOUNT)
    book = broken(small_book, tmp_path, change)
    lot = next(row["lot_id"] for row in rows(book / "lots.csv") if row["account_id"] == "NOBODY")
    check = policydsl("book", "check", book)
    assert "NOBODY" in check.stdout
    result = policydsl(
        "rebalance", "--policies", POLICIES, "--book", book, "--household", "H00004",
        "-o", tmp_path / "run",
    )  # fmt: skip
    assert result.exit_code in (0, 1)
    if result.exit_code == 0:
        assert lot not in {row["lot_id"] for row in trade_rows(tmp_path / "run")}


def unlinked(name: str) -> Change:
    return lambda book: (book / name).unlink()


def cycle(book: Path) -> None:
    """A model that contains itself through another."""
    found = rows(book / "models.csv")
    one, two = list(dict.fromkeys(row["model_id"] for row in found))[:2]
    for model, component in ((one, two), (two, one)):
        next(row for row in found if row["model_id"] == model)["component"] = component
    write_rows(book / "models.csv", found)


def heavy(book: Path) -> None:
    found = rows(book / "models.csv")
    found[0]["weight"] = "0.9"
    write_rows(book / "models.csv", found)


@pytest.mark.parametrize("table", ["lots", "accounts", "models", "securities", "prices"])
def test_a_missing_table_stops_the_run_with_one_finding(
    small_book: Path, tmp_path: Path, table: str
) -> None:
    book = broken(small_book, tmp_path, unlinked(f"{table}.csv"))
    result = policydsl("rebalance", "--policies", POLICIES, "--book", book, "-o", tmp_path / "run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("error[") == 1
    assert table in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("change", [cycle, heavy])
def test_a_model_that_cannot_be_is_traded_by_nobody(
    small_book: Path, tmp_path: Path, change: Change
) -> None:
    book = broken(small_book, tmp_path, change)
    spoilt = {row["model_id"] for row in rows(book / "models.csv")[:1]}
    of = {row["household_id"]: row["model_id"] for row in rows(book / "households.csv")}
    result = policydsl("rebalance", "--policies", POLICIES, "--book", book, "-o", tmp_path / "run")
    assert result.exit_code in (0, 1), result.output
    if result.exit_code == 1:
        assert "models.csv" in result.stderr
        assert not (tmp_path / "run").exists()
        return
    for household in record(tmp_path / "run")["households"]:
        if of[household] in spoilt:
            assert proposal(tmp_path / "run", household)["status"] == "data_hold"
    assert {of[row["household_id"]] for row in trade_rows(tmp_path / "run")}.isdisjoint(spoilt)


def test_a_broken_line_of_one_household_holds_that_household(
    small_book: Path, small_run: Path, tmp_path: Path
) -> None:
    policies = edited_policies(
        tmp_path / "policies",
        ("household/H00001.policy", "keep realized gains at most", "keep realized gains at mots"),
    )
    run = rebalanced(tmp_path / "run", small_book, policies, ("H00001", "H00004"))
    held = proposal(run, "H00001")
    assert held["status"] == "exception"
    assert any("household/H00001.policy" in finding for finding in held["findings"])
    assert proposal(run, "H00004") == proposal(small_run, "H00004")
    shown = policydsl(
        "rebalance", "--policies", policies, "--book", small_book, "--household", "H00001",
        "-o", tmp_path / "again",
    )  # fmt: skip
    assert "the policies have 1 error" in shown.stderr
    assert "not traded until the policy is mended" in words_of(shown.stdout)
    assert policydsl("verify", run).exit_code == 0


def test_rules_that_leave_no_way_to_pay_are_named(
    small_book: Path, small_run: Path, tmp_path: Path
) -> None:
    """Today $300,000 are due, and the household's new rule lets nothing be sold."""

    def due(book: Path) -> None:
        flows = rows(book / "flows.csv")
        paid = {"account_id": ACCOUNT, "date": "2026-03-31", "amount": "-300000"}
        write_rows(book / "flows.csv", [*flows, dict.fromkeys(flows[0], "") | kind | paid])

    kind = {"kind": "withdrawal"}
    policies = edited_policies(
        tmp_path / "policies",
        (
            "household/H00001.policy",
            "",
            '\nrule h00001.stop "Stop"\n    never sell anything\n    because "A scenario"\n',
        ),
    )
    book = broken(small_book, tmp_path, due)
    run = rebalanced(tmp_path / "run", book, policies, ("H00001", "H00004"))
    document = proposal(run, "H00001")
    assert document["status"] == "no_action"
    named = {document["statements"][each["statement"]]["rule_id"] for each in document["conflict"]}
    assert "h00001.stop" in named
    line = 1 + line_of(policies / "household" / "H00001.policy", "h00001.stop")
    said = " ".join(document["findings"])
    assert f"(h00001.stop, household/H00001.policy:{line})" in said
    assert proposal(run, "H00004") == proposal(small_run, "H00004")
    shown = policydsl("explain", run, "--household", "H00001")
    assert shown.exit_code == 0
    assert "h00001.stop" in shown.stdout
    assert policydsl("verify", run).exit_code == 0
