"""What a run folder says of where it came from: policies in git, the model, what held."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from policydsl.inputs import recorded_inputs
from policydsl.propose import Proposal
from policydsl.rebalance import proposal_of
from policydsl.record.model_document import model_document
from policydsl.record.policy_revision import policies_at
from policydsl.schemas import EffectiveDocument
from solver.search import Budget
from tests.policydsl.runs import edited_policies, policydsl, proposals, rebalanced, record


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Policies below the top of a work tree, all of them committed."""
    if shutil.which("git") is None:
        pytest.skip("there is no git here")
    edited_policies(tmp_path / "repository" / "policies")
    git(tmp_path / "repository", "init", "-q")
    git(tmp_path / "repository", "add", ".")
    git(tmp_path / "repository", "commit", "-qm", "Policies")
    return tmp_path / "repository"


def test_a_run_says_at_which_commit_its_policies_stood(
    repository: Path, small_book: Path, tmp_path: Path
) -> None:
    policies = repository / "policies"
    with (policies / "ipc" / "core.policy").open("a") as file:
        file.write("\n# a remark\n")
    run = rebalanced(tmp_path / "run", small_book, policies, ("H00004",))
    head = git(repository, "rev-parse", "HEAD")
    assert record(run)["policies_at"] == {"commit": head, "dirty": ["ipc/core.policy"]}
    assert policydsl("verify", run).exit_code == 0


def test_staged_new_and_deleted_files_are_not_as_committed(repository: Path) -> None:
    policies = repository / "policies"
    names = {p.relative_to(policies).as_posix() for p in policies.rglob("*") if p.is_file()}
    assert policies_at(policies, names) == {
        "commit": git(repository, "rev-parse", "HEAD"),
        "dirty": [],
    }
    with (policies / "firm" / "compliance.policy").open("a") as file:
        file.write("\n# a remark\n")
    git(repository, "add", ".")
    (policies / "new.policy").write_text("# new\n")
    (policies / "notes.txt").write_text("no policy")
    (policies / "program" / "etf.policy").unlink()
    (repository / "elsewhere.policy").write_text("# not of the set\n")
    found = policies_at(policies, {*names, "new.policy"})
    assert found is not None
    assert found["dirty"] == ["firm/compliance.policy", "new.policy", "program/etf.policy"]


def test_policies_outside_git_have_no_commit(tmp_path: Path) -> None:
    assert policies_at(tmp_path, ()) is None


def test_a_record_says_what_it_was_made_with(small_run: Path) -> None:
    found = record(small_run)
    assert found["format"] == "policydsl-run/1"
    assert found["platform"] == {"system": platform.system(), "machine": platform.machine()}
    assert found["parameters"] == {"search": asdict(Budget())}
    assert {document["format"] for document in proposals(small_run)} == {"policydsl-proposal/1"}


def test_what_held_for_each_account_is_recorded(small_run: Path) -> None:
    for household in record(small_run)["households"]:
        content = (small_run / "effective" / f"{household}.json").read_bytes()
        EffectiveDocument.model_validate_json(content)
        for account in json.loads(content)["accounts"]:
            words = ("--policies", small_run / "inputs" / "policies", "--format", "json")
            book = small_run / "inputs" / "book"
            shown = policydsl(
                "effective", *words, "--book", book, "--account", account["account_id"]
            )
            assert json.loads(shown.stdout) == account


@pytest.fixture(scope="module")
def solved(small_run: Path) -> Proposal:
    return proposal_of(recorded_inputs(small_run), "H00001")


def test_the_model_that_was_solved_is_recorded(small_run: Path, solved: Proposal) -> None:
    """Of the run's own inputs comes the same model; of another number another one."""
    assert solved.solution is not None
    program = solved.solution.program
    found = model_document(program)
    assert proposals(small_run)[0]["model"] == found
    assert (found["rows"], found["columns"]) == program.matrix.shape
    for numbers in (program.cost, program.row_upper, program.matrix.data, program.upper):
        kept, numbers[-1] = numbers[-1], 0.125
        assert model_document(program)["sha256"] != found["sha256"]
        numbers[-1] = kept
    assert model_document(program) == found
