"""A small honest custodian: keeps cash, lots and transactions of a book from day to day.

It begins with the tables of a book, settles what is due, fills orders at the day's close, makes
payments, and writes the evening's book. It reckons gains, basis and settlement by itself, and knows
no policy.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from portfolio.flows import settlement_days
from portfolio.holding import first_long_day
from portfolio.household import TAXABLE, Flow
from portfolio.sessions import settles_on

ZERO = Decimal(0)
Row = dict[str, str]
KEPT = timedelta(days=61)
"""How far back a book shows transactions, at least."""


def cents(dollars: Decimal) -> Decimal:
    return dollars.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class TaxLot:
    """Shares bought together; `basis` is what all of them cost, in dollars."""

    id: str
    account_id: str
    security_id: str
    acquired: date
    shares: Decimal
    basis: Decimal
    rest: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fill:
    """An order, or the part of one that is in a lot, as it was done; shares are positive.

    `gain` is what the custodian reckons and `expected` what the proposal said (None: a purchase).
    """

    day: date
    account_id: str
    security_id: str
    side: str
    shares: Decimal
    amount: Decimal
    cost: Decimal
    lot_id: str
    settles: date
    acquired: date
    gain: Decimal = ZERO
    expected: Decimal | None = None

    @property
    def cash(self) -> Decimal:
        """Dollars that the account gets (negative: pays) when it settles."""
        return (self.amount if self.side == "sell" else -self.amount) - self.cost


@dataclass(frozen=True)
class Posting:
    """A flow on the day it was made, and how much of it: a payment stops at the settled cash."""

    day: date
    flow: Flow
    done: Decimal

    @property
    def short(self) -> Decimal:
        """Dollars that were to be paid and were not there."""
        return abs(self.flow.amount - self.done)


class Custodian:
    """The state of a book on a day, moved by `open`, `fill` and `post`; `write` is its book."""

    def __init__(self, opening: Path) -> None:
        self.tables = {path.stem: rows_of(path) for path in sorted(opening.glob("*.csv"))}
        self.name = opening.name
        self.cash = {r["account_id"]: Decimal(r["cash"]) for r in self.tables["accounts"]}
        self.due = [
            (settles_on(_opening_day(opening), 1), r["account_id"], Decimal(r["unsettled_cash"]))
            for r in self.tables["accounts"]
            if Decimal(r.get("unsettled_cash") or 0)
        ]
        self.lots = {row["lot_id"]: _lot(row) for row in self.tables["lots"]}
        self.transactions = list(self.tables["transactions"])
        self.day = _opening_day(opening)
        self._bought = 0

    def open(self, day: date) -> None:
        """A new session: what settles by now is settled, and in a new year losses are carried."""
        if day.year != self.day.year:
            self.tables["tax_entities"] = [
                row | self._year_to_date(row) for row in self.tables["tax_entities"]
            ]
            self.tables["tax_entities"] = [
                row | _carried(row) for row in self.tables["tax_entities"]
            ]
        self.day = day
        for settles, account_id, dollars in self.due:
            if settles <= day:
                self.cash[account_id] += dollars
        self.due = [each for each in self.due if each[0] > day]

    @property
    def settles(self) -> date:
        """The day on which today's orders settle."""
        return settles_on(self.day, settlement_days(self.day))

    def unsettled(self, account_id: str) -> Decimal:
        """Dollars still to come (negative: to be paid) for trades that have not settled."""
        return sum((dollars for _, owner, dollars in self.due if owner == account_id), ZERO)

    def fill(self, rows: Iterable[Row], prices: Mapping[str, Decimal]) -> list[Fill]:
        """Do today's orders, rows of `trades.csv`, at the close, all or none of each."""
        return [self._fill(row, prices[row["security_id"]]) for row in rows]

    def _fill(self, row: Row, price: Decimal) -> Fill:
        shares = Decimal(row["shares"])
        amount = cents(shares * price)
        done = Fill(
            day=self.day,
            account_id=row["account_id"],
            security_id=row["security_id"],
            side=row["side"],
            shares=shares,
            amount=amount,
            cost=Decimal(row["cost"]),
            lot_id=row["lot_id"],
            settles=self.settles,
            acquired=self.day,
        )
        done = self._sold(done, row) if done.side == "sell" else self._bought_lot(done)
        self.due.append((done.settles, done.account_id, done.cash))
        self.transactions.append(_transaction(done))
        return done

    def _sold(self, done: Fill, row: Row) -> Fill:
        lot = self.lots[done.lot_id]
        assert (lot.account_id, lot.security_id) == (done.account_id, done.security_id)
        assert done.shares <= lot.shares, f"{done.lot_id}: sold more than there is"
        basis = (
            lot.basis if done.shares == lot.shares else cents(lot.basis * done.shares / lot.shares)
        )
        if done.shares == lot.shares:
            del self.lots[lot.id]
        else:
            left = replace(lot, shares=lot.shares - done.shares, basis=lot.basis - basis)
            self.lots[lot.id] = left
        gain = done.amount - done.cost - basis
        expected = Decimal(row["realized_gain"])
        return replace(done, gain=gain, expected=expected, acquired=lot.acquired)

    def _bought_lot(self, done: Fill) -> Fill:
        self._bought += 1
        name = f"N{self._bought:05d}"
        basis = done.amount + done.cost
        self.lots[name] = TaxLot(
            name, done.account_id, done.security_id, self.day, done.shares, basis
        )
        return replace(done, lot_id=name)

    def post(self, flow: Flow) -> Posting:
        """Make a payment as far as settled cash goes, or take a deposit in."""
        there = max(self.cash[flow.account_id], ZERO)
        done = max(flow.amount, -there) if flow.amount < 0 else flow.amount
        self.cash[flow.account_id] += done
        return Posting(self.day, flow, done)

    # --- the evening's book -----------------------------------------------------------------------

    def write(self, folder: Path, prices: Mapping[str, Decimal]) -> None:
        """The book of this evening, before today's flows; earlier files there are written over."""
        self.tables["prices"] = [
            row for row in self.tables["prices"] if row["date"] != f"{self.day}"
        ] + [
            {"date": f"{self.day}", "security_id": name, "close": f"{price}"}
            for name, price in prices.items()
        ]
        folder.mkdir(parents=True, exist_ok=True)
        settings = f'name = "{self.name}"\nas_of = {self.day}\ncurrency = "USD"\n'
        (folder / "book.toml").write_text(settings + 'calendar = "XNYS"\n', encoding="utf-8")
        for name, rows in self._evening().items():
            _write(folder / f"{name}.csv", rows)

    def _evening(self) -> dict[str, list[Row]]:
        since = min(date(self.day.year, 1, 1), self.day - KEPT)
        return {
            **self.tables,
            "accounts": [
                row
                | {
                    "cash": f"{self.cash[row['account_id']]}",
                    "unsettled_cash": f"{self.unsettled(row['account_id'])}",
                }
                for row in self.tables["accounts"]
            ],
            "lots": [_lot_row(lot) for lot in self.lots.values()],
            "transactions": [
                row for row in self.transactions if date.fromisoformat(row["date"]) >= since
            ],
            "tax_entities": [row | self._year_to_date(row) for row in self.tables["tax_entities"]],
        }

    def _year_to_date(self, entity: Row) -> Row:
        """Gains and losses realised this year; IRAs realise nothing."""
        own = {
            row["account_id"]
            for row in self.tables["accounts"]
            if row["tax_entity_id"] == entity["tax_entity_id"] and row["type"] in TAXABLE
        }
        found = {"short": ZERO, "long": ZERO}
        for row in self.transactions:
            this_year = date.fromisoformat(row["date"]).year == self.day.year
            if row["action"] == "sell" and row["account_id"] in own and this_year:
                found[row["term"]] += Decimal(row["realized_gain"])
        return {f"ytd_{term}": f"{dollars}" for term, dollars in found.items()}


