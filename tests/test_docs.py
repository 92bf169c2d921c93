"""What the pages show is true: policies in them check out, commands in them run."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.check import check_policies
from compiler.policyset import load_policies
from grammar.diagnostics import render_text
from grammar.layout import layout
from grammar.parse import parse
from policydsl.cli import cli

ROOT = Path(__file__).resolve().parent.parent
READERS = sorted((ROOT / "docs" / "readers").glob("*.md"))
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
    before = ""
    for example in examples:
        lower = re.search(r"^(set|waive) ", example, re.M)
        assert_sound(tmp_path, [before, example] if lower else [example])
        before = example


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
    """A `$ policydsl ...` line of a page, the output below it, and files shown before it.

    It ends with exit code `code`, which a page says as ```` ```console exit=1 ````.
    """

    words: list[str]
    code: int = 0
    output: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


BLOCK = re.compile(
    r"^```(console|policy|policytest|toml|yaml)(?: exit=(\d))?\n(.*?)^```", re.M | re.S
)
NAMED = re.compile(r"# (\S+\.(?:policy|policytest|toml|yaml))\n")


def steps(page: Path) -> list[Step]:
    found: list[Step] = []
    files: dict[str, str] = {}
    for kind, code, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        named = NAMED.match(block)
        if kind != "console" and named:
            files[named[1]] = block.removeprefix(named[0])
        for line in block.splitlines() if kind == "console" else ():
            if line.startswith("$ policydsl "):
                found.append(Step(shlex.split(line)[2:], int(code or 0), files=files))
                files = {}
            else:
                found[-1].output.append(line)
    return found


def shape(lines: list[str]) -> list[list[str]]:
    """The words of each line, numbers made alike: a better solver may find other trades."""
    return [re.sub(r"[\d,.]*\d", "#", line).split() for line in lines]


def take(step: Step) -> list[str]:
    """Do as a page says, and return what is printed, as far as the page shows it."""
    for name, text in step.files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, step.words, prog_name="policydsl")
    assert result.exit_code == step.code, f"{' '.join(step.words)}\n{result.output}"
    end = step.output.index("...") if "..." in step.output else len(step.output)
    step.output = step.output[:end]
    return result.stdout.splitlines()[:end]


LONG = ("docs/cli.md", *(f"docs/readers/{page.name}" for page in READERS))


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/tutorial.md",
        *(pytest.param(page, marks=pytest.mark.long) for page in LONG),
    ],
)
def test_the_commands_of_a_page_run_and_print_what_it_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown may break off at a line of dots."""
    monkeypatch.chdir(tmp_path)
    shown = steps(ROOT / page)
    assert shown[0].words[0] == "init"
    for step in shown:
        assert shape(take(step)) == shape(step.output)
        if step.words[0] == "init" and len(step.words) > 1:
            monkeypatch.chdir(tmp_path / step.words[1])


def test_the_worked_example_of_merging_is_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "docs" / "examples" / "merge")
    shown = steps(ROOT / "docs" / "merging.md")
    assert len(shown) == 2
    for step in shown:
        assert take(step) == step.output


@pytest.mark.parametrize("page", READERS, ids=lambda page: page.stem)
def test_policies_of_a_reader_s_page_are_sound(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "policy"):
        text = NAMED.sub("", block)
        assert_sound(tmp_path, [text])
        assert layout(parse(text, page.name)[0]) == text


def test_the_library_is_called_as_the_developer_s_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = blocks(ROOT / "docs" / "readers" / "developer.md", "python")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(cli, ["init"], prog_name="policydsl").exit_code == 0
    exec(example, {})


def test_every_reader_has_a_page_and_the_index_leads_to_all() -> None:
    assert len(READERS) == 6
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = [*(ROOT / "docs").glob("*.md"), *READERS]
    missing = [
        page.name
        for page in pages
        if page.name != "index.md"
        and f"({page.relative_to(ROOT / 'docs').as_posix()})" not in index
    ]
    assert missing == []


def test_anchors_of_links_are_headings() -> None:
    def headings(page: Path) -> set[str]:
        text = page.read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.+)$", text, re.M)
        return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}

    broken = [
        f"{page.relative_to(ROOT)}: {target}#{anchor}"
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for target, anchor in re.findall(
            r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8")
        )
        if anchor not in headings(page.parent / target if target else page)
    ]
    assert broken == []


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
