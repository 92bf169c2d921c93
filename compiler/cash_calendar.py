"""Each account's cash day by day for a year: what is due, what is there, what has yet to be raised.

The account as its trades leave it, at today's prices: what settles, what enters, what leaves and
what is set aside, in order. What is missing on a day is raised by sales in time for it, of lots
that no rule and no finding keeps from being sold on the last day that would do; the rest cannot be
met, which is known today. Exact and without a model, so that a run can be verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from compiler.ahead import on_day
from compiler.closing import Closing, cents
from compiler.payers import least_cash
from compiler.raisable import raisable
from compiler.schedules import keeps_reserves, reserves_ahead
from compiler.statements import HouseholdPolicy
from portfolio.household import Account, Flow, Household, Lot, PastTrade
from portfolio.sessions import last_to_settle_by, settles_on

ZERO = Decimal(0)
SETTLEMENT, RESERVE, RELEASE = "settlement", "reserve", "release"
MOST_COST = Decimal("0.005")
"""Part of what trades come to that their costs may be, where unsettled cash is theirs."""
_ORDER = (SETTLEMENT, "deposit", RELEASE)
"""What comes first on a day; what leaves comes after it, and what is set aside last."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of an account's cash, in dollars; negative is out, or set aside.

    `day` is as stated and `session` when the money moves: what leaves on a day on which nothing
    settles leaves on the day before it that does, what enters is there on the next one. `before` is
    the settled cash by then. `source` is the key of the statement that asks for it, empty for the
    book. Sales of `to_raise` are still to be made, by `raise_by` at the latest (None: it is too
    late, or nothing has to be sold); `missing` cannot be had, and `in_the_way` are dollars of lots
    that statements (by key, empty where the account may not trade) keep from being sold.
    """

    account_id: str
    day: date
    session: date
    kind: str
    amount: Decimal
    source: str
    before: Decimal
    raise_by: date | None = None
    to_raise: Decimal = ZERO
    missing: Decimal = ZERO
    in_the_way: tuple[tuple[str, Decimal], ...] = ()


def cash_calendar(policy: HouseholdPolicy, closing: Closing) -> tuple[Entry, ...]:
    """The entries of every account that pays, receives or sets aside cash within a year."""
    if not (closing.whole or closing.household).flows and not keeps_reserves(policy):
        return ()
    home = _after(closing)
    reserves = tuple(reserves_ahead(home, policy))
    found: list[Entry] = []
    for account in home.accounts:
        moves = [f for f in (*home.flows, *reserves) if f.account_id == account.id]
        if moves and not account.held_away:
            found += _Ledger(home, policy, account).entries(moves, closing)
    return tuple(found)


@dataclass
class _Ledger:
    """The cash of one account as the year goes on; `sold` are the dollars raised so far."""

    home: Household
    policy: HouseholdPolicy
    account: Account
    cash: Decimal = ZERO
    sold: Decimal = ZERO

    def entries(self, moves: list[Flow], closing: Closing) -> Iterator[Entry]:
        home, today = self.home, self.home.as_of
        settled = settles_on(today, home.settlement_days, home.calendar)
        before = closing.account(self.account.id)
        coming = _unsettled(before, closing.household, settled)
        coming[settled] += closing.cash(before, after=True) - closing.cash(before, after=False)
        self.cash = before.cash
        arrive = [
            Flow(self.account.id, day, dollars, SETTLEMENT) for day, dollars in coming.items()
        ]
        dated = [(_moves_on(move, home, settled), move) for move in moves]
        dated += [(flow.day, flow) for flow in arrive if flow.amount]
        for session, move in sorted(dated, key=lambda each: (each[0], _rank(each[1]))):
            yield self._entry(move, session, early=session < settled)

    def _entry(self, move: Flow, session: date, *, early: bool) -> Entry:
        """Pays as far as can be: what cannot be raised stays unpaid. Before today's trades settle
        it is paid all the same, and the account overdrawn until they do."""
        entry = Entry(
            self.account.id, move.day, session, move.kind, move.amount, move.source, self.cash
        )
        self.cash += move.amount
        if move.kind == SETTLEMENT or move.amount >= 0 or self.cash >= self._least(session):
            return entry
        home = self.home
        last = last_to_settle_by(session, home.settlement_days, home.calendar)
        if last <= home.as_of:
            entry = replace(entry, missing=min(-move.amount, max(ZERO, -self.cash)))
        else:
            entry = self._raised(entry, last)
        if not early:
            self.cash += entry.missing
        return entry

    def _least(self, day: date) -> Decimal:
        """Cash that rules have the account keep on a day, once what is due by then is paid."""
        least = least_cash(on_day(self.home, day), self.policy.on(day))
        return least.get(self.account.id, ZERO)

    def _raised(self, entry: Entry, last: date) -> Entry:
        """Sells what is short of the least cash, as far as lots may be sold on the last day."""
        short = self._least(entry.session) - self.cash
        could = raisable(
            on_day(self.home, last), self.account, self.policy.on(last), self.sold + short
        )
        raised = min(short, max(ZERO, cents(could.dollars) - self.sold))
        self.sold += raised
        self.cash += raised
        missing = min(-entry.amount, max(ZERO, -self.cash))
        barred = sorted(could.barred.items(), key=lambda each: (-each[1], each[0]))
        way = tuple((key, cents(dollars)) for key, dollars in barred) if missing else ()
        by = last if raised or missing else None
        return replace(entry, raise_by=by, to_raise=raised, missing=missing, in_the_way=way)


def _unsettled(account: Account, home: Household, settled: date) -> dict[date, Decimal]:
    """Dollars of the account's unsettled cash by the day on which they settle: those of the trades
    among its transactions that have not settled, where these are what is unsettled but for costs;
    else all of them with today's trades, `settled`."""
    found: dict[date, Decimal] = {}
    traded = ZERO
    for trade in home.past_trades:
        day = settles_on(trade.day, home.settlement_days, home.calendar)
        if trade.account_id == account.id and home.as_of < day:
            found[day] = found.get(day, ZERO) - trade.amount
            traded += abs(trade.amount)
    rest = account.unsettled_cash - sum(found.values(), ZERO)
    if not found or abs(rest) > MOST_COST * traded:
        return {settled: account.unsettled_cash}
    found[max(found)] += rest
    return {settled: ZERO, **found}


