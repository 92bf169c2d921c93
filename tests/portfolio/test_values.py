"""What an account is worth, in a household and in those that are made of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.compiler.conftest import HOUSEHOLD

ACCOUNT, OTHER = HOUSEHOLD.accounts


def test_other_prices_and_other_lots_are_another_value() -> None:
    """100 x $50 + 200 x $20 + $1,000, whoever asked before, of which household."""
    fewer = replace(ACCOUNT, lots=ACCOUNT.lots[:1])
    dearer = replace(HOUSEHOLD, prices={**HOUSEHOLD.prices, "ALFA": Decimal(51)})
    for _ in range(2):
        assert HOUSEHOLD.value(ACCOUNT) == 10_000
        assert dearer.value(ACCOUNT) == 10_100
        assert replace(HOUSEHOLD, flows=()).value(fewer) == 6_000
        assert dearer.value(fewer) == 6_100
        assert HOUSEHOLD.value(OTHER) == 10_000


def test_no_more_than_two_values_of_an_account_are_kept() -> None:
    home = replace(HOUSEHOLD, _values={})
    for cents in range(10):
        paid = replace(ACCOUNT, cash=ACCOUNT.cash + Decimal(cents) / 100)
        assert replace(home, accounts=(paid, OTHER)).value(paid) == 10_000 + Decimal(cents) / 100
    assert len(home._values[ACCOUNT.id]) == 2
