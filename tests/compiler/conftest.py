"""A household small enough to work out by hand, and policy sets written in a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from compiler.check import TypedPolicies, check_policies
from compiler.policyset import PolicySet, load_policies
from portfolio.household import (
    Account,
    Attribute,
    AttributeType,
    Household,
    Lot,
    Risk,
    Security,
    TaxEntity,
)

ATTRIBUTES = (
    Attribute("securities", "revenue.tobacco", AttributeType.FRACTION, frozenset({"stock"})),
    Attribute("securities", "esg_score", AttributeType.NUMBER, frozenset({"stock"})),
    Attribute(
        "securities",
        "industry",
        AttributeType.TEXT,
        values=frozenset({"Tobacco", "Banks", "Software"}),
    ),
    Attribute("households", "client_since", AttributeType.DATE),
    Attribute("households", "income", AttributeType.MONEY),
)


def security(
    name: str, kind: str = "stock", industry: str | None = None, **more: object
) -> Security:
    return Security(
        id=name,
        ticker=name,
        name=name.title(),
        kind=kind,
        asset_class="Equity",
        sector=None if kind != "stock" else "Industrials",
        industry=industry,
        country="US",
        issuer=name,
        dividend_yield=Decimal("0.01"),
        wash_group=name,
        equivalence_class=name,
        share_increment=Decimal(1),
        tags=frozenset(),
        attributes=more,  # type: ignore[arg-type]
    )


SECURITIES = {
    each.id: each
    for each in (
        security("ALFA", industry="Tobacco", **{"revenue.tobacco": Decimal("0.8")}),
        security("BRVO", industry="Banks", **{"revenue.tobacco": Decimal(0)}),
        security("CHRL", industry="Software"),
        security("FUND", kind="etf"),
    )
}
PRICES = {"ALFA": "50", "BRVO": "20", "CHRL": "10", "FUND": "100"}


def lot(account: str, name: str, acquired: str, shares: int, basis: int, **more: object) -> Lot:
    return Lot(
        f"{account}-{name}",
        account,
        name,
        date.fromisoformat(acquired),
        Decimal(shares),
        Decimal(basis),
        **more,  # type: ignore[arg-type]
    )


def account(name: str, kind: str, program: str, cash: int, *lots: Lot) -> Account:
    return Account(
        id=name,
        household_id="H1",
        type=kind,
        owner="self",
        tax_entity_id="T1",
        model_id="CORE",
        held_away=False,
        cash=Decimal(cash),
        unsettled_cash=Decimal(0),
        custodian=None,
        program=program,
        discretionary=True,
        fractional=False,
        tags=frozenset(),
        lots=lots,
    )


HOUSEHOLD = Household(
    id="H1",
    name="Household One",
    model_id="CORE",
    management="separate",
    advisor="ADV1",
    tags=frozenset({"founder"}),
    attributes={},
    as_of=date(2026, 6, 15),
    accounts=(
        # 100 x 50 + 200 x 20 + 1,000 = 10,000
        account(
            "H1-TX",
            "taxable",
            "direct-index",
            1000,
            lot("H1-TX", "ALFA", "2020-03-02", 100, 4000),
            lot("H1-TX", "BRVO", "2026-01-15", 200, 5000),
        ),
        # 300 x 10 + 50 x 100 + 2,000 = 10,000
        account(
            "H1-IRA",
            "traditional_ira",
            "etf",
            2000,
            lot("H1-IRA", "CHRL", "2025-06-15", 300, 3000),
            lot("H1-IRA", "FUND", "2025-06-14", 50, 5200),
        ),
    ),
    tax_entities={
        "T1": TaxEntity(
            id="T1",
            household_id="H1",
            filing="joint",
            rate_short=Decimal("0.4"),
            rate_long=Decimal("0.2"),
            rate_ordinary=Decimal("0.35"),
            carry_short=Decimal(0),
            carry_long=Decimal(0),
            ytd_short=Decimal(0),
            ytd_long=Decimal(0),
            rate_carry=Decimal("0.1"),
            state="CA",
        )
    },
    securities=SECURITIES,
    prices={name: Decimal(price) for name, price in PRICES.items()},
    models={},
    constituents={},
    flows=(),
    wash_blocks=(),
    risk=Risk(tuple(SECURITIES), np.zeros((4, 1)), np.zeros(4), "none"),
    settlement_days=1,
)


@pytest.fixture
def household() -> Household:
    return HOUSEHOLD


@pytest.fixture
def attributes() -> tuple[Attribute, ...]:
    return ATTRIBUTES


Write = Callable[..., PolicySet]
Check = Callable[..., TypedPolicies]


@pytest.fixture
def load(tmp_path: Path) -> Write:
    """A policy set from texts by path."""

    def write(files: Mapping[str, str], name: str = "policies") -> PolicySet:
        folder = tmp_path / name
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        folder.mkdir(exist_ok=True)
        return load_policies(folder)

    return write


def check_with_book(policies: PolicySet) -> TypedPolicies:
    return check_policies(policies, ATTRIBUTES, SECURITIES, HOUSEHOLD.as_of)


@pytest.fixture
def check() -> Callable[[PolicySet], TypedPolicies]:
    """Check a set against the columns, securities and day of the small household."""
    return check_with_book


@pytest.fixture
def only_account() -> Callable[[Household, str], Household]:
    """The household with one of its accounts."""

    def keep(household: Household, name: str) -> Household:
        kept = tuple(each for each in household.accounts if each.id == name)
        return replace(household, accounts=kept)

    return keep
