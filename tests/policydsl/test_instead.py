"""Runs whose targets policy has moved: what is proposed, recorded, shown, and proved again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.policydsl.runs import (
    edited_policies,
    held_after,
    policydsl,
    proposal,
    rebalanced,
    rows,
    trade_rows,
    write_rows,
)

LINES = """
define industrials as anything where sector is "Industrials"

rule ipc.tilts "Tilts"
    keep each asset_class target within 30 points of model

rule ipc.industrials "Half of the industrials"
    target industrials at 50% of model
    because "Clients are paid in it"

rule ipc.swap "One name instead of another"
    replace "{old}" with "NONE", "{new}"

default ipc.units "Whole shares"
    use fractional shares
    allow household to set

default ipc.lots "Order of lots"
    use minimum tax lots
    allow household to set

rule ipc.classes "Equivalents"
    treat "{one}", "{two}" as one for drift
    treat "{one}", "{two}" as identical for wash sales
    treat anything as absent where lot.id is "{lot}"
"""


@pytest.fixture(scope="module")
def names(small_book: Path) -> dict[str, str]:
    """Securities of the first household's model and one of its lots, none of them twice."""
    stocks = [
        each["security_id"]
        for each in rows(small_book / "securities.csv")
        if each["kind"] == "stock" and each["sector"] != "Industrials"
    ]
    lots = [each for each in rows(small_book / "lots.csv") if each["account_id"] == "H00001-TX"]
    old, new, one, two = stocks[:4]
    lot = next(each for each in lots if each["security_id"] not in (old, new, one, two))
    return {"old": old, "new": new, "one": one, "two": two, "lot": lot["lot_id"]}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, small_book: Path, names: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("instead")
    lines = LINES.format(**names)
    sets = "\nset ipc.units to whole\nset ipc.lots to minimum tax\n"
    policies = edited_policies(
        folder / "policies",
        ("ipc/core.policy", "", lines),
        ("household/H00001.policy", "", sets),
    )
    return rebalanced(folder / "run", small_book, policies, ["H00001"])


def test_the_run_is_proved_again(run: Path) -> None:
    assert proposal(run, "H00001")["status"] == "proposed"
    found = policydsl("verify", run)
    assert found.exit_code == 0, found.output


def test_the_target_is_recorded_and_forgery_of_it_found(run: Path, names: dict[str, str]) -> None:
    account = next(a for a in proposal(run, "H00001")["accounts"] if a["account_id"] == "H00001-TX")
    assert account["target"][names["old"]] == 0
    path = run / "proposals" / "H00001.json"
    document = json.loads(path.read_text())
    before = path.read_text()
    for each in document["accounts"]:
        each["target"][names["old"]] = 0.01
    path.write_text(json.dumps(document))
    try:
        assert policydsl("verify", run).exit_code == 1
    finally:
        path.write_text(before)


def test_trades_follow(run: Path, small_book: Path, names: dict[str, str]) -> None:
    sold = {row["lot_id"] for row in trade_rows(run) if row["side"] == "sell"}
    assert sold
    assert names["lot"] not in sold
    held = held_after(run, small_book, "H00001-TX")
    assert held.get(names["new"], 0) > 0
    bought = [row["shares"] for row in trade_rows(run) if row["side"] == "buy"]
    assert bought
    assert all(float(shares).is_integer() for shares in bought)


def test_everything_is_shown(run: Path, small_book: Path, names: dict[str, str]) -> None:
    words = ("--policies", run / "inputs" / "policies", "--book", small_book)
    found = policydsl("effective", *words, "--account", "H00001-TX")
    assert found.exit_code == 0, found.output
    for said in (
        "target industrials",
        "50% of model",
        f'replace "{names["old"]}"',
        f'"NONE", "{names["new"]}"',
        "whole shares",
        "minimum tax",
        "as one for drift",
        "as identical for wash sales",
        "as absent",
        "within 30 points of model",
    ):
        assert said in found.output, (said, found.output)


def test_a_pool_is_kept_for_securities_that_nobody_holds(
    tmp_path: Path, small_book: Path, names: dict[str, str]
) -> None:
    book = tmp_path / "book"
    shutil.copytree(small_book, book)
    listed = rows(book / "securities.csv")
    stock = next(each for each in listed if each["security_id"] == names["old"])
    other = "ZZZ"
    new = {"security_id": other, "ticker": other, "wash_group": other}
    write_rows(book / "securities.csv", [*listed, {**stock, **new}])
    lines = f"""
rule ipc.pool
    only replace anything with anything where kind is "etf"
rule ipc.swap
    replace "{names["old"]}" with "{other}"
"""
    policies = edited_policies(tmp_path / "policies", ("ipc/core.policy", "", lines))
    found = policydsl("check", policies, "--book", book)
    assert "E0421" in found.output, found.output
    assert f'"{other}" is not among what may replace anything' in found.output
