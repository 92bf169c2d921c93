"""A line that cannot be read, seen as words around the place where the reading stopped."""

from __future__ import annotations

import re
from dataclasses import dataclass

from grammar.diagnostics import Code, Diagnostic
from grammar.lines import Line
from grammar.reader import Stop
from grammar.spans import Span
from grammar.vocabulary import EXAMPLES

_WORD = re.compile(
    r"""
    "[^"\n]*"
    | [-−]?\$?\d(?:[\d,./-]*\d)?[^\W\d]*%?
    | [^\W\d][\w'’]*(?:[-.]\w+)*
    | [<>=!]+
    | \S
    """,
    re.VERBOSE,
)

_LONGEST = 2000
"""Characters of a line beyond which no repair is tried."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or sign of a line, by its offsets."""

    text: str
    start: int
    end: int

    @property
    def shown(self) -> str:
        """The word for a message: not longer than people write words."""
        return self.text if len(self.text) <= 40 else f"{self.text[:37]}..."


@dataclass(frozen=True, slots=True)
class Stumble:
    """A line, its words, and the index of the word at which the reading stopped.

    `at` is `len(words)` where the line ended too soon. `thorough`: repairs may be tried.
    """

    line: Line
    words: tuple[Word, ...]
    at: int
    accepts: frozenset[str]
    thorough: bool

    @property
    def found(self) -> Word | None:
        """The word at which the reading stopped."""
        return self.words[self.at] if self.at < len(self.words) else None

    @property
    def before(self) -> Word | None:
        """The last word that was read."""
        return self.words[self.at - 1] if self.at > 0 else None

    @property
    def example(self) -> str:
        """A right line of the same kind, as help."""
        return f"such a line reads `{EXAMPLES[self.line.first]}`"

    def span(self, word: Word | None) -> Span:
        """The place of a word, or just behind the line."""
        if word is not None:
            return self.line.place(word.start, word.end)
        end = self.line.span
        return Span(end.path, end.end_line, end.end_column, end.end_line, end.end_column + 1)

    def at_word(
        self, code: Code, message: str, label: str, help: str, *, word: Word | None = None
    ) -> Diagnostic:
        """A diagnostic at a word, at the one where the reading stopped if none is given."""
        return code.at(self.span(word or self.found), message, label=label, help=help)

    def said(self, start: int, end: int) -> str:
        """The words from `start` to `end`, counted from the stop, as one text."""
        return " ".join(word.text for word in self.words[max(0, self.at + start) : self.at + end])


def stumble(line: Line, stop: Stop, thorough: bool = True) -> Stumble:
    """The words of a line around the place where the reading stopped."""
    words = tuple(Word(m.group(), m.start(), m.end()) for m in _WORD.finditer(line.text))
    at = next((i for i, word in enumerate(words) if word.end > stop.at), len(words))
    return Stumble(line, words, at, stop.accepts, thorough and len(line.text) <= _LONGEST)
