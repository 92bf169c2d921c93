"""Sessions, settlement and the calendar of the tax, against lists of days and counting by hand.

The days on which the New York Stock Exchange was or will be closed are written out: its own
announcements for 2025 to 2028 (NYSE Group, 2024-11-08 and 2025-12-23), its yearly lists before, and
the two days of mourning, 2018-12-05 and 2025-01-09. The days on which banks are closed and it is
open are of the Federal Reserve Banks' holiday schedules.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.flows import settlement_days
from portfolio.sessions import (
    banks_closed,
    last_to_settle_by,
    session_by,
    sessions_from,
    settles_on,
)

CLOSED = {
    2016: "01-01 01-18 02-15 03-25 05-30 07-04 09-05 11-24 12-26",
    2017: "01-02 01-16 02-20 04-14 05-29 07-04 09-04 11-23 12-25",
    2018: "01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25",
    2019: "01-01 01-21 02-18 04-19 05-27 07-04 09-02 11-28 12-25",
    2020: "01-01 01-20 02-17 04-10 05-25 07-03 09-07 11-26 12-25",
    2021: "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24",
    2022: "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26",
    2023: "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25",
    2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
    2025: "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
    2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
    2028: "01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25",
}
"""New Year's Day on a Saturday (2022, 2028) is not kept on the Friday, the end of a year.

