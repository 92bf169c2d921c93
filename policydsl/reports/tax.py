"""The tax report of a household: each taxpayer's year, what was sold, what limits leave, and what
was assumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from compiler.closing import Closing, Sale, cents
from compiler.statements import HouseholdPolicy
from compiler.whose_gains import RealizedInPeriod, Standing
from policydsl.output import counted
from policydsl.policy_links import slug
from policydsl.reports.cited import Cited
from policydsl.reports.figures import money, shares
from policydsl.reports.household import assumptions, foot, tax_change
from policydsl.reports.no_trades import without_answer
from policydsl.reports.pages import (
    Block,
    Measure,
    Measures,
    Page,
    Paragraph,
    Row,
    Section,
    Table,
    row,
    stacked,
    table,
    with_note,
)
from policydsl.reports.pictures import Change, Unit, before_and_after
from policydsl.reports.record import Record
from policydsl.reports.tax_sales import Turning, compared, taxable_sales, turning_soon
from policydsl.tax_report import FILINGS, year_rows

Document = dict[str, Any]
MOST = 25  # sales for a client; an auditor sees all
ZERO = Decimal(0)


def tax_page(record: Record, document: Document, *, auditor: bool) -> Page:
    """A page of one household of a run."""
    cited = Cited(document.get("statements") or {}, auditor)
    name = document["household_id"]
    year = document["as_of"][:4]
    under = (f"{document['name']} · tax year {year}, to {document['as_of']}",)
    blocks = tuple(_blocks(record, document, cited))
    return Page(f"tax-{name}", f"Tax report: {name}", (under,), blocks, foot(record))


def _blocks(record: Record, document: Document, cited: Cited) -> Iterator[Block]:
    if "tax" not in document:
        yield from without_answer(document, cited)
        return
    closing, policy = record.closing(document), record.policy(document)
    yield Paragraph((_summary(document),), "lead")
    yield Measures((*_measures(document), _harvested(closing)))
    for entity_id, year in document["tax"].items():
        yield _taxpayer(entity_id, year, closing, cited)
    limits = _limits(closing, policy, cited)
    if limits:
        yield Section("limits", "What limits leave", (stacked(_limit_table(limits)),))
    yield Section("lots-named", "What naming lots does", tuple(_lots_named(closing, policy)))
    yield Section("assumptions", "Assumptions", tuple(_assumed(document)))
    yield cited.section(document["trades"])


def _summary(document: Document) -> str:
    """The change in two sentences, every number of it the record's."""
    change = tax_change(document)
    before, after = (_owed(_sum(document, f"tax_{when}")) for when in ("before", "after"))
    moved = f"{'raise' if change > 0 else 'lower'} this year's tax by {money(abs(change))}"
    if change:
        said = f"The proposed trades {moved} at stated rates, from {before} to {after}. "
    else:
        said = f"The proposed trades leave this year's tax as it is: {after} at stated rates. "
    carried = [_sum(document, f"carried_{when}") for when in ("before", "after")]
    if any(carried):
        said += f"Losses carried on go from {money(carried[0])} to {money(carried[1])}."
    return said.strip()


def _owed(tax: Decimal) -> str:
    return money(tax) if tax >= 0 else f"a saving of {money(-tax)} on other income"


def _sum(document: Document, field: str) -> Decimal:
    return sum((Decimal(year[field]) for year in document["tax"].values()), ZERO)


def _measures(document: Document) -> Iterator[Measure]:
    for label, field in (
        ("Tax this year", "tax"),
        ("Net short-term gain", "short"),
        ("Net long-term gain", "long"),
        ("Losses carried on", "carried"),
    ):
        before, after = (money(_sum(document, f"{field}_{w}")) for w in ("before", "after"))
        yield Measure(label, after, f"{before} before")
    washed = _sum(document, "disallowed_run")
    for_good = _sum(document, "permanent_run")
    detail = f"{money(for_good)} of it for good" if for_good else ""
    yield Measure("Losses disallowed by wash sales", money(washed), detail)


