"""Where words go: results to stdout, everything else to stderr, colour only on a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

from grammar.diagnostics import Diagnostic, Severity, render_text
from portfolio.findings import render_findings

if TYPE_CHECKING:
    from portfolio.book import Book


def colour() -> bool:
    """Whether results may be coloured: stdout is a terminal, and NO_COLOR is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def interactive() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def result(text: str) -> None:
    """A result for people."""
    click.echo(text, nl=not text.endswith("\n"), color=colour())


def result_json(value: object) -> None:
    """A result for programs: one JSON document."""
    click.echo(json.dumps(value, indent=2))


def note(text: str) -> None:
    """What is no result: progress, advice."""
    click.echo(text, err=True)


def end_where_stopped(ctx: click.Context, book: Book) -> None:
    """Ends the command with 1 where a book cannot be worked with, and says what stops it."""
    if book.stopped:
        note(render_findings(each for each in book.findings if each.stops))
        ctx.exit(1)


def diagnostics_text(found: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Diagnostics as they are shown, a blank line between them."""
    return render_text(found, sources, colour())


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`, `3 households`, `2 policies`."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {plural}"


def tally(found: Iterable[Diagnostic]) -> tuple[int, int]:
    """How many errors, how many warnings."""
    severities = [each.severity for each in found]
    return severities.count(Severity.ERROR), severities.count(Severity.WARNING)
