"""A household before and after its trades, in exact decimals, apart from model and solver.

Everything the exact check needs to know. Amounts are cents, rounded half up a trade row; holdings
are shares times price, unrounded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from compiler.exposure import Groups
from compiler.lots import Lots
from compiler.portfolios import Given, Portfolio, with_kept
from compiler.statements import InForce
from compiler.treated import as_seen
from portfolio.flows import due_before_settlement, set_aside
from portfolio.holding import is_long_term
from portfolio.household import Account, Household, Lot
from portfolio.tax import YearTax, events, netting
from portfolio.tax.positions import HistoryError
from portfolio.tax.replacements import recent_purchases
from portfolio.tax.results import Outcome
from portfolio.tax.run import outcome_of

CENT = Decimal("0.01")
ZERO = Decimal(0)
NO_CENTS = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    """Dollars to the cent, halves up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(slots=True)
class Sale:
    """Shares sold of one lot; amount, cost and gain in cents. Nobody changes one; that it is not
    frozen is for speed."""

    account_id: str
    security_id: str
    lot: Lot
    shares: Decimal
    amount: Decimal
    cost: Decimal
    gain: Decimal
    long_term: bool

    def event(self, id: str, day: date) -> events.Sale:
        """The sale as tax sees it: its lot identified, proceeds after costs."""
        proceeds, lots = self.amount - self.cost, ((self.lot.id, self.shares),)
        return events.Sale(id, day, self.account_id, self.security_id, self.shares, proceeds, lots)


@dataclass(frozen=True, slots=True)
class Purchase:
    """Shares bought of one security; amount and cost in cents."""

    account_id: str
    security_id: str
    shares: Decimal
    amount: Decimal
    cost: Decimal

    def event(self, id: str, day: date) -> events.Purchase:
        """The purchase as tax sees it: costs are paid for the shares too."""
        paid = self.amount + self.cost
        return events.Purchase(id, day, self.account_id, self.security_id, self.shares, paid)


