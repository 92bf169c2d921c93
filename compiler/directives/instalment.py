"""`sell 1,000 shares of "ACME" each quarter`, `buy $5,000 of bonds each month on day 15`: trades
made bit by bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import ClassVar

from compiler.amounts import Base
from compiler.closing import Closing
from compiler.coverage import selects
from compiler.dimensions import Dimension, describe_number, describe_value
from compiler.directives.base import (
    Breach,
    Dial,
    Directive,
    Family,
    dollars_breach,
    holders,
    least,
    selective_clause,
)
from compiler.instalments import known_from, pace
from compiler.physics import Physics
from compiler.selections import Selection
from compiler.statements import InForce, Statement
from compiler.sums import Column, Sum, plain
from compiler.tableau import Block
from compiler.timetable import Timetable
from grammar import tree
from portfolio.flows import months_after
from portfolio.household import Account, Household
from portfolio.sessions import is_due, session_by

ZERO = Decimal(0)
CLOSE = Decimal(5)
"""Dollars by which a purchase or sale in dollars may fall short of its share, as by one share."""
SLACK = 0.001
"""Part of a share increment: room for the solver's tolerance, too little for an order."""

Targets = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class _Place:
    """What an instalment asks for at one place, in shares of one security or in dollars of all.

    `so_far` was done since the days began that count, `due` has to be done after today's trades and
    `most` may be (None: however much); orders are of whole `step`s, and what is less than `close`
    short is not missed.
    """

    where: str
    accounts: frozenset[str]
    names: tuple[str, ...]
    so_far: Decimal
    due: Decimal
    most: Decimal | None
    step: Decimal
    close: Decimal


