"""Accounts that have one target: each by itself, or those of a joint household together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from compiler.statements import HouseholdPolicy, InForce
from compiler.target import Weights, portfolio_target, published, wanted_weights
from portfolio.household import Account, Household

Given = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """`traded` accounts have one target over their sum; `kept` ones, held away or frozen, count in
    it as they are. `id` is the household's if these are all of its accounts, else it names them.
    `meant` are the securities that the target has for the sake of each traded account."""

    id: str
    traded: tuple[Account, ...]
    kept: tuple[Account, ...]
    model: Mapping[str, Decimal]
    target: Weights
    meant: Mapping[str, tuple[str, ...]]

    @property
    def joint(self) -> bool:
        """Whether what one account holds may stand for what another does not."""
        return len(self.members) > 1

    @property
    def members(self) -> frozenset[str]:
        """Ids of its accounts, traded and kept."""
        return frozenset(a.id for a in (*self.traded, *self.kept))

    def bound_by(self, scope: InForce) -> bool:
        """Whether a statement reaches every account of it that may trade."""
        return all(account.id in scope.accounts for account in self.traded)


def may_trade(account: Account, policy: HouseholdPolicy) -> bool:
    """Whether neither the book nor a finding nor an erroneous statement stops the account."""
    return not account.held_away and not account.frozen and account.id not in policy.held


def portfolios(household: Household, policy: HouseholdPolicy) -> tuple[Portfolio, ...]:
    """The portfolios of a household that trade, in order of their first account.

    Accounts of a joint household that follow the same published model are one; an account for which
    a rule chooses another model is measured by itself, or with others that follow it.
    """
    joint = household.management == "joint"
    groups: dict[object, list[Account]] = {}
    for account in household.accounts:
        weights = published(household, account, policy)
        groups.setdefault(frozenset(weights.items()) if joint else account.id, []).append(account)
    found: list[Portfolio] = []
    for accounts in groups.values():
        traded = [a for a in accounts if may_trade(a, policy)]
        kept = [a for a in accounts if a not in traded]
        if traded:
            whole = joint and len(accounts) == len(household.accounts) > 1
            id = household.id if whole else "+".join(sorted(a.id for a in accounts))
            found.append(_portfolio(id, household, traded, kept, policy))
    return tuple(found)


def _portfolio(
    id: str,
    household: Household,
    traded: list[Account],
    kept: list[Account],
    policy: HouseholdPolicy,
) -> Portfolio:
    target = portfolio_target(household, traded, kept, policy)
    meant = {a.id: tuple(target) for a in traded}
    if len(traded) > 1:
        wanted = {a.id: wanted_weights(household, a, policy) for a in traded}
        shared = {name for name in target if all(name not in own for own in wanted.values())}
        meant = {
            a: tuple(name for name in target if name in own or name in shared)
            for a, own in wanted.items()
        }
    model = published(household, traded[0], policy)
    return Portfolio(id, tuple(traded), tuple(kept), model, target, meant)


def with_kept(given: Given, found: tuple[Portfolio, ...]) -> Given:
    """Weights by account that may trade, with those of the accounts that count beside them."""
    beside = {k.id: given[p.traded[0].id] for p in found for k in p.kept}
    return {**given, **beside} if beside else given
