"""Orders in which lots are sold."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from portfolio.tax.selection import Method, Offer, in_order

PRICE = 95
LOTS = {
    "A": ("2019-05-06", 50, True),
    "B": ("2023-08-14", 90, True),
    "C": ("2024-02-12", 110, True),
    "D": ("2024-11-18", 120, False),
    "E": ("2025-02-10", 100, False),
    "F": ("2025-02-10", 100, False),
    "G": ("2025-04-21", 80, False),
    "H": ("2024-09-09", 95, False),
    "I": ("2022-03-14", 95, True),
}


def offer(name: str) -> Offer:
    acquired, cost, long = LOTS[name]
    place = list(LOTS).index(name)
    return Offer(date.fromisoformat(acquired), place, Fraction(cost), Fraction(PRICE - cost), long)


@pytest.mark.parametrize(
    ("method", "order"),
    [
        (Method.FIFO, "AIBCHDEFG"),
        (Method.AVERAGE, "AIBCHDEFG"),
        (Method.LIFO, "GFEDHCBIA"),
        (Method.HIGHEST_COST, "DCEFIHBGA"),
        (Method.LOWEST_COST, "AGBIHEFCD"),
        (Method.MINIMUM_TAX, "DEFCHIBAG"),
        (Method.LOWEST_TAX, "DCEFIHBGA"),
        (Method.MOST_SHORT_LOSS, "DEFCIHBAG"),
        (Method.MOST_LONG_LOSS, "CDEFIHGBA"),
        (Method.MOST_SHORT_GAIN, "GABIHCEFD"),
        (Method.MOST_LONG_GAIN, "ABGIHEFDC"),
    ],
)
def test_the_order_of_a_method(method: Method, order: str) -> None:
    assert "".join(in_order(LOTS, offer, method)) == order


def test_every_method_has_an_order() -> None:
    for method in Method:
        assert sorted(in_order(LOTS, offer, method)) == sorted(LOTS)
