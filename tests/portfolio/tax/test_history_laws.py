"""What holds of every history, whatever happens in it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from portfolio.holding import Tacking
from portfolio.household import Lot
from portfolio.tax.events import Event, Purchase, Sale, Sales
from portfolio.tax.history import in_cautious_order, replay
from portfolio.tax.reading import Reading, SpouseRule
from portfolio.tax.results import OpenLot, Outcome
from tests.portfolio.tax.histories import HISTORIES, HOLDERS, WITHOUT_SPLITS, buy, sell

GROUPS = {"X": ("G", Decimal(1)), "Y": ("G", Decimal(2))}
CLOSE = Decimal("1e-6")
READINGS = st.builds(
    Reading,
    tacking=st.sampled_from(Tacking),
    spouse=st.sampled_from(SpouseRule),
    employer_plans=st.booleans(),
    bought_before=st.booleans(),
)


def run(events: Iterable[Event | Sales], reading: Reading | None = None) -> Outcome:
    return replay(events, HOLDERS, GROUPS, reading or Reading())


@given(HISTORIES, READINGS)
def test_no_more_is_disallowed_than_was_lost(events: list[Event], reading: Reading) -> None:
    for row in run(events, reading).realised:
        assert 0 <= row.permanent <= row.disallowed
        assert row.disallowed <= max(-row.gain, Decimal(0)) + CLOSE
        assert row.recognised * row.gain >= -CLOSE


@given(WITHOUT_SPLITS, READINGS)
def test_each_share_replaces_once(events: list[Event], reading: Reading) -> None:
    outcome = run(events, reading)
    security = {event.id: event.security_id for event in events if isinstance(event, Purchase)}
    taken: Counter[str] = Counter()
    for match in outcome.matches:
        units = Fraction(match.shares) * Fraction(GROUPS[security[match.loss_lot_id]][1])
        taken[match.replacement_lot_id] += units / Fraction(
            GROUPS[security[match.replacement_lot_id]][1]
        )  # type: ignore[assignment]
    for event in events:
        if isinstance(event, Purchase):
            assert taken[event.id] <= event.shares
    for lot in outcome.open_lots:
        assert not lot.used or taken[lot.lot_id] >= lot.shares - CLOSE


@given(HISTORIES, READINGS)
def test_each_replacement_is_within_thirty_days(events: list[Event], reading: Reading) -> None:
    on = {event.id: event.day for event in events}
    for match in run(events, reading).matches:
        assert abs((on[match.sale_id] - on[match.replacement_lot_id]).days) <= 30


@given(HISTORIES, READINGS)
def test_what_is_deferred_is_in_the_basis_of_a_replacement(
    events: list[Event], reading: Reading
) -> None:
    """Sum of basis adjustments = losses disallowed and not lost; retirement accounts get none."""
    outcome = run(events, reading)
    cost = sum(
        event.cost
        for event in events
        if isinstance(event, Purchase) and HOLDERS[event.account_id].taxable
    )
    sold = sum(row.basis for row in outcome.realised)
    held = sum(lot.basis for lot in outcome.open_lots if HOLDERS[lot.account_id].taxable)
    deferred = outcome.disallowed - outcome.permanent
    assert abs(cost + deferred - sold - held) < CLOSE
    moved = sum(match.amount for match in outcome.matches if not match.permanent)
    assert abs(deferred - moved) < CLOSE


@given(HISTORIES, READINGS)
def test_money_is_accounted_for(events: list[Event], reading: Reading) -> None:
    """Proceeds + open taxable basis - taxable cost = recognised gain - loss lost for good."""
    outcome = run(events, reading)
    trades = [event for event in events if isinstance(event, Purchase | Sale)]
    taxable = [event for event in trades if HOLDERS[event.account_id].taxable]
    proceeds = sum(event.proceeds for event in taxable if isinstance(event, Sale))
    cost = sum(event.cost for event in taxable if isinstance(event, Purchase))
    held = sum(lot.basis for lot in outcome.open_lots if HOLDERS[lot.account_id].taxable)
    assert abs(proceeds + held - cost - outcome.recognised + outcome.permanent) < CLOSE


@given(HISTORIES, READINGS)
def test_a_retirement_account_keeps_its_basis(events: list[Event], reading: Reading) -> None:
    price = {event.id: event.cost / event.shares for event in events if isinstance(event, Purchase)}
    splits = any(not isinstance(event, Purchase | Sale) for event in events)
    for lot in run(events, reading).open_lots:
        if not HOLDERS[lot.account_id].taxable and not splits:
            assert abs(lot.basis - price[lot.lot_id] * lot.shares) < CLOSE


@given(HISTORIES, st.integers(0, 2**32))
def test_records_without_time_may_come_in_any_order(events: list[Event], seed: int) -> None:
    mixed = list(events)
    random.Random(seed).shuffle(mixed)
    assert run(in_cautious_order(mixed, HOLDERS)) == run(in_cautious_order(events, HOLDERS))


@given(HISTORIES, st.integers(0, 2**32))
def test_only_the_order_within_a_day_counts(events: list[Event], seed: int) -> None:
    days = sorted({event.day for event in events})
    random.Random(seed).shuffle(days)
    by_day = [event for day in days for event in events if event.day == day]
    assert run(by_day) == run(events)


@given(HISTORIES)
def test_a_replay_changes_nothing(events: list[Event]) -> None:
    first = run(events)
    assert run(events) == first
    again = replay([], HOLDERS, GROUPS, opening=[held(lot) for lot in first.open_lots])
    assert totals(again.open_lots) == totals(first.open_lots)


@given(WITHOUT_SPLITS, WITHOUT_SPLITS)
def test_a_quiet_month_cuts_a_history_in_two(events: list[Event], later: list[Event]) -> None:
    """After 61 days nothing reaches back, so what is held then is all that one has to know."""
    before = run(events)
    shift = (
        (max(event.day for event in events) - min(event.day for event in later)).days + 62
        if (events and later)
        else 0
    )
    moved = [renamed(event, shift) for event in later]
    whole = run([*events, *moved])
    cut = replay(moved, HOLDERS, GROUPS, opening=[held(lot) for lot in before.open_lots])
    assert totals(cut.open_lots) == totals(whole.open_lots)
    assert abs(before.recognised + cut.recognised - whole.recognised) < CLOSE


def renamed(event: Event, shift: int) -> Event:
    return replace(event, id=f"later-{event.id}", day=event.day + timedelta(days=shift))


def held(lot: OpenLot) -> Lot:
    used = lot.shares if lot.used else Decimal(0)
    return Lot(
        lot.lot_id,
        lot.account_id,
        lot.security_id,
        lot.acquired,
        lot.shares,
        lot.basis,
        lot.holding_from,
        lot.order_id,
        used,
        purchased=lot.purchased,
    )


def totals(lots: tuple[OpenLot, ...]) -> dict[str, tuple[Decimal, Decimal]]:
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for lot in lots:
        shares, basis = found.get(lot.lot_id, (Decimal(0), Decimal(0)))
        found[lot.lot_id] = (shares + lot.shares, basis + lot.basis)
    return {name: (shares, round(basis, 6)) for name, (shares, basis) in found.items()}


def test_the_laws_see_wash_sales() -> None:
    """The properties above are about something: this history has all that they speak of."""
    outcome = run(
        [
            buy("a", 0, 10, 30),
            buy("i", 40, 4, 20, account="I1"),
            sell("s", 41, 10, 20),
            buy("b", 45, 2, 20, account="S1"),
            buy("y", 46, 1, 40, security="Y"),
        ]
    )
    assert (outcome.disallowed, outcome.permanent) == (80, 40)
    assert {match.replacement_lot_id for match in outcome.matches} == {"i", "b", "y"}
