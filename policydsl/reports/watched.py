"""What people have to look at: findings, approvals, what rules report, cash that is to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from policydsl.cash_report import MONTHS
from policydsl.output import counted
from policydsl.policy_links import slug
from policydsl.reports.cited import Cited
from policydsl.reports.figures import money, shares
from policydsl.reports.orders import named
from policydsl.reports.pages import (
    Block,
    Listing,
    Paragraph,
    Section,
    Table,
    Words,
    row,
    table,
    with_note,
)
from portfolio.flows import months_after

Document = dict[str, Any]
MOST = 12  # trades named in one item for an advisor


def findings(document: Document) -> Section | None:
    """What the run found that somebody has to read."""
    said = document["findings"]
    if not said:
        return None
    return Section("findings", "Findings", (Listing(tuple((each,) for each in said)),))


def approvals(document: Document, cited: Cited) -> Section | None:
    """Who has to agree before anything is traded, and to what."""
    found = document.get("approvals") or []
    if not found:
        return None
    items = []
    for each in found:
        count = counted(len(each["trades"]), "trade")
        items.append((f"{each['who']}, {count}: ", *_named(each["trades"], cited), "; "))
        items[-1] = (*items[-1], *cited.words(each["statement"]))
    lead = Paragraph(("Nothing is traded until all of them have agreed.",), "alert")
    return Section("approvals", "Approvals awaited", (lead, Listing(tuple(items))))


def _named(trade_ids: list[str], cited: Cited) -> Words:
    if cited.auditor or len(trade_ids) <= MOST:
        return named(trade_ids)
    return (*named(trade_ids[:MOST]), f" and {len(trade_ids) - MOST:,} more")


def reported(document: Document, cited: Cited) -> Section | None:
    """What `report` and `prefer` list."""
    blocks: list[Block] = []
    for report in document.get("reports") or ():
        title = cited.statements[report["statement"]]["says"]
        parts = tuple(_report(report, cited))
        where = Paragraph(("By ", cited.link(report["statement"]), "."), "place")
        blocks.append(Section(f"report-{slug(report['statement'])}", title, (where, *parts)))
    preferences = document.get("preferences") or []
    if preferences:
        blocks.append(_preferences(preferences, cited))
    return Section("reported", "What rules report", tuple(blocks)) if blocks else None


def _report(report: Document, cited: Cited) -> Iterator[Block]:
    if report["trades"]:
        yield Paragraph(_named(report["trades"], cited))
    elif report["lots"]:
        rows = [
            row(
                f"{lot['security_id']}, lot {lot['lot_id']}",
                lot["account_id"],
                shares(lot["shares"]),
                money(lot["value"]),
                money(lot["gain"]),
                lot["term"],
            )
            for lot in report["lots"]
        ]
        columns = "Lot | Account | >Shares | >Worth | >Gain or loss | Term"
        yield table("Lots after the trades", columns, rows)
    elif report["holdings"]:
        rows = [
            row(
                held["security_id"],
                held["account_id"],
                shares(held["shares"]),
                money(held["value"]),
            )
            for held in report["holdings"]
        ]
        yield table("Positions after the trades", "Security | Account | >Shares | >Worth", rows)
    else:
        yield Paragraph(("Nothing.",))


def _preferences(preferences: list[Document], cited: Cited) -> Table:
    rows = [
        row(
            (cited.link(each["statement"]),),
            cited.statements[each["statement"]]["says"],
            money(each["wrong_side_before"]),
            money(each["wrong_side_after"]),
        )
        for each in preferences
    ]
    columns = "Rule | *What it says | >Before | >After"
    return table("Dollars on the wrong side of a preference", columns, rows)


def cash_ahead(document: Document) -> Section | None:
    """A quarter of the cash calendar."""
    entries = document.get("cash_calendar") or []
    if not entries:
        return None
    last = months_after(date.fromisoformat(document["as_of"]), MONTHS).isoformat()
    near = [entry for entry in entries if entry["date"] <= last]
    rest = len(entries) - len(near)
    note = f"And {rest:,} more within a year." if rest else ""
    made = table(
        "What moves in the quarter ahead, with today's trades done and no others",
        "Account | Moves on | What | >Amount | >Cash before | >To raise | By | >Missing",
        [_entry(entry) for entry in near],
    )
    shown: Block = (
        with_note(made, note) if near else Paragraph((f"Nothing in the quarter ahead. {note}",))
    )
    return Section("cash-ahead", "Cash ahead", (shown,))


def _entry(entry: Document) -> tuple[str, ...]:
    raised, missing = Decimal(entry["to_raise"]), Decimal(entry["missing"])
    return (
        entry["account_id"],
        entry["moves_on"],
        entry["kind"] + (f" [{entry['statement']}]" if entry["statement"] else ""),
        money(entry["amount"]),
        money(entry["cash_before"]),
        money(raised) if raised else "",
        entry["raise_by"] or "",
        money(missing) if missing else "",
    )
