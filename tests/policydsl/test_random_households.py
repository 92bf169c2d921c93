"""Proposals for random households under random rules, against a check that was written twice.

`tests/plain` reckons in fractions what the rules ask; the product's exact check and its model have
to agree with it, on proposals and on what is a share beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.statements import HouseholdPolicy
from policydsl.propose import Status, propose
from portfolio.household import Household
from tests.by_hand import breaches, in_the_target, model_allows, policy
from tests.plain import homes
from tests.plain.finished import Finished
from tests.plain.rules import Rule, broken, how_far, no_wash_sales

Orders = Mapping[tuple[str, ...], Decimal]
"""Shares sold by (lot,), and bought by (account, security)."""
RATES = ("0", "3")
"""Basis points that trading costs."""


@dataclass(frozen=True)
class Case:
    """A household, its rules as the product reads them and as they are reckoned here."""

    home: Household
    rules: list[Rule]
    rate: str
    policy: HouseholdPolicy

    def state(self, orders: Orders) -> Finished:
        return Finished(
            self.home,
            {key[0]: Fraction(n) for key, n in orders.items() if len(key) == 1},
            {(key[0], key[1]): Fraction(n) for key, n in orders.items() if len(key) == 2},
            Fraction(self.rate) / 10_000,
        )

    def broken(self, orders: Orders) -> set[str]:
        return broken(self.state(orders), self.rules)

    def checked(self, orders: Orders) -> set[str]:
        """What the product's exact check finds."""
        return {each.key for each in breaches(self.home, self.policy, written(orders))}


def written(orders: Orders) -> str:
    return ", ".join(
        f"-{n} {key[0]}" if len(key) == 1 else f"+{n} {key[1]} {key[0]}"
        for key, n in orders.items()
        if n
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    home = draw(homes.homes())
    rules = homes.for_home(home, draw(homes.RULES))
    if all(rule.slot != "wash" for rule in rules) and draw(st.booleans()):
        rules.append(no_wash_sales())
    rate = draw(st.sampled_from(RATES))
    texts = [*(rule.text for rule in rules), f"use trading cost {rate} bps"]
    return Case(home, rules, rate, policy(home, *texts, free=False))


def proposed(case: Case) -> Orders | None:
    proposal = propose(case.home, case.policy)
    if proposal.status not in (Status.PROPOSED, Status.NO_ACTION):
        assert proposal.status is Status.INFEASIBLE, proposal.findings
        return None
    assert proposal.closing is not None
    orders: dict[tuple[str, ...], Decimal] = {}
    for sale in proposal.closing.sales:
        orders[(sale.lot.id,)] = orders.get((sale.lot.id,), Decimal(0)) + sale.shares
    for buy in proposal.closing.purchases:
        key = (buy.account_id, buy.security_id)
        orders[key] = orders.get(key, Decimal(0)) + buy.shares
    return orders


def beside(case: Case, orders: Orders) -> Iterator[Orders]:
    """The same orders but for one share, or the account's smallest part of one: an order that there
    is, larger or smaller, or one that there is not."""
    lots = {lot.id: (account, lot) for account in case.home.accounts for lot in account.lots}
    keys = [
        *((name,) for name in lots),
        *((account.id, name) for account in case.home.accounts for name in homes.NAMES),
    ]
    for key in keys:
        account = lots[key[0]][0] if len(key) == 1 else accounts_of(case)[key[0]]
        held = lots[key[0]][1].security_id if len(key) == 1 else key[1]
        step = case.home.securities[held].share_increment
        step = step if account.fractional else max(step, Decimal(1))
        for change in (step, -step):
            shares = orders.get(key, Decimal(0)) + change
            if shares >= 0:
                yield {**orders, key: shares}


def accounts_of(case: Case):
    return {each.id: each for each in case.home.accounts}
