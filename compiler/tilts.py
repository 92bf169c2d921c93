"""The weights of an account with the targets that its rules state for groups of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from compiler.coverage import selects
from compiler.selections import Named
from compiler.statements import HouseholdPolicy, InForce
from portfolio.household import Account, Household

if TYPE_CHECKING:
    from compiler.directives.target_weight import TargetWeight

ZERO = Decimal(0)
Weights = dict[str, Decimal]


def tilted(
    household: Household,
    account: Account,
    policy: HouseholdPolicy,
    model: Mapping[str, Decimal],
    weights: Mapping[str, Decimal],
) -> Weights:
    """`weights` (fractions by security) with each group at its target; `model` is as published.

    A wider group goes before one inside it, so that both have what they ask for.
    """
    scopes = policy.of_kind("target", account.id)
    if not scopes:
        return dict(weights)
    names = model.keys() | weights.keys()
    groups = [
        frozenset(n for n in names if selects(s, household, account, household.securities[n]))
        for s in scopes
    ]
    order = sorted(range(len(scopes)), key=lambda k: -len(groups[k]))
    found = dict(weights)
    for k in order:
        wanted = wanted_weight(scopes[k], household, model, found, groups[k])
        members = groups[k] or _named(household, scopes[k])
        found = _moved(household, found, members, wanted)
    return found


def wanted_weight(
    scope: InForce,
    household: Household,
    model: Mapping[str, Decimal],
    weights: Mapping[str, Decimal],
    group: Collection[str],
) -> Decimal:
    """The weight that a group has to have today: all of the way from `weights`, or the steps that
    are due."""
    directive = cast("TargetWeight", scope.directive)
    base = Decimal(1)
    if directive.base == "model":
        base = sum((model.get(name, ZERO) for name in group), ZERO)
    now = sum((weights.get(name, ZERO) for name in group), ZERO)
    end = directive.share * base
    if directive.steps is None or scope.statement.starts is None:
        return end
    done = directive.steps.done(scope.statement.starts, household.as_of, household.calendar)
    return now + (end - now) * done


def reached(
    household: Household,
    account: Account,
    policy: HouseholdPolicy,
    scope: InForce,
    model: Mapping[str, Decimal],
    weights: Mapping[str, Decimal],
) -> tuple[Decimal, Decimal]:
    """(the weight that a line asks for in the end, the weight that its group has), the second the
    same while there are steps to make."""
    directive = cast("TargetWeight", scope.directive)
    names = sorted(model.keys() | weights.keys())
    group = [n for n in names if selects(scope, household, account, household.securities[n])]
    found = sum((weights.get(name, ZERO) for name in group), ZERO)
    if directive.steps is not None:
        return found, found
    return wanted_weight(scope, household, model, weights, group), found


def _named(household: Household, scope: InForce) -> frozenset[str]:
    """Securities that the line names one by one, for a group of which the model has nothing."""
    items = cast("TargetWeight", scope.directive).things.items
    return frozenset(
        security.id
        for security in household.securities.values()
        for item in items
        if isinstance(item, Named) and item.matches(security) and security.id in household.prices
    )


def _moved(
    household: Household, weights: Weights, group: Collection[str], wanted: Decimal
) -> Weights:
    """`weights` with the group at its weight, its members in the proportions they had.

    The rest of its asset class gives or takes, where the group is a part of one; then everything
    else in proportion, then cash.
    """
    members = {name: weights.get(name, ZERO) for name in sorted(group)}
    now = sum(members.values(), ZERO)
    if not members or wanted == now:
        return weights
    change = wanted - now
    classes = {household.securities[name].asset_class for name in members}
    others = [name for name in weights if name not in members]
    peers = [n for n in others if {household.securities[n].asset_class} == classes]
    found = dict(weights)
    for givers in (peers, others):
        change = _taken(found, givers, change)
    cash = 1 - sum(weights.values(), ZERO)
    wanted -= max(ZERO, change - cash)
    for name, weight in members.items():
        found[name] = wanted * weight / now if now > 0 else wanted / len(members)
    return {name: weight for name, weight in found.items() if weight > 0 or name in weights}


def _taken(weights: Weights, givers: Collection[str], change: Decimal) -> Decimal:
    """Take `change` from the givers in proportion, changing `weights`; what is left to take."""
    total = sum((weights[name] for name in givers), ZERO)
    if total <= 0:
        return change
    left = max(ZERO, total - change)
    for name in givers:
        weights[name] = weights[name] * left / total
    return change - (total - left)
