"""Target weights of names that loss sales still block: who stands in for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from compiler.attributes import Environment
from compiler.coverage import bars_purchase
from compiler.statements import HouseholdPolicy, InForce
from portfolio.household import Account, Household
from portfolio.risk import correlation

if TYPE_CHECKING:
    from compiler.directives.harvest_replacement import HarvestReplacement

ZERO = Decimal(0)


def stood_in(
    household: Household,
    accounts: Sequence[Account],
    policy: HouseholdPolicy,
    weights: Mapping[str, Decimal],
    held: Mapping[str, Decimal],
) -> dict[str, Decimal]:
    """`weights` with the missing part of every blocked name at its best correlated substitute of
    those that the lines of the `accounts` allow them; `held` are fractions of what the weights are
    of. A name without one keeps its weight."""
    found = dict(weights)
    lines = [(a, s) for a in accounts for s in policy.of_kind("harvest replacement", a.id)[:1]]
    blocked = {block.wash_group for block in household.wash_blocks}
    for name, weight in weights.items():
        missing = weight - held.get(name, ZERO)
        if not lines or missing <= 0 or household.securities[name].wash_group not in blocked:
            continue
        candidates = (
            pair
            for account, scope in lines
            for pair in _candidates(household, account, policy, name, scope)
        )
        _, instead = min(candidates, key=lambda pair: (-pair[0], pair[1]), default=(ZERO, name))
        found[name] -= missing
        found[instead] = found.get(instead, ZERO) + missing
    return found


def _candidates(
    household: Household, account: Account, policy: HouseholdPolicy, name: str, scope: InForce
) -> Iterator[tuple[Decimal, str]]:
    """Correlation with the name, and id, of what may stand in for it."""
    blocked = {block.wash_group for block in household.wash_blocks}
    original = household.securities[name]
    chosen = cast("HarvestReplacement", scope.directive).substitutes
    for other in sorted(household.risk.securities):
        security = household.securities.get(other)
        alike = correlation(household.risk, name, other)
        if security is None or alike is None or other not in household.prices:
            continue
        env = Environment(household, account, security, original=original)
        if (
            security.wash_group not in blocked
            and chosen.security(env) is True
            and not bars_purchase(household, account, policy, security)
        ):
            yield alike, other
