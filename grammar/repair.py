"""What the author may have meant: one word changed, or one added, such that the line reads on.

Every guess is tried on the grammar itself, so nothing is proposed that would not help.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from grammar.lines import Line
from grammar.reader import Stop, read
from grammar.vocabulary import keywords, proposals, sample

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

_SYNONYMS = {
    "no more than": "at most", "not more than": "at most", "up to": "at most",
    "maximum": "at most", "max": "at most", "or less": "at most",
    "no less than": "at least", "not less than": "at least", "minimum": "at least",
    "min": "at least", "more than": "above", "greater than": "above", "over": "above",
    "exceeds": "above", "less than": "below", "under": "below", "equals": "is",
    "equal to": "is", "isn't": "is not", "from": "between", "than": "of", "which": "where",
    "whose": "where", "with": "where", "if": "when", "unless": "except when",
    "across": "per", "accounts": "account", "percent": "%", "atleast": "at least",
    "atmost": "at most", "everything": "anything", "all": "anything", "any": "anything",
    "yearly": "each year", "annually": "each year", "every": "each", "greater": "larger",
    "lesser": "smaller", "lower": "smaller", "higher": "larger", "bigger": "larger",
    "inside": "within", "excluding": "except", "own": "hold", "purchase": "buy",
    "dispose": "sell",
}  # fmt: skip
"""Other people's words, each with the one of the language."""

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

    def said(self, start: int, end: int) -> str:
        """The words from `start` to `end`, counted from the stop, as one text."""
        return " ".join(word.text for word in self.words[max(0, self.at + start) : self.at + end])


@dataclass(frozen=True, slots=True)
class Change:
    """Words of a line that should be another word."""

    start: int
    end: int
    word: str


def stumble(line: Line, stop: Stop, thorough: bool = True) -> Stumble:
    """The words of a line around the place where the reading stopped."""
    words = tuple(Word(m.group(), m.start(), m.end()) for m in _WORD.finditer(line.text))
    at = next((i for i, word in enumerate(words) if word.end > stop.at), len(words))
    return Stumble(line, words, at, stop.accepts, thorough and len(line.text) <= _LONGEST)


def misspelled(it: Stumble) -> Change | None:
    """One word of the language in the place of one or some of the author's, near the stop."""
    if not it.thorough:
        return None
    better = None
    for change in _changes(it):
        reads = _reads(it, change.start, change.end, change.word)
        if reads == "all":
            return change
        if reads == "further" and better is None:
            better = change
    return better


def missing(it: Stumble) -> tuple[str, ...]:
    """The terminals one of which is missing at the stop: with it, the line reads on."""
    if not it.thorough or it.found is None:
        return ()
    at = it.found.start
    tried = {
        name: _reads(it, at, at, sample(name) + " ")
        for name in proposals(it.accepts, spare_comma=False)
    }
    whole = tuple(name for name, reads in tried.items() if reads == "all")
    return whole or tuple(name for name, reads in tried.items() if reads == "further")


def _changes(it: Stumble) -> Iterator[Change]:
    for first in range(it.at, max(0, it.at - 4), -1):
        for count in (3, 2, 1):
            some = it.words[first : first + count]
            if len(some) < count or first + count <= it.at - 4:
                continue
            said = " ".join(word.text for word in some)
            for word in _meant(said.lower(), count):
                if word != said:
                    yield Change(some[0].start, some[-1].end, word)


def _meant(said: str, count: int) -> list[str]:
    synonym = [_SYNONYMS[said]] if said in _SYNONYMS else []
    if count > 1 or len(said) > 20 or not said[0].isalpha():
        return synonym
    close = get_close_matches(said, keywords(), n=2, cutoff=0.66)
    return close + synonym


def _reads(it: Stumble, start: int, end: int, word: str) -> str:
    """Whether the line with that change reads to its end ("all"), further than before, or not."""
    text = it.line.text
    stop = read(text[:start] + word + text[end:])
    if not isinstance(stop, Stop):
        return "all"
    if it.found is None:
        return ""
    return "further" if stop.at >= it.found.end + len(word) - (end - start) else ""
