"""Look-through: a fund is what it holds.

`constituents` maps a fund to its holdings (fractions of the fund, at most 1 in all; what is
missing is not seen through). A fund's tracking error against its own basket is zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from portfolio.models import flatten

Constituents = Mapping[str, Mapping[str, Decimal]]


def flatten_funds(constituents: Constituents) -> dict[str, dict[str, Decimal]]:
    """Funds of funds resolved: every fund as fractions of securities that are no such funds.

    Raises ValueError where funds contain each other.
    """
    return flatten(constituents)


def look_through(weights: Mapping[str, Decimal], constituents: Constituents) -> dict[str, Decimal]:
    """Weights (any unit: fractions or dollars) with every fund replaced by what it holds.

    `constituents` is flat, as `Household.constituents` is. Only the seen-through part of a fund
    appears in the result.
    """
    seen: dict[str, Decimal] = {}
    for security, weight in weights.items():
        for inside, share in constituents.get(security, {security: Decimal(1)}).items():
            seen[inside] = seen.get(inside, Decimal(0)) + weight * share
    return seen
