"""Which accounts pay what is asked of a household, and how much each of them can.

The largest taxable account pays, and no more than it can; the next ones pay the rest. Nothing is
transferred between accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import cast

from compiler.closing import CENT
from compiler.directives.cash import CashBand
from compiler.portfolios import may_trade
from compiler.raisable import raisable
from compiler.statements import HouseholdPolicy, InForce
from portfolio.household import Account, Flow, Household, SetAside

NOTHING = Decimal(0)


def payers(scope: InForce, household: Household, policy: HouseholdPolicy) -> tuple[Account, ...]:
    """The accounts that pay for a household, in their order: those that trade, if any does.

    A withdrawal from a retirement account is income: taxable accounts pay first.
    """
    own = [a for a in household.accounts if a.id in scope.accounts and not a.held_away]
    able = [a for a in own if may_trade(a, policy)]
    order = sorted(able or own, key=lambda a: (not a.taxable, -household.value(a), a.id))
    return tuple(order)


@dataclass
class Purses:
    """What each account can pay: its cash and what it could raise, less the dollars of cash that it
    has `kept`, and what flows until the day of the payment."""

    household: Household
    policy: HouseholdPolicy
    kept: dict[str, Decimal]
    flows: list[Flow]
    _there: dict[str, Decimal] = field(default_factory=dict)

    def split(
        self, accounts: Sequence[Account], dollars: Decimal, day: date
    ) -> list[tuple[Account, Decimal]]:
        """Parts of what is to be there on a day; what nobody can pay is the first account's."""
        parts: dict[str, Decimal] = {}
        rest = dollars
        for account in accounts if rest > 0 else ():
            parts[account.id] = min(rest, self._left(account, day))
            rest -= parts[account.id]
            if rest <= 0:
                break
        if rest > 0 and accounts:
            parts[accounts[0].id] += rest
        return [(a, parts[a.id]) for a in accounts if parts.get(a.id, NOTHING) > 0]

    def pay(self, accounts: Sequence[Account], dollars: Decimal, day: date, source: str) -> None:
        """Add the flows of a payment."""
        for account, part in self.split(accounts, dollars, day):
            self.flows.append(Flow(account.id, day, -part, "withdrawal", source))

    def keep(
        self, accounts: Sequence[Account], dollars: Decimal, day: date, source: str
    ) -> Iterator[SetAside]:
        """Cash that is set aside for the household, by account."""
        for account, part in self.split(accounts, dollars, day):
            self.kept[account.id] = self.kept.get(account.id, NOTHING) + part
            yield SetAside(account.id, part, True, source)

    def _left(self, account: Account, day: date) -> Decimal:
        if account.id not in self._there:
            could = raisable(self.household, account, self.policy).dollars
            self._there[account.id] = account.cash + account.unsettled_cash + could
        kept = self.kept.get(account.id, NOTHING)
        left = self._there[account.id] + _until(self.flows, account.id, day) - kept
        return max(NOTHING, left).quantize(CENT, ROUND_FLOOR)


def _until(flows: Sequence[Flow], account_id: str, day: date) -> Decimal:
    own = (flow.amount for flow in flows if flow.account_id == account_id and flow.day <= day)
    return sum(own, NOTHING)


def least_cash(household: Household, policy: HouseholdPolicy) -> dict[str, Decimal]:
    """Dollars of cash that hard rules have each account keep by itself."""
    least: dict[str, Decimal] = {}
    for scope in policy.statements:
        if scope.directive.kind != "cash" or scope.statement.soft is not None:
            continue
        band = cast("CashBand", scope.directive)
        if band.base == "account" and band.low is not None:
            for account in household.accounts:
                if account.id in scope.accounts:
                    known = band.low.known(household, account) or NOTHING
                    least[account.id] = max(least.get(account.id, NOTHING), known)
    return least
