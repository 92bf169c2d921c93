"""Wash sales of a book: what a recent purchase or loss still means today, share by share."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portfolio.household import Lot, WashBlock
from portfolio.tax.blocks import UNLIMITED, blocks_in_force
from portfolio.tax.replacements import recent_purchases
from portfolio.tax.wash_sales import WINDOW

D = Decimal
TODAY = date(2026, 3, 6)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def loss(days: int, shares: int, per_share: int = 2, source: str = "transactions") -> WashBlock:
    return WashBlock("G", ago(days) + WINDOW, D(shares), D(per_share), source)


def test_a_block_lasts_thirty_days_after_the_sale() -> None:
    assert blocks_in_force([], [loss(30, 10), loss(31, 7)], TODAY) == (
        WashBlock("G", TODAY, D(10), D(2), "transactions"),
    )


def test_a_given_block_and_the_sale_behind_it_are_one() -> None:
    block = loss(5, 10, source="wash_blocks")
    assert blocks_in_force([block], [loss(5, 10)], TODAY) == (block,)
    larger = blocks_in_force([block], [loss(5, 12)], TODAY)
    assert [found.shares for found in larger] == [12]


def test_sales_of_one_day_are_one_block() -> None:
    (block,) = blocks_in_force([], [loss(5, 10), loss(5, 30, 6)], TODAY)
    assert (block.shares, block.loss_per_share) == (40, 5)


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


# --- what the replay adds ------------------------------------------------------------------------


def trade(folder: Any, account: str, days: int, action: str, **cells: str) -> None:
    named = {"security_id": "AGG2"} | cells
    folder.add(
        "transactions", date=ago(days).isoformat(), account_id=account, action=action, **named
    )


def held(folder: Any, account: str, lot: str, days: int, shares: str, basis: str) -> None:
    folder.add(
        "lots",
        lot_id=lot,
        account_id=account,
        security_id="AGG2",
        acquired=ago(days).isoformat(),
        shares=shares,
        basis=basis,
    )


@pytest.fixture
def empty(folder: Any) -> Any:
    """The book without positions and transactions in AGG2."""
    for table in ("lots", "transactions"):
        folder.remove(table, "security_id", "AGG2")
    return folder


def lot_of(folder: Any, name: str, household: str = "H00002") -> Lot:
    accounts = folder.load().household(household).accounts
    return next(lot for account in accounts for lot in account.lots if lot.id == name)


@pytest.mark.parametrize(("order", "blocked"), [("O1", [D(4)]), ("O2", [])])
def test_the_rest_of_a_buy_order_does_not_replace_what_was_sold_of_it(
    empty: Any, order: str, blocked: list[Decimal]
) -> None:
    empty.edit("transactions", lambda rows: [row.update(order_id="") for row in rows])
    for lot, shares, amount, given_ in (("A", "4", "48", "O1"), ("B", "6", "72", order)):
        cells = {"shares": shares, "amount": amount, "lot_id": lot, "order_id": given_}
        trade(empty, "H00002-TX", 20, "buy", **cells)
    held(empty, "H00002-TX", "B", 20, "6", "72")
    sell_at_a_loss(empty, "H00002-TX", 10, shares="4", realized_gain="-8", lot_id="A", amount="40")
    assert [shares for _, shares, _ in blocks(empty)] == blocked
    recent = recent_purchases(empty.load().household("H00002"))
    assert [each.order_id for each in recent if each.lot_id == "B"] == [order]


def all_blocks(folder: Any, household: str = "H00002") -> tuple[WashBlock, ...]:
    return folder.load().household(household).wash_blocks  # type: ignore[no-any-return]


def test_a_spouse_s_lot_takes_over_the_loss_and_its_time(empty: Any) -> None:
    sell_at_a_loss(empty, "H00006-TX", 10)
    trade(empty, "H00006-SP", 4, "reinvest", shares="3", amount="30", lot_id="NEW")
    held(empty, "H00006-SP", "NEW", 4, "3", "30")
    lot = lot_of(empty, "NEW", "H00006")
    # Three of eight shares with a loss of two each; a short sale without a lot was held 60 days.
    assert (lot.basis, lot.used_shares, lot.came_by) == (36, 3, "reinvest")
    assert lot.holding_from == ago(4) - timedelta(days=60)


def test_the_broker_has_added_what_its_own_account_replaced(empty: Any) -> None:
    sell_at_a_loss(empty, "H00006-TX", 10)
    trade(empty, "H00006-TX", 4, "buy", shares="3", amount="30", lot_id="NEW")
    held(empty, "H00006-TX", "NEW", 4, "3", "36")
    lot = lot_of(empty, "NEW", "H00006")
    assert (lot.basis, lot.used_shares, lot.holding_from) == (36, 3, None)


def test_where_only_part_of_a_lot_replaced_a_loss_its_basis_is_that_of_all(empty: Any) -> None:
    sell_at_a_loss(empty, "H00006-TX", 10)
    trade(empty, "H00006-SP", 4, "buy", shares="20", amount="200", lot_id="NEW")
    held(empty, "H00006-SP", "NEW", 4, "20", "200")
    lot = lot_of(empty, "NEW", "H00006")
    assert (lot.basis, lot.used_shares, lot.holding_from) == (216, 8, None)


def test_what_a_broker_gave_its_own_lot_may_belong_to_an_ira(empty: Any) -> None:
    """The IRA bought first, so it replaced the loss, which is lost; the broker of the taxable
    account cannot know, and has put the loss on its own lot."""
    sell_at_a_loss(empty, "H00002-TX", 10)
    trade(empty, "H00002-IRA", 6, "buy", shares="8", amount="80", lot_id="IRA8")
    held(empty, "H00002-IRA", "IRA8", 6, "8", "80")
    trade(empty, "H00002-TX", 4, "buy", shares="8", amount="80", lot_id="OWN8")
    held(empty, "H00002-TX", "OWN8", 4, "8", "96")
    assert (lot_of(empty, "OWN8").basis, lot_of(empty, "OWN8").used_shares) == (80, 0)
    assert lot_of(empty, "IRA8").used_shares == 8


def test_a_loss_taken_over_blocks_when_it_is_sold_again(empty: Any) -> None:
    sell_at_a_loss(empty, "H00006-TX", 20)
    trade(empty, "H00006-SP", 15, "buy", shares="8", amount="80", lot_id="NEW")
    # The spouse's broker reports a gain of eight: it knows nothing of the sixteen taken over.
    sell_at_a_loss(empty, "H00006-SP", 5, lot_id="NEW", amount="88", realized_gain="8", shares="8")
    assert blocks(empty, "H00006") == [(TODAY + timedelta(days=25), D(8), D(1))]
    (block,) = (each for each in all_blocks(empty, "H00006") if each.wash_group == "AGG2")
    assert block.sold == (("H00006-SP", "AGG2"),)


def test_a_split_since_changes_shares_and_not_what_they_replace(empty: Any) -> None:
    sell_at_a_loss(empty, "H00002-TX", 20)
    held(empty, "H00002-TX", "OLD", 400, "40", "400")
    trade(empty, "H00002-TX", 15, "split", shares="20")
    trade(empty, "H00002-IRA", 10, "buy", shares="6", amount="30", lot_id="NEW")
    held(empty, "H00002-IRA", "NEW", 10, "6", "30")
    assert blocks(empty) == [(TODAY + timedelta(days=10), D(10), D(1))]
    assert lot_of(empty, "NEW").used_shares == 6


def test_a_split_that_nobody_can_tell_blocks_every_purchase(empty: Any) -> None:
    sell_at_a_loss(empty, "H00002-TX", 20)
    trade(empty, "H00002-TX", 15, "split", shares="8")
    assert [shares for _, shares, _ in blocks(empty)] == [UNLIMITED]


def test_shares_bought_before_the_sale_and_gone_since_replace_nothing(empty: Any) -> None:
    trade(empty, "H00002-TX", 12, "buy", shares="8", amount="80", lot_id="GONE")
    sell_at_a_loss(empty, "H00002-IRA", 11, lot_id="")
    sell_at_a_loss(empty, "H00002-TX", 10, lot_id="OLD")
    assert blocks(empty) == [(TODAY + timedelta(days=20), D(8), D(2))]


def test_shares_given_away_since_replace_nothing_later(empty: Any) -> None:
    trade(empty, "H00002-TX", 15, "buy", shares="8", amount="80", lot_id="GIFT")
    trade(empty, "H00002-TX", 12, "gift_out", shares="8", lot_id="GIFT")
    sell_at_a_loss(empty, "H00002-TX", 10, lot_id="OLD")
    assert blocks(empty) == [(TODAY + timedelta(days=20), D(8), D(2))]
    empty.remove("transactions", "action", "gift_out")
    held(empty, "H00002-TX", "GIFT", 15, "8", "80")
    assert blocks(empty) == []


def test_a_sale_that_cannot_have_happened_blocks(empty: Any) -> None:
    """The same lot in two accounts: nothing can be replayed."""
    for account in ("H00002-TX", "H00002-IRA"):
        trade(empty, account, 15, "buy", shares="8", amount="80", lot_id="TWICE")
        held(empty, account, "TWICE", 15, "8", "80")
    sell_at_a_loss(empty, "H00002-TX", 10, lot_id="OLD")
    assert blocks(empty) == [(TODAY + timedelta(days=20), D(8), D(2))]
