"""What brokers report: wash sales of one account and one security only.

Form 1099-B box 1g, Treas. Reg. 1.6045-1(d)(6)(iii). The taxpayer owes the rest (Form 8949, code W).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from portfolio.household import Lot
from portfolio.tax.events import Event, Holder
from portfolio.tax.history import replay
from portfolio.tax.results import Outcome


def as_reported(
    events: Iterable[Event], holders: Mapping[str, Holder], opening: Iterable[Lot] = ()
) -> Mapping[str, Outcome]:
    """By account, the history as its broker sees it; an untaxed account has no gains."""
    listed, held = list(events), list(opening)
    return {
        name: replay(
            [event for event in listed if getattr(event, "account_id", None) in (None, name)],
            {name: holder},
            opening=[lot for lot in held if lot.account_id == name],
        )
        for name, holder in holders.items()
    }


def reported_disallowed(
    events: Iterable[Event], holders: Mapping[str, Holder]
) -> Mapping[str, Decimal]:
    """By account, the losses that its broker reports as disallowed; an untaxed account has none."""
    return {name: told.disallowed for name, told in as_reported(events, holders).items()}
