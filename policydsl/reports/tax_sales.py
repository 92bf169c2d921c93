"""The sales of a run as a taxpayer reports them, and what they would have been first in, first
out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from compiler.assumptions import assumptions_for
from compiler.closing import Closing, Sale, sale_of
from compiler.statements import HouseholdPolicy
from portfolio.holding import first_long_day, holding_start
from portfolio.household import Account, Lot
from portfolio.tax import YearTax

ZERO = Decimal(0)
SOON = 92  # days: lots that turn long-term within a quarter


def taxable_sales(closing: Closing, entity_id: str) -> list[Sale]:
    """Of one taxpayer, as Form 8949 has them: by term, the largest loss first."""
    own = {a.id for a in closing.household.accounts if a.taxable and a.tax_entity_id == entity_id}
    sales = [sale for sale in closing.sales if sale.account_id in own]
    return sorted(sales, key=lambda each: (each.long_term, each.gain, each.lot.id))


def first_in_first_out(closing: Closing, policy: HouseholdPolicy) -> Closing:
    """The same purchases, and the same shares sold of each position, the oldest lots first, as the
    law has it where nobody names lots (26 CFR 1.1012-1(c)(1))."""
    sold: dict[tuple[str, str], Decimal] = {}
    for sale in closing.sales:
        key = (sale.account_id, sale.security_id)
        sold[key] = sold.get(key, ZERO) + sale.shares
    sales = [
        sale
        for (account_id, name), shares in sold.items()
        for sale in _oldest(closing, policy, closing.account(account_id), name, shares)
    ]
    return replace(closing, sales=tuple(sales))


def _oldest(
    closing: Closing, policy: HouseholdPolicy, account: Account, name: str, shares: Decimal
) -> Iterator[Sale]:
    cost = Decimal(str(assumptions_for(policy, account.id).trading_cost))
    lots = sorted(
        (lot for lot in account.lots if lot.security_id == name),
        key=lambda lot: (lot.acquired, lot.id),
    )
    for lot in lots:
        part = min(shares, lot.shares)
        if part > 0:
            yield sale_of(closing.household, account, lot, part, cost)
        shares -= part


@dataclass(frozen=True, slots=True)
class Compared:
    """A taxpayer's year under two choices of lots; dollars."""

    entity_id: str
    named: YearTax
    oldest: YearTax


def compared(closing: Closing, policy: HouseholdPolicy) -> list[Compared]:
    """Taxpayers whose sales would have been of other lots."""
    other = first_in_first_out(closing, policy)
    return [
        Compared(entity_id, closing.tax(entity_id, after=True), other.tax(entity_id, after=True))
        for entity_id in sorted(closing.household.tax_entities)
        if _lots(taxable_sales(closing, entity_id)) != _lots(taxable_sales(other, entity_id))
    ]


def _lots(sales: Sequence[Sale]) -> dict[str, Decimal]:
    return {sale.lot.id: sale.shares for sale in sales}


@dataclass(frozen=True, slots=True)
class Turning:
    """What is left of a short-term lot after the trades, and the day it turns long-term; `gain` is
    of selling it today, dollars."""

    lot: Lot
    day: str
    shares: Decimal
    worth: Decimal
    gain: Decimal


def turning_soon(closing: Closing, entity_id: str) -> list[Turning]:
    """Lots with a gain that turn long-term within a quarter, the first day first."""
    found = []
    for account in closing.household.accounts:
        if not account.taxable or account.tax_entity_id != entity_id:
            continue
        for lot in account.lots:
            day = first_long_day(holding_start(lot))
            left = lot.shares - closing.lot_shares_sold.get(lot.id, ZERO)
            if not 0 < (day - closing.household.as_of).days <= SOON or left <= 0:
                continue
            worth = left * closing.household.prices[lot.security_id]
            gain = worth - lot.basis * left / lot.shares
            if gain > 0:
                found.append(Turning(lot, day.isoformat(), left, worth, gain))
    return sorted(found, key=lambda each: (each.day, -each.gain, each.lot.id))