@dataclass(frozen=True)
class Instalment(Directive):
    """Each instalment is made from its day on (`by` a day: on that day at the latest), as far as
    the hard rules allow, and no more than it.

    `amount` is in shares of each security or in `dollars` of all together; None is all that was
    held on the first day. Of a sale what is bought back counts against it.
    """

    kind: ClassVar[str] = "instalment"
    family: ClassVar[Family] = Family.SCHEDULE
    never_soft: ClassVar[str] = "it gives way to every hard rule as it is"
    breakable: ClassVar[bool] = False

    action: str
    amount: Decimal | None
    dollars: bool
    things: Selection
    times: Timetable
    base: Base

    @property
    def selection(self) -> Selection:
        """What is sold or bought."""
        return self.things

    @property
    def brings_in(self) -> tuple[str, ...]:
        return self.things.named if self.action == "buy" else ()

    @property
    def slot(self) -> tuple[str, ...]:
        how_much = "" if self.amount is None else self._describe(self.amount)
        return self.action, how_much, self.things.describe(), self.times.describe(), self.base

    @property
    def gradual(self) -> bool:
        """Whether what was done already is counted from the rule's first day."""
        return bool(self.times.parts) or (self.times.by is not None and self.amount is not None)

    @property
    def dials(self) -> tuple[Dial, ...]:
        return () if self.amount is None else (Dial("amount", -1, Decimal(1)),)

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause)

    def remarks(self, household: Household) -> Iterator[str]:
        """Where an instalment of today began before the book does."""
        if self.times.by is not None or self.times.parts:
            return
        today, known = household.as_of, known_from(household)
        *_, last = self.times.days(None, months_after(today, -24), today)
        if last < known:
            yield f"`{self.times.describe()}` reaches back to {last}, and the book to {known}"

    def ever_due(self, starts: date | None, ends: date | None) -> bool:
        return self.times.ever(starts, ends)

    def sentence(self) -> str:
        amount = "" if self.amount is None else f"{self._describe(self.amount)} of "
        things, times = self.things, self.times.describe()
        said = f"{self.action} {amount}{things.subject} {times} per {self.base}"
        return said + things.narrowing

    def _describe(self, amount: Decimal) -> str:
        if not self.dollars and amount == 1:
            return "1 share"
        return describe_value(amount, Dimension.MONEY if self.dollars else Dimension.SHARES)

    def describe_today(self, statement: Statement, household: Household) -> str:
        """Which instalment is due, when the next one is, and from when trades count."""
        today, said = household.as_of, []
        found = pace(self.times, statement, household)
        begins = statement.starts
        if self.times.parts and begins is not None:
            said.append(f"{self.times.begun(begins, today)} of {self.times.parts} parts")
        elif self.times.by is not None:
            reached = is_due(self.times.by, today, household.calendar)
            day = session_by(self.times.by, household.calendar)
            said.append("due" if reached else f"due on {day}")
        elif found is not None and self.times.period:
            said.append(f"due since {found.since}")
        ahead = months_after(today, 24)
        last = ahead if statement.ends is None else min(ahead, statement.ends)
        days = (day for day in self.times.days(begins, today, last) if day > today)
        coming = None if self.times.by is not None else next(days, None)
        if coming is not None:
            said.append(f"next on {coming}")
        once = self.times.parts or self.times.by is not None
        if once and found is not None and begins is not None and begins < found.since:
            said.append(f"counted from {found.since}, as far back as the book goes")
        return "; ".join(said)

    # --- places -----------------------------------------------------------------------------------

    def _places(self, scope: InForce, household: Household, targets: Targets) -> Iterator[_Place]:
        """`targets` are those of the accounts that may trade."""
        for holder, own, _ in holders(self.base, scope, household):
            accounts = tuple(a for a in own if a.id in targets)
            if not accounts:
                continue
            names = self._names(scope, household, accounts, targets)
            if self.dollars:
                yield from self._place(holder, scope, household, accounts, names)
                continue
            for name in names:
                yield from self._place(f"{holder} {name}", scope, household, accounts, (name,))

    def _names(
        self,
        scope: InForce,
        household: Household,
        accounts: tuple[Account, ...],
        targets: Targets,
    ) -> tuple[str, ...]:
        """Securities it is about that are held there, belong there or are named."""
        named = {
            name
            for name, security in household.securities.items()
            if not {name, security.ticker}.isdisjoint(self.brings_in)
        }
        found: set[str] = set()
        for account in accounts:
            near = {lot.security_id for lot in account.lots} | set(targets[account.id]) | named
            found |= {
                name
                for name in near
                if selects(scope, household, account, household.securities[name])
            }
        return tuple(sorted(name for name in found if name in household.prices))

    def _place(
        self,
        where: str,
        scope: InForce,
        household: Household,
        accounts: tuple[Account, ...],
        names: tuple[str, ...],
    ) -> Iterator[_Place]:
        found = pace(self.times, scope.statement, household)
        if found is None:
            return
        so_far = self._so_far(scope, household, accounts, names, found.since)
        held = sum(
            (
                lot.shares * (household.prices[lot.security_id] if self.dollars else 1)
                for a in accounts
                for lot in a.lots
                if lot.security_id in names
            ),
            ZERO,
        )
        there = so_far + held if self.action == "sell" else None
        whole = there if self.amount is None else self.amount * found.rest
        assert whole is not None, "a purchase says how much"
        step = ZERO if self.dollars else max(_step(household, a, names[0]) for a in accounts)
        due, most = (
            None if part is None else _reachable(whole * part, so_far, there, step)
            for part in (found.due, found.most)
        )
        assert due is not None
        due = due if found.due else min(due, so_far)
        close = step if step < 1 else ZERO
        if self.dollars:
            dearest = max((household.prices[name] for name in names), default=ZERO)
            close = max(dearest, CLOSE)
        ids = frozenset(a.id for a in accounts)
        yield _Place(where, ids, names, so_far, due, most, step, close)

    def _so_far(
        self,
        scope: InForce,
        household: Household,
        accounts: tuple[Account, ...],
        names: tuple[str, ...],
        since: date,
    ) -> Decimal:
        """Shares or dollars sold, less what was bought back, or bought, from a day to yesterday's
        book."""
        account_of = {a.id: a for a in accounts}
        total = ZERO
        for trade in household.past_trades:
            account = account_of.get(trade.account_id)
            if account is None or not since <= trade.day <= household.as_of:
                continue
            counts = (
                selects(scope, household, account, trade.security)
                if self.dollars
                else trade.security.id in names
            )
            if counts:
                total += self._counted(trade.amount if self.dollars else trade.shares)
        return total

    def _counted(self, bought: Decimal) -> Decimal:
        return -bought if self.action == "sell" else max(bought, ZERO)

    def sale_ceilings(
        self, scope: InForce, household: Household, account: Account
    ) -> Iterator[tuple[frozenset[str], Decimal]]:
        """What the instalments up to the household's day leave to be sold."""
        every: Targets = {each.id: {} for each in household.accounts}
        places = self._places(scope, household, every) if self.action == "sell" else ()
        for place in places:
            if place.most is not None and account.id in place.accounts:
                worth = Decimal(1) if self.dollars else household.prices[place.names[0]]
                yield frozenset(place.names), max(ZERO, place.most - place.so_far) * worth

    # --- model ------------------------------------------------------------------------------------

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Rows `most` and `least` a holder (and security, of shares): what is done is no more than
        the instalment, and no less as far as the other rules allow."""
        for place in self._places(scope, physics.household, physics.targets):
            price = ZERO if self.dollars else physics.household.prices[place.names[0]]
            worth = Decimal(1) if self.dollars else price
            before = physics.bp(place.so_far * worth)
            slack = 0.0 if self.dollars else SLACK * physics.bp(place.step * worth)
            run = self._run(block, physics, place)
            done = run.plus(before)
            if place.most is not None:
                most = physics.bp(place.most * worth) + slack
                physics.upper(
                    block,
                    "most",
                    place.where,
                    done,
                    before,
                    most,
                    scope=scope,
                    cured=False,
                    tighten=self.dollars,
                )
            due = physics.bp((place.due - (place.close if self.dollars else ZERO)) * worth)
            physics.upper(
                block,
                "least",
                place.where,
                -done,
                -before,
                slack - due,
                scope=scope,
                tighten=self.dollars,
            )

    def _run(self, block: Block, physics: Physics, place: _Place) -> Sum:
        """What today's trades add to it (bp)."""
        sells: list[Column] = []
        buys: list[Column] = []
        for (owner, name), position in physics.positions.items():
            if owner in place.accounts and name in place.names:
                sells += position.sells
                buys += [position.buy] if position.buy is not None else []
        if self.action == "buy":
            sells = []
        if not sells and not buys and place.due > place.so_far:
            # What nothing can be done about is missed all the same, and said.
            buys = [block.column("nothing", None, 0.0, 0.0)]
        sign = 1.0 if self.action == "buy" else -1.0
        return plain(buys, sign) + plain(sells, -sign)

    # --- check ------------------------------------------------------------------------------------

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """No more is done than the instalment, or than was done before; and no less than before, or
        than the instalment where `scope.strict`."""
        for place in self._places(scope, closing.household, closing.targets):
            after = place.so_far + sum(
                (
                    self._counted(sign * (trade.amount if self.dollars else trade.shares))
                    for sign, trades in ((1, closing.purchases), (-1, closing.sales))
                    for trade in trades
                    if trade.account_id in place.accounts and trade.security_id in place.names
                ),
                ZERO,
            )
            if place.most is not None and after > max(place.most, place.so_far):
                yield self._breach(scope, place, after, place.most)
            due = place.due - place.close
            if after < least(scope, due, place.so_far):
                yield self._breach(scope, place, after, due)

    def _breach(self, scope: InForce, place: _Place, found: Decimal, bound: Decimal) -> Breach:
        what = "sold" if self.action == "sell" else "bought"
        if self.dollars:
            return dollars_breach(scope, place.where, f"what is {what}", found, bound)
        side = "above" if found > bound else "below"
        message = (
            f"{describe_number(found)} shares are {what} of {place.where}, "
            f"{side} {describe_number(bound)}"
        )
        return Breach(scope.statement.key, place.where, found, bound, "shares", message)


def _reachable(whole: Decimal, so_far: Decimal, there: Decimal | None, step: Decimal) -> Decimal:
    """How much can be done in all where today's order is of whole steps, or closes the position."""
    if there is not None and whole >= there:
        return there
    run = whole - so_far
    if run <= 0 or step == 0:
        return whole
    return so_far + (run / step).to_integral_value(ROUND_FLOOR) * step


def _step(household: Household, account: Account, name: str) -> Decimal:
    """Smallest step of an order, shares."""
    step = household.securities[name].share_increment
    return step if account.fractional else max(step, Decimal(1))
