"""Which lots are sold.

What is not identified is sold first in, first out (Treas. Reg. 1.1012-1(c)(1)); other methods are
standing instructions to a broker, that is identification (1.1012-1(c)(8)). Brokers publish how they
order lots, not how they break ties: here the oldest acquisition goes first, then the first row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar


class Method(StrEnum):
    """Orders in which lots are sold.

    AVERAGE (funds and reinvestment plans: Treas. Reg. 1.1012-1(e)) sells first in, first out, at
    the average basis. LOWEST_TAX takes the least tax a share at the rates given. MINIMUM_TAX is
    what Vanguard (MinTax) and Schwab (Tax Lot Optimizer) publish: whole categories one after the
    other, so not the least tax. The last four are Interactive Brokers' Tax Optimizer.
    """

    FIFO = "fifo"
    LIFO = "lifo"
    HIGHEST_COST = "highest_cost"
    LOWEST_COST = "lowest_cost"
    AVERAGE = "average"
    MINIMUM_TAX = "minimum_tax"
    LOWEST_TAX = "lowest_tax"
    MOST_SHORT_LOSS = "most_short_loss"
    MOST_LONG_LOSS = "most_long_loss"
    MOST_SHORT_GAIN = "most_short_gain"
    MOST_LONG_GAIN = "most_long_gain"


@dataclass(frozen=True, slots=True)
class Rates:
    """Tax on a dollar of short and of long-term gain; the defaults are the top federal ones with
    the net investment income tax: 37 % and 20 % (26 USC 1(j)(2), 1(h)), 3.8 % (26 USC 1411)."""

    short: Fraction = Fraction("0.408")
    long: Fraction = Fraction("0.238")


TOP_RATES = Rates()


@dataclass(frozen=True, slots=True)
class Offer:
    """Shares of a lot that could be sold: `cost` and `gain` in dollars a share.

    `place` is its row, or its rank among lots of one day.
    """

    acquired: date
    place: int
    cost: Fraction
    gain: Fraction
    long_term: bool


Key = tuple[Any, ...]
Item = TypeVar("Item")


def in_order(
    items: Iterable[Item],
    offer: Callable[[Item], Offer],
    method: Method,
    rates: Rates = TOP_RATES,
) -> list[Item]:
    """The items in the order in which they are sold, `offer` saying what each is."""

    def key(item: Item) -> Key:
        seen = offer(item)
        return (*_first(seen, method, rates), seen.acquired, seen.place)

    if method is Method.LIFO:
        return sorted(items, key=lambda item: (offer(item).acquired, offer(item).place))[::-1]
    return sorted(items, key=key)


def _first(offer: Offer, method: Method, rates: Rates) -> Key:
    """What comes before age."""
    if method is Method.HIGHEST_COST:
        return (-offer.cost,)
    if method is Method.LOWEST_COST:
        return (offer.cost,)
    if method is Method.LOWEST_TAX:
        return (offer.gain * (rates.long if offer.long_term else rates.short),)
    if method is Method.MINIMUM_TAX:
        return _category(offer)
    if method in _MOST:
        return _most(offer, _MOST[method])
    return ()


def _category(offer: Offer) -> Key:
    """Short losses from the largest, long losses, then no gain, long gains from the smallest, short
    gains."""
    if offer.gain < 0:
        return (1 if offer.long_term else 0, offer.gain)
    if offer.gain == 0:
        return (3 if offer.long_term else 2, 0)
    return (4 if offer.long_term else 5, offer.gain)


# (sign of the gain, long-term) in the order of priority: the wanted kinds from the largest, what is
# neither gain nor loss, then the unwanted kinds from the smallest.
_MOST: Mapping[Method, Sequence[tuple[int, bool]]] = {
    Method.MOST_SHORT_LOSS: ((-1, False), (-1, True), (1, True), (1, False)),
    Method.MOST_LONG_LOSS: ((-1, True), (-1, False), (1, False), (1, True)),
    Method.MOST_SHORT_GAIN: ((1, False), (1, True), (-1, True), (-1, False)),
    Method.MOST_LONG_GAIN: ((1, True), (1, False), (-1, False), (-1, True)),
}


def _most(offer: Offer, priorities: Sequence[tuple[int, bool]]) -> Key:
    if offer.gain == 0:
        return (1.5, 0)
    rank = priorities.index((1 if offer.gain > 0 else -1, offer.long_term))
    size = abs(offer.gain)
    return (rank, -size if rank < 2 else size)
