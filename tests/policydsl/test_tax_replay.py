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


def test_costs_lessen_the_proceeds_and_are_paid_for_the_shares() -> None:
    """10 shares at $50 that were bought for $400, sold for $500 less $1.25; 4 bought for $200 and
    $0.75."""
    home = household(account("TX", 1_000, replace(lot("sold", "BBB", 10, 0), basis=Decimal(400))))
    made = closing(home, policy(home), "-10 sold, +4 AAA TX")
    (sale,), (buy,) = made.sales, made.purchases
    made = replace(
        made,
        sales=(replace(sale, amount=Decimal(500), cost=Decimal("1.25")),),
        purchases=(replace(buy, amount=Decimal(200), cost=Decimal("0.75")),),
    )
    groups = {name: (name, Decimal(1)) for name in ("AAA", "BBB")}
    history = TaxHistory({"TX": Holder()}, groups, home.accounts[0].lots, (), (), {})
    found = replayed(history, home, made)
    assert [told.gain for told in found.sales] == [Decimal("98.75")]
    assert [(piece.shares, piece.basis) for piece in found.outcome.open_lots] == [
        (Decimal(4), Decimal("200.75"))
    ]
