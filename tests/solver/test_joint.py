"""A joint household is one problem with one target: what its accounts do, they do together."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import pytest

from compiler.exact_check import exact_breaches
from policydsl.document import proposal_document
from policydsl.held_back import held_back
from policydsl.measures import RiskMeasure, household_measures
from policydsl.propose import Proposal, Status, empty_closing, propose
from portfolio.household import Account, Household
from solver.netting import read_netting
from solver.search import Budget
from tests.by_hand import (
    account,
    household,
    lot,
    policy,
    security,
)
from tests.solver.test_ledger import TOLERANCE, worst

STOCK, BOND = "AAA", "BND"
MARKET = (
    (security(STOCK), "100"),
    (security(BOND, kind="etf", asset_class="Bonds", dividend_yield="0.05"), "50"),
)
HALF = {"CORE": {STOCK: "0.5", BOND: "0.5"}}


def together(*accounts: Account, **more: object) -> Household:
    """A joint household of one stock and one bond, half of each wanted."""
    home = household(*accounts, market=MARKET, constituents={}, models=HALF, **more)
    return replace(home, management="joint")


def usual() -> Household:
    """$150,000 of stock at a large gain in TX, $50,000 of stock in the IRA, no bonds anywhere."""
    return together(
        account("TX", 1_000, lot("t1", STOCK, 1_000, 10_000)),
        account("IRA", 1_000, lot("i1", STOCK, 1_000, 10_000), kind="traditional_ira"),
    )


def solved(home: Household, *rules: str) -> Proposal:
    proposal = propose(home, policy(home, *rules))
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert worst(proposal) <= TOLERANCE
    return proposal


def traded(proposal: Proposal) -> dict[tuple[str, str, str], Decimal]:
    assert proposal.closing is not None
    found: dict[tuple[str, str, str], Decimal] = {}
    for side, rows in (("sell", proposal.closing.sales), ("buy", proposal.closing.purchases)):
        for row in rows:
            key = row.account_id, row.security_id, side
            found[key] = found.get(key, Decimal(0)) + row.shares
    return found


def error(proposal: Proposal) -> float:
    """Tracking error of the household after its trades."""
    assert proposal.closing is not None
    risk = RiskMeasure(proposal.closing.household)
    return household_measures(proposal.closing, risk, after=True)[0]


def test_the_ira_rebalances_and_the_taxable_gain_stays() -> None:
    """Half of all is to be bonds: the IRA alone turns into bonds, at no tax."""
    found = traded(solved(usual()))
    assert not any(account_id == "TX" and side == "sell" for account_id, _, side in found)
    assert found["IRA", STOCK, "sell"] >= 980
    assert found["IRA", BOND, "buy"] >= 1_960


def test_accounts_solved_apart_would_do_worse() -> None:
    """The same household account by account sells at a gain and is no nearer its target."""
    home = usual()
    joint = solved(home)
    apart = solved(replace(home, management="separate"))
    measured = replace(
        apart.closing,
        models=joint.closing.models,
        targets=joint.closing.targets,
        portfolios=joint.closing.portfolios,
    )
    tax = [each.closing.tax("T1", after=True).tax for each in (joint, apart)]
    assert tax[0] <= 0 < tax[1]
    risk = RiskMeasure(home)
    assert error(joint) < household_measures(measured, risk, after=True)[0]


def test_one_program_holds_every_account() -> None:
    """One search, one bound: the program prices the trades of all accounts, and their risk once."""
    proposal = solved(usual())
    assert proposal.compiled is not None
    (portfolio,) = proposal.compiled.physics.portfolios
    assert portfolio.members == {"TX", "IRA"}
    names = proposal.solution.program.column_names
    assert {name for name in names if name.startswith("through[")} == {
        f"through[H1,{name}]" for name in (STOCK, BOND)
    }


@pytest.mark.parametrize("seed", range(6))
def test_the_answer_is_within_its_gap_of_every_other(seed: int) -> None:
    """Every combination of coarse trades over both accounts: none beats the bound, none that the
    rules allow beats the answer by more than the gap."""
    draw = np.random.default_rng(seed)
    shares = [int(n) for n in draw.integers(20, 120, size=4)]
    basis = [
        int(n * price * f)
        for n, price, f in zip(shares, (100, 50, 100, 50), draw.uniform(0.3, 1.2, 4), strict=True)
    ]
    home = together(
        account(
            "TX", 3_000, lot("t1", STOCK, shares[0], basis[0]), lot("t2", BOND, shares[1], basis[1])
        ),
        account(
            "IRA",
            3_000,
            lot("i1", STOCK, shares[2], basis[2]),
            lot("i2", BOND, shares[3], basis[3]),
            kind="traditional_ira",
        ),
    )
    proposal = propose(home, policy(home), Budget())
    solution = proposal.solution
    assert solution is not None
    physics = proposal.compiled.physics
    steps = {}
    for key, position in physics.positions.items():
        price = float(home.prices[key[1]])
        sold = [
            (-n * price / physics.unit) for n in np.linspace(0, float(position.lots[0].shares), 6)
        ]
        bought = [n * price / physics.unit for n in np.linspace(5, 60, 5)]
        steps[key] = sold + bought
    best = np.inf
    for combination in product(*steps.values()):
        value = _value(solution, physics, dict(zip(steps, combination, strict=True)))
        best = min(best, value)
    assert solution.bound <= best + 1e-6
    assert solution.objective <= best + solution.gap + 1e-6


def _value(solution: Any, physics: Any, trades: dict[tuple[str, str], float]) -> float:
    """The true objective of trades (bp), infinite with an account overdrawn or a washed loss."""
    x = solution.x.copy()
    x[solution.state.trades] = 0.0
    for each in physics.accounts:
        spent = sum(v for (a, _), v in trades.items() if a == each.id)
        if spent > physics.opening_cash(each):
            return np.inf
    for name in {s for _, s in trades}:
        loss = any(
            v < 0
            and physics.account(a).taxable
            and physics.gains[physics.positions[a, s].lots[0].id] < 0
            for (a, s), v in trades.items()
            if s == name
        )
        if loss and any(v > 0 for (_, s), v in trades.items() if s == name):
            return np.inf
    for (a, s), v in trades.items():
        position = physics.positions[a, s]
        variable = position.sells[0] if v < 0 else position.buy
        x[variable] = abs(v)
    netting = read_netting(solution.program, solution.structure)
    return solution.program.objective(netting.placed(solution.state.complete(x)))


def test_a_sentence_says_why_here_and_not_there() -> None:
    """Bonds pay 5% that is taxed at 35% in TX: 1.75¢ a dollar more than in the IRA."""
    home = together(
        account("TX", 60_000, lot("t1", STOCK, 500, 50_000)),
        account("IRA", 60_000, lot("i1", STOCK, 500, 50_000), kind="traditional_ira"),
    )
    document, trades = proposal_document(solved(home))
    bonds = next(t for t in trades if t.security_id == BOND)
    assert bonds.account_id == "IRA"
    (other,) = bonds.elsewhere
    assert other.account_id == "TX"
    assert dict(other.groups)["terms", "drag"] == pytest.approx(0.05 * 0.35, abs=1e-9)
    assert other.more == pytest.approx(sum(value for _, value in other.groups))
    assert "Not in TX, " in bonds.sentence
    assert "income taxed every year (1.75¢ a dollar)" in bonds.sentence
    written = next(t for t in document["trades"] if t["trade_id"] == bonds.trade_id)
    assert written["elsewhere"][0]["account_id"] == "TX"


def test_a_rule_bars_it_there() -> None:
    """Too many bonds: those in TX are taxed every year and would go first, but for a rule."""
    home = together(
        account("TX", 1_000, lot("t1", BOND, 1_000, 50_000)),
        account("IRA", 1_000, lot("i1", BOND, 2_000, 10_000), kind="traditional_ira"),
    )
    rules = f'rule keep\n when account.taxable\n never sell "{BOND}"\n'
    document, trades = proposal_document(solved(home, rules))
    sale = next(t for t in trades if t.side == "sell")
    assert sale.account_id == "IRA"
    (other,) = sale.elsewhere
    assert other.more < -0.01
    assert 'barred there by never sell "BND" [keep, ' in sale.sentence
    written = next(t for t in document["trades"] if t["trade_id"] == sale.trade_id)
    assert written["elsewhere"][0]["barred_by"] == [other.barriers[0].name]


def test_a_dollar_that_will_be_taxed_counts_less() -> None:
    """TX is all stock, the IRA all bonds, half and half. At 40% the IRA's bonds are $60,000 of
    $160,000, so that a quarter of TX's stock is in the wrong place."""
    home = together(
        account("TX", 1_000, lot("t1", STOCK, 1_000, 100_000)),
        account("IRA", 1_000, lot("i1", BOND, 2_000, 100_000), kind="traditional_ira"),
    )
    plain = traded(solved(home, "use risk aversion 100"))
    assert not any(side == "sell" for _, _, side in plain)
    taxed = traded(solved(home, "use risk aversion 100", "use retirement tax rate 40%"))
    assert taxed["TX", STOCK, "sell"] == pytest.approx(Decimal(200), abs=Decimal(25))


