"""Lines that begin with no word of the language, and what they were probably meant to be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from grammar import codes
from grammar.diagnostics import Diagnostic
from grammar.lines import Line
from grammar.reader import reached
from grammar.spans import Span
from grammar.words import FIRST_WORDS, OTHER_WORDS, TESTS


@dataclass(frozen=True, slots=True)
class Guess:
    """What to say of such a line, and the first word that was probably meant."""

    diagnostic: Diagnostic
    word: str | None = None
    left_out: bool = False
    """Whether the first word is missing rather than misspelled."""


_FIRST = re.compile(r"""[^\W\d][\w'’.-]{0,40}|"[^"]{0,40}"|\S""")


_BULLET = re.compile(rf"([-*•–]|\d+[.)])\s*(?:{'|'.join(FIRST_WORDS)})\b")


def guess(line: Line) -> Guess:
    """Why a line begins no line of the language, and what it was meant to be."""
    begin = line.span.column - 1
    first = _FIRST.match(line.text, begin)
    said = first.group() if first else ""
    span = line.place(begin, begin + len(said))
    if line.first in TESTS:
        message = f"`{said}` stands in a file of policy"
        help = "keep tests in a file of their own, ending in `.policytest`"
        return Guess(codes.WRONG_PLACE.at(span, message, label="a line of a test", help=help))
    if line.first.lower() in OTHER_WORDS:
        return Guess(_unknown(span, said, OTHER_WORDS[line.first.lower()]))
    for word in get_close_matches(line.first.lower()[:20], FIRST_WORDS, n=1, cutoff=0.7):
        return Guess(_unknown(span, said, f"did you mean `{word}`?"), word)
    bullet = _BULLET.match(line.text, begin)
    if bullet is not None:
        return Guess(_unknown(span, said, f"take out `{bullet.group(1)}`: lines need no bullet"))
    left_out = _left_out(line)
    if left_out is not None:
        message = f"`{left_out}` is missing before `{said}`"
        help = f"begin the line with `{left_out}`"
        label = "begins no line of the language"
        return Guess(codes.WORD_MISSING.at(span, message, label=label, help=help), left_out, True)
    return Guess(
        _unknown(span, said, "a line begins with a word such as `rule`, `never` or `keep`")
    )


def _unknown(span: Span, said: str, help: str) -> Diagnostic:
    shown = said if said.isprintable() else f"U+{ord(said[0]):04X}"
    return codes.UNKNOWN_LINE.at(
        span, f"no line begins with `{shown}`", label="begins no line of the language", help=help
    )


_LEFT_OUT = (
    ("because", re.compile(r'\s*"')),
    ("from", re.compile(r"\s*\d{4}-")),
    ("use", re.compile(r"\s*(model|risk|horizon|discount|deferral|step-up|trading)\b")),
    ("rule", re.compile(r'\s*[\w.-]+\s+"')),
    ("prevent", re.compile(r".* across ")),
    ("keep", re.compile(r"")),
    ("allow", re.compile(r"")),
    ("missing", re.compile(r"")),
    ("existing", re.compile(r"")),
    ("set", re.compile(r"")),
    ("define", re.compile(r"")),
    ("when", re.compile(r".* (is|in|at|above|below|before|after|between)\b")),
)
"""First words that may have been left out, each where the rest of the line looks like it."""


def _left_out(line: Line) -> str | None:
    if line.problems or len(line.text) > 2000:
        return None
    fits = (word for word, look in _LEFT_OUT if look.match(line.text))
    return next((word for word in fits if reached(f"{word} {line.text}") is None), None)
