"""A taxpayer's year as a small ledger, laid out like Schedule D."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from policydsl.tables import table

WIDTH = 100
FILINGS = {
    "joint": "filing jointly",
    "separate": "married, filing separately",
    "head": "head of household",
}
ALIGN = "lrrr"

Document = Mapping[str, Any]


def tax_ledger(entity_id: str, year: Document) -> str:
    """Year to date, this run and both together, line by line; then the tax by brackets, where the
    book gives income and it differs."""
    filing = year["filing"]
    rows = year_rows(year)
    header = (f"{entity_id}, {FILINGS.get(filing, filing)}", "year to date", "this run", "after it")
    said = (year.get("brackets") or {}).get("says", "")
    notes = textwrap.wrap(said, WIDTH, initial_indent="  ", subsequent_indent="  ")
    return table(header, rows, ALIGN) + "".join(f"{line}\n" for line in notes)


def year_rows(year: Document) -> list[tuple[str, ...]]:
    """Lines of the year: what, year to date, this run, after it."""
    return [
        *_realised(year, "short", "7"),
        *_realised(year, "long", "15"),
        *_netted(year),
        *_taxed(year),
        *_carried(year),
    ]


def _realised(year: Document, term: str, line: str) -> list[tuple[str, ...]]:
    """What is realised in a term, the losses carried in, and the net of both."""
    carried = -Decimal(year[f"carried_in_{term}"])
    realised = Decimal(year[f"{term}_before"]), Decimal(year[f"{term}_after"])
    rows = [_row(f"{term}-term gains and losses", *realised)]
    if carried:
        rows.append((f"{term}-term loss carried in", _said(carried), "", _said(carried)))
        rows.append(_of_both(year, f"net {term}-term (line {line})", f"net_{term}"))
    return rows


def _netted(year: Document) -> list[tuple[str, ...]]:
    rows = [
        _of_both(year, "short-term loss against long-term gain", "across_short"),
        _of_both(year, "long-term loss against short-term gain", "across_long"),
        _of_both(year, "loss taken from ordinary income (line 21)", "ordinary_offset"),
    ]
    washed, for_good = (Decimal(year[f"{name}_run"]) for name in ("disallowed", "permanent"))
    if for_good:
        rows.insert(0, ("  of them lost for good", "", _said(for_good), ""))
    if washed:
        rows.insert(0, ("losses disallowed by wash sales, not counted", "", _said(washed), ""))
    return [row for row in rows if any(cell not in ("", "-") for cell in row[1:])]


def _taxed(year: Document) -> list[tuple[str, ...]]:
    rates = {name: f"{Decimal(rate):.2%}" for name, rate in year["rates"].items()}
    rows = [
        _of_both(year, f"short-term gain taxed at {rates['short']}", "taxable_short"),
        _of_both(year, f"long-term gain taxed at {rates['long']}", "taxable_long"),
        _of_both(year, f"saved on ordinary income at {rates['ordinary']}", "saved_ordinary"),
    ]
    rows = [row for row in rows if any(cell != "-" for cell in row[1:])]
    tax = Decimal(year["tax_before"]), Decimal(year["tax_after"])
    return [*rows, _row("tax at stated rates", *tax)]


def _carried(year: Document) -> list[tuple[str, ...]]:
    rows = [
        _of_both(year, f"{term}-term loss carried on", f"carried_{term}")
        for term in ("short", "long")
    ]
    return [row for row in rows if any(cell != "-" for cell in row[1:])]


def _of_both(year: Document, name: str, field: str) -> tuple[str, ...]:
    return _row(name, Decimal(year["before"][field]), Decimal(year["after"][field]))


def _row(name: str, before: Decimal, after: Decimal) -> tuple[str, ...]:
    return name, _said(before), _said(after - before), _said(after)


def _said(dollars: Decimal) -> str:
    return f"{dollars:,.2f}" if dollars else "-"


def tax_ledgers(years: Mapping[str, Document]) -> Sequence[str]:
    """One of each taxpayer."""
    return [tax_ledger(entity_id, year) for entity_id, year in years.items()]
