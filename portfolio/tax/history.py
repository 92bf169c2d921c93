"""Replays what happened and says what tax sees of it: gains, wash sales, basis, holding periods.

Any history will do, of as many accounts as belong together. It is worked off day by day; where the
order within a day is known it is that of `events`, else `in_cautious_order` settles it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

from portfolio.household import Lot
from portfolio.tax.acquisitions import buy, inherit, receive
from portfolio.tax.corporate_actions import return_capital, spin_off, split
from portfolio.tax.disposals import donate, sell, sell_together
from portfolio.tax.events import (
    Donation,
    Event,
    Gift,
    Holder,
    Inheritance,
    Purchase,
    ReturnOfCapital,
    Sale,
    Sales,
    SpinOff,
    Split,
    Stated,
)
from portfolio.tax.outcome import outcome
from portfolio.tax.positions import Positions
from portfolio.tax.reading import CAUTIOUS, Reading
from portfolio.tax.results import Outcome
from portfolio.tax.selection import TOP_RATES, Rates
from portfolio.tax.stated import state
from portfolio.tax.wash_sales import Matching

# In the order in which events without a time are taken within a day: what is given away on the day
# of a loss is not there to replace it.
_HAPPENS: Mapping[type[Event | Sales], Callable[[Positions, Any], None]] = {
    Split: split,
    SpinOff: spin_off,
    ReturnOfCapital: return_capital,
    Gift: receive,
    Inheritance: inherit,
    Purchase: buy,
    Donation: donate,
    Sale: sell,
    Sales: sell_together,
    Stated: state,
}

Groups = Mapping[str, tuple[str, Decimal]]
"""By security: its wash group, and how many units of the group a share is (1: share for share)."""


def replay(
    events: Iterable[Event | Sales],
    holders: Mapping[str, Holder],
    groups: Groups | None = None,
    reading: Reading = CAUTIOUS,
    opening: Iterable[Lot] = (),
    rates: Rates = TOP_RATES,
) -> Outcome:
    """What the events come to, in order of their days; events of one day in the order given.

    `holders` are the accounts by id; accounts of owner "other" are apart from the rest. `opening`
    are lots held before the first event. `rates` matter to the methods that look at tax. Raises
    HistoryError for what cannot have happened, such as a sale of shares that are not there.
    """
    fractions = {
        name: (group, Fraction(weight)) for name, (group, weight) in (groups or {}).items()
    }
    positions = Positions(Matching(holders, fractions, reading), rates)
    for lot in opening:
        positions.open(lot)
    for event in sorted(events, key=lambda event: event.day):
        _HAPPENS[type(event)](positions, event)
    return outcome(positions)


def in_cautious_order(
    events: Iterable[Event], holders: Mapping[str, Holder]
) -> list[Event | Sales]:
    """Events in an order that does not depend on the order they come in, for records without time.

    Within a day: corporate actions, what comes in, what goes out. A retirement account buys before
    a taxable one, so a loss that both could replace counts as lost. All sales of a day are one
    moment: shares sold on the day of a loss do not replace it, and purchases after it are blocked.
    """
    rank_of = {kind: rank for rank, kind in enumerate(_HAPPENS)}

    def key(event: Event) -> tuple[date, int, bool, str, str]:
        account = getattr(event, "account_id", None) or ""
        taxable = account in holders and holders[account].taxable
        return (event.day, rank_of[type(event)], taxable, account, event.id)

    found: list[Event | Sales] = []
    for (day, _), group in groupby(sorted(events, key=key), lambda event: (event.day, type(event))):
        alike = list(group)
        sales = tuple(event for event in alike if isinstance(event, Sale))
        found += [Sales(f"sales of {day}", day, sales)] if sales else alike
    return found
