"""The tax on net investment income: 3.8 % on top of income tax (26 USC 1411)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from portfolio.tax.brackets import brackets
from portfolio.tax.year import ordinary_limit

ZERO = Decimal(0)
RATE = Decimal("0.038")

# 26 USC 1411(b); not indexed. "In any other case" $200,000.
_THRESHOLDS: Mapping[str, Decimal] = {"joint": Decimal(250_000), "separate": Decimal(125_000)}


def threshold(filing: str, year: int | None = None) -> Decimal:
    """Modified adjusted gross income above which the tax begins. A trust's is where its highest
    bracket of the year begins (26 USC 1411(a)(2)(B)(ii)), so it needs the year.

    Raises NoBracketsError for a trust in a year that is not known.
    """
    if filing == "trust":
        return brackets(year or 0, filing).ordinary[-1]
    return _THRESHOLDS.get(filing, Decimal(200_000))


def investment_income(other: Decimal, capital_net: Decimal, filing: str) -> Decimal:
    """Net investment income: interest, dividends and the like, and net gain on capital assets.

    A net loss lowers the rest only by what 26 USC 1211(b) lets it take from ordinary income (Treas.
    Reg. 1.1411-4(d)(2), (3)(ii) example 1).
    """
    return other + max(capital_net, -ordinary_limit(filing))


def net_investment_tax(
    investment: Decimal, magi: Decimal, filing: str, year: int | None = None
) -> Decimal:
    """3.8 % of the lesser of net investment income and of what modified adjusted gross income has
    above the threshold (26 USC 1411(a)(1)). For a trust `investment` is what it keeps."""
    return RATE * max(min(investment, magi - threshold(filing, year)), ZERO)
