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
    with warnings.catch_warnings():
        # Deprecations between that library and pandas are not the caller's to see.
        warnings.simplefilter("ignore")
        sessions = _calendars().get_calendar(
            calendar,
            # Explicit ends: the library's own depend on today's date.
            start=(trade_date - timedelta(days=20)).isoformat(),
            end=(trade_date + timedelta(days=40 + 2 * days)).isoformat(),
        )
        session = sessions.date_to_session(trade_date.isoformat(), direction="next")
        settled: date = sessions.session_offset(session, days).date()
    return settled


def _calendars() -> Any:
    return import_module("exchange_calendars")
