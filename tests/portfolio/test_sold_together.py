"""Sales of one day happen at once, as tax law sees them and as brokers report them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from portfolio.book import load_book
from portfolio.household import Household
from tests.policydsl.small_books import Tables

SOLD = "2026-05-27"


def household(tables: Tables, folder: Path) -> Household:
    return load_book(tables.written(folder)).household("H1")


def trade(
    tables: Tables, action: str, lot: str, shares: int, amount: int, day: str, **cells: object
) -> None:
    where = {"account_id": "H1-TX", "security_id": "AAA"} | cells
    tables.add(
        "transactions", date=day, action=action, lot_id=lot, shares=shares, amount=amount, **where
    )


@pytest.mark.parametrize(("lost", "recent"), [("old", "new"), ("a-old", "b-new")])
def test_recent_lots_sold_with_a_loss_leave_it_open(tmp_path: Path, lost: str, recent: str) -> None:
    """Whichever of the two the names of the lots put first: purchases afterwards are blocked."""
    tables = Tables()
    tables.security("AAA", "75")
    tables.client("H1", {"AAA": "0.9"})
    tables.account("H1", cash=20_000)
    trade(tables, "buy", lost, 44, 3400, "2026-05-01")
    trade(tables, "buy", recent, 44, 3200, "2026-05-20")
    for lot, gain in ((lost, -100), (recent, 100)):
        trade(tables, "sell", lot, 44, 3300, SOLD, realized_gain=gain, term="short")
    (block,) = household(tables, tmp_path / "book").wash_blocks
    assert block.shares == Decimal(44)


@pytest.mark.parametrize("lost", ["old", "a-old"])
def test_a_loss_that_another_account_replaces_leaves_other_lots_alone(
    tmp_path: Path, lost: str
) -> None:
    """AAA is washed within one account, which its broker reports; what BBB's loss moves to the
    spouse's account is all that is across."""
    tables = Tables()
    tables.security("AAA", "75")
    tables.security("BBB", "40")
    tables.client("H1", {"AAA": "0.9"})
    tables.account("H1", cash=20_000)
    tables.account("H1", "SP", cash=20_000, owner="spouse")
    kept = {"lot_id": "kept", "account_id": "H1-TX", "security_id": "AAA", "shares": 76}
    tables.add("lots", acquired="2026-05-20", basis=6200, **kept)
    spouses = {"lot_id": "sp", "account_id": "H1-SP", "security_id": "BBB", "shares": 10}
    tables.add("lots", acquired="2026-05-28", basis=400, **spouses)
    trade(tables, "buy", "kept", 100, 7700, "2026-05-20")
    trade(tables, "sell", lost, 44, 3300, SOLD, realized_gain=-1000, term="long")
    trade(tables, "sell", "kept", 24, 1800, SOLD, realized_gain=-48, term="short")
    bbb = {"security_id": "BBB"}
    trade(tables, "sell", "bbb", 10, 400, SOLD, realized_gain=-50, term="long", **bbb)
    trade(tables, "buy", "sp", 10, 400, "2026-05-28", account_id="H1-SP", **bbb)
    accounts = household(tables, tmp_path / "book").accounts
    basis = {lot.id: lot.basis for account in accounts for lot in account.lots}
    assert basis == {"kept": Decimal(6200), "sp": Decimal(450)}
