"""The model that an account follows today: its fee, what stands in for what, what keeps it from it.

Said where there is anything to say: a model of the book that has no alternates, no provider and no
line of the policy is only a name.
"""

from __future__ import annotations

from compiler.alternates import followed
from compiler.check import TypedPolicies
from compiler.effective_lines import ModelInEffect
from compiler.layers import household_policy
from compiler.model_fees import model_fees, without_closed_models
from compiler.target import without_unknown_models
from portfolio.household import Account, Household

KINDS = ("model", "barred replacement")


def model_in_effect(
    typed: TypedPolicies, household: Household, account: Account
) -> tuple[ModelInEffect, tuple[str, ...]]:
    """(what to say of the account's model, what of it keeps the account from being traded)."""
    alternates = any(model.places for model in household.models.values())
    chosen = any(each.directive.kind in KINDS for each in typed.statements)
    if not (alternates or chosen or household.model_facts) or account.frozen or account.held_away:
        return ModelInEffect(), ()
    policy = household_policy(typed, household)
    if account.id in policy.held:
        return ModelInEffect(), ()
    policy = without_closed_models(without_unknown_models(policy, household), household)
    if account.id in policy.held:
        return ModelInEffect(), policy.held[account.id]
    fees = model_fees(household, account, policy)
    standing = followed(household, account, policy).stand_ins
    lines = (*(f.describe() for f in fees), *(s.describe(household) for s in standing))
    documents = tuple(f.to_json() for f in fees), tuple(s.to_json() for s in standing)
    return ModelInEffect(lines, *documents), ()