def test_what_is_held_away_counts_and_stays() -> None:
    """A 401(k) of bonds that nobody here trades: the others buy stock until half of all is."""
    away = account("K", 0, lot("k1", BOND, 2_000, 100_000), kind="k401", held_away=True)
    home = together(account("TX", 100_000), account("IRA", 2_000, kind="roth_ira"), away)
    found = traded(solved(home))
    assert found["TX", STOCK, "buy"] >= 970
    assert not any(account_id == "K" for account_id, _, _ in found)


def test_a_ban_in_one_account_moves_a_holding_and_not_the_target() -> None:
    """Bonds are not held in TX: the IRA holds those of both."""
    home = together(account("TX", 50_000), account("IRA", 100_000, kind="traditional_ira"))
    rules = f'rule no_bonds\n when account.taxable\n never hold "{BOND}"\n'
    found = traded(solved(home, rules))
    assert found["IRA", BOND, "buy"] == pytest.approx(Decimal(1_500), abs=Decimal(20))
    assert ("TX", BOND, "buy") not in found
    whole = f'rule no_bonds\n never hold "{BOND}"\n'
    proposal = solved(home, whole)
    assert BOND not in {security_id for _, security_id, _ in traded(proposal)}


def test_limits_against_the_target_hold_for_the_sum() -> None:
    """All bonds in the IRA are 50% of the household: no account is near the target, the sum is."""
    home = together(account("TX", 100_000), account("IRA", 100_000, kind="traditional_ira"))
    band = "keep each asset_class within 2 points of target"
    tracked = "keep tracking error at most 1%"
    proposal = solved(home, band, tracked)
    assert error(proposal) <= 0.01
    agreed = policy(home, band, tracked)
    assert not list(exact_breaches(agreed, proposal.closing))
    nothing = empty_closing(home, agreed)
    strictly = replace(agreed, statements=tuple(replace(s, strict=True) for s in agreed.statements))
    where = {breach.where.split()[0] for breach in exact_breaches(strictly, nothing)}
    assert where == {"H1"}


