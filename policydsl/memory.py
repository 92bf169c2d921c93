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


def free_cycles() -> None:
    """Free what was made lately and is held by nothing but itself: models are full of cycles. Where
    the collector is off, once a household: left to itself it walks a model again and again while it
    is built, and takes four times as long."""
    gc.collect(1)
