"""Households of every kind of account, merged and checked whole and account by account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase

from compiler import layers
from compiler.directives import base
from compiler.statements import HouseholdPolicy
from tests.compiler.laws import laws
from tests.compiler.laws.account_laws import LAWS

SHORT, LONG = 80, 2_000
MINUTES = (pytest.mark.long, pytest.mark.minutes)
Law = Callable[[int], Counter[str]]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("sets", [SHORT, pytest.param(LONG, marks=MINUTES)])
def test_law(law: Law, sets: int) -> None:
    seen = law(sets)
    assert seen["sets"] >= sets
    assert seen["statements"] >= 4 * sets
    assert seen["for some"] >= sets / 8, "accounts differ in what holds for them"
    assert seen["held"] >= sets / 8, "and some have mistakes in their policies"


# --- merges that are wrong -----------------------------------------------------------------------


def all_accounts_have_what_the_first_has(patch: pytest.MonkeyPatch) -> None:
    whole = layers.fold

    def fold(typed: Any, home: Any, account: Any) -> Any:
        return replace(whole(typed, home, home.accounts[0]), account=account)

    patch.setattr(layers, "fold", fold)


def a_mistake_stops_the_whole_household(patch: pytest.MonkeyPatch) -> None:
    whole = layers.household_policy

    def merged(typed: Any, home: Any) -> HouseholdPolicy:
        policy = whole(typed, home)
        every = tuple(code for found in policy.held.values() for code in found)
        held = {each.id: every for each in home.accounts} if every else {}
        return replace(policy, held=held)

    patch.setattr("tests.compiler.laws.account_laws.household_policy", merged)


def a_waiver_reaches_every_account(patch: pytest.MonkeyPatch) -> None:
    whole = layers._of_rule

    def of_rule(rule_id: str, waivers: Any) -> Any:
        found = whole(rule_id, waivers)
        some = next(iter(found.values()), ())
        return dict.fromkeys(waivers, some) if found else {}

    patch.setattr(layers, "_of_rule", of_rule)


def accounts_are_measured_together(patch: pytest.MonkeyPatch) -> None:
    """A limit of each account is taken for one of all of them."""
    whole = base.holders

    def holders(of: str, scope: Any, home: Any) -> Any:
        for where, members, account in whole(of, scope, home):
            own = tuple(a for a in home.accounts if a.id in scope.accounts)
            yield where, (own if account else members), account

    patch.setattr("compiler.directives.band.holders", holders)
    patch.setattr("compiler.directives.cash.holders", holders)


WRONG = {
    all_accounts_have_what_the_first_has: LAWS[0],
    a_mistake_stops_the_whole_household: LAWS[0],
    a_waiver_reaches_every_account: LAWS[0],
    accounts_are_measured_together: LAWS[1],
}


@pytest.mark.long
@pytest.mark.parametrize("wrong", WRONG, ids=lambda each: each.__name__)
def test_a_wrong_merge_breaks_the_law(
    wrong: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong(monkeypatch)
    monkeypatch.setattr(laws, "PHASES", (Phase.generate,))
    with pytest.raises(AssertionError):
        WRONG[wrong](400)
