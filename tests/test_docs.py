"""What the pages show is true: policies in them check out, commands in them run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.check import check_policies
from compiler.policyset import load_policies
from grammar.diagnostics import render_text
from policydsl.cli import cli

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = """
[attributes.securities]
"revenue.tobacco" = { type = "fraction" }
esg_score = { type = "number" }
"""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def test_the_examples_of_the_language_page_are_sound(tmp_path: Path) -> None:
    examples = blocks(ROOT / "docs" / "language.md", "policy")
    assert len(examples) >= 5
    (tmp_path / "policyset.toml").write_text(MANIFEST, encoding="utf-8")
    household = next(example for example in examples if "layer household" in example)
    for example in examples:
        with_household = "default ipc.cash" in example
        if example is not household:
            texts = [example, household] if with_household else [example]
            assert_sound(tmp_path, texts)


def assert_sound(folder: Path, texts: list[str]) -> None:
    for file in folder.glob("*.policy"):
        file.unlink()
    for number, text in enumerate(texts):
        (folder / f"{number}.policy").write_text(text, encoding="utf-8")
    typed = check_policies(load_policies(folder))
    assert render_text(typed.diagnostics, typed.sources) == ""
    assert typed.statements


@dataclass
class Step:
    """A `$ policydsl ...` line of a page, the output below it, and files shown before it."""

    words: list[str]
    output: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


def steps(page: Path) -> list[Step]:
    found: list[Step] = []
    files: dict[str, str] = {}
    text = page.read_text(encoding="utf-8")
    for kind, block in re.findall(r"^```(console|policy)\n(.*?)^```", text, re.M | re.S):
        named = re.match(r"# (\S+\.policy)\n", block)
        if kind == "policy" and named:
            files[named[1]] = block
        for line in block.splitlines() if kind == "console" else ():
            if line.startswith("$ policydsl "):
                found.append(Step(line.split()[2:], files=files))
                files = {}
            else:
                found[-1].output.append(line)
    return found


def shape(lines: list[str]) -> list[list[str]]:
    """The words of each line, numbers made alike: a better solver may find other trades."""
    return [re.sub(r"[\d,.]*\d", "#", line).split() for line in lines]


@pytest.mark.parametrize("page", ["README.md", pytest.param("docs/cli.md", marks=pytest.mark.long)])
def test_the_commands_of_a_page_run_and_print_what_it_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown may break off at a line of dots."""
    monkeypatch.chdir(tmp_path)
    shown = steps(ROOT / page)
    assert shown[0].words[0] == "init"
    for step in shown:
        for name, text in step.files.items():
            Path(name).write_text(text, encoding="utf-8")
        result = CliRunner().invoke(cli, step.words, prog_name="policydsl")
        assert result.exit_code == 0, f"{' '.join(step.words)}\n{result.output}"
        end = step.output.index("...") if "..." in step.output else len(step.output)
        assert shape(result.stdout.splitlines()[:end]) == shape(step.output[:end])
        if step.words[0] == "init" and len(step.words) > 1:
            monkeypatch.chdir(tmp_path / step.words[1])


@pytest.mark.parametrize("script", ["Makefile", ".ci/run"])
def test_the_commands_of_a_script_exist(script: str) -> None:
    text = (ROOT / script).read_text(encoding="utf-8")
    called = re.findall(r"^\s+(?:\S+/)?policydsl (\w+)", text, re.M)
    assert len(called) >= 3
    for name in called:
        assert CliRunner().invoke(cli, [name, "--help"], prog_name="policydsl").exit_code == 0


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
