"""From amounts to shares: how far trades move, what they then cost, and that every rule holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.closing import cents
from compiler.exact_check import exact_breaches
from policydsl.propose import Proposal, Status, propose
from portfolio.household import Household
from solver.ledger import read_linear
from solver.rounding import DUST_DOLLARS, RoundedOrder
from solver.solve import Solution
from solver.structure import NO_COLUMN
from tests.by_hand import account, breaches, household, lot, policy, security, taxpayer, usual
from tests.solver.true_objective import true_objective

RULES = (
    "keep each trade at least $500",
    "keep cash between 1% and 3% of account",
    "keep each sector within 8 points of model",
    "prevent wash sales across household",
    "keep realized gains at most $2,000 each year per taxpayer",
    "keep realized losses between $600 and $3,000 each year per taxpayer",
)


def wanted(solution: Solution) -> dict[tuple[str, str], float]:
    """Dollars of each order before rounding; sales are negative."""
    assert solution.answer is not None
    x = solution.answer.point.x
    return {
        p.name: (float(x[p.buy]) if p.buy != NO_COLUMN else 0.0) - sum(float(x[s]) for s in p.sells)
        for p in solution.structure.positions
    }


def check_increments(proposal: Proposal) -> int:
    """Every order within one increment of what was wanted, and of the custodian's grain."""
    solution, compiled = proposal.solution, proposal.compiled
    assert solution is not None
    assert compiled is not None
    physics = compiled.physics
    check_lots(proposal)
    orders: dict[tuple[str, str], RoundedOrder] = {
        (o.position.account_id, o.position.security_id): o for o in solution.orders
    }
    for name, amount in wanted(solution).items():
        order = orders.get(name)
        price = proposal.household.prices[name[1]]
        step = physics.increment(physics.account(name[0]), name[1])
        shares = Decimal(0)
        if order is not None:
            shares = order.bought - sum((n for _, n in order.lots), Decimal(0))
            held = sum((each.shares for each in order.position.lots), Decimal(0))
            assert shares % step == 0 or -shares == held, name
        off = abs(float(shares * price) - amount * physics.unit)
        assert off <= float(step * price) + DUST_DOLLARS, (name, off)
    return len(orders)


def check_lots(proposal: Proposal) -> None:
    """What is sold of every lot within one increment of what was wanted of it."""
    solution, compiled = proposal.solution, proposal.compiled
    assert solution is not None
    assert compiled is not None
    physics, x = compiled.physics, solution.answer.point.x
    sold = {lot.id: shares for order in solution.orders for lot, shares in order.lots}
    for columns, position in zip(
        solution.structure.positions, physics.positions.values(), strict=True
    ):
        price = float(proposal.household.prices[position.security_id])
        step = physics.increment(physics.account(position.account_id), position.security_id)
        for each, column in zip(position.lots, columns.sells, strict=True):
            off = float(sold.get(each.id, 0)) * price - float(x[column]) * physics.unit
            assert abs(off) <= float(step) * price + DUST_DOLLARS, (each.id, off)


def check_objective(proposal: Proposal) -> None:
    """The objective printed is that of the rounded trades, each part reckoned again by hand."""
    solution, compiled, closing = proposal.solution, proposal.compiled, proposal.closing
    assert solution is not None
    assert compiled is not None
    assert closing is not None
    assert solution.objective == solution.program.objective(solution.x)
    unit = compiled.physics.unit
    within = 0.05 * (1 + len(closing.sales))
    for entity_id, function in compiled.physics.taxes.items():
        exact = closing.tax(entity_id, after=True)
        column = solution.program.column
        columns = [(column(r.short), column(r.long)) for r in function.regions]
        modelled = solution.x[columns].sum(axis=0) * unit
        assert modelled[0] == pytest.approx(float(exact.net_short), abs=within)
        assert modelled[1] == pytest.approx(float(exact.net_long), abs=within)
        tax = read_linear(solution.program, function.tax).value(solution.x) * unit
        assert tax == pytest.approx(float(exact.cost), abs=within)
    for account_id, account_positions in _by_account(proposal).items():
        for name, active in account_positions.items():
            held = closing.shares_after.get((account_id, name), Decimal(0))
            worth = float(held * proposal.household.prices[name]) / unit
            target = compiled.physics.positions[account_id, name].target
            assert active == pytest.approx(worth - target, abs=1e-6)


def _by_account(proposal: Proposal) -> dict[str, dict[str, float]]:
    solution = proposal.solution
    assert solution is not None
    found: dict[str, dict[str, float]] = {}
    for p in solution.structure.positions:
        found.setdefault(p.name[0], {})[p.name[1]] = float(solution.x[p.active])
    return found


