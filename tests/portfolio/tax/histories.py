"""Histories in few words, and invented ones of any shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from portfolio.tax.events import Event, Holder, Purchase, Sale, Split
from portfolio.tax.history import replay
from portfolio.tax.results import Outcome, Realised

FIRST = date(2025, 1, 6)
HOLDERS = {
    "T1": Holder("taxable", "self"),
    "T2": Holder("taxable", "self"),
    "S1": Holder("taxable", "spouse"),
    "I1": Holder("traditional_ira", "self"),
    "K1": Holder("k401", "self"),
    "O1": Holder("taxable", "other"),
}


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def buy(
    id: str, on: int, shares: int | str, price: int | str, account: str = "T1", security: str = "X"
) -> Purchase:
    cost = Decimal(shares) * Decimal(price)
    return Purchase(id, day(on), account, security, Decimal(shares), cost)


def sell(
    id: str,
    on: int,
    shares: int | str,
    price: int | str,
    lot: str | None = None,
    account: str = "T1",
    security: str = "X",
) -> Sale:
    lots = () if lot is None else ((lot, Decimal(shares)),)
    proceeds = Decimal(shares) * Decimal(price)
    return Sale(id, day(on), account, security, Decimal(shares), proceeds, lots)


def after(*events: Event, **options: object) -> Outcome:
    return replay(events, HOLDERS, **options)  # type: ignore[arg-type]


def row(outcome: Outcome, sale: str, lot: str | None = None) -> Realised:
    (found,) = [
        each for each in outcome.realised if each.sale_id == sale and lot in (None, each.lot_id)
    ]
    return found


@dataclass(frozen=True)
class Step:
    """`wait` days later, so many shares are bought at a price, or sold of the position that `which`
    picks among those held; a split instead makes three of two."""

    wait: int
    kind: str
    account: str
    security: str
    which: int
    shares: int
    price: int


STEPS = st.builds(
    Step,
    wait=st.integers(0, 12),
    kind=st.sampled_from(("buy", "sell", "sell", "buy", "split")),
    account=st.sampled_from(("T1", "T1", "T2", "S1", "I1", "K1")),
    security=st.sampled_from(("X", "X", "Y")),
    which=st.integers(0, 11),
    shares=st.integers(1, 40),
    price=st.integers(1, 30),
)


def told(steps: list[Step]) -> list[Event]:
    """Events that can have happened: what is not held is not sold, and a split has its own day."""
    held: dict[tuple[str, str], Decimal] = {("T1", "X"): Decimal(60)}
    events: list[Event] = [buy("first", 0, 60, 20)]
    number = 0
    for place, step in enumerate(steps):
        number += step.wait
        if step.kind == "split":
            number += 1
            events.append(Split(f"e{place}", day(number), step.security, Decimal(3), Decimal(2)))
            number += 1
            for each in held:
                held[each] *= Decimal("1.5") if each[1] == step.security else 1
        elif step.kind == "buy":
            key = (step.account, step.security)
            events.append(buy(f"e{place}", number, step.shares, step.price, *key))
            held[key] = held.get(key, Decimal(0)) + step.shares
        else:
            there = [each for each, shares in held.items() if shares]
            if there:
                key = there[step.which % len(there)]
                shares = min(held[key], Decimal(step.shares))
                held[key] -= shares
                events.append(sell(f"e{place}", number, str(shares), step.price, None, *key))
    return events


HISTORIES = st.lists(STEPS, min_size=5, max_size=25).map(told)
WITHOUT_SPLITS = (
    st.lists(STEPS, min_size=5, max_size=25)
    .map(lambda steps: [step for step in steps if step.kind != "split"])
    .map(told)
)
