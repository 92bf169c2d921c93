"""Invented closes: walks by the factor model of a book, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import numpy as np

from portfolio.book import Book
from tests.simulation.custodian import Row

Closes = dict[date, dict[str, Decimal]]
SESSIONS = 252
DRIFT = 0.05
"""What everything earns a year, on average."""
STILL = 5
"""Every so many days closes are those of the day before."""


def walk(book: Book, constituents: Sequence[Row], days: Sequence[date], seed: int) -> Closes:
    """Closes in cents of every priced security on each day.

    A fund with constituents moves as what it holds does. Every fifth day nothing moves at all.
    """
    random = np.random.RandomState(seed)
    risk = book.risk
    common = random.normal(size=(len(days), risk.loadings.shape[1])) @ risk.loadings.T
    own = random.normal(size=(len(days), len(risk.securities))) * np.sqrt(risk.specific)
    moves = (common + own) / np.sqrt(SESSIONS) + DRIFT / SESSIONS
    moves[STILL - 1 :: STILL] = 0.0
    returns = dict(zip(risk.securities, moves.T, strict=True))
    weights: dict[str, dict[str, float]] = {}
    for row in constituents:
        weights.setdefault(row["fund_id"], {})[row["security_id"]] = float(row["weight"])
    for fund, parts in weights.items():
        returns[fund] = sum((w * returns[name] for name, w in parts.items()), np.zeros(len(days)))
    paths = {
        name: float(price) * np.cumprod(1.0 + returns[name])
        for name, price in sorted(book.prices.items())
    }
    return {
        day: {name: Decimal(f"{max(path[at], 0.01):.2f}") for name, path in paths.items()}
        for at, day in enumerate(days)
    }
