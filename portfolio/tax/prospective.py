"""What trades would do to wash sales, asked before they are made.

Trades are tried by replaying the history with them and with what is scheduled: the whole batch over
all accounts at once, so a loss sale and an IRA's purchase of one run are seen together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from portfolio.tax.events import Event, Holder
from portfolio.tax.history import Groups, replay
from portfolio.tax.reading import CAUTIOUS, Reading
from portfolio.tax.results import Outcome
from portfolio.tax.wash_sales import WINDOW

CLEAN = WINDOW + timedelta(days=1)
"""Calendar days, not rolled to a session: 26 USC 1091(a) counts 30 days whatever they are."""


class Verdict(StrEnum):
    """ALLOW: nothing is washed. DEFERS: a loss is put off, to be blocked or counted as a cost.
    DESTROYS: part of a loss is lost for good."""

    ALLOW = "allow"
    DEFERS = "defers"
    DESTROYS = "destroys"


@dataclass(frozen=True, slots=True)
class Effect:
    """Dollars that trades and scheduled purchases add to what is disallowed, of it to what is lost
    for good, and to the gain that is recognised; `outcome` is the whole history with them."""

    disallowed: Decimal
    permanent: Decimal
    recognised: Decimal
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        if self.permanent > 0:
            return Verdict.DESTROYS
        return Verdict.DEFERS if self.disallowed > 0 else Verdict.ALLOW


def effect(
    history: Iterable[Event],
    trades: Iterable[Event],
    holders: Mapping[str, Holder],
    groups: Groups | None = None,
    reading: Reading = CAUTIOUS,
    scheduled: Iterable[Event] = (),
) -> Effect:
    """What `trades`, with the purchases `scheduled` after them (reinvestments, payroll), do to the
    losses of the history and their own."""
    past = list(history)
    before = replay(past, holders, groups, reading)
    after = replay([*past, *trades, *scheduled], holders, groups, reading)
    return Effect(
        after.disallowed - before.disallowed,
        after.permanent - before.permanent,
        after.recognised - before.recognised,
        after,
    )


def last_purchase(outcome: Outcome, securities: Iterable[str]) -> date | None:
    """The latest purchase of a wash group, given by its securities, that is still held and has not
    replaced a loss: until 30 days after it a loss sale is washed."""
    group = frozenset(securities)
    return max(
        (
            lot.acquired
            for lot in outcome.open_lots
            if lot.security_id in group and lot.purchased and not lot.used
        ),
        default=None,
    )


def last_loss(outcome: Outcome, securities: Iterable[str]) -> date | None:
    """The latest loss sale of a wash group of which shares are not replaced: until 30 days after it
    a purchase washes it. Gains never block."""
    group = frozenset(securities)
    return max(
        (loss.day for loss in outcome.open_losses if loss.security_id in group), default=None
    )


def first_clean_day(after: date) -> date:
    """The first day on which the other side of the trade of that day washes nothing."""
    return after + CLEAN
