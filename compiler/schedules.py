"""What schedules come to in one household today: flows of its accounts, and cash set aside.

Model and exact check both read them from the household, as they read the flows of the book.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from compiler.closing import cents
from compiler.directives.cash import CashBand
from compiler.directives.earmark import Earmark
from compiler.directives.payment import Payment
from compiler.statements import HouseholdPolicy, InForce
from portfolio.flows import due_before_settlement, months_after, set_aside
from portfolio.household import Account, Flow, Household, SetAside

NOTHING = Decimal(0)
_DAY = timedelta(days=1)


def with_schedules(household: Household, policy: HouseholdPolicy) -> Household:
    """The household with what its policy has it pay and set aside; twice is as good as once."""
    flows = [flow for flow in household.flows if not flow.source]
    household = replace(household, flows=tuple(flows), set_aside=(), to_raise={})
    flows += _payments(household, policy)
    flows.sort(key=lambda flow: (flow.day, flow.account_id, flow.kind, flow.source))
    paid = replace(household, flows=tuple(flows))
    raised = replace(paid, set_aside=tuple(_earmarks("reserve", paid, policy)))
    held_back = _there(raised, list(_earmarks("invest", raised, policy)))
    missing = _missing(raised, policy)
    return replace(raised, set_aside=(*raised.set_aside, *held_back), to_raise=missing)


def _payments(household: Household, policy: HouseholdPolicy) -> Iterator[Flow]:
    """What statements have accounts pay within a year, each on the days on which it holds."""
    periods = (policy, *policy.later)
    ends = (*(each.as_of - _DAY for each in policy.later), months_after(household.as_of, 12))
    for period, last in zip(periods, ends, strict=True):
        first = max(period.as_of, household.as_of)
        for scope in period.statements:
            if isinstance(scope.directive, Payment) and not scope.ahead:
                for account in _payers(scope, household, policy):
                    yield from scope.directive.flows(
                        scope.statement, household, account, first, last
                    )


def _payers(scope: InForce, household: Household, policy: HouseholdPolicy) -> Iterator[Account]:
    """The accounts that a schedule takes cash from: each of its own, or for a household one."""
    assert isinstance(scope.directive, Payment | Earmark | CashBand)
    own = [a for a in household.accounts if a.id in scope.accounts and not a.held_away]
    if scope.directive.base == "account":
        yield from own
        return
    able = [a for a in own if not a.frozen and a.id not in policy.held]
    # A withdrawal from a retirement account is income: taxable accounts pay first.
    yield from sorted(able or own, key=lambda a: (not a.taxable, -household.value(a), a.id))[:1]


def _earmarks(action: str, household: Household, policy: HouseholdPolicy) -> Iterator[SetAside]:
    for scope in policy.statements:
        mark = scope.directive
        if isinstance(mark, Earmark) and mark.action == action:
            for account in _payers(scope, household, policy):
                key, by = scope.statement.key, mark.times.by
                if by is not None and by > household.as_of and not policy.has(key, account.id, by):
                    continue
                dollars = mark.dollars(scope.statement, household, account)
                if dollars > 0:
                    yield SetAside(account.id, dollars, action == "reserve", key)


def _missing(household: Household, policy: HouseholdPolicy) -> dict[str, Decimal]:
    """Dollars that each account lacks today for payments, reserves and the least cash it keeps."""
    free = _free_cash(household)
    kept = dict.fromkeys(free, NOTHING)
    together = dict.fromkeys(free, NOTHING)
    for scope in policy.statements:
        band = scope.directive
        if not isinstance(band, CashBand) or band.low is None:
            continue
        if band.base == "account":
            for account in household.accounts:
                if account.id in scope.accounts:
                    least = band.low.known(household, account) or NOTHING
                    kept[account.id] = max(kept[account.id], least)
            continue
        own = [a for a in household.accounts if a.id in scope.accounts and not a.held_away]
        least = band.low.known(household, None) or NOTHING
        short = least - sum((free[a.id] for a in own), NOTHING)
        for payer in _payers(scope, household, policy):
            together[payer.id] = max(together[payer.id], short)
    missing = {name: max(kept[name] - free[name], together[name]) for name in free}
    return {name: cents(dollars) for name, dollars in missing.items() if dollars > 0}


def _free_cash(household: Household) -> dict[str, Decimal]:
    """Cash of each account in dollars, after what is due and set aside; negative where missing."""
    due, raised = due_before_settlement(household), set_aside(household)
    return {
        a.id: a.cash + a.unsettled_cash + due.get(a.id, NOTHING) - raised.get(a.id, NOTHING)
        for a in household.accounts
    }


def _there(household: Household, marks: list[SetAside]) -> Iterator[SetAside]:
    """What is held back of the cash that is there: none is raised to be held back."""
    left = _free_cash(household)
    for mark in marks:
        dollars = min(mark.dollars, max(NOTHING, left[mark.account_id]))
        left[mark.account_id] -= dollars
        if dollars > 0:
            yield replace(mark, dollars=dollars)
