"""Recurrences, equal steps, periods, deadlines and ages, against counting day by day.

What is reckoned here looks at one day after the other and asks whether it is one; the product adds
months. Sessions and settlement have lists of their own in tests/portfolio/test_calendar.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.coverage import compliance
from compiler.dimensions import DayOfYear, Duration
from compiler.periods import Period
from compiler.scopes import Scope
from compiler.statements import Authority
from compiler.steps import Steps
from compiler.timetable import Timetable
from grammar.tree import Unit
from portfolio.flows import expand, flows_due, must_be_there
from portfolio.holding import first_long_day
from portfolio.household import Flow, PastSale
from portfolio.sessions import is_due
from tests.by_hand import policy, usual
from tests.portfolio.test_calendar import ANY_DAY, SESSIONS, settled_by_hand

ONE = timedelta(days=1)
LAST_DAYS = """2023-12-31 2024-01-31 2024-02-29 2024-03-31 2024-11-30 2024-12-31 2025-02-28
               2025-08-31 2026-01-30 2027-12-31 2028-02-29"""
MONTH_ENDS = st.sampled_from(LAST_DAYS.split()).map(date.fromisoformat)
STARTS = st.one_of(MONTH_ENDS, st.dates(date(2023, 1, 1), date(2027, 6, 30)))
tried = settings(max_examples=150, deadline=None)


def days_from(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += ONE


def ends_a_month(day: date) -> bool:
    return (day + ONE).day == 1


def is_day(day: date, number: int) -> bool:
    """Whether it is that day of its month, or the last where the month is shorter."""
    return day.day == number or (ends_a_month(day) and day.day < number)


def months_by_hand(first: date, count: int) -> date:
    """The day so many months later, from one month's end to the next."""
    day = first
    for _ in range(count):
        day += ONE
        while not is_day(day, first.day):
            day += ONE
    return day


# --- lengths of time -----------------------------------------------------------------------------


