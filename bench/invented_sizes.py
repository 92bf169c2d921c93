"""One household made larger: more lots a position, more factors of risk, more rules over it.

The same sizes give the same household and the same bytes of policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from portfolio.household import Account, Household, Lot

SHARE = Decimal("0.0001")
MARKET = 0.16  # volatility a year that all securities share
STYLES = 0.08  # volatility a year of all other factors of a security together


def with_lots(household: Household, count: int) -> Household:
    """Every position in `count` lots of like size, at a basis from 25% below to 25% above."""
    return replace(household, accounts=tuple(_split(each, count) for each in household.accounts))


def _split(account: Account, count: int) -> Account:
    positions: dict[str, list[Lot]] = {}
    for lot in account.lots:
        positions.setdefault(lot.security_id, []).append(lot)
    lots: list[Lot] = []
    for held in positions.values():
        first = min(held, key=lambda lot: lot.acquired)
        shares = sum((lot.shares for lot in held), Decimal(0)) / count
        basis = sum((lot.basis for lot in held), Decimal(0)) / count
        for k in range(count):
            part = Decimal(2 * k + 1 - count) / (4 * count) + 1
            lots.append(
                replace(
                    first,
                    id=f"{first.id}-{k + 1}",
                    shares=max(shares.quantize(SHARE), SHARE),
                    basis=(basis * part).quantize(Decimal("0.01")),
                )
            )
    return replace(account, lots=tuple(lots))


def with_factors(household: Household, count: int) -> Household:
    """Its risk by so many factors: a market, and styles that together have the same variance
    however many they are. Specific variances stay as they are."""
    names = household.risk.securities
    drawn = np.random.RandomState(count).standard_normal((len(names), count - 1))
    styles = STYLES * drawn / np.sqrt(max(count - 1, 1))
    loadings = np.round(np.column_stack([np.full(len(names), MARKET), styles]), 8)
    return replace(household, risk=replace(household.risk, loadings=loadings, source="invented"))


RULES = (
    'keep "{ticker}" at most {most}% of account',
    'never sell "{ticker}" where lot.age below {days} days',
    'never sell "{ticker}" where lot.gain above ${dollars:,},000',
    'keep "{ticker}" between 0% and {most}% of household',
)


def rules_text(tickers: Sequence[str], count: int) -> str:
    """A policy of so many rules, each about one name; names and kinds of rules take turns, so that
    none says what another does (up to four a name)."""
    said = ['policy bench.more "More rules"', "layer ipc", ""]
    for number in range(count):
        turn, at = divmod(number, len(tickers))
        line = RULES[(at + turn) % len(RULES)].format(
            ticker=tickers[at], most=20 + number % 20, days=1 + number % 20, dollars=20 + number
        )
        said += [f'rule bench.r{number} "Rule {number}"', f"    {line}", ""]
    return "\n".join(said)
