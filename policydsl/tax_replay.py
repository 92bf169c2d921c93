"""Trades of a run put after a household's history, and what tax law makes of both together.

This is the law library's word, not the optimiser's: it knows lots, transactions and trades, and
neither model nor rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from compiler.closing import Closing, Sale, cents
from portfolio.book.tax_history import TaxHistory
from portfolio.holding import holding_start
from portfolio.household import Household
from portfolio.tax import events
from portfolio.tax.ledger import YearToDate
from portfolio.tax.results import OpenLot, Outcome, Realised

ZERO = Decimal(0)
HALF_A_CENT = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Washed:
    """A loss of `loss_account` that a trade of the run has washed, or a loss of the run that shares
    bought earlier have: `shares` of it, and its dollars, lost for good where
    `permanent`. `lot` is empty where a purchase of the run replaces it."""

    day: date
    loss_account: str
    loss_lot: str
    account: str
    lot: str
    security_id: str
    shares: Decimal
    amount: Decimal
    permanent: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What the library says of one sale of the run: gain in cents before wash sales, dollars
    disallowed, and whether all of it is long-term (None: parts of it are)."""

    sale: Sale
    gain: Decimal
    disallowed: Decimal
    long_term: bool | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """`years` gives what the run adds to each taxpayer's year, in cents: recognised gains, losses
    disallowed (of earlier sales of the year too) and those lost for good; `group_of` the wash group
    of each security."""

    sales: tuple[Told, ...]
    washed: tuple[Washed, ...]
    years: Mapping[str, YearToDate]
    outcome: Outcome
    stated_otherwise: frozenset[str]
    group_of: Mapping[str, str]


def replayed(history: TaxHistory, household: Household, closing: Closing) -> Replayed:
    """The trades after the history of their household, as the book has it. Raises HistoryError for
    trades of what is not held."""
    history = replace(history, groups=_groups(history, household, closing.whole or household))
    history, stated_otherwise = _as_stated(history, household)
    trades = _TodaysEvents(closing)
    before = history.outcome()
    after = history.outcome(trades.in_order())
    rows: dict[str, list[Realised]] = defaultdict(list)
    for row in after.realised:
        stated = trades.sales.get(row.sale_id) if row.lot_id in stated_otherwise else None
        rows[row.sale_id].append(replace(row, long_term=stated.long_term) if stated else row)
    told = tuple(
        _told(sale, rows[id])
        for id, sale in trades.sales.items()
        if closing.account(sale.account_id).taxable
    )
    return Replayed(
        told,
        tuple(_washed(history, trades, after)),
        _years(closing, rows, trades, before, after),
        after,
        stated_otherwise,
        {name: group for name, (group, _) in history.groups.items()},
    )


def _as_stated(history: TaxHistory, household: Household) -> tuple[TaxHistory, frozenset[str]]:
    """The history with its lots paid for so that what is left of them has the basis that the book
    states, and the lots of which the book states another basis or holding period.

    The year to date is the book's word too: a wash sale that a custodian has missed is in neither,
    and its loss would count twice if only the basis knew of it.
    """
    told: dict[str, list[OpenLot]] = defaultdict(list)
    for piece in history.outcome().open_lots:
        told[piece.lot_id].append(piece)
    stated = {lot.id: lot for account in household.accounts for lot in account.lots}
    off = {
        name: stated[name].basis - sum((piece.basis for piece in pieces), ZERO)
        for name, pieces in told.items()
        if name in stated
    }
    more = {
        name: basis / sum((piece.shares for piece in told[name]), ZERO)
        for name, basis in off.items()
        if abs(basis) >= HALF_A_CENT
    }
    tacked = {
        name
        for name in off
        if {p.holding_from for p in told[name]} != {holding_start(stated[name])}
    }
    opening = tuple(
        replace(lot, basis=lot.basis + more.get(lot.id, ZERO) * lot.shares)
        for lot in history.opening
    )
    paid = tuple(
        replace(event, cost=event.cost + more.get(event.id, ZERO) * event.shares)
        if isinstance(event, events.Purchase)
        else event
        for event in history.events
    )
    return replace(history, opening=opening, events=paid), frozenset(more.keys() | tacked)


