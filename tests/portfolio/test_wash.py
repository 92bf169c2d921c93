"""Wash sales of a book: what a recent purchase or loss still means today, share by share."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portfolio.household import WashBlock
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
