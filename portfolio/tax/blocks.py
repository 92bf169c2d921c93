"""Which purchases a loss already taken still forbids: until 30 days after it they would wash it
(26 USC 1091(a))."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from portfolio.household import WashBlock

# Stands for "every purchase" where a block has no number of shares.
UNLIMITED = Decimal(10) ** 9


def blocks_in_force(
    given: Iterable[WashBlock], derived: Iterable[WashBlock], as_of: date
) -> tuple[WashBlock, ...]:
    """Blocks that are given and blocks of losses in a history, as far as they hold on `as_of`.

    Blocks of one group and one day are one. A given block that ends on the same day as one of the
    history is about the same sale: the larger number of shares holds.
    """
    found = _added(given)
    for key, block in _added(derived).items():
        known = found.get(key)
        larger = known is None or block.shares > known.shares
        found[key] = block if larger or known is None else replace(known, sold=block.sold)
    held = [block for block in found.values() if block.until >= as_of]
    return tuple(sorted(held, key=lambda block: (block.wash_group, block.until)))


def _added(blocks: Iterable[WashBlock]) -> dict[tuple[str, date], WashBlock]:
    """One block for each group and day: shares add up, losses are averaged."""
    found: dict[tuple[str, date], WashBlock] = {}
    for block in sorted(blocks, key=lambda block: (block.sold, block.shares, block.loss_per_share)):
        key = (block.wash_group, block.until)
        found[key] = _together(found[key], block) if key in found else block
    return found


def _together(one: WashBlock, other: WashBlock) -> WashBlock:
    lost = one.loss_per_share * one.shares + other.loss_per_share * other.shares
    shares = one.shares + other.shares
    return replace(
        one,
        shares=min(shares, UNLIMITED),
        loss_per_share=lost / shares if shares else Decimal(0),
        sold=tuple(sorted({*one.sold, *other.sold})),
    )
