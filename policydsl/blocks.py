"""What a run buys and sells of each security, all clients together: the view of the trading desk.

A security *crosses* where one client buys it and another sells it in the same run. A client is a
household: what its own accounts do on both sides is no cross.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from compiler.directives.cross_trades import CrossTrades
from policydsl.document import Document, plain
from policydsl.output import counted
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
    "crossing",
    "giving_way",
    "rules",
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
    giving_way: tuple[str, ...] = ()
    """Households that a rule about cross trades kept from a side of it."""
    rules: tuple[str, ...] = ()
    """The rules about cross trades that kept them from it, or else let it pass."""

    @property
    def crossing(self) -> str | None:
        """`crosses`, or `prevented` where nothing does because somebody gave way."""
        if self.crossing_shares:
            return "crosses"
        return "prevented" if self.giving_way else None

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


def block_orders(rows: Iterable[Row], documents: Sequence[Document] = ()) -> tuple[BlockOrder, ...]:
    """The orders of each security, by its id, from rows as they stand in `trades.csv`. The
    proposals they belong to say which rules there are about crossing, and who gave way.

    Raises InvalidOperation for shares or amounts that are no numbers.
    """
    mine: dict[str, list[Row]] = {}
    for row in rows:
        mine.setdefault(row["security_id"], []).append(row)
    plain_blocks = (
        BlockOrder(
            security_id,
            found[0]["ticker"],
            found[0]["price"],
            _side(row for row in found if row["side"] == "buy"),
            _side(row for row in found if row["side"] == "sell"),
        )
        for security_id, found in sorted(mine.items())
    )
    bars, rules = _bars(documents), _rules(documents)
    return tuple(
        _with_rules(block, bars.get(block.security_id, []), rules) for block in plain_blocks
    )


def _bars(documents: Iterable[Document]) -> dict[str, list[tuple[str, str]]]:
    """(household, rule) of those that gave way, by security."""
    found: dict[str, list[tuple[str, str]]] = {}
    for document in documents:
        for bar in document.get("gives_way", ()):
            pair = document["household_id"], bar["rule_id"]
            found.setdefault(bar["security_id"], []).append(pair)
    return found


def _rules(documents: Iterable[Document]) -> dict[str, set[str]]:
    """The rules about cross trades that each account is under."""
    found: dict[str, set[str]] = {}
    for document in documents:
        for statement in (document.get("statements") or {}).values():
            for account in statement["accounts"] if statement["kind"] == CrossTrades.kind else ():
                found.setdefault(account, set()).add(statement["rule_id"])
    return found


def _with_rules(
    block: BlockOrder, bars: Sequence[tuple[str, str]], rules: Mapping[str, set[str]]
) -> BlockOrder:
    gave = tuple(sorted({household for household, _ in bars}))
    named = {rule for _, rule in bars}
    if block.crossing_shares:
        accounts = {*block.bought.accounts, *block.sold.accounts}
        named = set().union(*(rules.get(account, set()) for account in accounts))
    return replace(block, giving_way=gave, rules=tuple(sorted(named)))


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


def blocks_csv(rows: Iterable[Row], documents: Sequence[Document]) -> bytes:
    """The file `blocks.csv` of a run with these rows of `trades.csv` and these proposals."""
    return csv_bytes(COLUMNS, [_cells(block) for block in block_orders(rows, documents)])


def _cells(block: BlockOrder) -> list[str]:
    cells = [block.security_id, block.ticker, block.price]
    for side in (block.bought, block.sold):
        cells += [plain(side.shares), plain(side.amount)]
        cells += [str(len(side.accounts)), str(len(side.households))]
    cells += [plain(block.net_shares), plain(block.net_amount)]
    cells += [plain(block.gross_shares), plain(block.gross_amount)]
    cells += [plain(block.crossing_shares), block.crossing or "", str(len(block.giving_way))]
    return [*cells, ";".join(block.rules)]


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
                "crossing": block.crossing,
                "giving_way": list(block.giving_way),
                "rules": list(block.rules),
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
    prevented = sum(block.crossing == "prevented" for block in blocks)
    if prevented:
        total += f"{prevented} would cross, had {_clients(blocks)} not given way\n"
    return table((*header, "crossing", ""), rows, "lrrrrrrrrrrl") + more + total


def _clients(blocks: Sequence[BlockOrder]) -> str:
    return counted(len({name for block in blocks for name in block.giving_way}), "client")


def _line(block: BlockOrder) -> tuple[str, ...]:
    cells = [block.ticker, block.price]
    for side in (block.bought, block.sold):
        traded = bool(side.shares)
        cells += [f"{side.shares.normalize():,f}" if traded else "-"]
        cells += [dollars(side.amount) if traded else "-"]
        cells += [str(len(side.households)) if traded else "-"]
    cells += [dollars(block.net_amount), dollars(block.gross_amount)]
    crossing = block.crossing_shares
    cells.append(f"{crossing.normalize():,f}" if crossing else "-")
    by = f"{counted(len(block.giving_way), 'client')} gave way: " if block.giving_way else ""
    return (*cells, by + ", ".join(block.rules))
