"""The published model of an account, and the target that its rules make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from compiler.coverage import forbids_security
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
    """Securities of the published model that a `never hold` removes, with that statement."""
    bans = [
        scope
        for scope in policy.statements
        if scope.directive.kind == "restriction"
        and scope.directive.bans_holding  # type: ignore[attr-defined]
        and account.id in scope.accounts
    ]
    removed: dict[str, InForce] = {}
    for security_id in published(household, account, policy):
        for scope in bans:
            if forbids_security(scope, household, account, household.securities[security_id]):
                removed.setdefault(security_id, scope)
    return removed


def target(household: Household, account: Account, policy: HouseholdPolicy) -> dict[str, Decimal]:
    """The model after removals: an excluded weight goes pro rata to its asset class.

    Where a whole class is excluded its weight stays in cash.
    """
    model = published(household, account, policy)
    removed = excluded_by(household, account, policy)
    asset_class = {name: household.securities[name].asset_class for name in model}
    kept = {name: weight for name, weight in model.items() if name not in removed}
    whole: dict[str, Decimal] = {}
    left: dict[str, Decimal] = {}
    for name, weight in model.items():
        group = asset_class[name]
        whole[group] = whole.get(group, Decimal(0)) + weight
        if name in kept:
            left[group] = left.get(group, Decimal(0)) + weight
    return {
        name: weight * whole[asset_class[name]] / left[asset_class[name]]
        for name, weight in kept.items()
    }
