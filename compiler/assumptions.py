"""The numbers behind the objective that an investment committee chooses, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from compiler.statements import HouseholdPolicy
from portfolio.household import Household


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the objective takes for granted for one account.

    `horizon` and `deferral` are years: the time over which tracking error costs, and the time until
    a gain deferred today is taxed; `discount_rate` is annual; `step_up` is the probability that a
    deferred gain is never taxed (26 USC 1014); `trading_cost` is a fraction of the amount traded;
    `risk_aversion` is dollars a year per dollar of value and unit of active variance;
    `retirement_tax` is the fraction of a tax-deferred account that a joint target leaves out, since
    it will be taxed when it is withdrawn. `carried_losses` is what a dollar of loss carried on is
    worth today, where the book does not say.
    """

    risk_aversion: float = 10.0
    horizon: float = 1.0
    discount_rate: float = 0.05
    deferral: float = 10.0
    step_up: float = 0.1
    trading_cost: float = 0.0002
    retirement_tax: float = 0.0
    carried_losses: float = 0.0

    @property
    def present_value_of_deferred_tax(self) -> float:
        """Dollars today for a dollar of tax due when a deferred gain is taxed."""
        discount: float = (1.0 + self.discount_rate) ** self.deferral
        return (1.0 - self.step_up) / discount


def assumptions_for(policy: HouseholdPolicy, account_id: str) -> Assumptions:
    """The values that won for this account, over the defaults."""
    chosen = {
        scope.directive.field: float(scope.directive.value)  # type: ignore[attr-defined]
        for scope in policy.statements
        if scope.directive.kind == "assumption" and account_id in scope.accounts
    }
    return replace(Assumptions(), **chosen)


def with_assumed_values(household: Household, policy: HouseholdPolicy) -> Household:
    """The household with what its policy takes a dollar of loss carried on to be worth, where the
    book does not say; the least of what a taxpayer's taxable accounts have."""
    entities = dict(household.tax_entities)
    for name, entity in household.tax_entities.items():
        own = [a for a in household.accounts if a.taxable and a.tax_entity_id == name]
        if entity.rate_carry is None and own:
            least = min(assumptions_for(policy, a.id).carried_losses for a in own)
            entities[name] = replace(entity, rate_carry=Decimal(str(least)))
    return replace(household, tax_entities=entities)
