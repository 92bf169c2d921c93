"""What an auditor asks of a record beside its trades: nothing left out, nothing said twice, nothing
said of a household without an answer that its record does not bear out.

Each forgery is sealed anew, so that no hash tells.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from policydsl.record.digests import dumped, resealed
from policydsl.totals import totals
from policydsl.verification.proposal import OF_SOLVED
from policydsl.verification.run import verify_run
from tests.policydsl.endings import ENDINGS
from tests.policydsl.runs import (
    policydsl,
    proposal,
    proposals,
    rebalanced,
    record,
    rows,
    write_rows,
)
from tests.policydsl.small_books import Tables, policies_of

Document = dict[str, Any]
Change = Callable[[Document], object]


@pytest.fixture
def copied(tmp_path: Path, endings: Path) -> Path:
    return Path(shutil.copytree(endings, tmp_path / "run"))


def said_of(run: Path, name: str, change: Change) -> list[str]:
    """What `verify` says of a run after a change of one of its documents."""
    document = json.loads((run / name).read_bytes())
    before = dumped(document)
    change(document)
    assert dumped(document) != before
    (run / name).write_bytes(dumped(document))
    with suppress(ArithmeticError):  # what has no sum has other faults
        (run / "run.json").write_bytes(dumped({**record(run), "totals": totals(proposals(run))}))
    resealed(run)
    found, _ = verify_run(run)
    said = [f"{each.where}: {each.what}" for each in found]
    assert not [line for line in said if "is not the file that was written" in line]
    return said


def test_an_honest_run_of_every_ending_is_proved(endings: Path) -> None:
    assert [f"{each.where}: {each.what}" for each in verify_run(endings)[0]] == []


@pytest.mark.parametrize("name", sorted(OF_SOLVED))
def test_no_part_of_an_answer_can_be_left_out(copied: Path, name: str) -> None:
    said = said_of(copied, "proposals/H1.json", lambda document: document.pop(name))
    assert f"H1: has the status proposed, and no {name}" in said


def put(*path: Any, value: Any) -> Change:
    def change(document: Document) -> None:
        part: Any = document
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value

    return change


def grown(name: str, *more: object) -> Change:
    return lambda document: document[name].extend(more)


def cut(name: str) -> Change:
    return lambda document: document[name].pop()


def twice(name: str) -> Change:
    return lambda document: document[name].insert(0, document[name][0])


BINDS = {"rule_id": "firm.names", "statement": "firm.names", "where": "x", "price": 0.0}
NO_STATEMENT = {
    **{"account_id": "H1-TX", "security_id": "AAA", "side": "sell", "dollars": 1.0},
    **{"price": 0.1, "statements": [], "because": []},
}
CLASH = {"statement": "firm.names", "stretch_dollars": 1.0}
FORGERIES: dict[str, tuple[str, Change, str]] = {
    # --- of an answer
    "another day": ("H1", put("as_of", value="2031-01-01"), "is of 2031-01-01"),
    "other risk numbers": ("H1", put("risk_model", value="x"), "its risk model is not"),
    "orders turned round": ("H1", lambda d: d["trades"].reverse(), "are not in the order"),
    "a figure in other digits": (
        "H1",
        lambda d: d["trades"][0].update(cost=d["trades"][0]["cost"] + "0"),
        "its cost is not what its rows come to",
    ),
    "more dollars than there are": (
        "H1",
        lambda d: d["tax"]["T-H1"].update(tax_after="9" * 60),
        "should match pattern",
    ),
    "a rule that binds at no price": ("H1", grown("bounds", BINDS), "bind at no price"),
    "the same bound again": (
        "H1",
        grown("bounds", {**BINDS, "price": 1.0}, {**BINDS, "price": 1.0}),
        "its bounds say something twice",
    ),
    "held back by nothing": ("H1", grown("held_back", NO_STATEMENT), "held back, and by nothing"),
    "a reason in free words": (
        "H1",
        grown("findings", "h5.odd (h5.policy:4): all is well"),
        "finds what is not so",
    ),
    # --- of no answer
    "an answer for whom there is none": ("H2", put("objective", value={}), "what only an answer"),
    "another name": ("H2", put("name", value="Somebody"), "its name is not that of the book"),
    "statements of others": ("H2", put("statements", value={}), "its statements are not"),
    "a reason dropped": ("H2", cut("findings"), "does not find: would do: "),
    "a reason made up": ("H2", grown("findings", "The desk was closed"), "finds what is not so"),
    "dollars that are not recorded": (
        "H2",
        lambda d: d["conflict"][0].update(stretch_dollars=12345.0),
        "does not find: cannot hold with the others",
    ),
    "a rule that is not in the way": ("H2", grown("conflict", CLASH), "does not find: cannot hold"),
    "a rule of somebody else in the way": (
        "H2",
        grown("conflict", {**CLASH, "statement": "h5.odd"}),
        "has h5.odd in the way, which is not in force",
    ),
    "a fact that is none": (
        "H2",
        lambda d: d["conflicts"]["facts"][0].update(says="nothing is held"),
        "has a fact in the way that is none",
    ),
    "data said to be in doubt": ("H2", put("status", value="data_hold"), "are not in doubt"),
    "a mistake said to be another's": ("H5", put("status", value="data_hold"), "none of its"),
    "why an account is not traded": ("H5", cut("findings"), "does not find: H5-TX is not traded"),
    "a mistake of the program": ("H5", put("status", value="failed"), "is not a mistake of the"),
    "doubtful data and an answer": ("H3", put("gap", value=None), "what only an answer has: gap"),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_document_is_found(copied: Path, forgery: tuple[str, Change, str]) -> None:
    household, change, reason = forgery
    said = said_of(copied, f"proposals/{household}.json", change)
    assert any(reason in line for line in said), said


OF_THE_RUN: dict[str, tuple[Change, str]] = {
    "inputs that nobody read": (
        lambda d: d["inputs"]["book"].pop("lots.csv"),
        "inputs/book/lots.csv: is not the file that was read",
    ),
    "an input that is not there": (
        put("inputs", "book", "flows.csv", value="0" * 64),
        "inputs/book/flows.csv: is not the file that was read",
    ),
    "a household twice": (twice("households"), "names a household twice"),
    "another day asked for": (put("options", "as_of", value="2026-06-14"), "2026-06-14 was asked"),
    "a file of no policy changed": (
        put("policies_at", value={"commit": "0" * 40, "dirty": ["README"]}),
        "has README changed since its commit",
    ),
    "other risk numbers": (put("risk_model", value="x"), "its risk model is not that of the run"),
}


@pytest.mark.parametrize("forgery", OF_THE_RUN.values(), ids=OF_THE_RUN)
def test_a_forged_record_is_found(copied: Path, forgery: tuple[Change, str]) -> None:
    change, reason = forgery
    said = said_of(copied, "run.json", change)
    assert any(reason in line for line in said), said


def test_the_run_has_an_ending_of_each_kind(endings: Path) -> None:
    assert {name: proposal(endings, name)["status"] for name in ENDINGS} == ENDINGS


@pytest.mark.parametrize("content", ["null", "[]", '"x"', "1", "{}", '{"a": NaN}'])
def test_what_is_no_proposal_is_not_explained(copied: Path, content: str) -> None:
    (copied / "proposals" / "H1.json").write_text(content, encoding="utf-8")
    for words in (
        [],
        ["--household", "H1"],
        ["--trade", "T"],
        ["--blocks"],
        ["--rule", "firm.ask"],
    ):
        result = policydsl("explain", copied, "--recorded", *words)
        assert (result.exit_code, "run `policydsl verify" in result.output) == (2, True)


def test_inputs_that_were_cut_are_not_reported_on(copied: Path) -> None:
    (copied / "inputs" / "book" / "lots.csv").write_text("lot_id\n", encoding="utf-8")
    for kind in ("trades", "tax"):
        result = policydsl("report", copied, "--kind", kind, "-o", copied.parent / "pages")
        assert result.exit_code == 2
        assert "inputs/book/lots.csv" in result.output


def test_a_cell_without_end_is_a_difference(copied: Path) -> None:
    (copied / "inputs" / "book" / "lots.csv").write_text("x" * 200_000, encoding="utf-8")
    result = policydsl("verify", copied)
    assert result.exit_code == 1, result.output
    assert "is not the file that was written" in result.output


def test_a_name_that_no_file_can_have_is_a_difference(copied: Path) -> None:
    document = record(copied)
    document["files"]["a\0b"] = "0" * 64
    (copied / "run.json").write_bytes(dumped(document))
    assert policydsl("verify", copied).exit_code == 1


@pytest.mark.parametrize("shares", ["1e999999", "Infinity", "sNaN", "-1"])
def test_shares_that_nobody_can_trade_are_a_difference(copied: Path, shares: str) -> None:
    table = rows(copied / "trades.csv")
    table[0]["shares"] = shares
    write_rows(copied / "trades.csv", table)
    resealed(copied)
    result = policydsl("verify", copied)
    assert result.exit_code == 1, result.output


def test_a_state_that_is_none_is_a_difference(copied: Path) -> None:
    (copied / "inputs" / "state.json").write_text("{", encoding="utf-8")
    resealed(copied)
    result = policydsl("verify", copied)
    assert result.exit_code == 1, result.output
    assert "does not hold the state of a run" in result.output


def test_a_run_of_nobody_is_not_reported_on(copied: Path) -> None:
    (copied / "run.json").write_bytes(dumped({**record(copied), "households": []}))
    result = policydsl("report", copied, "--kind", "tax", "-o", copied.parent / "pages")
    assert result.exit_code == 2, result.output


def test_a_whole_lot_gains_in_cents(tmp_path: Path) -> None:
    """Custodians state averages to more places: the law's word and the row's have to agree."""
    tables = Tables()
    tables.security("AAA", 100)
    tables.security("BBB", 50)
    tables.client("H1", {"BBB": "0.9"})
    tables.account("H1", cash=100, lots=[("AAA", 10, "900.0043")])
    policies = policies_of(tmp_path / "policies", firm='rule a.b "B"\n    never hold "AAA"\n')
    run = rebalanced(tmp_path / "run", tables.written(tmp_path / "book"), policies)
    (sale,) = (lot for trade in proposal(run, "H1")["trades"] for lot in trade["lots"])
    assert Decimal(sale["realized_gain"]) == round(Decimal(sale["realized_gain"]), 2)
    assert verify_run(run)[0] == []
