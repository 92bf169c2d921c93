"""Wash sales: what a recent purchase or loss still means today, share by share."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portfolio.household import WashBlock
from portfolio.tax.replacements import recent_purchases
from portfolio.wash import (
    UNLIMITED,
    LossSale,
    Purchase,
    blocks_in_force,
    match,
)

D = Decimal
TODAY = date(2026, 3, 6)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def sale(days: int, shares: int, lot: str | None = None, group: str = "G") -> LossSale:
    return LossSale(ago(days), group, D(shares), D(2), lot)


def bought(
    days: int, shares: int, held: int | None = None, lot: str = "P", group: str = "G"
) -> Purchase:
    return Purchase(ago(days), group, D(shares), D(shares if held is None else held), lot)


def left(sales: list[LossSale], purchases: list[Purchase]) -> list[int]:
    return [int(shares) for _, shares in match(sales, purchases)[0]]


def test_five_recent_shares_replace_five_of_a_hundred() -> None:
    assert left([sale(10, 100)], [bought(12, 5)]) == [95]


def test_a_purchase_thirty_days_away_counts_and_thirty_one_does_not() -> None:
    assert left([sale(31, 100)], [bought(1, 40)]) == [60]
    assert left([sale(32, 100)], [bought(1, 40)]) == [100]
    assert left([sale(1, 100)], [bought(31, 40)]) == [60]
    assert left([sale(1, 100)], [bought(32, 40)]) == [100]


def test_a_share_replaces_once_and_the_earliest_sale_first() -> None:
    sales = [sale(20, 30), sale(10, 30)]
    unreplaced, used = match(sales, [bought(15, 40)])
    assert [int(shares) for _, shares in unreplaced] == [0, 20]
    assert used == {"P": 40}


def test_shares_bought_before_and_sold_since_replace_nothing() -> None:
    assert left([sale(10, 100)], [bought(12, 50, held=20)]) == [80]
    assert left([sale(10, 100)], [bought(8, 50, held=20)]) == [50]


def test_the_lot_that_was_sold_does_not_replace_itself() -> None:
    assert left([sale(10, 50, lot="P")], [bought(12, 100, held=50)]) == [50]


def test_another_group_replaces_nothing() -> None:
    assert left([sale(10, 50)], [bought(12, 100, group="OTHER")]) == [50]


def test_a_block_lasts_thirty_days_after_the_sale() -> None:
    unreplaced = [(sale(30, 10), D(10)), (sale(31, 7), D(7))]
    assert blocks_in_force([], unreplaced, TODAY) == (
        WashBlock("G", TODAY, D(10), D(2), "transactions"),
    )


def test_a_given_block_and_the_sale_behind_it_are_one() -> None:
    block = WashBlock("G", ago(5) + timedelta(days=30), D(10), D(2), "wash_blocks")
    assert blocks_in_force([block], [(sale(5, 10), D(10))], TODAY) == (block,)
    larger = blocks_in_force([block], [(sale(5, 12), D(12))], TODAY)
    assert [found.shares for found in larger] == [12]


def test_sales_of_one_day_are_one_block() -> None:
    dear = LossSale(ago(5), "G", D(30), D(6))
    (block,) = blocks_in_force([], [(sale(5, 10), D(10)), (dear, D(30))], TODAY)
    assert (block.shares, block.loss_per_share) == (40, 5)


@given(
    st.lists(st.tuples(st.integers(0, 70), st.integers(1, 50)), max_size=5),
    st.lists(st.tuples(st.integers(0, 70), st.integers(1, 50)), max_size=5),
)
def test_no_share_is_matched_twice(sold: list[tuple[int, int]], got: list[tuple[int, int]]) -> None:
    sales = [sale(days, shares) for days, shares in sold]
    purchases = [
        bought(days, shares, lot=f"P{number}") for number, (days, shares) in enumerate(got)
    ]
    unreplaced, used = match(sales, purchases)
    replaced = sum(each.shares - shares for each, shares in unreplaced)
    assert replaced == sum(used.values())
    for purchase in purchases:
        assert used.get(purchase.lot_id or "", D(0)) <= purchase.shares
    assert all(0 <= shares <= each.shares for each, shares in unreplaced)


# --- from a book ---------------------------------------------------------------------------------


def buy(folder: Any, account: str, day: date, lot: str = "NEW", **cells: str) -> None:
    folder.add(
        "lots",
        lot_id=lot,
        account_id=account,
        security_id="AGG1",
        acquired=day.isoformat(),
        shares="10",
        basis="500",
        **cells,
    )


def test_recent_purchases_of_every_account_of_the_household(folder: Any) -> None:
    folder.edit("lots", lambda rows: [row.update(acquired="2024-01-10") for row in rows])
    for number, (account, days) in enumerate(
        [("H00002-TX", 0), ("H00002-IRA", 30), ("H00002-ROTH", 31), ("H00004-TX", 3)]
    ):
        buy(folder, account, ago(days), lot=f"NEW{number}")
    book = folder.load()
    recent = recent_purchases(book.household("H00002"))
    assert [(item.lot_id, item.last_day) for item in recent] == [
        ("NEW1", TODAY),
        ("NEW0", TODAY + timedelta(days=30)),
    ]
    assert {item.shares for item in recent} == {D(10)}


def test_used_and_inherited_shares_are_no_replacements(folder: Any) -> None:
    folder.edit("lots", lambda rows: [row.update(acquired="2024-01-10") for row in rows])
    buy(folder, "H00002-TX", ago(3), lot="GIFT")
    buy(folder, "H00002-TX", ago(3), lot="USED")
    folder.edit("lots", lambda rows: [row.update(used_shares="") for row in rows])
    folder.set("lots", "lot_id", "USED", used_shares="4")
    folder.add(
        "transactions",
        date=ago(3).isoformat(),
        account_id="H00002-TX",
        security_id="AGG1",
        action="inherit",
        shares="10",
        lot_id="GIFT",
    )
    recent = recent_purchases(folder.load().household("H00002"))
    assert [(item.lot_id, item.shares) for item in recent] == [("USED", D(6))]


def sell_at_a_loss(folder: Any, account: str, days: int, **cells: str) -> None:
    given_ = {"shares": "8", "realized_gain": "-16", "term": "short"} | cells
    folder.add(
        "transactions",
        date=ago(days).isoformat(),
        account_id=account,
        security_id="AGG2",
        action="sell",
        **given_,
    )


def blocks(folder: Any, household: str = "H00002") -> list[tuple[date, Decimal, Decimal]]:
    found = folder.load().household(household).wash_blocks
    return [
        (block.until, block.shares, block.loss_per_share)
        for block in found
        if block.wash_group == "AGG2"
    ]


def test_a_recent_loss_blocks_the_household(folder: Any) -> None:
    sell_at_a_loss(folder, "H00002-TX", 10)
    assert blocks(folder) == [(TODAY + timedelta(days=20), D(8), D(2))]
    assert blocks(folder, "H00004") == []


def test_a_loss_in_an_ira_and_a_gain_block_nothing(folder: Any) -> None:
    sell_at_a_loss(folder, "H00002-IRA", 10)
    sell_at_a_loss(folder, "H00002-TX", 10, realized_gain="16")
    assert blocks(folder) == []


def test_a_loss_that_an_ira_has_replaced_blocks_only_the_rest(folder: Any) -> None:
    sell_at_a_loss(folder, "H00002-TX", 10)
    folder.add(
        "transactions",
        date=ago(4).isoformat(),
        account_id="H00002-IRA",
        security_id="AGG2",
        action="reinvest",
        shares="3",
    )
    assert blocks(folder) == [(TODAY + timedelta(days=20), D(5), D(2))]


def test_a_sale_that_does_not_say_its_gain_counts_as_a_loss(folder: Any) -> None:
    sell_at_a_loss(folder, "H00002-TX", 10, realized_gain="")
    assert blocks(folder) == [(TODAY + timedelta(days=20), D(8), D(0))]


def test_a_block_without_shares_blocks_every_purchase(folder: Any) -> None:
    folder.add("wash_blocks", household_id="H00002", wash_group="AGG2", until="2026-03-20")
    assert blocks(folder) == [(date(2026, 3, 20), UNLIMITED, D(0))]


def test_a_linked_taxpayer_of_another_household_counts(folder: Any) -> None:
    folder.edit("tax_entities", lambda rows: [row.update(wash_linked_to="") for row in rows])
    folder.set("tax_entities", "tax_entity_id", "T00004", wash_linked_to="T00002")
    sell_at_a_loss(folder, "H00004-TX", 10)
    buy(folder, "H00004-IRA", ago(2))
    assert blocks(folder) == [(TODAY + timedelta(days=20), D(8), D(2))]
    household = folder.load().household("H00002")
    assert "NEW" in {item.lot_id for item in recent_purchases(household)}
    assert "H00004-IRA" not in {account.id for account in household.accounts}
