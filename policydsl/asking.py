"""Answers from options, and on a terminal from whoever sits there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import click

from policydsl import output
from policydsl.answers import Answer, AnswerError, day, text
from policydsl.templates import Template

Read = Callable[[str], Answer]


def answers(
    template: Template, given: Mapping[str, str | None], today: date | None
) -> dict[str, Answer]:
    """Every answer, given or asked for: the template's questions, then why, who and when.

    `given` has what the options say, by the names of questions, `why`, `by`, `from`, `until` and
    `as_of`; `today` stands for the last of these where it is not given.
    """
    found: dict[str, Answer] = {}
    for question in template.questions:
        typed = given[question.name]
        if typed is None and question.optional:
            typed = offered(question.asks)
        if typed is None and question.optional:
            continue
        flag = "--" + question.name.replace("_", "-")
        found[question.name] = taken_or_asked(
            question.answer, typed, question.asks, flag, question.default
        )
    found["why"] = taken_or_asked(text, given["why"], "Why?", "--why")
    found["by"] = taken_or_asked(text, given["by"], "Who decided it?", "--by")
    stated = None if today is None else today.isoformat()
    now = taken_or_asked(day, given["as_of"] or stated, "What day is it?", "--as-of")
    found["from"] = now if given["from"] is None else taken(day, given["from"], "--from")
    if found["from"] != now:
        found["why"] = text(f"{found['why'].bare}; asked for on {now.bare}")
    if template.ends or given["until"] is not None:
        asks = "The last day, that day included?"
        found["until"] = taken_or_asked(day, given["until"], asks, "--until")
    return found


def taken(read: Read, typed: str, flag: str) -> Answer:
    """The answer that an option gives."""
    try:
        return read(typed)
    except AnswerError as refused:
        raise click.UsageError(f"{flag} {typed!r}: {refused}") from None


def taken_or_asked(
    read: Read, typed: str | None, asks: str, flag: str, default: str | None = None
) -> Answer:
    """The answer of an option; without one asked for on a terminal, and else the default."""
    if typed is not None:
        return taken(read, typed, flag)
    if output.interactive():
        return _prompted(read, asks, default)
    if default is None:
        raise click.UsageError(f"{flag} is missing: {asks}")
    return taken(read, default, flag)


def _prompted(read: Read, asks: str, default: str | None) -> Answer:
    def checked(typed: str) -> Answer:
        try:
            return read(typed)
        except AnswerError as refused:
            raise click.UsageError(str(refused)) from None

    found: Answer = click.prompt(asks, default=default, value_proc=checked, err=True)
    return found


def offered(asks: str) -> str | None:
    """What is typed at a question that need not be answered; None for nothing."""
    if not output.interactive():
        return None
    typed: str = click.prompt(
        f"{asks} (Enter to leave it out)", default="", show_default=False, err=True
    )
    return typed.strip() or None
