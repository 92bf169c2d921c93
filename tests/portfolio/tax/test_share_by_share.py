"""The replay against the statute read naively: one share at a time, looking ahead."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given

from portfolio.tax.events import Event, Purchase, Sale
from portfolio.tax.history import replay
from tests.portfolio.tax.histories import HOLDERS, WITHOUT_SPLITS


@dataclass(eq=False)
class Share:
    lot: Purchase
    place: int
    basis: Fraction
    sold_at: int | None = None
    used: bool = False


def naive(events: list[Event]) -> tuple[dict[tuple[str, str], Fraction], dict[str, Fraction]]:
    """(recognised by sale and lot, basis of what is still held by lot): every loss share, in order
    of sale and acquisition, takes the first share that fits, of all that are ever bought."""
    shares = everything_bought(events)
    decide_what_is_sold(events, shares)
    recognised: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for place, event in enumerate(events):
        if isinstance(event, Sale) and HOLDERS[event.account_id].taxable:
            price = Fraction(event.proceeds) / Fraction(event.shares)
            for share in [each for each in shares if each.sold_at == place]:
                gain = price - share.basis
                new = None
                if gain < 0:
                    new = next((each for each in shares if fits(each, share, event, place)), None)
                if new is not None:
                    new.used = True
                    if HOLDERS[new.lot.account_id].taxable:
                        new.basis -= gain
                    gain = Fraction(0)
                recognised[event.id, share.lot.id] += gain
    open_basis: dict[str, Fraction] = defaultdict(Fraction)
    for share in shares:
        if share.sold_at is None:
            open_basis[share.lot.id] += share.basis
    return dict(recognised), dict(open_basis)


def everything_bought(events: list[Event]) -> list[Share]:
    return [
        Share(event, place, Fraction(event.cost) / Fraction(event.shares))
        for place, event in enumerate(events)
        if isinstance(event, Purchase)
        for _ in range(int(event.shares))
    ]


def decide_what_is_sold(events: list[Event], shares: list[Share]) -> None:
    for place, event in enumerate(events):
        if isinstance(event, Sale):
            there = [
                share
                for share in shares
                if share.place < place
                and share.sold_at is None
                and share.lot.account_id == event.account_id
                and share.lot.security_id == event.security_id
            ]
            for share in there[: int(event.shares)]:
                share.sold_at = place


def fits(new: Share, old: Share, sale: Sale, place: int) -> bool:
    return (
        not new.used
        and new.lot is not old.lot
        and new.lot.security_id == sale.security_id
        and abs((new.lot.day - sale.day).days) <= 30
        and (new.sold_at is None or new.sold_at > place)
    )


@given(WITHOUT_SPLITS)
def test_the_replay_says_what_the_statute_says(events: list[Event]) -> None:
    expected, held = naive(events)
    outcome = replay(events, HOLDERS)
    found: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for row in outcome.realised:
        found[row.sale_id, row.lot_id] += Fraction(row.recognised)
    assert found.keys() == expected.keys()
    assert all(abs(found[key] - expected[key]) < Fraction(1, 10**6) for key in expected)
    basis: dict[str, Fraction] = defaultdict(Fraction)
    for lot in outcome.open_lots:
        basis[lot.lot_id] += Fraction(lot.basis)
    assert basis.keys() == held.keys()
    assert all(abs(basis[key] - held[key]) < Fraction(1, 10**6) for key in held)
