"""Text to tree: the lines of a file, read one by one, become its header and statements.

A line that cannot be read costs that line. A block (`rule`, `default`, `set`) ends where the next
statement begins; what cannot be read in it marks the block as `flawed`, so that later stages do not
act on half a rule.
"""

from __future__ import annotations

from grammar.assemble import Assembly
from grammar.build import Part, build
from grammar.diagnostics import Diagnostic, Severity, in_order
from grammar.lines import Line, cut
from grammar.nesting import may_be_deep, too_deep
from grammar.openings import guess
from grammar.reader import stop
from grammar.slips import explain
from grammar.source import decode
from grammar.tree import PolicyFile
from grammar.words import FIRST_WORDS

MOST_REPAIRS = 100
"""Lines of one file for which repairs are tried: each takes many readings of the line."""


def parse(text: str, path: str) -> tuple[PolicyFile, tuple[Diagnostic, ...]]:
    """The tree of a policy file and every mistake in it, in order. Never raises.

    `path` is the name under which spans and diagnostics speak of the file.
    """
    lines, comments = cut(text, path)
    assembly = Assembly(path)
    unread = 0
    for line in lines:
        if line.first in FIRST_WORDS:
            said, notes = part(line, thorough=unread < MOST_REPAIRS)
            unread += said is None
            assembly.add(line, said, notes)
        else:
            assembly.add_unknown(line, guess(line))
    file, misplaced = assembly.finish(comments)
    return file, in_order(misplaced)


def parse_bytes(data: bytes, path: str) -> tuple[PolicyFile, tuple[Diagnostic, ...]]:
    """`parse` of a file as it stands on disk; bytes that are not UTF-8 text are a diagnostic."""
    text, unreadable = decode(data, path)
    file, mistakes = parse(text, path)
    return file, in_order((*unreadable, *mistakes))


def part(line: Line, thorough: bool) -> tuple[Part | None, tuple[Diagnostic, ...]]:
    """What a line says, or None if it holds an error, and what is to be said about it.

    Without `thorough` no repairs are tried, which takes many readings of the line.
    """
    if line.problems:
        return None, line.problems
    built = build(line)
    if built is None:
        stopped = stop(line.text)
        assert stopped is not None, "the loop and Lark read by one table"
        return None, (explain(line, stopped, thorough),)
    said, notes = built
    deep = too_deep(said) if may_be_deep(line.text) else None
    if deep is not None:
        notes = (*notes, deep)
    wrong = any(note.severity is Severity.ERROR for note in notes)
    return None if wrong else said, notes
