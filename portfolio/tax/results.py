"""What a history comes to: sales with their gains, wash sales, lots and losses that stay open.

Shares, dollars and days as in `portfolio.tax.events`; decimals rounded as in `portfolio.tax.exact`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Realised:
    """Shares of one lot, basis a share and holding period that were sold in a taxable account.

    `gain` is before wash sales; `disallowed` (positive) of a loss is what replacements took, of
    which `permanent` is lost for good; `holding_from` is the day of acquisition after tacking.
    """

    sale_id: str
    lot_id: str
    account_id: str
    security_id: str
    day: date
    shares: Decimal
    proceeds: Decimal
    basis: Decimal
    disallowed: Decimal
    permanent: Decimal
    acquired: date
    holding_from: date
    long_term: bool

    @property
    def gain(self) -> Decimal:
        return self.proceeds - self.basis

    @property
    def recognised(self) -> Decimal:
        """The gain or loss that counts this year (26 USC 1001(c), 1091(a))."""
        return self.gain + self.disallowed


@dataclass(frozen=True, slots=True)
class Match:
    """`shares` of a loss, in units of the lot sold, that a replacement lot took over; `amount` of
    loss goes to its basis, or is lost where `permanent`."""

    sale_id: str
    loss_lot_id: str
    replacement_lot_id: str
    shares: Decimal
    amount: Decimal
    permanent: bool


@dataclass(frozen=True, slots=True)
class OpenLot:
    """Shares of a lot that are still held, of one basis a share and one holding period; `used` have
    replaced a loss. `purchased` and `order_id` decide what they can replace."""

    lot_id: str
    account_id: str
    security_id: str
    order_id: str
    acquired: date
    holding_from: date
    shares: Decimal
    basis: Decimal
    used: bool
    purchased: bool
    inherited: bool


@dataclass(frozen=True, slots=True)
class OpenLoss:
    """Shares sold at a loss that nothing has replaced; a purchase of the wash group up to 30 days
    after `day` still can. Shares are those of today, splits since then included."""

    sale_id: str
    lot_id: str
    account_id: str
    security_id: str
    day: date
    shares: Decimal
    loss_per_share: Decimal


@dataclass(frozen=True, slots=True)
class Given:
    """Shares given to charity. `deduction`: their value if held long, else the value or the basis
    if that is less (26 USC 170(e)(1)(A)); None where the value is not known."""

    event_id: str
    lot_id: str
    account_id: str
    security_id: str
    day: date
    shares: Decimal
    basis: Decimal
    long_term: bool
    deduction: Decimal | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that a history comes to, in order of events."""

    realised: tuple[Realised, ...]
    matches: tuple[Match, ...]
    open_lots: tuple[OpenLot, ...]
    open_losses: tuple[OpenLoss, ...]
    given: tuple[Given, ...]

    @property
    def disallowed(self) -> Decimal:
        """Dollars of loss that wash sales disallowed, those lost for good included."""
        return sum((row.disallowed for row in self.realised), ZERO)

    @property
    def permanent(self) -> Decimal:
        """Dollars of loss that are lost for good."""
        return sum((row.permanent for row in self.realised), ZERO)

    @property
    def recognised(self) -> Decimal:
        """Dollars of gain and loss that count."""
        return sum((row.recognised for row in self.realised), ZERO)
