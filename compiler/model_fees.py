"""What the models of an account cost, and who may use them, as their provider says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from compiler.alternates import published_model
from compiler.closing import cents
from compiler.dimensions import describe_fraction, describe_number
from compiler.portfolios import may_trade
from compiler.statements import HouseholdPolicy
from portfolio.household import Account, Household, ModelFacts


@dataclass(frozen=True, slots=True)
class ModelFee:
    """The fee of a model that an account follows, or of one inside it: `weight` is its part of the
    account, `dollars` what that costs in a year at today's values, in cents.

    It is shown, and no part of the objective: the provider bills it whatever is traded.
    """

    account_id: str
    model_id: str
    facts: ModelFacts
    weight: Decimal
    dollars: Decimal

    def describe(self) -> str:
        """`model ACME (Acme Core), Acme Research, 25 bps a year: $1,234.00 of this account`."""
        name = f" ({self.facts.name})" if self.facts.name else ""
        provider = f", {self.facts.provider}" if self.facts.provider else ""
        share = f" on {describe_fraction(round(self.weight, 4))}" if self.weight != 1 else ""
        rate = f"{describe_number(self.facts.fee_bps)} bps a year{share}"
        cost = f"{rate}: ${self.dollars:,.2f} of this account" if self.facts.fee_bps else "no fee"
        return f"model {self.model_id}{name}{provider}, {cost}"

    def to_json(self) -> dict[str, object]:
        """The same with stable field names; dollars and basis points are text."""
        return {
            "account_id": self.account_id,
            "model_id": self.model_id,
            "name": self.facts.name,
            "provider": self.facts.provider,
            "fee_bps": f"{self.facts.fee_bps:f}",
            "weight": round(float(self.weight), 8),
            "dollars_a_year": f"{self.dollars:f}",
        }


def model_fees(
    household: Household, account: Account, policy: HouseholdPolicy
) -> tuple[ModelFee, ...]:
    """The fees of every model of an account that the book says anything of, by model id."""
    value = household.value(account)
    return tuple(
        ModelFee(
            account.id,
            name,
            facts,
            weight,
            cents(value * weight * facts.fee_bps / 10_000),
        )
        for name, weight in sorted(published_model(household, account, policy).inside.items())
        if (facts := household.model_facts.get(name)) is not None
    )


def without_closed_models(policy: HouseholdPolicy, household: Household) -> HouseholdPolicy:
    """The policy with accounts held that follow a model which their program may not use."""
    held = dict(policy.held)
    for account in household.accounts:
        if not may_trade(account, policy):
            continue
        closed = [
            f"model {each.model_id} is for accounts of {', '.join(sorted(each.facts.programs))}, "
            f"and this one is of {account.program or 'no program'} ({each.facts.place})"
            for each in model_fees(household, account, policy)
            if each.facts.programs and account.program not in each.facts.programs
        ]
        if closed:
            held[account.id] = tuple(closed)
    return replace(policy, held=held)
