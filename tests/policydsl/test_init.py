"""`policydsl init`: the workspace works as its README says."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.policyset import load_policies
from policydsl.cli import cli


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], prog_name="policydsl")


def test_a_workspace_checks_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("init", tmp_path / "starter")
    assert (result.exit_code, result.stderr) == (0, "")
    monkeypatch.chdir(tmp_path / "starter")
    assert run("check", "--book", "book", "--strict").exit_code == 0
    assert run("book", "check", "book", "--strict").exit_code == 0
    assert run("test", "-k", "restricted").exit_code == 0


def test_the_policies_are_the_shipped_ones(tmp_path: Path) -> None:
    run("init", tmp_path)
    names = {Path(file.path) for file in load_policies(Path(str(files("policies")))).files}
    copied = {
        path.relative_to(tmp_path / "policies") for path in (tmp_path / "policies").rglob("*")
    }
    assert names <= copied
    assert Path("policyset.toml") in copied
    assert [path for path in copied if path.name == "policyset.toml"] == [Path("policyset.toml")]
    assert not any(path.suffix in (".py", ".pyc") for path in copied)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    result = run("init", tmp_path)
    assert result.exit_code == 2
    assert "README.md" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_here_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = json.loads(run("init", "--format", "json").stdout)["made"]
    assert sorted(made) == sorted(path.name for path in tmp_path.iterdir())


def test_every_command_of_the_readme_exists() -> None:
    text = (files("policydsl") / "starter" / "README.md").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if line.startswith("    policydsl ")]
    assert len(lines) >= 4
    for words in lines:
        assert run(words[1], "--help").exit_code == 0
