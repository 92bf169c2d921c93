"""What happens to securities over time, as far as tax looks at it.

Days are trade dates (Rev. Rul. 66-97, 70-598). Amounts are totals in dollars unless they say per
share. The id of what acquires shares is the id of the lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolio.tax.selection import Method

EMPLOYER_PLANS = ("k401", "hsa")
RETIREMENT = ("traditional_ira", "roth_ira", *EMPLOYER_PLANS)
"""Types of account that own no basis a loss could be added to (Rev. Rul. 2008-5)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose an account is (self, spouse, other) and of what type, in the book's words."""

    type: str = "taxable"
    owner: str = "self"

    @property
    def taxable(self) -> bool:
        return self.type not in RETIREMENT


@dataclass(frozen=True, slots=True)
class Purchase:
    """Shares bought, reinvested or vested: all are acquired by purchase (26 USC 1091(a)).

    `cost` includes commissions (Pub. 550: basis includes the costs of purchase). Executions of one
    buy order share `order_id`.
    """

    id: str
    day: date
    account_id: str
    security_id: str
    shares: Decimal
    cost: Decimal
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Gift:
    """Shares received from somebody else, `value` on the day (26 USC 1015), or from a spouse, whose
    basis then stays whatever the value (26 USC 1041(b))."""

    id: str
    day: date
    account_id: str
    security_id: str
    shares: Decimal
    donor_basis: Decimal
    donor_acquired: date
    value: Decimal
    from_spouse: bool = False


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Shares inherited, `value` on the day of death (26 USC 1014(a))."""

    id: str
    day: date
    account_id: str
    security_id: str
    shares: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Sale:
    """Shares sold in one order for `proceeds` after commissions.

    `lots` are those identified, each with its shares (None: all of it); what they leave is taken
    by `method` (Treas. Reg. 1.1012-1(c)).
    """

    id: str
    day: date
    account_id: str
    security_id: str
    shares: Decimal
    proceeds: Decimal
    lots: tuple[tuple[str, Decimal | None], ...] = ()
    method: Method = Method.FIFO


@dataclass(frozen=True, slots=True)
class Sales:
    """Sales of one moment, in any accounts: shares that one of them sells are not there to replace
    what another loses. Their losses are worked off in the order given."""

    id: str
    day: date
    sales: tuple[Sale, ...]


@dataclass(frozen=True, slots=True)
class Donation:
    """Shares given to charity; `value` where it is known. Identified as for a sale."""

    id: str
    day: date
    account_id: str
    security_id: str
    shares: Decimal
    value: Decimal | None = None
    lots: tuple[tuple[str, Decimal | None], ...] = ()
    method: Method = Method.FIFO


@dataclass(frozen=True, slots=True)
class Split:
    """`new` shares for every `old`, or a stock dividend in the same stock (26 USC 305(a), 307(a)).

    Fractions of a share are sold at `cash_price`, if there is one. Everywhere, or in one account.
    """

    id: str
    day: date
    security_id: str
    new: Decimal
    old: Decimal
    cash_price: Decimal | None = None
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnOfCapital:
    """Dollars a share that are no dividend (26 USC 301(c)(2), (3)). Everywhere, or in one
    account."""

    id: str
    day: date
    security_id: str
    per_share: Decimal
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class SpinOff:
    """`ratio` shares of `new_security_id` for each share held, tax-free (26 USC 355).

    They take `basis_fraction` of the basis (26 USC 358(b)(2), (c)) and the holding period
    (26 USC 1223(1)).
    """

    id: str
    day: date
    security_id: str
    new_security_id: str
    ratio: Decimal
    basis_fraction: Decimal


@dataclass(frozen=True, slots=True)
class Stated:
    """What a book says of a lot that is held: `basis` of all its `shares`, alike for each, and the
    day its holding period runs from. Which shares have replaced a loss stays as it was."""

    id: str
    day: date
    account_id: str
    security_id: str
    lot_id: str
    shares: Decimal
    basis: Decimal
    holding_from: date


Event = Purchase | Gift | Inheritance | Sale | Donation | Split | ReturnOfCapital | SpinOff | Stated
