"""The cash calendar of a proposal, for people: a quarter of it, account by account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from policydsl.tables import dollars, table
from portfolio.flows import months_after

MONTHS = 3


def cash_calendar(document: Mapping[str, Any]) -> str:
    """What leaves and enters each account in the quarter ahead; empty where nothing does."""
    entries = document.get("cash_calendar") or []
    if not entries:
        return ""
    last = months_after(date.fromisoformat(document["as_of"]), MONTHS).isoformat()
    near = [entry for entry in entries if entry["date"] <= last]
    header = (
        "cash ahead",
        "moves on",
        "what",
        "amount",
        "cash before",
        "to raise",
        "by",
        "missing",
    )
    rows = [_row(entry, document) for entry in near]
    rest = len(entries) - len(near)
    more = f"and {rest} more within a year\n" if rest else ""
    return (
        table(header, rows, "lllrrrlr") if rows else "cash ahead: nothing this quarter; "
    ) + more


def _row(entry: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[str, ...]:
    raised, missing = Decimal(entry["to_raise"]), Decimal(entry["missing"])
    asked = entry["statement"]
    statement = document["statements"].get(asked, {"rule_id": asked})
    whose = "" if asked is None else f" [{statement['rule_id']}]"
    return (
        entry["account_id"],
        entry["moves_on"],
        f"{entry['kind']}{whose}",
        dollars(entry["amount"]),
        dollars(entry["cash_before"]),
        dollars(raised) if raised else "",
        entry["raise_by"] or "",
        dollars(missing) if missing else "",
    )
