"""Which policy set a command works with."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

DEFAULT = Path("policies")


def shipped() -> Path:
    """The folder of the house policies that come with the program."""
    return Path(str(files("policies")))


def policies_folder(named: Path | None) -> Path:
    """The folder the user named; without one, `policies` here, or else the shipped set.

    `policies` also means the shipped set where the working directory has no such folder.
    """
    folder = DEFAULT if named is None else named
    if folder == DEFAULT and not folder.exists():
        return shipped()
    return folder


def policies_there(named: Path | None) -> Path:
    """As `policies_folder`, for commands that make nothing of policies that are not there."""
    folder = policies_folder(named)
    if not folder.is_dir():
        raise click.UsageError(f"there is no folder {folder}: name one with --policies")
    return folder
