"""The history of a household as tax sees it, from the book's lots and recent transactions.

A book has the lots of today and the transactions of the year to date, not the lots of the first
day. Those are worked out backwards: what was bought since is a purchase, what was sold since was
held before, with the basis that its realised gain says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from portfolio.book.contents import Contents, Row, day_in, number_in
from portfolio.household import Lot
from portfolio.tax.events import Event, Holder, Purchase, Sale, Sales
from portfolio.tax.history import in_cautious_order, replay
from portfolio.tax.reading import CAUTIOUS, Reading
from portfolio.tax.results import Outcome

BOUGHT = ("buy", "reinvest", "vest")
GIVEN = ("gift_in", "inherit", "transfer_in")
LONG_AGO = timedelta(days=3 * 366)
RECENTLY = timedelta(days=60)
"""A lot of which only the term is known counts as acquired so long before its sale: too long to
replace anything (it does not, anyway), not long enough to be long-term."""


@dataclass(frozen=True)
class TaxHistory:
    """`opening` lots, then `events` from the first day known to the book's. `holders` are the
    accounts of the household and those linked to it, of which wash sales know only self and spouse.

    `left_out` says which transactions could not be told, and why.
    """

    holders: Mapping[str, Holder]
    groups: Mapping[str, tuple[str, Decimal]]
    opening: tuple[Lot, ...]
    events: tuple[Event, ...]
    left_out: tuple[str, ...]

    def outcome(self, trades: Iterable[Event | Sales] = (), reading: Reading = CAUTIOUS) -> Outcome:
        """What the history comes to, and the trades after it. Raises HistoryError for trades of
        what is not held."""
        events = [*in_cautious_order(self.events, self.holders), *trades]
        return replay(events, self.holders, self.groups, reading, self.opening)


def tax_history(contents: Contents, accounts: Sequence[Row]) -> TaxHistory:
    """The history of the accounts given by their rows."""
    told = [_Account(contents, row.get("account_id") or "") for row in accounts]
    for account in told:
        account.tell()
    lots = [lot for account in told for lot in account.opening]
    events = [event for account in told for event in account.events]
    known = {lot.security_id for lot in lots} | {event.security_id for event in events}
    return TaxHistory(
        holders={row.get("account_id") or "": _holder(row) for row in accounts},
        groups={
            name: (contents.securities[name].wash_group, Decimal(1))
            for name in sorted(known & contents.securities.keys())
        },
        opening=tuple(lots),
        events=tuple(events),
        left_out=tuple(said for account in told for said in account.left_out),
    )


def _holder(row: Row) -> Holder:
    """The household stands for all its accounts, those of others included."""
    owner = "spouse" if row.get("owner") == "spouse" else "self"
    return Holder(row.get("type") or "taxable", owner)


@dataclass
class _Account:
    """One account while its history is told."""

    contents: Contents
    name: str
    opening: list[Lot] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def tell(self) -> None:
        rows = self.contents.rows("transactions", "account_id", self.name)
        split = {row.get("security_id") for row in rows if row.get("action") == "split"}
        lots = {
            lot.id: lot
            for lot in map(self._lot, self.contents.rows("lots", "account_id", self.name))
            if lot is not None
        }
        given = {row.get("lot_id") for row in rows if row.get("action") in GIVEN}
        bought: set[str] = set()
        usable = []
        for row in rows:
            if row.get("action") in (*BOUGHT, "sell"):
                why = self._why_not(row, split)
                if why is None:
                    usable.append(row)
                else:
                    self._leave_out(row, why)
        for place, row in enumerate(usable):
            if row.get("action") in BOUGHT:
                bought.add(self._buy(place, row, lots, bought))
        for place, row in enumerate(usable):
            if row.get("action") == "sell":
                self._sell(place, row, lots, bought)
        first = min((day_in(row, "date") or self.contents.as_of for row in usable), default=None)
        for lot in lots.values():
            if lot.id not in bought:
                self.opening.append(_as_of_the_first_day(lot, first, lot.id not in given))

    def _why_not(self, row: Row, split: set[str | None]) -> str | None:
        day = day_in(row, "date")
        if day is None or row.get("shares") is None or number_in(row, "shares") <= 0:
            return "no day or no shares"
        if day > self.contents.as_of:
            return "later than the book"
        if row.get("security_id") in split:
            return "the security was split since"
        if row.get("amount") is None:
            return "no amount"
        if row.get("action") == "sell" and row.get("realized_gain") is None:
            return "no realised gain"
        return None

    def _leave_out(self, row: Row, why: str) -> None:
        about = (row.get("date") or "", self.name, row.get("action") or "", row.get("security_id"))
        self.left_out.append(f"{' '.join(str(each) for each in about)}: {why}")

    def _lot(self, row: Row) -> Lot | None:
        acquired = day_in(row, "acquired")
        if acquired is None or row.get("shares") is None or row.get("basis") is None:
            return None
        return Lot(
            row.get("lot_id") or "",
            self.name,
            row.get("security_id") or "",
            acquired,
            number_in(row, "shares"),
            number_in(row, "basis"),
            day_in(row, "holding_from"),
            row.get("order_id"),
            number_in(row, "used_shares"),
        )

    def _buy(self, place: int, row: Row, lots: Mapping[str, Lot], bought: set[str]) -> str:
        """A purchase; where the row names no lot, it is the one acquired there on that day."""
        day, security = day_in(row, "date"), row.get("security_id") or ""
        assert day is not None
        found = row.get("lot_id") or next(
            (
                lot.id
                for lot in lots.values()
                if (lot.security_id, lot.acquired) == (security, day) and lot.id not in bought
            ),
            None,
        )
        known = found is not None and found not in bought
        id = found if found is not None and known else f"{self.name}/{place}"
        self.events.append(
            Purchase(
                id,
                day,
                self.name,
                security,
                number_in(row, "shares"),
                abs(number_in(row, "amount")),
                row.get("order_id") or found,
            )
        )
        return id

    def _sell(self, place: int, row: Row, lots: Mapping[str, Lot], bought: set[str]) -> None:
        """A sale of a lot that was bought since, or of one that is put among those of before."""
        day, security = day_in(row, "date"), row.get("security_id") or ""
        assert day is not None
        shares, amount = number_in(row, "shares"), abs(number_in(row, "amount"))
        lot_id = row.get("lot_id")
        sold = lot_id if lot_id in bought else f"{self.name}/sold/{place}"
        assert sold is not None
        if sold != lot_id:
            known = lots.get(lot_id or "")
            acquired = day - (LONG_AGO if row.get("term") == "long" else RECENTLY)
            self.opening.append(
                Lot(
                    sold,
                    self.name,
                    security,
                    acquired if known is None else known.acquired,
                    shares,
                    amount - number_in(row, "realized_gain"),
                    None if known is None else known.holding_from,
                    lot_id if known is None else known.order_id or known.id,
                    purchased=False,
                )
            )
        lots_sold = ((sold, shares),)
        id = f"{self.name}/sale/{place}"
        self.events.append(Sale(id, day, self.name, security, shares, amount, lots_sold))


def _as_of_the_first_day(lot: Lot, first: date | None, purchased: bool) -> Lot:
    """A lot of today as it was: shares used since then are found again by the replay, so what the
    book says of them counts only for lots that were there before."""
    before = first is None or lot.acquired < first
    used = lot.used_shares if before else Decimal(0)
    return Lot(
        lot.id,
        lot.account_id,
        lot.security_id,
        lot.acquired,
        lot.shares,
        lot.basis,
        lot.holding_from,
        lot.order_id,
        used,
        purchased=purchased,
    )
