"""What schedules come to in one household today: flows of its accounts, and cash set aside.

Model and exact check both read them from the household, as they read the flows of the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import cast

from compiler.ahead import on_day
from compiler.closing import cents
from compiler.directives.cash import CashBand
from compiler.directives.earmark import Earmark
from compiler.directives.payment import Payment
from compiler.payers import Purses, least_cash, payers
from compiler.statements import HouseholdPolicy, InForce
from portfolio.flows import due_before_settlement, flows_due, months_after, set_aside
from portfolio.household import Account, Flow, Household, SetAside

NOTHING = Decimal(0)
_DAY = timedelta(days=1)


def with_schedules(household: Household, policy: HouseholdPolicy) -> Household:
    """The household with what its policy has it pay and set aside; twice is as good as once."""
    flows = [flow for flow in household.flows if not flow.source]
    household = replace(household, flows=tuple(flows), set_aside=(), to_raise={})
    flows += _payments(household, policy)
    household = replace(household, flows=_in_order(flows))
    own = tuple(_reserves(household, policy))
    purses = Purses(household, policy, _kept(household, policy, own), flows)
    _share_payments(household, policy, purses)
    paid = replace(household, flows=_in_order(flows))
    raised = replace(paid, set_aside=(*own, *_shared_reserves(paid, policy, purses)))
    held_back = list(_held_back(raised, policy))
    held_back += _accumulated(raised, policy, held_back)
    missing = _missing(raised, policy)
    return replace(raised, set_aside=(*raised.set_aside, *held_back), to_raise=missing)


def _in_order(flows: list[Flow]) -> tuple[Flow, ...]:
    return tuple(
        sorted(flows, key=lambda flow: (flow.day, flow.account_id, flow.kind, flow.source))
    )


def _own(scope: InForce, household: Household) -> list[Account]:
    return [a for a in household.accounts if a.id in scope.accounts and not a.held_away]


def _kept(
    household: Household, policy: HouseholdPolicy, reserves: Iterable[SetAside]
) -> dict[str, Decimal]:
    """Dollars of each account that are no part of what it can pay for the household."""
    kept = least_cash(household, policy)
    for each in reserves:
        kept[each.account_id] = kept.get(each.account_id, NOTHING) + each.dollars
    return kept


# --- payments ------------------------------------------------------------------------------------


def _statements_by_day(
    household: Household, policy: HouseholdPolicy, base: str
) -> Iterator[tuple[InForce, Payment, date, date]]:
    """Payments of accounts, or of the household, with the days from and to which each holds."""
    periods = (policy, *policy.later)
    ends = (*(each.as_of - _DAY for each in policy.later), months_after(household.as_of, 12))
    for period, last in zip(periods, ends, strict=True):
        first = max(period.as_of, household.as_of)
        for scope in period.statements:
            if scope.directive.kind == Payment.kind and not scope.ahead:
                payment = cast("Payment", scope.directive)
                if payment.base == base:
                    yield scope, payment, first, last


def _payments(household: Household, policy: HouseholdPolicy) -> Iterator[Flow]:
    """What statements have each of their accounts pay within a year."""
    for scope, payment, first, last in _statements_by_day(household, policy, "account"):
        for account in _own(scope, household):
            for day, dollars in payment.due(scope.statement, household, account, first, last):
                yield Flow(account.id, day, -dollars, "withdrawal", scope.statement.key)


def _share_payments(household: Household, policy: HouseholdPolicy, purses: Purses) -> None:
    """What the household pays within a year, day by day."""
    due = [
        (day, number, dollars, scope)
        for number, (scope, payment, first, last) in enumerate(
            _statements_by_day(household, policy, "household")
        )
        for day, dollars in payment.due(scope.statement, household, None, first, last)
    ]
    for day, _, dollars, scope in sorted(due, key=lambda each: each[:2]):
        purses.pay(payers(scope, household, policy), dollars, day, scope.statement.key)


# --- cash set aside ------------------------------------------------------------------------------


def _marks(
    action: str, household: Household, policy: HouseholdPolicy, base: str
) -> Iterator[tuple[InForce, Earmark]]:
    for scope, mark in _every_mark(policy):
        if (mark.action, mark.base) == (action, base):
            by, own = mark.times.by, scope.accounts
            if by is not None and by > household.as_of:
                own = tuple(each for each in own if policy.has(scope.statement.key, each, by))
            if own:
                yield replace(scope, accounts=own), mark


def _reserves(household: Household, policy: HouseholdPolicy) -> Iterator[SetAside]:
    for scope, mark in _marks("reserve", household, policy, "account"):
        for account in _own(scope, household):
            dollars = mark.dollars(scope.statement, household, account)
            if dollars > 0:
                yield SetAside(account.id, dollars, True, scope.statement.key)


def _shared_reserves(
    household: Household, policy: HouseholdPolicy, purses: Purses
) -> Iterator[SetAside]:
    last = max((flow.day for flow in flows_due(household)), default=household.as_of)
    for scope, mark in _marks("reserve", household, policy, "household"):
        dollars = mark.dollars(scope.statement, household, None)
        accounts = payers(scope, household, policy)
        yield from purses.keep(accounts, dollars, last, scope.statement.key)


def keeps_reserves(policy: HouseholdPolicy) -> bool:
    """Whether cash is set aside for something, today or on a later day."""
    periods = (policy, *policy.later)
    return any(mark.action == "reserve" for each in periods for _, mark in _every_mark(each))


def reserves_ahead(household: Household, policy: HouseholdPolicy) -> Iterator[Flow]:
    """What reserves come to within a year, by account: cash set aside (negative) as it has to be
    there, and released on the day after the last."""
    there: dict[tuple[str, str], Decimal] = {}
    for day in _days_of_reserves(household, policy):
        holding = policy.on(day)
        wanted = {
            scope.statement.key
            for scope, mark in _every_mark(holding)
            if mark.action == "reserve" and (mark.times.by is None or mark.times.by <= day)
        }
        asked = with_schedules(on_day(household, day), holding).set_aside
        now = {(e.account_id, e.source): e.dollars for e in asked if e.source in wanted}
        for account_id, source in sorted(there.keys() | now.keys()):
            more = now.get((account_id, source), NOTHING) - there.get((account_id, source), NOTHING)
            if more:
                kind = "reserve" if more > 0 else "release"
                yield Flow(account_id, day, -more, kind, source)
        there = now


def _days_of_reserves(household: Household, policy: HouseholdPolicy) -> list[date]:
    """Today, and days within a year on which what reserves come to may change."""
    today, last = household.as_of, months_after(household.as_of, 12)
    days = {today, *(each.as_of for each in policy.later)}
    marks = [
        (scope, mark)
        for period in (policy, *policy.later)
        for scope, mark in _every_mark(period)
        if mark.action == "reserve"
    ]
    for scope, mark in marks:
        days.update(mark.days_of_change(scope.statement))
    return sorted(day for day in days if today <= day <= last) if marks else []


def _every_mark(policy: HouseholdPolicy) -> Iterator[tuple[InForce, Earmark]]:
    for scope in policy.statements:
        if scope.directive.kind == Earmark.kind:
            yield scope, cast("Earmark", scope.directive)


def _held_back(household: Household, policy: HouseholdPolicy) -> Iterator[SetAside]:
    """What is held back of the cash that is there: none is raised to be held back."""
    left = _free_cash(household)
    for base in ("account", "household"):
        for scope, mark in _marks("invest", household, policy, base):
            own = _own(scope, household)
            groups = (
                [(a,) for a in own] if base == "account" else [payers(scope, household, policy)]
            )
            for accounts in groups:
                rest = mark.dollars(
                    scope.statement, household, accounts[0] if base == "account" else None
                )
                for account in accounts:
                    part = min(rest, max(NOTHING, left[account.id]))
                    left[account.id] -= part
                    rest -= part
                    if part > 0:
                        yield SetAside(account.id, part, False, scope.statement.key)


def _accumulated(
    household: Household, policy: HouseholdPolicy, held_back: Sequence[SetAside]
) -> Iterator[SetAside]:
    """All the cash that is left, but for what has to be free: nothing of it is to be spent."""
    left, least = _free_cash(household), least_cash(household, policy)
    for each in held_back:
        left[each.account_id] -= each.dollars
    for scope in policy.statements:
        if scope.directive.kind == "accumulation":
            for account in _own(scope, household):
                dollars = left[account.id] - least.get(account.id, NOTHING)
                if dollars > 0:
                    left[account.id] -= dollars
                    yield SetAside(account.id, dollars, False, scope.statement.key)


def _missing(household: Household, policy: HouseholdPolicy) -> dict[str, Decimal]:
    """Dollars that each account lacks today for payments, reserves and the least cash it keeps."""
    free = _free_cash(household)
    kept = dict.fromkeys(free, NOTHING)
    together = dict.fromkeys(free, NOTHING)
    for scope in policy.statements:
        if scope.directive.kind != CashBand.kind:
            continue
        band = cast("CashBand", scope.directive)
        if band.low is None:
            continue
        if band.base == "account":
            for account in household.accounts:
                if account.id in scope.accounts:
                    least = band.low.known(household, account) or NOTHING
                    kept[account.id] = max(kept[account.id], least)
            continue
        own = _own(scope, household)
        least = band.low.known(household, None) or NOTHING
        short = least - sum((free[a.id] for a in own), NOTHING)
        for payer in payers(scope, household, policy)[:1]:
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