@tried
@given(STARTS, st.integers(0, 30))
def test_months_later(first: date, count: int) -> None:
    found = months_by_hand(first, count)
    assert Duration(Decimal(count), Unit.MONTHS).after(first) == found
    if count % 3 == 0:
        assert Duration(Decimal(count // 3), Unit.QUARTERS).after(first) == found
    if count % 12 == 0:
        assert Duration(Decimal(count // 12), Unit.YEARS).after(first) == found


@tried
@given(STARTS, st.integers(0, 30), st.sampled_from([Unit.MONTHS, Unit.QUARTERS, Unit.YEARS]))
def test_before_and_after_are_one_calendar(day: date, count: int, unit: Unit) -> None:
    """So long before a day is the last day that is no later than that long before it: the way back
    leads to the day itself, or, where its month is shorter, to the last of it."""
    length = Duration(Decimal(count), unit)
    back = length.before(day)
    assert length.after(back) <= day
    assert is_day(back, day.day)
    assert length.after(back).replace(day=1) == day.replace(day=1)
    assert Duration(Decimal(count), Unit.DAYS).before(day) == day - count * ONE


# --- what recurs ---------------------------------------------------------------------------------


@tried
@given(
    STARTS, st.integers(0, 800), st.sampled_from(["month", "quarter", "year"]), st.integers(1, 31)
)
def test_each_period_on_a_day(first: date, length: int, period: str, number: int) -> None:
    last = first + length * ONE
    begins = {"month": range(1, 13), "quarter": (1, 4, 7, 10), "year": (1,)}[period]
    found = [d for d in days_from(first, last) if d.month in begins and is_day(d, number)]
    assert list(Timetable(period=period, day=number).days(None, first, last)) == found
    middle = first + length // 2 * ONE
    later = [day for day in found if day >= middle]
    assert list(Timetable(period=period, day=number).days(middle, first, last)) == later


@tried
@given(STARTS, st.integers(0, 1_500), st.sampled_from([(2, 29), (12, 31), (4, 15), (2, 28)]))
def test_a_day_of_every_year(first: date, length: int, asked: tuple[int, int]) -> None:
    last, (month, number) = first + length * ONE, asked
    found = [d for d in days_from(first, last) if d.month == month and is_day(d, number)]
    assert list(Timetable(period="year", month=month, day=number).days(None, first, last)) == found
    nearest = next(
        d for d in days_from(first, first + 366 * ONE) if d.month == month and is_day(d, number)
    )
    assert DayOfYear(month, number).next(first) == nearest


FLOWS = {None: 0, "monthly": 1, "quarterly": 3, "yearly": 12}


@tried
@given(STARTS, st.integers(0, 700), st.sampled_from(list(FLOWS)), st.integers(0, 500))
def test_flows_of_a_book(first: date, later: int, recurrence: str | None, until: int) -> None:
    """From today to a year ahead, on the first one's day of the month or the last of a shorter."""
    today, last = first + later * ONE, first + until * ONE
    horizon = months_by_hand(today, 12)
    months = FLOWS[recurrence]
    due = [first]
    while months and due[-1] <= min(last, horizon):
        due.append(months_by_hand(first, len(due) * months))
    found = [day for day in due if today <= day <= min(last, horizon)]
    flows = expand("A", first, Decimal(-5), recurrence, "fee", last, today)
    assert [flow.day for flow in flows] == found


# --- equal steps ---------------------------------------------------------------------------------

STEPS = st.sampled_from([(Unit.DAYS, 0), (Unit.MONTHS, 1), (Unit.QUARTERS, 3), (Unit.YEARS, 12)])


@tried
@given(STARTS, st.integers(1, 15), STEPS, st.integers(-40, 900))
def test_equal_steps(begins: date, parts: int, step: tuple[Unit, int], later: int) -> None:
    """Each on the day of the month on which the first was: what begins on the 31st is due on the
    28th of February and on the 31st of March."""
    unit, months = step
    today = begins + later * ONE
    days = [
        months_by_hand(begins, k * months) if months else begins + k * ONE for k in range(parts + 1)
    ]
    begun = sum(day <= today for day in days[:-1])
    times = Timetable(parts=parts, step=unit)
    assert times.begun(begins, today) == begun
    assert list(times.days(begins, begins, days[-1])) == days[:-1]
    assert times.end(begins) == days[-1]
    steps = Steps(parts, unit)
    assert Fraction(steps.done(begins, today)) == pytest.approx(Fraction(begun, parts), abs=1e-20)
    assert steps.end(begins) == days[-1]


@tried
@given(STARTS, st.integers(0, 900), st.integers(-40, 1_000))
def test_a_step_a_month_until_a_day(begins: date, until: int, later: int) -> None:
    last, today = begins + until * ONE, begins + later * ONE
    days = [begins]
    while (after := months_by_hand(begins, len(days))) <= last:
        days.append(after)
    done = Fraction(sum(day <= today for day in days), len(days))
    found = Steps(last=last).done(begins, today)
    assert Fraction(found) == pytest.approx(done, abs=1e-20)
    assert today < last or found == 1


# --- periods and years ---------------------------------------------------------------------------


@tried
@given(STARTS, st.sampled_from(["month", "quarter", "year"]))
def test_a_period_begins_anew(today: date, every: str) -> None:
    """The days of one period are those between two first days; each is counted from the first."""
    begins = {"month": range(1, 13), "quarter": (1, 4, 7, 10), "year": (1,)}[every]
    first = today
    while not (first.day == 1 and first.month in begins):
        first -= ONE
    after = today + ONE
    while not (after.day == 1 and after.month in begins):
        after += ONE
    period = Period(every)
    assert period.first_day(today) == first
    assert period.first_day(after) == after
    grown = Period(every, prorated=True).grown(Decimal(1), today)
    share = Fraction((today - first).days + 1, (after - first).days)
    assert Fraction(grown) == pytest.approx(share, abs=1e-20)
    for day in (first - ONE, first, today, today + ONE):
        sale = PastSale("A", "S", day, Decimal(1), Decimal(1), long_term=False)
        assert period.counts(sale, today) is (first <= day <= today)


@tried
@given(STARTS, st.integers(1, 30), st.sampled_from([Unit.DAYS, Unit.MONTHS, Unit.YEARS]))
def test_what_rolls_counts_so_long_with_today(today: date, count: int, unit: Unit) -> None:
    """Twelve months up to 31 December begin on 1 January; 30 days with today begin 29 days ago."""
    length = Duration(Decimal(count), unit)
    first = Period(over=length).first_day(today)
    assert length.before(today) == first - ONE
    if unit is Unit.DAYS:
        assert len(list(days_from(first, today))) == count
    elif ends_a_month(today) and ends_a_month(length.before(today)):
        assert first.day == 1


@given(st.dates(date(2020, 1, 1), date(2029, 1, 1)), st.booleans(), st.booleans(), ANY_DAY)
def test_first_and_last_day_are_in_force(day: date, starts: bool, ends: bool, today: date) -> None:
    scope = Scope(
        Authority("firm", 0), (), day if starts else None, day + 9 * ONE if ends else None
    )
    late, early = not starts or today >= day, not ends or today <= day + 9 * ONE
    assert scope.covers_day(today) is (late and early)


# --- deadlines and cash --------------------------------------------------------------------------


@tried
@given(ANY_DAY, st.integers(-12, 3))
def test_a_deadline_is_kept_on_the_last_session_before_it(deadline: date, later: int) -> None:
    today = deadline + later * ONE
    last = max(day for day in SESSIONS if day <= deadline)
    home = replace(usual(), as_of=today)
    assert is_due(deadline, home.as_of, home.calendar) is (today >= last)
    text = f'never hold "CCC"\nexisting positions comply by {deadline}'
    (scope,) = (each for each in policy(home, text).statements if each.directive.selective)
    tx = home.accounts[0]
    lot = next(each for each in tx.lots if each.id == "c1")
    share = compliance(scope, home, tx, home.securities["CCC"], lot, "TX CCC")
    assert share == int(today >= last)


@tried
@given(ANY_DAY, st.integers(-14, 2), st.integers(1, 3))
def test_a_payment_is_raised_by_the_last_session_that_settles(
    day: date, later: int, cycle: int
) -> None:
    """Never later than the last session whose trades settle by then, and never while trades of a
    later session on another settlement day would do."""
    today = day + later * ONE
    here = [each for each in SESSIONS if abs((each - day).days) < 30]
    in_time = [each for each in here if settled_by_hand(each, cycle) <= day]
    traded = next(each for each in here if each >= today)
    following = next(each for each in here if each > traded)
    home = replace(usual(), as_of=today, settlement_days=cycle)
    home = replace(home, flows=(Flow("TX", day, Decimal(-1), "withdrawal"),))
    due = bool(flows_due(home))
    assert must_be_there(home, day) is (traded >= in_time[-1])
    # Trades of two sessions may settle on one day, on which the payment leaves.
    one_day = settled_by_hand(today, cycle) == settled_by_hand(following, cycle) == day
    assert due is (traded >= in_time[-1] or one_day)


# --- ages of lots --------------------------------------------------------------------------------


@tried
@given(STARTS)
def test_a_lot_is_long_term_when_more_than_twelve_months_are_held(acquired: date) -> None:
    """Twelve months from the day after; where there is no such day, from the first that follows."""
    begins = acquired + ONE
    ended = [
        d
        for d in days_from(begins + 364 * ONE, begins + 367 * ONE)
        if (d.month, d.day) >= (begins.month, begins.day) or d.year > begins.year + 1
    ]
    assert first_long_day(acquired) == next(d for d in ended if d.year > begins.year)


@tried
@given(STARTS, st.integers(1, 400))
def test_ages_count_days(acquired: date, age: int) -> None:
    """A lot `below 30 days` old was acquired in the last 29 days, 29 February counted or not."""
    home = replace(usual(), as_of=acquired + age * ONE)
    account = home.accounts[0]
    young = replace(account.lots[0], acquired=acquired)
    home = replace(home, accounts=(replace(account, lots=(young,)),))
    for limit in (age, age + 1):
        rules = policy(home, f"never sell anything where lot.age below {limit} days")
        (scope,) = (each for each in rules.statements if each.directive.kind == "restriction")
        assert scope.directive.bars_sale(scope, home, home.accounts[0], young) is (age < limit)
