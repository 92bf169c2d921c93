"""`policydsl docs`: every rule with all that belongs to it, as Markdown and as HTML for people."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader

from compiler.policyset import load_policies
from tests.policydsl.runs import POLICIES, policydsl

CASE = Path(__file__).parent / "cases" / "policy_book"
VOID = {"meta", "br", "link"}
STYLE = POLICIES.parent / "policydsl" / "pages" / "report.css"


def written(folder: Path, policies: Path, *words: str) -> tuple[str, str]:
    result = policydsl("docs", "--policies", policies, "-o", folder, *words)
    assert "internal" not in result.stderr
    return (folder / "policy-book.md").read_text(), (folder / "policy-book.html").read_text()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("book")
    return written(folder, CASE / "policies", "--as-of", "2026-06-15")


class Page(HTMLParser):
    """What a browser and a screen reader make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        self.headings += [int(tag[1])] if re.fullmatch(r"h\d", tag) else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_book_of_every_construct(pages: tuple[str, str], golden) -> None:  # type: ignore[no-untyped-def]
    golden(CASE / "policy-book.md", pages[0])


def test_links_of_the_markdown_lead_somewhere(pages: tuple[str, str]) -> None:
    anchors = re.findall(r'<a id="([^"]+)">', pages[0])
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r"\]\(#([^)]+)\)", pages[0])) <= {*anchors}


def test_the_html_is_one_sound_page(pages: tuple[str, str]) -> None:
    page = Page(pages[1])
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= {*page.ids}
    assert all(link.startswith("#") for link in page.links)
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    steps = zip(page.headings, page.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)


def test_the_html_needs_nothing_else(pages: tuple[str, str]) -> None:
    page = Page(pages[1])
    assert not {"script", "img", "link", "iframe", "form"} & {tag for tag, _ in page.tags}
    assert "http" not in pages[1]
    assert "url(" not in pages[1]
    assert "@media print" in pages[1]


def test_columns_and_rows_of_tables_are_named(pages: tuple[str, str]) -> None:
    headers = [attrs for tag, attrs in Page(pages[1]).tags if tag == "th"]
    assert headers
    assert all(attrs.get("scope") in ("col", "row") for attrs in headers)


def test_both_say_the_same(pages: tuple[str, str]) -> None:
    def words(text: str) -> list[str]:
        return sorted(re.findall(r"\w+", text))

    markdown = re.sub(r'<a id="[^"]+"></a>|\]\(#[^)]+\)|\|---.*', "", pages[0]).replace("\\", "")
    page = Page(
        re.sub(r"<style>.*?</style>|<title>.*?</title>|<a class.*?</a>", "", pages[1], flags=re.S)
    )
    assert words(" ".join(page.words)) == words(markdown)


def test_the_book_is_on_paper_too(tmp_path: Path) -> None:
    written(tmp_path, CASE / "policies", "--as-of", "2026-06-15")
    paper = PdfReader(tmp_path / "policy-book.pdf")
    text = " ".join(page.extract_text() for page in paper.pages)
    page = Page((tmp_path / "policy-book.html").read_text())
    ids = {name.removeprefix("rule-") for name in page.ids if name.startswith("rule-")}
    assert ids
    assert all(name.partition("..")[0] in text for name in ids)
    assert len(paper.outline) >= 4


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
    channels = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_words_stand_out_from_every_background() -> None:
    style = STYLE.read_text()
    inks = set(re.findall(r"[ {;]color: #([0-9a-f]{3,6})", style))
    grounds = set(re.findall(r"background: #([0-9a-f]{3,6})", style))
    assert len(inks) >= 3
    assert len(grounds) >= 3
    for ink in inks:
        for ground in grounds:
            light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_no_word_of_a_policy_becomes_markup(tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_text(
        'policy a.b "<script>alert(1)</script>"\nlayer firm\n\n'
        'rule a.c "A | b <i>c</i> [d](#e) `f`"\n    never buy "<b>"\n'
        '    because "<img src=x onerror=alert(1)> & <!--"\n'
    )
    markdown, html = written(tmp_path / "made", tmp_path)
    tags = {tag for tag, _ in Page(html).tags}
    assert not {"script", "i", "b", "img"} & tags
    assert "<script>" not in markdown.replace("\\<", "")
    assert "A \\| b" in markdown


def test_the_same_set_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (written(tmp_path / name, POLICIES, "--as-of", "2026-03-31") for name in "ab")
    assert one == two


def test_every_statement_of_the_house_has_its_entry(tmp_path: Path) -> None:
    _, html = written(tmp_path, POLICIES)
    ids = set(Page(html).ids)
    named = [
        name
        for file in load_policies(POLICIES).files
        for name in re.findall(r"^(?:rule|default|note) (\S+)", file.text, re.M)
    ]
    assert len(named) > 20
    assert {f"rule-{name}" for name in named} <= ids


def test_json_has_references_as_links(pages: tuple[str, str]) -> None:
    said = policydsl("docs", "--policies", POLICIES, "--format", "json")
    layers = json.loads(said.stdout)["layers"]
    (esg,) = (each for each in layers[1][1] if each["name"] == "ipc.esg")
    (rule,) = esg["entries"]
    assert rule["says"] == [["never hold ", {"text": "tobacco", "to": "define-ipc.esg-tobacco"}]]


def test_mistakes_are_told_and_the_book_marks_what_they_cost(tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_text(
        'policy a.b "A"\nlayer firm\n\nrule a.c "C"\n    never buy nothing_defined\n'
    )
    result = policydsl("docs", "--policies", tmp_path)
    assert result.exit_code == 1
    assert "error[E0202]" in result.stderr
    assert "**(no effect: E0202)**" in result.stdout


def test_two_rules_of_one_id_have_two_places(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.policy").write_text(
            f'policy p.{name} "P"\nlayer firm\ndefine d as "A"\nrule r.r "R"\n    never buy d\n'
        )
    _, html = written(tmp_path / "made", tmp_path)
    ids = Page(html).ids
    assert len(set(ids)) == len(ids)
    assert {"rule-r.r", "rule-r.r..2"} <= set(ids)
