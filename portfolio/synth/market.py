"""An invented market: companies with factor-driven prices, an index and the funds on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from portfolio.synth.words import INDUSTRIES, SCREENS, Industry, company, ticker

Array = NDArray[np.float64]

# Lots go back this many business days; prices are published for the last HISTORY of them.
PAST = 1300
HISTORY = 504
_DAY = 1 / 252


@dataclass(frozen=True)
class Stock:
    """One company; `revenue` is None where nobody has researched it."""

    id: str
    name: str
    industry: Industry
    dividend_yield: float
    revenue: dict[str, float] | None
    esg_score: float | None


@dataclass(frozen=True)
class Fund:
    """One fund; an index fund holds every stock at its index weight."""

    id: str
    name: str
    asset_class: str
    equivalence_class: str
    dividend_yield: float
    index: bool


FUNDS = (
    Fund("IDX1", "Broad Market Index Fund", "US Equity", "BROAD", 0.014, index=True),
    Fund("IDX2", "Whole Market Index Fund", "US Equity", "BROAD", 0.014, index=True),
    Fund("AGG1", "Core Bond Fund", "Bonds", "CORE-BONDS", 0.034, index=False),
    Fund("AGG2", "Total Bond Fund", "Bonds", "CORE-BONDS", 0.034, index=False),
    Fund("BIL1", "Treasury Bill Fund", "Cash equivalents", "BILLS", 0.045, index=False),
)


@dataclass(frozen=True)
class SynthMarket:
    """`closes` (days x instruments) in dollars, rounded to cents; stocks first, then funds.

    `weights` are the index: fractions to eight places that sum to exactly 1.
    """

    days: tuple[date, ...]
    stocks: tuple[Stock, ...]
    closes: Array
    weights: dict[str, Decimal]

    @cached_property
    def column(self) -> dict[str, int]:
        """The column of every instrument in `closes`."""
        names = [*(stock.id for stock in self.stocks), *(fund.id for fund in FUNDS)]
        return {name: at for at, name in enumerate(names)}

    @property
    def today(self) -> int:
        """The last day, as an index into `days`."""
        return len(self.days) - 1

    def close(self, name: str, day: int) -> float:
        """The close of an instrument on a day (index into `days`), in dollars."""
        return float(self.closes[day, self.column[name]])


def business_days(last: date, count: int) -> tuple[date, ...]:
    """`count` weekdays up to and including the last one on or before `last`."""
    days: list[date] = []
    day = last
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return tuple(reversed(days))


def make_market(stocks: int, as_of: date, random: np.random.RandomState) -> SynthMarket:
    """A market of `stocks` companies whose prices end on `as_of`."""
    companies = _companies(stocks, random)
    closes, caps = _stock_prices(companies, random)
    names = [stock.id for stock in companies]
    weights = _index_weights(names, caps[-1])
    funds = [_fund_prices(fund, caps, random) for fund in FUNDS]
    every = np.column_stack([closes, *funds])
    return SynthMarket(
        business_days(as_of, PAST), companies, np.maximum(np.round(every, 2), 0.01), weights
    )


def _companies(count: int, random: np.random.RandomState) -> tuple[Stock, ...]:
    # Each industry once before any twice, so that the smallest book has a tobacco stock to screen.
    shares = np.array([industry.share for industry in INDUSTRIES])
    drawn = random.choice(len(INDUSTRIES), size=count, p=shares / shares.sum())
    order = list(random.permutation(len(INDUSTRIES))[: min(count, len(INDUSTRIES))])
    tobacco = next(at for at, each in enumerate(INDUSTRIES) if each.name == "Tobacco")
    if tobacco not in order:
        order[0] = tobacco
    drawn[: len(order)] = order
    return tuple(_company(number, INDUSTRIES[at], random) for number, at in enumerate(drawn))


def _company(number: int, industry: Industry, random: np.random.RandomState) -> Stock:
    revenue: dict[str, float] | None = dict.fromkeys(SCREENS, 0.0)
    for screen, low, high in industry.revenue:
        assert revenue is not None
        revenue[screen] = round(float(random.uniform(low, high)), 3)
    researched, rated = random.uniform(size=2)
    return Stock(
        ticker(number),
        f"{company(number)} {industry.word}",
        industry,
        round(float(max(random.normal(0.017, 0.014), 0.0)), 4),
        revenue if researched > 0.04 or industry.revenue else None,
        round(float(random.uniform(15, 90)), 1) if rated > 0.08 else None,
    )


def _stock_prices(
    companies: tuple[Stock, ...], random: np.random.RandomState
) -> tuple[Array, Array]:
    """(closes, market values), both days x companies; market, sector and own shocks.

    Market values end as a power law of their rank, as those of real indexes nearly do.
    """
    count = len(companies)
    sectors = sorted({industry.sector for industry in INDUSTRIES})
    of = np.array([sectors.index(stock.industry.sector) for stock in companies])
    root = np.sqrt(_DAY)
    market = random.normal(0.0, 0.15 * root, size=PAST)
    # Whatever the seed, the market has risen over the whole past.
    market += 0.11 * _DAY - market.mean()
    sector = random.normal(0.0, 0.14 * root, size=(PAST, len(sectors)))
    volatility = random.uniform(0.16, 0.42, size=count)
    own = random.normal(0.0, 1.0, size=(PAST, count)) * volatility * root
    beta = random.uniform(0.6, 1.4, size=count)
    drift = random.normal(0.0, 0.07, size=count) * _DAY - (volatility**2 / 2) * _DAY
    returns = drift + market[:, None] * beta + sector[:, of] + own
    returns[0] = 0.0
    path = np.exp(np.cumsum(returns, axis=0))
    start = np.exp(random.normal(4.3, 0.7, size=count))
    cap = 1.0 / (random.permutation(count) + 5)
    return start * path, cap * path / path[-1]


def _index_weights(names: list[str], caps: Array) -> dict[str, Decimal]:
    shares = caps / caps.sum()
    weights = {
        name: Decimal(f"{share:.8f}") for name, share in zip(names, shares.tolist(), strict=True)
    }
    largest = max(weights, key=lambda name: weights[name])
    weights[largest] += 1 - sum(weights.values(), Decimal(0))
    return weights


def _fund_prices(fund: Fund, caps: Array, random: np.random.RandomState) -> Array:
    if fund.index:
        index: Array = caps.sum(axis=1)
        return _ending_at(float(random.uniform(80, 240)), index)
    volatility = 0.055 if fund.asset_class == "Bonds" else 0.0015
    returns = random.normal(0.0, volatility * np.sqrt(_DAY), size=PAST)
    return _ending_at(float(random.uniform(45, 105)), np.exp(np.cumsum(returns)))


def _ending_at(price: float, path: Array) -> Array:
    scaled: Array = path * (price / path[-1])
    return scaled
