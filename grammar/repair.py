"""What the author may have meant: one word changed, added or taken out, so that the line reads on.

Every guess is tried on the grammar itself, so nothing is proposed that would not help.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from grammar.reader import reached
from grammar.stumble import Stumble, Word
from grammar.vocabulary import keywords, proposals, sample
from grammar.words import FILLERS, SYNONYMS


@dataclass(frozen=True, slots=True)
class Change:
    """Words of a line that should be another word."""

    start: int
    end: int
    word: str


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


def surplus(it: Stumble) -> Word | None:
    """A word at the stop, or before it, without which the whole line reads."""
    if not it.thorough or it.found is None or it.before is None:
        return None
    for word in (it.before, it.found):
        needless = word.text in FILLERS or word is it.found
        if needless and _reads(it, word.start, word.end, "") == "all":
            return word
    return None


def _changes(it: Stumble) -> Iterator[Change]:
    """Longer phrases first: `no more than` must not be taken for `more than`."""
    for count in (3, 2, 1):
        for first in range(it.at, max(0, it.at - 4), -1):
            some = it.words[first : first + count]
            if len(some) < count or first + count <= it.at - 4:
                continue
            said = " ".join(word.text for word in some)
            for word in _meant(said.lower(), count):
                if word != said:
                    yield Change(some[0].start, some[-1].end, word)


def _meant(said: str, count: int) -> list[str]:
    synonym = SYNONYMS[said].split("|") if said in SYNONYMS else []
    if count > 1 or len(said) > 20 or not said[0].isalpha():
        return synonym
    close = get_close_matches(said, keywords(), n=2, cutoff=0.66)
    return close + synonym


def _reads(it: Stumble, start: int, end: int, word: str) -> str:
    """Whether the line with that change reads to its end ("all"), further than before, or not."""
    text = it.line.text
    at = reached(text[:start] + word + text[end:])
    if at is None:
        return "all"
    if it.found is None:
        return ""
    return "further" if at >= it.found.end + len(word) - (end - start) else ""