class _TodaysEvents:
    """The trades of a run as events of tax. What is bought comes first, in retirement accounts
    before others; then everything that is sold, lot by lot, at once."""

    def __init__(self, closing: Closing) -> None:
        day = closing.household.as_of
        accounts = {account.id: account for account in closing.household.accounts}
        sold = sorted(
            closing.sales,
            key=lambda s: (s.account_id, s.security_id, s.lot.acquired, s.lot.id),
        )
        bought = sorted(
            closing.purchases,
            key=lambda b: (accounts[b.account_id].taxable, b.account_id, b.security_id),
        )
        self.sales = {f"today/sale/{k}": sale for k, sale in enumerate(sold)}
        self.purchases = {f"today/purchase/{k}": buy for k, buy in enumerate(bought)}
        self.day = day

    def in_order(self) -> list[events.Event | events.Sales]:
        bought = [buy.event(id, self.day) for id, buy in self.purchases.items()]
        sold = tuple(sale.event(id, self.day) for id, sale in self.sales.items())
        return [*bought, *([events.Sales("today", self.day, sold)] if sold else [])]


def _groups(
    history: TaxHistory, stated: Household, joined: Household
) -> dict[str, tuple[str, Decimal]]:
    """The history's wash groups, with those in one that a policy calls identical."""
    now = {
        stated.securities[name].wash_group: security.wash_group
        for name, security in joined.securities.items()
        if name in stated.securities
    }
    known = {name: (now.get(group, group), many) for name, (group, many) in history.groups.items()}
    bought = {name: (each.wash_group, Decimal(1)) for name, each in joined.securities.items()}
    return bought | known


def _told(sale: Sale, rows: list[Realised]) -> Told:
    """Proceeds and basis are rounded, each to the cent, not their difference."""
    terms = {row.long_term for row in rows}
    proceeds = sum((row.proceeds for row in rows), ZERO)
    basis = sum((row.basis for row in rows), ZERO)
    return Told(
        sale,
        cents(proceeds) - cents(basis),
        cents(sum((row.disallowed for row in rows), ZERO)),
        terms.pop() if len(terms) == 1 else None,
    )


def _washed(history: TaxHistory, trades: _TodaysEvents, after: Outcome) -> Iterator[Washed]:
    """Matches that would not be there without the trades."""
    lost = {(row.sale_id, row.lot_id): row for row in after.realised}
    owner = {lot.lot_id: lot for lot in after.open_lots}
    for match in after.matches:
        if match.sale_id in trades.sales or match.replacement_lot_id in trades.purchases:
            row, kept = lost[match.sale_id, match.loss_lot_id], owner[match.replacement_lot_id]
            yield Washed(
                row.day,
                row.account_id,
                row.lot_id,
                kept.account_id,
                "" if match.replacement_lot_id in trades.purchases else kept.lot_id,
                kept.security_id,
                match.shares,
                cents(match.amount),
                match.permanent,
            )


def _years(
    closing: Closing,
    rows: Mapping[str, list[Realised]],
    trades: _TodaysEvents,
    before: Outcome,
    after: Outcome,
) -> dict[str, YearToDate]:
    """What today adds: the rows of its sales, and what its purchases take from earlier losses."""
    entity_of = {a.id: a.tax_entity_id for a in closing.household.accounts if a.taxable}
    years = dict.fromkeys(sorted(closing.household.tax_entities), YearToDate())
    taken = [
        replace(
            new,
            proceeds=new.basis,
            disallowed=new.disallowed - old.disallowed,
            permanent=new.permanent - old.permanent,
        )
        for old, new in zip(before.realised, after.realised, strict=False)
        if new.day.year == trades.day.year
    ]
    today = [_in_cents(part) for id in trades.sales for part in _by_term(rows.get(id, ()))]
    for row in (*map(_in_cents, taken), *today):
        if row.account_id in entity_of:
            entity = entity_of[row.account_id]
            years[entity] = years[entity].with_row(row)
    return years


def _by_term(rows: Iterable[Realised]) -> Iterator[Realised]:
    """The rows of one sale, those of a term together."""
    found: dict[bool, Realised] = {}
    for row in rows:
        other = found.get(row.long_term)
        found[row.long_term] = row if other is None else _sum(other, row)
    yield from found.values()


def _sum(one: Realised, other: Realised) -> Realised:
    return replace(
        one,
        shares=one.shares + other.shares,
        proceeds=one.proceeds + other.proceeds,
        basis=one.basis + other.basis,
        disallowed=one.disallowed + other.disallowed,
        permanent=one.permanent + other.permanent,
    )


def _in_cents(row: Realised) -> Realised:
    """The row as a proposal states it: in cents."""
    return replace(
        row,
        proceeds=cents(row.proceeds),
        basis=cents(row.basis),
        disallowed=cents(row.disallowed),
        permanent=cents(row.permanent),
    )
