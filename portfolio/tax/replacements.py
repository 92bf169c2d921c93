"""Which recent purchases can still replace a loss sale of today.

26 USC 1091(a): a loss is disallowed as far as substantially identical securities are bought within
30 days before or after the sale, in any account of the taxpayer, an IRA's included (Rev. Rul.
2008-5), and the spouse's (Pub. 550 ch. 4); the household stands for both. Each share replaces once
(Treas. Reg. 1.1091-1(e)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolio.household import Household, Lot
from portfolio.tax.wash_sales import WINDOW


@dataclass(frozen=True, slots=True)
class Replacement:
    """What of a recent purchase can still replace a loss sale of today: `shares` of `lot_id`.

    `order_id` is that of the buy order (the lot's id where none is known): shares of one order do
    not replace each other. `came_by` is buy, reinvest or vest, empty where nobody says.
    """

    lot_id: str
    account_id: str
    security_id: str
    wash_group: str
    acquired: date
    shares: Decimal
    order_id: str = ""
    came_by: str = ""

    @property
    def last_day(self) -> date:
        """The last day on which a loss sale would still be washed by this purchase."""
        return self.acquired + WINDOW

    def bought_with(self, lot: Lot) -> bool:
        """Whether a lot is this one, or of its buy order: neither replaces the other."""
        return lot.id == self.lot_id or (lot.order_id or lot.id) == self.order_id


def recent_purchases(household: Household) -> tuple[Replacement, ...]:
    """Lots bought in the 30 days up to `as_of` in any account, less the shares already used.

    Sorted by wash group, day and lot. Linked tax entities outside the household count too.
    """
    first = household.as_of - WINDOW
    lots = [lot for account in household.accounts for lot in account.lots]
    recent = []
    for lot in (*lots, *household.linked_lots):
        if lot.acquired < first or not lot.purchased:
            continue
        security = household.securities.get(lot.security_id)
        unused = lot.shares - lot.used_shares
        if security is not None and unused > 0:
            recent.append(
                Replacement(
                    lot.id,
                    lot.account_id,
                    lot.security_id,
                    security.wash_group,
                    lot.acquired,
                    unused,
                    lot.order_id or lot.id,
                    lot.came_by,
                )
            )
    return tuple(sorted(recent, key=lambda item: (item.wash_group, item.acquired, item.lot_id)))
