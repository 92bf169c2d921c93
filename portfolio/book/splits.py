"""What splits since did to a number of shares, from the book's transactions.

A `split` says how many shares came on top (26 USC 305(a): a stock dividend). How many each share
became follows from what was held then: today's lots less what happened since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from portfolio.book.contents import Row, day_in, number_in
from portfolio.household import Lot
from portfolio.tax.exact import decimal

BOUGHT = ("buy", "reinvest", "vest")
GIVEN = ("gift_in", "inherit", "transfer_in")
OUT = ("gift_out", "transfer_out")

Ratios = Mapping[date, Fraction]
Restated = Mapping[str, Ratios | None]
"""By security, what a share of the day before became on the days of its splits; None: unknown."""


def ratios_of(accounts: Iterable[tuple[Sequence[Row], Mapping[str, Lot]]]) -> Restated:
    """The ratios by security, from the transactions and today's lots of each account. Accounts that
    do not agree leave a security unknown."""
    found: dict[str, Ratios | None] = {}
    for rows, lots in accounts:
        split = {row.get("security_id") or "" for row in rows if row.get("action") == "split"}
        for security in sorted(split):
            held = sum(
                (lot.shares for lot in lots.values() if lot.security_id == security), Decimal(0)
            )
            own = _ratios([row for row in rows if row.get("security_id") == security], held)
            found[security] = _agreed(found.get(security, {}), own)
    return found


def _ratios(rows: Iterable[Row], held: Decimal) -> Ratios | None:
    """Walks back from today: a day's splits come before its trades."""
    found: dict[date, Fraction] = {}
    now = Fraction(held)
    for row in sorted(rows, key=_backwards, reverse=True):
        action, day, shares = row.get("action"), day_in(row, "date"), row.get("shares")
        if action is None or day is None or shares is None:
            return None
        number = Fraction(number_in(row, "shares"))
        if action in (*BOUGHT, *GIVEN):
            now -= number
        elif action in ("sell", *OUT):
            now += number
        elif action == "split":
            before = now - number
            if before <= 0 or number <= 0:
                return None
            found[day] = found.get(day, Fraction(1)) * now / before
            now = before
    return found


def _backwards(row: Row) -> tuple[str, bool, str]:
    return row.get("date") or "", row.get("action") != "split", row.get("shares") or ""


def _agreed(known: Ratios | None, own: Ratios | None) -> Ratios | None:
    if known is None or own is None:
        return None
    agree = all(known.get(day, ratio) == ratio for day, ratio in own.items())
    return {**known, **own} if agree else None


def restated(ratios: Restated, security: str, day: date, shares: Decimal) -> Decimal:
    """Shares of that day in shares of today."""
    since = [ratio for on, ratio in (ratios.get(security) or {}).items() if day < on]
    if not since:
        return shares
    number = Fraction(shares)
    for ratio in since:
        number *= ratio
    return decimal(number)
