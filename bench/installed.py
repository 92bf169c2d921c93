"""Packages that a benchmark can do without."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import TypeVar

Peer = TypeVar("Peer")
Needs = tuple[ModuleType | None, ...]


def installed(name: str) -> ModuleType | None:
    """The package, loaded before any clock starts; None where it is missing. What it warns of in
    loading is its makers' to read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def with_packages(peers: Mapping[str, tuple[Peer, Needs]]) -> dict[str, Peer]:
    """The peers of which every package is there."""
    return {name: peer for name, (peer, needs) in peers.items() if None not in needs}
