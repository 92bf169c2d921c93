"""What is said of a household for which nothing was proposed: why, and what is to be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policydsl.reports.cited import Cited
from policydsl.reports.figures import money
from policydsl.reports.pages import (
    Block,
    Measure,
    Measures,
    Paragraph,
    Section,
    row,
    stacked,
    table,
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
    if document.get("conflict"):
        yield conflict(document, cited)
    if document.get("statements"):
        yield cited.section(())


def conflict(document: Document, cited: Cited) -> Section:
    """The rules that cannot hold together, or with a payment that is due."""
    rows = []
    for each in document["conflict"]:
        statement = cited.statements[each["statement"]]
        rows.append(
            row(
                (cited.link(each["statement"]),),
                statement["says"],
                statement["because"],
                f"{statement['file']}:{statement['line']}",
                money(each["stretch_dollars"]),
            )
        )
    title = "Rules that clash, and by how much each would have to give way"
    columns = "Rule | *What it says | *Reason | File and line | >Gives way by"
    made = stacked(table(title, columns, rows))
    return Section("conflict", "What cannot hold together", (made,))
