"""Blocks and used shares of random books, against a count of single shares."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.book.contents import Contents, Row
from portfolio.book.contract import LOTS, SECURITIES, TRANSACTIONS, WASH_BLOCKS, TableContract
from portfolio.book.files import TextTable
from portfolio.book.prices import EMPTY
from portfolio.book.wash_records import WashRecord, wash_record

AS_OF = date(2026, 6, 15)
START = AS_OF - timedelta(days=50)
ACCOUNTS: tuple[Row, ...] = tuple(
    {"account_id": name, "household_id": "H", "type": kind, "owner": owner}
    for name, kind, owner in (
        ("T1", "taxable", "self"),
        ("T2", "taxable", "self"),
        ("S1", "taxable", "spouse"),
        ("I1", "roth_ira", "self"),
    )
)
GROUPS = {"X": "GX", "X2": "GX", "Y": "Y"}


@dataclass
class Share:
    """One share: what it cost with what it took over, and whether it has replaced another."""

    lot: str
    security: str
    order: str
    bought: date
    place: tuple[Any, ...]
    basis: Decimal
    purchased: bool
    used: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Sold:
    """So many shares of a lot, sold at a price."""

    lot: str
    number: int
    price: Decimal
    taxable: bool


@dataclass
class Counted:
    """A household worked off share by share."""

    shares: list[Share] = field(default_factory=list)
    waiting: list[tuple[date, Share, Decimal]] = field(default_factory=list)

    def buys(self, new: Sequence[Share]) -> None:
        for share in new:
            for entry in self.waiting:
                day, lost, amount = entry
                if washes(share, lost, day):
                    share.used, share.basis = True, share.basis + amount
                    self.waiting.remove(entry)
                    break
        self.shares += new

    def sells(self, day: date, *sales: Sold) -> None:
        """All sales of a day at once: what is sold that day replaces nothing."""
        sold: list[tuple[Share, Sold]] = []
        for sale in sales:
            left = [share for share in self.shares if share.lot == sale.lot and not share.gone]
            for share in left[: sale.number]:
                share.gone = True
                sold.append((share, sale))
        for share, sale in sold:
            lost = share.basis - sale.price
            if not sale.taxable or lost <= 0:
                continue
            others = [o for o in self.shares if not o.gone and washes(o, share, day)]
            if others:
                first = min(others, key=lambda other: (other.bought, other.place))
                first.used, first.basis = True, first.basis + lost
            else:
                self.waiting.append((day, share, lost))


def washes(new: Share, sold: Share, day: date) -> bool:
    return (
        new.purchased
        and not new.used
        and GROUPS[new.security] == GROUPS[sold.security]
        and new.order != sold.order
        and abs((new.bought - day).days) <= 30
    )


@dataclass(frozen=True)
class Step:
    wait: int
    sale: bool
    account: int
    security: str
    which: int
    shares: int
    price: int
    same_order: bool


STEPS = st.lists(
    st.builds(
        Step,
        wait=st.integers(0, 9),
        sale=st.booleans(),
        account=st.integers(0, 3),
        security=st.sampled_from(("X", "X", "X2", "Y")),
        which=st.integers(0, 7),
        shares=st.integers(1, 12),
        price=st.integers(5, 25),
        same_order=st.booleans(),
    ),
    min_size=2,
    max_size=14,
)


@dataclass
class Story:
    """A random history as rows of a book, and as a count of shares."""

    rows: list[dict[str, str | None]] = field(default_factory=list)
    lots: list[dict[str, str | None]] = field(default_factory=list)
    counted: Counted = field(default_factory=Counted)


def told(steps: Sequence[Step], accounts: int) -> Story:
    """On one day every account sells once, after what is bought. IRAs come first."""
    story, day = Story(), START
    days: dict[date, list[tuple[int, Step]]] = {}
    for place, step in enumerate(steps):
        day = min(day + timedelta(days=step.wait), AS_OF)
        days.setdefault(day, []).append((place, step))
    costs: dict[str, Decimal] = {}
    owners: dict[str, str] = {}
    for row in ACCOUNTS[:accounts]:
        name = row["account_id"] or ""
        for security in GROUPS:
            lot = f"{name}-{security}-old"
            held = [(START - timedelta(days=400)), security, lot]
            costs[lot], owners[lot] = Decimal(20), name
            story.counted.shares += [
                Share(lot, security, lot, held[0], (0, i), Decimal(20), True) for i in range(30)
            ]
    for on, todays in sorted(days.items()):
        buys = [(place, step) for place, step in todays if not step.sale]
        named = [(f"b{place:02d}", step, account(step, accounts)) for place, step in buys]
        for lot, step, owner in sorted(named, key=lambda b: (b[2] != "I1", b[2], b[0])):
            order = f"{on}-{owner}-{step.security}" if step.same_order else lot
            cost = Decimal(step.price)
            costs[lot], owners[lot] = cost, owner
            new = [
                Share(lot, step.security, order, on, (1, owner != "I1", owner, lot, i), cost, True)
                for i in range(step.shares)
            ]
            story.counted.buys(new)
            story.rows.append(transaction(on, owner, step, "buy", lot, step.shares, order))
        sellers: dict[str, Step] = {}
        for _, step in todays:
            if step.sale:
                sellers.setdefault(account(step, accounts), step)
        sales: list[Sold] = []
        for owner, step in sorted(sellers.items(), key=lambda s: (s[0] != "I1", s[0])):
            there = sorted(
                {s.lot for s in story.counted.shares if not s.gone and owners[s.lot] == owner}
            )
            lot = there[step.which % len(there)]
            left = [s for s in story.counted.shares if s.lot == lot and not s.gone]
            number = min(step.shares, len(left))
            price = Decimal(step.price)
            gain = number * (price - costs[lot])
            sold = replace(step, security=left[0].security)
            sales.append(Sold(lot, number, price, owner != "I1"))
            story.rows.append(transaction(on, owner, sold, "sell", lot, number, None, gain))
        story.counted.sells(on, *sales)
    for lot, owner in owners.items():
        left = [s for s in story.counted.shares if s.lot == lot and not s.gone]
        if left:
            story.lots.append(
                {
                    "lot_id": lot,
                    "account_id": owner,
                    "security_id": left[0].security,
                    "acquired": left[0].bought.isoformat(),
                    "shares": str(len(left)),
                    "basis": str(len(left) * costs[lot]),
                    "order_id": left[0].order,
                }
            )
    return story


def account(step: Step, accounts: int) -> str:
    return ACCOUNTS[step.account % accounts]["account_id"] or ""


def transaction(
    on: date,
    owner: str,
    step: Step,
    action: str,
    lot: str,
    shares: int,
    order: str | None,
    gain: Decimal | None = None,
) -> dict[str, str | None]:
    return {
        "date": on.isoformat(),
        "account_id": owner,
        "security_id": step.security,
        "action": action,
        "shares": str(shares),
        "amount": str(shares * step.price),
        "lot_id": lot,
        "order_id": order,
        "realized_gain": None if gain is None else str(gain),
        "term": None,
    }


def table(contract: TableContract, rows: Sequence[Mapping[str, str | None]]) -> TextTable:
    names = sorted({name for row in rows for name in row}) or [c.name for c in contract.columns]
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    return TextTable(contract, f"{contract.name}.csv", columns, len(rows), b"")


def recorded(
    rows: Sequence[Row], lots: Sequence[Row], accounts: int, blocks: Sequence[Row] = ()
) -> WashRecord:
    securities = [{"security_id": name, "wash_group": group} for name, group in GROUPS.items()]
    tables = {
        "securities": table(SECURITIES, securities),
        "transactions": table(TRANSACTIONS, rows),
        "lots": table(LOTS, lots),
        "wash_blocks": table(WASH_BLOCKS, blocks),
    }
    contents = Contents(tables, {}, EMPTY, {}, {}, AS_OF, 1, "XNYS", AS_OF.year)
    return wash_record(contents, "H", list(ACCOUNTS[:accounts]), [])


@settings(deadline=None)
@given(STEPS, st.integers(2, 4), st.randoms(use_true_random=False))
def test_share_by_share(steps: list[Step], accounts: int, chance: random.Random) -> None:
    story = told(steps, accounts)
    chance.shuffle(story.rows)
    chance.shuffle(story.lots)
    record = recorded(story.rows, story.lots, accounts)
    used: dict[str, int] = {}
    for share in story.counted.shares:
        if share.used and not share.gone:
            used[share.lot] = used.get(share.lot, 0) + 1
    assert record.used == used
    blocked: dict[tuple[str, date], list[Decimal]] = {}
    for day, share, lost in story.counted.waiting:
        until = day + timedelta(days=30)
        if until >= AS_OF:
            blocked.setdefault((GROUPS[share.security], until), []).append(lost)
    assert {(b.wash_group, b.until): b.shares for b in record.blocks} == {
        key: len(lost) for key, lost in blocked.items()
    }
    for block in record.blocks:
        lost = blocked[block.wash_group, block.until]
        assert abs(block.loss_per_share * len(lost) - sum(lost)) < Decimal("1e-6")


@settings(deadline=None)
@given(STEPS, st.integers(2, 4), st.randoms(use_true_random=False))
def test_basis_across_accounts_is_what_brokers_leave_out(
    steps: list[Step], accounts: int, chance: random.Random
) -> None:
    """Every lot of a taxable account: what it cost, what its own account's wash sales added, as the
    broker says, and what the record adds, come to what the count gives."""
    story = told(steps, accounts)
    chance.shuffle(story.rows)
    record = recorded(story.rows, story.lots, accounts)
    alone = {
        name: recounted(steps, accounts, name) for name in ("T1", "T2", "S1")[: min(accounts, 3)]
    }
    for lot in story.lots:
        name, owner = lot["lot_id"] or "", lot["account_id"] or ""
        if owner != "I1":
            across = record.across[name].basis if name in record.across else Decimal(0)
            basis = basis_of(story.counted, name)
            assert abs(across + alone[owner].get(name, Decimal(0)) - basis) < Decimal("1e-6")


def basis_of(counted: Counted, lot: str) -> Decimal:
    left = [share.basis for share in counted.shares if share.lot == lot and not share.gone]
    return sum(left, Decimal(0))


def recounted(steps: Sequence[Step], accounts: int, owner: str) -> Mapping[str, Decimal]:
    """The basis of each lot as the broker of one account sees it: one security, one account."""
    rows = sorted(
        (row for row in told(steps, accounts).rows if row["account_id"] == owner),
        key=lambda row: (row["date"] or "", row["action"] != "buy", row["lot_id"] or ""),
    )
    found: dict[str, Decimal] = {}
    for security in GROUPS:
        counted, lot = Counted(), f"{owner}-{security}-old"
        counted.shares = [
            Share(lot, security, lot, START - timedelta(days=400), (0, i), Decimal(20), True)
            for i in range(30)
        ]
        for row in rows:
            if row["security_id"] != security:
                continue
            name, number, on = row["lot_id"] or "", int(row["shares"] or 0), row["date"] or ""
            price, day = Decimal(row["amount"] or 0) / number, date.fromisoformat(on)
            if row["action"] == "buy":
                order = row["order_id"] or ""
                counted.buys(
                    [
                        Share(name, security, order, day, (1, name, i), price, True)
                        for i in range(number)
                    ]
                )
            else:
                counted.sells(day, Sold(name, number, price, True))
        for name in {share.lot for share in counted.shares}:
            found[name] = basis_of(counted, name)
    return found


@settings(deadline=None)
@given(STEPS, st.integers(2, 4))
def test_what_is_recorded_once_stays(steps: list[Step], accounts: int) -> None:
    """Blocks and used shares written back to the book change nothing."""
    story = told(steps, accounts)
    first = recorded(story.rows, story.lots, accounts)
    lots = [
        {**lot, "used_shares": str(first.used.get(lot["lot_id"] or "", 0))} for lot in story.lots
    ]
    blocks = [
        {
            "household_id": "H",
            "wash_group": block.wash_group,
            "until": block.until.isoformat(),
            "shares": str(block.shares),
            "loss_per_share": str(block.loss_per_share),
        }
        for block in first.blocks
    ]
    again = recorded(story.rows, lots, accounts, blocks)
    assert (again.used, again.across) == (first.used, first.across)
    assert [(b.wash_group, b.until, b.shares, b.sold) for b in again.blocks] == [
        (b.wash_group, b.until, b.shares, b.sold) for b in first.blocks
    ]
