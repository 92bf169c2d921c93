"""Tax as a function of a year's net short and long gains, piece by linear piece.

`by_law` is what is proposed by. The others are wrong on purpose: what they lose is what exact
netting is worth, and no policy can ask for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from portfolio.household import TaxEntity


@dataclass(frozen=True, slots=True)
class Piece:
    """Tax is `on_short` x short + `on_long` x long + `constant` where each row (a, b, c) of `rows`
    has a x short + b x long >= c (bp of household value). `worth` of it is no tax but the value of
    a dollar carried on beyond the limit."""

    on_short: float
    on_long: float
    constant: float
    rows: tuple[tuple[float, float, float], ...]
    worth: float = 0.0

    def holds(self, short: float, long: float) -> bool:
        return all(a * short + b * long >= c for a, b, c in self.rows)

    def tax(self, short: float, long: float) -> float:
        return self.on_short * short + self.on_long * long + self.constant


@dataclass(frozen=True, slots=True)
class YearStart:
    """What is netted before any trade of today, losses carried in among it, and the most that a net
    loss takes from ordinary income (bp of household value)."""

    short: float
    long: float
    limit: float


TaxForm = Callable[[TaxEntity, YearStart], Mapping[str, Piece]]


def by_law(entity: TaxEntity, start: YearStart) -> dict[str, Piece]:
    """26 USC 1222 (netting within and across), 1211(b) (limit against ordinary income), 1212(b)
    (carryover): five regions cover the plane."""
    short, long = float(entity.rate_short), float(entity.rate_long)
    ordinary, carried = float(entity.rate_ordinary), float(entity.rate_carry or 0)
    limit = start.limit
    return {
        "gains": Piece(short, long, 0.0, ((1, 0, 0.0), (0, 1, 0.0))),
        "short_loss": Piece(long, long, 0.0, ((-1, 0, 0.0), (1, 1, 0.0))),
        "long_loss": Piece(short, short, 0.0, ((0, -1, 0.0), (1, 1, 0.0))),
        "net_loss": Piece(ordinary, ordinary, 0.0, ((-1, -1, 0.0), (1, 1, -limit))),
        "carried_loss": Piece(
            carried, carried, limit * (carried - ordinary), ((-1, -1, limit),), carried
        ),
    }


def separate_rates(entity: TaxEntity, start: YearStart) -> dict[str, Piece]:
    """The usual approximation: each term at its own rate whatever its sign, no netting across, no
    losses carried, no limit."""
    return {"separate_rates": Piece(float(entity.rate_short), float(entity.rate_long), 0.0, ())}


def rates_of_today(entity: TaxEntity, start: YearStart) -> dict[str, Piece]:
    """The rates of the region that the year to date lies in, for trades of any size."""
    pieces = by_law(entity, start)
    found = next(n for n, piece in pieces.items() if piece.holds(start.short, start.long))
    return {found: replace(pieces[found], rows=())}