@dataclass(frozen=True)
class Closing:
    """Trades of one household on its opening positions. `models` and `targets` give the published
    model and target of each account that may trade as fractions by security, which are those of
    its portfolio. `household` is without the lots that its policy calls absent, `whole` with
    them. `passed_over` are lots (ids) that no fixed order of lots asks to be sold first."""

    household: Household
    sales: tuple[Sale, ...]
    purchases: tuple[Purchase, ...]
    models: Mapping[str, Mapping[str, Decimal]]
    targets: Mapping[str, Mapping[str, Decimal]]
    whole: Household | None = None
    portfolios: tuple[Portfolio, ...] = ()
    passed_over: frozenset[str] = frozenset()

    def reference(self, what: str | None) -> Given:
        """Weights by account of its published `model` or its target, for all that are measured by
        one."""
        return with_kept(self.models if what == "model" else self.targets, self.portfolios)

    def seen_by(self, scope: InForce) -> Closing:
        """The same trades over the lots that a statement counts."""
        if self.whole is None:
            return self
        seen = as_seen(self.whole, self.household, scope)
        return self if seen is self.household else replace(self, household=seen)

    @property
    def trades(self) -> tuple[Sale | Purchase, ...]:
        """Sales, then purchases."""
        return (*self.sales, *self.purchases)

    def bought_in(self, account_id: str) -> tuple[str, ...]:
        """Securities that an account buys."""
        return tuple(buy.security_id for buy in self.purchases if buy.account_id == account_id)

    @cached_property
    def due(self) -> dict[str, Decimal]:
        """Dollars that enter (or, negative, leave) each account before today's trades settle."""
        return due_before_settlement(self.household)

    @cached_property
    def reserved(self) -> dict[str, Decimal]:
        """Dollars of each account's cash that are meant for something."""
        return set_aside(self.household)

    @cached_property
    def shares_before(self) -> dict[tuple[str, str], Decimal]:
        shares: dict[tuple[str, str], Decimal] = {}
        for account in self.household.accounts:
            held: dict[str, Decimal] = {}
            for lot in account.lots:
                held[lot.security_id] = held.get(lot.security_id, ZERO) + lot.shares
            shares |= {(account.id, name): count for name, count in held.items()}
        return shares

    @cached_property
    def shares_after(self) -> dict[tuple[str, str], Decimal]:
        shares = dict(self.shares_before)
        for sale in self.sales:
            key = (sale.account_id, sale.security_id)
            shares[key] = shares.get(key, ZERO) - sale.shares
        for buy in self.purchases:
            key = (buy.account_id, buy.security_id)
            shares[key] = shares.get(key, ZERO) + buy.shares
        return shares

    @cached_property
    def orders(self) -> dict[tuple[str, str], Decimal]:
        """Dollars of each order, by account and security: lots summed."""
        orders: dict[tuple[str, str], Decimal] = {}
        for trade in self.trades:
            key = (trade.account_id, trade.security_id)
            orders[key] = orders.get(key, ZERO) + trade.amount
        return orders

    @cached_property
    def lot_shares_sold(self) -> dict[str, Decimal]:
        sold: dict[str, Decimal] = {}
        for sale in self.sales:
            sold[sale.lot.id] = sold.get(sale.lot.id, ZERO) + sale.shares
        return sold

    def lots_sold(self, account: Account) -> Lots:
        """The lots of an account that are sold, whole or in part, in the order of the sales."""
        return self._lots_sold.get(account.id) or Lots(self.household, account, ())

    @cached_property
    def _lots_sold(self) -> dict[str, Lots]:
        of: dict[str, list[Lot]] = {}
        for sale in self.sales:
            of.setdefault(sale.account_id, []).append(sale.lot)
        return {a: Lots(self.household, self.account(a), lots) for a, lots in of.items()}

    @cached_property
    def _outcome(self) -> Outcome | None:
        """What tax law makes of the sales of wash groups that are bought too; nothing where what is
        sold is not there, which the exact check says."""
        household, day = self.whole or self.household, self.household.as_of
        group_of = {name: each.wash_group for name, each in household.securities.items()}
        bought = {group_of[buy.security_id] for buy in self.purchases}
        bought |= {lot.wash_group for lot in recent_purchases(household)}
        # Only losses are washed; one of less than a cent is a gain of nothing here.
        lost = {group_of[sale.security_id] for sale in self.sales if sale.gain <= 0}
        washed = bought & lost
        sales = [sale for sale in self.sales if group_of[sale.security_id] in washed]
        sales.sort(key=lambda s: (s.account_id, s.security_id, s.lot.acquired, s.lot.id))
        try:
            return outcome_of(
                household,
                [sale.event(sale.lot.id, day) for sale in sales],
                [
                    buy.event(f"today/{k}", day)
                    for k, buy in enumerate(self.purchases)
                    if group_of[buy.security_id] in washed
                ],
            )
        except HistoryError:
            return None

    @cached_property
    def _washed(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Dollars of the loss on each lot sold that wash sales disallow, and those of them that are
        lost for good."""
        lost: dict[str, tuple[Decimal, Decimal]] = {}
        for row in self._outcome.realised if self._outcome else ():
            washed, permanent = lost.get(row.lot_id, (ZERO, ZERO))
            lost[row.lot_id] = washed + row.disallowed, permanent + row.permanent
        return lost

    def disallowed(self, sale: Sale) -> Decimal:
        """Dollars of the sale's loss that wash sales disallow, in cents (26 USC 1091(a))."""
        return self._lost(sale)[0]

    def permanent(self, sale: Sale) -> Decimal:
        """Dollars of it that are lost for good: no basis gets them (Rev. Rul. 2008-5)."""
        return self._lost(sale)[1]

    def _lost(self, sale: Sale) -> tuple[Decimal, Decimal]:
        if sale.lot.id not in self._washed:
            return NO_CENTS, NO_CENTS
        loss = max(ZERO, -sale.gain)
        washed, permanent = self._washed[sale.lot.id]
        return min(cents(washed), loss), min(cents(permanent), loss)

    def replaced_by(self, sale: Sale) -> Mapping[str, Decimal]:
        """Shares of the sale's loss by the lot that replaces them (26 USC 1091(b), (c))."""
        found: dict[str, Decimal] = {}
        for match in self._outcome.matches if self._outcome else ():
            if match.loss_lot_id == sale.lot.id:
                name = match.replacement_lot_id
                found[name] = found.get(name, ZERO) + match.shares
        return found

    def recognised(self, sale: Sale) -> Decimal:
        """Dollars of gain or loss that count this year."""
        return sale.gain + self.disallowed(sale)

    def value(self, account: Account) -> Decimal:
        """Base of a percent, dollars: before trades, after the flows that are due; nothing where
        more is due than there is."""
        return max(ZERO, self.household.value(account) + self.due.get(account.id, ZERO))

    def cash(self, account: Account, *, after: bool) -> Decimal:
        """Cash in dollars, flows due included; after trades and their costs if `after`."""
        cash = account.cash + account.unsettled_cash + self.due.get(account.id, ZERO)
        return cash + self._raised.get(account.id, ZERO) if after else cash

    @cached_property
    def _raised(self) -> dict[str, Decimal]:
        """Dollars that the trades of each account bring, after their costs."""
        raised: dict[str, Decimal] = {}
        for sale in self.sales:
            raised[sale.account_id] = raised.get(sale.account_id, ZERO) + sale.amount - sale.cost
        for buy in self.purchases:
            raised[buy.account_id] = raised.get(buy.account_id, ZERO) - buy.amount - buy.cost
        return raised

    def free_cash(self, account: Account, *, after: bool) -> Decimal:
        """Cash in dollars less what is set aside: negative where that is not there yet."""
        return self.cash(account, after=after) - self.reserved.get(account.id, ZERO)

    def exposures(self, account: Account, groups: Groups, *, after: bool) -> dict[str, Decimal]:
        """Dollars by group, before or after the trades; after them of every group of before."""
        worth = self._worth_after if after else self._worth_before
        return groups.weigh(worth.get(account.id, {}))

    @cached_property
    def _worth_before(self) -> dict[str, dict[str, Decimal]]:
        return self._worth(self.shares_before)

    @cached_property
    def _worth_after(self) -> dict[str, dict[str, Decimal]]:
        return self._worth(self.shares_after)

    def _worth(self, counts: Mapping[tuple[str, str], Decimal]) -> dict[str, dict[str, Decimal]]:
        """Dollars by account and security."""
        worth: dict[str, dict[str, Decimal]] = {}
        for (owner, name), count in counts.items():
            worth.setdefault(owner, {})[name] = count * self.household.prices[name]
        return worth

    def kept(
        self, account: Account, names: Collection[str], groups: Groups, *, after: bool
    ) -> dict[str, Decimal]:
        """Dollars by group of the shares of `names` held before, or of what is left of them."""
        worth: dict[str, Decimal] = {}
        for name in names:
            count = self.shares_before.get((account.id, name), ZERO)
            if after:
                count = min(count, self.shares_after.get((account.id, name), ZERO))
            worth[name] = count * self.household.prices[name]
        return groups.weigh(worth)

    def realized(self, entity_id: str, *, after: bool) -> tuple[Decimal, Decimal]:
        """Net short and long gains recognised this year, before carryforwards (dollars)."""
        entity = self.household.tax_entities[entity_id]
        short, long = entity.ytd_short, entity.ytd_long
        if after:
            for sale in self.sales:
                account = self.account(sale.account_id)
                if account.taxable and account.tax_entity_id == entity_id:
                    short += ZERO if sale.long_term else self.recognised(sale)
                    long += self.recognised(sale) if sale.long_term else ZERO
        return short, long

    def tax(self, entity_id: str, *, after: bool) -> YearTax:
        """Tax of the year so far by the netting rules, carryforwards used."""
        short, long = self.realized(entity_id, after=after)
        return netting(self.household.tax_entities[entity_id], short, long)

    def account(self, account_id: str) -> Account:
        return self._accounts[account_id]

    @cached_property
    def _accounts(self) -> dict[str, Account]:
        return {account.id: account for account in self.household.accounts}


def sale_of(
    household: Household, account: Account, lot: Lot, shares: Decimal, cost_rate: Decimal
) -> Sale:
    """One row of a sale: gain is the amount less cost and the basis of the shares sold."""
    amount = cents(shares * household.prices[lot.security_id])
    cost = cents(amount * cost_rate)
    basis = cents(lot.basis if shares == lot.shares else lot.basis * shares / lot.shares)
    return Sale(
        account_id=account.id,
        security_id=lot.security_id,
        lot=lot,
        shares=shares,
        amount=amount,
        cost=cost,
        gain=amount - cost - basis,
        long_term=is_long_term(lot, household.as_of),
    )


def purchase_of(
    household: Household, account: Account, security_id: str, shares: Decimal, cost_rate: Decimal
) -> Purchase:
    """One row of a purchase, in cents; `cost_rate` is a fraction of the amount."""
    amount = cents(shares * household.prices[security_id])
    return Purchase(account.id, security_id, shares, amount, cents(amount * cost_rate))
