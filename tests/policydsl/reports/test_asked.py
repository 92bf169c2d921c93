"""What was asked after a run stands on the household's page, in the words of its sealed answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from policydsl.explanations.other_ways import other_ways
from policydsl.explanations.words import household_but_for, matters
from policydsl.record.digests import dumped
from tests.policydsl.reports.read_page import ReadPage, sound
from tests.policydsl.runs import Document, policydsl, proposal, words_of


@pytest.fixture(scope="module")
def asked(endings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the run in which somebody asked about H1. Read only."""
    run = Path(shutil.copytree(endings, tmp_path_factory.mktemp("asked") / "run"))
    for words in (
        ("--household", "H1", "--but-for"),
        ("--trade", proposal(run, "H1")["trades"][0]["trade_id"]),
    ):
        result = policydsl("explain", run, *words)
        assert result.exit_code == 0, result.output
    return run


def answers(run: Path, kind: str) -> list[Document]:
    found = [
        json.loads(path.read_bytes()) for path in sorted((run / "explanations").rglob("*.json"))
    ]
    return [each for each in found if each["question"]["kind"] == kind]


def plain(text: str) -> str:
    return words_of(text).replace(" ", "")


def test_answers_stand_on_the_page(asked: Path, tmp_path: Path) -> None:
    words = ("--kind", "trades", "--for", "auditor", "--household", "H1", "-o", tmp_path)
    assert policydsl("report", asked, *words).exit_code == 0
    page = sound((tmp_path / "trades-H1.html").read_text(encoding="utf-8"), set())
    text = plain(page.text)
    rules = answers(asked, "but-for")
    assert any(matters(each) for each in rules)
    for each in rules:
        said = household_but_for(each) if matters(each) else each["question"]["rule_id"]
        assert plain(said) in text
    document = proposal(asked, "H1")
    trades = {trade["trade_id"]: trade for trade in document["trades"]}
    for each in answers(asked, "alternatives"):
        said = other_ways(each, trades[each["question"]["trade_id"]], document)
        assert plain(said.removeprefix("Instead: ")) in text
    assert answers(asked, "not-done")
    headings = [title for _, title in page.headings]
    assert "What would have been otherwise" in headings


def test_nobody_asked_about_the_others(asked: Path, tmp_path: Path) -> None:
    words = ("--kind", "trades", "--household", "H6", "-o", tmp_path)
    assert policydsl("report", asked, *words).exit_code == 0
    page = ReadPage((tmp_path / "trades-H6.html").read_text(encoding="utf-8"))
    assert "What would have been otherwise" not in page.text


def test_an_altered_answer_is_not_reported(asked: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(asked, tmp_path / "run"))
    path = next((run / "explanations").rglob("*.json"))
    document = json.loads(path.read_bytes())
    path.write_bytes(dumped(document | {"run": "0" * 64}))
    result = policydsl("report", run, "--kind", "trades", "-o", tmp_path / "pages")
    assert result.exit_code == 2
    assert "policydsl verify" in words_of(result.stderr)
