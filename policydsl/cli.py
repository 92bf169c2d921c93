"""The front door: `policydsl COMMAND ...`.

Every module of `policydsl.commands` is a command of the same name. It is imported when it is
called, so that a quick command does not wait for the libraries of a slow one. Whatever happens
inside, the caller sees a message and an exit code: 0 done, 1 findings stopped or limited the work,
2 wrong usage, 3 the engine failed.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import sys

import click

from policydsl import __version__, commands
from policydsl.options import debugging

ENGINE_FAILED = 3


class EngineError(click.ClickException):
    """A mistake of the program, not of its user."""

    exit_code = ENGINE_FAILED

    def show(self, file: object = None) -> None:
        del file
        click.echo(f"internal error: {self.message}", err=True)
        click.echo("  help: please report it; --debug shows where it happened", err=True)


class FrontDoor(click.Group):
    """Finds commands by name and turns what goes wrong in them into messages."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name}")
        found: click.Command = module.command
        return found

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if debugging(ctx):
                raise
            raise _told(error) from error


def _told(error: Exception) -> click.ClickException:
    """What the user is told: a file that cannot be read or written is theirs to mend."""
    if isinstance(error, OSError) and error.filename is not None:
        return click.ClickException(f"{error.filename}: {error.strerror}")
    what = str(error).partition("\n")[0]
    return EngineError(f"{type(error).__name__}{f': {what}' if what else ''}")


@click.group(cls=FrontDoor, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Written investment policy becomes explained trades.

    \b
    Begin with
      policydsl init starter
    """


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
    cli(prog_name="policydsl")
