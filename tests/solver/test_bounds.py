"""No bound exceeds the true optimum, found by trying every decision in every tax region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compiler.model import compile_household
from portfolio.household import Household, Lot
from solver.branch import Tangents
from solver.certificate import Certificate, Pricing
from solver.handover import Floats, Program, hand_over
from solver.modes import Decisions, Mode
from solver.reduce import reduce
from solver.search import Budget, search
from solver.structure import NO_COLUMN, RegionColumns, Structure, read_structure
from solver.work import Work
from tests.by_hand import account, household, lot, policy, security, taxpayer
from tests.solver.brute_force import Optimum, every_region, region_fixings, solve_all

SOME = 1e-4  # bp: more is a trade
EXACT = 1e-5  # bp: what two solves of one program may differ by
WAYS = (0, Budget().few)
"""Binaries that are searched by one tree: none, and as many as usual."""
DAYS = ("2019-03-01", "2026-01-15", "2026-06-01")
RULES = (
    "prevent wash sales across household",
    "keep each trade at least $700",
    "keep realized gains at most $1,000 each year per taxpayer",
    "keep realized tax at most $200 each year per taxpayer",
    "keep realized losses at most $300 each year per taxpayer",
    "keep cash between 1% and 4% of account",
    "keep each issuer at most 35% of account",
    'never sell "AAA" where lot.acquired before 2020-01-01',
    "only harvest anything where lot.loss above 10% of basis",
    "keep holdings at most 1",
    'keep holdings at least 2 where kind is "stock"',
    "keep trades at most 1",
    "keep each holding at least $1,500",
)
SOME_WASHED = "prevent wash sales above 40% of loss across household"
ORDERS = ("use minimum tax lots", "use highest cost lots", "use first in first out")
FUND_MARKET = (
    (security("AAA"), "100"),
    (security("CCC", wash_group="AAA"), "20"),
    (security("FND", kind="etf", dividend_yield="0.03"), "40"),
)
THROUGH = {"FND": {"AAA": Decimal("0.6"), "XXX": Decimal("0.4")}}


class Small:
    """A household with few enough decisions to try them all."""

    def __init__(self, home: Household, rules: Sequence[str]) -> None:
        self.shown = f"{home.accounts} {home.tax_entities} {rules}"
        compiled = compile_household(home, policy(home, *rules, free=False))
        self.program = hand_over(compiled)
        self.structure = read_structure(compiled, self.program)

    def __repr__(self) -> str:
        return self.shown

    def optima(self) -> list[Optimum]:
        return [
            each
            for region in every_region(self.structure)
            for each in solve_all(self.program, self.structure, region)
        ]


@st.composite
def lots(draw: st.DrawFn, held: str, price: int, prefix: str) -> list[Lot]:
    found = []
    for k in range(draw(st.integers(0, 2))):
        dollars = draw(st.integers(200, 9_000))
        basis = int(dollars * draw(st.sampled_from([0.3, 0.9, 1.2, 1.8])))
        shares = str(Decimal(dollars) / price)
        found.append(lot(f"{prefix}{held}{k}", held, shares, basis, draw(st.sampled_from(DAYS))))
    return found


@st.composite
def households(draw: st.DrawFn) -> Small:
    """One account with a fund that holds what else it holds, or two accounts, perhaps an IRA, and
    perhaps with one target together."""
    joint = draw(st.booleans())
    with_fund = draw(st.booleans())
    weights = {"AAA": "0.3", "CCC": "0.4"}
    names = [("AAA", 100), ("CCC", 20)]
    if with_fund:
        names.append(("FND", 40))
        weights["FND"] = "0.2"
        kinds = ["taxable"]
    else:
        kinds = ["taxable", draw(st.sampled_from(["taxable", "roth_ira"]))]
    accounts = [
        account(
            f"A{k}",
            draw(st.integers(0, 6_000)),
            *(each for name, price in names for each in draw(lots(name, price, f"{k}"))),
            kind=kind,
        )
        for k, kind in enumerate(kinds)
    ]
    assume(all(a.cash or a.lots for a in accounts))
    home = household(
        *accounts,
        market=FUND_MARKET if with_fund else FUND_MARKET[:2],
        constituents=THROUGH if with_fund else {},
        models={"CORE": weights},
        entities=[taxpayer(ytd_short=draw(st.integers(-4_000, 4_000)))],
    )
    if joint:
        home = replace(home, management="joint")
    rules = draw(st.lists(st.sampled_from(RULES), unique=True, max_size=5))
    if draw(st.booleans()):
        rules = [SOME_WASHED if rule == RULES[0] else rule for rule in rules]
    return Small(home, [*rules, draw(st.sampled_from(ORDERS))])


@settings(max_examples=25, deadline=None)
@given(households(), st.sampled_from((Budget(few=0), Budget(), Budget(programs=4))))
def test_the_search_keeps_its_word(case: Small, budget: Budget) -> None:
    optima = case.optima()
    answer = search(case.program, case.structure, budget, Work())
    if answer is None:
        assert not optima
        return
    best = min(each.point.objective for each in optima)
    assert answer.bound <= best + EXACT
    assert answer.point.objective >= best - EXACT
    assert answer.bound <= answer.point.objective + EXACT


@pytest.mark.parametrize("few", WAYS)
def test_the_search_finds_the_optimum_where_the_budget_allows_it(few: int) -> None:
    home = household(
        account(
            "TX",
            3_000,
            lot("a1", "AAA", 100, 15_000),
            lot("a2", "AAA", 10, 500, "2026-06-01"),
            lot("c1", "CCC", 300, 2_000),
        ),
        models={"CORE": {"AAA": "0.3", "CCC": "0.3", "DDD": "0.3"}},
    )
    case = Small(home, RULES[:2])
    best = min(case.optima(), key=lambda each: each.point.objective)
    answer = search(case.program, case.structure, Budget(goal=EXACT, few=few), Work())
    assert answer is not None
    assert answer.point.objective == pytest.approx(best.point.objective, abs=EXACT)
    assert answer.decisions == best.decisions


@settings(max_examples=25, deadline=None)
@given(households(), st.lists(st.floats(-1.5, 1.5), min_size=8, max_size=8), st.booleans())
def test_the_certificate_holds_at_any_prices(
    case: Small, noise: list[float], around_duals: bool
) -> None:
    program, structure = case.program, case.structure
    stretched = np.resize(np.array(noise), program.matrix.shape[0])
    regions = {
        region: list(solve_all(program, structure, region)) for region in every_region(structure)
    }
    relaxed = reduce(program, {}, structure.mode_rows)
    pricing = Pricing(program, structure, relaxed.lower, relaxed.upper)
    for optima in regions.values():
        if not optima:
            continue
        best = min(optima, key=lambda each: each.point.objective)
        prices = best.point.row_dual * (1 + stretched / 10) if around_duals else stretched
        certificate = pricing.certify(prices)
        for region, others in regions.items():
            for each in others:
                assert certificate.bound(region) <= each.point.objective + EXACT
                with_regrets = _with_regrets(certificate, structure, region, each)
                assert with_regrets <= each.point.objective + EXACT


def _with_regrets(
    certificate: Certificate, structure: Structure, region: tuple[RegionColumns, ...], one: Optimum
) -> float:
    """The bound on decisions: the regret of each name on top, of a wash group the worst."""
    decisions = _as_traded(structure, one)
    regret = certificate.regret_of(decisions)
    worst: dict[object, float] = {}
    for n, name in enumerate(structure.names):
        first = name.positions[0]
        washed = max(structure.washed[list(name.positions)])
        block = ("wash", washed) if washed >= 0 else ("name", n)
        worst[block] = max(worst.get(block, 0.0), float(regret[first]))
        for p in name.positions:
            mode = decisions.modes[p]
            assert certificate.regret[p, mode] <= regret[first] + EXACT
            if mode is Mode.SELL and p in certificate.regret_by_depth:
                depth = decisions.depths[p]
                assert certificate.regret_by_depth[p][depth] <= regret[first] + EXACT
    return certificate.bound(region) + sum(worst.values())


def _as_traded(structure: Structure, one: Optimum) -> Decisions:
    """Its decisions, but a sale or purchase of nothing is none."""
    x, modes = one.point.x, list(one.decisions.modes)
    for k, p in enumerate(structure.positions):
        traded = [x[j] for j in (*p.sells, p.buy) if j != NO_COLUMN]
        if modes[k] is not Mode.CLOSE and max(traded, default=0.0) <= SOME:
            modes[k] = Mode.HOLD
    return replace(one.decisions, modes=tuple(modes))


@settings(max_examples=12, deadline=None)
@given(households(), st.lists(st.floats(-4_000, 4_000), min_size=9, max_size=9))
def test_no_tangent_cuts_off_a_feasible_point(case: Small, noise: list[float]) -> None:
    program, structure = case.program, case.structure
    anywhere = np.resize(np.array(noise), program.cost.size)
    for region in every_region(structure):
        reduced = reduce(program, region_fixings(structure, region))
        optima = [] if reduced.infeasible else list(solve_all(program, structure, region))
        if not optima:
            continue
        model = Tangents(program, structure, reduced)
        model.cut(anywhere, everywhere=True)
        model.cut(optima[0].point.x, everywhere=True)
        for each in optima:
            assert _furthest_cut(model, program, each.point.x) <= EXACT


def _furthest_cut(model: Tangents, program: Program, x: Floats) -> float:
    """By how much a point, its squares in the epigraph columns, breaks a row of the relaxation."""
    squares = program.square[model.squared] * x[model.squared] ** 2
    values = np.concatenate([x[model.columns], squares])
    lp = model.engine.getLp()
    rows = lp.num_row_
    lower, upper = np.array(lp.row_lower_), np.array(lp.row_upper_)
    activity = np.zeros(rows)
    starts, index, value = (
        np.array(part) for part in (lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_)
    )
    for j in range(lp.num_col_):
        span = slice(starts[j], starts[j + 1])
        activity[index[span]] += value[span] * values[j]
    return float(np.maximum(np.maximum(lower - activity, activity - upper), 0).max(initial=0))


@pytest.mark.parametrize("few", WAYS)
def test_a_sale_that_starts_at_nothing_is_not_ruled_out(few: int) -> None:
    """Without a smallest trade the first dollar of a sale costs nothing, and regrets nothing."""
    home = household(
        account("TX", 0, lot("f", "FND", 5, 60)),
        market=FUND_MARKET,
        constituents=THROUGH,
        models={"CORE": {"AAA": "0.3", "CCC": "0.4", "FND": "0.2"}},
    )
    case = Small(home, [])
    best = min(each.point.objective for each in case.optima())
    answer = search(case.program, case.structure, Budget(few=few), Work())
    assert answer is not None
    assert answer.bound <= best + EXACT
    assert answer.point.objective == pytest.approx(best, abs=Budget().goal)


@pytest.mark.parametrize("few", WAYS)
def test_a_tax_region_that_no_trades_reach_has_no_bound(few: int) -> None:
    """A gain of the year that the one loss, too small for an order, cannot turn into a loss."""
    home = household(
        account("A0", 0, lot("c", "CCC", 10, 240, "2026-01-15")),
        account("A1", 1),
        market=FUND_MARKET[:2],
        constituents={},
        models={"CORE": {"AAA": "0.3", "CCC": "0.4"}},
        entities=[taxpayer(ytd_short=1)],
    )
    case = Small(home, RULES[:2])
    best = min(each.point.objective for each in case.optima())
    answer = search(case.program, case.structure, Budget(few=few), Work())
    assert answer is not None
    assert answer.bound <= best + EXACT
    assert answer.point.objective == pytest.approx(best, abs=Budget().goal)


@pytest.mark.parametrize("few", WAYS)
def test_a_mode_that_nothing_allows_is_never_the_cheapest(few: int) -> None:
    home = household(account("TX", 5_000, lot("c1", "CCC", 250, 2_000)))
    case = Small(home, ['never buy "AAA"', 'never sell "CCC"', "keep each trade at least $50"])
    names = [p.name[1] for p in case.structure.positions]
    answer = search(case.program, case.structure, Budget(few=few), Work())
    assert answer is not None
    modes = dict(zip(names, answer.decisions.modes, strict=True))
    assert modes["AAA"] is Mode.HOLD
    assert modes["CCC"] is not Mode.SELL
    assert isinstance(answer.decisions, Decisions)


def test_noise_in_a_bound_rules_no_mode_out() -> None:
    """The year's tax is over its limit: what may be sold is what nets to nothing, all but noise."""
    home = household(
        account("TX", 0, lot("f", "FND", 5, 60), lot("g", "FND", "187.275", 2_247, "2026-01-15")),
        market=FUND_MARKET,
        constituents=THROUGH,
        models={"CORE": {"AAA": "0.3", "CCC": "0.4", "FND": "0.2"}},
        entities=[taxpayer(ytd_short=762)],
    )
    case = Small(home, ["keep realized tax at most $200 each year per taxpayer"])
    program, structure = case.program, case.structure
    for region in every_region(structure):
        relaxed = reduce(program, {}, structure.mode_rows)
        none = np.zeros(program.matrix.shape[0])
        certificate = Pricing(program, structure, relaxed.lower, relaxed.upper).certify(none)
        for each in solve_all(program, structure, region):
            with_regrets = _with_regrets(certificate, structure, region, each)
            assert with_regrets <= each.point.objective + EXACT
