"""The replay against `portfolio.wash`, which says what recent records still mean today: where both
speak, they agree."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from portfolio.tax.history import replay
from portfolio.wash import LossSale, Purchase, match
from tests.portfolio.tax.histories import HOLDERS, buy, day, sell

SALES = st.lists(st.tuples(st.integers(0, 70), st.integers(1, 50)), max_size=6)
BUYS = st.lists(
    st.tuples(st.integers(0, 70), st.integers(1, 50), st.sampled_from(("T1", "T2", "I1", "S1"))),
    max_size=6,
)


@given(SALES, BUYS)
def test_the_same_shares_are_replaced(
    sold: list[tuple[int, int]], bought: list[tuple[int, int, str]]
) -> None:
    sales = [sell(f"s{i}", on, shares, 5, "old") for i, (on, shares) in enumerate(sorted(sold))]
    buys = [
        buy(f"b{i}", on, shares, 5, account)
        for i, (on, shares, account) in enumerate(sorted(bought))
    ]
    # On one day purchases stand first, so that both see them in the same order.
    events = sorted([buy("old", -400, 1000, 7), *buys, *sales], key=lambda event: event.day)
    outcome = replay(events, HOLDERS)
    unreplaced, used = match(
        [LossSale(sale.day, "X", sale.shares, Decimal(2), "old") for sale in sales],
        [Purchase(each.day, "X", each.shares, each.shares, each.id) for each in buys],
    )
    left = {loss.sale_id: loss.shares for loss in outcome.open_losses}
    assert [left.get(sale.id, Decimal(0)) for sale in sales] == [shares for _, shares in unreplaced]
    taken: dict[str, Decimal] = {}
    for each in outcome.matches:
        before = taken.get(each.replacement_lot_id, Decimal(0))
        taken[each.replacement_lot_id] = before + each.shares
    assert taken == used


def test_both_see_a_wash_sale() -> None:
    outcome = replay([buy("old", -400, 9, 7), sell("s", 0, 9, 5), buy("b", 3, 4, 5)], HOLDERS)
    assert [loss.shares for loss in outcome.open_losses] == [5]
    sale = LossSale(day(0), "X", Decimal(9), Decimal(2), "old")
    bought = Purchase(day(3), "X", Decimal(4), Decimal(4), "b")
    assert [shares for _, shares in match([sale], [bought])[0]] == [5]
