"""What every command keeps: exit codes, stdout and stderr, help with an example, no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from policydsl import checking
from policydsl.cli import cli

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], prog_name="policydsl")


def commands(group: click.Group, *path: str) -> list[tuple[str, ...]]:
    found = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        deeper = commands(command, *path, name) if isinstance(command, click.Group) else []
        found += deeper or [(*path, name)]
    return found


COMMANDS = commands(cli)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_an_example(command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert f"\n    policydsl {' '.join(command)}" in result.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_speaks_to_people_and_programs(command: tuple[str, ...]) -> None:
    for_people = command == ("report",)  # programs read the run itself
    formats = "--format [html" if for_people else "--format [text|json"
    assert formats in run(*command, "--help").stdout
    assert "--debug" in run(*command, "--help").stdout


def test_wrong_usage_is_2_and_goes_to_stderr() -> None:
    for words in (["nonsense"], ["check", "--nonsense"], ["check", "nowhere"], ["book", "synth"]):
        result = run(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Error: " in result.stderr


def test_a_mistake_of_the_program_is_3_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "load_policies", lambda folder: 1 / 0)
    result = run("check", ROOT / "policies")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("internal error: ZeroDivisionError: division by zero\n")
    debugged = run("check", ROOT / "policies", "--debug")
    assert isinstance(debugged.exception, ZeroDivisionError)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("book", "synth", tmp_path / "file" / "book")
    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.stderr
    assert "internal" not in result.stderr


def test_the_module_and_the_console_script_are_one_door() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "policydsl", "check", "policies", "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["errors"] == 0


def test_a_narrow_terminal_encoding_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "odd.policy").write_text("règle café\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "policydsl", "check", str(tmp_path)],
        cwd=ROOT,
        env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PATH": ""},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"E0101" in done.stdout
    assert done.stderr == b""
