"""The published model of an account, and the target that its rules make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from compiler.coverage import excused_lot, forbids_security
from compiler.statements import HouseholdPolicy, InForce
from portfolio.household import Account, Household


def published(
    household: Household, account: Account, policy: HouseholdPolicy
) -> Mapping[str, Decimal]:
    """Fractions of the account by security, as the model's provider published them."""
    chosen = [
        scope.directive.model_id  # type: ignore[attr-defined]
        for scope in policy.statements
        if scope.directive.kind == "model" and account.id in scope.accounts
    ]
    return household.models[chosen[0] if chosen else account.model_id].weights


def without_unknown_models(policy: HouseholdPolicy, household: Household) -> HouseholdPolicy:
    """The policy with accounts held for which it chooses a model the book does not have."""
    held = dict(policy.held)
    for scope in policy.statements:
        if scope.directive.kind != "model":
            continue
        name = scope.directive.model_id  # type: ignore[attr-defined]
        if name not in household.models:
            statement = scope.statement
            reason = f"the book has no model {name} ({statement.path}:{statement.line})"
            for account_id in scope.accounts:
                held[account_id] = (*held.get(account_id, ()), reason)
    return replace(policy, held=held)


def excluded_by(
    household: Household, account: Account, policy: HouseholdPolicy
) -> Mapping[str, InForce]:
    """Securities of the published model that a `never hold` removes whole, with that statement."""
    removed = _banned(household, account, policy)
    return {
        name: scope
        for name, scope in removed.items()
        if not _spared(household, account, policy, name)
    }


def _banned(
    household: Household, account: Account, policy: HouseholdPolicy
) -> Mapping[str, InForce]:
    """Securities of the published model that may not be bought to be held."""
    removed: dict[str, InForce] = {}
    for security_id in published(household, account, policy):
        for scope in _bans(account, policy):
            if _forbids(scope, household, account, security_id):
                removed.setdefault(security_id, scope)
    return removed


def _bans(account: Account, policy: HouseholdPolicy) -> list[InForce]:
    return [
        scope
        for scope in policy.statements
        if scope.directive.kind == "restriction"
        and scope.directive.bans_holding  # type: ignore[attr-defined]
        and account.id in scope.accounts
    ]


def _forbids(scope: InForce, household: Household, account: Account, security_id: str) -> bool:
    return forbids_security(scope, household, account, household.securities[security_id])


def target(household: Household, account: Account, policy: HouseholdPolicy) -> dict[str, Decimal]:
    """The model after removals: an excluded weight goes pro rata to its asset class.

    Where a whole class is excluded its weight stays in cash. Shares that a waiver excuses keep
    their place, up to the model's weight.
    """
    model = published(household, account, policy)
    removed = _banned(household, account, policy)
    asset_class = {name: household.securities[name].asset_class for name in model}
    spared = {name: _spared(household, account, policy, name) for name in removed}
    kept = {name: weight for name, weight in model.items() if name not in removed}
    placed = {name: min(model[name], share) for name, share in spared.items() if share > 0}
    whole: dict[str, Decimal] = {}
    left: dict[str, Decimal] = {}
    for name, weight in model.items():
        group = asset_class[name]
        whole[group] = whole.get(group, Decimal(0)) + weight - placed.get(name, Decimal(0))
        if name in kept:
            left[group] = left.get(group, Decimal(0)) + weight
    grown = {
        name: weight * whole[asset_class[name]] / left[asset_class[name]]
        for name, weight in kept.items()
    }
    return {name: (grown | placed)[name] for name in model if name in grown or name in placed}


def _spared(
    household: Household, account: Account, policy: HouseholdPolicy, security_id: str
) -> Decimal:
    """The share of the account in lots that every ban on a security spares for a waiver."""
    bans = [
        scope
        for scope in _bans(account, policy)
        if _forbids(scope, household, account, security_id)
    ]
    lots = [
        lot
        for lot in account.lots
        if lot.security_id == security_id
        and all(excused_lot(scope, household, account, lot) for scope in bans)
    ]
    value = household.value(account)
    if not lots or value <= 0:
        return Decimal(0)
    return sum(lot.shares for lot in lots) * household.price(security_id) / value
