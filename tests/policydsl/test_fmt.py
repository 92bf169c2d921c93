"""`policydsl fmt`: files brought into one layout, or left alone with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policydsl.cli import cli
from policydsl.commands import fmt

UNTIDY = b"""policy ipc.a\r
layer ipc\r
rule ipc.cash "Cash":\r
  keep cash <= 3% of account   # of each\r
  when account.taxable\r
"""
TIDY = b"""policy ipc.a
layer ipc

rule ipc.cash "Cash"
    when account.taxable
    keep cash at most 3% of account  # of each
"""
BROKEN = b'rule ipc.a "Tobacco"\n  never hodl tobacco\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "firm").mkdir()
    (tmp_path / "firm" / "broken.policy").write_bytes(BROKEN)
    (tmp_path / "untidy.policy").write_bytes(UNTIDY)
    (tmp_path / "tidy.policy").write_bytes(TIDY)
    (tmp_path / "notes.txt").write_bytes(UNTIDY)
    return tmp_path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["fmt", *map(str, words)], prog_name="policydsl")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_check_writes_nothing_and_names_the_files(folder: Path) -> None:
    before = contents(folder)
    result = run("--check", folder)
    assert result.exit_code == 1
    assert f"{folder / 'untidy.policy'}: would change" in result.stdout
    assert "tidy.policy: would" not in result.stdout.replace("untidy", "")
    assert contents(folder) == before


def test_what_cannot_be_read_is_left_and_the_others_go_on(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 1
    assert "error[E0109]" in result.stdout
    assert f"{folder / 'firm' / 'broken.policy'}: not formatted, for its mistakes" in result.stdout
    assert result.stdout.endswith("3 files: 1 formatted, 1 not formatted\n")
    assert contents(folder) == {
        "broken.policy": BROKEN,
        "untidy.policy": TIDY,
        "tidy.policy": TIDY,
        "notes.txt": UNTIDY,
    }


def test_a_tidy_folder_passes(folder: Path) -> None:
    assert run(folder / "untidy.policy", folder / "tidy.policy").exit_code == 0
    (folder / "firm" / "broken.policy").unlink()
    result = run("--check", folder)
    assert (result.exit_code, result.stdout) == (0, "2 files: 0 would change\n")


def test_a_file_named_twice_is_formatted_once(folder: Path) -> None:
    result = run(folder / "untidy.policy", folder / "untidy.policy")
    assert result.stdout.endswith("1 file: 1 formatted\n")


def test_files_of_tests_are_formatted_too(tmp_path: Path) -> None:
    path = tmp_path / "screens.policytest"
    path.write_text('test "One"\n  expect never buy "ABC"   # c\n  given book "small"\n')
    assert run(tmp_path).stdout == f"{path}: formatted\n1 file: 1 formatted\n"
    assert path.read_text() == (
        'test "One"\n    expect never buy "ABC"  # c\n    given book "small"\n'
    )
    path.write_text('test "One"\n  expect nevver buy "ABC"\n')
    assert run(tmp_path).exit_code == 1


def test_json(folder: Path) -> None:
    result = run("--check", "--format", "json", folder)
    files = {Path(each["path"]).name: each for each in json.loads(result.stdout)["files"]}
    assert {name: each["changes"] for name, each in files.items()} == {
        "broken.policy": False,
        "tidy.policy": False,
        "untidy.policy": True,
    }
    assert [one["code"] for one in files["broken.policy"]["diagnostics"]] == ["E0109"]


def test_without_a_folder_of_policies_a_path_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run().exit_code == 2
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.policy").write_bytes(UNTIDY)
    assert run().exit_code == 0
    assert (tmp_path / "policies" / "a.policy").read_bytes() == TIDY


def test_a_layout_that_says_something_else_is_never_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the layout wrong, the comparison of the trees would stop it."""
    right = fmt.layout
    monkeypatch.setattr(fmt, "layout", lambda file: right(file).replace("3%", "30%"))
    before = contents(folder)
    result = run(folder)
    assert result.exit_code == 3
    assert "would not say the same" in result.stderr
    assert contents(folder) == before
