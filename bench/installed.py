"""Packages that a benchmark can do without."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def installed(name: str) -> ModuleType | None:
    """The package, loaded before any clock starts; None where it is missing."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
