"""What the pages show is true: policies in them check out, commands in them run."""

from __future__ import annotations

import re
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


def commands(page: Path) -> list[tuple[list[str], list[str]]]:
    """The `$ policydsl ...` lines of a page with the output shown below each, in order."""
    found: list[tuple[list[str], list[str]]] = []
    for line in "".join(blocks(page, "console")).splitlines():
        if line.startswith("$ policydsl "):
            found.append((line.partition("  #")[0].split()[2:], []))
        else:
            found[-1][1].append(line)
    return found


@pytest.mark.parametrize("page", ["README.md", "docs/cli.md"])
def test_the_commands_of_a_page_run_and_print_what_it_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown may break off at a line of dots."""
    monkeypatch.chdir(tmp_path)
    shown = commands(ROOT / page)
    assert shown[0][0][0] == "init"
    for words, output in shown:
        result = CliRunner().invoke(cli, words, prog_name="policydsl")
        assert result.exit_code == 0, f"{' '.join(words)}\n{result.output}"
        expected = output[: output.index("...")] if "..." in output else output
        assert result.stdout.splitlines()[: len(expected)] == expected
        if words[0] == "init" and len(words) > 1:
            monkeypatch.chdir(tmp_path / words[1])


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
