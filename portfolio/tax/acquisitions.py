"""What comes in: purchases, which replace losses that wait, gifts and inheritances, which do not.

26 USC 1091(a) asks for an acquisition "by purchase or by an exchange on which the entire amount of
gain or loss was recognized".
"""

from __future__ import annotations

from fractions import Fraction

from portfolio.tax.events import Gift, Inheritance, Purchase
from portfolio.tax.positions import Positions


def buy(positions: Positions, event: Purchase) -> None:
    """Shares bought take over waiting losses in the order of the sales (1.1091-1(b), (d))."""
    piece = positions.new(event, event.cost, event.order_id)
    units = positions.units_per_share(piece.security_id)
    for loss in positions.losses:
        if loss.units and piece.shares and positions.matching.replaces(piece, loss):
            take = positions.matching.take(loss, piece, units)
            positions.takes.append(take)
            positions.add(take.replacement)
    positions.add(piece)
    positions.losses = [loss for loss in positions.losses if loss.units]


def receive(positions: Positions, event: Gift) -> None:
    """The donor's basis and time (26 USC 1015(a), 1223(2)), for a loss the value on the day if that
    is less; a spouse's basis in any case (26 USC 1041(b))."""
    piece = positions.new(event, event.donor_basis)
    piece.purchased = False
    piece.held_from = event.donor_acquired
    if event.value < event.donor_basis and not event.from_spouse:
        piece.loss_basis = Fraction(event.value)
    positions.add(piece)


def inherit(positions: Positions, event: Inheritance) -> None:
    """The value at death (26 USC 1014(a)), held for more than a year at once (26 USC 1223(9))."""
    piece = positions.new(event, event.value)
    piece.purchased = False
    piece.inherited = True
    positions.add(piece)
