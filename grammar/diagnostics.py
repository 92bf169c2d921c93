"""One record for every mistake in a policy: what, where, why, and the way out.

A diagnostic is a value, never an exception. Each room lists its own codes as a mapping made by
`by_code` (`grammar.codes.CODES` for E01xx); joined, they are the index of docs/errors/. Renderers
for people and programs read the same record.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from grammar.spans import Span, rows


class Severity(StrEnum):
    """An error stops what depends on it; a warning is only said."""

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
        """The page of the documentation about this code."""
        return f"docs/errors/{self.code}.md"


# --- codes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of mistake: a stable id (`E0107`, or `W...` for a warning) and what it means."""

    id: str
    meaning: str

    @property
    def severity(self) -> Severity:
        """A warning where the id begins with W."""
        return Severity.WARNING if self.id.startswith("W") else Severity.ERROR

    def at(
        self,
        span: Span,
        message: str,
        *,
        label: str = "",
        related: tuple[Label, ...] = (),
        help: str = "",
    ) -> Diagnostic:
        """A diagnostic with this code."""
        return Diagnostic(self.id, self.severity, message, Label(span, label), related, help)


def by_code(*codes: Code) -> Mapping[str, Code]:
    """The codes of a room by their ids; ValueError if an id is given twice."""
    index = {code.id: code for code in codes}
    if len(index) != len(codes):
        raise ValueError("two codes have one id")
    return MappingProxyType(index)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By place, then code: the one order in which diagnostics are shown."""
    return tuple(sorted(diagnostics, key=lambda one: (one.primary, one.code, one.message)))


# --- for programs --------------------------------------------------------------------------------


def to_json(diagnostic: Diagnostic) -> dict[str, object]:
    """The record with stable field names, ready for `json.dumps`."""
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        **_label_json(diagnostic.primary),
        "related": [_label_json(label) for label in diagnostic.related],
        "help": diagnostic.help,
        "page": diagnostic.page,
    }


def _label_json(label: Label) -> dict[str, object]:
    span = label.span
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "label": label.text,
    }


# --- for people ----------------------------------------------------------------------------------

MAX_WIDTH = 120
"""Columns of source shown; a longer row is cut around the place in question."""
MAX_ROWS = 4
"""Rows of one place shown; of a longer place the first and the last."""

_STYLES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "place": "\x1b[36m", "plain": "\x1b[0m"}


def render_text(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], colour: bool = False
) -> str:
    """The diagnostics for a person to read, each with the rows it speaks of.

    `sources` maps paths to texts; a place in a file not among them is named without its row.
    """
    texts = _Sources(sources)
    return "\n".join("".join(_render(one, texts, colour)) for one in diagnostics)


class _Sources:
    """Texts by path, cut into rows when first needed."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._rows: dict[str, list[str]] = {}

    def rows(self, path: str) -> list[str]:
        if path not in self._rows:
            self._rows[path] = rows(self._texts[path]) if path in self._texts else []
        return self._rows[path]


def _render(diagnostic: Diagnostic, sources: _Sources, colour: bool) -> Iterator[str]:
    kind = str(diagnostic.severity)
    heading = _paint(f"{kind}[{diagnostic.code}]", kind, colour)
    yield f"{heading} {_printable(diagnostic.message)}\n"
    yield from _place("-->", diagnostic.primary, kind, sources, colour)
    for label in diagnostic.related:
        yield from _place("...", label, "place", sources, colour)
    if diagnostic.help:
        yield f"  help: {_printable(diagnostic.help)}\n"


def _place(arrow: str, label: Label, style: str, sources: _Sources, colour: bool) -> Iterator[str]:
    span, rows = label.span, sources.rows(label.span.path)
    shown = [row for row in _rows_shown(span) if 1 <= row <= len(rows)]
    words = _printable(label.text)
    yield f"  {arrow} {_printable(str(span))}{'' if shown or not words else f' {words}'}\n"
    gutter = max((len(str(row)) for row in shown), default=0)
    for row in shown:
        source = rows[row - 1]
        start = span.column if row == span.line else 1 + len(source) - len(source.lstrip())
        end = span.end_column if row == span.end_line else len(source.rstrip()) + 1
        text, before, under = _window(source, start - 1, max(end, start + 1) - 1)
        carets = "^" * under + (f" {words}" if words and row == shown[-1] else "")
        yield f"{row:>{gutter}} | {text}\n"
        yield f"{'':>{gutter}} | {' ' * before}{_paint(carets, style, colour)}\n"


def _rows_shown(span: Span) -> list[int]:
    if span.end_line - span.line < MAX_ROWS:
        return list(range(span.line, span.end_line + 1))
    return [span.line, span.end_line]


def _window(source: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a row to show; the columns before the carets; how many carets.

    `start` and `end` are offsets in `source`; what is returned counts columns of a terminal.
    """
    first = 0
    last = len(source)
    if last > MAX_WIDTH:
        first = max(0, min(start - MAX_WIDTH // 3, last - MAX_WIDTH))
        last = first + MAX_WIDTH
    opening, closing = "..." if first else "", "..." if last < len(source) else ""
    text = opening + _printable(source[first:last]).rstrip() + closing
    before = len(opening) + _columns(_printable(source[first:start]))
    return text, before, max(1, _columns(_printable(source[start : min(end, last)])))


def _printable(text: str) -> str:
    """Tabs as four blanks; what could disturb a terminal as a sign that stands for it."""
    return "".join(map(_visible, text))


def _visible(sign: str) -> str:
    if sign == "\t":
        return "    "
    if sign.isprintable():
        return sign
    if unicodedata.category(sign) == "Zs":
        return " "
    return chr(0x2400 + ord(sign)) if ord(sign) < 32 else "\ufffd"


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def _paint(text: str, style: str, colour: bool) -> str:
    return f"{_STYLES[style]}{text}{_STYLES['plain']}" if colour else text