def _opening_day(opening: Path) -> date:
    text = (opening / "book.toml").read_text(encoding="utf-8")
    line = next(each for each in text.splitlines() if each.startswith("as_of"))
    return date.fromisoformat(line.partition("=")[2].strip())


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        columns = dict.fromkeys(name for row in rows for name in row)
        writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _lot(row: Row) -> TaxLot:
    return TaxLot(
        row["lot_id"],
        row["account_id"],
        row["security_id"],
        date.fromisoformat(row["acquired"]),
        Decimal(row["shares"]),
        Decimal(row["basis"]),
        row,
    )


def _lot_row(lot: TaxLot) -> Row:
    return {
        **lot.rest,
        "lot_id": lot.id,
        "account_id": lot.account_id,
        "security_id": lot.security_id,
        "acquired": f"{lot.acquired}",
        "shares": f"{lot.shares:f}",
        "basis": f"{lot.basis}",
    }


def _carried(entity: Row) -> Row:
    """Losses carried into the next year (26 USC 1211(b), 1212(b)), short-term ones used first."""
    short, long = (
        Decimal(entity[f"ytd_{term}"]) - Decimal(entity[f"carry_{term}"])
        for term in ("short", "long")
    )
    lost_short, lost_long = max(-short - max(long, ZERO), ZERO), max(-long - max(short, ZERO), ZERO)
    offset = Decimal(1500 if entity["filing"] == "separate" else 3000)
    used = min(lost_short, offset)
    left = max(lost_long - (offset - used), ZERO)
    return {"carry_short": f"{lost_short - used}", "carry_long": f"{left}"}


def _transaction(done: Fill) -> Row:
    sold = done.side == "sell"
    long = done.day >= first_long_day(done.acquired)
    return {
        "date": f"{done.day}",
        "account_id": done.account_id,
        "security_id": done.security_id,
        "action": done.side,
        "shares": f"{done.shares:f}",
        "amount": f"{done.amount}",
        "lot_id": done.lot_id,
        "order_id": "",
        "realized_gain": f"{done.gain}" if sold else "",
        "term": ("long" if long else "short") if sold else "",
        "source": "",
    }
