"""Lots as a book has them, put in the place of what a replay made of them."""

from __future__ import annotations

from fractions import Fraction

from portfolio.tax.events import Stated
from portfolio.tax.positions import Positions


def state(positions: Positions, event: Stated) -> None:
    """Basis and holding period of the lot, every share alike: a broker's record is by lot."""
    unit = Fraction(event.basis) / Fraction(event.shares)
    for piece in positions.held(event.account_id, event.security_id):
        if piece.lot_id == event.lot_id:
            piece.basis = unit * piece.shares
            piece.held_from, piece.past, piece.loss_basis = event.holding_from, (), None
