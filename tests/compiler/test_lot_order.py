"""Lots in a fixed order, by hand: what may be sold before what, and what is passed over.

AAA is at 100: lot a1 of 2020 at 50, a2 of 2022 at 90, a3 of 2026 at 70, ten shares each.
"""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from portfolio.household import Household, Lot
from tests.by_hand import account, both, breaches, household, lot, model_allows, policy

LOTS = (
    lot("a1", "AAA", 10, 500),
    lot("a2", "AAA", 10, 900, "2022-03-01"),
    lot("a3", "AAA", 10, 700, "2026-03-02"),
)
HIGHEST, FIRST, LAST = (
    "use highest cost lots",
    "use first in first out",
    "use last in first out",
)


def home(*lots: Lot, kind: str = "taxable") -> Household:
    return household(account("TX", 1_000, *(lots or LOTS), kind=kind))


@pytest.mark.parametrize("kind", ["taxable", "roth_ira"])
@pytest.mark.parametrize(
    ("rule", "order"), [(HIGHEST, "a2 a3 a1"), (FIRST, "a1 a2 a3"), (LAST, "a3 a2 a1")]
)
def test_a_lot_goes_once_those_before_it_are_gone(rule: str, order: str, kind: str) -> None:
    one, two, three = order.split()
    for trades in ("", f"-3 {one}", f"-10 {one}", f"-10 {one}, -4 {two}"):
        assert both(home(kind=kind), rule, trades) == (True, True), trades
    assert both(home(kind=kind), rule, f"-10 {one}, -10 {two}, -1 {three}") == (True, True)
    for trades in (f"-1 {two}", f"-9 {one}, -1 {two}", f"-10 {one}, -1 {three}", f"-10 {three}"):
        assert both(home(kind=kind), rule, trades) == (False, False), trades


def test_minimum_tax_forbids_no_order() -> None:
    assert both(home(), "use minimum tax lots", "-1 a1") == (True, True)


def test_nothing_less_than_the_whole_lot_is_whole() -> None:
    assert breaches(home(), policy(home(), HIGHEST), "-9.9999 a2, -0.0001 a3")


def test_lots_alike_go_by_age_and_then_by_name() -> None:
    alike = (
        lot("z", "AAA", 10, 700, "2020-01-02"),
        lot("b", "AAA", 20, 1_400, "2022-01-03"),
        lot("a", "AAA", 10, 700, "2022-01-03"),
    )
    for rule in (HIGHEST, FIRST):
        assert both(home(*alike), rule, "-10 z, -10 a, -5 b") == (True, True)
        assert both(home(*alike), rule, "-10 z, -5 b") == (False, False)
    assert both(home(*alike), LAST, "-20 b, -10 a, -1 z") == (True, True)
    assert both(home(*alike), LAST, "-5 a") == (False, False)


def test_tacked_days_do_not_move_a_lot_forward() -> None:
    tacked = lot("t", "AAA", 10, 700, "2023-01-03", holding_from=lot("x", "AAA", 1, 1).acquired)
    assert both(home(tacked, LOTS[1]), FIRST, "-1 a2") == (True, True)
    assert both(home(tacked, LOTS[1]), FIRST, "-1 t") == (False, False)


PLEDGED = lot("p", "AAA", 10, 2_000, "2019-01-02", pledged=True)
BARS = (
    "never sell anything where lot.pledged",
    "treat anything as absent where lot.pledged",
    "only harvest anything where lot.loss below $500",
    "never sell anything where lot.pledged\n    except to raise cash",
)


@pytest.mark.parametrize("bar", BARS)
def test_lots_that_rules_bar_are_passed_over(bar: str) -> None:
    own = home(*LOTS, PLEDGED)
    assert both(own, HIGHEST, "-1 a2") == (False, False)
    assert both(own, HIGHEST, "-1 a2", bar) == (True, True)
    assert both(own, HIGHEST, "-1 a3", bar) == (False, False)
    assert both(own, FIRST, "-10 a1, -1 a2", bar) == (True, True)


def test_a_bar_of_another_account_passes_nothing_over() -> None:
    bar = 'never sell anything where lot.pledged\n    when account.id is "IRA"'
    assert both(home(*LOTS, PLEDGED), HIGHEST, "-1 a2", bar) == (False, False)


def test_a_soft_bar_leaves_the_lot_in_its_place() -> None:
    bar = f"{BARS[0]}\n    soft priority 1"
    assert both(home(*LOTS, PLEDGED), HIGHEST, "-1 a2", bar) == (False, False)


def test_what_is_passed_over_may_raise_cash_out_of_turn() -> None:
    own = household(account("TX", 0, *LOTS, PLEDGED), flows=[("TX", "2026-06-16", -500)])
    rules = (HIGHEST, BARS[3])
    assert both(own, *rules[:1], "-5 p", rules[1]) == (True, True)
    assert both(own, *rules[:1], "-1 p, -4 a2", rules[1]) == (True, True)
    assert both(own, *rules[:1], "-1 p, -4 a3", rules[1]) == (False, False)


def test_a_wash_sale_passes_nothing_over() -> None:
    """The first lot in order is at a loss, and the IRA has just bought the same."""
    own = household(
        account("TX", 1_000, *LOTS, lot("l", "AAA", 10, 2_000, "2021-01-04")),
        account("IRA", 0, lot("i", "AAA", 10, 1_000, "2026-06-01"), kind="roth_ira"),
    )
    wash = "prevent wash sales across household"
    assert both(own, HIGHEST, "-10 l", wash) == (False, False)
    assert both(own, HIGHEST, "-1 a2", wash) == (False, False)
    assert both(own, "", "-1 a2", wash) == (True, True)


def test_an_account_may_have_its_own_order() -> None:
    own = household(account("TX", 1_000, *LOTS), account("T2", 0, *_second(), kind="trust"))
    rule = f'{HIGHEST}\n    when account.id is "TX"'
    assert both(own, rule, "-1 b1") == (True, True)
    assert both(own, rule, "-1 a1") == (False, False)


def _second() -> tuple[Lot, ...]:
    return lot("b1", "AAA", 10, 500), lot("b2", "AAA", 10, 900, "2022-03-01")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 12), st.sampled_from([20, 60, 90, 130]), st.sampled_from([2019, 2025])
        ),
        min_size=2,
        max_size=4,
    ),
    st.lists(st.sampled_from([0, 1, 5, 99]), min_size=4, max_size=4),
    st.sampled_from([HIGHEST, FIRST, LAST]),
    st.sampled_from([*BARS[:3], "prevent wash sales across household"]),
)
def test_model_and_check_agree(
    held: list[tuple[int, int, int]], sold: list[int], rule: str, other: str
) -> None:
    lots = [
        lot(f"l{k}", "AAA", n, n * cost, f"{year}-06-0{k + 1}", pledged=k == 1)
        for k, (n, cost, year) in enumerate(held)
    ]
    parts = ((each, min(n, int(each.shares))) for each, n in zip(lots, sold, strict=False))
    trades = ", ".join(f"-{n} {each.id}" for each, n in parts if n)
    own = home(*lots)
    agreed = policy(own, rule, other)
    found = breaches(own, agreed, trades)
    event(f"allowed: {not found}")
    assert model_allows(own, agreed, trades) is not bool(found), [each.message for each in found]
