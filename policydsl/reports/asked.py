"""What was asked about a household after the run, and sealed beside it: without a rule, instead of
a trade, what was left undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policydsl.explanations.not_done_words import cash_left, drift_left, loss_left, soft_left
from policydsl.explanations.other_ways import other_ways
from policydsl.explanations.words import household_but_for, matters
from policydsl.policy_links import Link
from policydsl.reports.cited import Cited
from policydsl.reports.orders import anchor
from policydsl.reports.pages import Block, Listing, Paragraph, Row, Section, row, stacked, table
from policydsl.reports.record import Record

Document = dict[str, Any]
LEFT = (
    ("drift", "Away from the target", drift_left),
    ("losses", "Losses not harvested", loss_left),
    ("soft", "Rules broken that may be", soft_left),
    ("cash", "Cash left", cash_left),
)
MOST = 12  # sentences of a kind for an advisor


def asked_section(record: Record, document: Document, cited: Cited) -> Section | None:
    """The answers, each solved again from the run's own inputs; nothing where nobody asked."""
    found = record.answers.get(document["household_id"], [])
    blocks = tuple(_blocks(found, document, cited))
    if not blocks:
        return None
    lead = Paragraph(("Asked after the run, and solved again from its own inputs.",), "place")
    return Section("asked", "What would have been otherwise", (lead, *blocks))


def _blocks(found: list[Document], document: Document, cited: Cited) -> Iterator[Block]:
    def of(kind: str) -> list[Document]:
        return [each for each in found if each["question"]["kind"] == kind]

    rules = of("but-for")
    if rules:
        yield Section("but-for", "Without a rule", tuple(_without(rules, cited)))
    ways = _instead(of("alternatives"), document, cited)
    if ways:
        made = stacked(table("What else was open", "Trade | *Instead", ways))
        yield Section("instead", "Instead of a trade", (made,))
    for explanation in of("not-done"):
        yield from _left(explanation["answer"], document, cited)


def _without(rules: list[Document], cited: Cited) -> Iterator[Block]:
    told = [cited.linked(household_but_for(each)) for each in rules if matters(each)]
    if told:
        yield Listing(tuple(told))
    rest = [each["question"]["rule_id"] for each in rules if not matters(each)]
    if rest:
        yield Paragraph((f"Without these, nothing measurable: {', '.join(rest)}.",))


def _instead(found: list[Document], document: Document, cited: Cited) -> list[Row]:
    trades = {trade["trade_id"]: trade for trade in document["trades"]}
    rows = []
    for explanation in found:
        trade = trades[explanation["question"]["trade_id"]]
        said = other_ways(explanation, trade, document)
        if said:
            link = (Link(trade["trade_id"], anchor(trade["trade_id"])),)
            rows.append(row(link, cited.linked(said.removeprefix("Instead: "))))
    return rows


def _left(answer: Document, document: Document, cited: Cited) -> Iterator[Block]:
    for name, title, told in LEFT:
        items = answer[name]
        if items:
            shown = items if cited.auditor else items[:MOST]
            said = tuple(cited.linked(told(each, document)) for each in shown)
            rest = len(items) - len(shown)
            more = (Paragraph((f"And {rest:,} more.",), "place"),) if rest else ()
            yield Section(f"left-{name}", title, (Listing(said), *more))
