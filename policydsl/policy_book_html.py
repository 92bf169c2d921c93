"""The policy book as one HTML file that needs nothing else: no network, no script, prints well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from policydsl.policy_book import Chapter, Entry, Fact, PolicyBook, introduction
from policydsl.policy_links import Link, Text
from policydsl.policy_overviews import Overview, index, overviews


def to_html(book: PolicyBook) -> str:
    """A page with a contents list, headings in order, and tables with named columns."""
    title = f"Policy book: {escape(book.name)}"
    style = (files("policydsl") / "pages" / "policy_book.css").read_text(encoding="utf-8")
    body = [
        '<a class="skip" href="#content">Skip to the content</a>',
        f"<header><h1>{title}</h1><p>{escape(introduction(book))}</p></header>",
        '<nav aria-labelledby="contents"><h2 id="contents">Contents</h2>',
        *_contents(book),
        "</nav>",
        '<main id="content">',
        *(row for table in overviews(book) for row in _overview(table)),
        *(row for layer, chapters in book.layers for row in _layer(layer, chapters)),
        *(row for table in index(book) for row in _overview(table)),
        "</main>",
    ]
    head = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>\n{style}</style>",
        "</head>",
    ]
    return "\n".join([*head, "<body>", *body, "</body>", "</html>"]) + "\n"


def _contents(book: PolicyBook) -> Iterator[str]:
    yield "<ul>"
    yield from (_item(table.title, table.to) for table in overviews(book))
    for layer, chapters in book.layers:
        yield f'<li><a href="#layer-{escape(layer)}">Layer {escape(layer)}</a><ul>'
        yield from (_item(each.title, each.to) for each in chapters)
        yield "</ul></li>"
    yield from (_item(table.title, table.to) for table in index(book))
    yield "</ul>"


def _item(title: str, to: str) -> str:
    return f'<li><a href="#{escape(to)}">{escape(title)}</a></li>'


def _overview(table: Overview) -> Iterator[str]:
    yield f'<section aria-labelledby="{table.to}"><h2 id="{table.to}">{escape(table.title)}</h2>'
    if table.says:
        yield f"<p>{escape(table.says)}</p>"
    yield '<div class="wide"><table>'
    columns = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.columns)
    yield f"<thead><tr>{columns}</tr></thead><tbody>"
    for first, *others in table.rows:
        cells = "".join(f"<td>{_text(cell)}</td>" for cell in others)
        yield f'<tr><th scope="row">{_text(first)}</th>{cells}</tr>'
    yield "</tbody></table></div></section>"


def _layer(layer: str, chapters: Iterable[Chapter]) -> Iterator[str]:
    to = f"layer-{escape(layer)}"
    yield f'<section aria-labelledby="{to}"><h2 id="{to}">Layer {escape(layer)}</h2>'
    for chapter in chapters:
        yield from _chapter(chapter)
    yield "</section>"


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f'<h3 id="{escape(chapter.to)}">{escape(chapter.title)}</h3>'
    place = f"<code>{escape(chapter.name)}</code>, {escape(str(chapter.authority))}"
    yield f'<p class="place">{place}, in <code>{escape(chapter.path)}</code></p>'
    yield from _facts(chapter.facts)
    for entry in (*chapter.definitions, *chapter.entries):
        yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    kind = "off" if entry.state else entry.word
    yield f'<article class="{kind}" aria-labelledby="{escape(entry.to)}">'
    yield f'<h4 id="{escape(entry.to)}">{escape(entry.title)}</h4>'
    place = f"{entry.word.capitalize()} <code>{escape(entry.name)}</code>, "
    state = f' <strong class="state">{escape(entry.state)}</strong>' if entry.state else ""
    yield f'<p class="place">{place}<code>{escape(entry.path)}:{entry.line}</code>{state}</p>'
    yield from (f'<p class="says">{_text(each)}</p>' for each in entry.says)
    yield from _facts(entry.facts)
    yield "</article>"


def _facts(facts: Iterable[Fact]) -> Iterator[str]:
    listed = list(facts)
    if not listed:
        return
    yield "<dl>"
    for fact in listed:
        values = "".join(f"<dd>{_text(each)}</dd>" for each in fact.values)
        yield f"<div><dt>{escape(fact.label)}</dt>{values}</div>"
    yield "</dl>"


def _text(text: Text) -> str:
    return "".join(
        f'<a href="#{escape(part.to)}">{escape(part.text)}</a>'
        if isinstance(part, Link)
        else escape(part)
        for part in text
    )
