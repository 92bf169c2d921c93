"""What goes out: sales with their gains and losses, and donations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from portfolio.holding import Period
from portfolio.tax.events import Donation, Sale, Sales
from portfolio.tax.pieces import Piece, by_acquisition
from portfolio.tax.positions import HistoryError, Positions
from portfolio.tax.selection import Method, in_order
from portfolio.tax.wash_sales import Loss, Sold

NOTHING = Fraction(0)


def sell(positions: Positions, event: Sale) -> None:
    """Gain or loss of each lot sold (26 USC 1001), and what wash sales do to it."""
    sell_together(positions, Sales(event.id, event.day, (event,)))


def sell_together(positions: Positions, event: Sales) -> None:
    """Everything that is sold goes before any loss is replaced: a replacement is held after the
    sale (1091(a) speaks of what the taxpayer "has acquired", not of what goes with it)."""
    taken = []
    for sale in event.sales:
        _possible(positions, sale)
        price = Fraction(sale.proceeds) / Fraction(sale.shares)
        if sale.method is Method.AVERAGE:
            _average(positions, sale)
        taken.append((sale.id, _picked(positions, sale, price), price))
    losses: list[Loss] = []
    for id, pieces, price in taken:
        losses += _realised(positions, id, event.day, pieces, price)
    _work_off(positions, losses)
    for _, pieces, _ in taken:
        positions.sweep(pieces[0].security_id)


def donate(positions: Positions, event: Donation) -> None:
    """No gain (26 USC 170(e)); the lots given may be chosen, as for a sale (Treas. Reg. 1.1012-1(c)
    speaks of shares "sold or transferred")."""
    _possible(positions, event)
    price = NOTHING if event.value is None else Fraction(event.value) / Fraction(event.shares)
    positions.given += [(event, piece) for piece in _picked(positions, event, price)]
    positions.sweep(event.security_id)


def _possible(positions: Positions, event: Sale | Donation) -> None:
    positions.known(event.id, event.account_id)
    held = sum(
        (piece.shares for piece in positions.held(event.account_id, event.security_id)), NOTHING
    )
    if not 0 < event.shares <= held:
        have = f"{float(held):g} of {event.security_id} are held in {event.account_id}"
        raise HistoryError(event.id, f"{event.id} disposes of {event.shares} shares, {have}")


# --- which lots ----------------------------------------------------------------------------------


def _picked(positions: Positions, event: Sale | Donation, price: Fraction) -> list[Piece]:
    """Pieces split off for the event: lots identified, then by its method."""
    held = positions.held(event.account_id, event.security_id)
    wanted = Fraction(event.shares)
    chosen: list[Piece] = []
    for lot_id, shares in event.lots:
        lot = [piece for piece in held if piece.lot_id == lot_id]
        there = sum((piece.shares for piece in lot), NOTHING)
        asked = there if shares is None else Fraction(shares)
        if not 0 < asked <= min(there, wanted):
            raise HistoryError(
                event.id,
                f"{event.id} identifies {float(asked):g} shares of {lot_id}: "
                f"the lot has {float(there):g}, {float(wanted):g} are left to identify",
            )
        chosen += _from(_sorted(positions, event, lot, price), asked)
        wanted -= asked
    if not wanted:
        return chosen
    return chosen + _from(_sorted(positions, event, held, price), wanted)


def _sorted(
    positions: Positions, event: Sale | Donation, pieces: Iterable[Piece], price: Fraction
) -> list[Piece]:
    live = [piece for piece in pieces if piece.shares]
    if len(live) < 2:
        return live
    return in_order(
        live,
        lambda piece: piece.offer(price, event.day, positions.tacking),
        event.method,
        positions.rates,
    )


def _from(pieces: Iterable[Piece], shares: Fraction) -> list[Piece]:
    taken = []
    for piece in pieces:
        if shares:
            taken.append(piece.split_off(min(shares, piece.shares)))
            shares -= taken[-1].shares
    return taken


def _average(positions: Positions, event: Sale) -> None:
    """Every share of the position gets the average basis; holding periods stay (Treas. Reg.
    1.1012-1(e)(7)); not for gifts worth less than their basis (1.1012-1(e)(1)(ii))."""
    held = positions.held(event.account_id, event.security_id)
    if any(piece.loss_basis is not None for piece in held):
        raise HistoryError(event.id, f"{event.id} averages a gift worth less than its basis")
    shares = sum((piece.shares for piece in held), NOTHING)
    basis = sum((piece.basis for piece in held), NOTHING)
    for piece in held:
        piece.basis = basis * piece.shares / shares


def cash_fraction(
    positions: Positions, event_id: str, day: date, held: list[Piece], price: Fraction
) -> None:
    """Sell what a position has beyond whole shares, of the oldest lots, for cash (Rev. Rul. 66-365,
    Pub. 550: proceeds of the fraction)."""
    part = sum((piece.shares for piece in held), NOTHING) % 1
    if part:
        dispose(positions, event_id, day, _from(by_acquisition(held), part), price)


# --- gains and losses ----------------------------------------------------------------------------


def dispose(
    positions: Positions, event_id: str, day: date, pieces: list[Piece], price: Fraction
) -> None:
    """The pieces of one position are sold at a price a share, in one order."""
    _work_off(positions, _realised(positions, event_id, day, pieces, price))
    positions.sweep(pieces[0].security_id)


def _realised(
    positions: Positions, event_id: str, day: date, pieces: list[Piece], price: Fraction
) -> list[Loss]:
    """Record what an order realises; its losses, shares acquired first before the others."""
    first = pieces[0]
    if not positions.matching.holders[first.account_id].taxable:
        # An IRA has no gain and no loss to claim (26 USC 408(e)(1)).
        return []
    begun = len(positions.sold)
    units = positions.units_per_share(first.security_id)
    losses = []
    for piece in pieces:
        row = _row(positions, event_id, day, piece, price * piece.shares)
        lost = (row.basis - row.proceeds) / row.shares
        row = _recorded(positions.sold, begun, row)
        if lost > 0:
            periods = (*piece.past, Period(piece.held_from, day))
            losses.append(Loss(row, piece, piece.shares * units, units, lost, periods))
    return sorted(losses, key=lambda loss: (loss.piece.acquired, loss.piece.place))


def _work_off(positions: Positions, losses: list[Loss]) -> None:
    for loss in losses:
        _replace(positions, loss)


def _row(positions: Positions, event_id: str, day: date, piece: Piece, proceeds: Fraction) -> Sold:
    basis, by_value = piece.basis_for(proceeds)
    if by_value:
        # The basis is not the donor's, so neither is the holding period (26 USC 1223(2)).
        piece.held_from = piece.acquired
    held_from = piece.holding_from(positions.tacking)
    long = piece.long_term(day, positions.tacking)
    return Sold(event_id, piece, day, held_from, long, piece.shares, proceeds, basis)


def _recorded(sold: list[Sold], begun: int, row: Sold) -> Sold:
    """The row as it is recorded: one for each lot, holding period and basis a share of an order."""
    for other in sold[begun:]:
        if (
            other.piece.lot_id == row.piece.lot_id
            and other.holding_from == row.holding_from
            and other.basis * row.shares == row.basis * other.shares
        ):
            other.shares += row.shares
            other.proceeds += row.proceeds
            other.basis += row.basis
            return other
    sold.append(row)
    return row


def _replace(positions: Positions, loss: Loss) -> None:
    """Shares bought before the sale and still held replace first (1.1091-1(d)); the rest waits."""
    for piece in by_acquisition(positions.of_group(loss.piece.security_id)):
        if loss.units and piece.shares and positions.matching.replaces(piece, loss):
            units = positions.units_per_share(piece.security_id)
            take = positions.matching.take(loss, piece, units)
            positions.takes.append(take)
            positions.insert(take.replacement, before=piece)
    if loss.units:
        positions.losses.append(loss)
