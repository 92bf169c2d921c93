"""The history of a household as tax sees it, from the book's lots and recent transactions.

A book has the lots of today and the transactions of the year to date, not the lots of the first
day. Those are worked out backwards: what was bought since is a purchase, what was sold since was
held before, with the basis that its realised gain says. Shares are those of today: what was traded
before a split is restated, so a split is no event of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from portfolio.book.contents import Contents, Row, day_in, number_in
from portfolio.book.splits import BOUGHT, GIVEN, OUT, Restated, ratios_of, restated
from portfolio.household import Lot
from portfolio.tax.events import Donation, Event, Holder, Purchase, Sale, Sales, Stated
from portfolio.tax.history import in_cautious_order, replay
from portfolio.tax.reading import CAUTIOUS, Reading
from portfolio.tax.results import Outcome

LONG_AGO = timedelta(days=3 * 366)
RECENTLY = timedelta(days=60)
"""A lot of which only the term is known counts as acquired so long before its sale: too long to
replace anything (it does not, anyway), not long enough to be long-term."""

WAS_SPLIT = "the security was split since, nobody says how"

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Untold:
    """A transaction that could not be told, and why."""

    row: Row
    why: str

    def __str__(self) -> str:
        names = ("date", "account_id", "action", "security_id")
        return f"{' '.join(self.row.get(name) or '' for name in names)}: {self.why}"


@dataclass(frozen=True)
class TaxHistory:
    """`opening` lots, then `events` from the first day known to the book's. `holders` are the
    accounts of the household and those linked to it, of which wash sales know only self and spouse.

    `records` are the rows of the book behind the sales, by id. `stated` is what the book says of
    the lots of today: trades are of those.
    """

    holders: Mapping[str, Holder]
    groups: Mapping[str, tuple[str, Decimal]]
    opening: tuple[Lot, ...]
    events: tuple[Event, ...]
    untold: tuple[Untold, ...]
    records: Mapping[str, Row]
    stated: tuple[Stated, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """Which transactions could not be told, and why."""
        return tuple(map(str, self.untold))

    @property
    def in_order(self) -> list[Event | Sales]:
        """The events in an order that does not depend on that of the book's rows, sales of one day
        at once."""
        return in_cautious_order(self.events, self.holders)

    def outcome(self, trades: Iterable[Event | Sales] = (), reading: Reading = CAUTIOUS) -> Outcome:
        """What the history comes to, and the trades after it. Raises HistoryError for trades of
        what is not held."""
        today = list(trades)
        events = [*self.in_order, *(self.stated if today else ()), *today]
        return replay(events, self.holders, self.groups, reading, self.opening)


def tax_history(
    contents: Contents,
    accounts: Sequence[Row],
    groups: Collection[str] | None = None,
    amounts: bool = True,
) -> TaxHistory:
    """The history of the accounts given by their rows; of some wash groups only, if they are named.

    A row without an amount is left out, unless `amounts` are not asked for: a price then stands in,
    which is enough to say what replaces what.
    """
    told = [
        _Account(contents, row.get("account_id") or "", groups, amounts)
        for row in sorted(accounts, key=lambda row: row.get("account_id") or "")
    ]
    ratios = ratios_of((account.rows, account.held) for account in told)
    for account in told:
        account.tell(ratios)
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
        untold=tuple(each for account in told for each in account.untold),
        records={name: row for account in told for name, row in account.records.items()},
    )


def _holder(row: Row) -> Holder:
    """The household stands for all its accounts, those of others included."""
    owner = "spouse" if row.get("owner") == "spouse" else "self"
    return Holder(row.get("type") or "taxable", owner)


@dataclass(slots=True)
class _Bought:
    """A purchase since the first day: `left` of its shares are not known to have gone yet, of which
    `missing` are not there any more."""

    id: str
    day: date
    unit_cost: Decimal
    left: Decimal
    missing: Decimal

    def take(self, shares: Decimal) -> tuple[str, Decimal]:
        self.left -= shares
        self.missing = max(self.missing - shares, _ZERO)
        return self.id, shares


@dataclass(slots=True)
class _Trade:
    """A row that can be told. `shares` are those of today; `pieces` are taken from purchases."""

    row: Row
    place: int
    day: date
    security: str
    shares: Decimal
    pieces: list[tuple[str, Decimal]] = field(default_factory=list)

    @property
    def action(self) -> str:
        return self.row.get("action") or ""

    @property
    def rest(self) -> Decimal:
        return self.shares - sum((shares for _, shares in self.pieces), _ZERO)


class _Account:
    """One account while its history is told."""

    def __init__(
        self, contents: Contents, name: str, groups: Collection[str] | None, amounts: bool
    ) -> None:
        self.contents, self.name, self.amounts = contents, name, amounts
        rows = contents.rows("transactions", "account_id", name)
        days = [day_in(row, "date") for row in rows if row.get("action") in (*BOUGHT, *OUT, "sell")]
        self.first = min((day for day in days if day is not None), default=None)
        self.rows = sorted((row for row in rows if self._within(row, groups)), key=_by_content)
        lots = contents.rows("lots", "account_id", name)
        listed = [self._lot(row) for row in lots if self._within(row, groups)]
        known = sorted((lot for lot in listed if lot), key=lambda lot: (lot.acquired, lot.id))
        self.held = {lot.id: lot for lot in known}
        self.opening: list[Lot] = []
        self.events: list[Event] = []
        self.untold: list[Untold] = []
        self.records: dict[str, Row] = {}
        self._bought: dict[str, dict[str, _Bought]] = {}

    def _within(self, row: Row, groups: Collection[str] | None) -> bool:
        security = row.get("security_id") or ""
        known = self.contents.securities.get(security)
        return groups is None or (security if known is None else known.wash_group) in groups

    def tell(self, ratios: Restated) -> None:
        trades = list(self._trades(ratios))
        there = {lot.id: lot.shares for lot in self.held.values()}
        for trade in trades:
            if trade.action in BOUGHT:
                self._buy(trade, there)
        self._unrecorded(trades)
        gone = [trade for trade in trades if trade.action not in BOUGHT]
        for named in (True, False):
            for trade in gone:
                if (trade.row.get("lot_id") is not None) is named:
                    self._draw(trade)
        for trade in gone:
            if trade.action == "sell":
                self._sell(trade)
            else:
                self._leaves(
                    f"{self.name}/out/{trade.place}", trade.day, trade.security, trade.pieces
                )
        for security, bought in self._bought.items():
            for each in bought.values():
                self._leaves(f"{each.id}/gone", each.day, security, [(each.id, each.missing)])
        given = {row.get("lot_id") for row in self.rows if row.get("action") in GIVEN}
        for lot in self.held.values():
            if lot.id not in self._bought.get(lot.security_id, {}):
                self.opening.append(_as_of_the_first_day(lot, self.first, lot.id not in given))

    # --- what can be told ------------------------------------------------------------------------

    def _trades(self, ratios: Restated) -> Iterator[_Trade]:
        for place, row in enumerate(self.rows):
            if row.get("action") not in (None, *BOUGHT, *OUT, "sell"):
                continue
            why = self._why_not(row, ratios)
            if why is not None:
                self.untold.append(Untold(row, why))
                continue
            day, security = day_in(row, "date"), row.get("security_id") or ""
            assert day is not None
            shares = restated(ratios, security, day, number_in(row, "shares"))
            yield _Trade(row, place, day, security, shares)

    def _why_not(self, row: Row, ratios: Restated) -> str | None:
        day = day_in(row, "date")
        if row.get("action") is None:
            return "no action"
        if day is None or row.get("shares") is None or number_in(row, "shares") <= 0:
            return "no day or no shares"
        if day > self.contents.as_of:
            return "later than the book"
        if ratios.get(row.get("security_id") or "", ()) is None:
            return WAS_SPLIT
        if self.amounts and row.get("amount") is None and row.get("action") not in OUT:
            return "no amount"
        if row.get("action") == "sell" and row.get("realized_gain") is None:
            return "no realised gain"
        return None

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

    # --- what came in ----------------------------------------------------------------------------

    def _buy(self, trade: _Trade, there: dict[str, Decimal]) -> None:
        """A purchase; where the row names no lot, it is the one acquired there on that day."""
        bought = self._bought.setdefault(trade.security, {})
        found = trade.row.get("lot_id") or next(
            (
                lot.id
                for lot in self.held.values()
                if (lot.security_id, lot.acquired) == (trade.security, trade.day)
                and lot.id not in bought
            ),
            None,
        )
        kept = min(there.get(found or "", _ZERO), trade.shares)
        there[found or ""] = there.get(found or "", _ZERO) - kept
        id = found if found and found not in bought else f"{self.name}/{trade.place}"
        lot = self.held.get(found or "")
        if trade.row.get("amount") is not None:
            cost = abs(number_in(trade.row, "amount"))
        elif lot is not None:
            cost = lot.basis / lot.shares * trade.shares if lot.shares else _ZERO
        else:
            cost = self._price(trade.security) * trade.shares
        order = trade.row.get("order_id") or (lot.order_id if lot is not None else None) or found
        self._add(id, trade.day, trade.security, trade.shares, cost, order, trade.shares - kept)

    def _unrecorded(self, trades: Iterable[_Trade]) -> None:
        """Lots acquired since the first day without a transaction that says how: purchases."""
        given = {row.get("lot_id") for row in self.rows if row.get("action") in GIVEN}
        for lot in self.held.values():
            bought = self._bought.setdefault(lot.security_id, {})
            since = self.first is not None and lot.acquired >= self.first
            if lot.id in bought or lot.id in given or not since or lot.shares <= 0:
                continue
            gone = [t.shares for t in trades if t.row.get("lot_id") == lot.id]
            shares = lot.shares + sum(gone, _ZERO)
            cost = lot.basis / lot.shares * shares
            order = lot.order_id or lot.id
            self._add(
                lot.id, lot.acquired, lot.security_id, shares, cost, order, shares - lot.shares
            )

    def _add(
        self,
        id: str,
        day: date,
        security: str,
        shares: Decimal,
        cost: Decimal,
        order: str | None,
        missing: Decimal,
    ) -> None:
        self.events.append(Purchase(id, day, self.name, security, shares, cost, order))
        self._bought[security][id] = _Bought(id, day, cost / shares, shares, missing)

    # --- what went out ---------------------------------------------------------------------------

    def _draw(self, trade: _Trade) -> None:
        """Takes the shares from the purchase that the row names; where it names none, from those of
        which shares are missing, the first first."""
        name = trade.row.get("lot_id")
        bought = self._bought.get(trade.security, {}).values()
        for each in sorted(bought, key=lambda each: (each.day, each.id)):
            if each.day <= trade.day and trade.rest > 0:
                at_most = each.left if name == each.id else each.missing if name is None else _ZERO
                if at_most > 0:
                    trade.pieces.append(each.take(min(at_most, trade.rest)))

    def _sell(self, trade: _Trade) -> None:
        """A sale; what no purchase since gives is put among the lots of before, with the basis that
        is left of what the realised gain says."""
        bought = self._bought.get(trade.security, {})
        cost = sum((bought[id].unit_cost * shares for id, shares in trade.pieces), _ZERO)
        gain, rest = number_in(trade.row, "realized_gain"), trade.rest
        if trade.row.get("amount") is not None:
            amount = abs(number_in(trade.row, "amount"))
        else:
            amount = max(cost + rest * self._price(trade.security) + gain, _ZERO)
        lots = list(trade.pieces)
        if rest > 0:
            lots.append((f"{self.name}/sold/{trade.place}", rest))
            basis = amount - gain - cost
            self.opening.append(self._sold(trade, lots[-1][0], rest, basis))
        id = f"{self.name}/sale/{trade.place}"
        self.records[id] = trade.row
        self.events.append(
            Sale(id, trade.day, self.name, trade.security, trade.shares, amount, tuple(lots))
        )

    def _sold(self, trade: _Trade, id: str, shares: Decimal, basis: Decimal) -> Lot:
        known = self.held.get(trade.row.get("lot_id") or "")
        acquired = trade.day - (LONG_AGO if trade.row.get("term") == "long" else RECENTLY)
        return Lot(
            id,
            self.name,
            trade.security,
            acquired if known is None else known.acquired,
            shares,
            basis,
            None if known is None else known.holding_from,
            trade.row.get("lot_id") if known is None else known.order_id or known.id,
            purchased=False,
        )

    def _leaves(
        self, id: str, day: date, security: str, pieces: Sequence[tuple[str, Decimal]]
    ) -> None:
        """Shares bought since that went without a gain: given away, moved, or nobody says how. Of
        these it is enough that they replace nothing later."""
        shares = sum((shares for _, shares in pieces), _ZERO)
        if shares > 0:
            self.events.append(Donation(id, day, self.name, security, shares, None, tuple(pieces)))

    def _price(self, security: str) -> Decimal:
        return self.contents.market.latest.get(security, _ZERO)


def _by_content(row: Row) -> tuple[str, ...]:
    """An order of rows that is the same in whatever order they come."""
    names = "date action security_id lot_id shares amount realized_gain term order_id"
    return tuple(row.get(name) or "" for name in names.split())


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
