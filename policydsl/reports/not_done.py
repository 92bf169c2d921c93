"""What a proposal leaves undone, and why: held back, waiting, given way, still broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policydsl.reports.cited import Cited
from policydsl.reports.figures import cents_a_dollar, money, number
from policydsl.reports.pages import (
    Block,
    Paragraph,
    Section,
    Table,
    Words,
    row,
    stacked,
    table,
    with_note,
)

Document = dict[str, Any]
MOST = 20  # rows for an advisor; an auditor sees all


def not_done(document: Document, cited: Cited) -> Section | None:
    """Nothing where everything that is wanted was done."""
    blocks = tuple(_blocks(document, cited))
    return Section("not-done", "What was not done", blocks) if blocks else None


def _blocks(document: Document, cited: Cited) -> Iterator[Block]:
    still = document.get("still_broken_dollars") or 0
    if still:
        said = f"{money(still)} over limits that were broken before today cannot be cured today."
        yield Paragraph((said,), "alert")
    if document.get("soft_broken"):
        yield stacked(_soft(document, cited))
    if document.get("held_back"):
        yield stacked(_held_back(document, cited))
    if document.get("waits"):
        yield stacked(_waits(document, cited))
    if document.get("gives_way"):
        yield stacked(_gives_way(document, cited))


def _some(rows: list[Document], cited: Cited) -> tuple[list[Document], str]:
    """The rows for this reader, and what is said of the others."""
    if cited.auditor or len(rows) <= MOST:
        return rows, ""
    return rows[:MOST], f"And {len(rows) - MOST:,} more, each worth less."


def _held_back(document: Document, cited: Cited) -> Table:
    shown, more = _some(document["held_back"], cited)
    rows = []
    for held in shown:
        why: Words = cited.several(held["statements"])
        if held["because"]:
            why = (*why, ": " if why else "", "; ".join(held["because"]))
        what = f"{held['side'].capitalize()} {held['security_id']}"
        worth = cents_a_dollar(held["price"])
        rows.append(row(what, held["account_id"], money(held["dollars"]), worth, why))
    title = "Trades that are wanted and that rules hold back, the most wanted first"
    made = table(title, "Trade | Account | >Dollars | >Worth of a dollar | *Held back by", rows)
    return with_note(made, more)


def _waits(document: Document, cited: Cited) -> Table:
    shown, more = _some(document["waits"], cited)
    rows = [
        row(
            f"Lot {wait['lot_id']} of {wait['security_id']}",
            wait["account_id"],
            wait["long_term_from"],
            money(wait["amount"]),
            money(wait["gain"]),
            money(wait["saves"]),
        )
        for wait in shown
    ]
    title = "Sales that wait until a lot is long-term, and the tax that waiting saves"
    columns = "Lot | Account | Long-term from | >Worth | >Gain | >Saves"
    return with_note(table(title, columns, rows), more)


def _soft(document: Document, cited: Cited) -> Table:
    rows = [
        row(
            (cited.link(broken["statement"]),),
            f"{broken['priority']}",
            broken["where"],
            number(broken["found"]),
            number(broken["bound"]),
            cited.statements[broken["statement"]]["says"],
        )
        for broken in document["soft_broken"]
    ]
    title = "Rules that may be broken where nothing else is possible, and are"
    columns = "Rule | Priority | Where | >Found | >Asked for | *What it says"
    return table(title, columns, rows)


def _gives_way(document: Document, cited: Cited) -> Table:
    rows = [
        row(
            f"{bar['side'].capitalize()} {bar['security_id']}",
            cited.words(bar["statement"]),
        )
        for bar in document["gives_way"]
    ]
    title = "Trades that give way to the orders of other clients"
    return table(title, "Trade | *Because of", rows)
