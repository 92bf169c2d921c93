"""Cases of kind `select`: one sale, its lots, and which of them each method sells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from policydsl.tax_cases.compare import Difference, Found, differences
from policydsl.tax_cases.document import Node
from policydsl.tax_cases.words import METHODS, meant
from portfolio.holding import first_long_day
from portfolio.tax.exact import decimal
from portfolio.tax.selection import TOP_RATES, Method, Offer, Rates, in_order


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of the case, as it is offered."""

    name: str
    shares: Fraction
    offer: Offer


def run(inputs: Node, expected: Node) -> Iterator[Difference]:
    """Where a method does not sell what is expected."""
    sale = inputs.need("sale")
    lots = [_lot(node, sale, place) for place, node in enumerate(inputs.need("lots").items())]
    rates = _rates(inputs)
    for name, node in expected.keys().items():
        method = meant(Node(name, node.span, node.what), METHODS)
        asked = node.get("shares") or sale.need("shares")
        if asked.number() > sum(lot.shares for lot in lots):
            raise asked.wrong("there are not so many shares in the lots")
        yield from differences(node, _sold(lots, method, Fraction(asked.number()), rates), name)


def _lot(node: Node, sale: Node, place: int) -> Lot:
    shares = Fraction(node.need("shares").number())
    if shares <= 0:
        raise node.wrong("a lot has shares above 0")
    basis = node.get("basis")
    if basis is None:
        cost = Fraction(node.need("price").number())
    else:
        cost = Fraction(basis.number()) / shares
    acquired = node.need("acquired").day()
    gain = Fraction(sale.need("price").number()) - cost
    long_term = sale.need("date").day() >= first_long_day(acquired)
    return Lot(node.need("lot").text(), shares, Offer(acquired, place, cost, gain, long_term))


def _rates(inputs: Node) -> Rates:
    given = inputs.get("rates")
    if given is None:
        return TOP_RATES
    return Rates(Fraction(given.need("st").number()), Fraction(given.need("lt").number()))


def _sold(lots: list[Lot], method: Method, shares: Fraction, rates: Rates) -> dict[str, Found]:
    picks: list[Found] = []
    gains = {True: Fraction(0), False: Fraction(0)}
    left = shares
    for lot in in_order(lots, lambda lot: lot.offer, method, rates):
        taken = min(left, lot.shares)
        if taken:
            picks.append([lot.name, decimal(taken)])
            gains[lot.offer.long_term] += taken * lot.offer.gain
            left -= taken
    return {
        "shares": decimal(shares),
        "picks": picks,
        "st_gain": decimal(gains[False]),
        "lt_gain": decimal(gains[True]),
        "gain": decimal(gains[False] + gains[True]),
        "tax": decimal(gains[False] * rates.short + gains[True] * rates.long),
    }