def _moves_on(move: Flow, home: Household, settled: date) -> date:
    """The day on which the money moves, one on which trades settle; today for what should have
    moved already. What is set aside is of the cash that today's trades leave, so not before they
    settle."""
    if move.amount >= 0:
        return settles_on(move.day, 0, home.calendar)
    first = settled if move.kind == RESERVE else home.as_of
    last = last_to_settle_by(move.day, home.settlement_days, home.calendar)
    return max(first, settles_on(last, home.settlement_days, home.calendar))


def _rank(move: Flow) -> tuple[int, bool, str, str]:
    first = _ORDER.index(move.kind) if move.kind in _ORDER else len(_ORDER)
    return first + (move.kind == RESERVE), bool(move.source), move.kind, move.source


def _after(closing: Closing) -> Household:
    """The household with the positions that its trades leave, and those trades behind it; cash
    stays as it was."""
    home = closing.whole or closing.household
    accounts = tuple(
        replace(account, lots=(*_left(account, closing), *_bought(account, closing)))
        for account in home.accounts
    )
    today = tuple(
        PastTrade(
            trade.account_id,
            home.securities[trade.security_id],
            home.as_of,
            sign * trade.shares,
            sign * trade.amount,
        )
        for sign, trades in ((1, closing.purchases), (-1, closing.sales))
        for trade in trades
    )
    return replace(home, accounts=accounts, past_trades=(*home.past_trades, *today))


def _left(account: Account, closing: Closing) -> Iterator[Lot]:
    for lot in account.lots:
        sold = closing.lot_shares_sold.get(lot.id, ZERO)
        left = lot.shares - sold
        if not sold:
            yield lot
        elif left > 0:
            yield replace(lot, shares=left, basis=lot.basis * left / lot.shares)


def _bought(account: Account, closing: Closing) -> Iterator[Lot]:
    for buy in closing.purchases:
        if buy.account_id == account.id:
            yield Lot(
                id=f"{account.id} {buy.security_id} bought",
                account_id=account.id,
                security_id=buy.security_id,
                acquired=closing.household.as_of,
                shares=buy.shares,
                basis=buy.amount + buy.cost,
            )
