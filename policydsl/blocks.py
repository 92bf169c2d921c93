"""What a run buys and sells of each security, all clients together: the view of the trading desk.

A security *crosses* where one client buys it and another sells it in the same run. A client is a
household: what its own accounts do on both sides is no cross.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from compiler.directives.cross_trades import CrossTrades
from policydsl.document import Document, plain
from policydsl.output import counted
from policydsl.record.folder import TRADE_COLUMNS, csv_bytes, trade_rows
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


def block_orders(rows: Iterable[Row], documents: Iterable[Document] = ()) -> tuple[BlockOrder, ...]:
    """The orders of each security, by its id, from rows as they stand in `trades.csv`. The
    proposals they belong to say which rules there are about crossing, and who gave way.

    Raises InvalidOperation for shares or amounts that are no numbers.
    """
    blocks: dict[str, _Block] = {}
    for row in rows:
        blocks.setdefault(row["security_id"], _Block(row)).add(row)
    bars, rules = _crossing(documents)
    found = (block.order for _, block in sorted(blocks.items()))
    return tuple(_with_rules(each, bars.get(each.security_id, []), rules) for each in found)


def _crossing(
    documents: Iterable[Document],
) -> tuple[dict[str, list[tuple[str, str]]], dict[str, set[str]]]:
    """By security (household, rule) of those that gave way, and the rules about cross trades that
    each account is under."""
    bars: dict[str, list[tuple[str, str]]] = {}
    rules: dict[str, set[str]] = {}
    for document in documents:
        for bar in document.get("gives_way", ()):
            pair = document["household_id"], bar["rule_id"]
            bars.setdefault(bar["security_id"], []).append(pair)
        for statement in (document.get("statements") or {}).values():
            for account in statement["accounts"] if statement["kind"] == CrossTrades.kind else ():
                rules.setdefault(account, set()).add(statement["rule_id"])
    return bars, rules


def _with_rules(
    block: BlockOrder, bars: Sequence[tuple[str, str]], rules: Mapping[str, set[str]]
) -> BlockOrder:
    gave = tuple(sorted({household for household, _ in bars}))
    named = {rule for _, rule in bars}
    if block.crossing_shares:
        accounts = {*block.bought.accounts, *block.sold.accounts}
        named = set().union(*(rules.get(account, set()) for account in accounts))
    return replace(block, giving_way=gave, rules=tuple(sorted(named)))


class _Block:
    """The orders of one security, row by row."""

    def __init__(self, first: Row) -> None:
        self.named = first["security_id"], first["ticker"], first["price"]
        self.sides = {"buy": _Adding(), "sell": _Adding()}

    def add(self, row: Row) -> None:
        if row["side"] in self.sides:
            self.sides[row["side"]].add(row)

    @property
    def order(self) -> BlockOrder:
        return BlockOrder(*self.named, self.sides["buy"].side, self.sides["sell"].side)


class _Adding:
    """One side of a block, row by row."""

    def __init__(self) -> None:
        self.shares = self.amount = Decimal(0)
        self.accounts: set[str] = set()
        self.households: dict[str, Decimal] = {}

    def add(self, row: Row) -> None:
        count, name = Decimal(row["shares"]), row["household_id"]
        self.shares, self.amount = self.shares + count, self.amount + Decimal(row["amount"])
        self.accounts.add(row["account_id"])
        self.households[name] = self.households.get(name, Decimal(0)) + count

    @property
    def side(self) -> Side:
        accounts, households = tuple(sorted(self.accounts)), sorted(self.households.items())
        return Side(self.shares, self.amount, accounts, dict(households))


def blocks_csv(rows: Iterable[Row], documents: Iterable[Document]) -> bytes:
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


def rows_of(documents: Iterable[Document]) -> Iterator[Row]:
    """The rows of `trades.csv` that proposals come to."""
    for document in documents:
        for row in trade_rows(document):
            yield dict(zip(TRADE_COLUMNS, row, strict=True))


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
