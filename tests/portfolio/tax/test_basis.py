"""Basis other than cost, shares that are given away, and what companies do to shares."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portfolio.tax.events import (
    Donation,
    Gift,
    Inheritance,
    ReturnOfCapital,
    SpinOff,
    Split,
)
from portfolio.tax.positions import HistoryError
from portfolio.tax.selection import Method
from tests.portfolio.tax.histories import after, buy, day, row, sell

D = Decimal
GIFT = Gift("g", day(0), "T1", "X", D(100), D(13000), date(2022, 5, 2), D(10000))


@pytest.mark.parametrize(
    ("price", "gain", "basis", "long"),
    [(150, 2000, 13000, True), (115, 0, 11500, True), (70, -3000, 10000, False)],
)
def test_a_gift_worth_less_than_its_basis(price: int, gain: int, basis: int, long: bool) -> None:
    sold = row(after(GIFT, sell("s", 180, 100, price)), "s")
    assert (sold.gain, sold.basis, sold.long_term) == (gain, basis, long)


def test_a_gift_of_a_spouse_keeps_its_basis() -> None:
    sold = row(after(replace(GIFT, from_spouse=True), sell("s", 180, 100, 70)), "s")
    assert (sold.gain, sold.long_term) == (-6000, True)


def test_gifts_and_inheritances_replace_nothing() -> None:
    old = buy("old", -400, 100, 50)
    inherited = Inheritance("i", day(5), "T1", "X", D(100), D(4100))
    outcome = after(old, sell("s", 0, 100, 40, "old"), inherited, replace(GIFT, day=day(6)))
    assert row(outcome, "s").disallowed == 0
    later = after(old, sell("s", 0, 100, 40, "old"), inherited, sell("t", 15, 100, 42))
    assert (row(later, "t").long_term, row(later, "t").gain) == (True, 100)


def test_a_gift_cannot_be_averaged_when_it_is_worth_less() -> None:
    averaged = replace(sell("s", 10, 10, 70), method=Method.AVERAGE)
    with pytest.raises(HistoryError, match="averages a gift"):
        after(GIFT, averaged)


@pytest.mark.parametrize(
    ("lot", "long", "basis", "deduction"), [("a", True, 800, 2800), ("b", False, 2400, 2400)]
)
def test_the_lot_given_to_charity_decides_the_deduction(
    lot: str, long: bool, basis: int, deduction: int
) -> None:
    gift = Donation("d", day(0), "T1", "X", D(40), D(2800), ((lot, D(40)),))
    outcome = after(buy("a", -900, 100, 20), buy("b", -30, 100, 60), gift)
    (given,) = outcome.given
    assert (given.long_term, given.basis, given.deduction) == (long, basis, deduction)
    assert outcome.realised == ()


def test_a_split_keeps_basis_and_days() -> None:
    outcome = after(
        buy("a", 0, 105, 10), Split("sp", day(400), "X", D(1), D(10), cash_price=D(120))
    )
    cash = row(outcome, "sp")
    assert (cash.shares, cash.proceeds, cash.basis) == (D("0.5"), 60, 50)
    (lot,) = outcome.open_lots
    assert (lot.shares, lot.basis, lot.holding_from) == (10, 1000, day(0))


def test_capital_returned_beyond_basis_is_gain() -> None:
    outcome = after(
        buy("a", -700, 10, 1),
        buy("b", -10, 100, 10),
        buy("i", -10, 100, 1, "I1"),
        ReturnOfCapital("r", day(0), "X", D("1.5")),
    )
    (excess,) = outcome.realised
    assert (excess.lot_id, excess.gain, excess.long_term) == ("a", 5, True)
    assert [lot.basis for lot in outcome.open_lots if lot.account_id == "T1"] == [0, 850]


def test_capital_is_returned_to_one_account() -> None:
    paid = ReturnOfCapital("r", day(1), "X", D(1), "T2")
    outcome = after(buy("a", 0, 10, 5), buy("b", 0, 10, 5, "T2"), paid)
    assert [lot.basis for lot in outcome.open_lots] == [50, 40]


def test_a_spin_off_takes_basis_and_the_whole_holding_period() -> None:
    spin = SpinOff("sp", day(300), "X", "NEW", D("0.25"), D("0.2"))
    outcome = after(buy("a", 0, 100, 10), spin, sell("s", 370, 25, 12, "a/sp", security="NEW"))
    sold = row(outcome, "s")
    assert (sold.basis, sold.gain, sold.long_term) == (200, 100, True)
    assert outcome.open_lots[0].basis == 800


def test_spun_off_shares_are_no_purchase() -> None:
    spin = SpinOff("sp", day(5), "X", "NEW", D(1), D("0.5"))
    lost = sell("s", 6, 10, 1, "n", security="NEW")
    outcome = after(buy("n", -90, 10, 20, security="NEW"), buy("a", 0, 10, 10), spin, lost)
    assert row(outcome, "s").disallowed == 0


def test_average_basis_keeps_the_days() -> None:
    averaged = replace(sell("s", 370, 300, 28), method=Method.AVERAGE)
    outcome = after(buy("a", 0, 200, 20), buy("b", 300, 200, 30), averaged)
    assert [(each.basis, each.gain, each.long_term) for each in outcome.realised] == [
        (5000, 600, True),
        (2500, 300, False),
    ]
    assert outcome.open_lots[0].basis == 2500


def test_a_washed_gift_hands_on_the_donor_s_time() -> None:
    risen = replace(GIFT, donor_basis=D(4000), value=D(5000))
    outcome = after(risen, sell("s", 30, 100, 30), buy("new", 40, 100, 31))
    (lot,) = outcome.open_lots
    assert (lot.basis, lot.holding_from) == (4100, day(40) - (day(30) - risen.donor_acquired))


def test_what_is_spun_off_a_replacement_has_its_time() -> None:
    spin = SpinOff("sp", day(50), "X", "NEW", D(1), D("0.5"))
    outcome = after(buy("a", 0, 10, 20), sell("s", 30, 10, 10), buy("b", 40, 10, 10), spin)
    assert [(lot.lot_id, lot.basis, lot.holding_from) for lot in outcome.open_lots] == [
        ("b", 100, day(10)),
        ("b/sp", 100, day(10)),
    ]
