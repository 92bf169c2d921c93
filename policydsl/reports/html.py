"""A page as one HTML file that needs nothing else: no network, no script; it prints well."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from policydsl.policy_links import Link
from policydsl.reports.pages import (
    Beside,
    Block,
    Elsewhere,
    Facts,
    Listing,
    Measures,
    Page,
    Paragraph,
    Part,
    Picture,
    Section,
    Styled,
    Table,
    Words,
    sections,
    unturned,
)

TURNS = {"R", "AL", "AN"}
"""Classes of letters that are read from right to left, and may take their neighbours along."""
DEEPEST = 6


def to_html(page: Page) -> str:
    """A page with a contents list, headings in order, and tables with named columns."""
    style = (files("policydsl") / "pages" / "report.css").read_text(encoding="utf-8")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_safe(page.title)}</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#content">Skip to the content</a>',
            f"<header><h1>{_plain(page.title)}</h1>",
            *(f"<p>{_words(each)}</p>" for each in page.under),
            "</header>",
            *(_contents(page) if page.has_contents else ()),
            '<main id="content">',
            *_blocks(page.blocks, 2),
            "</main>",
            *(_foot(page) if page.foot else ()),
            "</body>",
            "</html>",
            "",
        ]
    )


def _foot(page: Page) -> Iterator[str]:
    yield "<footer>"
    yield from (f"<p>{_words(each)}</p>" for each in page.foot)
    yield "</footer>"


def _contents(page: Page) -> Iterator[str]:
    yield '<nav aria-labelledby="contents"><h2 id="contents">Contents</h2><ul>'
    for section in sections(page.blocks):
        yield f"<li>{_to(section)}"
        inner = [each for each in sections(section.blocks) if not each.look]
        if inner:
            yield f"<ul>{''.join(f'<li>{_to(each)}</li>' for each in inner)}</ul>"
        yield "</li>"
    yield "</ul></nav>"


def _to(section: Section) -> str:
    return f'<a href="#{_safe(section.to)}">{_plain(section.title)}</a>'


def _blocks(blocks: Iterable[Block], level: int) -> Iterator[str]:
    for block in blocks:
        match block:
            case Section():
                yield from _section(block, level)
            case Beside():
                yield '<div class="beside">'
                yield from _blocks(block.blocks, level)
                yield "</div>"
            case Table():
                yield from _table(block)
            case Picture():
                yield _picture(block)
            case Paragraph():
                look = f' class="{block.look}"' if block.look else ""
                yield f"<p{look}>{_words(block.text)}</p>"
            case Listing():
                yield _listing(block)
            case Facts():
                yield _facts(block)
            case Measures():
                yield from _measures(block)


def _section(section: Section, level: int) -> Iterator[str]:
    tag = f"h{min(level, DEEPEST)}"
    to = _safe(section.to)
    framed = "article" if section.look else "section"
    look = f' class="{section.look}"' if section.look else ""
    yield f'<{framed}{look} aria-labelledby="{to}">'
    yield f'<{tag} id="{to}">{_plain(section.title)}</{tag}>'
    yield from _blocks(section.blocks, level + 1)
    yield f"</{framed}>"


def _table(table: Table) -> Iterator[str]:
    looks = "stacked" if table.stacked else "wide"
    yield f'<div class="{looks}" tabindex="0" role="region" aria-label="{_safe(table.title)}">'
    yield "<table>" if table.headed else f"<table><caption>{_plain(table.title)}</caption>"
    heads = [
        f'<th scope="col"{_kind(each.number, each.wide)}>{_plain(each.name)}</th>'
        for each in table.columns
    ]
    yield f"<thead><tr>{''.join(heads)}</tr></thead><tbody>"
    named = [f' data-name="{_safe(each.name)}"' if table.stacked else "" for each in table.columns]
    kinds = [_kind(each.number, each.wide) for each in table.columns]
    for row in table.rows:
        look = f' class="{row.look}"' if row.look else ""
        to = f' id="{_safe(row.to)}"' if row.to else ""
        first, *others = row.cells
        cells = "".join(
            f"<td{kind}{name}>{_words(cell)}</td>"
            for cell, kind, name in zip(others, kinds[1:], named[1:], strict=True)
        )
        yield f'<tr{look}{to}><th scope="row"{kinds[0]}>{_words(first)}</th>{cells}</tr>'
    yield "</tbody></table></div>"
    if table.note:
        yield f'<p class="place">{_plain(table.note)}</p>'


def _kind(number: bool, wide: bool) -> str:
    return ' class="number"' if number else ' class="text"' if wide else ""


def _picture(picture: Picture) -> str:
    return f"<figure>{picture.svg}<figcaption>{_plain(picture.title)}</figcaption></figure>"


def _listing(listing: Listing) -> str:
    return f"<ul>{''.join(f'<li>{_words(item)}</li>' for item in listing.items)}</ul>"


def _facts(facts: Facts) -> str:
    rows = [
        f"<div><dt>{_plain(label)}</dt>{''.join(f'<dd>{_words(v)}</dd>' for v in values)}</div>"
        for label, values in facts.rows
    ]
    return f"<dl>{''.join(rows)}</dl>"


def _measures(measures: Measures) -> Iterator[str]:
    yield '<dl class="measures">'
    for each in measures.rows:
        detail = f'<dd class="detail">{_plain(each.detail)}</dd>' if each.detail else ""
        yield f"<div><dt>{_plain(each.label)}</dt><dd>{_plain(each.value)}</dd>{detail}</div>"
    yield "</dl>"


def _words(text: Words) -> str:
    return "".join(map(_part, text))


def _part(part: Part) -> str:
    match part:
        case str():
            return _plain(part)
        case Styled(look="code"):
            return f"<code>{_plain(part.text)}</code>"
        case Styled():
            return f'<span class="{part.look}">{_plain(part.text)}</span>'
        case _:
            return f'<a href="{_href(part)}">{_plain(part.text)}</a>'


def _href(link: Link | Elsewhere) -> str:
    return _safe(f"#{link.to}" if isinstance(link, Link) else f"{link.name}.html")


def _plain(text: str) -> str:
    """Text that is shown as it is; letters from right to left turn nothing around them."""
    turns = any(unicodedata.bidirectional(letter) in TURNS for letter in text)
    return f"<bdi>{_safe(text)}</bdi>" if turns else _safe(text)


def _safe(text: str) -> str:
    """Text without markup, and without control characters, which HTML cannot hold."""
    return escape("".join(each if _printable(each) else "\ufffd" for each in unturned(text)))


def _printable(letter: str) -> bool:
    return letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs", "Cn")
