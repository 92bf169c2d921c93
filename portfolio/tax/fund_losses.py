"""Losses on fund shares held six months or less (26 USC 852(b)(4))."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolio.holding import first_long_day

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class FundLoss:
    """A loss in positive dollars: short-term, long-term, and not allowed at all."""

    short: Decimal
    long: Decimal
    disallowed: Decimal


def fund_loss(
    acquired: date,
    sold: date,
    loss: Decimal,
    gain_distributions: Decimal = ZERO,
    exempt_interest: Decimal = ZERO,
) -> FundLoss:
    """How a loss on shares of a regulated investment company counts.

    Held six months or less, it is disallowed as far as exempt-interest dividends were received
    (852(b)(4)(B)), and of the rest long-term as far as capital gain distributions were (852(b)(4)
    (A)). The exception for periodic redemption plans is not made. The months are counted as the
    year of 26 USC 1222 is.
    """
    loss = max(loss, ZERO)
    if sold >= first_long_day(acquired):
        return FundLoss(ZERO, loss, ZERO)
    if sold >= first_long_day(acquired, months=6):
        return FundLoss(loss, ZERO, ZERO)
    disallowed = min(loss, exempt_interest)
    long = min(loss - disallowed, gain_distributions)
    return FundLoss(loss - disallowed - long, long, disallowed)
