"""Trading sessions of an exchange: when trades settle, and days counted in sessions."""

from __future__ import annotations

import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any

_Listed = Callable[[str, int], tuple[date, ...]]
_DAY = timedelta(days=1)
_MOST = 30_000
"""Sessions that may be counted: more than a century, and no rule is meant for longer."""
_LONGEST_CLOSURE = timedelta(days=30)
"""No exchange has been closed for longer since 1914; it spares loading the calendar."""


def is_calendar(code: str) -> bool:
    """Whether `code` names an exchange whose sessions are known (XNYS, XLON, ...)."""
    # Spares the usual book the loading of all calendars, which takes half a second.
    return code == "XNYS" or code in _calendars().get_calendar_names()


def settles_on(trade_date: date, days: int, calendar: str = "XNYS") -> date:
    """The settlement day of a trade: so many settlement days after the session of the trade date,
    or, where that is no session, of the next one.

    A session on which banks are closed settles nothing; its trades settle with those of the session
    before.
    """
    traded = _onward(trade_date, 0, calendar)
    if days == 0:
        return _onward(traded, 0, calendar, _settling)
    return _onward(traded + _DAY, days - 1, calendar, _settling)


def last_to_settle_by(day: date, days: int, calendar: str = "XNYS") -> date:
    """The last session whose trades settle, `days` settlement days later, on or before a day."""
    if days == 0:
        return _backward(day, 0, calendar, _settling)
    return _backward(_backward(day, days - 1, calendar, _settling) - _DAY, 0, calendar)


def banks_closed(day: date) -> bool:
    """Whether it is Columbus Day or Veterans Day: US banks are closed, and the exchanges are open.

    5 USC 6103(a). A holiday on a Sunday is kept on the Monday after it, one on a Saturday not at
    all (holidays of the Federal Reserve Banks). Nothing settles on these days: NASD Notices to
    Members 99-83 and 92-54.
    """
    columbus = day.month == 10 and day.weekday() == 0 and 8 <= day.day <= 14
    veterans = (day.month, day.day) == (11, 11) and day.weekday() < 5
    observed = (day.month, day.day) == (11, 12) and day.weekday() == 0
    return columbus or veterans or observed


def sessions_from(day: date, count: int, calendar: str = "XNYS") -> date:
    """The `count`-th session after a day, or, where `count` is negative, before it; the day itself
    for 0. The day need not be a session.

    Raises OverflowError where the exchange's sessions are not known that far.
    """
    if count == 0:
        return day
    if count > 0:
        return _onward(day + _DAY, count - 1, calendar)
    return _backward(day - _DAY, -count - 1, calendar)


def session_by(day: date, calendar: str = "XNYS") -> date:
    """The last session on or before a day: a deadline on a closed day moves earlier."""
    return _backward(day, 0, calendar)


def is_due(day: date, today: date, calendar: str = "XNYS") -> bool:
    """Whether today is the last session on or before a day, or later."""
    if not today < day <= today + _LONGEST_CLOSURE:
        return day <= today
    return session_by(day, calendar) <= today


def session_from(day: date, calendar: str = "XNYS") -> date:
    """The first session on or after a day: what arrives on a closed day is there on the next."""
    return _onward(day, 0, calendar)


def _onward(day: date, count: int, calendar: str, listed: _Listed | None = None) -> date:
    """The session, or other listed day, `count` after the first one on or after a day."""
    if count > _MOST:
        raise OverflowError(f"{count} sessions of {calendar} from {day}")
    of_decade, decade = listed or _sessions, day.year // 10
    days = of_decade(calendar, decade)
    at = bisect_left(days, day) + count
    while at >= len(days):
        at, decade = at - len(days), decade + 1
        days = of_decade(calendar, decade)
    return days[at]


def _backward(day: date, count: int, calendar: str, listed: _Listed | None = None) -> date:
    """The session, or other listed day, `count` before the last one on or before a day."""
    if count > _MOST:
        raise OverflowError(f"{count} sessions of {calendar} before {day}")
    of_decade, decade = listed or _sessions, day.year // 10
    days = of_decade(calendar, decade)
    at = bisect_right(days, day) - 1 - count
    while at < 0:
        decade -= 1
        days = of_decade(calendar, decade)
        at += len(days)
    return days[at]


@lru_cache(maxsize=256)
def _sessions(calendar: str, decade: int) -> tuple[date, ...]:
    """The sessions of ten years, in order; OverflowError where none of them is known.

    To make a calendar takes most of a second, however short it is.
    """
    try:
        return _between(calendar, date(10 * decade, 1, 1), date(10 * decade + 9, 12, 31))
    except ValueError:
        pass
    found: list[date] = []
    for year in range(max(10 * decade, 1), min(10 * decade + 9, date.max.year) + 1):
        with suppress(ValueError):
            found += _between(calendar, date(year, 1, 1), date(year, 12, 31))
    if not found:
        raise OverflowError(f"sessions of {calendar} from {10 * decade} on")
    return tuple(found)


@lru_cache(maxsize=256)
def _settling(calendar: str, decade: int) -> tuple[date, ...]:
    """Those of the sessions on which trades settle."""
    american = calendar == "XNYS" or _calendars().resolve_alias(calendar) == "XNYS"
    days = _sessions(calendar, decade)
    return tuple(day for day in days if not (american and banks_closed(day)))


def _between(calendar: str, first: date, last: date) -> tuple[date, ...]:
    """Raises ValueError where the calendar is not known from end to end."""
    with warnings.catch_warnings():
        # Deprecations between that library and pandas are not the caller's to see.
        warnings.simplefilter("ignore")
        # The ends are explicit: the library's own depend on today's date.
        made = _calendars().get_calendar(calendar, start=first.isoformat(), end=last.isoformat())
        return tuple(session.date() for session in made.sessions)


def _calendars() -> Any:
    return import_module("exchange_calendars")
