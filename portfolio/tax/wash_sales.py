"""Wash sales, share by share: which purchase takes over which loss.

26 USC 1091(a): no loss as far as substantially identical stock is acquired by purchase within 30
days before or after the sale; (b), (c): share for share; (d): the loss goes to the basis of the
replacement. Treas. Reg. 1.1091-1(b): losses in the order of the sales, within an order the shares
acquired first; (c), (d): replacements in the order of their acquisition; (e): each share once.
Rev. Rul. 56-602: what is left of a lot does not replace the part that was sold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from portfolio.holding import Period
from portfolio.tax.events import EMPLOYER_PLANS, Holder
from portfolio.tax.pieces import Piece
from portfolio.tax.reading import Reading, SpouseRule

WINDOW = timedelta(days=30)


@dataclass(slots=True)
class Sold:
    """A row of realised gain or loss while replacements are still being found."""

    sale_id: str
    piece: Piece
    day: date
    holding_from: date
    long_term: bool
    shares: Fraction
    proceeds: Fraction
    basis: Fraction
    disallowed: Fraction = Fraction(0)
    permanent: Fraction = Fraction(0)


@dataclass(slots=True)
class Loss:
    """Shares of one piece sold at a loss. `units` are not replaced yet: shares in the measure of
    the wash group, the same before and after a split. `periods` is all the time it was held."""

    row: Sold
    piece: Piece
    units: Fraction
    units_per_share: Fraction
    loss_per_share: Fraction
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """Shares of a loss that a replacement lot took over."""

    loss: Loss
    replacement: Piece
    shares: Fraction
    amount: Fraction
    permanent: bool


@dataclass(frozen=True)
class Matching:
    """Who may replace whose loss. `groups` gives the wash group of a security and how many units of
    the group a share of it is; a security that is not among them is a group of its own."""

    holders: Mapping[str, Holder]
    groups: Mapping[str, tuple[str, Fraction]]
    reading: Reading

    def group(self, security_id: str) -> str:
        return self.groups.get(security_id, (security_id, Fraction(1)))[0]

    def weight(self, security_id: str) -> Fraction:
        return self.groups.get(security_id, (security_id, Fraction(1)))[1]

    def replaces(self, piece: Piece, loss: Loss) -> bool:
        """Whether shares of the piece, held after the sale, can replace the loss."""
        sold = loss.piece
        return (
            piece.purchased
            and not piece.used
            and self.group(piece.security_id) == self.group(sold.security_id)
            and abs(piece.acquired - loss.row.day) <= WINDOW
            and piece.order_id != sold.order_id
            and self.permanent(piece, sold) is not None
            and (
                self.reading.bought_before
                or (piece.acquired, piece.place) > (sold.acquired, sold.place)
            )
        )

    def permanent(self, piece: Piece, sold: Piece) -> bool | None:
        """Whether the loss is lost for good; None where the purchase does not count.

        Rev. Rul. 2008-5: an IRA that buys gets no basis. Pub. 550 ch. 4: a spouse's purchase
        counts; that of anybody else does not.
        """
        buyer, seller = self.holders[piece.account_id], self.holders[sold.account_id]
        if "other" in (buyer.owner, seller.owner) and buyer.owner != seller.owner:
            return None
        theirs = buyer.owner != seller.owner
        if theirs and self.reading.spouse is SpouseRule.IGNORED:
            return None
        if buyer.type in EMPLOYER_PLANS and not self.reading.employer_plans:
            return None
        return not buyer.taxable or (theirs and self.reading.spouse is SpouseRule.PERMANENT)

    def take(self, loss: Loss, piece: Piece, units_per_share: Fraction) -> Take:
        """Move as much of the loss as fits into shares split off the piece, which keeps the rest,
        if there is any."""
        units = min(loss.units, piece.shares * units_per_share)
        taken = piece.split_off(units / units_per_share)
        shares = units / loss.units_per_share
        amount = shares * loss.loss_per_share
        permanent = bool(self.permanent(piece, loss.piece))
        taken.used = True
        if not permanent:
            taken.basis += amount
            taken.past = (*taken.past, *loss.periods)
        loss.units -= units
        loss.row.disallowed += amount
        loss.row.permanent += amount if permanent else 0
        return Take(loss, taken, shares, amount, permanent)