Juneteenth is kept since 2022."""

BANKS_ONLY = {
    2016: "10-10 11-11",
    2017: "10-09",  # Veterans Day on a Saturday
    2018: "10-08 11-12",
    2019: "10-14 11-11",
    2020: "10-12 11-11",
    2021: "10-11 11-11",
    2022: "10-10 11-11",
    2023: "10-09",
    2024: "10-14 11-11",
    2025: "10-13 11-11",
    2026: "10-12 11-11",
    2027: "10-11 11-11",
    2028: "10-09",
}
FIRST, LAST = date(2016, 1, 1), date(2028, 12, 31)
ONE_DAY = timedelta(days=1)


def days_of(years: dict[int, str]) -> set[date]:
    return {
        date.fromisoformat(f"{year}-{day}") for year, days in years.items() for day in days.split()
    }


EVERY_DAY = [FIRST + timedelta(days=k) for k in range((LAST - FIRST).days + 1)]
SESSIONS = [day for day in EVERY_DAY if day.weekday() < 5 and day not in days_of(CLOSED)]
SETTLING = [day for day in SESSIONS if day not in days_of(BANKS_ONLY)]
DAYS = st.dates(FIRST + timedelta(days=60), LAST - timedelta(days=60))
HARD_DAYS = st.sampled_from(sorted(days_of(CLOSED) | days_of(BANKS_ONLY))[3:-3])
ANY_DAY = st.one_of(
    DAYS, st.builds(lambda day, by: day + timedelta(days=by), HARD_DAYS, st.integers(-7, 7))
)


def test_every_session_of_thirteen_years() -> None:
    found = {session_by(day) for day in EVERY_DAY[7:]}
    assert found == set(SESSIONS[SESSIONS.index(min(found)) :])
    assert date(2021, 12, 31) in found
    assert date(2021, 6, 18) in found
    assert {date(2025, 11, 28), date(2026, 11, 27), date(2025, 12, 24)} <= found  # half days


def test_the_days_on_which_only_banks_are_closed() -> None:
    weekdays = [day for day in EVERY_DAY if day.weekday() < 5]
    assert {day for day in weekdays if banks_closed(day)} == days_of(BANKS_ONLY)


def settled_by_hand(trade_date: date, count: int) -> date:
    day = trade_date
    while day not in SESSIONS:
        day += ONE_DAY
    left = count
    while left > 0 or day not in SETTLING:
        day += ONE_DAY
        left -= day in SETTLING
    return day


@settings(max_examples=150, deadline=None)
@given(ANY_DAY, st.integers(0, 5))
def test_settlement_is_counted_in_days_that_settle(day: date, count: int) -> None:
    assert settles_on(day, count) == settled_by_hand(day, count)


@settings(max_examples=150, deadline=None)
@given(ANY_DAY, st.integers(0, 5))
def test_the_last_trade_that_settles_by_a_day(day: date, count: int) -> None:
    near = [each for each in SESSIONS if day - timedelta(days=40) < each <= day]
    in_time = [each for each in near if settled_by_hand(each, count) <= day]
    assert last_to_settle_by(day, count) == in_time[-1]
    assert settles_on(in_time[-1], count) <= day
    assert settles_on(in_time[-1] + ONE_DAY, count) > day


@settings(max_examples=100, deadline=None)
@given(ANY_DAY, ANY_DAY, st.integers(0, 3))
def test_traded_later_never_settled_earlier(one: date, other: date, count: int) -> None:
    early, late = sorted((one, other))
    assert settles_on(early, count) <= settles_on(late, count)
    assert last_to_settle_by(early, count) <= last_to_settle_by(late, count)


@settings(max_examples=150, deadline=None)
@given(ANY_DAY, st.integers(-25, 25))
def test_sessions_are_counted_one_by_one(day: date, count: int) -> None:
    there = [each for each in SESSIONS if each > day]
    back = [each for each in reversed(SESSIONS) if each < day]
    found = sessions_from(day, count)
    assert found == (day if count == 0 else there[count - 1] if count > 0 else back[-count - 1])


@settings(max_examples=150, deadline=None)
@given(ANY_DAY)
def test_a_deadline_moves_to_the_session_before(day: date) -> None:
    assert session_by(day) == max(each for each in SESSIONS if each <= day)


# Trade dates and the settlement dates that were announced for them.
NOTICES = {
    "99-83": (3, 1999, "10-05>10-08 10-06>10-12 10-07>10-13 10-08>10-14 10-11>10-14 10-12>10-15"),
    "99-94": (3, 1999, "12-20>12-23 12-21>12-27 12-22>12-28 12-23>12-29 12-27>12-30"),
    "92-54": (
        5,
        1992,
        "11-02>11-09 11-03>11-10 11-04>11-12 11-05>11-13 11-06>11-16 11-09>11-17 11-10>11-18"
        " 11-11>11-18 11-12>11-19 11-18>11-25 11-19>11-27 11-20>11-30 11-23>12-01 11-27>12-04",
    ),
    "94-49": (5, 1994, "06-24>07-01 06-27>07-05 06-30>07-08 07-01>07-11 07-05>07-12"),
    "00-82": (3, 2000, "12-19>12-22 12-20>12-26 12-22>12-28 12-26>12-29"),
}


@pytest.mark.parametrize("notice", NOTICES)
def test_what_the_nasd_announced(notice: str) -> None:
    """NASD Notices to Members; 99-94: closed on Friday 1999-12-24, when banks were open."""
    days, year, pairs = NOTICES[notice]
    for pair in pairs.split():
        traded, settled = (date.fromisoformat(f"{year}-{day}") for day in pair.split(">"))
        assert settles_on(traded, days) == settled, pair


@pytest.mark.parametrize(
    ("traded", "settled"),
    [
        ("2017-09-01", "2017-09-07"),  # the last day of three days; Labor Day is the 4th
        ("2017-09-05", "2017-09-07"),  # the first of two
        ("2024-05-24", "2024-05-29"),  # the last of two; Memorial Day is the 27th
        ("2024-05-28", "2024-05-29"),  # the first of one
        ("2025-01-08", "2025-01-10"),
        ("2026-10-09", "2026-10-13"),  # Columbus Day settles nothing,
        ("2026-10-12", "2026-10-13"),  # and its own trades settle with Friday's
        ("2026-11-10", "2026-11-12"),
        ("2026-11-11", "2026-11-12"),
        ("2026-12-31", "2027-01-04"),
    ],
)
def test_settlement_in_its_own_time(traded: str, settled: str) -> None:
    day = date.fromisoformat(traded)
    assert settles_on(day, settlement_days(day)) == date.fromisoformat(settled)


def test_banks_of_other_countries_keep_other_days() -> None:
    assert settles_on(date(2026, 10, 9), 1, "XLON") == date(2026, 10, 12)
    assert settles_on(date(2026, 10, 9), 1, "NASDAQ") == date(2026, 10, 13)
