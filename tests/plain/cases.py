"""Random households under random rules, as the product reads them and as they are reckoned here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from compiler.closing import Closing
from compiler.statements import HouseholdPolicy
from portfolio.household import Household
from tests.by_hand import breaches, policy
from tests.plain import homes
from tests.plain.finished import Finished
from tests.plain.rules import Rule, broken, how_far
from tests.plain.sales import no_wash_sales

Key = tuple[str, ...]
Orders = Mapping[Key, Decimal]
"""Shares sold by (lot,), and bought by (account, security)."""


@dataclass(frozen=True)
class Case:
    """A household, its rules, the basis points that trading costs, and the product's policy."""

    home: Household
    rules: list[Rule]
    rate: str
    policy: HouseholdPolicy

    def __repr__(self) -> str:
        """As much of it as fits on a screen."""
        home = self.home
        held = {
            a.id: [
                f"${a.cash}+{a.unsettled_cash}",
                "fractional" if a.fractional else "whole",
                *(
                    f"{lot.id}: {lot.shares} {lot.security_id} ${lot.basis} {lot.acquired}"
                    for lot in a.lots
                ),
            ]
            for a in home.accounts
        }
        flows = [(flow.account_id, str(flow.day), str(flow.amount)) for flow in home.flows]
        prices = {name: str(price) for name, price in home.prices.items()}
        texts = [rule.text for rule in self.rules]
        weights = home.models["CORE"].weights
        market = f"{flows}, {prices}, {weights}"
        return f"Case({texts}, {self.rate} bps, {home.management}, {held}, {market})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The same where Hypothesis prints a failing case."""
        del cycle
        printer.text(repr(self))

    def state(self, orders: Orders) -> Finished:
        return Finished(
            self.home,
            {key[0]: Fraction(n) for key, n in orders.items() if len(key) == 1},
            {(key[0], key[1]): Fraction(n) for key, n in orders.items() if len(key) == 2},
            Fraction(self.rate) / 10_000,
        )

    def broken(self, orders: Orders) -> set[str]:
        """What the trades break, as it is reckoned here."""
        return broken(self.state(orders), self.rules)

    def unreckoned(self, orders: Orders) -> set[str]:
        """Rules on gains, losses and tax where the trades wash a loss: what of it is disallowed is
        not reckoned here."""
        if not broken(self.state(orders), [no_wash_sales()]):
            return set()
        return {
            f"r{k}"
            for k, rule in enumerate(self.rules, 1)
            if rule.slot.split()[0] in ("gains", "losses", "tax")
        }

    def how_far(self, orders: Orders) -> dict[str, Fraction]:
        return how_far(self.state(orders), self.rules)

    def checked(self, orders: Orders) -> set[str]:
        """What the product's exact check finds."""
        return {each.key for each in breaches(self.home, self.policy, written(orders))}

    def step(self, key: Key) -> Decimal:
        """The smallest part of a share that the account of an order takes."""
        for account in self.home.accounts:
            for lot in account.lots:
                if key == (lot.id,):
                    return self._step(account.id, lot.security_id)
        return self._step(*key)

    def _step(self, owner: str, name: str) -> Decimal:
        account = next(each for each in self.home.accounts if each.id == owner)
        step = self.home.securities[name].share_increment
        return step if account.fractional else max(step, Decimal(1))

    def possible(self) -> Iterator[Key]:
        """Every order that could be."""
        for account in self.home.accounts:
            yield from ((lot.id,) for lot in account.lots)
            yield from ((account.id, name) for name in homes.NAMES)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    home = draw(homes.homes())
    rules = draw(homes.RULES)
    if all(rule.slot != "wash" for rule in rules) and draw(st.booleans()):
        rules.append(no_wash_sales())
    rate = draw(st.sampled_from(["0", "3"]))
    texts = [*(rule.text for rule in rules), f"use trading cost {rate} bps"]
    return Case(home, rules, rate, policy(home, *texts, free=False))


def written(orders: Orders) -> str:
    """Orders as a test writes them by hand."""
    return ", ".join(
        f"-{n} {key[0]}" if len(key) == 1 else f"+{n} {key[1]} {key[0]}"
        for key, n in orders.items()
        if n
    )


def orders_of(closing: Closing) -> dict[Key, Decimal]:
    """The orders of a proposal."""
    orders: dict[Key, Decimal] = {}
    for sale in closing.sales:
        orders[(sale.lot.id,)] = orders.get((sale.lot.id,), Decimal(0)) + sale.shares
    for buy in closing.purchases:
        key = (buy.account_id, buy.security_id)
        orders[key] = orders.get(key, Decimal(0)) + buy.shares
    return orders


def beside(case: Case, orders: Orders) -> Iterator[Orders]:
    """The same orders but for one, which is a share larger or smaller, or the smallest part of one;
    or which is not there yet."""
    for key in case.possible():
        for change in (case.step(key), -case.step(key)):
            shares = orders.get(key, Decimal(0)) + change
            if shares >= 0:
                yield {**orders, key: shares}


def pressed(case: Case, orders: Orders, key: Key) -> Iterator[Orders]:
    """One order made larger until something breaks, and then the last share at which nothing does
    and the first at which something does, by halves."""
    step, start = case.step(key), orders.get(key, Decimal(0))
    low, high = 0, 1
    while high < 2**16:
        larger = {**orders, key: start + high * step}
        yield larger
        if case.broken(larger):
            break
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        larger = {**orders, key: start + middle * step}
        yield larger
        low, high = (low, middle) if case.broken(larger) else (middle, high)
