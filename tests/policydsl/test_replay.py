"""A run comes out the same wherever, however ordered and in however many processes it is made; and
where a replay comes out otherwise, it says where first, and why."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policydsl.elsewhere import InputsChangedError, ProcessDiedError, elsewhere
from policydsl.inputs import recorded_inputs
from policydsl.rebalance import outcomes, told_lost, write_run
from policydsl.record.digests import resealed
from policydsl.record.folder import fresh_folder
from policydsl.record.waiting import Waiting
from policydsl.schemas import ProposalDocument
from tests.policydsl.runs import ROOT, Document, policydsl, record, words_of


def content_of(run: Path) -> str:
    found: str = record(run)["content"]
    return found


def files_of(run: Path) -> dict[str, bytes]:
    """Every file of a run but those that say how it was made."""
    made = ("run.json", "log.jsonl", "seal.json")
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in made
    }


# --- the same, however it is made -----------------------------------------------------------------


def made_again(run: Path, folder: Path, names: list[str], processes: int = 1) -> Path:
    """A run of the recorded inputs of another, its households in this order."""
    inputs = recorded_inputs(run)
    with Waiting() as waiting:
        done = outcomes(inputs, names, waiting, elsewhere=elsewhere(processes))
        write_run(fresh_folder(folder), inputs, done, {"households": names}, 0.0)
    return folder


@pytest.mark.parametrize(("order", "processes"), [("reversed", 1), ("shuffled", 2)])
def test_another_order_of_households_in_one_process_or_two(
    order: str, processes: int, small_run: Path, tmp_path: Path
) -> None:
    names = record(small_run)["households"]
    other = names[::-1] if order == "reversed" else random.Random(3).sample(names, len(names))
    assert other != names
    again = made_again(small_run, tmp_path / "again", other, processes)
    assert content_of(small_run) == content_of(again)
    rows = [(run / "trades.csv").read_text("utf-8").splitlines() for run in (small_run, again)]
    assert sorted(rows[0]) == sorted(rows[1])
    mine, theirs = ({**files_of(run), "trades.csv": b""} for run in (small_run, again))
    assert {name for name in mine if mine[name] != theirs[name]} <= {
        f"proposals/{name}.json" for name in names
    }, "a proposal says where its risk numbers came from"


SURROUNDINGS: dict[str, tuple[dict[str, str], str]] = {
    "another hash seed": ({"PYTHONHASHSEED": "4711"}, "022"),
    "another time zone and language": (
        {"TZ": "Asia/Kolkata", "LC_ALL": "C", "LANG": "de_DE"},
        "022",
    ),
    "private files": ({"PYTHONHASHSEED": "1"}, "077"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", SURROUNDINGS)
def test_other_surroundings(name: str, pair_run: Path, tmp_path: Path) -> None:
    """Another directory to work in, another place for the run, two processes and the `--household`
    in another order: the same bytes."""
    more, umask = SURROUNDINGS[name]
    run = tmp_path / "deep" / "er" / "run"
    words = ["rebalance", "--policies", pair_run / "inputs" / "policies"]
    words += ["--book", pair_run / "inputs" / "book", "-o", run, "--processes", "2"]
    words += [w for each in reversed(record(pair_run)["households"]) for w in ("--household", each)]
    command = f"umask {umask}; exec {sys.executable} -m policydsl " + " ".join(map(str, words))
    env = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    done = subprocess.run(
        ["sh", "-c", command], check=False, cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    mine, theirs = files_of(pair_run), files_of(run)
    kept = {name: each for name, each in mine.items() if not name.startswith("proposals/")}
    assert {name: theirs[name] for name in kept} == kept
    for name in set(mine) - set(kept):
        then, now = (json.loads(each[name]) for each in (mine, theirs))
        assert then.pop("risk_model") != now.pop("risk_model")
        assert then == now


def test_inputs_that_change_meanwhile_end_the_run(pair_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(pair_run, tmp_path / "run"))
    inputs = recorded_inputs(run)
    with (run / "inputs" / "policies" / "ipc" / "core.policy").open("a") as file:
        file.write("# somebody is at work\n")
    with Waiting() as waiting, pytest.raises(InputsChangedError, match="run it again"):
        outcomes(inputs, record(run)["households"], waiting, elsewhere=elsewhere(2))


def test_who_is_lost_with_a_process_has_a_proposal_that_says_so(pair_run: Path) -> None:
    told = told_lost(recorded_inputs(pair_run), "H00004", ProcessDiedError("its process died"))
    ProposalDocument.model_validate_json(json.dumps(told.document))
    assert told.document["status"] == "failed"
    said = "internal error: ProcessDiedError: its process died"
    assert told.document["findings"] == [said]


def test_a_number_of_processes_is_one_or_more(small_book: Path, tmp_path: Path) -> None:
    words = ("rebalance", "--book", small_book, "-o", tmp_path / "run", "--processes", "0")
    assert policydsl(*words).exit_code == 2


# --- and where it is not --------------------------------------------------------------------------


def replay(run: Path, *words: str) -> tuple[int, Document]:
    result = policydsl("verify", run, "--replay", "--format", "json", *words)
    found: Document = json.loads(result.stdout)
    return result.exit_code, found["replay"]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_replay_of_an_honest_run(processes: str, pair_run: Path) -> None:
    code, found = replay(pair_run, "--processes", processes)
    assert (code, found) == (0, {"households": 2, "first": None, "causes": []})


def forged(run: Path, folder: Path, *edits: Callable[[Path], object]) -> Path:
    """A copy of a run, changed and sealed again."""
    copy = Path(shutil.copytree(run, folder))
    for edit in edits:
        edit(copy)
    resealed(copy)
    return copy


def put(file: str, *path: Any, value: object) -> Callable[[Path], object]:
    def edit(run: Path) -> None:
        document = json.loads((run / file).read_bytes())
        part = document
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value
        text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
        (run / file).write_text(text + "\n", "utf-8")

    return edit


def text(file: str, old: str, new: str) -> Callable[[Path], object]:
    def edit(run: Path) -> None:
        said = (run / file).read_text("utf-8")
        assert old in said
        (run / file).write_text(said.replace(old, new), "utf-8")

    return edit


GAP = put("proposals/H00004.json", "gap", "dollars", value=0.001)


def test_a_version_that_differs_is_the_cause(pair_run: Path, tmp_path: Path) -> None:
    """What only the solver knows is other, and so is a library."""
    run = forged(pair_run, tmp_path / "run", GAP, put("run.json", "versions", "numpy", value="1.0"))
    code, found = replay(run)
    assert code == 1
    assert found["first"]["where"] == "proposals/H00004.json gap.dollars"
    assert found["first"]["what"].startswith("0.001 then, ")
    (cause,) = found["causes"]
    assert cause["kind"] == "version"
    assert cause["what"].startswith("numpy 1.0 then, ")
    said = words_of(policydsl("verify", run, "--replay").stdout)
    assert "cause: version: numpy 1.0 then, " in said


def test_another_build_of_the_same_version_is_a_cause(pair_run: Path, tmp_path: Path) -> None:
    """Two texts of the program may have one version number."""
    build = put("run.json", "versions", "source", value="0" * 16)
    code, found = replay(forged(pair_run, tmp_path / "run", GAP, build))
    (cause,) = found["causes"]
    assert (code, cause["what"].partition(" then")[0]) == (1, "source 0000000000000000")


def test_another_version_need_not_matter(pair_run: Path, tmp_path: Path) -> None:
    run = forged(pair_run, tmp_path / "run", put("run.json", "versions", "numpy", value="1.0"))
    code, found = replay(run)
    assert (code, found["first"], len(found["causes"])) == (0, None, 1)
    assert "the same comes out all the same" in policydsl("verify", run, "--replay").stdout


def test_a_difference_that_nothing_explains_is_said_to_be_one(
    pair_run: Path, tmp_path: Path
) -> None:
    code, found = replay(forged(pair_run, tmp_path / "run", GAP))
    assert (code, found["causes"]) == (1, [])
    assert (
        "cause: none that the folder tells"
        in policydsl("verify", tmp_path / "run", "--replay").stdout
    )


def test_a_policy_that_differs_is_the_cause(pair_run: Path, tmp_path: Path) -> None:
    """The file is not the one that was read, and its statement not the one that was in force."""
    old, new = "keep each sector within 3 points", "keep each sector within 2 points"
    run = forged(pair_run, tmp_path / "run", text("inputs/policies/ipc/core.policy", old, new))
    code, found = replay(run)
    assert code == 1
    assert found["first"]["where"] == "proposals/H00001.json statements.ipc.sectors.says"
    assert found["first"]["what"] == f'"{old} of model" then, "{new} of model" now'
    kinds = {cause["kind"] for cause in found["causes"]}
    said = [cause["what"] for cause in found["causes"]]
    assert kinds == {"policy"}
    assert said[0] == "inputs/policies/ipc/core.policy is not the file that was read"
    assert said[1].startswith("ipc.sectors is not as it was (inputs/policies/ipc/core.policy:")


def test_an_input_that_differs_is_the_cause(pair_run: Path, tmp_path: Path) -> None:
    """Cash of an account, in the file and in what the run began with."""
    table = (pair_run / "inputs" / "book" / "accounts.csv").read_text("utf-8")
    cash = next(line for line in table.splitlines() if line.startswith("H00004-IRA")).split(",")[7]
    run = forged(pair_run, tmp_path / "run", text("inputs/book/accounts.csv", cash, "9999.99"))
    code, found = replay(run)
    assert code == 1
    assert found["first"]["where"].startswith("proposals/H00004.json ")
    said = [(cause["kind"], cause["what"]) for cause in found["causes"]]
    assert said[0] == ("input", "inputs/book/accounts.csv is not the file that was read")
    assert any(kind == "opening" and "account H00004-IRA began" in what for kind, what in said)


def test_what_is_not_sealed_is_not_run_again(pair_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(pair_run, tmp_path / "run"))
    GAP(run)
    code, found = replay(run)
    assert (code, found) == (1, None)
