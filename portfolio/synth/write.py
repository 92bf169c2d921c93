"""The tables of a synthetic book as files: same arguments, same bytes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from portfolio.models import flatten
from portfolio.synth.households import make_people
from portfolio.synth.market import FUNDS, HISTORY, Stock, SynthMarket, make_market
from portfolio.synth.words import SCREENS

FEWEST_SECURITIES = 12

_SECURITIES = (
    "security_id ticker name kind asset_class sector industry country issuer share_increment yield "
    "wash_group equivalence_class tags"
)
_COLUMNS = {
    "households": "household_id name advisor model_id management tags",
    "tax_entities": "tax_entity_id household_id filing rate_short rate_long rate_ordinary "
    "rate_ltcg rate_niit rate_state state carry_short carry_long ytd_short ytd_long rate_carry",
    "accounts": "account_id household_id type owner tax_entity_id model_id held_away cash "
    "unsettled_cash custodian program discretionary fractional tags",
    "lots": "lot_id account_id security_id acquired shares basis holding_from covered pledged",
    "transactions": "date account_id security_id action shares amount lot_id realized_gain term "
    "source",
    "flows": "account_id date amount recurrence kind until",
    "wash_blocks": "household_id wash_group until shares loss_per_share",
}


def synthesise(
    folder: Path,
    *,
    households: int,
    securities: int,
    seed: int,
    as_of: date,
    name: str = "synthetic",
) -> None:
    """Writes a book of invented households and `securities` invented stocks (and five funds).

    The same arguments give the same bytes. `folder` is made where it is missing; files of an
    earlier book in it are written over. Raises ValueError for fewer than one household or 12
    securities, or a negative seed.
    """
    if households < 1 or securities < FEWEST_SECURITIES or seed < 0:
        raise ValueError(
            f"a synthetic book needs at least 1 household and {FEWEST_SECURITIES} securities, "
            "and a seed of 0 or more"
        )
    market = make_market(securities, as_of, np.random.RandomState(seed))
    recipes = _recipes(market)
    people = make_people(households, market, flatten(recipes), as_of, seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "book.toml").write_text(
        f'name = "{name}"\nas_of = {as_of}\ncurrency = "USD"\ncalendar = "XNYS"\n',
        encoding="utf-8",
        newline="\n",
    )
    _write_market(folder, market, recipes)
    for table, columns in _COLUMNS.items():
        _write(folder, table, columns.split(), getattr(people, table))


def _recipes(market: SynthMarket) -> dict[str, dict[str, Decimal]]:
    index = market.weights
    ranked = sorted(index, key=lambda name: (-index[name], name))
    core = ranked[: max(len(ranked) // 3, 10)]
    total = sum((index[name] for name in core), Decimal(0))
    weights = {name: (index[name] / total).quantize(Decimal("1e-8")) for name in core}
    weights[core[0]] += 1 - sum(weights.values(), Decimal(0))
    mix = {
        "BALANCED": (Decimal("0.60"), Decimal("0.38"), Decimal("0.02")),
        "GROWTH": (Decimal("0.85"), Decimal("0.14"), Decimal("0.01")),
    }
    recipes = {"INDEX-DIRECT": dict(index), "CORE-DIRECT": weights}
    for name, parts in mix.items():
        for way, equity in (("FUND", "IDX1"), ("DIRECT", "INDEX-DIRECT")):
            recipes[f"{name}-{way}"] = dict(zip((equity, "AGG1", "BIL1"), parts, strict=True))
    return recipes


def _write_market(
    folder: Path, market: SynthMarket, recipes: dict[str, dict[str, Decimal]]
) -> None:
    revenue = [f"revenue.{screen}" for screen in SCREENS]
    rows = [_stock_row(stock) for stock in market.stocks]
    rows += [
        (
            *(fund.id, fund.id, fund.name, "etf", fund.asset_class, "", "", "US", fund.id, "1"),
            *(fund.dividend_yield, fund.id, fund.equivalence_class, "core"),
            *[""] * (len(revenue) + 1),
        )
        for fund in FUNDS
    ]
    _write(folder, "securities", [*_SECURITIES.split(), *revenue, "esg_score"], rows)
    declared: list[tuple[object, ...]] = [
        ("securities", f"revenue.{screen}", "fraction", "stock", f"share of revenue from {screen}")
        for screen in SCREENS
    ]
    declared.append(("securities", "esg_score", "number", "stock", "1 (worst) to 99; blank: none"))
    _write(folder, "schema", ["table", "column", "type", "applies_to", "description"], declared)
    inside = [
        (fund.id, name, w) for fund in FUNDS if fund.index for name, w in market.weights.items()
    ]
    _write(folder, "constituents", ["fund_id", "security_id", "weight"], inside)
    parts = [
        (model, name, w, "", "") for model, recipe in recipes.items() for name, w in recipe.items()
    ]
    _write(folder, "models", ["model_id", "component", "weight", "effective_from", "rank"], parts)
    _write_prices(folder, market)


def _stock_row(stock: Stock) -> tuple[object, ...]:
    researched = stock.revenue or {}
    industry = stock.industry
    score = "" if stock.esg_score is None else stock.esg_score
    return (
        *(stock.id, stock.id, stock.name, "stock", "US Equity", industry.sector, industry.name),
        *("US", stock.id, "0.0001", stock.dividend_yield, stock.id, stock.id, ""),
        *(researched.get(screen, "") for screen in SCREENS),
        score,
    )


def _write_prices(folder: Path, market: SynthMarket) -> None:
    names = list(market.column)
    lines = ["date,security_id,close\n"]
    for day, closes in zip(market.days[-HISTORY:], market.closes[-HISTORY:].tolist(), strict=True):
        lines += [f"{day},{name},{close:.2f}\n" for name, close in zip(names, closes, strict=True)]
    (folder / "prices.csv").write_text("".join(lines), encoding="utf-8", newline="\n")


def _write(
    folder: Path, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
