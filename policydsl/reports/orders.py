"""The trades of a household, account by account: what is sold, what is bought, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from policydsl.output import counted
from policydsl.policy_links import Link, slug
from policydsl.reports.cited import Cited
from policydsl.reports.figures import cents_a_dollar, money, shares
from policydsl.reports.pages import Block, Part, Section, Table, Words, quiet, row, stacked, table

Document = dict[str, Any]
Names = dict[str, str]
"""Of securities, by id."""

SOLD = "Security | >Shares | >Price | >Amount | >Gain or loss | Term | *Why"
BOUGHT = "Security | >Shares | >Price | >Amount | *Why"
LOTS = "Trade | Lot | >Shares | >Amount | >Cost | Term | >Gain or loss"
LEDGER = "Trade | >Cents a dollar | Kind | *What"


def total(trades: Iterable[Document], what: str) -> Decimal:
    """Dollars of all the trades together."""
    return sum((Decimal(trade[what] or 0) for trade in trades), Decimal(0))


def side(document: Document, name: str) -> list[Document]:
    """The trades of a side, the largest first."""
    found = [trade for trade in document.get("trades") or () if trade["side"] == name]
    return sorted(found, key=lambda each: (-Decimal(each["amount"]), each["trade_id"]))


def trades_section(document: Document, cited: Cited, names: Names) -> Section:
    """Each account's sales and purchases."""
    parts: list[Block] = []
    for account in document["accounts"]:
        own = account["account_id"]
        sold, bought = (
            [trade for trade in side(document, each) if trade["account_id"] == own]
            for each in ("sell", "buy")
        )
        blocks = []
        if sold:
            title = _titled(len(sold), "sale", own)
            blocks.append(_table(title, SOLD, sold, cited, names))
        if bought:
            title = _titled(len(bought), "purchase", own)
            blocks.append(_table(title, BOUGHT, bought, cited, names))
        if blocks:
            kind = account["type"].replace("_", " ")
            parts.append(Section(f"trades-{slug(own)}", f"{own}, {kind}", tuple(blocks)))
    return Section("trades", "Trades and their reasons", tuple(parts))


def _titled(count: int, what: str, account_id: str) -> str:
    order = ", the largest first" if count > 1 else ""
    return f"{counted(count, what)} in {account_id}{order}"


def _table(title: str, columns: str, trades: list[Document], cited: Cited, names: Names) -> Table:
    selling = columns == SOLD
    rows = []
    for trade in trades:
        cells: list[str | Words] = [_security(trade, names), shares(trade["shares"])]
        cells += [money(trade["price"]), money(trade["amount"])]
        if selling:
            cells += [money(trade["realized_gain"]), _term(trade)]
        rows.append(row(*cells, cited.linked(reason(trade)), to=anchor(trade["trade_id"])))
    sums = ["Together", "", "", money(total(trades, "amount"))]
    sums += [money(total(trades, "realized_gain")), ""] if selling else []
    rows.append(row(*sums, f"trading cost {money(total(trades, 'cost'))}", look="total"))
    return stacked(table(title, columns, rows))


def _security(trade: Document, names: Names) -> Words:
    ticker: str = trade["ticker"]
    name = names.get(trade["security_id"], "")
    return (ticker,) if name in ("", ticker) else (ticker, quiet(name))


def _term(trade: Document) -> str:
    terms = sorted({lot["term"] for lot in trade["lots"]})
    return terms[0] if len(terms) == 1 else "mixed"


def reason(trade: Document) -> str:
    """The trade's sentence without its first words, which stand in the other columns."""
    sentence: str = trade["sentence"]
    said, found, why = sentence.partition(": ")
    head = f"{trade['side'].capitalize()} "
    if not found or not said.startswith(head) or money(trade["amount"]) not in said:
        return sentence
    return why[:1].upper() + why[1:]


def anchor(trade_id: str) -> str:
    """Where a trade's row stands."""
    return f"trade-{slug(trade_id)}"


def named(trade_ids: Iterable[str]) -> Words:
    """Trades by their ids, each leading to its row."""
    found: list[Part] = []
    for trade_id in trade_ids:
        found += [*([", "] if found else []), Link(trade_id, anchor(trade_id))]
    return tuple(found)


# --- for an auditor ------------------------------------------------------------------------------


def proofs(document: Document, cited: Cited) -> Section:
    """What stands behind each trade: the lots it sells, and its ledger, which sums to zero."""
    trades = document["trades"]
    lots = [
        row(
            (Link(trade["trade_id"], anchor(trade["trade_id"])),),
            lot["lot_id"],
            shares(lot["shares"]),
            money(lot["amount"]),
            money(lot["cost"]),
            lot["term"],
            money(lot["realized_gain"]),
        )
        for trade in trades
        for lot in trade["lots"]
    ]
    ledger = [row(*cells) for trade in trades for cells in _ledger(trade, cited)]
    title = "Cents for one more dollar of each trade: negative asks for it, positive resists it"
    tables = [table("Lots sold", LOTS, lots)] if lots else []
    return Section("proofs", "Lots and ledgers", (*tables, table(title, LEDGER, ledger)))


def _ledger(trade: Document, cited: Cited) -> Iterator[tuple[str | Words, ...]]:
    name: Words = (Link(trade["trade_id"], anchor(trade["trade_id"])),)
    for group in trade["ledger"]:
        ruled = group["kind"] == "statements"
        what: str | Words = cited.words(group["name"]) if ruled else group["name"]
        yield name, cents_a_dollar(group["value"]), group["kind"].removesuffix("s"), what