def _harvested(closing: Closing) -> Measure:
    losing = [
        sale for sale in closing.sales if sale.gain < 0 and closing.account(sale.account_id).taxable
    ]
    losses = sum((-sale.gain for sale in losing), ZERO)
    return Measure("Losses realised", money(losses), f"on {counted(len(losing), 'lot')}")


# --- a taxpayer ----------------------------------------------------------------------------------


def _taxpayer(entity_id: str, year: Document, closing: Closing, cited: Cited) -> Section:
    filing = year["filing"]
    blocks: list[Block] = [
        before_and_after(f"The year of {entity_id}", _year_drawn(year), Unit.DOLLARS),
        _schedule(year),
    ]
    said = (year.get("brackets") or {}).get("says", "")
    if said:
        blocks.append(Paragraph((f"By the brackets of the law: {said}.".replace("..", "."),)))
    sales = taxable_sales(closing, entity_id)
    if sales:
        blocks.append(stacked(_sales(sales, closing, cited)))
    soon = turning_soon(closing, entity_id)
    if soon:
        blocks.append(stacked(_soon(soon, closing, cited)))
    title = f"{entity_id}, {FILINGS.get(filing, filing)}"
    return Section(f"taxpayer-{slug(entity_id)}", title, tuple(blocks))


def _year_drawn(year: Document) -> list[Change]:
    return [
        Change(label, float(year[f"{field}_before"]), float(year[f"{field}_after"]))
        for label, field in (
            ("Net short-term gain", "short"),
            ("Net long-term gain", "long"),
            ("Losses carried on", "carried"),
            ("Tax at stated rates", "tax"),
        )
    ]


def _schedule(year: Document) -> Table:
    """Schedule D, dollars and cents; a dash where there is nothing."""
    rows = [
        row(f"{name.strip()[:1].upper()}{name.strip()[1:]}", *(_dollars(cell) for cell in cells))
        for name, *cells in year_rows(year)
    ]
    columns = "Laid out like Schedule D | >Year to date | >These trades | >After them"
    return table("The tax year so far", columns, rows)


def _dollars(cell: str) -> str:
    return cell if cell in ("", "-") else money(cell.replace(",", ""))


SALES = (
    "Security | Lot | Acquired | Term | >Shares | >Proceeds | >Basis | >Gain or loss | >Disallowed"
)


def _sales(sales: Sequence[Sale], closing: Closing, cited: Cited) -> Table:
    """Lots sold, laid out like Form 8949."""
    shown = sales if cited.auditor else sorted(sales, key=lambda s: (-abs(s.gain), s.lot.id))[:MOST]
    shown = sorted(shown, key=lambda each: (each.long_term, each.gain, each.lot.id))
    rows = [_sale(sale, closing) for sale in shown]
    rows.append(
        row(
            "All together",
            *[""] * 4,
            money(sum((sale.amount - sale.cost for sale in sales), ZERO)),
            money(sum((_basis(sale) for sale in sales), ZERO)),
            money(sum((sale.gain for sale in sales), ZERO)),
            money(sum(map(closing.disallowed, sales), ZERO)),
            look="total",
        )
    )
    rest = len(sales) - len(shown)
    note = f"And {rest:,} more lots of smaller gains and losses." if rest else ""
    return with_note(table("Lots sold, laid out like Form 8949", SALES, rows), note)


def _sale(sale: Sale, closing: Closing) -> Row:
    disallowed = closing.disallowed(sale)
    return row(
        closing.household.securities[sale.security_id].ticker,
        sale.lot.id,
        sale.lot.acquired.isoformat(),
        "long" if sale.long_term else "short",
        shares(sale.shares),
        money(sale.amount - sale.cost),
        money(_basis(sale)),
        money(sale.gain),
        money(disallowed) if disallowed else "",
    )


def _basis(sale: Sale) -> Decimal:
    return sale.amount - sale.cost - sale.gain


