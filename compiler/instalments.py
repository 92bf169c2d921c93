"""How much of a scheduled sale or purchase is due today, and from which day on trades count for it.

The trades of the past are those of the book's transactions. A book shows the year to date and 61
days at least: what began earlier is counted from there, and the steps that are left share what is
left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from compiler.statements import HouseholdPolicy, Statement
from compiler.timetable import Timetable
from portfolio.flows import months_after
from portfolio.household import Account, Household
from portfolio.sessions import is_due

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """Trades count from `since` on. Of what there was to do on that day (`rest` of the whole) the
    part `due` has to be done by today, and at most `most` may be (None: nothing says how much)."""

    since: date
    due: Decimal
    most: Decimal | None = Decimal(1)
    rest: Decimal = Decimal(1)


def pace(times: Timetable, statement: Statement, household: Household) -> Pace | None:
    """What the timetable asks for today; None before its first day."""
    if times.parts:
        return _evenly(times, statement, household)
    if times.by is not None:
        reached = is_due(times.by, household.as_of, household.calendar)
        most = None if household.as_of > times.by else Decimal(1)
        return Pace(_first(statement, household), Decimal(int(reached)), most)
    if times.period:
        start = months_after(household.as_of, -24)
        *_, last = None, *times.days(statement.starts, start, household.as_of)
        return None if last is None else Pace(last, Decimal(1))
    return _yearly(times, statement, household)


def _first(statement: Statement, household: Household) -> date:
    """The first day whose trades count and are in the book."""
    known = known_from(household)
    return known if statement.starts is None else max(statement.starts, known)


def _evenly(times: Timetable, statement: Statement, household: Household) -> Pace:
    assert statement.starts is not None, "a rule in steps has a first day"
    begins, count, today = statement.starts, times.parts, household.as_of
    since = _first(statement, household)
    gone = times.begun(begins, since - _DAY) if since > begins else 0
    left = count - gone
    due = Decimal(times.begun(begins, today) - gone) / left if left else Decimal(1)
    most = due if today < times.end(begins) else None
    return Pace(since, due, most, Decimal(left) / count)


def _yearly(times: Timetable, statement: Statement, household: Household) -> Pace:
    """By a day of every year: a year's begins on the day after the last one's."""
    today = household.as_of
    due = next(times.days(None, today, months_after(today, 24)))
    *_, last = times.days(None, months_after(today, -24), today - _DAY)
    since = last + _DAY if statement.starts is None else max(last + _DAY, statement.starts)
    return Pace(since, Decimal(int(is_due(due, today, household.calendar))))


def known_from(household: Household) -> date:
    """The first day of which the book shows every trade."""
    today = household.as_of
    must = min(date(today.year, 1, 1), today - timedelta(days=61))
    return must if household.known_since is None else min(must, household.known_since)


def asked_for(household: Household, account: Account, policy: HouseholdPolicy) -> set[str]:
    """Securities that schedules name for the account to buy, whether in its target or not."""
    named = {
        text
        for scope in policy.of_kind("instalment", account.id)
        for text in scope.directive.brings_in
    }
    return {
        name
        for name, security in household.securities.items()
        if name in household.prices and not named.isdisjoint((name, security.ticker))
    }
