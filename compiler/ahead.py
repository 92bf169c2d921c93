"""On which days of the year ahead the policy of a household changes, as its dates and guards say.

Cash is raised before it is needed, so what is paid or barred later matters today: a payment that
begins or ends, a value chosen from a day on, a ban that runs out before the cash has to be raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta

from compiler.check import TypedPolicies
from compiler.conditions import InSpan
from compiler.expressions import Length, ThatDay, Today
from compiler.flow_sums import FlowSum
from compiler.scopes import belongs, scope_of
from compiler.statements import Statement, Waiver
from portfolio.flows import months_after
from portfolio.household import Account, Household

_DAY = timedelta(days=1)
_TIMELY = (Today, ThatDay, Length, InSpan, FlowSum)


def on_day(household: Household, day: date) -> Household:
    """The household as it stands today, on a later day: what flows before that day is over."""
    flows = tuple(flow for flow in household.flows if flow.day >= day)
    return replace(household, as_of=day, flows=flows)


def days_of_change(typed: TypedPolicies, household: Household) -> tuple[date, ...]:
    """Days after today, up to a year ahead, on which something begins or ends to hold; none where
    no cash is ever raised ahead."""
    reaching = list(_reaching(typed, household))
    raised = any(
        isinstance(each, Statement) and each.directive.raised_ahead for each, _ in reaching
    )
    if not raised and not any(flow.amount < 0 for flow in household.flows):
        return ()
    today, last = household.as_of, months_after(household.as_of, 12)
    found: set[date] = set()
    for each, accounts in reaching:
        ends = () if each.ends is None else (each.ends + _DAY,) if each.ends < last else ()
        starts = () if each.starts is None else (each.starts,)
        found.update(day for day in (*starts, *ends) if today < day <= last)
        found.update(_turns(each, household, accounts, last))
    return tuple(sorted(found))


def _reaching(
    typed: TypedPolicies, household: Household
) -> Iterator[tuple[Statement | Waiver, tuple[Account, ...]]]:
    """Statements and waivers of files that speak of accounts of the household, with those."""
    every: list[Statement | Waiver] = [
        each for statements in typed.by_authority.values() for each in statements
    ]
    for each in (*every, *typed.waivers):
        own = tuple(a for a in household.accounts if belongs(each.authority, household, a))
        if own:
            yield each, own


def _turns(
    each: Statement | Waiver, household: Household, accounts: tuple[Account, ...], last: date
) -> Iterator[date]:
    """Days on which what its guards and its `except when` come to is not what it was before."""
    carveouts = each.carveouts if isinstance(each, Statement) else ()
    excepted = [carveout.condition for carveout in carveouts if carveout.condition is not None]
    if not any(_timely(part) for part in (*each.guards, *excepted)):
        return
    scopes = [scope_of(each), *(replace(scope_of(each), guards=(part,)) for part in excepted)]

    def truths(home: Household) -> list[bool | None]:
        return [scope.guard(home, account) for scope in scopes for account in accounts]

    before = truths(household)
    day = household.as_of + _DAY
    while day <= last:
        now = truths(on_day(household, day))
        if now != before:
            yield day
        before, day = now, day + _DAY


def _timely(part: object) -> bool:
    """Whether what a condition comes to may change with the day."""
    if isinstance(part, _TIMELY):
        return True
    if isinstance(part, tuple):
        return any(_timely(each) for each in part)
    parts = is_dataclass(part) and not isinstance(part, type)
    return parts and any(_timely(getattr(part, f.name)) for f in fields(part))  # type: ignore[arg-type]