def _soon(soon: Sequence[Turning], closing: Closing, cited: Cited) -> Table:
    shown = soon if cited.auditor else soon[:MOST]
    rows = [
        row(
            closing.household.securities[each.lot.security_id].ticker,
            each.lot.id,
            each.day,
            shares(each.shares),
            money(each.worth),
            money(each.gain),
        )
        for each in shown
    ]
    rest = len(soon) - len(shown)
    title = "Lots kept with a gain that turns long-term within a quarter"
    made = table(title, "Security | Lot | Long-term from | >Shares | >Worth | >Gain", rows)
    return with_note(made, f"And {rest:,} more later in the quarter." if rest else "")


# --- limits, lots, assumptions -------------------------------------------------------------------


def _limits(
    closing: Closing, policy: HouseholdPolicy, cited: Cited
) -> list[tuple[str, Standing, Cited]]:
    return [
        (scope.statement.key, standing, cited)
        for scope in policy.statements
        if isinstance(scope.directive, RealizedInPeriod)
        for standing in scope.directive.standings(scope, closing.seen_by(scope))
    ]


def _limit_table(limits: Sequence[tuple[str, Standing, Cited]]) -> Table:
    rows = []
    for key, each, cited in limits:
        ends = [each.high] if each.low is None else [each.low, each.high]
        said = " to ".join(money(cents(end)) for end in ends if end is not None)
        left = "" if each.high is None else money(max(ZERO, cents(each.high) - cents(each.after)))
        rows.append(
            row(
                (cited.link(key),),
                cited.statements[key]["says"],
                each.where,
                money(cents(each.before)),
                money(cents(each.after)),
                said,
                left,
            )
        )
    columns = "Rule | *What it says | For | >Before | >After | >Limit | >Left"
    return table("Limits on what is realised", columns, rows)


def _lots_named(closing: Closing, policy: HouseholdPolicy) -> Iterator[Block]:
    found = compared(closing, policy)
    if not found:
        yield Paragraph(("The oldest lots first would have been the same lots.",))
        return
    rows = []
    for each in found:
        for label, what in (
            ("Tax this year at stated rates", "tax"),
            ("Short-term loss carried on", "carried_short"),
            ("Long-term loss carried on", "carried_long"),
        ):
            named, oldest = (cents(getattr(year, what)) for year in (each.named, each.oldest))
            cells = [each.entity_id, label, money(named), money(oldest), money(oldest - named)]
            rows.append(row(*cells))
    yield table(
        "The lots that these trades name, against the oldest first",
        "Taxpayer | What | >Lots named | >Oldest first | >Difference",
        rows,
    )
    yield Paragraph(
        (
            "Oldest first is what the law takes where nobody names lots (26 CFR 1.1012-1(c)(1)): "
            "the same shares of each position sold at the same prices, wash sales counted, rules "
            "about lots not. Only the lots differ: without naming any, other trades would have "
            "been proposed, so this is no measure of the proposal as a whole.",
        ),
        "place",
    )


def _assumed(document: Document) -> Iterator[Block]:
    rows = []
    for entity_id, year in document["tax"].items():
        rates = (f"{Decimal(year['rates'][name]):.2%}" for name in RATES)
        rows.append(row(entity_id, *rates))
    names = " | ".join(f">{said}" for said in RATES.values())
    yield table("Rates that the book states, combined and marginal", f"Taxpayer | {names}", rows)
    yield assumptions(document)
    count = counted(len(document["accounts"]), "account")
    yield Paragraph(
        (
            f"{count} at the prices of {document['as_of']}. Dividends, interest and other income "
            "are outside this report, and so are sales made elsewhere unless the book has them "
            "in its year to date. This is no tax advice: who files takes the custodian's forms.",
        ),
        "place",
    )


RATES = {
    "short": "Short-term gains",
    "long": "Long-term gains",
    "ordinary": "Ordinary income",
    "carry": "Worth of a loss carried on",
}
