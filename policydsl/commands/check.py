"""`policydsl check`: every mistake of a policy set in one run."""

from __future__ import annotations

import importlib
from datetime import date
from pathlib import Path
from typing import Any

import click

from policydsl import options, output
from policydsl.memory import collector_off
from policydsl.policies import policies_folder
from policydsl.remembered import Answer, remembered


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@options.policies
@options.book(required=False)
@options.as_of
@options.strict
@click.option("--no-cache", is_flag=True, help="Check anew what has not changed since last time.")
@options.common("sarif")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    policies: Path | None,
    book_folder: Path | None,
    as_of: date | None,
    strict: bool,
    no_cache: bool,
    form: str,
) -> None:
    """Check policies: parse, resolve names, check meanings, merge layers.

    PATH is a policy set's folder, or a file of one; of a file, what is found in it is shown. With a
    book, its columns and securities are the ones that policies may name. With a day, or the book's,
    what does not hold on it is said.

    \b
    Examples
      policydsl check
      policydsl check policies --book book
      policydsl check policies/ipc/core.policy --format json
    """
    if paths and policies is not None:
        raise click.UsageError("name the policies once: as PATH, or by --policies")
    asked = paths or (policies_folder(policies),)
    if book_folder is None and as_of is None and not no_cache:
        how = ("check", form, strict, output.colour())
        said = remembered(asked, how, lambda: _checked(asked, None, None, form, strict))
    else:
        said = _checked(asked, book_folder, as_of, form, strict)
    output.result(said.text)
    ctx.exit(said.exit_code)


def _checked(*asked: Any) -> Answer:
    """The answer of `policydsl.checking`, which takes its time to load."""
    checking = importlib.import_module("policydsl.checking")
    with collector_off():
        said: Answer = checking.answer(*asked)
    return said
