"""book.toml: the as-of date, the name, and how trades settle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from portfolio.book.cells import is_date
from portfolio.book.draft import BOOK_FILE, Draft, Notes, Reach
from portfolio.flows import settlement_days
from portfolio.sessions import is_calendar


@dataclass(frozen=True, slots=True)
class Settings:
    """`dated` is the book's own as-of date, `as_of` that of this run (both None: unknown).
    `tax_year` is that of what taxpayers have realised so far; 0 where nobody knows."""

    name: str
    dated: date | None
    as_of: date | None
    calendar: str
    settlement_days: int
    tax_year: int


def read_settings(
    given: Mapping[str, object] | None, folder_name: str, as_of: date | None, notes: Notes
) -> Settings:
    """Settings with defaults filled in; whatever is missing or wrong is noted."""
    if given is None:  # The file is missing or unreadable and has its finding.
        return Settings(folder_name, None, as_of, "XNYS", settlement_days(as_of or date.max), 0)
    dated = _date(given.get("as_of"))
    if dated is None:
        _note("as_of", given.get("as_of"), "a date such as 2024-03-08", notes)
    name = given.get("name")
    if not isinstance(name, str) or not name:
        _note("name", name, 'a name, as in `name = "my book"`', notes)
        name = folder_name
    if given.get("currency", "USD") != "USD":
        _note("currency", given["currency"], "USD", notes)
    calendar = given.get("calendar", "XNYS")
    if not isinstance(calendar, str) or not is_calendar(calendar):
        _note("calendar", calendar, "an exchange's code such as XNYS", notes)
        calendar = "XNYS"
    if dated is not None and as_of is not None and as_of < dated:
        _warn_earlier(as_of, dated, notes)
    run = dated if as_of is None else as_of
    days = given.get("settlement_days")
    if days is None or days == "":
        days = settlement_days(run or date.max)
    elif not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 10:
        _note("settlement_days", days, "a number of days from 0 to 10", notes)
        days = settlement_days(run or date.max)
    return Settings(name, dated, run, calendar, days, _tax_year(given, dated, notes))


def _tax_year(given: Mapping[str, object], dated: date | None, notes: Notes) -> int:
    """As stated, or the year of the book's own date."""
    year = given.get("tax_year")
    own = 0 if dated is None else dated.year
    if year is None:
        return own
    if not isinstance(year, int) or isinstance(year, bool) or not own - 100 <= year <= own:
        _note("tax_year", year, "a year no later than that of `as_of`", notes)
        return own
    return year


def _date(value: object) -> date | None:
    if isinstance(value, datetime):
        value = value.date()
    text = str(value) if isinstance(value, date | str) else ""
    return date.fromisoformat(text) if is_date(text) else None


def _note(setting: str, value: object, expected: str, notes: Notes) -> None:
    shown = "is missing" if value is None else f"is {value!r}"
    notes.add(
        Draft(
            "B0107",
            BOOK_FILE,
            f"`{setting}` {shown}",
            expected,
            column=setting,
            value=None if value is None else str(value),
        )
    )


def _warn_earlier(as_of: date, dated: date, notes: Notes) -> None:
    notes.add(
        Draft(
            "B0406",
            BOOK_FILE,
            f"the run is as of {as_of}, but the book's lots and cash are those of {dated}",
            f"{dated} or later",
            column="as_of",
            value=str(as_of),
            reach=Reach.NOTHING,
        )
    )
