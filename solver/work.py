"""What a solve costs, counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Work:
    """What was counted, so that a budget never depends on a clock; seconds are only reported."""

    quadratic: int = 0
    linear: int = 0
    nodes: int = 0
    iterations: int = 0
    seconds: float = 0.0
