"""But for a rule: the same answer as a run whose files never had the rule; sealed, and proved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from policydsl.explanations.inquiry import Inquiry, NotRepeatedError
from policydsl.explanations.sealed import own_hash
from policydsl.explanations.words import household_but_for
from policydsl.record.digests import dumped, resealed
from policydsl.verification.folder import folder_differences
from tests.policydsl.runs import (
    POLICIES,
    SHARED,
    Document,
    edited_policies,
    policydsl,
    proposal,
    proposals,
    rebalanced,
)
from tests.policydsl.without_lines import compared, rules_in_force


@pytest.fixture
def run(small_run: Path, tmp_path: Path) -> Path:
    """A copy of the run that may be written to."""
    return Path(shutil.copytree(small_run, tmp_path / "run"))


# --- against a run without the lines -------------------------------------------------------------


@pytest.mark.parametrize("rule_id", ["ipc.harvest", "ipc.cash"])
def test_but_for_is_a_run_without_the_lines(
    run: Path, small_book: Path, tmp_path: Path, rule_id: str
) -> None:
    effects = list(compared(run, small_book, POLICIES, rule_id, tmp_path / "other"))
    assert "trades" in effects


@pytest.mark.long
def test_but_for_is_a_run_without_the_lines_over_a_book(tmp_path: Path) -> None:
    """Every rule in force of every household of a book: each pair comes to the same trades, tax
    and tracking error, to the last share."""
    book = SHARED / "us100-small"
    if not book.is_dir():
        pytest.skip(f"{book} is not here")
    run = rebalanced(tmp_path / "run", book)
    effects = []
    for number, rule_id in enumerate(sorted(rules_in_force(run))):
        effects += compared(run, book, POLICIES, rule_id, tmp_path / str(number))
    assert len(effects) >= 50
    assert effects.count("trades") >= 10
    assert effects.count("none") >= 10


# --- what hangs on a rule, and what it had displaced ---------------------------------------------


def test_values_chosen_for_a_rule_and_its_waivers_go_with_it(
    small_book: Path, tmp_path: Path
) -> None:
    tobacco = """
waive ipc.esg.tobacco for existing anything where industry is "Tobacco"
    from 2026-03-01 until 2026-04-30
    because "Being sold"
    approved by "Chair"
"""
    policies = edited_policies(
        tmp_path / "policies",
        ("ipc/core.policy", "", tobacco),
        ("household/H00001.policy", "", "set ipc.pace to at most 80% of account\n"),
        (
            "ipc/esg.policy",
            "",
            """
default ipc.pace "A year's sales"
    keep turnover at most 90% of account each year
    allow household to set between 50% and 100% of account
""",
        ),
    )
    run = rebalanced(tmp_path / "run", small_book, policies, ["H00001"])
    inquiry, document = Inquiry(run), proposal(run, "H00001")
    answer = inquiry.but_for(document, "ipc.esg.tobacco")["answer"]
    assert [each["what"] for each in answer["removed"]] == ["waive", "rule"]
    answer = inquiry.but_for(document, "ipc.pace")["answer"]
    assert [each["what"] for each in answer["removed"]] == ["set", "default"]
    assert answer["removed"][0]["text"] == "set ipc.pace to at most 80% of account"
    assert {each["rule_id"] for each in answer["leaves"].values()} == {"ipc.pace"}


def test_a_value_that_had_lost_its_place_has_it_again(small_book: Path, tmp_path: Path) -> None:
    """Of two settings the narrower one holds; without it the other does."""
    both = """
rule ipc.lots "Lots"
    use first in first out lots

rule ipc.taxable_lots "Lots of taxable accounts"
    when account.taxable
    use highest cost lots
