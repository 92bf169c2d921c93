"""`policydsl verify`: a run is proved from its folder, and no change to it goes unseen.

A forger who also mends the hashes and the chain of the log is held against the exact check and
against what the other files of the run say.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from policydsl.record.digests import dumped, resealed
from tests.policydsl.runs import (
    Document,
    Row,
    edited_policies,
    policydsl,
    proposal,
    rebalanced,
    record,
    rows,
    write_rows,
)

Edit = Callable[[Path], object]


@pytest.fixture
def copied(tmp_path: Path, pair_run: Path) -> Path:
    return Path(shutil.copytree(pair_run, tmp_path / "run"))


def differences(run: Path) -> list[dict[str, str]]:
    result = policydsl("verify", run, "--format", "json")
    assert result.exit_code in (0, 1), result.output
    found: list[dict[str, str]] = json.loads(result.stdout)["differences"]
    assert result.exit_code == (1 if found else 0)
    return found


def mended(run: Path) -> None:
    """Make every hash of the folder agree with the files as they are now."""
    resealed(run)


def edit_row(change: Callable[[Row], None], side: str) -> Edit:
    def edit(run: Path) -> None:
        table = rows(run / "trades.csv")
        change(next(row for row in table if row["side"] == side))
        write_rows(run / "trades.csv", table)

    return edit


def edit_proposal(change: Callable[[Document], object]) -> Edit:
    def edit(run: Path) -> None:
        document = proposal(run, "H00001")
        change(document)
        (run / "proposals" / "H00001.json").write_bytes(dumped(document))

    return edit


def edit_record(change: Callable[[Document], object]) -> Edit:
    def edit(run: Path) -> None:
        document = record(run)
        change(document)
        (run / "run.json").write_bytes(dumped(document))

    return edit


def edit_text(name: str, old: str, new: str) -> Edit:
    def edit(run: Path) -> None:
        text = (run / name).read_text("utf-8")
        assert old in text
        (run / name).write_text(text.replace(old, new, 1), "utf-8")

    return edit


def add(column: str, amount: str) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        row[column] = str(Decimal(row[column]) + Decimal(amount))

    return change


def more_shares(row: Row) -> None:
    """One share more, with the amount and the cost that it comes to."""
    shares = Decimal(row["shares"]) + 1
    amount = (shares * Decimal(row["price"])).quantize(Decimal("0.01"))
    cost = (amount * Decimal("0.0002")).quantize(Decimal("0.01"))
    row.update(shares=str(shares), amount=str(amount), cost=str(cost))


def other_term(row: Row) -> None:
    row["term"] = "short" if row["term"] == "long" else "long"


def put(*path: Any, value: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        part: Any = document
        for step in path[:-1]:
            part = part[step]
        assert part[path[-1]] != value
        part[path[-1]] = value

    return change


def remove_last_row(run: Path) -> None:
    write_rows(run / "trades.csv", rows(run / "trades.csv")[:-1])


TAMPERING: dict[str, Edit] = {
    "a share count": edit_row(add("shares", "1"), "sell"),
    "an amount": edit_row(add("amount", "0.01"), "buy"),
    "a row deleted": remove_last_row,
    "a file deleted": lambda run: (run / "inputs" / "book" / "lots.csv").unlink(),
    "a proposal deleted": lambda run: (run / "proposals" / "H00004.json").unlink(),
    "the trades deleted": lambda run: (run / "trades.csv").unlink(),
    "the blocks deleted": lambda run: (run / "blocks.csv").unlink(),
    "the log deleted": lambda run: (run / "log.jsonl").unlink(),
    "a file added": lambda run: (run / "notes.txt").write_text("mine"),
    "a proposal added": lambda run: shutil.copy(
        run / "proposals" / "H00001.json", run / "proposals" / "H00009.json"
    ),
    "a line of the log": edit_text("log.jsonl", '"status": "proposed"', '"status": "no_action"'),
    "a proposal": edit_proposal(put("gap", "dollars", value=0.001)),
    "a policy of the inputs": edit_text("inputs/policies/ipc/core.policy", "$250", "$251"),
    "a lot of the inputs": edit_text("inputs/book/lots.csv", "true,false", "true,true"),
    "a total of the record": edit_record(put("totals", "tax_change", value="0.00")),
    "the options of the record": edit_record(put("options", "households", value=[])),
    "a household of the record": edit_record(lambda record: record["households"].pop()),
    "a record that is no JSON": lambda run: (run / "run.json").write_text("{"),
    "a record without its parts": lambda run: (run / "run.json").write_text("{}"),
}


def sold(document: Document) -> Document:
    """The first sale of a proposal."""
    return next(trade for trade in document["trades"] if trade["lots"])


PAYMENT = {
    "account_id": "H00001-TX",
    "date": "2026-04-30",
    "moves_on": "2026-04-30",
    "kind": "fee",
    "amount": "-1.00",
    "statement": None,
    "cash_before": "0.00",
    "raise_by": None,
    "to_raise": "0.00",
    "missing": "0.00",
    "in_the_way": [],
}

FORGERY: dict[str, Edit] = {
    "a share count alone": edit_row(add("shares", "1"), "sell"),
    "an amount alone": edit_row(add("amount", "0.01"), "buy"),
    "a gain alone": edit_row(add("realized_gain", "-1"), "sell"),
    "a whole purchase": edit_row(more_shares, "buy"),
    "a security that is not held": edit_row(lambda row: row.update(lot_id="L9"), "sell"),
    "a number that is none": edit_row(lambda row: row.update(shares="many"), "buy"),
    "a side that is none": edit_row(lambda row: row.update(side="hold"), "buy"),
    "a term": edit_row(other_term, "sell"),
    "the rules of a trade": edit_row(lambda row: row.update(rules="ipc.mine"), "buy"),
    "a household": edit_row(lambda row: row.update(household_id="H00004"), "buy"),
    "a row deleted": remove_last_row,
    "a ledger": edit_proposal(put("trades", 0, "ledger", 0, "value", value=0.5)),
    "a stated amount": edit_proposal(put("trades", 0, "amount", value="1.00")),
    "stated shares": edit_proposal(lambda d: sold(d).update(shares="1")),
    "a stated gain": edit_proposal(lambda d: sold(d).update(realized_gain="1.00")),
    "a sentence": edit_proposal(lambda d: sold(d).update(sentence="Sell 1 share of nothing.")),
    "a name": edit_proposal(put("name", value="Somebody else")),
    "an assumption": edit_proposal(
        lambda d: next(iter(d["assumptions"].values())).update(step_up=0.5)
    ),
    "a status": edit_proposal(put("status", value="no_action")),
    "a stated tax": edit_proposal(put("tax", "T00001", "tax_after", value="0.01")),
    "stated cash": edit_proposal(put("accounts", 0, "after", "cash", value="0.01")),
    "a stated tracking error": edit_proposal(put("tracking_error", "after", value=0.0)),
    "a statement's place": edit_proposal(
        lambda d: next(iter(d["statements"].values())).update(line=1)
    ),
    "a payment that is not due": edit_proposal(lambda d: d["cash_calendar"].append(PAYMENT)),
    "a proposal of another shape": edit_proposal(lambda document: document.pop("trades")),
    "a proposal that is no JSON": lambda run: (run / "proposals" / "H00001.json").write_text("["),
    "the block view": edit_text("blocks.csv", ",0,\n", ",1,\n"),
    "totals": edit_record(put("totals", "sold", value="0.00")),
    "what the next run is told": edit_text(
        "state.json",
        '"outside_since": {',
        '"outside_since": {"H00001": {"firm.x/1": {"H00001": "2026-01-01"}}, ',
    ),
    "a household that was asked for": edit_record(
        put("options", "households", value=["H00001", "H00002", "H00004"])
    ),
    "a household that was not": edit_record(put("options", "households", value=["H00001"])),
    "hashes of the inputs": edit_record(put("inputs", "book", "lots.csv", value="0" * 64)),
}


def test_an_honest_run_is_proved(pair_run: Path) -> None:
    result = policydsl("verify", pair_run)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 households" in result.stdout
    assert "nothing differs" in result.stdout


def test_everything_of_a_run_is_counted(small_run: Path) -> None:
    result = policydsl("verify", small_run, "--format", "json")
    found = json.loads(result.stdout)
    assert found["differences"] == []
    assert found["counts"]["households"] == 6
    assert found["counts"]["trade rows"] == len(rows(small_run / "trades.csv"))
    assert found["counts"]["files"] == len(record(small_run)["files"])


@pytest.mark.parametrize("edit", TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_found(copied: Path, edit: Edit) -> None:
    edit(copied)
    assert differences(copied)


def test_mended_hashes_alone_make_no_difference(copied: Path) -> None:
    mended(copied)
    assert differences(copied) == []


@pytest.mark.parametrize("edit", FORGERY.values(), ids=FORGERY)
def test_forgery_with_mended_hashes_is_found(copied: Path, edit: Edit) -> None:
    edit(copied)
    mended(copied)
    assert differences(copied)


def test_a_policy_that_forbids_the_trades_is_found_by_the_exact_check(copied: Path) -> None:
    with (copied / "inputs" / "policies" / "ipc" / "core.policy").open("a") as file:
        file.write('\nrule ipc.freeze "Freeze"\n    never trade anything\n    because "Forged"\n')
    mended(copied)
    found = differences(copied)
    assert any("H00001" in each["where"] for each in found)
    assert any("ipc.freeze" in each["what"] for each in found)


def test_lots_sold_out_of_turn_are_found_by_the_exact_check(copied: Path) -> None:
    with (copied / "inputs" / "policies" / "firm" / "compliance.policy").open("a") as file:
        file.write('\nrule firm.order "Order of lots"\n    use first in first out\n')
    mended(copied)
    found = [each["what"] for each in differences(copied) if "firm.order" in each["what"]]
    assert found
    assert all("which goes before it" in what for what in found)


def test_differences_are_shown_with_their_places(copied: Path) -> None:
    TAMPERING["an amount"](copied)
    result = policydsl("verify", copied)
    assert result.exit_code == 1
    assert "trades.csv" in result.stdout
    assert "is not the file that was written" in result.stdout
    assert "should be" in result.stdout


def test_a_folder_that_is_no_run_is_wrong_usage(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        result = policydsl("verify", folder)
        assert (result.exit_code, result.stdout) == (2, "")


def test_a_run_repeats_itself_from_its_own_inputs(pair_run: Path, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(pair_run, tmp_path / "moved")
    result = policydsl("verify", "--replay", elsewhere, "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["differences"]) == (0, [])
    assert found["counts"]["replayed"] == 2


def test_a_replay_that_comes_out_otherwise_is_found(copied: Path) -> None:
    """Policies that were not the run's, hashes mended: only solving again can tell."""
    path = copied / "inputs" / "policies" / "ipc" / "assumptions.policy"
    path.write_text(path.read_text().replace("use risk aversion 10", "use risk aversion 30"))
    mended(copied)
    result = policydsl("verify", "--replay", copied)
    assert result.exit_code == 1
    assert "comes out otherwise" in result.stdout or "H00001" in result.stdout


def test_a_run_of_changed_policies_stands_on_its_own_inputs(
    tmp_path: Path, small_book: Path
) -> None:
    policies = edited_policies(tmp_path / "policies", ("ipc/core.policy", "$250", "$500"))
    run = rebalanced(tmp_path / "run", small_book, policies, ("H00004",))
    shutil.rmtree(policies)
    assert policydsl("verify", "--replay", run).exit_code == 0
