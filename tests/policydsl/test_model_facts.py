"""What providers say of their models: the fee in every result, and who may not use them.

H00001 follows INDEX-DIRECT in program direct-index, H00004 BALANCED-FUND in etf, H00006
GROWTH-DIRECT, 85% of which is INDEX-DIRECT.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.policydsl.runs import policydsl, proposal, rebalanced, words_of, write_rows

FACTS = [
    {"model_id": "INDEX-DIRECT", "name": "Broad", "provider": "Index House", "fee_bps": "12"},
    {"model_id": "BALANCED-FUND", "name": "", "provider": "", "fee_bps": "", "programs": "sma; di"},
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    folder = tmp_path_factory.mktemp("facts") / "book"
    shutil.copytree(small_book, folder)
    write_rows(folder / "model_facts.csv", [{"programs": ""} | each for each in FACTS])
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, book: Path) -> Path:
    folder = tmp_path_factory.mktemp("facts") / "run"
    return rebalanced(folder, book, households=["H00001", "H00004", "H00006"])


def test_the_fee_stands_in_the_proposal(run: Path) -> None:
    document = proposal(run, "H00001")
    (account,) = document["accounts"]
    (fee,) = document["models"]
    assert (fee["model_id"], fee["provider"], fee["fee_bps"]) == (
        "INDEX-DIRECT",
        "Index House",
        "12",
    )
    assert fee["weight"] == 1
    assert float(fee["dollars_a_year"]) == pytest.approx(float(account["value"]) * 0.0012, abs=0.5)


def test_the_fee_of_a_model_inside_counts_by_its_part(run: Path) -> None:
    fees = {each["account_id"]: each for each in proposal(run, "H00006")["models"]}
    assert {each["model_id"] for each in fees.values()} == {"INDEX-DIRECT"}
    for account in proposal(run, "H00006")["accounts"]:
        assert fees[account["account_id"]]["weight"] == 0.85
        due = float(fees[account["account_id"]]["dollars_a_year"])
        assert due == pytest.approx(float(account["value"]) * 0.85 * 0.0012, abs=0.5)


def test_another_program_is_an_exception(run: Path, book: Path) -> None:
    document = proposal(run, "H00004")
    assert document["status"] == "exception"
    said = "model BALANCED-FUND is for accounts of di, sma, and this one is of etf"
    assert all(said in each for each in document["findings"])
    found = policydsl("effective", "--book", book, "--account", "H00004-TX")
    assert found.exit_code == 1
    assert f"  {said} (model_facts.csv:3)\n" in found.output


def test_effective_and_explain_show_the_fee(run: Path, book: Path) -> None:
    found = policydsl("effective", "--book", book, "--account", "H00001-TX")
    assert "model INDEX-DIRECT (Broad), Index House, 12 bps a year: $" in found.output
    found = policydsl("effective", "--book", book, "--account", "H00006-TX")
    assert "Index House, 12 bps a year on 85%: $" in found.output
    shown = json.loads(
        policydsl("effective", "--book", book, "--account", "H00001-TX", "--format", "json").stdout
    )
    assert shown["model"] == {"fees": proposal(run, "H00001")["models"], "stand_ins": []}
    told = policydsl("explain", run, "--household", "H00001").output
    assert "H00001-TX INDEX-DIRECT Index House 12 100.00% $" in words_of(told)


def test_a_forged_fee_is_found(run: Path) -> None:
    assert policydsl("verify", run).exit_code == 0
    path = run / "proposals" / "H00001.json"
    before = path.read_text(encoding="utf-8")
    document = json.loads(before)
    document["models"][0]["dollars_a_year"] = "1.00"
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        found = policydsl("verify", run)
    finally:
        path.write_text(before, encoding="utf-8")
    assert "its models is not what its trades come to" in found.output
