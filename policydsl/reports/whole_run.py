"""The front page of a run: every household on one line, and what all of them come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from policydsl.output import counted
from policydsl.policy_book import policy_book
from policydsl.reports.figures import money, percent
from policydsl.reports.household import foot, tax_change, taxable_gain
from policydsl.reports.no_trades import NO_TRADES
from policydsl.reports.orders import side, total
from policydsl.reports.pages import (
    Block,
    Elsewhere,
    Listing,
    Measure,
    Measures,
    Page,
    Picture,
    Row,
    Section,
    Words,
    row,
    table,
)
from policydsl.reports.pictures import Change, before_and_after
from policydsl.reports.policy import policy_page, run_section, with_run
from policydsl.reports.record import Record
from policydsl.totals import totals

Document = dict[str, Any]
MOST_DRAWN = 40
COLUMNS = (
    "Household | Name | Status | >Trades | >Sold | >Bought | >Tracking error "
    "| >Taxable gain | >Change of tax"
)


def run_page(record: Record) -> Page:
    """The index of a run's trade rationales."""
    run = record.run
    blocks = tuple(_blocks(record.documents))
    under = (f"Book {run['book']} · policy set {run['policies']} · as of {run['as_of']}",)
    return Page("trades", "Trade rationale of a run", (under,), blocks, foot(record))


def _blocks(documents: Sequence[Document]) -> Iterator[Block]:
    yield Measures(tuple(_measures(documents)))
    asked = _asked(documents)
    if asked:
        yield Section("attention", "What somebody has to look at", (Listing(asked),))
    picture = _picture(documents)
    if picture is not None:
        yield Section("tracking-error", "Tracking error before and after", (picture,))
    rows = [_line(document) for document in documents]
    made = table("Every household of this report", COLUMNS, [*rows, _sums(documents)])
    yield Section("households", "Households", (made,))


def _measures(documents: Sequence[Document]) -> Iterator[Measure]:
    sums = totals(list(documents))
    status = sums["status"]
    assert isinstance(status, dict)
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in status.items() if count)
    yield Measure("Households", f"{len(documents):,}", said)
    yield Measure("Trades", f"{sums['trades']:,}")
    yield Measure("Sold", money(sums["sold"]))
    yield Measure("Bought", money(sums["bought"]))
    yield Measure("Tax this year, change", money(sums["tax_change"]))
    yield Measure("Cost of trading", money(sums["cost"]))


def _asked(documents: Sequence[Document]) -> tuple[Words, ...]:
    """Households that wait for somebody, and why."""
    found: list[Words] = []
    for document in documents:
        name = document["household_id"]
        link = Elsewhere(name, f"trades-{name}")
        status = document["status"]
        if status not in ("proposed", "no_action"):
            found.append((link, f": {NO_TRADES[status].means}"))
        for approval in document.get("approvals") or ():
            count = counted(len(approval["trades"]), "trade")
            found.append((link, f": {count} to be approved by {approval['who']}."))
        if document["findings"] and status in ("proposed", "no_action"):
            found.append((link, f": {'; '.join(document['findings'])}"))
    return tuple(found)


def _picture(documents: Sequence[Document]) -> Picture | None:
    """Tracking errors, those that change most where there are too many to draw."""
    rows = [
        Change(
            document["household_id"],
            document["tracking_error"]["before"] * 100,
            document["tracking_error"]["after"] * 100,
        )
        for document in documents
        if "tracking_error" in document
    ]
    rows.sort(key=lambda each: (-abs(each.after - each.before), each.name))
    if not rows:
        return None
    more = f", the {MOST_DRAWN} that change most" if len(rows) > MOST_DRAWN else ""
    return before_and_after(f"Tracking error a year{more}", rows[:MOST_DRAWN])


def _line(document: Document) -> Row:
    name = document["household_id"]
    head: list[str | Words] = [(Elsewhere(name, f"trades-{name}"),), document["name"]]
    head.append(document["status"].replace("_", " "))
    if "trades" not in document:
        return row(*head, *[""] * 6)
    error = document["tracking_error"]
    return row(
        *head,
        f"{len(document['trades']):,}",
        money(total(side(document, "sell"), "amount")),
        money(total(side(document, "buy"), "amount")),
        f"{percent(error['before'])} → {percent(error['after'])}",
        money(taxable_gain(document)),
        money(tax_change(document)),
    )


def _sums(documents: Sequence[Document]) -> Row:
    solved = [document for document in documents if "trades" in document]
    trades = [trade for document in solved for trade in document["trades"]]
    amounts = (
        money(total([trade for trade in trades if trade["side"] == name], "amount"))
        for name in ("sell", "buy")
    )
    gain = sum(map(taxable_gain, solved), Decimal(0))
    change = sum(map(tax_change, solved), Decimal(0))
    cells = ["Together", "", "", f"{len(trades):,}", *amounts, "", money(gain), money(change)]
    return row(*cells, look="total")


# --- tax -----------------------------------------------------------------------------------------

TAX_COLUMNS = (
    "Taxpayer | Household | Name | >Net short-term | >Net long-term | >Disallowed | >Carried on "
    "| >Tax before | >Tax after"
)


def tax_of_run_page(record: Record) -> Page:
    """The index of a run's tax reports: one line a taxpayer."""
    run = record.run
    solved = [document for document in record.documents if "tax" in document]
    years = [(document, *each) for document in solved for each in document["tax"].items()]
    rows = [_tax_line(*each) for each in years]
    sums = [
        money(sum((Decimal(year[field]) for _, _, year in years), Decimal(0)))
        for field in TAX_FIELDS
    ]
    rows.append(row("Together", "", "", *sums, look="total"))
    made = table("Every taxpayer of this report, the year so far", TAX_COLUMNS, rows)
    blocks: list[Block] = [Section("taxpayers", "Taxpayers", (made,))]
    left = tuple(
        (Elsewhere(name, f"tax-{name}"), f": {NO_TRADES[document['status']].means}")
        for document in record.documents
        if document not in solved
        for name in [document["household_id"]]
    )
    if left:
        blocks.append(Section("left-out", "Households without an answer", (Listing(left),)))
    under = (f"Book {run['book']} · policy set {run['policies']} · as of {run['as_of']}",)
    return Page("tax", "Tax report of a run", (under,), tuple(blocks), foot(record))


TAX_FIELDS = (
    *("short_after", "long_after", "disallowed_run"),
    *("carried_after", "tax_before", "tax_after"),
)


def _tax_line(document: Document, entity_id: str, year: Document) -> Row:
    name = document["household_id"]
    link: Words = (Elsewhere(name, f"tax-{name}"),)
    return row(entity_id, link, document["name"], *(money(year[field]) for field in TAX_FIELDS))


# --- policy --------------------------------------------------------------------------------------


def policy_of_run_page(record: Record) -> Page:
    """The policy book of a run, with what each rule did in it."""
    inputs = record.inputs
    book = policy_book(inputs.policies, inputs.typed, inputs.book.as_of)
    page = policy_page(with_run(book, record.documents), foot=foot(record))
    return replace(page, blocks=(run_section(book, record.documents), *page.blocks))
