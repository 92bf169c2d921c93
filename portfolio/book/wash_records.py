"""Blocks in force and used shares of a household, from the book's transactions and wash blocks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from portfolio.book.contents import Contents, Row, day_in, number_in
from portfolio.household import TAXABLE, WashBlock
from portfolio.tax.wash_sales import WINDOW
from portfolio.wash import UNLIMITED, LossSale, Purchase, blocks_in_force, match

_BOUGHT = ("buy", "reinvest", "vest")


def wash_of(
    contents: Contents, household_id: str, accounts: list[Row], linked: list[Row]
) -> tuple[tuple[WashBlock, ...], dict[str, Decimal]]:
    """(blocks in force, shares by lot that have replaced an earlier loss sale)."""
    sales: list[LossSale] = []
    doubtful: list[LossSale] = []
    purchases: list[Purchase] = []
    for account in (*accounts, *linked):
        name = account.get("account_id") or ""
        taxable = account.get("type") in (None, *TAXABLE)
        held = {
            row.get("lot_id"): number_in(row, "shares")
            for row in contents.rows("lots", "account_id", name)
        }
        for row in contents.rows("transactions", "account_id", name):
            if row.get("action") in (None, "sell") and taxable:
                sale = _loss_sale(contents, row)
                if sale is not None:
                    (sales if _is_readable(row) else doubtful).append(sale)
            elif row.get("action") in _BOUGHT:
                purchases += _purchase(contents, row, held)
    unreplaced, used = match(sales, purchases)
    unreplaced += [(sale, sale.shares) for sale in doubtful]
    households = [household_id, *sorted({row.get("household_id") or "" for row in linked})]
    blocks = [
        _block(contents, row)
        for each in households
        for row in contents.rows("wash_blocks", "household_id", each)
    ]
    return blocks_in_force(blocks, unreplaced, contents.as_of), used


def _is_readable(row: Row) -> bool:
    return None not in (row.get(name) for name in ("date", "action", "shares", "realized_gain"))


def _loss_sale(contents: Contents, row: Row) -> LossSale | None:
    """A sale at a loss, or None for a gain. What cannot be read, and a gain that is not given,
    count as a loss, of today where the day is unknown: the cautious side for every purchase."""
    security = contents.securities.get(row.get("security_id") or "")
    text = row.get("realized_gain")
    shares = number_in(row, "shares", str(UNLIMITED))
    if security is None or shares == 0 or (text is not None and Decimal(text) >= 0):
        return None
    loss = Decimal(0) if text is None else -Decimal(text) / shares
    day = day_in(row, "date") or contents.as_of
    return LossSale(day, security.wash_group, shares, loss, row.get("lot_id"))


def _purchase(contents: Contents, row: Row, held: Mapping[str | None, Decimal]) -> list[Purchase]:
    security = contents.securities.get(row.get("security_id") or "")
    day, shares, lot = day_in(row, "date"), row.get("shares"), row.get("lot_id")
    if security is None or day is None or shares is None:
        return []
    left = held.get(lot, Decimal(0)) if lot is not None else Decimal(0)
    return [Purchase(day, security.wash_group, Decimal(shares), left, lot)]


def _block(contents: Contents, row: Row) -> WashBlock:
    return WashBlock(
        wash_group=row.get("wash_group") or "",
        until=day_in(row, "until") or contents.as_of + WINDOW,
        shares=number_in(row, "shares", str(UNLIMITED)),
        loss_per_share=number_in(row, "loss_per_share"),
        source="wash_blocks",
    )
