"""The least turn of a dial that will do, found by questions alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from compiler.directives.base import Dial
from solver.conflict import ROOM

NEAR = Decimal("0.02")
"""The part of a turn by which it may be more than the least that will do."""
FARTHEST, FARTHEST_PART = 16**6, 16**4
"""Steps, of things counted one by one and of parts of one."""
SECANTS, MOST_TRIES = 8, 24


@dataclass(frozen=True, slots=True)
class Turn:
    """`by` will do, and `not_enough` will not; both in the dial's own unit."""

    by: Decimal
    not_enough: Decimal


def least_turn(dial: Dial, size: Decimal | None, left: Callable[[Decimal], float]) -> Turn | None:
    """The least turn after which nothing is `left` (bp), to a step of the dial or one part in
    fifty; None where no turn will do.

    What is left falls along a convex curve where nothing is whole, so that the line through two
    points never leads too far.
    """
    far = dial.step * (FARTHEST if dial.step >= 1 else FARTHEST_PART)
    to_zero = size is not None and size * dial.looser < 0
    high = min(far, abs(size)) if to_zero and size is not None else far
    if left(high) > ROOM:
        return None
    low, tries = Decimal(0), [(Decimal(0), left(Decimal(0)))]
    by, did = stepped(high / 4096, dial.step), False
    for number in range(MOST_TRIES):
        near = max(dial.step, NEAR * high)
        if high - low <= near:
            break
        by = min(max(by, low + dial.step), high - dial.step)
        found = left(by)
        if found > ROOM:
            low, did = by, False
            tries.append((by, found))
            by = _crossing(tries, dial.step, high) if number < SECANTS else _middle(low, high, dial)
        elif len(tries) == 1:
            high, by = by, stepped(by / 64, dial.step)
        else:
            # The line leads to the least there is, or not even near it.
            high = by
            by = _middle(low, high, dial) if did else high - stepped(NEAR * high / 2, dial.step)
            did = True
    return Turn(high, low)


def _middle(low: Decimal, high: Decimal, dial: Dial) -> Decimal:
    return stepped((low + high) / 2, dial.step)


def _crossing(tries: list[tuple[Decimal, float]], step: Decimal, high: Decimal) -> Decimal:
    """Where the line through the last two points meets nothing left; half way if it never does."""
    (a, before), (b, after) = tries[-2:]
    if not after < before < float("inf"):
        return stepped((b + high) / 2, step)
    return stepped(b + (b - a) * Decimal(after / (before - after)), step)


def stepped(value: Decimal, step: Decimal) -> Decimal:
    """The value, rounded up to whole steps."""
    return (value / step).to_integral_value(ROUND_CEILING) * step
