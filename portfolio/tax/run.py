"""What trades of one day come to for tax, on a household's lots as the book has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from portfolio.household import Household
from portfolio.tax.events import Holder, Purchase, Sale, Sales
from portfolio.tax.history import replay
from portfolio.tax.reading import CAUTIOUS, Reading
from portfolio.tax.results import Outcome


def outcome_of(
    household: Household,
    sales: Sequence[Sale],
    purchases: Iterable[Purchase],
    reading: Reading = CAUTIOUS,
) -> Outcome:
    """Gains of the sales and what wash sales take of them, purchases of the last 30 days and those
    given counted; the latter come first, then all sales at once.

    Losses are worked off in the order of the sales. The household stands for all its accounts, and
    those linked to it. Only lots of wash groups that are sold are told. Raises HistoryError for
    sales of what is not held.
    """
    group_of = {name: security.wash_group for name, security in household.securities.items()}
    sold = {group_of[sale.security_id] for sale in sales}
    holders = {
        account.id: Holder(account.type, "spouse" if account.owner == "spouse" else "self")
        for account in household.accounts
    }
    for lot in household.linked_lots:
        holders.setdefault(lot.account_id, Holder())
    lots = [lot for account in household.accounts for lot in account.lots]
    opening = sorted(
        (lot for lot in (*lots, *household.linked_lots) if group_of.get(lot.security_id) in sold),
        key=lambda lot: (lot.acquired, lot.id),
    )
    groups = {name: (group, Decimal(1)) for name, group in group_of.items() if group in sold}
    bought = [buy for buy in purchases if group_of[buy.security_id] in sold]
    bought.sort(key=lambda buy: (holders[buy.account_id].taxable, buy.account_id, buy.security_id))
    run = [Sales("run", household.as_of, tuple(sales))] if sales else []
    return replay([*bought, *run], holders, groups, reading, opening)
