"""Python's collector of cycles, kept from walking what a command keeps to its end.

Trees, typed policies and books hold no cycles and live as long as the command. The collector would
walk them again and again: a third of the time of checking a large policy set, and a tenth of a
second of every household that is solved.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_off() -> Iterator[None]:
    """Without the collector, which is then as it was."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def collector_past_inputs() -> Iterator[None]:
    """The collector left to what is made from here on: models are full of cycles, and are collected
    as ever."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
