"""Text to tree for files of policy tests (`*.policytest`): a mistake costs one line here too."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from grammar import codes, trial
from grammar.diagnostics import Diagnostic, in_order
from grammar.lines import Line, cut
from grammar.parse import MOST_REPAIRS, part
from grammar.source import decode
from grammar.spans import Span
from grammar.words import FIRST_WORDS, TEST_LINES


def parse_tests(text: str, path: str) -> tuple[trial.TestFile, tuple[Diagnostic, ...]]:
    """The tree of a file of tests and every mistake in it, in order. Never raises."""
    lines, comments = cut(text, path)
    trials: list[trial.Trial] = []
    found: list[Diagnostic] = []
    lost = False
    unread = 0
    before = ""
    for line in lines:
        said, notes = _read(line, thorough=unread < MOST_REPAIRS)
        found += () if line.first in FIRST_WORDS and before in FIRST_WORDS else notes
        before = line.first
        unread += said is None
        if isinstance(said, trial.Trial):
            trials.append(said)
            lost = False
        elif line.first == "test":
            lost = True
        elif trials and not lost:
            trials[-1] = _with(trials[-1], line, said)
        elif said is not None and not lost:
            found.append(_outside(line))
    found += map(_empty, (one for one in trials if not one.lines and not one.flawed))
    end = lines[-1].span if lines else Span(path, 1, 1, 1, 1)
    span = Span(path, 1, 1, end.end_line, end.end_column)
    file = trial.TestFile(span=span, path=path, trials=tuple(trials), comments=comments)
    return file, in_order(found)


def parse_givens_bytes(
    data: bytes, path: str
) -> tuple[tuple[trial.Given, ...], tuple[Diagnostic, ...]]:
    """A file of nothing but `given` lines, which many tests begin from, and every mistake in it."""
    text, unreadable = decode(data, path)
    found: list[trial.Given] = []
    mistakes = [*unreadable]
    for line in cut(text, path)[0]:
        said, notes = _read(line, thorough=len(mistakes) < MOST_REPAIRS)
        mistakes += notes
        if isinstance(said, trial.Given):
            found.append(said)
        elif said is not None:
            mistakes.append(_only_given(line))
    return tuple(found), in_order(mistakes)


def parse_tests_bytes(data: bytes, path: str) -> tuple[trial.TestFile, tuple[Diagnostic, ...]]:
    """`parse_tests` of a file as it stands on disk."""
    text, unreadable = decode(data, path)
    file, mistakes = parse_tests(text, path)
    return file, in_order((*unreadable, *mistakes))


def _read(
    line: Line, thorough: bool
) -> tuple[trial.Trial | trial.Line | None, tuple[Diagnostic, ...]]:
    if line.first not in TEST_LINES:
        return None, (_unknown(line),)
    said, notes = part(line, thorough)
    return said if isinstance(said, trial.Trial | trial.Line) else None, notes


def _with(one: trial.Trial, line: Line, said: trial.Line | trial.Trial | None) -> trial.Trial:
    span = one.span.through(line.span)
    if said is None or isinstance(said, trial.Trial):
        return replace(one, flawed=True, span=span)
    return replace(one, lines=(*one.lines, said), span=span)


def _unknown(line: Line) -> Diagnostic:
    start = line.span.column - 1
    said = (line.text[start:].split() or [""])[0][:40]
    span = line.place(start, start + len(said))
    if line.first in FIRST_WORDS:
        return codes.WRONG_PLACE.at(
            span,
            f"`{said}` stands in a file of tests",
            label="a line of policy",
            help="keep policy in a file ending in `.policy`; `given policy` names one",
        )
    near = get_close_matches(line.first.lower()[:20], TEST_LINES, n=1, cutoff=0.7)
    return codes.UNKNOWN_LINE.at(
        span,
        f"no line of a test begins with `{said}`",
        label="begins no line of a test",
        help=f"did you mean `{near[0]}`?"
        if near
        else "a line begins with `test`, `for each`, `given` or `expect`",
    )


def _outside(line: Line) -> Diagnostic:
    return codes.WRONG_PLACE.at(
        line.span,
        f"`{line.first}` stands in no test",
        label="which test is this?",
        help='put `test "..."` on the line above',
    )


def _only_given(line: Line) -> Diagnostic:
    return codes.WRONG_PLACE.at(
        line.span,
        f"`{line.first}` stands in a file that tests begin from",
        label="not a line of what is given",
        help="keep tests in a file of their own, ending in `.policytest`",
    )


def _empty(one: trial.Trial) -> Diagnostic:
    return codes.EMPTY_RULE.at(
        one.head,
        f'test "{one.title.value[:60]}" says nothing',
        label="no line follows that begins with `given` or `expect`",
        help='say what is expected, such as `expect never buy "ABC"`, or delete it',
    )
