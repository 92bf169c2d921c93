"""The policy book as a page, and with a run what each rule did in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from policydsl.output import counted
from policydsl.policy_book import Chapter, Entry, Fact, PolicyBook, introduction
from policydsl.policy_links import Link, Text
from policydsl.policy_overviews import Overview, index, overviews
from policydsl.reports.pages import (
    Block,
    Facts,
    Page,
    Paragraph,
    Part,
    Section,
    Styled,
    Words,
    code,
    row,
    table,
    with_heading,
)

Document = dict[str, Any]


def policy_page(book: PolicyBook, name: str = "policy", foot: tuple[Words, ...] = ()) -> Page:
    """Overviews, every layer with its files and their entries, indexes."""
    blocks = (
        *(_overview(each) for each in overviews(book)),
        *(_layer(layer, chapters) for layer, chapters in book.layers),
        *(_overview(each) for each in index(book)),
    )
    under = ((introduction(book),),)
    return Page(name, f"Policy book: {book.name}", under, blocks, foot)


def _overview(shown: Overview) -> Section:
    made = table(shown.title, " | ".join(shown.columns), [row(*cells) for cells in shown.rows])
    said: tuple[Block, ...] = (Paragraph((shown.says,)),) if shown.says else ()
    return Section(shown.to, shown.title, (*said, with_heading(made)))


def _layer(layer: str, chapters: Sequence[Chapter]) -> Section:
    return Section(f"layer-{layer}", f"Layer {layer}", tuple(map(_chapter, chapters)))


def _chapter(chapter: Chapter) -> Section:
    place = (code(chapter.name), f", {chapter.authority}, in ", code(chapter.path))
    entries = map(_entry, (*chapter.definitions, *chapter.entries))
    blocks = (Paragraph(place, "place"), *_facts(chapter.facts), *entries)
    return Section(chapter.to, chapter.title, blocks)


def _entry(entry: Entry) -> Section:
    place: list[Part] = [f"{entry.word.capitalize()} ", code(entry.name), ", "]
    place.append(code(f"{entry.path}:{entry.line}"))
    if entry.state:
        place.append(Styled(f" {entry.state}", "state"))
    said = tuple(Paragraph(tuple(each), "says") for each in entry.says)
    blocks = (Paragraph(tuple(place), "place"), *said, *_facts(entry.facts))
    return Section(entry.to, entry.title, blocks, "off" if entry.state else entry.word)


def _facts(facts: Sequence[Fact]) -> Iterator[Block]:
    if facts:
        yield Facts(tuple((each.label, tuple(map(tuple, each.values))) for each in facts))


# --- what a run says of each rule ----------------------------------------------------------------


@dataclass
class Did:
    """What a rule did in a run: ids of households, and numbers of trades."""

    in_force: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    traded: set[str] = field(default_factory=set)
    trades: int = 0
    held_back: int = 0
    approvals: int = 0
    broken: set[str] = field(default_factory=set)


def did(documents: Sequence[Document]) -> dict[str, Did]:
    """By rule: every rule that was in force for some household of the run."""
    found: dict[str, Did] = {}
    for document in documents:
        name, statements = document["household_id"], document.get("statements") or {}
        for statement in statements.values():
            found.setdefault(statement["rule_id"], Did()).in_force.add(name)
        for trade in document.get("trades") or ():
            for rule_id in trade["rules"]:
                found[rule_id].traded.add(name)
                found[rule_id].trades += 1
        for bound in document.get("bounds") or ():
            found[bound["rule_id"]].binds.add(name)
        for held in document.get("held_back") or ():
            for rule_id in {statements[key]["rule_id"] for key in held["statements"]}:
                found[rule_id].held_back += 1
        for approval in document.get("approvals") or ():
            found[approval["rule_id"]].approvals += len(approval["trades"])
        for broken in document.get("soft_broken") or ():
            found[broken["rule_id"]].broken.add(name)
    return found


def with_run(book: PolicyBook, documents: Sequence[Document]) -> PolicyBook:
    """The book with what the run did under each of its rules."""
    found = did(documents)

    def told(entry: Entry) -> Entry:
        if entry.word not in ("rule", "default", "note"):
            return entry
        said = _said(found.get(entry.name), len(documents))
        return replace(entry, facts=(*entry.facts, Fact("In this run", said)))

    def chapter(each: Chapter) -> Chapter:
        return replace(each, entries=tuple(map(told, each.entries)))

    layers = tuple((layer, tuple(map(chapter, chapters))) for layer, chapters in book.layers)
    return replace(book, layers=layers)


def _said(part: Did | None, households: int) -> tuple[Text, ...]:
    if part is None:
        return (("in force for no household",),)
    lines = [f"in force for {len(part.in_force):,} of {counted(households, 'household')}"]
    if part.trades:
        trades = counted(part.trades, "trade")
        lines.append(f"a cause of {trades} in {counted(len(part.traded), 'household')}")
    if part.binds:
        lines.append(f"binds in {counted(len(part.binds), 'household')}")
    if part.held_back:
        lines.append(f"holds back {counted(part.held_back, 'trade')} that would be worth making")
    if part.approvals:
        lines.append(f"{counted(part.approvals, 'trade')} to be approved")
    if part.broken:
        lines.append(f"broken in {counted(len(part.broken), 'household')}, as it may be")
    if len(lines) == 1:
        lines.append("had no part in any trade")
    return tuple((line,) for line in lines)


COLUMNS = "Rule | Title | >In force | >Binds | >Trades | >Held back | >To be approved"


def run_section(book: PolicyBook, documents: Sequence[Document]) -> Section:
    """One line a rule in the order of the book: households, and trades."""
    found = did(documents)
    rows = []
    for entry in book.entries:
        part = found.get(entry.name)
        if part is None or entry.word not in ("rule", "default", "note"):
            continue
        numbers = (len(part.in_force), len(part.binds), part.trades, part.held_back, part.approvals)
        rows.append(row((Link(entry.name, entry.to),), entry.title, *(f"{n:,}" for n in numbers)))
    title = "What each rule did in this run"
    said = (
        "In force and binds count households; the others count trades. A rule with no trades may "
        "still have kept some from being made."
    )
    return Section(
        "this-run", title, (Paragraph((said,)), with_heading(table(title, COLUMNS, rows)))
    )
