"""A text cut into logical lines: the unit in which policy is read and a mistake is contained.

A line runs on after a comma, inside brackets, or when the next row starts with `and` or `or`.
Inside an open bracket or after a comma, a row that plainly begins another line ends this one all
the same, so that a forgotten bracket costs one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import shorten

from grammar import codes
from grammar.diagnostics import Diagnostic
from grammar.spans import Span, rows
from grammar.tree import Comment
from grammar.words import FIRST_WORDS, TESTS

MAX_DEPTH = 32
"""How deep brackets, and words such as `not`, may nest."""

_GOES_ON = re.compile(r"\s*(?:and|or)(?![\w.-])")
_BEGINS = re.compile(
    rf"\s*(?:{'|'.join((*FIRST_WORDS, *TESTS))})(?![\w.-])\s+(?=\S)"
    r"(?!(?:is|at|in|not|above|below|before|after|on|between|and|or|where)\b|[,)=<>!≤≥≠])"
)
_MARK = re.compile(r'["“”„#()]')
_FIRST_WORD = re.compile(r"\s*([^\W\d][\w'’]*(?:[-.]\w+)*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line.

    `text` is what the grammar reads: it begins at column 1 of row `row` and keeps every character
    in its column, with comments and a final `:` blanked and quotation marks made straight.
    """

    path: str
    row: int
    text: str
    first: str
    """The first word, or "" where the line begins with something else."""
    span: Span
    problems: tuple[Diagnostic, ...]
    """What is wrong with quotes and brackets; such a line is not worth parsing."""

    def place(self, start: int, end: int) -> Span:
        """The span of `text[start:end]`."""
        if self.row == self.span.end_line:
            return Span(self.path, self.row, start + 1, self.row, end + 1)
        return Span(self.path, *self._position(start), *self._position(end))

    def words(self, span: Span) -> str:
        """What stands at a place of this line, on one row, and shortened if it is long."""
        rows = self.text.split("\n")[span.line - self.row : span.end_line - self.row + 1]
        rows[-1] = rows[-1][: span.end_column - 1]
        rows[0] = rows[0][span.column - 1 :]
        return shorten(" ".join(rows), 50, placeholder=" ...")

    def _position(self, offset: int) -> tuple[int, int]:
        return self.row + self.text.count("\n", 0, offset), offset - self.text.rfind(
            "\n", 0, offset
        )


def begins_another(row: str) -> bool:
    """Whether a row plainly begins another line, even where the one above seems to run on."""
    return _BEGINS.match(row) is not None


def cut(text: str, path: str) -> tuple[tuple[Line, ...], tuple[Comment, ...]]:
    """The logical lines of a text, and its comments."""
    scanned = [_scan(row, number, path) for number, row in enumerate(rows(text), start=1)]
    lines = tuple(_line(group, path) for group in _groups(scanned))
    return lines, tuple(row.comment for row in scanned if row.comment is not None)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    masked: str
    comment: Comment | None = None
    brackets: tuple[tuple[int, str], ...] = ()
    open_quote: int | None = None

    @property
    def blank(self) -> bool:
        return not self.masked.strip()


def _scan(row: str, number: int, path: str) -> _Row:
    """Find the quotes, brackets and comment of a row, and make its quotation marks straight."""
    brackets: list[tuple[int, str]] = []
    marks: list[int] = []
    at = 0
    while (mark := _MARK.search(row, at)) is not None:
        start, sign = mark.start(), mark.group()
        at = mark.end()
        if sign == "#":
            body = row[at:].rstrip()
            span = Span(path, number, start + 1, number, len(row) + 1)
            comment = Comment(span=span, text=body, own_line=not row[:start].strip())
            masked = _straight(row[:start], marks)
            return _Row(number, masked, comment, tuple(brackets))
        if sign in "()":
            brackets.append((start, sign))
            continue
        close = _closing(row, at, sign)
        if close < 0:
            return _Row(number, _straight(row, [*marks, start]), None, tuple(brackets), start)
        marks += start, close
        at = close + 1
    return _Row(number, _straight(row, marks), None, tuple(brackets))


