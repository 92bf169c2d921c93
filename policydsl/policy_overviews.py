"""Tables over a whole policy book: waivers, who may change what, what is not in force, an index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policydsl.policy_book import Chapter, Entry, PolicyBook
from policydsl.policy_links import Link, Text


@dataclass(frozen=True, slots=True)
class Overview:
    """A table; each cell is a text that may lead somewhere."""

    to: str
    title: str
    says: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]


def overviews(book: PolicyBook) -> tuple[Overview, ...]:
    """The tables at the front of a book; one without rows is left out."""
    found = (_waivers(book), _grants(book), _choices(book), _not_today(book))
    return tuple(each for each in found if each.rows)


def index(book: PolicyBook) -> tuple[Overview, ...]:
    """The tables at its end."""
    found = (_definitions(book), _rules(book))
    return tuple(each for each in found if each.rows)


def _placed(book: PolicyBook, word: str = "") -> Iterator[tuple[Chapter, Entry]]:
    for chapter in book.chapters:
        for entry in chapter.entries:
            if word in ("", entry.word):
                yield chapter, entry


def _fact(entry: Entry | Chapter, label: str) -> Text:
    """The values of a fact on one line."""
    found = next((each.values for each in entry.facts if each.label == label), ())
    parts: list[str | Link] = []
    for number, value in enumerate(found):
        parts += ["; ", *value] if number else value
    return tuple(parts)


def _plain(text: Text) -> str:
    return "".join(part.text if isinstance(part, Link) else part for part in text)


def _whose(chapter: Chapter) -> Text:
    return (Link(str(chapter.authority), chapter.to),)


def _waivers(book: PolicyBook) -> Overview:
    def ends(row: tuple[Text, ...]) -> str:
        return _plain(row[2])

    rows = [
        (
            (Link(entry.name, entry.to),),
            entry.says[0][3:] or ("everything",),
            (_last_day(entry),),
            _fact(entry, "Approved by"),
            _fact(entry, "Reason"),
            _whose(chapter),
            (entry.state or "in effect",),
        )
        for chapter, entry in _placed(book, "waiver")
    ]
    return Overview(
        "waivers",
        "Waivers",
        "Rules that are lifted for a time, the first to end at the top.",
        ("Rule", "What is lifted", "Last day", "Approved by", "Reason", "In the file of", "Today"),
        tuple(sorted(rows, key=ends)),
    )


def _accounts(chapter: Chapter, entry: Entry) -> Text:
    """What the file and the statement ask of accounts."""
    asked = [_fact(each, "For accounts where") for each in (chapter, entry)]
    both: Text = (" and ",) if all(asked) else ()
    return (*asked[0], *both, *asked[1]) or ("all",)


def _last_day(entry: Entry) -> str:
    return _plain(_fact(entry, "In force")).partition("until ")[2]


def _grants(book: PolicyBook) -> Overview:
    rows = []
    for chapter, entry in _placed(book):
        for label, verb in (("May be set by", "set"), ("May be waived by", "waived")):
            granted = _fact(entry, label)
            if granted:
                rows.append(((Link(entry.name, entry.to),), (verb,), granted, _whose(chapter)))
    return Overview(
        "grants",
        "Who may change what",
        "What is not listed here can only be tightened by a lower layer, never loosened.",
        ("Rule", "May be", "By, and how far", "Granted by"),
        tuple(rows),
    )


def _choices(book: PolicyBook) -> Overview:
    rows = tuple(
        (
            (Link(entry.name, entry.to),),
            entry.says[0][3:],
            _whose(chapter),
            _accounts(chapter, entry),
            _fact(entry, "Reason"),
            (entry.state or _plain(_fact(entry, "In force")) or "always",),
        )
        for chapter, entry in _placed(book, "set")
    )
    return Overview(
        "choices",
        "Values chosen by lower layers",
        "For each default, the lowest layer that may choose wins.",
        ("Default", "Value", "In the file of", "Accounts", "Reason", "In force"),
        rows,
    )


def _not_today(book: PolicyBook) -> Overview:
    rows = tuple(
        (
            (Link(entry.name, entry.to),),
            (entry.word,),
            (entry.title,),
            (entry.state,),
            _whose(chapter),
        )
        for chapter, entry in _placed(book)
        if entry.state
    )
    day = f" on {book.as_of}" if book.as_of else ""
    return Overview(
        "not-in-force",
        f"Not in force{day}",
        "Written, and without effect for the reason given.",
        ("Name", "Kind", "Title", "Why", "In the file of"),
        rows,
    )


def _definitions(book: PolicyBook) -> Overview:
    rows = [
        (
            (Link(entry.name, entry.to),),
            entry.says[0],
            _whose(chapter),
            _fact(entry, "Used by"),
        )
        for chapter in book.chapters
        for entry in chapter.definitions
    ]
    return Overview(
        "definitions",
        "Definitions",
        "Names that rules use, and what they mean.",
        ("Name", "Means", "In the file of", "Used by"),
        tuple(sorted(rows, key=lambda row: _plain(row[0]))),
    )


def _rules(book: PolicyBook) -> Overview:
    rows = [
        (
            (Link(entry.name, entry.to),),
            (entry.title,),
            (entry.word,),
            _whose(chapter),
            (f"{entry.path}:{entry.line}",),
        )
        for chapter, entry in _placed(book)
        if entry.word in ("rule", "default", "note")
    ]
    return Overview(
        "rules",
        "Rules by name",
        "",
        ("Name", "Title", "Kind", "In the file of", "File and line"),
        tuple(sorted(rows, key=lambda row: _plain(row[0]))),
    )
