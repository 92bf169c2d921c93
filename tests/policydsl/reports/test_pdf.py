"""The same pages on paper: tagged, with bookmarks and page numbers, and all of the words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pypdf import PdfReader
from pypdf.generic import Destination

from policydsl.reports.figures import money, shares
from tests.policydsl.endings import HOSTILE
from tests.policydsl.runs import policydsl, proposal, proposals


def papers(run: Path, folder: Path, *words: str) -> dict[str, Path]:
    result = policydsl("report", run, "--kind", "trades", "--format", "pdf", "-o", folder, *words)
    assert result.exit_code == 0, result.output
    return {path.name: path for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def ending_papers(endings: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return papers(endings, tmp_path_factory.mktemp("papers"))


def text_of(path: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_it_is_tagged_named_and_in_a_language(ending_papers: dict[str, Path]) -> None:
    assert len(ending_papers) == 7
    for name, path in ending_papers.items():
        paper = PdfReader(path)
        root = paper.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"] == "en"
        assert "/StructTreeRoot" in root
        assert b"pdfuaid" in root["/Metadata"].get_data()
        assert paper.metadata is not None
        expected = "of a run" if name == "trades.pdf" else name[7:-4]
        assert paper.metadata.title.endswith(expected)
        assert not {"/JavaScript", "/EmbeddedFiles"} & set(root.get("/Names", {}))


def test_pages_have_numbers_and_headings_are_bookmarks(ending_papers: dict[str, Path]) -> None:
    paper = PdfReader(ending_papers["trades-H1.pdf"])
    count = len(paper.pages)
    for number, page in enumerate(paper.pages, 1):
        assert f"{number} of {count}" in page.extract_text()
    marks = [each.title for each in paper.outline if isinstance(each, Destination)]
    assert marks[:2] == ["Approvals awaited", "Before and after"]
    assert marks[-1] == "Rules in force"


def test_every_trade_is_there(small_run: Path, tmp_path: Path) -> None:
    found = papers(small_run, tmp_path / "papers", "--household", "H00001")
    text = text_of(found["trades-H00001.pdf"])
    document = proposal(small_run, "H00001")
    assert len(document["trades"]) > 20
    for trade in document["trades"]:
        numbers = f"{shares(trade['shares'])} {money(trade['price'])} {money(trade['amount'])}"
        assert numbers in text
        assert trade["ticker"] in text


def test_pictures_are_told_in_words(ending_papers: dict[str, Path]) -> None:
    content = ending_papers["trades-H1.pdf"].read_bytes()
    told = re.findall(rb"/Alt ?[(<]", content)
    assert len(told) >= 2


def test_endings_and_hostile_names_are_words(endings: Path, ending_papers: dict[str, Path]) -> None:
    for document in proposals(endings):
        text = text_of(ending_papers[f"trades-{document['household_id']}.pdf"])
        if "trades" not in document:
            assert "Nothing is proposed" in text
    text = text_of(ending_papers["trades-H6.pdf"]).replace("\u200b", "")
    assert HOSTILE.split("\u202e")[0].strip() in text
    assert "gnp.exe" in text
    assert "No <i>bets</i> & no 'favourites'" in text
    assert re.sub(r"\s", "", HOSTILE[-200:]) in re.sub(r"\s", "", text)


def test_the_same_run_gives_the_same_paper(
    endings: Path, ending_papers: dict[str, Path], tmp_path: Path
) -> None:
    again = papers(endings, tmp_path / "papers", "--household", "H1")
    assert again["trades-H1.pdf"].read_bytes() == ending_papers["trades-H1.pdf"].read_bytes()
