"""Answers to the questions of a template: what is typed becomes words of the policy language.

An answer is read by its type and written again in the language's own words; what does not read
that way is refused. So no answer can end its line, close its quotes or begin another statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from grammar.words import FIRST_WORDS

NAME = re.compile(r"[^\W\d]\w*(-\w+)*(\.\w+(-\w+)*)*")
"""A name as the language has it: `ipc.esg.tobacco`."""
_QUOTES = '"“”„'


class AnswerError(ValueError):
    """An answer that is not one; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`words` for a line of policy, `bare` for titles and names; `amount` where it is a number."""

    words: str
    bare: str
    amount: Decimal | None = None


def _plain(said: str, amount: Decimal | None = None) -> Answer:
    """An answer that is written without quotes."""
    return Answer(said, said, amount)


def text(typed: str) -> Answer:
    """Quoted words: one line, no quotation marks, not empty."""
    said = " ".join(typed.split(" ")).strip()
    if not said:
        raise AnswerError("say something")
    if not said.isprintable() or any(mark in said for mark in _QUOTES):
        raise AnswerError("one line without quotation marks")
    return Answer(f'"{said}"', said)


def texts(typed: str) -> Answer:
    """Quoted words with commas between them."""
    each = [text(part) for part in typed.split(",")]
    return Answer(", ".join(one.words for one in each), ", ".join(one.bare for one in each))


def name(typed: str) -> Answer:
    """A bare name: of a rule, a group, an attribute."""
    said = typed.strip()
    if not NAME.fullmatch(said) or said in FIRST_WORDS:
        raise AnswerError("a name such as `ipc.cash`")
    return Answer(said, said)


def day(typed: str) -> Answer:
    """A calendar day."""
    said = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", typed.strip(), re.ASCII)
    try:
        found = None if said is None else date(*map(int, said.groups()))
    except ValueError:
        found = None
    if found is None:
        raise AnswerError("a day such as 2026-06-15")
    return _plain(found.isoformat())


def days(typed: str) -> Answer:
    """Days and stretches of days with commas between them: `2026-02-03 to 2026-03-10`."""
    said: list[str] = []
    for part in typed.split(","):
        ends = [day(end).words for end in re.split(r"\s+to\s+", part.strip())]
        if len(ends) > 2 or ends != sorted(ends):
            raise AnswerError("stretches such as `2026-02-03 to 2026-03-10`, commas between them")
        said.append(" to ".join(ends))
    return _plain(", ".join(said))


def _number(typed: str, pattern: str, example: str) -> Decimal:
    """The digits of a number written as `pattern` has it, with or without thousands commas."""
    digits = r"(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
    found = re.fullmatch(pattern.replace("N", digits), typed.strip(), re.ASCII)
    if found is None:
        raise AnswerError(f"written like `{example}`")
    try:
        return Decimal(found["number"].replace(",", ""))
    except InvalidOperation:
        raise AnswerError(f"written like `{example}`") from None


def money(typed: str) -> Answer:
    """Dollars: `$60,000`, `60000`."""
    amount = _number(typed, r"\$?\s*N", "$60,000")
    return _plain(f"${amount:,f}", amount)


def percent(typed: str) -> Answer:
    """A percentage with its sign, so that nobody writes 0.05 for 5%."""
    amount = _number(typed, r"N\s*%", "5%")
    return _plain(f"{amount:f}%", amount)


def number(typed: str) -> Answer:
    """A plain number."""
    amount = _number(typed, "N", "12")
    return _plain(f"{amount:f}", amount)


def _counted(unit: str) -> Callable[[str], Answer]:
    def read(typed: str) -> Answer:
        amount = _number(typed, rf"N(?:\s*{unit}s?)?", f"12 {unit}s")
        if amount != amount.to_integral_value():
            raise AnswerError(f"whole {unit}s")
        return _plain(f"{amount:f} {unit}{'' if amount == 1 else 's'}", amount)

    return read


TYPES: dict[str, Callable[[str], Answer]] = {
    "text": text,
    "texts": texts,
    "name": name,
    "date": day,
    "dates": days,
    "money": money,
    "percent": percent,
    "number": number,
    "days": _counted("day"),
    "months": _counted("month"),
    "quarters": _counted("quarter"),
    "years": _counted("year"),
    "shares": _counted("share"),
    "points": _counted("point"),
}
"""What an answer can be; `choice` is one of the words that its template lists."""
