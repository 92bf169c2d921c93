"""What a run buys and sells of each security, all clients together: the view of the trading desk.

A security *crosses* where one client buys it and another sells it in the same run. A client is a
household: what its own accounts do on both sides is no cross.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from policydsl.document import Document, plain
from policydsl.run_folder import TRADE_COLUMNS, csv_bytes, trade_rows
from policydsl.tables import dollars, table

BLOCKS = "blocks.csv"
COLUMNS = (
    "security_id",
    "ticker",
    "price",
    "bought_shares",
    "bought_amount",
    "buying_accounts",
    "buying_households",
    "sold_shares",
    "sold_amount",
    "selling_accounts",
    "selling_households",
    "net_shares",
    "net_amount",
    "gross_shares",
    "gross_amount",
    "crossing_shares",
)

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a block: shares and dollars, with the accounts and households that trade them."""

    shares: Decimal
    amount: Decimal
    accounts: tuple[str, ...]
    households: Mapping[str, Decimal]
    """Shares by household."""


@dataclass(frozen=True, slots=True)
class BlockOrder:
    """All orders of one security in a run."""

    security_id: str
    ticker: str
    price: str
    bought: Side
    sold: Side

    @property
    def net_shares(self) -> Decimal:
        """Bought less sold."""
        return self.bought.shares - self.sold.shares

    @property
    def net_amount(self) -> Decimal:
        """Bought less sold, dollars."""
        return self.bought.amount - self.sold.amount

    @property
    def gross_shares(self) -> Decimal:
        """Bought and sold."""
        return self.bought.shares + self.sold.shares

    @property
    def gross_amount(self) -> Decimal:
        """Bought and sold, dollars."""
        return self.bought.amount + self.sold.amount

    @property
    def crossing_shares(self) -> Decimal:
        """The most shares that could pass from one client to another: of each client's own two
        sides nothing does."""
        both = [
            self.bought.households.get(name, Decimal(0))
            + self.sold.households.get(name, Decimal(0))
            for name in {*self.bought.households, *self.sold.households}
        ]
        others = self.gross_shares - max(both, default=Decimal(0))
        return min(self.bought.shares, self.sold.shares, others)


def block_orders(rows: Iterable[Row]) -> tuple[BlockOrder, ...]:
    """The orders of each security, by its id, from rows as they stand in `trades.csv`.

    Raises InvalidOperation for shares or amounts that are no numbers.
    """
    mine: dict[str, list[Row]] = {}
    for row in rows:
        mine.setdefault(row["security_id"], []).append(row)
    return tuple(
        BlockOrder(
            security_id,
            found[0]["ticker"],
            found[0]["price"],
            _side(row for row in found if row["side"] == "buy"),
            _side(row for row in found if row["side"] == "sell"),
        )
        for security_id, found in sorted(mine.items())
    )


def _side(rows: Iterable[Row]) -> Side:
    shares = amount = Decimal(0)
    accounts: set[str] = set()
    households: dict[str, Decimal] = {}
    for row in rows:
        count, name = Decimal(row["shares"]), row["household_id"]
        shares, amount = shares + count, amount + Decimal(row["amount"])
        accounts.add(row["account_id"])
        households[name] = households.get(name, Decimal(0)) + count
    return Side(shares, amount, tuple(sorted(accounts)), dict(sorted(households.items())))


def blocks_csv(rows: Iterable[Row]) -> bytes:
    """The file `blocks.csv` of a run with these rows of `trades.csv`."""
    return csv_bytes(COLUMNS, [_cells(block) for block in block_orders(rows)])


def _cells(block: BlockOrder) -> list[str]:
    cells = [block.security_id, block.ticker, block.price]
    for side in (block.bought, block.sold):
        cells += [_number(side.shares), _number(side.amount)]
        cells += [str(len(side.accounts)), str(len(side.households))]
    cells += [_number(block.net_shares), _number(block.net_amount)]
    cells += [_number(block.gross_shares), _number(block.gross_amount)]
    return [*cells, _number(block.crossing_shares)]


def _number(value: Decimal) -> str:
    return plain(value)


def rows_of(documents: Iterable[Document]) -> list[Row]:
    """The rows of `trades.csv` that proposals come to."""
    return [
        dict(zip(TRADE_COLUMNS, row, strict=True))
        for document in documents
        for row in trade_rows(document)
    ]


# --- for people, for programs --------------------------------------------------------------------


def blocks_document(blocks: Sequence[BlockOrder]) -> Document:
    """The blocks of a run as JSON; it names the accounts and households of each side."""
    return {
        "blocks": [
            {
                "security_id": block.security_id,
                "ticker": block.ticker,
                "price": block.price,
                "bought": _side_document(block.bought),
                "sold": _side_document(block.sold),
                "net_shares": plain(block.net_shares),
                "net_amount": plain(block.net_amount),
                "gross_shares": plain(block.gross_shares),
                "gross_amount": plain(block.gross_amount),
                "crossing_shares": plain(block.crossing_shares),
            }
            for block in blocks
        ]
    }


def _side_document(side: Side) -> Document:
    return {
        "shares": plain(side.shares),
        "amount": plain(side.amount),
        "accounts": list(side.accounts),
        "households": {name: plain(shares) for name, shares in side.households.items()},
    }


def blocks_table(blocks: Sequence[BlockOrder], most: int | None = None) -> str:
    """A line a security, the largest blocks first, and what all of them come to."""
    if not blocks:
        return "nothing is traded\n"
    ordered = sorted(blocks, key=lambda b: (-b.gross_amount, b.security_id))
    shown = ordered[:most]
    rows = [_line(block) for block in shown]
    rest = len(ordered) - len(shown)
    more = f"and {rest} smaller blocks\n" if rest else ""
    header = ("security", "price", "bought", "", "clients", "sold", "", "clients", "net", "gross")
    crossing = [block for block in blocks if block.crossing_shares]
    crossed = sum((b.crossing_shares * Decimal(b.price) for b in crossing), Decimal(0))
    bought = sum((block.bought.amount for block in blocks), Decimal(0))
    sold = sum((block.sold.amount for block in blocks), Decimal(0))
    total = f"{len(blocks)} securities: bought {dollars(bought)}, sold {dollars(sold)}\n"
    if crossing:
        total += f"{len(crossing)} of them cross between clients, up to {dollars(crossed)}\n"
    return table((*header, "crossing"), rows, "lrrrrrrrrrr") + more + total


def _line(block: BlockOrder) -> tuple[str, ...]:
    cells = [block.ticker, block.price]
    for side in (block.bought, block.sold):
        traded = bool(side.shares)
        cells += [f"{side.shares.normalize():,f}" if traded else "-"]
        cells += [dollars(side.amount) if traded else "-"]
        cells += [str(len(side.households)) if traded else "-"]
    cells += [dollars(block.net_amount), dollars(block.gross_amount)]
    crossing = block.crossing_shares
    return (*cells, f"{crossing.normalize():,f}" if crossing else "-")
