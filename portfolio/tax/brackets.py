"""Federal income tax on ordinary income and on gains, by year and filing.

26 USC 1(j)(2) has the ordinary rates since 2018, 1(h) and 1(j)(5) those on net capital gain and
qualified dividends. Exact, where the tables of Form 1040 round to the middle of a row of $50.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portfolio.tax.brackets_by_year import BRACKETS

ZERO = Decimal(0)
TRUST_RATES = tuple(Decimal(rate) for rate in ("0.10", "0.24", "0.35", "0.37"))
RATES = tuple(Decimal(rate) for rate in ("0.10", "0.12", "0.22", "0.24", "0.32", "0.35", "0.37"))
GAIN_RATES = tuple(Decimal(rate) for rate in ("0", "0.15", "0.20"))


class NoBracketsError(LookupError):
    """The year has no brackets here."""


@dataclass(frozen=True, slots=True)
class Brackets:
    """`ordinary` and `gains` are the tops of all brackets but the last, in dollars of taxable
    income; `rates` go with `ordinary`, 0 %, 15 % and 20 % with `gains`."""

    rates: tuple[Decimal, ...]
    ordinary: tuple[Decimal, ...]
    gains: tuple[Decimal, ...]


def brackets(year: int, filing: str) -> Brackets:
    """The brackets of a year for single, joint, separate, head or trust. Raises NoBracketsError."""
    try:
        ordinary, gains = BRACKETS[year, filing]
    except KeyError:
        years = sorted({known for known, _ in BRACKETS})
        raise NoBracketsError(
            f"no brackets of {year} for {filing}: known are {years[0]} to {years[-1]}"
        ) from None
    return Brackets(
        TRUST_RATES if filing == "trust" else RATES,
        tuple(Decimal(top) for top in ordinary),
        tuple(Decimal(top) for top in gains),
    )


def ordinary_tax(taxable: Decimal, law: Brackets) -> Decimal:
    """Tax on taxable income of which nothing is preferential."""
    return _over(ZERO, max(taxable, ZERO), law.ordinary, law.rates)


def income_tax(ordinary: Decimal, preferential: Decimal, law: Brackets) -> Decimal:
    """Tax on ordinary taxable income (short-term gain included) and, on top of it, net capital gain
    and qualified dividends.

    Deductions that ordinary income leaves over (a negative `ordinary`) shelter the rest. Never more
    than if all were ordinary: 26 USC 1(h)(1), "shall not exceed"; Qualified Dividends and Capital
    Gain Tax Worksheet, line 25.
    """
    total = max(ordinary + preferential, ZERO)
    gains = min(max(preferential, ZERO), total)
    plain = total - gains
    stacked = ordinary_tax(plain, law) + _over(plain, total, law.gains, GAIN_RATES)
    return min(stacked, ordinary_tax(total, law))


def gain_tax(ordinary: Decimal, short: Decimal, long: Decimal, law: Brackets) -> Decimal:
    """The federal income tax that gains add on top of ordinary taxable income; `short` is negative
    where a net loss is taken from it."""
    return income_tax(ordinary + short, long, law) - ordinary_tax(ordinary, law)


def _over(
    bottom: Decimal, top: Decimal, tops: Sequence[Decimal], rates: Sequence[Decimal]
) -> Decimal:
    """Tax on the income between two levels of taxable income."""
    return sum(
        (
            rate * max(min(top, high) - max(bottom, low), ZERO)
            for low, high, rate in _steps(tops, rates, top)
        ),
        ZERO,
    )


def _steps(
    tops: Sequence[Decimal], rates: Sequence[Decimal], most: Decimal
) -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    """(from, to, rate) of each bracket; the last one ends where the income does."""
    ends = (*tops, max(most, *tops))
    return zip((ZERO, *tops), ends, rates, strict=True)
