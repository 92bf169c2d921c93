"""Trades put after a history: what the law library says of them, in cents."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from policydsl.tax_replay import replayed
from portfolio.book.tax_history import TaxHistory
from portfolio.tax.events import Holder
from tests.by_hand import account, closing, household, lot, policy


def test_half_a_cent_of_basis_goes_the_way_of_the_trade_row() -> None:
    """37 of 38 shares with a basis of $1,813: $1,765.289, a tenth of a cent down; of $1,808.23:
    $1,760.645, half a cent up. The gain is what is left of the proceeds."""
    for basis, gain in (("1813", "84.71"), ("1808.23", "89.35")):
        held = replace(lot("half", "BBB", 38, 0), basis=Decimal(basis))
        home = household(account("TX", 0, held))
        made = closing(home, policy(home), "-37 half")
        (sale,) = made.sales
        groups = {"BBB": ("BBB", Decimal(1))}
        history = TaxHistory({"TX": Holder()}, groups, home.accounts[0].lots, (), (), {})
        (told,) = replayed(history, home, made).sales
        assert (told.gain, sale.gain) == (Decimal(gain), Decimal(gain))