def test_a_synthetic_book(proposals: dict[str, Proposal]) -> None:
    orders = reckoned = 0
    for proposal in proposals.values():
        assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
        orders += check_increments(proposal)
        check_objective(proposal)
        assert proposal.solution is not None
        assert proposal.closing is not None
        assert exact_breaches(proposal.policy, proposal.closing) == ()
        again = sum(true_objective(proposal).values())
        assert proposal.solution.objective == pytest.approx(again, rel=1e-6)
        reckoned += 1
    assert orders > 30
    assert reckoned > 4


def awkward(fractional: bool, step: str = "1") -> Household:
    """Prices that fit no round sum; odd lots."""
    market = (
        (security("AAA", step=step), "417.13"),
        (security("BBB", step=step), "61.07"),
        (security("CCC", sector="Health", step=step), "1289.9"),
        (security("DDD", kind="etf", asset_class="Bonds", sector=None, step=step), "71.33"),
    )
    return household(
        account(
            "TX",
            9_000,
            lot("a1", "AAA", "31.4159", 4_000),
            lot("b1", "BBB", "160.5", 11_000),
            lot("b2", "BBB", "17.25", 600, "2026-02-02"),
            fractional=fractional,
        ),
        market=market,
        constituents={},
        models={"CORE": {"AAA": "0.25", "BBB": "0.25", "CCC": "0.25", "DDD": "0.24"}},
    )


@pytest.mark.parametrize(
    ("fractional", "step", "grain"),
    [(True, "0.0001", "0.0001"), (True, "0.01", "0.01"), (False, "0.0001", "1"), (True, "1", "1")],
)
def test_share_increments(fractional: bool, step: str, grain: str) -> None:
    home = awkward(fractional, step)
    # The cash band has to leave room for one whole share of the dearest name.
    rules = policy(home, "keep cash between 0% and 10% of account", *RULES[3:], RULES[0])
    proposal = propose(home, rules)
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert proposal.solution is not None
    assert check_increments(proposal) > 2
    check_objective(proposal)
    for order in proposal.solution.orders:
        assert order.bought % Decimal(grain) == 0


FACTORS = st.sampled_from(["0.3", "0.8", "1.1", "1.6"])


@settings(max_examples=30, deadline=None)
@given(
    factors=st.tuples(FACTORS, FACTORS, FACTORS),
    days=st.tuples(*[st.sampled_from(["2020-01-02", "2026-02-02"])] * 3),
    ytd=st.tuples(st.integers(-3_000, 3_000), st.integers(-3_000, 3_000)),
)
def test_whole_shares_may_cross_a_kink_of_the_tax(
    factors: tuple[str, ...], days: tuple[str, ...], ytd: tuple[int, int]
) -> None:
    """Odd lots, dear shares, and nets that start near the kinks."""
    home = awkward(False)
    (only,) = home.accounts
    lots = tuple(
        replace(
            each,
            basis=cents(each.shares * home.prices[each.security_id] * Decimal(factor)),
            acquired=date.fromisoformat(day),
        )
        for each, factor, day in zip(only.lots, factors, days, strict=True)
    )
    entity = taxpayer(ytd_short=ytd[0], ytd_long=ytd[1])
    home = replace(home, accounts=(replace(only, lots=lots),), tax_entities={"T1": entity})
    proposal = propose(home, policy(home, "keep each trade at least $100"))
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    check_increments(proposal)
    check_objective(proposal)


KINDS = ("taxable", "trust", "traditional_ira", "roth_ira", "k401", "hsa")
WHICH_LOTS = ("", "use first in first out", "use highest cost lots", "use minimum tax lots")


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    grain=st.sampled_from([(True, "0.0001"), (True, "0.01"), (True, "1"), (False, "0.0001")]),
    which=st.sampled_from(WHICH_LOTS),
    closed=st.sampled_from(["", 'never hold "BBB"']),
    shares=st.lists(st.decimals("0.0001", "60", places=4), min_size=1, max_size=8),
    basis=st.lists(st.integers(1, 4_000), min_size=8, max_size=8),
)
def test_no_order_and_no_lot_moves_by_more_than_an_increment(
    kind: str,
    grain: tuple[bool, str],
    which: str,
    closed: str,
    shares: list[Decimal],
    basis: list[int],
) -> None:
    """Every type of account, fractions and whole shares, closing orders, lots in a fixed order."""
    home = awkward(*grain)
    (only,) = home.accounts
    lots = [
        lot(f"b{k}", "BBB", n, basis[k], f"20{18 + k}-02-03" if k < 7 else "2026-02-02")
        for k, n in enumerate(shares)
    ]
    held = account("TX", 9_000, *lots, only.lots[0], kind=kind, fractional=grain[0])
    home = replace(home, accounts=(held,))
    proposal = propose(home, policy(home, *filter(None, (which, closed, RULES[0]))))
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    check_increments(proposal)
    assert proposal.closing is not None
    if closed:
        assert proposal.closing.shares_after["TX", "BBB"] * 61 <= 500


