"""Rounds what a replay came to, once, and puts together what is one."""

from __future__ import annotations

from fractions import Fraction

from portfolio.holding import Tacking
from portfolio.tax.events import Donation
from portfolio.tax.exact import decimal
from portfolio.tax.pieces import Piece
from portfolio.tax.positions import Positions
from portfolio.tax.results import Given, Match, OpenLoss, OpenLot, Outcome, Realised
from portfolio.tax.wash_sales import Loss, Sold, Take


def outcome(positions: Positions) -> Outcome:
    """The results of a replay as decimals."""
    tacking = positions.tacking
    pieces = [piece for held in positions.pieces.values() for piece in held]
    pieces.sort(key=lambda piece: (piece.acquired, piece.place))
    return Outcome(
        realised=tuple(_realised(row) for row in positions.sold),
        matches=_matches(positions.takes),
        open_lots=_open_lots(pieces, tacking),
        open_losses=tuple(
            _open_loss(loss, positions.units_per_share(loss.piece.security_id))
            for loss in positions.losses
        ),
        given=tuple(_given(event, piece, tacking) for event, piece in positions.given),
    )


def _realised(row: Sold) -> Realised:
    piece = row.piece
    return Realised(
        sale_id=row.sale_id,
        lot_id=piece.lot_id,
        account_id=piece.account_id,
        security_id=piece.security_id,
        day=row.day,
        shares=decimal(row.shares),
        proceeds=decimal(row.proceeds),
        basis=decimal(row.basis),
        disallowed=decimal(row.disallowed),
        permanent=decimal(row.permanent),
        acquired=piece.acquired,
        holding_from=row.holding_from,
        long_term=row.long_term,
    )


def _matches(takes: list[Take]) -> tuple[Match, ...]:
    """One for each sale, lot sold and lot that replaces."""
    found: dict[tuple[str, str, str, bool], tuple[Fraction, Fraction]] = {}
    for take in takes:
        key = (
            take.loss.row.sale_id,
            take.loss.piece.lot_id,
            take.replacement.lot_id,
            take.permanent,
        )
        shares, amount = found.get(key, (Fraction(0), Fraction(0)))
        found[key] = (shares + take.shares, amount + take.amount)
    return tuple(
        Match(sale, lot, replacement, decimal(shares), decimal(amount), permanent)
        for (sale, lot, replacement, permanent), (shares, amount) in found.items()
    )


def _open_lots(pieces: list[Piece], tacking: Tacking) -> tuple[OpenLot, ...]:
    """One for each lot, holding period, basis a share, and whether the shares are used."""
    whole: dict[tuple[object, ...], tuple[Piece, Fraction, Fraction]] = {}
    for piece in pieces:
        key = (
            piece.lot_id,
            piece.account_id,
            piece.holding_from(tacking),
            piece.unit_basis,
            piece.used,
        )
        _, shares, basis = whole.get(key, (piece, Fraction(0), Fraction(0)))
        whole[key] = (piece, shares + piece.shares, basis + piece.basis)
    return tuple(
        OpenLot(
            lot_id=piece.lot_id,
            account_id=piece.account_id,
            security_id=piece.security_id,
            order_id=piece.order_id,
            acquired=piece.acquired,
            holding_from=piece.holding_from(tacking),
            shares=decimal(shares),
            basis=decimal(basis),
            used=piece.used,
            purchased=piece.purchased,
            inherited=piece.inherited,
        )
        for piece, shares, basis in whole.values()
    )


def _open_loss(loss: Loss, units_per_share: Fraction) -> OpenLoss:
    shares = loss.units / units_per_share
    lost = loss.loss_per_share * units_per_share / loss.units_per_share
    piece = loss.piece
    return OpenLoss(
        loss.row.sale_id,
        piece.lot_id,
        piece.account_id,
        piece.security_id,
        loss.row.day,
        decimal(shares),
        decimal(lost),
    )


def _given(event: Donation, piece: Piece, tacking: Tacking) -> Given:
    long = piece.long_term(event.day, tacking)
    deduction = None
    if event.value is not None:
        value = Fraction(event.value) * piece.shares / Fraction(event.shares)
        deduction = decimal(value if long else min(value, piece.basis))
    return Given(
        event.id,
        piece.lot_id,
        piece.account_id,
        piece.security_id,
        event.day,
        decimal(piece.shares),
        decimal(piece.basis),
        long,
        deduction,
    )
