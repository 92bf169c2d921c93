"""Trading sessions of an exchange: when trades settle."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from importlib import import_module
from typing import Any


def is_calendar(code: str) -> bool:
    """Whether `code` names an exchange whose sessions are known (XNYS, XLON, ...)."""
    # Spares the usual book the loading of all calendars, which takes half a second.
    return code == "XNYS" or code in _calendars().get_calendar_names()


def settles_on(trade_date: date, days: int, calendar: str = "XNYS") -> date:
    """The settlement day of a trade: `days` sessions after the trade date, or, where that is no
    session, after the next one."""
    return _offset(trade_date, days, "next", calendar)


def last_to_settle_by(day: date, days: int, calendar: str = "XNYS") -> date:
    """The last session whose trades settle, `days` sessions later, on or before `day`.

    What falls on a closed day has to be there on the session before.
    """
    return _offset(day, -days, "previous", calendar)


def _offset(day: date, sessions: int, direction: str, calendar: str) -> date:
    with warnings.catch_warnings():
        # Deprecations between that library and pandas are not the caller's to see.
        warnings.simplefilter("ignore")
        known = _calendars().get_calendar(
            calendar,
            # Explicit ends: the library's own depend on today's date.
            start=(day - timedelta(days=40 + 2 * abs(sessions))).isoformat(),
            end=(day + timedelta(days=40 + 2 * abs(sessions))).isoformat(),
        )
        session = known.date_to_session(day.isoformat(), direction=direction)
        found: date = known.session_offset(session, sessions).date()
    return found


def _calendars() -> Any:
    return import_module("exchange_calendars")
