"""What is wrong with a book: one record for every mistake, for people and for programs.

A finding is a value, never an exception. `CODES` names every code; each has a page in
docs/errors/. `accounts` are those the finding freezes, `households` those whose value it makes
unknown; a finding that can be tied to no account `stops` the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap


class FindingSeverity(StrEnum):
    """An error holds something back; a warning only tells."""

    ERROR = "error"
    WARNING = "warning"


CODES: Mapping[str, str] = {
    "B0101": "table missing",
    "B0102": "table given twice",
    "B0103": "file cannot be read",
    "B0104": "column missing",
    "B0105": "column given twice",
    "B0106": "row with too many or too few cells",
    "B0107": "setting missing or wrong in book.toml",
    "B0108": "table without rows",
    "B0201": "required cell empty",
    "B0202": "not a date",
    "B0203": "not a number",
    "B0204": "number out of range",
    "B0205": "not one of the permitted values",
    "B0206": "neither true nor false",
    "B0207": "date in the future",
    "B0208": "column not declared in the schema table",
    "B0209": "declaration in the schema table cannot be used",
    "B0301": "id used twice",
    "B0302": "unknown security",
    "B0303": "unknown account",
    "B0304": "unknown household",
    "B0305": "unknown tax entity",
    "B0306": "unknown model",
    "B0307": "tax entity belongs to another household",
    "B0308": "id names both a security and a model",
    "B0309": "household without accounts",
    "B0310": "model of an account ignored",
    "B0401": "no price",
    "B0402": "price is stale",
    "B0403": "no prices at all",
    "B0404": "two prices for one day",
    "B0405": "prices are older than the as-of date",
    "B0406": "as-of date is before the book's own",
    "B0501": "models contain each other",
    "B0502": "funds contain each other",
    "B0503": "weights add up to more than 1",
    "B0504": "weights add up to less than 1",
    "B0505": "component given twice",
    "B0506": "model has no version in force",
    "B0507": "alternate without a place",
    "B0508": "version of a model goes back",
    "B0509": "file says two things of a model",
    "B0601": "more shares used than there are",
    "B0602": "wash block without a number of shares",
    "B0603": "recent sale without a realised gain",
    "B0604": "year to date is not what the transactions come to",
    "B0701": "risk tables do not fit together",
    "B0702": "factor covariance is not positive semidefinite",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: where it is (file, line from 1, column name), what was found and expected.

    `line` is None where a whole file or column is meant. `account_id` or `household_id` say whose
    row it is, where the row says so; `accounts` and `households` are all that it holds back.
    """

    code: str
    severity: FindingSeverity
    file: str
    line: int | None
    column: str | None
    value: str | None
    expected: str
    message: str
    account_id: str | None = None
    household_id: str | None = None
    accounts: tuple[str, ...] = ()
    households: tuple[str, ...] = ()
    stops: bool = False

    @property
    def page(self) -> str:
        """The page of the documentation that explains the code."""
        return f"docs/errors/{self.code}.md"

    @property
    def place(self) -> str:
        """`lots.csv:17 shares`: file, line and column, as far as they are known."""
        line = "" if self.line is None else f":{self.line}"
        return f"{self.file}{line}" + (f" {self.column}" if self.column else "")

    @property
    def effect(self) -> str:
        """What is held back because of this finding, in words."""
        if self.stops:
            return "nothing can run"
        parts = []
        if self.households:
            parts.append("on hold: household " + _some(self.households))
        if self.accounts:
            parts.append("not traded: account " + _some(self.accounts))
        return "; ".join(parts)

    def to_json(self) -> dict[str, object]:
        """The finding with stable field names, ready for `json.dumps`."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "value": self.value,
            "expected": self.expected,
            "message": self.message,
            "account_id": self.account_id,
            "household_id": self.household_id,
            "accounts": list(self.accounts),
            "households": list(self.households),
            "stops": self.stops,
            "page": self.page,
        }


def _some(names: tuple[str, ...], at_most: int = 5) -> str:
    shown = ", ".join(names[:at_most])
    return shown if len(names) <= at_most else f"{shown} and {len(names) - at_most} more"


def render_findings(findings: Iterable[Finding], width: int = 100) -> str:
    """A table for people: one finding a block, errors and warnings counted in the last line."""
    listed = list(findings)
    lines: list[str] = []
    for finding in listed:
        lines.append(f"{finding.severity}[{finding.code}] {finding.place}")
        for label, text in (
            ("", finding.message),
            ("expected: ", finding.expected),
            ("effect: ", finding.effect),
        ):
            if text:
                lines += wrap(label + text, width, initial_indent="    ", subsequent_indent="    ")
    errors = sum(finding.severity is FindingSeverity.ERROR for finding in listed)
    warnings = len(listed) - errors
    lines.append(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}")
    return "\n".join(lines) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
