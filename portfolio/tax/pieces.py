"""Pieces of lots: shares of one lot that have the same basis a share and the same holding period.

A lot falls into pieces when only some of its shares replace a loss. Shares and dollars are exact
fractions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Self

from portfolio.holding import Period, Tacking, first_long_day, tacked
from portfolio.tax.selection import Offer


@dataclass(slots=True)
class Piece:
    """`place` orders lots of one day. `held_from` is the day the holding period runs from, before
    what wash sales add: `past`.

    `loss_basis`: a gift worth less than its basis when given has this basis for a loss, and is then
    held from `acquired` (26 USC 1015(a)). `used`: the shares have replaced a loss.
    """

    lot_id: str
    account_id: str
    security_id: str
    order_id: str
    acquired: date
    place: int
    shares: Fraction
    basis: Fraction
    held_from: date
    loss_basis: Fraction | None = None
    past: tuple[Period, ...] = ()
    purchased: bool = True
    inherited: bool = False
    used: bool = False

    @property
    def unit_basis(self) -> Fraction:
        return self.basis / self.shares

    def holding_from(self, tacking: Tacking) -> date:
        """The day the holding period runs from, the periods of washed losses included."""
        return tacked(self.held_from, self.past, tacking)

    def long_term(self, on: date, tacking: Tacking) -> bool:
        """Whether a sale on that day is long-term; inherited shares always (26 USC 1223(9))."""
        return self.inherited or on >= first_long_day(self.holding_from(tacking))

    def split_off(self, shares: Fraction) -> Self:
        """Take `shares` out of this piece and return them as another."""
        part = shares / self.shares
        taken = replace(
            self,
            shares=shares,
            basis=self.basis * part,
            loss_basis=None if self.loss_basis is None else self.loss_basis * part,
        )
        self.shares -= shares
        self.basis -= taken.basis
        if self.loss_basis is not None and taken.loss_basis is not None:
            self.loss_basis -= taken.loss_basis
        return taken

    def offer(self, price: Fraction, on: date, tacking: Tacking) -> Offer:
        """What selling a share of it at that price would mean."""
        basis, _ = self.basis_for(price * self.shares)
        gain = price - basis / self.shares
        return Offer(self.acquired, self.place, self.unit_basis, gain, self.long_term(on, tacking))

    def basis_for(self, proceeds: Fraction) -> tuple[Fraction, bool]:
        """(basis against which a sale of the whole piece is measured, whether it is a gift's
        value).

        A gift worth less than the donor's basis: above that basis, the basis; below the value, the
        value; in between neither gain nor loss (26 USC 1015(a), Treas. Reg. 1.1015-1(a)(2)).
        """
        if self.loss_basis is None or proceeds >= self.basis:
            return self.basis, False
        if proceeds < self.loss_basis:
            return self.loss_basis, True
        return proceeds, False


def by_acquisition(pieces: Iterable[Piece]) -> list[Piece]:
    """In the order of acquisition: day, then execution."""
    return sorted(pieces, key=lambda piece: (piece.acquired, piece.place))