def test_cents_of_many_lots_do_not_make_an_order_too_small() -> None:
    """Each of nine lots is worth $10.004: what an order of exactly the minimum has in fractions of
    a cent is gone once the amounts of its lots are in cents."""
    market = (
        (security("AAA", step="0.0001"), "50.02"),
        (security("BBB", sector="Health", step="0.0001"), "61.07"),
    )
    small = [lot(f"a{k}", "AAA", "0.2", 30) for k in range(9)]
    home = household(
        account("TX", 2_000, *small, lot("a9", "AAA", "98.2", 1_000), lot("b", "BBB", 60, 3_000)),
        market=market,
        constituents={},
        models={"CORE": {"AAA": "0.49", "BBB": "0.37"}},
    )
    proposal = propose(home, policy(home, "keep each trade at least $100"))
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert proposal.closing is not None
    sales = proposal.closing.sales
    assert len(sales) == 10
    exact = sum((sale.shares * home.prices["AAA"] for sale in sales), Decimal(0))
    assert 100 <= proposal.closing.orders["TX", "AAA"] < exact - Decimal("0.03")
    assert proposal.closing.orders["TX", "AAA"] < 101
    check_increments(proposal)


def test_an_odd_position_is_closed_whole() -> None:
    home = awkward(False)
    rules = policy(home, 'never hold "AAA"')
    proposal = propose(home, rules)
    assert proposal.closing is not None
    assert proposal.closing.shares_after["TX", "AAA"] == 0


def test_a_sale_of_whole_shares_takes_whole_shares_of_each_lot() -> None:
    """Lots that are alike share a sale however the solver likes; none is left in crumbs."""
    lots = [lot(f"a{n}", "AAA", n, n * 100) for n in (17, 31, 59)]
    home = household(account("IRA", 0, *lots, kind="roth_ira", fractional=False))
    proposal = propose(home, policy(home))
    assert proposal.solution is not None
    (sale,) = [order for order in proposal.solution.orders if order.lots]
    assert len(sale.lots) > 1
    assert all(shares % 1 == 0 for _, shares in sale.lots), sale.lots


def test_the_smallest_order_may_be_just_that_large() -> None:
    """1,100 of cash buy eleven shares at 95: 1,045, where 1,000 is the least. The model asks for a
    share more, so that rounding has room, and rounding may take it."""
    home = household(
        account("IRA", 1_100, lot("a1", "AAA", 200, 9_000), kind="roth_ira", fractional=False),
        market=((security("AAA"), "95"),),
        constituents={},
        models={"CORE": {"AAA": "1"}},
    )
    proposal = propose(home, policy(home, "keep each trade at least $1,000"))
    assert proposal.solution is not None, proposal.findings
    assert [order.bought for order in proposal.solution.orders] == [11]


def test_rounding_costs_no_more_than_the_increments_it_moves() -> None:
    """Whole shares at $1,290 on $37,000: the gap says what they cost, and bounds it."""
    fine = propose(awkward(True, "0.0001"), policy(awkward(True), RULES[3]))
    coarse = propose(awkward(False), policy(awkward(False), RULES[3]))
    assert fine.solution is not None
    assert coarse.solution is not None
    assert fine.solution.gap < 0.05
    assert coarse.solution.bound <= fine.solution.objective + 1e-6
    assert coarse.solution.objective >= fine.solution.bound - 1e-6


# --- laws of the exact check ----------------------------------------------------------------------

LAW_RULES = (
    *RULES,
    'never buy "AAA"',
    'never sell "AAA" where lot.acquired before 2021-01-01',
    "keep each issuer at most 31% of account",
    'keep "CCC" at most 17% of account',
    "only harvest anything where lot.loss above 40% of basis",
    "keep realized tax at most $300 each year per taxpayer",
    'only buy "CCC", "DDD"',
)
ORDERS = (
    *(f"-{n} {name}" for n in (1, 20, 200) for name in ("a1", "b1", "b2", "c1", "ia1")),
    *(f"+{n} {name} TX" for n in (3, 30, 300) for name in ("AAA", "CCC", "DDD")),
    *(f"+{n} {name} IRA" for n in (3, 30) for name in ("BBB", "CCC")),
)


@settings(max_examples=120, deadline=None)
@given(
    orders=st.lists(
        st.sampled_from(ORDERS), max_size=4, unique_by=lambda each: each.split()[1:][0]
    ),
    few=st.lists(st.sampled_from(LAW_RULES), max_size=4, unique=True),
    more=st.sampled_from(LAW_RULES),
)
def test_another_hard_rule_never_allows_more(orders: list[str], few: list[str], more: str) -> None:
    home, text = usual(), ", ".join(orders)
    with_more = breaches(home, policy(home, *few, *([more] if more not in few else [])), text)
    without = breaches(home, policy(home, *few), text)
    assert {each.message for each in without} <= {each.message for each in with_more}
