"""One trade explained: what the run recorded, and what would have been without its rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from policydsl.document import Document
from policydsl.explanations.inquiry import Inquiry
from policydsl.explanations.other_ways import other_ways, other_ways_table
from policydsl.explanations.words import but_for_table, matters, nothing_without, trade_but_for
from policydsl.progress import followed
from policydsl.report import ledger_table, sentence_lines, trade_lines
from policydsl.trade_words import MATERIAL


def rules_of(trade: Document, document: Document) -> list[str]:
    """Every rule that has a part in a trade: among its causes, in its ledger, or keeping it from
    another account; highest authority first."""
    statements = document["statements"]
    groups = [*trade["ledger"], *(g for other in trade["elsewhere"] for g in other["ledger"])]
    keys = [g["name"] for g in groups if g["kind"] == "statements" and abs(g["value"]) > MATERIAL]
    keys += [key for other in trade["elsewhere"] for key in other["barred_by"]]
    named = {*trade["rules"], *(statements[key]["rule_id"] for key in keys)}
    order = list(dict.fromkeys(each["rule_id"] for each in statements.values()))
    return sorted(named, key=order.index)


def trade_answer(inquiry: Inquiry, document: Document, trade: Document) -> Document:
    """The trade with the sealed answers about it, and its paragraph."""
    names = rules_of(trade, document)
    asked = (inquiry.but_for(document, rule_id) for rule_id in names)
    found = list(followed(asked, len(names), "rules"))
    other = inquiry.alternatives(document, trade)
    return {
        "trade": trade,
        "but_for": found,
        "alternatives": other,
        "paragraph": paragraph(trade, found, other, document),
    }


def paragraph(
    trade: Document, but_for: Iterable[Document], other: Document, document: Document
) -> str:
    """The trade in plain English: its own sentence, what would have been without its rules, and
    what could have been done instead."""
    told = trade["sentence"]
    said = [trade_but_for(each, trade, told) for each in but_for if matters(each)]
    return " ".join(filter(None, [told, *said, other_ways(other, trade, document)]))


def trade_text(answer: dict[str, Any], document: Document) -> Iterator[str]:
    """For people: the paragraph, the ledger, a line a rule."""
    yield "\n".join(sentence_lines(f"{answer['trade']['account_id']}: {answer['paragraph']}"))
    idle = nothing_without(answer["but_for"])
    if idle:
        yield "\n".join(sentence_lines(idle))
    yield ""
    yield ledger_table(answer["trade"], document)
    yield but_for_table(answer["but_for"])
    yield other_ways_table(answer["alternatives"], answer["trade"], document)


def recorded_text(trade: Document, document: Document) -> Iterator[str]:
    """For people: what the run recorded of the trade, and nothing solved for."""
    yield "\n".join(trade_lines(trade)) + "\n"
    yield ledger_table(trade, document)
