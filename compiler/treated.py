"""A household as its policy has it read: lots called absent, wash groups joined, share increments.

Everything after the merge, the model and the exact check alike, starts from this household.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from compiler.attributes import Environment
from compiler.coverage import selects, selects_lot
from compiler.statements import HouseholdPolicy, InForce
from portfolio.household import Account, Household
from portfolio.identical import joined

if TYPE_CHECKING:
    from compiler.directives.share_units import ShareUnits
    from compiler.directives.treatment import Treatment


def treatments(policy: HouseholdPolicy, purpose: str) -> tuple[InForce, ...]:
    """The treatments of one purpose that hold for accounts of the household."""
    return tuple(
        scope
        for scope in policy.statements
        if scope.directive.kind == "treatment"
        and cast("Treatment", scope.directive).purpose == purpose
    )


def classes_of(
    scope: InForce, household: Household, account: Account, names: Iterable[str]
) -> list[list[str]]:
    """Securities by the class that a treatment puts them in, in the order of `names`."""
    each = cast("Treatment", scope.directive).each
    found: dict[str, list[str]] = {}
    for name in names:
        security = household.securities[name]
        if selects(scope, household, account, security):
            value = each.value(Environment(household, account, security)) if each else ""
            if value is not None:
                found.setdefault(str(value), []).append(name)
    return list(found.values())


def as_whole(household: Household, policy: HouseholdPolicy) -> Household:
    """The household with its lots all there: wash groups joined, share increments as chosen."""
    accounts = tuple(_in_units(account, policy) for account in household.accounts)
    return _with_wash_classes(replace(household, accounts=accounts), policy)


def without_absent(household: Household, scopes: Iterable[InForce]) -> Household:
    """The household without the lots that these treatments call absent; itself where there are
    none."""
    absent = {
        lot.id
        for scope in scopes
        for account in household.accounts
        if account.id in scope.accounts
        for lot in account.lots
        if selects_lot(scope, household, account, lot)
    }
    if not absent:
        return household
    accounts = tuple(
        replace(account, lots=tuple(lot for lot in account.lots if lot.id not in absent))
        for account in household.accounts
    )
    return replace(household, accounts=accounts)


def as_seen(whole: Household, visible: Household, scope: InForce) -> Household:
    """The household that a statement counts: what a lower layer calls absent is there for it, and
    so are accounts held away that it names; `visible` itself where there is nothing of either.

    `visible` is `whole` without anything that any layer calls absent.
    """
    return _with_named_away(_with_absent(whole, visible, scope), scope)


def _with_named_away(household: Household, scope: InForce) -> Household:
    """Accounts held away count in a household's sums and value only where a statement names them:
    where its `when` speaks of accounts held away, or of accounts by their ids."""
    named = any(
        column.table == "accounts" and column.name in ("held_away", "id")
        for guard in scope.statement.guards
        for column in guard.columns()
    )
    if not named:
        return household
    away = [a.id for a in household.accounts if a.held_away and a.id in scope.accounts]
    accounts = (
        replace(account, held_away=False) if account.id in away else account
        for account in household.accounts
    )
    return replace(household, accounts=tuple(accounts)) if away else household


def _with_absent(whole: Household, visible: Household, scope: InForce) -> Household:
    if whole is visible or not scope.directive.counts_absent:
        return visible
    seen = without_absent(whole, (each for each in scope.treatments if _absent(each)))
    lots = [sum(len(account.lots) for account in each.accounts) for each in (seen, visible)]
    return visible if lots[0] == lots[1] else seen


def _absent(scope: InForce) -> bool:
    return cast("Treatment", scope.directive).purpose == "absent"


def _in_units(account: Account, policy: HouseholdPolicy) -> Account:
    for scope in policy.of_kind("share units", account.id):
        return replace(account, fractional=not cast("ShareUnits", scope.directive).whole)
    return account


def _with_wash_classes(household: Household, policy: HouseholdPolicy) -> Household:
    """Classes of any account hold for the household: a purchase in one washes a loss in another."""
    classes: list[list[str]] = []
    for scope in treatments(policy, "wash sales"):
        account = next(a for a in household.accounts if a.id in scope.accounts)
        classes += classes_of(scope, household, account, household.securities)
    return joined(household, classes) if classes else household
