"""Lots that a fixed order of lots passes over: rules bar their sale, whatever else is traded.

What depends on other trades bars no lot for good: a wash sale, a limit on gains. There the order
stands, and the position waits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from compiler.statements import HouseholdPolicy, InForce
from compiler.treated import as_seen, treatments, without_absent
from portfolio.household import Household

if TYPE_CHECKING:
    from compiler.directives.lot_order import LotOrder


def passed_over(whole: Household, policy: HouseholdPolicy) -> frozenset[str]:
    """Ids of the lots that hard statements bar from being sold, or let go only to raise cash, and
    of those called absent, in the accounts of `whole` that have an order."""
    fixed = [account.id for account in whole.accounts if _has_order(policy, account.id)]
    if not fixed:
        return frozenset()
    visible = without_absent(whole, treatments(policy, "absent"))
    there = {lot.id for account in visible.accounts for lot in account.lots}
    found = {lot.id for account in whole.accounts for lot in account.lots} - there
    for scope in policy.statements:
        if scope.statement.soft is not None:
            continue
        always, seen = _without_allowance(scope), as_seen(whole, visible, scope)
        for account in seen.accounts:
            if account.id in fixed and account.id in scope.accounts:
                found.update(
                    lot.id
                    for lot in account.lots
                    if scope.directive.bars_sale(always, seen, account, lot)
                )
    return frozenset(found)


def _has_order(policy: HouseholdPolicy, account_id: str) -> bool:
    orders = policy.of_kind("lot order", account_id)
    return any(cast("LotOrder", scope.directive).method is not None for scope in orders)


def _without_allowance(scope: InForce) -> InForce:
    """The statement as if no sale of what it bars raised cash."""
    kept = (each for each in scope.statement.carveouts if each.purpose != "raise cash")
    return replace(scope, statement=replace(scope.statement, carveouts=tuple(kept)))
