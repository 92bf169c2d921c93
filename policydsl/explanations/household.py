"""One household explained beyond its record: what is left undone, and what each rule did to it."""

from __future__ import annotations

from collections.abc import Iterator

from policydsl.document import Document
from policydsl.explanations.inquiry import Inquiry
from policydsl.explanations.not_done_words import not_done_text
from policydsl.explanations.rule import clashes
from policydsl.explanations.words import (
    but_for_table,
    household_but_for,
    matters,
    nothing_without,
)
from policydsl.progress import followed
from policydsl.report import household_report, sentence_lines


def rules_with_a_part(document: Document) -> list[str]:
    """Rules among the causes of a trade, that bind, bar a trade that is wanted, are broken, give
    way or cannot be kept with others; highest authority first."""
    statements = document["statements"]
    keys = [bound["statement"] for bound in document["bounds"]]
    keys += [key for held in document["held_back"] for key in held["statements"]]
    keys += [broken["statement"] for broken in document["soft_broken"]]
    keys += [given["statement"] for given in document.get("gives_way", ())]
    named = {rule for trade in document["trades"] for rule in trade["rules"]}
    named |= {statements[key]["rule_id"] for key in keys}
    named |= {rule for each in clashes(document) for rule in each["rules"]}
    order = list(dict.fromkeys(each["rule_id"] for each in statements.values()))
    return sorted(named, key=order.index)


def household_answer(inquiry: Inquiry, document: Document, *, rules: bool) -> Document:
    """The proposal with the sealed answers about it; with `rules` also what would have been
    without each that has a part in it."""
    answer: Document = {"proposal": document}
    if "trades" in document:
        answer["not_done"] = inquiry.not_done(document)
    if rules and "trades" in document:
        names = rules_with_a_part(document)
        asked = (inquiry.but_for(document, name) for name in names)
        answer["but_for"] = list(followed(asked, len(names), "rules"))
    return answer


def household_text(answer: Document, most: int | None) -> Iterator[str]:
    """For people: the proposal, what it leaves undone, and what its rules did."""
    yield household_report(answer["proposal"], most)
    if "not_done" in answer:
        yield not_done_text(answer["not_done"], answer["proposal"])
    if "but_for" in answer:
        for each in answer["but_for"]:
            if matters(each):
                yield "\n".join(sentence_lines(household_but_for(each)))
        idle = nothing_without(answer["but_for"])
        yield "\n".join(sentence_lines(idle)) if idle else ""
        yield but_for_table(answer["but_for"])
