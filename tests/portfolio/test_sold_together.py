"""Recent lots sold on the day of a loss do not replace it: purchases afterwards are blocked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from portfolio.book import load_book
from tests.policydsl.small_books import Tables


def test_recent_lots_sold_with_a_loss_leave_it_open(tmp_path: Path) -> None:
    tables = Tables()
    tables.security("AAA", "75")
    tables.client("H1", {"AAA": "0.9"})
    tables.account("H1", cash=20_000)
    bought = {"action": "buy", "shares": 44, "account_id": "H1-TX", "security_id": "AAA"}
    sold = {"action": "sell", "shares": 44, "account_id": "H1-TX", "security_id": "AAA"}
    tables.add("transactions", date="2026-05-01", amount=3400, lot_id="old", **bought)
    tables.add("transactions", date="2026-05-20", amount=3200, lot_id="new", **bought)
    for lot, gain in (("old", -100), ("new", 100)):
        tables.add(
            "transactions",
            date="2026-05-27",
            amount=3300,
            lot_id=lot,
            realized_gain=gain,
            term="short",
            **sold,
        )
    book = load_book(tables.written(tmp_path / "book"))
    (block,) = book.household("H1").wash_blocks
    assert block.shares == Decimal(44)
