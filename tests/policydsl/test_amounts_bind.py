"""Amounts of attributes and flows, and names that are worked out, deciding what is traded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from policydsl.propose import Status, propose
from portfolio.household import Flow, Household
from tests.by_hand import policy, usual
from tests.policydsl.test_propose import legacy, proposed, weight


@pytest.mark.parametrize(("monthly", "months"), [(1_000, 6), (4_000, 6), (4_000, 3)])
def test_cash_for_the_withdrawals_ahead_is_raised(monthly: int, months: int) -> None:
    """The model of TX ($100,000) leaves a tenth in cash; payments fall on the first of a month."""
    flows = tuple(
        Flow("TX", date(2026 + m // 12, m % 12 + 1, 1), Decimal(-monthly), "withdrawal")
        for m in range(6, 18)
    )
    home = replace(usual(), flows=flows)
    _, closing = proposed(home, f"keep cash at least {months} months of withdrawals per account")
    cash = closing.cash(closing.account("TX"), after=True)
    assert cash >= monthly * months
    if monthly * months > 10_000:
        assert cash <= monthly * months + 100


@pytest.mark.parametrize("income", [0, 20_000, 30_000])
def test_gains_fill_what_the_income_leaves(income: int) -> None:
    home = replace(legacy(), attributes={"income": Decimal(income)})
    cap = 'keep each issuer at most 5% of account where kind is "stock"\nexcept "CCC"'
    left = "keep realized gains at most $30,000 minus household.income each year per household"
    _, closing = proposed(home, cap, left)
    room = 30_000 - income
    gains = sum(closing.realized("T1", after=True))
    assert gains <= room
    # 5% of the account is $5,000 of the name's $35,000: $27,000 of gains would be enough.
    assert float(gains) == pytest.approx(min(room, 27_000), abs=200)


def test_an_account_whose_limit_is_unknown_is_not_traded() -> None:
    home = legacy()
    limit = "keep realized gains at most $30,000 minus household.income each year per household"
    held = propose(home, policy(home, limit))
    assert held.status is Status.EXCEPTION
    assert "E0412" in str(held.findings)
    proposed(home, f"{limit}\nmissing counts as $0")


def gained(home: Household, basis: int) -> Household:
    (only,) = home.accounts
    lots = tuple(
        replace(each, basis=Decimal(basis)) if each.id == "b1" else each for each in only.lots
    )
    return replace(home, accounts=(replace(only, lots=lots),))


@pytest.mark.parametrize(("basis", "leaves"), [(31_000, False), (32_500, True)])
def test_a_position_stays_until_its_gain_is_small(basis: int, leaves: bool) -> None:
    """$35,000 of BBB: a gain of 12.9%, and of 7.7%."""
    home = gained(legacy(), basis)
    rule = 'never hold "BBB"\nexisting "BBB" may stay where position.gain_percent at least 10%'
    _, closing = proposed(home, rule, "use risk aversion 0.01", 'never sell "CCC"')
    left = closing.shares_after["TX", "BBB"]
    assert (left == 0) is leaves
    assert weight(home, closing, "BBB") <= 0.35
