"""Cash that comes and goes by date, and when a trade settles."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from portfolio.household import Account, Flow, Household
from portfolio.sessions import last_to_settle_by, session_from, settles_on

_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}


def settlement_days(trade_date: date) -> int:
    """Business days from trade to settlement of US stocks and funds (SEC Rule 15c6-1):
    3 before 2017-09-05, 2 before 2024-05-28, then 1."""
    if trade_date < date(2017, 9, 5):
        return 3
    return 2 if trade_date < date(2024, 5, 28) else 1


def expand(
    account_id: str,
    first: date,
    amount: Decimal,
    recurrence: str | None,
    kind: str,
    until: date | None,
    as_of: date,
) -> tuple[Flow, ...]:
    """The flows of one row from `as_of` to a year ahead, both days included.

    A recurring flow keeps its day of the month; in a shorter month it is due on the last day.
    """
    horizon = months_after(as_of, 12)
    last = horizon if until is None else min(until, horizon)
    days = _days(first, recurrence, last)
    return tuple(Flow(account_id, day, amount, kind) for day in days if as_of <= day <= last)


def _days(first: date, recurrence: str | None, last: date) -> Iterator[date]:
    if recurrence is None:
        yield first
        return
    step = _MONTHS[recurrence]
    count = 0
    while (day := months_after(first, count * step)) <= last:
        yield day
        count += 1


def months_after(start: date, months: int) -> date:
    """The same day of a later month, or the last that it has."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def due_before_settlement(household: Household) -> dict[str, Decimal]:
    """Net dollars that leave (negative) or enter each account before a later run could raise them,
    as `flows_due` gives them."""
    due: dict[str, Decimal] = {}
    for flow in flows_due(household):
        due[flow.account_id] = due.get(flow.account_id, Decimal(0)) + flow.amount
    return due


def flows_due(household: Household) -> tuple[Flow, ...]:
    """The flows that today's trades are the last to serve.

    Today's trades are the last to settle in time for what leaves up to the day before the next
    session's trades settle; what leaves before today's settle has to be there already. What enters
    counts from the day today's purchases are paid for.
    """
    # No settlement cycle spans more calendar days than this; it spares loading the calendar.
    horizon = household.as_of + timedelta(days=10 + 2 * household.settlement_days)
    near = [flow for flow in household.flows if flow.day <= horizon]
    if not near:
        return ()
    settled, too_late = (
        settles_on(household.as_of, household.settlement_days + later, household.calendar)
        for later in (0, 1)
    )
    return tuple(
        flow for flow in near if flow.day <= settled or (flow.amount < 0 and flow.day < too_late)
    )


def must_be_there(household: Household, day: date) -> bool:
    """Whether cash for `day` has to be raised by today: no later run's sales settle in time."""
    if day <= household.as_of:
        return True
    if day > household.as_of + timedelta(days=10 + 2 * household.settlement_days):
        return False
    last = last_to_settle_by(day, household.settlement_days, household.calendar)
    # What a run on a closed day proposes is traded on the session after it.
    return session_from(household.as_of, household.calendar) >= last


def raising_allowance(household: Household, account: Account) -> Decimal:
    """Dollars of sales that raising the account's missing cash may take: none if none is missing.

    A thousandth is for costs, and the dearest share held for a last order that is rounded up.
    """
    missing = household.to_raise.get(account.id, Decimal(0))
    if missing <= 0 or not account.lots:
        return Decimal(0)
    dearest = max(household.prices[lot.security_id] for lot in account.lots)
    return missing + missing / 1000 + dearest


def set_aside(household: Household, *, raised_only: bool = False) -> dict[str, Decimal]:
    """Dollars of each account's cash that are meant for something; of those only that are to be
    raised where they are not there."""
    found: dict[str, Decimal] = {}
    for each in household.set_aside:
        if each.raised or not raised_only:
            found[each.account_id] = found.get(each.account_id, Decimal(0)) + each.dollars
    return found
