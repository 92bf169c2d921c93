"""What is proposed for households by hand: broken limits get a way down, and nothing is forced."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from compiler.closing import Closing
from policydsl.propose import Proposal, Status, propose
from policydsl.reasons import explained_trades
from portfolio.household import Household
from solver.search import Budget
from tests.by_hand import (
    MARKET,
    account,
    household,
    lot,
    policy,
    security,
    taxpayer,
    usual,
)


def proposed(home: Household, *rules: str) -> tuple[Proposal, Closing]:
    proposal = propose(home, policy(home, *rules))
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    assert proposal.closing is not None
    return proposal, proposal.closing


def weight(home: Household, closing: Closing, name: str, owner: str = "TX") -> float:
    worth = closing.shares_after.get((owner, name), Decimal(0)) * home.prices[name]
    return float(worth / closing.value(closing.account(owner)))


def legacy(basis: int = 3_500) -> Household:
    """35% of the account in one name that the model does not hold, at a gain of 90%."""
    return household(
        account(
            "TX", 2_000, lot("b1", "BBB", 700, basis), lot("c1", "CCC", 1_500, 30_000),
            lot("d1", "DDD", 3_300, 33_000),
        ),
        models={"CORE": {"CCC": "0.5", "DDD": "0.48"}},
    )  # fmt: skip


ISSUER_CAP = 'keep each issuer at most 5% of account where kind is "stock"\nexcept "CCC"'


def test_a_legacy_position_under_a_cap_gets_a_way_down() -> None:
    home = legacy()
    proposal, closing = proposed(home, ISSUER_CAP)
    assert weight(home, closing, "BBB") <= 0.05
    assert proposal.solution is not None
    assert proposal.solution.still_broken == 0


@pytest.mark.parametrize("budget", [0, 900, 3_000])
def test_a_tax_budget_is_spent_on_the_way_down(budget: int) -> None:
    """A dollar sold gains 90 cents, taxed at 20%: $3,000 of tax is $16,667 of the $30,000 over."""
    home = legacy()
    limit = f"keep realized tax at most ${budget} each year per taxpayer"
    proposal, closing = proposed(home, ISSUER_CAP, limit)
    sold = float(700 - closing.shares_after["TX", "BBB"]) * 50
    assert sold == pytest.approx(budget / 0.2 / 0.9, abs=60)
    assert closing.tax("T1", after=True).cost <= budget
    assert proposal.solution is not None
    unit = proposal.compiled.physics.unit if proposal.compiled else 0
    assert proposal.solution.still_broken * unit == pytest.approx(30_000 - sold, abs=70)


def test_losses_elsewhere_pay_for_the_way_down() -> None:
    home = legacy()
    (only,) = home.accounts
    lots = tuple(
        replace(each, basis=Decimal(48_000)) if each.id == "c1" else each for each in only.lots
    )
    home = replace(home, accounts=(replace(only, lots=lots),))
    limit = "keep realized gains at most $0 each year per taxpayer"
    _, closing = proposed(home, ISSUER_CAP, limit)
    assert sum(closing.realized("T1", after=True)) <= 0
    # $18,000 of losses allow for $20,000 of sales; $30,000 would be needed.
    assert weight(home, closing, "BBB") == pytest.approx(0.15, abs=0.002)


def test_never_sell_wins_over_a_broken_cap() -> None:
    home = legacy()
    proposal, closing = proposed(home, ISSUER_CAP, 'never sell "BBB"')
    assert closing.shares_after["TX", "BBB"] == 700
    assert proposal.solution is not None
    assert proposal.solution.still_broken > 2_900


@pytest.mark.parametrize(
    ("clause", "leaves"),
    [
        ("", True),
        ("existing positions may stay", False),
        ("existing positions comply within 90 days", False),
        ("existing positions comply within 0 days", True),
        ("existing positions comply by 2026-06-15", True),
        ("existing positions comply by 2026-06-16", False),
        ('existing "CCC" may stay', True),
        ('existing "BBB" may stay', False),
    ],
)
def test_transitions(clause: str, leaves: bool) -> None:
    """Tax keeps the position where the rule does not yet ask for it to go."""
    home = replace(legacy(), tax_entities={"T1": taxpayer(rate_long="0.9")})
    never = f'never hold "BBB"\n{clause}'
    _, closing = proposed(home, never, "use risk aversion 0.01")
    assert (closing.shares_after["TX", "BBB"] == 0) is leaves
    cap = f"{ISSUER_CAP}\n{clause}"
    _, closing = proposed(home, cap, "use risk aversion 0.01")
    assert (weight(home, closing, "BBB") <= 0.05) is leaves


def test_never_hold_sells_what_it_may_and_buys_nothing() -> None:
    home = usual()
    _, closing = proposed(home, 'never hold "AAA"', 'never sell "AAA" where lot.gain above $0')
    assert closing.shares_after["TX", "AAA"] == 200  # at a gain
    assert closing.shares_after["IRA", "AAA"] == 0  # at none
    assert not any(buy.security_id == "AAA" for buy in closing.purchases)


def test_a_fund_is_not_sold_for_what_it_holds() -> None:
    home = usual()
    _, closing = proposed(home, "never hold anything where revenue.oil at least 5%")
    assert closing.shares_after["TX", "AAA"] == 0
    assert closing.shares_after["TX", "FND"] > 0


def test_harvest_and_wash() -> None:
    """A deep loss pays; what is sold is bought nowhere in the household the same day."""
    home = usual()
    _, closing = proposed(home, "prevent wash sales across household")
    lost = {sale.security_id for sale in closing.sales if sale.gain < 0}
    assert "BBB" in lost
    assert not any(buy.security_id in lost for buy in closing.purchases)
    _, closing = proposed(home, "never harvest anything")
    assert all(sale.gain >= 0 for sale in closing.sales if sale.account_id == "TX")


def test_a_needed_payment_is_raised_past_the_minimum_trade() -> None:
    home = household(
        account("TX", 100, lot("c1", "CCC", 1_000, 20_000)),
        models={"CORE": {"CCC": "0.98"}},
        flows=[("TX", "2026-06-15", -300)],
    )
    _, closing = proposed(home, "keep each trade at least $500")
    assert closing.cash(home.accounts[0], after=True) >= 0
    assert all(sale.amount >= 500 for sale in closing.sales)


def test_what_may_not_trade_does_not() -> None:
    home = usual()
    taxable, ira = home.accounts
    held = replace(home, accounts=(taxable, replace(ira, held_away=True)))
    _, closing = proposed(held)
    assert {t.account_id for t in (*closing.sales, *closing.purchases)} == {"TX"}
    frozen = replace(home, accounts=(replace(taxable, frozen=("no price",)), ira))
    proposal, closing = proposed(frozen)
    assert {t.account_id for t in (*closing.sales, *closing.purchases)} == {"IRA"}
    assert any("no price" in each for each in proposal.findings)
    neither = replace(home, accounts=tuple(replace(a, frozen=("no price",)) for a in home.accounts))
    assert propose(neither, policy(neither)).status is Status.DATA_HOLD


def test_at_its_target_nothing_trades() -> None:
    home = household(
        account("TX", 2_000, lot("c1", "CCC", 2_500, 40_000), lot("d1", "DDD", 4_800, 40_000)),
        models={"CORE": {"CCC": "0.5", "DDD": "0.48"}},
    )
    proposal, closing = proposed(home, "keep each trade at least $500")
    assert proposal.status is Status.NO_ACTION
    assert closing.sales == closing.purchases == ()


def test_cash_within_cents_of_its_floor_leaves_room_to_trade() -> None:
    """Three cents above the least cash: rounding a row to cents must not end in an exception."""
    market = usual()
    home = household(
        account("TX", "1000.03", *market.accounts[0].lots, kind="roth_ira"),
        account("T2", 0, lot("x", "CCC", 1, 10)),
    )
    value = home.value(home.accounts[0])
    floor = Decimal("1000.00") / value * 100
    proposal, closing = proposed(home, f"keep cash at least {floor:.10f}% of account")
    assert proposal.status is Status.PROPOSED
    assert closing.cash(home.accounts[0], after=True) >= Decimal("999.99")


@pytest.mark.parametrize("fractional", [True, False])
@pytest.mark.parametrize("times", [1, 30])
def test_what_can_leave_leaves_whole_though_another_limit_stays_broken(
    fractional: bool, times: int
) -> None:
    """BBB may not be sold; the last crumb of AAA goes, however little its risk and dear its tax."""
    fine = [(replace(each, share_increment=Decimal("0.0001")), price) for each, price in MARKET]
    home = household(
        account(
            "TX",
            2_000 * times,
            lot("b1", "BBB", 700 * times, 3_500 * times),
            lot("c1", "CCC", 1_500 * times, 30_000 * times),
            lot("d1", "DDD", 2_300 * times, 23_000 * times),
            lot("a1", "AAA", str(Decimal("100.37") * times), 100 * times),
            fractional=fractional,
        ),
        market=fine,
        models={"CORE": {"CCC": "0.5", "DDD": "0.48"}},
        entities=[taxpayer(rate_long="0.9")],
    )
    rules = (ISSUER_CAP, 'never sell "BBB"', 'never hold "AAA"', "use risk aversion 0.01")
    _, closing = proposed(home, *rules)
    assert closing.shares_after["TX", "AAA"] == 0
    assert closing.shares_after["TX", "BBB"] == 700 * times


def test_a_replaced_fund_leaves_and_its_constituents_come() -> None:
    home = usual()
    line = 'replace "FND" with constituents'
    proposal, closing = proposed(home, line, "use risk aversion 500")
    assert closing.shares_after["TX", "FND"] < 500
    assert closing.targets["TX"]["XXX"] == Decimal("0.02")
    assert weight(home, closing, "XXX", "IRA") > 0.015
    trades = {trade.trade_id: trade for trade in explained_trades(proposal)}
    assert trades["TX:FND:sell"].rules[0] == "r1"
    assert f"the target leaves it out: {line}" in trades["TX:FND:sell"].sentence


def test_trades_follow_a_target_and_limits_still_know_the_model() -> None:
    home = usual()
    tilt = 'target "AAA" at 0% of model'
    _, closing = proposed(home, tilt, "use risk aversion 500")
    assert weight(home, closing, "AAA", "IRA") < 0.02
    band = 'keep "AAA" at least 100% of model'
    _, closing = proposed(home, tilt, band, "use risk aversion 500")
    assert weight(home, closing, "AAA", "IRA") >= 0.2


def test_where_the_tree_does_not_round_prices_are_asked_with_the_same_room() -> None:
    """Whole shares leave the trades of the tree no way into the sectors; more room costs 32 bp."""
    roth = account(
        "ROTH",
        600,
        lot("a", "AAA", "28.1219", 3_374),
        lot("b", "BBB", "123.9668", 3_719),
        lot("c", "CCC", 105, 1_995),
        lot("d", "DDD", 127, 1_270),
        lot("f1", "FND", 152, 9_120),
        lot("f2", "FND", 23, 920),
        kind="roth_ira",
    )
    small = account("SMALL", 20, lot("s", "CCC", "0.1139", 1))
    core = {"BBB": "0.1782", "CCC": "0.0445", "DDD": "0.4010", "FND": "0.3564"}
    home = household(roth, small, models={"CORE": core})
    rules = policy(
        home,
        'never hold "BBB", "DDD"\nexisting positions comply by 2027-06-30\n'
        'when account.type is "roth_ira"',
        "reserve $1,000 by 2026-06-16",
        "keep each sector within 1 points of model per account",
        "keep cash between 1% and 3% of account",
    )
    found, priced = propose(home, rules), propose(home, rules, Budget(few=0))
    assert found.solution is not None
    assert priced.solution is not None
    assert found.solution.program.integer.sum() <= Budget().few
    assert found.solution.objective <= priced.solution.objective + Budget().goal


def test_a_trade_of_a_cent_is_no_trade_however_large_the_household() -> None:
    """$39 million by the ten-thousandth of a share: what is sold without a decision to sell would
    pay for a third holding of a cent, and nothing be left to propose."""
    home = household(
        account("TX", 500_000, lot("b", "BBB", "737146.7740", 35_014_471, "2023-05-02")),
        account("ROTH", 1_500_000, kind="roth_ira"),
        market=[
            (security(name, step="0.0001"), price)
            for name, price in (("AAA", "100"), ("BBB", "50"))
        ],
        constituents={},
        models={"CORE": {"AAA": "0.1089", "BBB": "0.8714"}},
        entities=(taxpayer(carry_short=1_000_000, ytd_short=-1_000_000),),
    )
    proposal, _ = proposed(
        home,
        "invest nothing",
        "keep holdings at least 4",
        "keep trades at most 1",
        "keep taxable gains at most $1 each year per taxpayer",
        "keep cash between 1% and 3% of account",
    )
    assert proposal.solution is not None
    assert proposal.solution.still_broken == pytest.approx(7)
