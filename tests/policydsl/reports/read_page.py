"""A page as a browser and a screen reader make it: headings, tables, links, pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "br", "link"}
ACTS = re.compile(r"^on|^(src|srcdoc|action|formaction|ping|poster|data)$")


@dataclass
class Read:
    """A table as it is shown: its caption, the names of its columns, its rows of texts."""

    title: str = ""
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


class ReadPage(HTMLParser):
    """Raises AssertionError where tags are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.tables: list[Read] = []
        self.words: list[str] = []
        self._said: list[str] = []
        self.feed(text)
        assert self.open == []

    @property
    def text(self) -> str:
        return "".join(self.words)

    def table(self, title: str) -> Read:
        """The table whose caption has the words."""
        return next(each for each in self.tables if title in each.title)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append(Read())
        elif tag == "tr" and "tbody" in self.open:
            self.tables[-1].rows.append([])
        if tag in ("th", "td", "caption") or re.fullmatch(r"h\d", tag):
            self._said = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        said = "".join(self._said)
        if tag == "caption":
            self.tables[-1].title = said
        elif tag in ("th", "td"):
            row = self.tables[-1].rows[-1] if "tbody" in self.open else self.tables[-1].columns
            row.append(said)
        elif re.fullmatch(r"h\d", tag):
            self.headings.append((int(tag[1]), said))

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words.append(data)
            self._said.append(data)


def sound(text: str, others: set[str]) -> ReadPage:
    """The page, if it is one that everybody can read and that asks for nothing from outside.
    `others` are the pages that stand beside it."""
    page = ReadPage(text)
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(late - early <= 1 for early, late in pairwise(levels)), levels
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        else:
            assert link in others, link
    tags = [tag for tag, _ in page.tags]
    assert ("html", {"lang": "en"}) in page.tags
    assert not {"script", "iframe", "object", "embed", "img", "link", "form"} & set(tags)
    assert tags.count("svg") == sum(attrs.get("role") == "img" for _, attrs in page.tags)
    assert tags.count("svg") == tags.count("desc")
    assert not [name for _, attrs in page.tags for name in attrs if ACTS.search(name)]
    assert not re.findall(r"url\((?!#)|@import|https?://(?!www\.w3\.org/)", text)
    heads = [attrs.get("scope") for tag, attrs in page.tags if tag == "th"]
    assert set(heads) <= {"col", "row"}
    assert all(len(row) == len(each.columns) for each in page.tables for row in each.rows)
    return page
