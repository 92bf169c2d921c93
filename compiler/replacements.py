"""The model of an account with what its rules replace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from compiler.coverage import purchase_bar, selects
from compiler.dimensions import describe_fraction
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
    if not by:
        return dict(model)
    weights: Weights = {}
    for name, weight in model.items():
        instead = substitute(household, account, policy, name, by[name]) if name in by else {}
        for other, share in (instead or {name: Decimal(1)}).items():
            weights[other] = weights.get(other, Decimal(0)) + weight * share
    return weights


def substitute(
    household: Household, account: Account, policy: HouseholdPolicy, name: str, scope: InForce
) -> Weights:
    """What takes the place of a security, as fractions of its weight; empty where nothing can: of
    a fund's constituents, where the account may buy none."""
    directive = cast("Replacement", scope.directive)
    if directive.substitutes is None:
        listed = basket(household, name)
        may = (_bar(household, account, policy, under) is None for under in listed)
        return listed if any(may) else {}
    for other in choices(household, name, scope):
        if _bar(household, account, policy, other) is None:
            return {other: Decimal(1)}
    return {}


def choices(household: Household, name: str, scope: InForce) -> list[str]:
    """Ids of what may take the place of a security, those without a price left out."""
    directive = cast("Replacement", scope.directive)
    if directive.substitutes is None:
        return list(basket(household, name))
    return [other for other in _known(household, directive.ranked) if other in household.prices]


def basket(household: Household, fund: str) -> Weights:
    """What stands for a fund, as fractions that sum to one: the constituents that the book lists
    and prices, for those it does not as well."""
    inside = household.constituents.get(fund, {})
    priced = {under: share for under, share in inside.items() if under in household.prices}
    total = sum(priced.values(), Decimal(0))
    return {under: share / total for under, share in priced.items()} if total > 0 else {}


def shortcomings(
    household: Household, account: Account, policy: HouseholdPolicy, name: str, scope: InForce
) -> Iterator[str]:
    """What a replacement cannot do for an account as it says, in words that follow its name."""
    fund = household.securities[name].ticker
    if not substitute(household, account, policy, name, scope):
        wanted = choices(household, name, scope)
        bars = (_bar(household, account, policy, other) for other in wanted)
        rules = dict.fromkeys(bar.statement.rule_id for bar in bars if bar is not None)
        barred = f" ({', '.join(rules)})" if rules else ""
        yield f"replaces {fund} with nothing that the account may buy{barred}: it stays"
    elif cast("Replacement", scope.directive).substitutes is None:
        inside = household.constituents[name]
        priced = sum((inside[under] for under in choices(household, name, scope)), Decimal(0))
        share = describe_fraction(priced.quantize(Decimal("0.0001")))
        if share != "100%":
            rest = "the book has no name or no price for the rest"
            yield f"replaces {fund} with {share} of what it holds: {rest}"


def _bar(
    household: Household, account: Account, policy: HouseholdPolicy, name: str
) -> InForce | None:
    return purchase_bar(household, account, policy, household.securities[name])


def _known(household: Household, ranked: tuple[str, ...]) -> Iterator[str]:
    """Ids of the securities named, by id or ticker, that the household's book has."""
    for text in ranked:
        if text in household.securities:
            yield text
        else:
            yield from sorted(s.id for s in household.securities.values() if s.ticker == text)
