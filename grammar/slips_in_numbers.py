"""Slips in numbers, dates and sums."""

from __future__ import annotations

import re
from difflib import get_close_matches

from grammar import codes
from grammar.diagnostics import Diagnostic
from grammar.reader import stop
from grammar.stumble import Stumble
from grammar.times import MONTHS
from grammar.vocabulary import keywords

NUMBER = re.compile(r"[-−]?\$?\d")
_RIGHT = re.compile(r"[-−]?\$?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?%?|\d{4}-\d\d-\d\d")
_UNITS = {
    "percent": "{}%", "pct": "{}%", "dollars": "${}", "dollar": "${}", "usd": "${}",
    "basis": "{} bps", "points": "{} points", "point": "{} points",
    "thousand": "$50,000", "k": "$50,000", "million": "$2,000,000", "mio": "$2,000,000",
}  # fmt: skip
_IN_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve",
    "thirty", "sixty", "ninety",
)  # fmt: skip


def no_date(it: Stumble) -> Diagnostic | None:
    """`until December 31`."""
    if "DATE" not in it.accepts or it.found is None:
        return None
    word = it.found.text.lower()
    only_date = it.accepts == {"DATE"}
    month = _month(word) is not None and it.line.first in ("from", "until", "existing")
    if not (only_date or month):
        return None
    said = _in_words(it.line.text[it.found.start :])
    if said is None:
        return it.at_word(
            codes.NO_DATE,
            f"`{it.found.shown}` is not a date",
            "a date belongs here",
            "write year-month-day: `2026-01-31`",
        )
    start, (end, day) = it.found.start, said
    return codes.NO_DATE.at(
        it.line.place(start, start + end),
        f"`{it.line.text[start : start + end]}` is not how the language writes a date",
        label="year-month-day",
        help=f"write `{day}`",
    )


_DAY_IN_WORDS = re.compile(
    r"(?P<month>[^\W\d]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,? (?P<year>\d{4}))?(?!\w)"
    r"|(?P<first>\d{1,2})(?:st|nd|rd|th)? (?P<then>[^\W\d]{3,9})(?: (?P<in>\d{4}))?(?!\w)"
)


def _in_words(text: str) -> tuple[int, str] | None:
    """How much of a text is a day in words, and that day as the language writes it."""
    said = _DAY_IN_WORDS.match(text)
    if said is None:
        return None
    name = _month((said["month"] or said["then"]).lower())
    if name is None:
        return None
    year, day = said["year"] or said["in"] or "2026", int(said["day"] or said["first"])
    return said.end(), f"{year}-{MONTHS.index(name) + 1:02}-{day:02}"


def month_day(it: Stumble) -> Diagnostic | None:
    """`on or after 1 December`, `in Decembre 1`."""
    pair = it.words[max(0, it.at - 1) : it.at + 1]
    if len(pair) < 2:
        return None
    day, month = sorted((word.text for word in pair), key=str.isalpha)
    name = _month(month)
    if name is None or not re.fullmatch("[1-9]|[12][0-9]|3[01]", day):
        return None
    return codes.NO_DATE.at(
        it.line.place(pair[0].start, pair[1].end),
        f"`{pair[0].text} {pair[1].text}` is not how the language writes a day of every year",
        label="the month in full, then the day",
        help=f"write `{name} {day}`, or year-month-day for one day: `2026-01-31`",
    )


def _month(word: str) -> str | None:
    near = get_close_matches(word.capitalize()[:20], MONTHS, n=1, cutoff=0.75)
    if near:
        return near[0]
    short = (name for name in MONTHS if len(word) == 3 and name[:3] == word.capitalize())
    return next(short, None)


def number_form(it: Stumble) -> Diagnostic | None:
    """`50k`, `$1,50`, `5 percent`, `three months`, `3% points`."""
    help = _better_number(it)
    if help is None or it.found is None:
        return None
    return it.at_word(
        codes.NUMBER_FORM,
        f"`{it.found.shown}` is not how the language writes a number",
        "cannot be read as a number and its unit",
        help,
    )


def _better_number(it: Stumble) -> str | None:
    found, before = it.found, it.before
    if found is None or before is None:
        return None
    said = found.text.lower()
    if said in _IN_WORDS and {"NUMBER", "MONEY"} & it.accepts:
        return "write numbers in digits: `90 days`"
    if NUMBER.match(before.text) and said in _UNITS:
        return f"write `{_UNITS[said].format(before.text.strip('$%'))}`"
    if not NUMBER.match(found.text) or _RIGHT.fullmatch(found.text):
        return None
    if re.search(r"[^\W\d]", found.text):
        return "write the number out and its unit apart: `$50,000`, `90 days`"
    return "commas part groups of three digits, a point the decimals: `$1,250,000.50`"


def no_of(it: Stumble) -> Diagnostic | None:
    """`at most 3% account`."""
    if it.found is None or it.before is None or "_OF" not in it.accepts:
        return None
    if not (re.fullmatch(r"points?|.*%", it.before.text) and it.found.text[0].isalpha()):
        return None
    if it.found.text in keywords():
        return None
    number = it.before if NUMBER.match(it.before.text) else it.words[it.at - 2]
    stopped = stop(f"{it.line.text[: it.found.start]}of {it.line.text[it.found.start :]}")
    if stopped is not None and stopped.at < it.found.end + len("of "):
        return None
    return it.at_word(
        codes.NO_BASE,
        f"`of` is missing before `{it.found.shown}`",
        "something is missing before this",
        f"write `{it.line.text[number.start : it.before.end]} of {it.found.shown}`",
    )


def sum_after_choice(it: Stumble) -> Diagnostic | None:
    """`the larger of A and B minus C`."""
    said = [word.text for word in it.words[: it.at]]
    if it.found is None or it.found.text not in ("plus", "minus") or "the" not in said:
        return None
    start = len(said) - 1 - said[::-1].index("the")
    choice = " ".join(said[start : start + 3])
    return it.at_word(
        codes.SUM_AFTER_CHOICE,
        f"`{it.found.text}` after `{choice}` can be read in two ways",
        "applied to the last of the two, or to the result?",
        f"put brackets around `{choice} ...`, or around the sum",
    )
