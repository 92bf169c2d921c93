"""The exact check: every statement in force and the physics, on finished trades, in decimals.

It shares nothing with the optimisation model but the book, the statements and their selections.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from compiler.closing import Closing
from compiler.directives.base import Breach
from compiler.portfolios import may_trade
from compiler.statements import HouseholdPolicy, InForce
from portfolio.household import Account


def exact_breaches(policy: HouseholdPolicy, closing: Closing) -> tuple[Breach, ...]:
    """What the trades break: nothing, if they may be proposed. Soft statements stop nothing."""
    found = list(_physics(policy, closing))
    for scope in policy.statements:
        if scope.statement.soft is None:
            found.extend(scope.directive.breaches(scope, closing.seen_by(scope)))
    return tuple(found)


def soft_breaches(policy: HouseholdPolicy, closing: Closing) -> Iterator[tuple[InForce, Breach]]:
    """What soft statements ask today and the trades leave undone, by priority: 1 comes first."""
    soft = [scope for scope in policy.statements if scope.statement.soft is not None]
    for scope in sorted(soft, key=lambda scope: scope.statement.soft or 0):
        for breach in scope.directive.breaches(replace(scope, strict=True), closing.seen_by(scope)):
            yield scope, breach


def _physics(policy: HouseholdPolicy, closing: Closing) -> list[Breach]:
    found = []
    short = [(key, shares) for key, shares in closing.shares_after.items() if shares < 0]
    for (account_id, security_id), shares in sorted(short):
        where = f"{account_id} {security_id}"
        found.append(_broken(where, shares, Decimal(0), "shares", "sold short"))
    for sale in closing.sales:
        sold = closing.lot_shares_sold[sale.lot.id]
        if sold > sale.lot.shares:
            where = f"{sale.account_id} {sale.lot.id}"
            found.append(_broken(where, sold, sale.lot.shares, "shares", "more than the lot has"))
    sides = {(sale.account_id, sale.security_id) for sale in closing.sales}
    for buy in closing.purchases:
        if (buy.account_id, buy.security_id) in sides:
            where = f"{buy.account_id} {buy.security_id}"
            found.append(_broken(where, buy.shares, Decimal(0), "shares", "bought and sold"))
    traded = {trade.account_id for trade in closing.trades}
    for account_id in sorted(traded):
        account = closing.account(account_id)
        if not may_trade(account, policy):
            found.append(_broken(account_id, Decimal(1), Decimal(0), "trades", "may not be traded"))
        cash = closing.cash(account, after=True)
        if cash < min(Decimal(0), closing.cash(account, after=False)):
            found.append(_broken(account_id, cash, Decimal(0), "dollars", "overdrawn"))
        found.extend(_odd_orders(closing, account))
    return found


def _odd_orders(closing: Closing, account: Account) -> list[Breach]:
    """Orders that are no multiple of the custodian's increment and do not close a position."""
    orders: dict[str, Decimal] = {}
    for trade in closing.trades:
        if trade.account_id == account.id:
            orders[trade.security_id] = orders.get(trade.security_id, Decimal(0)) + trade.shares
    odd = []
    for security_id, shares in orders.items():
        step = share_increment(closing, account, security_id)
        if shares % step and closing.shares_after[account.id, security_id]:
            where = f"{account.id} {security_id}"
            odd.append(_broken(where, shares, step, "shares", "not a multiple of the increment"))
    return sorted(odd, key=lambda breach: breach.where)


def share_increment(closing: Closing, account: Account, security_id: str) -> Decimal:
    """Smallest step of an order, shares."""
    step = closing.household.securities[security_id].share_increment
    return step if account.fractional else max(step, Decimal(1))


def _broken(where: str, found: Decimal, bound: Decimal, unit: str, what: str) -> Breach:
    return Breach("physics", where, found, bound, unit, f"{where}: {what} ({found} {unit})")
