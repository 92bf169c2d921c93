"""Random households under random rules, as the product reads them and as they are reckoned here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from compiler import codes
from compiler.closing import Closing
from compiler.layers import household_policy
from compiler.statements import HouseholdPolicy
from portfolio.household import Household, Lot
from tests.by_hand import account, breaches, household, lot, taxpayer, typed
from tests.plain import homes
from tests.plain.finished import Finished
from tests.plain.rules import Rule, broken, how_far
from tests.plain.sales import gains, no_wash_sales, tax

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

    def how_far(self, orders: Orders) -> dict[str, Fraction]:
        return how_far(self.state(orders), self.rules)

    def checked(self, orders: Orders) -> set[str]:
        """What the product's exact check finds."""
        return {each.key for each in breaches(self.home, self.policy, written(orders))}

    def step(self, key: Key) -> Decimal:
        """The smallest part of a share that the account of an order takes."""
        for each in self.home.accounts:
            for held in each.lots:
                if key == (held.id,):
                    return self._step(each.id, held.security_id)
        return self._step(*key)

    def _step(self, owner: str, name: str) -> Decimal:
        account = next(each for each in self.home.accounts if each.id == owner)
        step = self.home.securities[name].share_increment
        return step if account.fractional else max(step, Decimal(1))

    def possible(self) -> Iterator[Key]:
        """Every order that could be."""
        for each in self.home.accounts:
            yield from ((held.id,) for held in each.lots)
            yield from ((each.id, name) for name in homes.NAMES)

    def turning(self) -> Iterator[tuple[Key, str]]:
        """Sales that rules on gains, tax and harvests may turn on, each with its rule: other orders
        seldom come to one, and others of its rules are mostly broken before."""
        taxable = [lot for each in self.home.accounts if each.taxable for lot in each.lots]
        for number, rule in enumerate(self.rules, 1):
            kind = rule.slot.split()[0]
            lots = {"gains": taxable, "tax": taxable, "harvest": self.losing}.get(kind, ())
            yield from (((lot.id,), f"r{number}") for lot in lots)

    @property
    def losing(self) -> list[Lot]:
        """Lots at a loss in taxable accounts."""
        taxable = [lot for each in self.home.accounts if each.taxable for lot in each.lots]
        prices = self.home.prices
        return [lot for lot in taxable if lot.shares * prices[lot.security_id] < lot.basis]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    home = draw(homes.homes())
    rules = draw(homes.RULES)
    if all(rule.slot != "wash" for rule in rules) and draw(st.booleans()):
        rules.append(no_wash_sales())
    rate = draw(st.sampled_from(["0", "3"]))
    return case_of(home, rules, rate)


@st.composite
def washing(draw: st.DrawFn) -> Case:
    """A gain and losses in one account, shares bought lately beside it, and a rule on what is
    realised."""
    prices = dict.fromkeys(homes.NAMES, "61.07") | {"CCC": draw(st.sampled_from(homes.PRICES))}
    worth = Decimal(prices["CCC"])
    losses = [
        lot(f"down{k}", "CCC", shares, round(shares * worth * Decimal(paid)), day)
        for k, (shares, paid, day) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        st.sampled_from([3, 40, 117]),
                        st.sampled_from(["1.13", "1.7"]),
                        st.sampled_from(homes.DAYS),
                    ),
                    min_size=1,
                    max_size=3,
                )
            )
        )
    ]
    young = lot("young", "CCC", draw(st.sampled_from([2, 40, 117])), 100, "2026-05-28")
    gained = lot("up", "AAA", 260, 5_000, draw(st.sampled_from(homes.DAYS)))
    home = household(
        account("TX", 5_000, gained, *losses),
        account("IRA", 5_000, young, kind="traditional_ira"),
        market=[(each, prices[each.id]) for each in homes.SECURITIES],
        models={"CORE": homes.WEIGHTS[0]},
        entities=[taxpayer(ytd_short=draw(st.sampled_from([0, 2_107, -4_003])))],
    )
    limits = st.one_of(
        st.builds(gains, homes.dollars(0, 9_000), st.just("taxpayer"), st.just("")),
        st.builds(tax, homes.dollars(0, 2_000)),
    )
    return case_of(home, [draw(limits)], draw(st.sampled_from(["0", "3"])))


def case_of(home: Household, rules: list[Rule], rate: str) -> Case:
    """With the policy as the product reads it."""
    texts = [*(rule.text for rule in rules), f"use trading cost {rate} bps"]
    checked = typed(*texts, free=False)
    said = [each for each in checked.diagnostics if each.code != codes.NO_PORTFOLIO.id]
    assert not said, [each.message for each in said]
    return Case(home, rules, rate, household_policy(checked, home))


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


def pressed(case: Case, orders: Orders, key: Key, rule: str = "") -> Iterator[Orders]:
    """One order made larger until something breaks (the `rule` named, or what no trade can be), and
    then the last share at which nothing does and the first at which something does, by halves."""
    step, start = case.step(key), orders.get(key, Decimal(0))

    def breaks(larger: Orders) -> bool:
        found = case.broken(larger)
        return bool(found & {rule, "physics"} if rule else found)

    low, high = 0, 1
    while high < 2**16:
        larger = {**orders, key: start + high * step}
        yield larger
        if breaks(larger):
            break
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        larger = {**orders, key: start + middle * step}
        yield larger
        low, high = (low, middle) if breaks(larger) else (middle, high)
