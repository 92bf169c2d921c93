"""What trades of one day come to for tax, on a household's lots as the book has them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from portfolio.household import Household
from portfolio.tax.events import Holder, Purchase, Sale
from portfolio.tax.history import replay
from portfolio.tax.reading import CAUTIOUS, Reading
from portfolio.tax.results import Outcome

Trade = Sale | Purchase


def outcome_of(
    household: Household, trades: Iterable[Trade], reading: Reading = CAUTIOUS
) -> Outcome:
    """Gains of the trades and what wash sales take of them, purchases of the last 30 days counted.

    Orders are worked off by account and security, all purchases after all sales: that decides which
    of several losses is washed (Treas. Reg. 1.1091-1(b)), not whether one is. The household stands
    for all its accounts, and those linked to it. Only lots of wash groups that are traded are told.
    Raises HistoryError for trades of what is not held.
    """
    trades = sorted(
        trades, key=lambda trade: (isinstance(trade, Purchase), trade.account_id, trade.security_id)
    )
    group_of = {name: security.wash_group for name, security in household.securities.items()}
    traded = {group_of[trade.security_id] for trade in trades}
    lots = [lot for account in household.accounts for lot in account.lots]
    holders = {
        account.id: Holder(account.type, "spouse" if account.owner == "spouse" else "self")
        for account in household.accounts
    }
    for lot in household.linked_lots:
        holders.setdefault(lot.account_id, Holder())
    opening = [
        lot
        for lot in (*lots, *household.linked_lots)
        if group_of.get(lot.security_id, lot.security_id) in traded
    ]
    groups = {name: (group, Decimal(1)) for name, group in group_of.items() if group in traded}
    return replay(
        trades, holders, groups, reading, sorted(opening, key=lambda lot: (lot.acquired, lot.id))
    )
