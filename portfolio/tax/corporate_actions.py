"""What companies do to shares that stay where they are."""

from __future__ import annotations

from fractions import Fraction

from portfolio.tax.disposals import NOTHING, cash_fraction
from portfolio.tax.events import ReturnOfCapital, SpinOff, Split
from portfolio.tax.pieces import Piece
from portfolio.tax.positions import Positions
from portfolio.tax.wash_sales import Sold


def split(positions: Positions, event: Split) -> None:
    """Basis is spread over the new shares, holding periods stay (26 USC 307(a), 1223(4)); it is no
    purchase."""
    ratio = Fraction(event.new) / Fraction(event.old)
    positions.rescale(event.security_id, ratio, event.day)
    for _, held in positions.of_security(event.security_id, event.account_id):
        for piece in held:
            piece.shares *= ratio
        if event.cash_price is not None:
            cash_fraction(positions, event.id, event.day, held, Fraction(event.cash_price))


def return_capital(positions: Positions, event: ReturnOfCapital) -> None:
    """It lowers basis; what there is no basis for is gain (26 USC 301(c)(2), (3)(A))."""
    for account_id, held in positions.of_security(event.security_id, event.account_id):
        taxable = positions.matching.holders[account_id].taxable
        for piece in held:
            paid = Fraction(event.per_share) * piece.shares
            excess = max(paid - piece.basis, NOTHING)
            piece.basis -= paid - excess
            if piece.loss_basis is not None:
                piece.loss_basis = max(piece.loss_basis - paid, NOTHING)
            if excess and taxable:
                held_from = piece.holding_from(positions.tacking)
                long = piece.long_term(event.day, positions.tacking)
                row = (event.id, piece, event.day, held_from, long, piece.shares, excess, NOTHING)
                positions.sold.append(Sold(*row))


def spin_off(positions: Positions, event: SpinOff) -> None:
    """Part of the basis goes to the new shares, and the whole holding period (26 USC 358, 1223(1)).

    The new shares are no purchase; each is a lot of its own, named after the old one.
    """
    for _, held in positions.of_security(event.security_id):
        for piece in list(held):
            positions.add(_spun(piece, event))


def _spun(piece: Piece, event: SpinOff) -> Piece:
    part = Fraction(event.basis_fraction)
    lost = piece.loss_basis
    spun = Piece(
        lot_id=f"{piece.lot_id}/{event.id}",
        account_id=piece.account_id,
        security_id=event.new_security_id,
        order_id=f"{piece.order_id}/{event.id}",
        acquired=piece.acquired,
        place=piece.place,
        shares=piece.shares * Fraction(event.ratio),
        basis=piece.basis * part,
        held_from=piece.held_from,
        loss_basis=None if lost is None else lost * part,
        past=piece.past,
        purchased=False,
        inherited=piece.inherited,
    )
    piece.basis -= spun.basis
    piece.loss_basis = None if lost is None else lost * (1 - part)
    return spun
