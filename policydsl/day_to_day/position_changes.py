"""What became of positions, cash and flows between two runs, and what of it the first proposed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from policydsl.day_to_day.recorded import RecordedRun, Row, cell_changes

ZERO = Decimal(0)
PAID = {"sell": 1, "dividend": 1, "return_of_capital": 1, "buy": -1}
"""What a transaction does to cash, by its action."""
MOVED = {
    **{"buy": 1, "reinvest": 1, "vest": 1, "transfer_in": 1, "gift_in": 1, "inherit": 1},
    **{"sell": -1, "transfer_out": -1, "gift_out": -1},
}
"""What a transaction does to shares; others, such as splits, are no trades."""
FILL = Decimal("0.005")
"""Costs of trading, as a fraction of what was traded, up to which cash counts as moved by it."""


@dataclass(frozen=True, slots=True)
class LotChange:
    """A lot that was opened (no `before`), closed (no `after`) or is another size or basis."""

    lot_id: str
    account_id: str
    security_id: str
    before: Row | None
    after: Row | None

    @property
    def word(self) -> str:
        """`opened`, `closed`, `part sold`, or `restated`: not as trades would have it."""
        if self.before is None or self.after is None:
            return "opened" if self.before is None else "closed"
        return "part sold" if self.shares < 0 and self.basis < 0 else "restated"

    @property
    def shares(self) -> Decimal:
        return _number(self.after, "shares") - _number(self.before, "shares")

    @property
    def basis(self) -> Decimal:
        return _number(self.after, "basis") - _number(self.before, "basis")


@dataclass(frozen=True, slots=True)
class OrderDone:
    """An order of the first run, or shares that moved without one (`proposed` is nothing).

    `proposed` and `done` are signed shares: sales are negative.
    """

    account_id: str
    security_id: str
    proposed: Decimal
    done: Decimal

    @property
    def word(self) -> str:
        """`done`, `done in part`, `not done`, `done otherwise`, `not proposed`."""
        if self.proposed == 0:
            return "not proposed"
        if self.done in (self.proposed, ZERO):
            return "done" if self.done else "not done"
        between = min(self.proposed, ZERO) <= self.done <= max(self.proposed, ZERO)
        return "done in part" if between else "done otherwise"


@dataclass(frozen=True, slots=True)
class CashChange:
    """Dollars of an account, settled and not: what trading moved of them, and what else did."""

    account_id: str
    before: Decimal
    after: Decimal
    traded: Decimal

    @property
    def otherwise(self) -> Decimal:
        return self.after - self.before - self.traded


@dataclass(frozen=True, slots=True)
class PositionChanges:
    """What happened to the positions of one household. `actions` are new transactions that are no
    trades: splits, gifts, transfers, returns of capital."""

    household_id: str
    lots: tuple[LotChange, ...]
    orders: tuple[OrderDone, ...]
    cash: tuple[CashChange, ...]
    actions: tuple[Row, ...]
    came: tuple[Row, ...]
    went: tuple[Row, ...]
    """Flows that came and went."""

    @property
    def any(self) -> bool:
        return bool(self.lots or self.cash or self.actions or self.came or self.went)


def position_changes(a: RecordedRun, b: RecordedRun, household_id: str) -> PositionChanges:
    """Lots, orders done, cash and flows of a household that is in both runs."""
    accounts = sorted(
        {name for run in (a, b) for name, who in run.household_of.items() if who == household_id}
    )
    lots = lot_changes(a, b, accounts)
    new = new_rows(a, b, "transactions", accounts)
    return PositionChanges(
        household_id,
        lots,
        _orders(a.documents[household_id], lots),
        tuple(
            cash for name in accounts if (cash := cash_change(a, b, name, lots, new)) is not None
        ),
        tuple(row for row in new if row["action"] not in ("buy", "sell", "reinvest", "dividend")),
        tuple(new_rows(a, b, "flows", accounts)),
        tuple(new_rows(b, a, "flows", accounts)),
    )


def lot_changes(a: RecordedRun, b: RecordedRun, accounts: Sequence[str]) -> tuple[LotChange, ...]:
    """Lots of these accounts that are not as they were, by id."""
    before, after = (
        {row["lot_id"]: row for row in run.rows("lots") if row["account_id"] in accounts}
        for run in (a, b)
    )
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        row = new or old or {}
        change = LotChange(name, row["account_id"], row["security_id"], old, new)
        if old is None or new is None or change.word != "restated" or _restated(old, new):
            found.append(change)
    return tuple(found)


def _restated(old: Row, new: Row) -> bool:
    """Whether a lot that nobody traded is another one all the same."""
    return bool(cell_changes(old, new))


def new_rows(a: RecordedRun, b: RecordedRun, table: str, accounts: Sequence[str]) -> list[Row]:
    """Rows of a table without keys that the second run has and the first has not."""
    known = Counter(_told(row) for row in a.rows(table) if row["account_id"] in accounts)
    found = []
    for row in b.rows(table):
        if row["account_id"] in accounts:
            told = _told(row)
            known[told] -= 1
            if known[told] < 0:
                found.append(row)
    return found


def _told(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(row.items()))


def _orders(document: Mapping[str, list[Row]], lots: Iterable[LotChange]) -> tuple[OrderDone, ...]:
    """What the first run proposed and what shares moved, by account and security."""
    proposed: dict[tuple[str, str], Decimal] = {}
    for trade in document.get("trades", ()):
        key = trade["account_id"], trade["security_id"]
        sign = 1 if trade["side"] == "buy" else -1
        proposed[key] = proposed.get(key, ZERO) + sign * Decimal(trade["shares"])
    done: dict[tuple[str, str], Decimal] = {}
    for lot in lots:
        if lot.word != "restated":
            key = lot.account_id, lot.security_id
            done[key] = done.get(key, ZERO) + lot.shares
    return tuple(
        OrderDone(*key, proposed.get(key, ZERO), done.get(key, ZERO))
        for key in sorted(proposed.keys() | done.keys())
        if key in proposed or done[key]
    )


# --- cash ----------------------------------------------------------------------------------------


def cash_change(
    a: RecordedRun,
    b: RecordedRun,
    account_id: str,
    lots: Sequence[LotChange],
    transactions: Sequence[Row],
) -> CashChange | None:
    """How much cash the account has more, and what of it trades, as far as they are told, account
    for; None where it has the same, or is new or gone."""
    before, after = (_cash(run, account_id) for run in (a, b))
    if before is None or after is None or before == after:
        return None
    traded, gross = _traded(a, account_id, lots, transactions)
    rest = after - before - traded
    if gross and abs(rest) <= gross * FILL:
        traded += rest
    return CashChange(account_id, before, after, traded)


def _cash(run: RecordedRun, account_id: str) -> Decimal | None:
    row = next((row for row in run.rows("accounts") if row["account_id"] == account_id), None)
    return None if row is None else _number(row, "cash") + _number(row, "unsettled_cash")


def _traded(
    a: RecordedRun, account_id: str, lots: Sequence[LotChange], transactions: Sequence[Row]
) -> tuple[Decimal, Decimal]:
    """Dollars that trades brought, and dollars traded. Where transactions do not tell how lots
    changed, what was opened cost its basis and what was sold brought the close of the first run."""
    mine = [row for row in transactions if row["account_id"] == account_id]
    moved: dict[str, Decimal] = {}
    for row in mine:
        name = row["security_id"]
        shares = MOVED.get(row["action"], 0) * Decimal(row["shares"])
        moved[name] = moved.get(name, ZERO) + shares
    own = [lot for lot in lots if lot.account_id == account_id]
    held: dict[str, Decimal] = {}
    for lot in own:
        if lot.word != "restated":
            held[lot.security_id] = held.get(lot.security_id, ZERO) + lot.shares
    if _nonzero(held) == _nonzero(moved):
        paid = [PAID.get(row["action"], 0) * _number(row, "amount") for row in mine]
    else:
        paid = [
            -lot.basis if lot.shares > 0 else -lot.shares * a.closes.get(lot.security_id, ZERO)
            for lot in own
            if lot.word != "restated"
        ]
    return sum(paid, ZERO), sum(map(abs, paid), ZERO)


def _nonzero(shares: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {name: count for name, count in shares.items() if count}


def _number(row: Row | None, column: str) -> Decimal:
    return ZERO if row is None else Decimal(row.get(column, "0"))
