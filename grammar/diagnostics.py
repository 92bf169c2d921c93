"""One record for every mistake in a policy: what, where, why, and the way out.

A diagnostic is a value, never an exception. `CODES` is the list of all codes with the page of the
documentation that explains each; renderers for people and programs read the same record.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from grammar.spans import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A place and what is to be said about it (may be empty)."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """`message` in the author's words; `primary` with the cause; `help` is a way out."""

    code: str
    severity: Severity
    message: str
    primary: Label
    related: tuple[Label, ...] = ()
    help: str = ""

    @property
    def page(self) -> str:
        return f"docs/errors/{self.code}.md"
