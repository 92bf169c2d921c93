"""Notes: which of them finished trades leave broken. They constrain nothing and are reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from compiler.closing import Closing
from compiler.statements import HouseholdPolicy, Statement
from portfolio.household import Account, Household, Lot

SHOWN = 5


def broken_notes(policy: HouseholdPolicy, closing: Closing) -> Iterator[str]:
    """A sentence for each note that a trade breaks, or that positions after the trades lie outside.

    Weights and holdings are judged as they are after the trades; other kinds, such as cash or the
    size of a trade, by what the trades do; a harvest, by what they leave undone.
    """
    for note in policy.notes:
        seen = closing.seen_by(note)
        after = replace(seen, household=after_trades(seen), sales=(), purchases=())
        judged = replace(note, strict=note.directive.asks_for_trades)
        broken = {breach.where for breach in note.directive.breaches(judged, seen)}
        broken |= {where for where, _ in note.directive.outside(note, after)}
        if broken:
            yield not_so(note.statement, broken)


def not_so(statement: Statement, broken: Iterable[str]) -> str:
    """The sentence of a note that does not hold at some places."""
    places = sorted(broken)
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return (
        f"note {statement.rule_id} ({statement.path}:{statement.line}), "
        f"{statement.directive.sentence()}: not so for {', '.join(places[:SHOWN])}{more}"
    )


def after_trades(closing: Closing) -> Household:
    """The household once the trades have settled."""
    household = closing.household
    return replace(
        household,
        flows=(),
        accounts=tuple(_account(closing, account) for account in household.accounts),
    )


def _account(closing: Closing, account: Account) -> Account:
    lots = [
        replace(lot, shares=lot.shares - closing.lot_shares_sold.get(lot.id, 0))
        for lot in account.lots
    ]
    lots += (
        Lot(
            f"{account.id}-{buy.security_id}-bought-{closing.household.as_of}",
            account.id,
            buy.security_id,
            closing.household.as_of,
            buy.shares,
            buy.amount + buy.cost,
        )
        for buy in closing.purchases
        if buy.account_id == account.id
    )
    cash = closing.cash(account, after=True) - account.unsettled_cash
    return replace(account, cash=cash, lots=tuple(lot for lot in lots if lot.shares > 0))
