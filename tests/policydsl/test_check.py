"""`policydsl check`: findings of sets and files, in words and JSON."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policydsl.cli import cli
from portfolio.synth import synthesise

ROOT = Path(__file__).resolve().parents[2]

BROKEN = """policy ipc.broken "Two mistakes"
layer ipc

rule ipc.one "A misspelled column"
    never buy anything where industy is "Tobacco"

rule ipc.two "No base"
    keep cash at most 3%
"""
SOUND = """policy ipc.sound "One rule"
layer ipc

rule ipc.cash "Cash"
    keep cash at most 3% of account
"""


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], prog_name="policydsl")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    synthesise(folder, households=3, securities=15, seed=5, as_of=date(2026, 3, 31))
    return folder


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "policyset.toml").write_text('name = "two"\n')
    (tmp_path / "broken.policy").write_text(BROKEN)
    (tmp_path / "sound.policy").write_text(SOUND)
    return tmp_path


def test_every_mistake_in_one_run_with_place_cause_and_way_out(broken: Path) -> None:
    result = run("check", broken)
    assert result.exit_code == 1
    assert result.stderr == ""
    assert "error[E0201]" in result.stdout
    assert "--> broken.policy:5:30" in result.stdout
    assert "help: did you mean `industry`?" in result.stdout
    assert "error[E0301]" in result.stdout
    assert result.stdout.endswith(f"{broken}: 2 files, 1 statement, 2 errors, 0 warnings\n")


def test_json_has_the_same_findings(broken: Path) -> None:
    result = run("check", broken, "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["errors"], found["warnings"]) == (1, 2, 0)
    (only,) = found["sets"]
    assert only["name"] == "two"
    assert only["files"] == ["broken.policy", "sound.policy"]
    assert [each["code"] for each in only["diagnostics"]] == ["E0201", "E0301"]
    assert (only["diagnostics"][0]["line"], only["diagnostics"][0]["column"]) == (5, 30)


def test_sarif_points_at_files_from_where_the_command_runs(
    broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(broken.parent)
    result = run("check", broken.name, "--format", "sarif")
    (found,) = json.loads(result.stdout)["runs"]
    assert result.exit_code == 1
    assert [rule["id"] for rule in found["tool"]["driver"]["rules"]] == ["E0201", "E0301"]
    place = found["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == f"{broken.name}/broken.policy"
    assert place["region"] == {"startLine": 5, "startColumn": 30, "endLine": 5, "endColumn": 37}
    assert found["results"][0]["level"] == "error"
    assert found["results"][1]["ruleIndex"] == 1


def test_of_a_file_only_its_own_findings_are_shown(broken: Path) -> None:
    assert run("check", broken / "sound.policy").exit_code == 0
    assert run("check", broken / "broken.policy").exit_code == 1
    assert run("check", broken / "sound.policy", broken / "broken.policy").exit_code == 1


def test_a_file_of_no_set_is_checked_alone(broken: Path) -> None:
    (broken / "policyset.toml").unlink()
    result = run("check", broken / "sound.policy")
    assert (result.exit_code, "1 file, 1 statement" in result.stdout) == (0, True)


def test_strict_fails_on_warnings(tmp_path: Path, book: Path) -> None:
    (tmp_path / "a.policy").write_text(
        SOUND.replace("keep cash at most 3% of account", 'never buy "NOBODY"')
    )
    assert run("check", tmp_path, "--book", book).exit_code == 0
    strict = run("check", tmp_path, "--book", book, "--strict")
    assert strict.exit_code == 1
    assert "warning[W0203]" in strict.stdout


def test_a_book_brings_out_what_only_an_account_shows(tmp_path: Path, book: Path) -> None:
    """$900 and 1% are in no conflict until an account has a value."""
    dollars = "keep cash at least $50,000,000 per account"
    (tmp_path / "a.policy").write_text(f'{SOUND}\nrule ipc.reserve "Reserve"\n    {dollars}\n')
    assert run("check", tmp_path).exit_code == 0
    result = run("check", tmp_path, "--book", book)
    assert result.exit_code == 1
    assert "error[E04" in result.stdout
    assert "not traded until mended: H00001-TX" in result.stdout


def test_a_book_that_cannot_be_used_limits_the_check(broken: Path, book: Path) -> None:
    stopped = broken / "book"
    shutil.copytree(book, stopped)
    (stopped / "accounts.csv").unlink()
    result = run("check", broken / "sound.policy", "--book", stopped)
    assert result.exit_code == 1
    assert "policies are not merged for its accounts" in result.stderr
    assert "1 statement, 0 errors" in result.stdout


def test_policies_are_named_once(broken: Path) -> None:
    assert run("check", broken, "--policies", broken).exit_code == 2


def test_without_a_folder_of_policies_the_shipped_set_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert json.loads(run("check", "--format", "json").stdout)["sets"][0]["name"] == "house"
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "own.policy").write_text(SOUND)
    assert json.loads(run("check", "--format", "json").stdout)["sets"][0]["name"] == "policies"


def test_a_named_folder_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    result = run("check", "--policies", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "error[E0231]" in result.stdout


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, 1300), junk=st.binary(max_size=8), drop=st.integers(0, 200))
def test_a_damaged_policy_gives_findings_and_no_traceback(
    at: int, junk: bytes, drop: int, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    shutil.copytree(ROOT / "policies", folder, dirs_exist_ok=True)
    core = folder / "ipc" / "core.policy"
    whole = core.read_bytes()
    core.write_bytes(whole[:at] + junk + whole[at + drop :])
    result = run("check", folder)
    assert result.exit_code in (0, 1)
    assert "internal error" not in result.stderr


def test_a_damaged_manifest_gives_findings_and_no_traceback(tmp_path: Path) -> None:
    for text in ("name = ", "layers = []", "surprise = 1", "members = ['/etc/*']", "\x00"):
        (tmp_path / "policyset.toml").write_text(text)
        (tmp_path / "a.policy").write_text(SOUND)
        result = run("check", tmp_path)
        assert (result.exit_code, result.stderr) == (1, "")
        assert "error[E023" in result.stdout


def test_the_libraries_of_the_solver_are_not_loaded_for_checking() -> None:
    names = {"scipy", "highspy", "clarabel"}
    loaded = f"import policydsl.checking, sys; print(*{names} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == ""


def test_a_file_for_nobody_in_the_book_is_named(tmp_path: Path) -> None:
    book, policies = tmp_path / "book", tmp_path / "policies"
    synthesise(book, households=3, securities=20, seed=5, as_of=date(2026, 3, 31))
    policies.mkdir()
    for layer, of in (
        ("program", "direct-idnex"), ("program", "etf"), ("program", "overlay"),
        ("household", "H00003"), ("household", "H00099"),
    ):  # fmt: skip
        text = f'layer {layer} "{of}"\nrule x.{of}\n    never buy anything where kind is "bond"\n'
        (policies / f"{of}.policy").write_text(text)
    result = run("check", policies, "--book", book)
    assert result.exit_code == 0
    assert re.findall(r"^warning.*$", result.stdout, re.M) == [
        'warning[W0202] no account of the book has the program "direct-idnex"'
    ]
    assert 'help: did you mean "direct-index"?' in result.stdout
    unheard = ["direct-idnex.policy", "overlay.policy", "H00099.policy"]
    assert f"speaks for nobody in the book: {', '.join(unheard)}\n" in result.stdout
    found = json.loads(run("check", policies, "--book", book, "--format", "json").stdout)
    assert found["sets"][0]["unheard"] == unheard
    assert "speaks for" not in run("check", policies).stdout


@pytest.mark.parametrize("name", ["H1.txt", "H1.policy.txt", "left_out.policy"])
def test_a_file_that_no_set_reads_is_not_called_sound(tmp_path: Path, name: str) -> None:
    (tmp_path / "policyset.toml").write_text('members = ["*.policy", "!left_out.policy"]\n')
    (tmp_path / "a.policy").write_text(SOUND)
    (tmp_path / name).write_text(BROKEN)
    result = run("check", tmp_path / name, "--strict")
    assert result.exit_code == 1
    assert result.stdout.count("warning[W0242]") == 1
    assert "[W0242]" not in run("check", tmp_path / "a.policy").stdout
