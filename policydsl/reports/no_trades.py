"""What is said of a household for which nothing was proposed: why, and what is to be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policydsl.reports.cited import Cited
from policydsl.reports.clashes import clashes
from policydsl.reports.pages import (
    Block,
    Measure,
    Measures,
    Paragraph,
    Section,
)
from policydsl.reports.watched import findings

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NoTrades:
    """In plain words: what the status means, and the way on."""

    means: str
    do: str


NO_TRADES = {
    "no_action": NoTrades(
        "Nothing is worth trading today: no trade that the rules allow would gain more than it "
        "costs.",
        "There is nothing to do. The figures below say how things stand.",
    ),
    "exception": NoTrades(
        "Nothing is proposed: something of the household's own stands in the way, a mistake in a "
        "policy it is under, or no trades were found that pass the exact check.",
        "Read the findings, mend what they name, and run the household again.",
    ),
    "infeasible": NoTrades(
        "Nothing is proposed: the rules of the household cannot all hold together.",
        "One of the rules below has to change, or be waived by whoever may waive it. Then run the "
        "household again.",
    ),
    "data_hold": NoTrades(
        "Nothing is proposed: the data of the household are doubtful, and nothing is traded on "
        "doubtful data.",
        "Mend the book where the findings say, and run the household again.",
    ),
    "failed": NoTrades(
        "Nothing is proposed: the program failed on this household.",
        "Report the finding below to those who maintain the program. No trade was left half made.",
    ),
}


def without_answer(document: Document, cited: Cited) -> Iterator[Block]:
    """The page of a household without an answer."""
    told = NO_TRADES[document["status"]]
    yield Paragraph((told.means,), "lead")
    yield Measures((Measure("Trades", "0"), Measure("Positions", "unchanged")))
    yield Section("what-to-do", "What to do", (Paragraph((told.do,), "alert"),))
    found = findings(document)
    if found is not None:
        yield found
    clash = clashes(document, cited)
    if clash is not None:
        yield clash
    if document.get("statements"):
        yield cited.section(())
