"""Dividends and losses of funds."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from portfolio.tax.dividends import income_year, is_qualified, window
from portfolio.tax.fund_losses import FundLoss, fund_loss

D = Decimal
EX = date(2024, 7, 12)


def test_the_window_has_121_days_or_181() -> None:
    plain, preferred = window(EX), window(EX, preferred=True)
    assert (plain.start, plain.end) == (date(2024, 5, 13), date(2024, 9, 10))
    assert (preferred.end - preferred.start).days + 1 == 181
    assert plain.days_held(date(2024, 7, 5), date(2024, 8, 8)) == 34


@pytest.mark.parametrize(("sold", "qualified"), [("2024-09-09", False), ("2024-09-10", True)])
def test_sixty_one_days(sold: str, qualified: bool) -> None:
    assert is_qualified(date(2024, 7, 11), EX, date.fromisoformat(sold)) is qualified


def test_who_is_not_entitled_has_no_qualified_dividend() -> None:
    assert is_qualified(EX - timedelta(days=100), EX)
    assert not is_qualified(EX, EX)
    assert not is_qualified(EX - timedelta(days=100), EX, EX - timedelta(days=1))


@pytest.mark.parametrize(
    ("declared", "fund", "year"),
    [
        (date(2024, 12, 20), True, 2024),
        (date(2024, 9, 30), True, 2025),
        (date(2025, 1, 2), True, 2025),
        (None, True, 2025),
        (date(2024, 12, 20), False, 2025),
    ],
)
def test_a_fund_s_january_dividend(declared: date | None, fund: bool, year: int) -> None:
    assert income_year(date(2025, 1, 15), declared, fund) == year
    assert income_year(date(2025, 2, 15), declared, fund) == 2025


@pytest.mark.parametrize(
    ("sold", "expected"),
    [
        ("2025-07-15", FundLoss(D(100), D(50), D(0))),
        ("2025-07-16", FundLoss(D(150), D(0), D(0))),
        ("2026-01-16", FundLoss(D(0), D(150), D(0))),
    ],
)
def test_a_loss_within_six_months_is_long_as_far_as_gain_was_paid(
    sold: str, expected: FundLoss
) -> None:
    bought = date(2025, 1, 15)
    assert fund_loss(bought, date.fromisoformat(sold), D(150), gain_distributions=D(50)) == expected


def test_exempt_interest_comes_first() -> None:
    bought, sold = date(2025, 1, 15), date(2025, 4, 15)
    assert fund_loss(bought, sold, D(100), D(90), D(30)) == FundLoss(D(0), D(70), D(30))
    assert fund_loss(bought, sold, D(20), D(90), D(30)) == FundLoss(D(0), D(0), D(20))
    assert fund_loss(bought, sold, D(-5), D(90), D(30)) == FundLoss(D(0), D(0), D(0))
