"""Trades that were made are not made again, nor undone, while nothing else has changed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from compiler.closing import Closing
from policydsl.propose import Status, propose
from portfolio.household import Household, Lot
from tests.by_hand import AS_OF, account, household, lot, policy, security

RULES = ("keep each trade at least $500", "keep cash at least 30% of account")


def coarse(cash: int, first: int, second: int) -> Household:
    """Little cash is free, and a share is a large step."""
    market = (
        (security("AAA"), "120.22"),
        (security("BBB"), "61.07"),
        (security("CCC", sector="Health"), "55.33"),
        (security("DDD", kind="etf", asset_class="Bonds", sector=None), "71.33"),
    )
    lots = (lot("a1", "AAA", first, first * 400), lot("b1", "BBB", second, second * 60))
    return household(
        account("IRA", cash, *lots, fractional=False, kind="roth_ira"),
        market=market,
        constituents={},
        models={"CORE": {"AAA": "0.25", "BBB": "0.25", "CCC": "0.25", "DDD": "0.24"}},
    )


def after(closing: Closing) -> Household:
    """The household once its trades are done."""
    (only,) = closing.household.accounts
    left = [
        replace(each, shares=each.shares - closing.lot_shares_sold.get(each.id, Decimal(0)))
        for each in only.lots
    ]
    bought = [
        Lot(f"n{k}", only.id, buy.security_id, AS_OF, buy.shares, buy.amount + buy.cost)
        for k, buy in enumerate(closing.purchases)
    ]
    lots = (*(each for each in left if each.shares > 0), *bought)
    cash = closing.cash(only, after=True)
    return replace(closing.household, accounts=(replace(only, lots=lots, cash=cash),))


@pytest.mark.parametrize("cash", range(1_000, 10_000, 500))
def test_a_second_look_trades_nothing(cash: int) -> None:
    home = coarse(cash, 30, 200)
    proposal = propose(home, policy(home, *RULES, free=False))
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert proposal.closing is not None
    done = after(proposal.closing)
    again = propose(done, policy(done, *RULES, free=False))
    assert again.status is Status.NO_ACTION, (proposal.closing.orders, again.closing)
