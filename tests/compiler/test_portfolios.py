"""The target of a joint household's accounts, reckoned by hand where they do not want the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from compiler.portfolios import Portfolio, portfolios
from policydsl.measures import RiskMeasure, household_measures
from policydsl.propose import empty_closing
from portfolio.household import Account, Household
from tests.by_hand import account, household, lot, policy, security

MARKET = (
    (security("AAA"), "100"),
    (security("AA2"), "100"),
    (security("AA3"), "100"),
    (security("BND", kind="etf", asset_class="Bonds"), "50"),
    (security("BN2", kind="etf", asset_class="Bonds"), "50"),
)
CORE = {"AAA": "0.5", "AA3": "0.2", "BND": "0.3"}
IRA = 'when account.id is "IRA"'
TX = 'when account.id is "TX"'


def joint(*accounts: Account, **more: object) -> Household:
    home = household(*accounts, market=MARKET, constituents={}, models={"CORE": CORE}, **more)
    return replace(home, management="joint")


def one(home: Household, *rules: str) -> Portfolio:
    (found,) = portfolios(home, policy(home, *rules))
    return found


def percents(weights: Mapping[str, Decimal]) -> str:
    """Weights above zero, in percent of all."""
    return " ".join(f"{name} {weight * 100:.0f}" for name, weight in sorted(weights.items()))


def halves(*lots_of_tx: object, **more: object) -> Household:
    """$100,000 in each of TX and IRA, TX's with the lots given."""
    worth = sum(each.shares * 100 for each in lots_of_tx)  # type: ignore[attr-defined]
    return joint(
        account("TX", 100_000 - int(worth), *lots_of_tx),  # type: ignore[arg-type]
        account("IRA", 100_000, kind="roth_ira"),
        **more,
    )


@pytest.mark.parametrize("turned", [False, True])
def test_classes_for_drift_of_every_account_count(turned: bool) -> None:
    """TX treats stocks as one and the IRA bonds: neither line is passed over, in any order."""
    home = joint(
        account("TX", 50_000, lot("t1", "AA2", 500, 50_000)),
        account("IRA", 50_000, lot("i1", "BN2", 1_000, 50_000), kind="roth_ira"),
    )
    home = replace(home, accounts=home.accounts[::-1]) if turned else home
    stocks = f'treat "AAA", "AA2" as one for drift\n{TX}'
    bonds = f'treat "BND", "BN2" as one for drift\n{IRA}'
    found = one(home, stocks, bonds)
    assert percents(found.target) == "AA2 25 AA3 20 AAA 25 BN2 25 BND 5"


@pytest.mark.parametrize("turned", [False, True])
def test_the_likest_stands_in_whichever_account_names_it(turned: bool) -> None:
    """AA3 is liker to AAA than BN2 is, and the order of accounts says nothing."""
    home = halves(blocks=["AAA"])
    home = replace(home, accounts=home.accounts[::-1]) if turned else home
    lines = (
        f'replace harvested with anything where ticker is "BN2"\n{TX}',
        f'replace harvested with anything where ticker is "AA3"\n{IRA}',
    )
    assert percents(one(home, *lines).target) == "AA3 70 BND 30"


def test_waived_shares_keep_their_place_in_what_the_target_is_of() -> None:
    """TX's $50,000 of AAA is a quarter of the $200,000 that it has with what is held away."""
    away = account("K", 0, lot("k1", "BND", 2_000, 90_000), kind="k401", held_away=True)
    home = joint(account("TX", 50_000, lot("t1", "AAA", 500, 20_000)), away)
    ban = 'rule b\n never hold "AAA"\n'
    waiver = 'waive b for existing "AAA"\n until 2026-12-31\n because "x"\n approved by "y"\n'
    assert percents(one(home, ban).target) == "AA3 70 BND 30"
    assert percents(one(home, ban, waiver).target) == "AA3 45 AAA 25 BND 30"


def test_what_no_ban_reaches_is_not_waived() -> None:
    """The IRA may not hold AAA and TX has AA2 in its place: nobody wants AAA, held or not."""
    home = halves(lot("t1", "AAA", 500, 20_000))
    found = one(home, f'never hold "AAA"\n{IRA}', f'replace "AAA" with "AA2"\n{TX}')
    assert "AAA" not in found.target
    assert sum(found.target.values()) == pytest.approx(Decimal(1))


@pytest.mark.parametrize(("due", "expected"), [(0, "AA3 20 AAA 50 BND 30"), (1, "AA3 70 BND 30")])
def test_an_account_without_value_keeps_nothing_in_the_target(due: int, expected: str) -> None:
    """Only the IRA may hold AAA. With nothing in it after today's payment, nobody can."""
    home = halves(flows=[("IRA", "2026-06-16", -100_000)] if due else [])
    assert percents(one(home, f'never hold "AAA"\n{TX}').target) == expected


def test_wants_count_by_value_after_the_flows_that_are_due() -> None:
    """TX wants AA2 for AAA; of the IRA's $100,000, $50,000 leave tomorrow."""
    home = halves(flows=[("IRA", "2026-06-16", -50_000)])
    found = one(home, f'replace "AAA" with "AA2"\n{TX}')
    assert percents(found.target) == "AA2 33 AA3 20 AAA 17 BND 30"


def test_what_is_held_counts_where_more_is_due_than_there_is() -> None:
    """TX owes all its worth and cannot sell: its stock is part of the household's risk still."""
    home = joint(
        account("TX", 0, lot("t1", "AAA", 2_000, 20_000)),
        account("IRA", 100_000, kind="roth_ira"),
        flows=[("TX", "2026-06-16", -200_000)],
    )
    before = household_measures(empty_closing(home, policy(home)), RiskMeasure(home), after=False)
    # Of $100,000 that may stay: 150% too much AAA, 20% and 30% too little of the others.
    assert before[1] == pytest.approx(1.0)


@pytest.mark.parametrize("turned", [False, True])
def test_portfolios_are_called_by_what_is_in_them(turned: bool) -> None:
    """Carried state and findings go by these names: the order of accounts moves none."""
    home = joint(*(account(name, 10_000) for name in ("A", "B", "C", "D")))
    home = replace(home, accounts=home.accounts[::-1]) if turned else home
    home = replace(home, models=home.models | {"NEW": replace(home.models["CORE"], weights={})})
    assert one(home).id == "H1"
    chosen = policy(home, 'use model "NEW"\nwhen account.id in ("A", "B")')
    assert {p.id for p in portfolios(home, chosen)} == {"A+B", "C+D"}
    alone = policy(home, 'use model "NEW"\nwhen account.id is "A"')
    assert {p.id for p in portfolios(home, alone)} == {"A", "B+C+D"}
