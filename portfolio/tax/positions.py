"""The lots of a history while it is replayed, with the losses that still wait for a replacement."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from portfolio.holding import holding_start
from portfolio.household import Lot
from portfolio.tax.events import Donation, Gift, Inheritance, Purchase
from portfolio.tax.pieces import Piece
from portfolio.tax.selection import Rates
from portfolio.tax.wash_sales import Loss, Matching, Sold, Take

Position = tuple[str, str]
"""Account and security."""


class HistoryError(ValueError):
    """Something that cannot have happened: which event says so, and what is wrong with it."""

    def __init__(self, event_id: str, message: str) -> None:
        super().__init__(message)
        self.event_id = event_id


class Positions:
    """Pieces by position, in the order in which they came to be, and what became of the rest."""

    def __init__(self, matching: Matching, rates: Rates) -> None:
        self.matching = matching
        self.tacking = matching.reading.tacking
        self.rates = rates
        self.pieces: dict[Position, list[Piece]] = {}
        self.sold: list[Sold] = []
        self.given: list[tuple[Donation, Piece]] = []
        self.losses: list[Loss] = []
        self.takes: list[Take] = []
        self._places: dict[str, int] = {}
        self._by_group: dict[str, list[Position]] = {}
        self._splits: dict[str, Fraction] = {}
        self._split_on: set[tuple[str, date]] = set()

    def units_per_share(self, security_id: str) -> Fraction:
        """Units of the wash group in a share of today: a split changes shares, not what they are
        (no authority; 26 USC 1091(b), (c) speak of shares)."""
        return self.matching.weight(security_id) / self._splits.get(security_id, Fraction(1))

    def rescale(self, security_id: str, ratio: Fraction, day: date) -> None:
        """A share of the security became `ratio` shares; said by each account, it counts once."""
        if (security_id, day) not in self._split_on:
            self._split_on.add((security_id, day))
            self._splits[security_id] = self._splits.get(security_id, Fraction(1)) * ratio

    # --- pieces ----------------------------------------------------------------------------------

    def open(self, lot: Lot) -> None:
        """A lot that was held before the history begins."""
        if lot.shares <= 0:
            return
        self.known(lot.id, lot.account_id)
        piece = Piece(
            lot_id=lot.id,
            account_id=lot.account_id,
            security_id=lot.security_id,
            order_id=lot.order_id or lot.id,
            acquired=lot.acquired,
            place=self._places.setdefault(lot.id, len(self._places)),
            shares=Fraction(lot.shares),
            basis=Fraction(lot.basis),
            held_from=holding_start(lot),
            purchased=lot.purchased,
        )
        if lot.used_shares:
            used = piece.split_off(min(Fraction(lot.used_shares), piece.shares))
            used.used = True
            self.add(used)
        self.add(piece)

    def new(
        self, event: Purchase | Gift | Inheritance, basis: Decimal, order_id: str | None = None
    ) -> Piece:
        """The piece that an event acquires. Raises HistoryError."""
        self.known(event.id, event.account_id)
        if event.id in self._places:
            raise HistoryError(event.id, f"{event.id} acquires a lot that is there already")
        if event.shares <= 0:
            raise HistoryError(event.id, f"{event.id} acquires {event.shares} shares")
        place = self._places[event.id] = len(self._places)
        return Piece(
            lot_id=event.id,
            account_id=event.account_id,
            security_id=event.security_id,
            order_id=order_id or event.id,
            acquired=event.day,
            place=place,
            shares=Fraction(event.shares),
            basis=Fraction(basis),
            held_from=event.day,
        )

    def known(self, event_id: str, account_id: str) -> None:
        """Raises HistoryError where the account is not among those that belong together."""
        if account_id not in self.matching.holders:
            raise HistoryError(event_id, f"{event_id} names the account {account_id}, not listed")

    def add(self, piece: Piece) -> None:
        """Hold a piece; one without shares is nothing."""
        if piece.shares:
            self.held(piece.account_id, piece.security_id).append(piece)

    def held(self, account_id: str, security_id: str) -> list[Piece]:
        """The pieces of a position, to be read and changed."""
        position = (account_id, security_id)
        if position not in self.pieces:
            self.pieces[position] = []
            self._by_group.setdefault(self.matching.group(security_id), []).append(position)
        return self.pieces[position]

    def insert(self, piece: Piece, before: Piece) -> None:
        """Hold a piece that was split off another, just before it."""
        held = self.held(piece.account_id, piece.security_id)
        held.insert(next(i for i, each in enumerate(held) if each is before), piece)

    def of_group(self, security_id: str) -> Iterator[Piece]:
        """Pieces of every security that is substantially identical, in any account."""
        for position in self._by_group.get(self.matching.group(security_id), ()):
            yield from self.pieces[position]

    def of_security(
        self, security_id: str, account_id: str | None = None
    ) -> Iterator[tuple[str, list[Piece]]]:
        """(account, pieces) of a security, in one account or all."""
        for account, security in list(self.pieces):
            if security == security_id and account_id in (None, account):
                yield account, self.pieces[account, security]

    def sweep(self, security_id: str) -> None:
        """Forget pieces of the wash group that have no shares left."""
        for position in self._by_group.get(self.matching.group(security_id), ()):
            self.pieces[position][:] = [each for each in self.pieces[position] if each.shares]
