"""What trades would do to wash sales."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from portfolio.tax.events import Event
from portfolio.tax.prospective import (
    Effect,
    Verdict,
    effect,
    first_clean_day,
    last_loss,
    last_purchase,
)
from tests.portfolio.tax.histories import HISTORIES, HOLDERS, after, buy, day, sell

OLD = buy("old", -400, 100, 50)
RECENT = buy("recent", -13, 40, 44)


def of(history: list[Event], *trades: Event, scheduled: tuple[Event, ...] = ()) -> Effect:
    return effect(history, trades, HOLDERS, scheduled=scheduled)


def test_looking_back() -> None:
    past: list[Event] = [OLD, RECENT]
    blocked = of(past, sell("s", 0, 100, 43, "old"))
    assert (blocked.disallowed, blocked.verdict) == (280, Verdict.DEFERS)
    assert blocked.recognised == -420
    assert of(past, sell("s", 0, 140, 43)).verdict is Verdict.ALLOW
    assert of(past, sell("s", 0, 100, 51, "old")).verdict is Verdict.ALLOW
    clean = last_purchase(after(*past), ["X"])
    assert clean is not None
    waited = sell("s", (first_clean_day(clean) - day(0)).days, 100, 43, "old")
    assert of(past, waited).verdict is Verdict.ALLOW


def test_looking_ahead() -> None:
    drip, pay = buy("drip", 11, 1, 44), buy("pay", 11, 5, 44, "K1")
    sale = sell("s", 0, 100, 43)
    assert of([OLD], sale, scheduled=(drip,)).disallowed == 7
    both = of([OLD], sale, scheduled=(drip, pay))
    assert (both.disallowed, both.permanent, both.verdict) == (42, 35, Verdict.DESTROYS)


def test_the_whole_batch_at_once_in_either_order() -> None:
    sale, ira = sell("s", 0, 100, 43), buy("i", 0, 60, 43, "I1")
    for batch in ((sale, ira), (ira, sale)):
        found = of([OLD], *batch)
        assert (found.permanent, found.verdict) == (420, Verdict.DESTROYS)


def test_only_what_the_trades_add_is_told() -> None:
    past: list[Event] = [OLD, sell("before", -5, 10, 40)]
    added = of(past, sell("s", 0, 90, 43))
    assert (added.recognised, added.outcome.recognised) == (-630, -730)
    bought = of(past, buy("new", 0, 4, 43))
    assert (bought.disallowed, bought.recognised) == (40, 40)


def test_losses_that_are_replaced_block_nothing() -> None:
    past: list[Event] = [OLD, sell("s", 0, 30, 43), buy("p", 7, 30, 44)]
    assert last_loss(after(*past), ["X"]) is None
    assert of(past, buy("q", 10, 100, 44)).verdict is Verdict.ALLOW
    assert last_purchase(after(*past), ["X"]) == day(-400)
    assert of(past, sell("t", 10, 70, 43, "old")).verdict is Verdict.ALLOW


@given(HISTORIES, st.integers(1, 50), st.sampled_from(("T1", "S1", "I1")))
def test_a_day_after_the_window_nothing_is_washed_and_a_day_before_it_is(
    events: list[Event], shares: int, account: str
) -> None:
    last = last_loss(after(*events), ["X"])
    assume(last is not None)
    assert last is not None
    clean = (first_clean_day(last) - day(0)).days
    known = [event for event in events if event.day <= last]
    late = of(known, buy("new", clean, shares, 5, account))
    assert (late.disallowed, late.verdict) == (0, Verdict.ALLOW)
    early = of(known, buy("new", clean - 1, shares, 5, account))
    assert early.disallowed > 0
    assert early.verdict is (Verdict.DESTROYS if account == "I1" else Verdict.DEFERS)
