"""The policy book as one page of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policydsl.policy_book import Chapter, Entry, PolicyBook, introduction
from policydsl.policy_links import Link, Text
from policydsl.policy_overviews import Overview, index, overviews


def to_markdown(book: PolicyBook) -> str:
    """Headings, tables and lists; every reference is a link inside the page."""
    lines = [f"# Policy book: {_plain(book.name)}", "", introduction(book), "", "## Contents", ""]
    lines += _contents(book)
    for table in overviews(book):
        lines += _overview(table)
    for layer, chapters in book.layers:
        lines += ["", f'<a id="layer-{layer}"></a>', "", f"## Layer {_plain(layer)}"]
        for chapter in chapters:
            lines += _chapter(chapter)
    for table in index(book):
        lines += _overview(table)
    return "\n".join(lines) + "\n"


def _contents(book: PolicyBook) -> Iterator[str]:
    for table in overviews(book):
        yield f"- [{table.title}](#{table.to})"
    for layer, chapters in book.layers:
        yield f"- [Layer {_plain(layer)}](#layer-{layer})"
        yield from (f"    - [{_plain(each.title)}](#{each.to})" for each in chapters)
    for table in index(book):
        yield f"- [{table.title}](#{table.to})"


def _overview(table: Overview) -> Iterator[str]:
    yield from ("", f'<a id="{table.to}"></a>', "", f"## {table.title}", "")
    if table.says:
        yield from (table.says, "")
    yield f"| {' | '.join(table.columns)} |"
    yield f"|{'---|' * len(table.columns)}"
    for row in table.rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield from ("", f'<a id="{chapter.to}"></a>', "", f"### {_plain(chapter.title)}", "")
    yield f"`{chapter.name}`, {_plain(str(chapter.authority))}, in `{chapter.path}`"
    if chapter.facts:
        yield ""
    for fact in chapter.facts:
        yield f"- {fact.label}: {'; '.join(_text(each) for each in fact.values)}"
    for entry in (*chapter.definitions, *chapter.entries):
        yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    heading = _plain(entry.title)
    yield from ("", f'<a id="{entry.to}"></a>', "", f"#### {heading}", "")
    state = f" **({entry.state})**" if entry.state else ""
    yield f"{entry.word.capitalize()} `{entry.name}`, `{entry.path}:{entry.line}`{state}"
    yield ""
    yield from (f"> {_text(each)}  " for each in entry.says)
    if entry.facts:
        yield ""
    for fact in entry.facts:
        yield f"- {fact.label}: {'; '.join(_text(each) for each in fact.values)}"


def _text(text: Text) -> str:
    return "".join(
        f"[{_plain(part.text)}](#{part.to})" if isinstance(part, Link) else _plain(part)
        for part in text
    )


def _cell(text: Text) -> str:
    return _text(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>#])", r"\\\1", text)
