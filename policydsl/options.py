"""Options that many commands share, said once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_DEBUG = "policydsl.debug"


def day(text: str | date) -> date:
    """A calendar day written as `2026-06-15`."""
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day like 2026-06-15") from None


def debugging(ctx: click.Context) -> bool:
    """Whether --debug was given to the command."""
    return bool(ctx.meta.get(_DEBUG))


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    ctx.meta[_DEBUG] = value


def debug(command: Command) -> Command:
    """`--debug`, which every command has."""
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_debug,
        help="Show where an internal error happened.",
    )(command)


def common(*formats: str) -> Callable[[Command], Command]:
    """`--format` (text, json and `formats`) and `--debug`, which every command has."""

    def decorate(command: Command) -> Command:
        return click.option(
            "--format",
            "form",
            type=click.Choice(["text", "json", *formats]),
            default="text",
            show_default=True,
            help="For people, or for programs.",
        )(debug(command))

    return decorate


policies = click.option(
    "--policies",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The policy set. Default: `policies` here, else the house policies that are shipped.",
)

as_of = click.option(
    "--as-of",
    type=day,
    metavar="DATE",
    help="The day to work for. Default: the book's own as-of date.",
)

as_of_where_not_given = click.option(
    "--as-of",
    type=day,
    metavar="DATE",
    help="The day of tests that do not say `given today is`. Default: the policy set's.",
)

strict = click.option("--strict", is_flag=True, help="Let warnings fail the command too.")

processes = click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Solve households in so many processes. What comes out is the same.",
)


def book(*, required: bool) -> Callable[[Command], Command]:
    """`--book DIR`."""
    return click.option(
        "--book",
        "book_folder",
        type=click.Path(path_type=Path),
        metavar="DIR",
        required=required,
        help="The book: a folder of tables.",
    )