def test_an_account_with_its_own_model_is_measured_alone() -> None:
    home = together(account("TX", 100_000), account("IRA", 50_000, kind="traditional_ira"))
    home = replace(
        home,
        models=home.models
        | {"BONDS": replace(home.models["CORE"], id="BONDS", weights={BOND: Decimal(1)})},
    )
    rule = 'rule own\n when account.id is "IRA"\n use model "BONDS"\n'
    proposal = solved(home, rule)
    assert [p.id for p in proposal.closing.portfolios] == ["TX", "IRA"]
    found = traded(proposal)
    assert found["TX", STOCK, "buy"] == pytest.approx(Decimal(500), abs=Decimal(10))


def test_the_order_of_accounts_decides_nothing() -> None:
    home = usual()
    turned = replace(home, accounts=home.accounts[::-1])
    assert traded(solved(home)) == traded(solved(turned))


def test_what_is_held_back_is_what_the_accounts_lack_together() -> None:
    """The IRA may not buy bonds. TX's cash buys $60,000 of the $110,000 wanted: $50,000 lack."""
    home = together(
        account("TX", 60_000, lot("t1", STOCK, 500, 50_000)),
        account("IRA", 60_000, lot("i1", STOCK, 500, 50_000), kind="traditional_ira"),
    )
    proposal = solved(home, f'rule no\n when not account.taxable\n never buy "{BOND}"\n')
    (found,) = held_back(proposal)
    assert (found.account_id, found.security_id) == ("IRA", BOND)
    assert found.dollars == pytest.approx(50_000, abs=100)
    _, trades = proposal_document(proposal)
    assert all("the account closer" not in each.sentence for each in trades)
    assert any("the accounts together closer to their target" in t.sentence for t in trades)
