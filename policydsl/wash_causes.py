"""Which purchase washes a loss, or would wash one that is not taken, and which loss a purchase that
is not made would wash: in words, with accounts and days (26 USC 1091(a))."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from compiler.closing import Closing, Sale
from policydsl.propose import Proposal
from portfolio.household import Household, Lot, WashBlock
from portfolio.tax.blocks import UNLIMITED
from portfolio.tax.prospective import first_clean_day
from portfolio.tax.replacements import recent_purchases
from portfolio.tax.wash_sales import WINDOW

CAME_BY = {"buy": "bought", "reinvest": "reinvested", "vest": "vested", "": "bought"}
ZERO = Decimal(0)


def wash_causes(
    proposal: Proposal, account_id: str, security_id: str, lot_ids: Collection[str]
) -> tuple[str, ...]:
    """Of lots of a position that are not sold, or of a purchase (no `lot_ids`) that is not made;
    earliest first, empty where no wash sale is near. Shares sold today replace nothing."""
    compiled = proposal.compiled
    if compiled is None:
        return ()
    household = compiled.physics.whole or compiled.physics.household
    if not lot_ids:
        return tuple(_blocks(proposal, household, household.securities[security_id].wash_group))
    account = compiled.physics.account(account_id)
    price = household.prices[security_id]
    lots = [lot for lot in account.lots if lot.id in lot_ids and lot.basis > lot.shares * price]
    return tuple(_replacements(proposal, household, lots)) if account.taxable and lots else ()


def washed_part(closing: Closing, sales: Sequence[Sale]) -> str:
    """What of the losses of an order is disallowed, and by which shares; empty where nothing is."""
    lost = sum((closing.disallowed(sale) for sale in sales), ZERO)
    if not lost:
        return ""
    shares: dict[str, Decimal] = {}
    for sale in sales:
        for name, many in closing.replaced_by(sale).items():
            shares[name] = shares.get(name, ZERO) + many
    kept = []
    for each in recent_purchases(closing.whole or closing.household):
        if each.lot_id in shares:
            of = _of(closing.household, each.security_id, sales[0].security_id)
            kept.append(
                f"{shares[each.lot_id].normalize():f} shares{of} {CAME_BY[each.came_by]} on "
                f"{each.acquired} in {each.account_id}"
            )
    # Lots at a gain and at a loss may be of one order.
    part = "of it" if all(sale.gain < 0 for sale in sales) else "of its losses"
    return f"${lost:,.2f} {part} disallowed, replaced by {' and '.join(kept)}"


def _replacements(proposal: Proposal, household: Household, lots: Sequence[Lot]) -> Iterator[str]:
    closing = proposal.closing
    sold = lots[0].security_id
    group = household.securities[sold].wash_group
    gone = {} if closing is None else closing.lot_shares_sold
    washed = ZERO
    for each in recent_purchases(household):
        able = sum((lot.shares for lot in lots if not each.bought_with(lot)), ZERO)
        shares = min(each.shares - gone.get(each.lot_id, ZERO), able - washed)
        if each.wash_group != group or shares <= 0:
            continue
        washed += shares
        of = _of(household, each.security_id, sold)
        yield (
            f"{shares.normalize():f} shares{of} {CAME_BY[each.came_by]} on {each.acquired} in "
            f"{each.account_id} would wash {shares.normalize():f} shares of it until "
            f"{each.last_day} (first clean day {first_clean_day(each.acquired)})"
        )
    for buy in () if closing is None else closing.purchases:
        left = sum((lot.shares for lot in lots), ZERO) - washed
        if household.securities[buy.security_id].wash_group == group and left > 0:
            shares = min(buy.shares, left)
            washed += shares
            of = _of(household, buy.security_id, sold)
            yield (
                f"{shares.normalize():f} shares{of} bought in this run in {buy.account_id} would "
                f"wash {shares.normalize():f} shares of it"
            )


def _blocks(proposal: Proposal, household: Household, group: str) -> Iterator[str]:
    closing = proposal.closing
    for block in household.wash_blocks:
        if block.wash_group == group:
            yield _blocked(household, block)
    for sale in () if closing is None else closing.sales:
        same = household.securities[sale.security_id].wash_group == group
        if same and sale.gain < 0 and closing and closing.account(sale.account_id).taxable:
            ticker = household.securities[sale.security_id].ticker
            yield (
                f"it would wash the loss on {sale.shares.normalize():f} {ticker} sold in this run "
                f"in {sale.account_id} until {household.as_of + WINDOW} "
                f"(first clean day {first_clean_day(household.as_of)})"
            )


def _blocked(household: Household, block: WashBlock) -> str:
    sold = block.until - WINDOW
    many = "all" if block.shares == UNLIMITED else f"{block.shares.normalize():f}"
    if block.sold:
        where = " and ".join(f"{_ticker(household, name)} in {a}" for a, name in block.sold)
    else:
        where = f"{block.wash_group} that the book's wash_blocks give"
    return (
        f"it would wash the loss on {many} shares sold on {sold} of {where} until {block.until} "
        f"(first clean day {first_clean_day(sold)})"
    )


def _of(household: Household, name: str, other: str) -> str:
    return "" if name == other else f" of {_ticker(household, name)}"


def _ticker(household: Household, name: str) -> str:
    known = household.securities.get(name)
    return name if known is None else known.ticker
