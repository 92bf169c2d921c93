"""The model of an account with what its rules replace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from compiler.coverage import bars_purchase, selects
from compiler.statements import HouseholdPolicy, InForce
from portfolio.household import Account, Household

if TYPE_CHECKING:
    from compiler.directives.replacement import Replacement

Weights = dict[str, Decimal]


def replacements(
    household: Household, account: Account, policy: HouseholdPolicy, model: Mapping[str, Decimal]
) -> dict[str, InForce]:
    """What replaces each security of the model, if anything does: of two, the higher layer's."""
    found: dict[str, InForce] = {}
    for scope in policy.of_kind("replacement", account.id):
        for name in model:
            if name not in found and selects(scope, household, account, household.securities[name]):
                found[name] = scope
    return found


def replaced(
    household: Household, account: Account, policy: HouseholdPolicy, model: Mapping[str, Decimal]
) -> Weights:
    """Weights after replacements, none of which is replaced again; a security for which nothing
    may be bought keeps its own."""
    by = replacements(household, account, policy, model)
    weights: Weights = {}
    for name, weight in model.items():
        instead = substitute(household, account, policy, name, by[name]) if name in by else {}
        for other, share in (instead or {name: Decimal(1)}).items():
            weights[other] = weights.get(other, Decimal(0)) + weight * share
    return weights


def substitute(
    household: Household, account: Account, policy: HouseholdPolicy, name: str, scope: InForce
) -> Weights:
    """What takes the place of a security, as fractions of its weight; empty where nothing can."""
    directive = cast("Replacement", scope.directive)
    if directive.substitutes is None:
        inside = household.constituents.get(name, {})
        kept = {under: share for under, share in inside.items() if under in household.prices}
        total = sum(kept.values(), Decimal(0))
        return {under: share / total for under, share in kept.items()} if total > 0 else {}
    for other in _known(household, directive.ranked):
        security = household.securities[other]
        if other in household.prices and not bars_purchase(household, account, policy, security):
            return {other: Decimal(1)}
    return {}


def _known(household: Household, ranked: tuple[str, ...]) -> Iterator[str]:
    """Ids of the securities named, by id or ticker, that the household's book has."""
    for text in ranked:
        if text in household.securities:
            yield text
        else:
            yield from sorted(s.id for s in household.securities.values() if s.ticker == text)
