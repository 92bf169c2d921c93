"""A household after its trades, reckoned in fractions, for the second exact check.

It shares no line with `compiler`, and of `portfolio` only the form of a household.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

from portfolio.household import Account, Household, Lot

Found = Iterator[tuple[str, Fraction]]
ZERO = Fraction(0)
TODAY, SETTLED = date(2026, 6, 15), date(2026, 6, 16)
"""A Monday, and the day on which its trades settle."""
BROKEN, KEPT = Fraction(-1_000_000), Fraction(1_000_000)
"""What is done though it may not be, and not done: far from any bound."""


def cents(amount: Fraction) -> Fraction:
    """To the cent, halves up."""
    return Fraction((amount * 100 + Fraction(1, 2)).__floor__(), 100)


@dataclass(frozen=True)
class Row:
    """Shares sold of one lot: dollars, cost and gain in cents."""

    account: Account
    lot: Lot
    shares: Fraction
    amount: Fraction
    cost: Fraction
    gain: Fraction
    long: bool


@dataclass(frozen=True)
class Finished:
    """A household on its day, the shares sold of each lot and bought by account and security, and
    what trading costs (a fraction of the dollars)."""

    home: Household
    sold: Mapping[str, Fraction]
    bought: Mapping[tuple[str, str], Fraction]
    rate: Fraction = ZERO

    def price(self, name: str) -> Fraction:
        return Fraction(self.home.prices[name])

    @cached_property
    def sales(self) -> list[Row]:
        found = []
        for account in self.home.accounts:
            for lot in account.lots:
                shares = self.sold.get(lot.id, ZERO)
                if shares:
                    amount = cents(shares * self.price(lot.security_id))
                    cost = cents(amount * self.rate)
                    basis = Fraction(lot.basis)
                    if shares != Fraction(lot.shares):
                        basis = cents(basis * shares / Fraction(lot.shares))
                    gain = amount - cost - basis
                    found.append(Row(account, lot, shares, amount, cost, gain, held_long(lot)))
        return found

    @cached_property
    def purchases(self) -> list[tuple[Account, str, Fraction, Fraction]]:
        """(account, security, dollars, cost)."""
        found = []
        for (owner, name), shares in self.bought.items():
            account = next(each for each in self.home.accounts if each.id == owner)
            amount = cents(shares * self.price(name))
            found.append((account, name, amount, cents(amount * self.rate)))
        return found

    def due(self, account: Account) -> Fraction:
        """What enters or leaves by the day on which today's trades settle."""
        here = [f for f in self.home.flows if f.account_id == account.id and f.day <= SETTLED]
        return sum((Fraction(flow.amount) for flow in here), ZERO)

    def holdings(self, account: Account, *, after: bool) -> dict[str, Fraction]:
        """Shares by security."""
        found: dict[str, Fraction] = {}
        for lot in account.lots:
            left = Fraction(lot.shares) - (self.sold.get(lot.id, ZERO) if after else 0)
            found[lot.security_id] = found.get(lot.security_id, ZERO) + left
        for (owner, name), shares in self.bought.items() if after else ():
            if owner == account.id:
                found[name] = found.get(name, ZERO) + shares
        return found

    def worth(self, account: Account, *, after: bool) -> dict[str, Fraction]:
        """Dollars by security."""
        held = self.holdings(account, after=after)
        return {name: shares * self.price(name) for name, shares in held.items()}

    def cash(self, account: Account, *, after: bool) -> Fraction:
        cash = Fraction(account.cash) + Fraction(account.unsettled_cash) + self.due(account)
        if after:
            cash += sum((r.amount - r.cost for r in self.sales if r.account is account), ZERO)
            cash -= sum((a + c for who, _, a, c in self.purchases if who is account), ZERO)
        return cash

    def value(self, account: Account) -> Fraction:
        """Before trades, after the flows that are due; nothing where it owes more than it has."""
        value = sum(self.worth(account, after=False).values(), self.cash(account, after=False))
        return max(value, ZERO)

    def orders(self, account: Account) -> dict[str, Fraction]:
        """Dollars of each order, by security."""
        found: dict[str, Fraction] = {}
        for row in self.sales:
            if row.account is account:
                name = row.lot.security_id
                found[name] = found.get(name, ZERO) + row.amount
        for who, name, amount, _ in self.purchases:
            if who is account:
                found[name] = found.get(name, ZERO) + amount
        return found

    @property
    def managed(self) -> list[Account]:
        return [each for each in self.home.accounts if not each.held_away]


def held_long(lot: Lot) -> bool:
    """More than a year, counted in months from the day after it was acquired (Rev. Rul. 66-7)."""
    first = lot.acquired + timedelta(days=1)
    try:
        long = first.replace(year=first.year + 1)
    except ValueError:
        long = date(first.year + 1, 3, 1)
    return long <= TODAY


# --- weights -------------------------------------------------------------------------------------

Group = Callable[[Household, str], str | None]
"""Which group a security counts in, if in any."""


def seen_through(state: Finished, worth: Mapping[str, Fraction], group: Group, named: bool):
    """Dollars by group; a fund counts as what it holds, or, `named`, as itself if it is meant."""
    found: dict[str, Fraction] = {}

    def add(name: str, dollars: Fraction) -> None:
        inside = state.home.constituents.get(name)
        own = group(state.home, name)
        if inside and not (named and own is not None):
            for under, share in inside.items():
                add(under, dollars * Fraction(share))
        elif own is not None:
            found[own] = found.get(own, ZERO) + dollars

    for name, dollars in worth.items():
        add(name, dollars)
    return found


def no_further_out(before: Fraction, after: Fraction, low: Fraction | None, high: Fraction | None):
    """How far inside the ends something is; outside before, it may stay where it was."""
    over = KEPT if high is None else max(high, before) - after
    under = KEPT if low is None else after - min(low, before)
    return min(over, under)


# --- what holds without a policy -----------------------------------------------------------------


def physics(state: Finished) -> Found:
    """No more sold than there is, no security on both sides, cash, steps, and who may trade."""
    for account in state.home.accounts:
        for lot in account.lots:
            yield lot.id, Fraction(lot.shares) - state.sold.get(lot.id, ZERO)
        sold = {row.lot.security_id for row in state.sales if row.account is account}
        for who, name, _, _ in state.purchases:
            if who is account:
                yield f"{account.id} {name}", BROKEN if name in sold else KEPT
        orders = state.orders(account)
        if not orders:
            continue
        yield account.id, BROKEN if account.held_away or account.frozen else KEPT
        before, after = (state.cash(account, after=late) for late in (False, True))
        yield account.id, after - min(ZERO, before)
        left = state.holdings(account, after=True)
        for name in orders:
            step = Fraction(state.home.securities[name].share_increment)
            step = step if account.fractional else max(step, Fraction(1))
            shares = state.bought.get((account.id, name), ZERO) + sum(
                (
                    r.shares
                    for r in state.sales
                    if r.account is account and r.lot.security_id == name
                ),
                ZERO,
            )
            odd = shares % step and left[name]
            yield f"{account.id} {name}", BROKEN if odd else KEPT
