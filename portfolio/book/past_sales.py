"""What the accounts of a household sold and bought before today, from its transactions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from portfolio.book.contents import Contents, Row, day_in, number_in
from portfolio.household import Account, PastSale, PastTrade

FLOW = "flow"
"""The `source` of a transaction that raised cash for a payment."""


def past_sales_of(contents: Contents, accounts: Iterable[Account]) -> tuple[PastSale, ...]:
    """Every sale on or before the book's day, by day and account.

    What is not given counts on the cautious side of a limit: no `amount` is the shares at the
    latest price, no `realized_gain` is a gain of the whole amount, no `term` is short, no day is
    today.
    """
    found = [
        _past_sale(contents, row)
        for account in accounts
        for row in contents.rows("transactions", "account_id", account.id)
        if row.get("action") in (None, "sell")
    ]
    return tuple(
        sorted(
            (sale for sale in found if sale.day <= contents.as_of),
            key=lambda sale: (sale.day, sale.account_id, sale.security_id, sale.amount, sale.gain),
        )
    )


def _past_sale(contents: Contents, row: Row) -> PastSale:
    security = row.get("security_id") or ""
    price = contents.market.latest.get(security, Decimal(0))
    amount = abs(number_in(row, "amount", str(number_in(row, "shares") * price)))
    return PastSale(
        account_id=row.get("account_id") or "",
        security_id=security,
        day=day_in(row, "date") or contents.as_of,
        amount=amount,
        gain=number_in(row, "realized_gain", str(amount)),
        long_term=row.get("term") == "long",
        for_flow=row.get("source") == FLOW,
    )


def past_trades_of(contents: Contents, accounts: Iterable[Account]) -> tuple[PastTrade, ...]:
    """Every purchase and sale on or before the book's day of a security that the book has, by day
    and account. Dividends that are reinvested, vesting and transfers are nobody's orders.

    No `amount` is the shares at the latest price, no day is today.
    """
    found = [
        _past_trade(contents, row)
        for account in accounts
        for row in contents.rows("transactions", "account_id", account.id)
        if row.get("action") in ("buy", "sell") and row.get("security_id") in contents.securities
    ]
    return tuple(
        sorted(
            (trade for trade in found if trade.day <= contents.as_of),
            key=lambda t: (t.day, t.account_id, t.security.id, t.shares, t.amount),
        )
    )


def _past_trade(contents: Contents, row: Row) -> PastTrade:
    security = contents.securities[row.get("security_id") or ""]
    shares = abs(number_in(row, "shares"))
    price = contents.market.latest.get(security.id, Decimal(0))
    amount = abs(number_in(row, "amount", str(shares * price)))
    sign = -1 if row.get("action") == "sell" else 1
    day = day_in(row, "date") or contents.as_of
    return PastTrade(row.get("account_id") or "", security, day, sign * shares, sign * amount)


def first_known_day(contents: Contents, accounts: Iterable[Account]) -> date | None:
    """The day of the first transaction of any of the accounts; None where there is none."""
    days = (
        day_in(row, "date")
        for account in accounts
        for row in contents.rows("transactions", "account_id", account.id)
    )
    return min((day for day in days if day is not None), default=None)
