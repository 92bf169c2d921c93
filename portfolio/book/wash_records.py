"""What past wash sales still mean for a household: blocks in force, shares that have replaced a
loss, and basis that moved across its accounts.

The book's transactions are replayed. What of them cannot be read counts as a loss that nothing has
replaced: the cautious side for every purchase.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from portfolio.book.contents import Contents, Row, day_in, number_in
from portfolio.book.tax_history import WAS_SPLIT, TaxHistory, Untold, tax_history
from portfolio.household import WashBlock
from portfolio.tax.across import Across, across
from portfolio.tax.blocks import UNLIMITED, blocks_in_force
from portfolio.tax.broker import as_reported
from portfolio.tax.events import Purchase
from portfolio.tax.positions import HistoryError
from portfolio.tax.results import Outcome
from portfolio.tax.wash_sales import WINDOW


@dataclass(frozen=True)
class WashRecord:
    """Blocks in force, and by lot the shares that have replaced a loss and what wash sales across
    accounts did to it."""

    blocks: tuple[WashBlock, ...] = ()
    used: Mapping[str, Decimal] = field(default_factory=dict)
    across: Mapping[str, Across] = field(default_factory=dict)


def wash_record(
    contents: Contents, household_id: str, accounts: list[Row], linked: list[Row]
) -> WashRecord:
    """The record of a household, from its own accounts and those linked to it.

    Only wash groups with a loss are replayed: nothing happens in the others (26 USC 1091(a)).
    """
    rows = [*accounts, *linked]
    groups = {
        group
        for row in rows
        for group in contents.lost_in.get(row.get("account_id") or "", frozenset())
    }
    households = [household_id, *sorted({row.get("household_id") or "" for row in linked})]
    given = [
        _given(contents, row)
        for each in households
        for row in contents.rows("wash_blocks", "household_id", each)
    ]
    if not groups:
        return WashRecord(blocks_in_force(given, (), contents.as_of))
    history = tax_history(contents, rows, groups, amounts=False)
    try:
        outcome = history.outcome()
    except HistoryError:
        # The book says what cannot be: then no loss counts as replaced, and no share as used.
        losses = [*history.untold, *(Untold(row, "") for row in history.records.values())]
        return WashRecord(
            blocks_in_force(given, _doubtful(contents, history, losses), contents.as_of)
        )
    doubtful = _doubtful(contents, history, [*history.untold, *_denied(history, outcome)])
    blocks = blocks_in_force(given, [*_open(contents, outcome), *doubtful], contents.as_of)
    used: dict[str, Decimal] = {}
    for lot in outcome.open_lots:
        if lot.used:
            used[lot.lot_id] = used.get(lot.lot_id, Decimal(0)) + lot.shares
    return WashRecord(blocks, used, _across(history, outcome))


def _given(contents: Contents, row: Row) -> WashBlock:
    return WashBlock(
        wash_group=row.get("wash_group") or "",
        until=day_in(row, "until") or contents.as_of + WINDOW,
        shares=number_in(row, "shares", str(UNLIMITED)),
        loss_per_share=number_in(row, "loss_per_share"),
        source="wash_blocks",
    )


def _open(contents: Contents, outcome: Outcome) -> Iterator[WashBlock]:
    """Losses that a purchase would still wash."""
    for loss in outcome.open_losses:
        security = contents.securities.get(loss.security_id)
        if security is not None:
            yield WashBlock(
                security.wash_group,
                loss.day + WINDOW,
                loss.shares,
                loss.loss_per_share,
                "transactions",
                ((loss.account_id, loss.security_id),),
            )


def _denied(history: TaxHistory, outcome: Outcome) -> Iterator[Untold]:
    """Sales of which the book says a loss where the replay finds none."""
    lost = {row.sale_id for row in outcome.realised if row.gain < 0}
    for name, row in history.records.items():
        if name not in lost:
            yield Untold(row, "its lot cost less")


def _doubtful(
    contents: Contents, history: TaxHistory, losses: Iterable[Untold]
) -> Iterator[WashBlock]:
    """Sales in taxable accounts that are a loss, or may be one, as if nothing had replaced them; of
    today where the day is unknown."""
    for each in losses:
        row = each.row
        account = row.get("account_id") or ""
        security = contents.securities.get(row.get("security_id") or "")
        text = row.get("realized_gain")
        sale = row.get("action") in (None, "sell") and history.holders[account].taxable
        shares = number_in(row, "shares", str(UNLIMITED))
        if not sale or security is None or shares == 0 or (text is not None and Decimal(text) >= 0):
            continue
        yield WashBlock(
            security.wash_group,
            (day_in(row, "date") or contents.as_of) + WINDOW,
            UNLIMITED if each.why == WAS_SPLIT else shares,
            Decimal(0) if text is None else -Decimal(text) / shares,
            "transactions",
            ((account, security.id),),
        )


def _across(history: TaxHistory, outcome: Outcome) -> Mapping[str, Across]:
    """Nothing, unless a loss was replaced in another account or by another security."""
    place = {lot.id: (lot.account_id, lot.security_id) for lot in history.opening}
    place |= {
        event.id: (event.account_id, event.security_id)
        for event in history.events
        if isinstance(event, Purchase)
    }
    if all(place[each.loss_lot_id] == place[each.replacement_lot_id] for each in outcome.matches):
        return {}
    reported = as_reported(history.in_order, history.holders, history.opening)
    taxable = [told for name, told in reported.items() if history.holders[name].taxable]
    held = {lot.lot_id for told in taxable for lot in told.open_lots}
    return {name: each for name, each in across(outcome, taxable).items() if name in held}
