"""A page as a tagged PDF (PDF/UA-1): headings are bookmarks, tables and pictures are told in words.

Typst sets it, from a wheel that brings all it needs. The page goes to it as data, so that no text
of the page is ever read as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib
import typst

from policydsl.policy_links import Link
from policydsl.reports.pages import (
    Beside,
    Block,
    Column,
    Facts,
    Listing,
    Measures,
    Page,
    Paragraph,
    Part,
    Picture,
    Row,
    Section,
    Styled,
    Table,
    Words,
    plain,
    unturned,
)

Data = dict[str, Any]
UNBROKEN = re.compile(r"[^\s\u200b-]{28}")
"""What no line can break: a chance to is put behind each."""
REMEMBERED = 10
LONG = 28  # characters of a column that takes a part of the room, as wide ones do


def to_pdf(page: Page) -> bytes:
    """The same page as `to_html` writes."""
    anchors = frozenset(_anchors(page.blocks))
    shown = _Shown(anchors)
    data = {
        "title": _breakable(page.title),
        "under": [shown.words(each) for each in page.under],
        "blocks": shown.blocks(page.blocks),
        "foot": [shown.words(each) for each in page.foot],
        "contents": page.has_contents,
    }
    made = typst.compile(
        (files("policydsl") / "pages" / "report.typ").read_bytes(),
        font_paths=_fonts(),
        sys_inputs={"page": json.dumps(data)},
        pdf_standards="ua-1",
    )
    _forget()
    return made


def _forget() -> None:
    """Typst keeps its work on the last ten documents, 100 MB of it for a long one, in case they
    come again; ours do not."""
    for _ in range(REMEMBERED):
        typst.compile(b"", font_paths=_fonts())


@cache
def _fonts() -> typst.Fonts:
    """What typst and matplotlib bring; the system's for letters that neither has."""
    return typst.Fonts(font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")])


def _anchors(blocks: Iterable[Block]) -> Iterator[str]:
    """What links may lead to."""
    for block in blocks:
        match block:
            case Section():
                yield block.to
                yield from _anchors(block.blocks)
            case Beside():
                yield from _anchors(block.blocks)
            case Table():
                yield from (row.to for row in block.rows if row.to)
            case _:
                pass


class _Shown:
    """A page as data for the setter; links that lead nowhere in it are words."""

    def __init__(self, anchors: frozenset[str]) -> None:
        self._anchors = anchors

    def blocks(self, blocks: Iterable[Block]) -> list[Data]:
        return [self._block(block) for block in blocks]

    def _block(self, block: Block) -> Data:
        match block:
            case Section():
                inner = self.blocks(block.blocks)
                named = {"to": block.to, "title": _breakable(block.title), "look": block.look}
                return {"kind": "section", **named, "blocks": inner}
            case Beside():
                return {"kind": "beside", "blocks": self.blocks(block.blocks)}
            case Table():
                return self._table(block)
            case Picture():
                return {"kind": "picture", "title": block.title, "says": block.says} | {
                    "svg": block.svg
                }
            case Paragraph():
                return {"kind": "paragraph", "look": block.look, "text": self.words(block.text)}
            case Listing():
                return {"kind": "listing", "items": [self.words(item) for item in block.items]}
            case Facts():
                rows = [[label, [self.words(v) for v in values]] for label, values in block.rows]
                return {"kind": "facts", "rows": rows}
            case Measures():
                return {"kind": "measures"} | {
                    "rows": [[each.label, each.value, each.detail] for each in block.rows]
                }

    def _table(self, table: Table) -> Data:
        return {
            "kind": "table",
            "title": "" if table.headed else _breakable(table.title),
            "note": table.note,
            "columns": [[each.name, each.number] for each in table.columns],
            "widths": list(_widths(table.columns, table.rows)),
            "rows": [
                {"look": row.look, "to": row.to, "cells": [self.words(c) for c in row.cells]}
                for row in table.rows
            ],
        }

    def words(self, text: Words) -> list[Data]:
        """Each part with where it leads, if anywhere."""
        return [self._part(part) for part in text]

    def _part(self, part: Part) -> Data:
        said = _breakable(part if isinstance(part, str) else part.text)
        to = part.to if isinstance(part, Link) and part.to in self._anchors else ""
        return {"text": said, "to": to, "look": part.look if isinstance(part, Styled) else ""}


def _widths(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[int]:
    """Parts of the room that columns share; 0 is as much as the longest cell needs."""
    found = []
    for place, column in enumerate(columns):
        longest = max((len(plain(row.cells[place])) for row in rows), default=0)
        found.append(0 if column.number else 3 if column.wide else 1 if longest > LONG else 0)
    return iter(found if any(found) else [0 if each.number else 1 for each in columns])


def _breakable(text: str) -> str:
    """Text that fits any column."""
    return UNBROKEN.sub(lambda found: f"{found[0]}\u200b", unturned(text))
