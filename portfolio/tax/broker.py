"""What brokers report: wash sales of one account and one security only.

Form 1099-B box 1g, Treas. Reg. 1.6045-1(d)(6)(iii). The taxpayer owes the rest (Form 8949, code W).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from portfolio.household import Lot
from portfolio.tax.events import Event, Holder, Sales
from portfolio.tax.history import replay
from portfolio.tax.results import Outcome


def as_reported(
    events: Iterable[Event | Sales], holders: Mapping[str, Holder], opening: Iterable[Lot] = ()
) -> Mapping[str, Outcome]:
    """By account, the history as its broker sees it; an untaxed account has no gains."""
    listed, held = list(events), list(opening)
    return {
        name: replay(
            _seen(listed, name),
            {name: holder},
            opening=[lot for lot in held if lot.account_id == name],
        )
        for name, holder in holders.items()
    }


def _seen(events: Iterable[Event | Sales], account_id: str) -> Iterator[Event | Sales]:
    """What happens in the account; of sales of one moment, its own."""
    for event in events:
        if isinstance(event, Sales):
            own = tuple(sale for sale in event.sales if sale.account_id == account_id)
            if own:
                yield replace(event, sales=own)
        elif getattr(event, "account_id", None) in (None, account_id):
            yield event


def reported_disallowed(
    events: Iterable[Event | Sales], holders: Mapping[str, Holder]
) -> Mapping[str, Decimal]:
    """By account, the losses that its broker reports as disallowed; an untaxed account has none."""
    return {name: told.disallowed for name, told in as_reported(events, holders).items()}