def _closing(row: str, start: int, opening: str) -> int:
    """Where the quotation mark that closes stands, or -1.

    A straight one is closed by a straight one if there is any, so that it can hold curly ones.
    """
    straight = row.find('"', start)
    curly = min((at for at in map(row.find, "”“", (start, start)) if at >= 0), default=-1)
    if opening == '"':
        return straight if straight >= 0 else curly
    return min((at for at in (straight, curly) if at >= 0), default=-1)


def _straight(row: str, marks: list[int]) -> str:
    if not marks:
        return row
    signs = list(row)
    for at in marks:
        signs[at] = '"'
    return "".join(signs)


@dataclass(slots=True)
class _Group:
    """The rows of one line as they are gathered, with the brackets still open."""

    rows: list[_Row]
    open: list[tuple[_Row, int]] = field(default_factory=list)
    stray: tuple[_Row, int] | None = None
    deep: tuple[_Row, int] | None = None

    def add(self, row: _Row) -> None:
        self.rows.append(row)
        for at, sign in row.brackets:
            if sign == "(":
                self.open.append((row, at))
                if len(self.open) > MAX_DEPTH and self.deep is None:
                    self.deep = (row, at)
            elif self.open:
                self.open.pop()
            elif self.stray is None:
                self.stray = (row, at)

    def takes(self, row: _Row) -> bool:
        """Whether the line runs on into `row`, the next one that is not blank."""
        if _GOES_ON.match(row.masked):
            return True
        if self.open or self.rows[-1].masked.rstrip().endswith(","):
            return not begins_another(row.masked)
        return False


def _groups(scanned: list[_Row]) -> Iterator[_Group]:
    group: _Group | None = None
    for row in scanned:
        if row.blank:
            continue
        if group is None or not group.takes(row):
            if group is not None:
                yield group
            group = _Group([])
        group.add(row)
    if group is not None:
        yield group


def _line(group: _Group, path: str) -> Line:
    first, last = group.rows[0], group.rows[-1]
    masked = {row.number: row.masked for row in group.rows}
    text = "\n".join(masked.get(number, "") for number in range(first.number, last.number + 1))
    text = text.rstrip()
    if text.endswith(":") and text != ":":
        text = text[:-1].rstrip()
    start = len(first.masked) - len(first.masked.lstrip())
    end_row = first.number + text.count("\n")
    span = Span(path, first.number, start + 1, end_row, len(text) - text.rfind("\n"))
    word = _FIRST_WORD.match(text)
    return Line(
        path, first.number, text, word.group(1) if word else "", span, tuple(_problems(group, path))
    )


def _problems(group: _Group, path: str) -> Iterator[Diagnostic]:
    for row in group.rows:
        if row.open_quote is not None:
            end = len(row.masked.rstrip())
            yield codes.OPEN_QUOTE.at(
                Span(path, row.number, row.open_quote + 1, row.number, end + 1),
                "a quote is not closed",
                label="opened here",
                help='put `"` where the quoted words end; they must end on the same line',
            )
            return
    if group.deep is not None:
        yield codes.TOO_DEEP.at(
            _sign(group.deep, path),
            f"brackets are nested more than {MAX_DEPTH} deep",
            label="one bracket too many",
            help="give parts of it a name with `define`",
        )
    elif group.stray is not None:
        yield codes.STRAY_BRACKET.at(
            _sign(group.stray, path),
            "this bracket closes nothing",
            label="no bracket is open here",
            help="take it out, or open one before it",
        )
    elif group.open:
        yield codes.OPEN_BRACKET.at(
            _sign(group.open[-1], path),
            "a bracket is not closed",
            label="opened here",
            help="put `)` where the bracket ends",
        )


def _sign(place: tuple[_Row, int], path: str) -> Span:
    row, at = place
    return Span(path, row.number, at + 1, row.number, at + 2)
