"""Ranges of numbers that limits and settings state, and how two of them meet.

An end is an `Amount` (dollars once a household is known), a Decimal, or None where it is open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from compiler.amounts import Amount

End = Amount | Decimal | None
Comparable = tuple[str, Decimal]
Measure = Callable[[Amount | Decimal], Comparable | None]


@dataclass(frozen=True, slots=True)
class Range:
    """`low` to `high`, both included; None is open."""

    low: End = None
    high: End = None


def stated(end: Amount | Decimal) -> Comparable | None:
    """What an end is worth without a household: None where that depends on one."""
    return end.constant if isinstance(end, Amount) else ("", end)


def below(left: End, right: End, measure: Measure) -> bool | None:
    """Whether `left` < `right`; None where an end is open or the two cannot be compared."""
    if left is None or right is None:
        return None
    a, b = measure(left), measure(right)
    if a is None or b is None or a[0] != b[0]:
        return None
    return a[1] < b[1]


def apart(a: Range, b: Range, measure: Measure) -> bool:
    """Whether no number is in both, as far as can be told."""
    return below(a.high, b.low, measure) is True or below(b.high, a.low, measure) is True


def upside_down(a: Range, measure: Measure) -> bool:
    """Whether the lower end is above the upper one."""
    return below(a.high, a.low, measure) is True


def outside(value: Range, boundary: Range, measure: Measure) -> bool:
    """Whether a chosen value leaves a boundary.

    Every number it states has to lie inside, so `at least $2,000` is outside $50 to $1,000.
    """
    return any(
        below(end, boundary.low, measure) is True or below(boundary.high, end, measure) is True
        for end in (value.low, value.high)
    )


def opened(value: Range, replaced: Range, boundary: Range) -> bool:
    """Whether a value leaves open an end that both the default and the boundary close."""
    low = value.low is None and replaced.low is not None and boundary.low is not None
    high = value.high is None and replaced.high is not None and boundary.high is not None
    return low or high