"""
    policies = edited_policies(tmp_path / "policies", ("ipc/core.policy", "", both))
    run = rebalanced(tmp_path / "run", small_book, policies, ["H00001"])
    document = proposal(run, "H00001")
    assert document["statements"]["ipc.taxable_lots"]["accounts"] == ["H00001-TX"]
    explanation = Inquiry(run).but_for(document, "ipc.taxable_lots")
    assert explanation["answer"]["returns"]["ipc.lots"]["accounts"] == ["H00001-TX"]
    assert "in whose place ipc.lots would hold" in household_but_for(explanation)


# --- sealed --------------------------------------------------------------------------------------


def largest(run: Path) -> tuple[Document, Document]:
    """The proposal and the trade that rules are among the causes of most."""
    found = [(d, t) for d in proposals(run) for t in d["trades"]]
    return max(found, key=lambda each: (len(each[1]["rules"]), each[1]["trade_id"]))


def test_an_answer_is_sealed_and_read_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, trade = largest(run)
    first = policydsl("explain", run, "--trade", trade["trade_id"])
    assert first.exit_code == 0, first.output
    files = sorted((run / "explanations").rglob("*.json"))
    assert len(files) > len(trade["rules"])
    monkeypatch.setattr("policydsl.explanations.inquiry.proposal_of", None)
    second = policydsl("explain", run, "--trade", trade["trade_id"])
    assert (second.exit_code, second.stdout) == (0, first.stdout)
    verified = policydsl("verify", run)
    assert verified.exit_code == 0, verified.output
    assert f"{len(files)} explanations" in verified.stdout


def forged(run: Path, path: str, change: object) -> str:
    """What `verify` says of a sealed answer with one value changed and its hash mended."""
    document, trade = largest(run)
    Inquiry(run).but_for(document, trade["rules"][0])
    [file] = sorted((run / "explanations").rglob("*.json"))
    explanation = json.loads(file.read_bytes())
    *steps, last = path.split(".")
    part = explanation
    for step in steps:
        part = part[step]
    part[last] = change
    explanation["sha256"] = own_hash(explanation)
    file.write_bytes(dumped(explanation))
    result = policydsl("verify", run)
    assert result.exit_code == 1, result.output
    assert file.name in result.stdout
    return result.stdout


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        ("answer.as_it_was.tracking_error", 0.5, "is not that of the run"),
        ("answer.as_it_was.objective", "1.00", "is not that of the run"),
        ("answer.differences.tax_total", "-4.00", "not those of its two answers"),
        ("answer.without.tracking_error", 0.5, "not those of its two answers"),
        ("answer.effect", "none", "does not follow from its two answers"),
        ("answer.leaves", {}, "in force"),
        ("answer.without.cash", {}, "not a whole one"),
        ("answer.without.tax", None, "not a whole one"),
        ("answer.without.gap", "-1.00", "not a whole one"),
        ("answer.without.status", "no_action", "not a whole one"),
        ("answer.removed", [], "the lines that it left out"),
        ("question.rule_id", "ipc.other", "another question"),
        ("question.household_id", "H9", "another question"),
        ("run", "0" * 64, "of another run"),
        ("form", 2, "is not an explanation"),
        ("answer.more", 1, "is not an explanation"),
    ],
)
def test_a_sealed_answer_that_is_altered_is_found(
    run: Path, path: str, change: object, said: str
) -> None:
    assert said in forged(run, path, change)


@pytest.mark.parametrize("part", ["leaves", "same_objective"])
def test_what_the_policies_come_to_is_merged_again(run: Path, part: str) -> None:
    document, trade = largest(run)
    answer = Inquiry(run).but_for(document, trade["rules"][0])["answer"]
    if part == "leaves":
        change = {key: {**each, "accounts": []} for key, each in answer["leaves"].items()}
        assert "no longer in force" in forged(run, "answer.leaves", change)
    else:
        said = forged(run, "answer.same_objective", not answer["same_objective"])
        assert "both answers minimise the same is not so" in said


def forged_alternative(run: Path, part: str, change: Document) -> str:
    """What `verify` says where the first alternative of a kind is altered, its hash mended."""
    inquiry = Inquiry(run)
    for document, trade in [(d, t) for d in proposals(run) for t in d["trades"] if t["lots"]]:
        explanation = inquiry.alternatives(document, trade)
        if explanation["answer"][part]:
            break
    [file] = (
        path
        for path in (run / "explanations").rglob("*.json")
        if json.loads(path.read_bytes())["question"] == explanation["question"]
    )
    explanation["answer"][part][0] |= change
    explanation["sha256"] = own_hash(explanation)
    file.write_bytes(dumped(explanation))
    result = policydsl("verify", run)
    assert result.exit_code == 1, result.output
    return result.stdout


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [
        ("lots", {"more": 0.5}, "is not the sum of its ledger"),
        ("lots", {"gain": "-12345.00"}, "is not as the book has it"),
        ("lots", {"lot_id": "L0"}, "is not as the book has it"),
        ("lots", {"barred_by": ["ipc.other"]}, "is not in force"),
        ("securities", {"ledger": []}, "is not the sum of its ledger"),
        ("waiting", {"saves": "99999.00"}, "netting of the law"),
    ],
)
def test_an_alternative_that_is_altered_is_found(
    run: Path, part: str, change: Document, said: str
) -> None:
    assert said in forged_alternative(run, part, change)


def test_any_flipped_byte_of_a_sealed_answer_is_found(run: Path) -> None:
    document, trade = largest(run)
    Inquiry(run).but_for(document, trade["rules"][0])
    [file] = sorted((run / "explanations").rglob("*.json"))
    content = file.read_bytes()
    assert list(folder_differences(run)) == []
    for at in range(0, len(content), max(1, len(content) // 300)):
        flipped = bytearray(content)
        flipped[at] ^= 1
        file.write_bytes(bytes(flipped))
        assert next(folder_differences(run)), at


def test_nothing_is_told_by_a_program_that_comes_to_other_trades(run: Path) -> None:
    document, trade = largest(run)
    other = json.loads(json.dumps(document))
    other["trades"][0]["shares"] = "1"
    with pytest.raises(NotRepeatedError):
        Inquiry(run).but_for(other, trade["rules"][0])


def test_what_the_run_recorded_needs_no_solve(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policydsl.explanations.inquiry.proposal_of", None)
    _, trade = largest(run)
    result = policydsl("explain", run, "--trade", trade["trade_id"], "--recorded")
    assert result.exit_code == 0, result.output
    assert not (run / "explanations").exists()


def test_a_run_of_a_version_that_recorded_less_is_said_to_be_one(run: Path) -> None:
    document, trade = largest(run)
    path = run / "proposals" / f"{document['household_id']}.json"
    path.write_bytes(dumped({k: v for k, v in document.items() if k != "model_tracking_error"}))
    resealed(run)
    result = policydsl("explain", run, "--trade", trade["trade_id"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "was made by a version that recorded less" in result.stderr
