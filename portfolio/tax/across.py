"""What wash sales across accounts do to a lot, beyond what its broker reports of it.

A broker adjusts for wash sales within one account and one security; the taxpayer makes all other
adjustments himself (instructions for Form 8949; 26 USC 1091(d), 1223(3)).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolio.tax.results import ZERO, OpenLot, Outcome


@dataclass(frozen=True, slots=True)
class Across:
    """Dollars that a lot's basis is above (negative: below) what its broker reports, and the day
    its holding period runs from; None where that is the broker's, or not one for all its shares."""

    basis: Decimal
    holding_from: date | None


def across(law: Outcome, reported: Iterable[Outcome]) -> Mapping[str, Across]:
    """By lot, where the law says something else than the brokers do, of lots that are held."""
    known = _by_lot(lot for told in reported for lot in told.open_lots)
    found: dict[str, Across] = {}
    for name, lots in _by_lot(law.open_lots).items():
        theirs = known.get(name, [])
        added = _basis(lots) - _basis(theirs)
        days = {lot.holding_from for lot in lots}
        tacked = len(days) == 1 and days != {lot.holding_from for lot in theirs}
        if added or tacked:
            found[name] = Across(added, min(days) if tacked else None)
    return found


def _by_lot(lots: Iterable[OpenLot]) -> dict[str, list[OpenLot]]:
    found: dict[str, list[OpenLot]] = {}
    for lot in lots:
        found.setdefault(lot.lot_id, []).append(lot)
    return found


def _basis(lots: Iterable[OpenLot]) -> Decimal:
    return sum((lot.basis for lot in lots), ZERO)
