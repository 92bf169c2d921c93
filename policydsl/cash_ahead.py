"""What an account will not be able to pay, said as soon as it can be known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from compiler.cash_calendar import Entry
from compiler.statements import HouseholdPolicy, InForce
from portfolio.flows import must_be_there
from portfolio.household import Household
from portfolio.sessions import settles_on

Scopes = Mapping[str, InForce]


def never_met(
    policy: HouseholdPolicy, household: Household, calendar: Sequence[Entry]
) -> Iterator[str]:
    """Of each account what leaves before today's trades settle and is not there, and the first
    payment ahead that cannot be met, with what is in the way and how many follow. What today's
    trades should have raised is said elsewhere."""
    scopes = {s.statement.key: s for each in (policy, *policy.later) for s in each.statements}
    short = [entry for entry in calendar if entry.missing > 0]
    if not short:
        return
    settled = settles_on(household.as_of, household.settlement_days, household.calendar)
    for account_id, entries in groupby(short, key=lambda entry: entry.account_id):
        found = list(entries)
        for entry in found:
            if entry.session < settled:
                yield (
                    f"overdrawn until {settled}: {_named(entry, scopes)} leaves {account_id} "
                    f"before anything sold today settles, and ${entry.missing:,.2f} is missing"
                )
        ahead = [entry for entry in found if not must_be_there(household, entry.day)]
        if ahead:
            yield _ahead(account_id, ahead, scopes)


def _ahead(account_id: str, ahead: Sequence[Entry], scopes: Scopes) -> str:
    first, *others = ahead
    said = (
        f"cannot be met: ${first.missing:,.2f} of {_named(first, scopes)} in {account_id}; "
        f"cash and sales until {first.raise_by} bring no more"
    )
    way = [
        f"{scopes[key].directive.sentence()} ({_placed(scopes[key])}), ${dollars:,.0f}"
        if key
        else f"the account is not traded, ${dollars:,.0f}"
        for key, dollars in first.in_the_way
    ]
    said += f"; in the way: {'; '.join(way)}" if way else "; there is nothing more to sell"
    if others:
        rest = sum((entry.missing for entry in others), Decimal(0))
        said += f"; {len(others)} more until {others[-1].day} miss ${rest:,.2f}"
    return said


def _named(entry: Entry, scopes: Scopes) -> str:
    whose = _placed(scopes[entry.source]) if entry.source else "the book"
    return f"the {entry.kind} of ${-entry.amount:,.2f} on {entry.day} ({whose})"


def _placed(scope: InForce) -> str:
    statement = scope.statement
    return f"{statement.rule_id}, {statement.path}:{statement.line}"
