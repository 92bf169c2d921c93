"""Wash sales: which recent purchases and which recent loss sales matter today.

26 USC 1091(a): a loss is disallowed as far as substantially identical securities are bought within
30 days before or after the sale, in any account of the taxpayer, an IRA's included (Rev. Rul.
2008-5), and the spouse's (Pub. 550); the household stands for both. Replacements are matched in
the order of purchase and each share replaces once (Treas. Reg. 1.1091-1(c)-(e)).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolio.household import WashBlock
from portfolio.tax.wash_sales import WINDOW

# Stands for "every purchase" where a block has no number of shares.
UNLIMITED = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class LossSale:
    """Shares sold at a loss in a taxable account; `lot_id` where the book names the lot sold."""

    day: date
    wash_group: str
    shares: Decimal
    loss_per_share: Decimal
    lot_id: str | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """Shares bought in any account of the household; `held` of them are still there."""

    day: date
    wash_group: str
    shares: Decimal
    held: Decimal
    lot_id: str | None = None


def match(
    sales: Iterable[LossSale], purchases: Iterable[Purchase]
) -> tuple[list[tuple[LossSale, Decimal]], dict[str, Decimal]]:
    """Matches loss sales with replacements: (sales with their unreplaced shares, used by lot).

    Sales are taken in the order of their days, each with the earliest purchases in its window
    first. A purchase before the sale counts only with the shares still held, and never with the
    lot that was sold.
    """
    ordered = sorted(purchases, key=lambda purchase: purchase.day)
    left = [purchase.shares for purchase in ordered]
    used: dict[str, Decimal] = {}
    unreplaced = []
    for sale in sorted(sales, key=lambda sale: sale.day):
        wanting = sale.shares
        for index, purchase in enumerate(ordered):
            if not _replaces(purchase, sale):
                continue
            available = left[index]
            if purchase.day < sale.day:
                available -= purchase.shares - min(purchase.held, purchase.shares)
            taken = min(wanting, max(available, Decimal(0)))
            left[index] -= taken
            wanting -= taken
            if taken and purchase.lot_id is not None:
                used[purchase.lot_id] = used.get(purchase.lot_id, Decimal(0)) + taken
        unreplaced.append((sale, wanting))
    return unreplaced, used


def _replaces(purchase: Purchase, sale: LossSale) -> bool:
    same_lot = sale.lot_id is not None and purchase.lot_id == sale.lot_id
    within = abs(purchase.day - sale.day) <= WINDOW
    return purchase.wash_group == sale.wash_group and within and not same_lot


def blocks_in_force(
    given: Iterable[WashBlock],
    unreplaced: Iterable[tuple[LossSale, Decimal]],
    as_of: date,
) -> tuple[WashBlock, ...]:
    """Blocks of the book and of recent loss sales that still hold on `as_of`.

    Sales of one group on one day are one block. A given block that ends on the same day for the
    same group is about the same sale: the larger number of shares holds.
    """
    blocks: dict[tuple[str, date], WashBlock] = {}
    for sale, shares in unreplaced:
        if shares > 0:
            block = WashBlock(
                sale.wash_group, sale.day + WINDOW, shares, sale.loss_per_share, "transactions"
            )
            _add(blocks, block)
    derived, blocks = blocks, {}
    for block in given:
        _add(blocks, block)
    for key, block in derived.items():
        if key not in blocks or block.shares > blocks[key].shares:
            blocks[key] = block
    held = [block for block in blocks.values() if block.until >= as_of]
    return tuple(sorted(held, key=lambda block: (block.wash_group, block.until)))


def _add(blocks: dict[tuple[str, date], WashBlock], block: WashBlock) -> None:
    """Adds a block to another of the same group and day: shares add up, losses are averaged."""
    key = (block.wash_group, block.until)
    if key in blocks:
        other = blocks[key]
        shares = min(other.shares + block.shares, UNLIMITED)
        loss = other.loss_per_share * other.shares + block.loss_per_share * block.shares
        block = WashBlock(
            block.wash_group,
            block.until,
            shares,
            loss / (other.shares + block.shares),
            block.source,
        )
    blocks[key] = block
