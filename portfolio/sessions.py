"""Trading sessions of an exchange: when trades settle, and days counted in sessions."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any


def is_calendar(code: str) -> bool:
    """Whether `code` names an exchange whose sessions are known (XNYS, XLON, ...)."""
    # Spares the usual book the loading of all calendars, which takes half a second.
    return code == "XNYS" or code in _calendars().get_calendar_names()


@lru_cache(maxsize=1024)
def settles_on(trade_date: date, days: int, calendar: str = "XNYS") -> date:
    """The settlement day of a trade: `days` sessions after the trade date, or, where that is no
    session, after the next one."""
    with warnings.catch_warnings():
        # Deprecations between that library and pandas are not the caller's to see.
        warnings.simplefilter("ignore")
        sessions = _sessions(calendar, trade_date, 0, days)
        session = sessions.date_to_session(trade_date.isoformat(), direction="next")
        settled: date = sessions.session_offset(session, days).date()
    return settled


def last_to_settle_by(day: date, days: int, calendar: str = "XNYS") -> date:
    """The last session whose trades settle, `days` sessions later, on or before a day."""
    return sessions_from(session_by(day, calendar), -days, calendar)


@lru_cache(maxsize=1024)
def sessions_from(day: date, count: int, calendar: str = "XNYS") -> date:
    """The `count`-th session after a day, or, where `count` is negative, before it; the day itself
    for 0. The day need not be a session.

    Raises OverflowError where the exchange's sessions are not known that far.
    """
    if count == 0:
        return day
    direction = "previous" if count > 0 else "next"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            sessions = _sessions(calendar, day, max(-count, 0), max(count, 0))
            start = sessions.date_to_session(day.isoformat(), direction=direction)
            found: date = sessions.session_offset(start, count).date()
        except ValueError as error:
            raise OverflowError(f"{count} sessions of {calendar} from {day}") from error
    return found


@lru_cache(maxsize=1024)
def session_by(day: date, calendar: str = "XNYS") -> date:
    """The last session on or before a day: a deadline on a closed day moves earlier."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sessions = _sessions(calendar, day, 0, 0)
        found: date = sessions.date_to_session(day.isoformat(), direction="previous").date()
    return found


def _sessions(calendar: str, day: date, before: int, after: int) -> Any:
    """The calendar around a day, with room for so many sessions on either side.

    The ends are explicit: the library's own depend on today's date. It takes as long over a month
    as over ten years, and keeps the last one made: so the ends are those of decades, where the
    exchange's sessions are known that far.
    """
    start, end = day - timedelta(days=20 + 2 * before), day + timedelta(days=40 + 2 * after)
    try:
        first = date(start.year // 10 * 10, 1, 1)
        return _between(calendar, first, date(end.year // 10 * 10 + 9, 12, 31))
    except ValueError:
        return _between(calendar, start, end)


@lru_cache(maxsize=16)
def _between(calendar: str, start: date, end: date) -> Any:
    return _calendars().get_calendar(calendar, start=start.isoformat(), end=end.isoformat())


def _calendars() -> Any:
    return import_module("exchange_calendars")
