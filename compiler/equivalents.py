"""Securities that are one for drift: what is held of a class meets the class's target first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from compiler.statements import HouseholdPolicy, InForce
from compiler.treated import classes_of, treatments
from portfolio.household import Account, Household

ZERO = Decimal(0)


def met_by_equivalents(
    household: Household,
    accounts: Sequence[Account],
    policy: HouseholdPolicy,
    weights: Mapping[str, Decimal],
    held: Mapping[str, Decimal],
) -> dict[str, Decimal]:
    """`weights` (the target) with each class met by what is `held` of it, both fractions of the
    accounts that the target is of; what is missing is the target's own member's, what is too much
    leaves in proportion. Classes of one of the `accounts` are those of all."""
    found = dict(weights)
    taken: set[str] = set()
    for scope in treatments(policy, "drift"):
        for account in (a for a in accounts if a.id in scope.accounts):
            names = sorted((weights.keys() | held.keys()) - taken)
            for members in classes_of(scope, household, account, names):
                taken.update(members)
                found |= _met(members, weights, held)
    return {name: weight for name, weight in found.items() if weight > 0}


def _met(
    members: list[str], weights: Mapping[str, Decimal], held: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    wanted = sum((weights.get(name, ZERO) for name in members), ZERO)
    there = sum((held.get(name, ZERO) for name in members), ZERO)
    if wanted == 0 or there == 0:
        return {}
    if there >= wanted:
        return {name: held.get(name, ZERO) * wanted / there for name in members}
    missing = wanted - there
    return {
        name: held.get(name, ZERO) + missing * weights.get(name, ZERO) / wanted for name in members
    }


def classes(policy: HouseholdPolicy, account: Account) -> tuple[InForce, ...]:
    """The treatments for drift that hold for an account."""
    return tuple(s for s in treatments(policy, "drift") if account.id in s.accounts)
