"""Losses of which shares bought lately wash a part: what is clean of them is taken, share by share.

TX holds 100 AAA bought for $200 that are worth $100, a loss of $10,000; somebody of the household
bought a few more ten days ago.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from compiler.layers import household_policy
from compiler.model import compile_household
from policydsl.propose import Proposal, Status, propose
from policydsl.reasons import explained_trades
from policydsl.wash_causes import washed_part
from portfolio.household import Account, Household, Lot
from portfolio.tax import netting
from solver.handover import hand_over
from solver.modes import Mode
from solver.options import read_options
from solver.structure import read_structure
from tests.by_hand import (
    account,
    both,
    breaches,
    checked_layers,
    closing,
    household,
    lot,
    policy,
    security,
    taxpayer,
)
from tests.solver.brute_force import every_region, solve_all

STRICT = "prevent wash sales across household"
TENTH = "prevent wash sales above 10% of loss across household"
HUNDREDTH = "prevent wash sales above 1% of loss across household"
RECENT = "2026-06-05"
MARKET = (
    (security("AAA"), "100"),
    (security("BBB"), "100"),
    (security("DDD", kind="etf", asset_class="Bonds", sector=None), "10"),
)
MODEL = {"CORE": {"BBB": "0.5", "DDD": "0.4"}}
GAINED = taxpayer(ytd_long=20_000)


def home(*lots: Lot, ira: tuple[Lot, ...] = (), others: tuple[Account, ...] = ()) -> Household:
    """TX with $2,000 cash, 100 BBB at a gain and `lots`; an IRA with $1,000 and `ira`. $20,000 of
    long-term gains have been realised this year, which losses make up for."""
    own = account("TX", 2_000, lot("b1", "BBB", 100, 9_000), *lots)
    retirement = account("IRA", 1_000, *ira, kind="roth_ira")
    return household(
        own,
        retirement,
        *others,
        market=MARKET,
        constituents={},
        models=MODEL,
        entities=(GAINED,),
    )


OLD = lot("old", "AAA", 100, 20_000)
FIVE = lot("five", "AAA", 5, 450, RECENT)  # at a gain of $50, short-term
FIVE_IRA = lot("five", "AAA", 5, 450, RECENT)


def sold(proposal: Proposal) -> dict[str, Decimal]:
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert proposal.closing is not None
    return {sale.lot.id: sale.shares for sale in proposal.closing.sales}


def disallowed(proposal: Proposal) -> Decimal:
    assert proposal.closing is not None
    made = proposal.closing
    return sum((made.disallowed(sale) for sale in made.sales), Decimal(0))


def test_five_recent_shares_that_stay_wash_five_and_the_rest_is_taken() -> None:
    """The five are in an IRA that may not sell them: five shares' loss of $500 is lost, $9,500 is
    realised."""
    where = home(OLD, ira=(FIVE_IRA,))
    kept = 'never sell "AAA" where lot.acquired after 2026-06-01'
    found = propose(where, policy(where, TENTH, kept))
    assert sold(found)["old"] == 100
    assert disallowed(found) == 500
    assert found.closing is not None
    assert found.closing.realized("T1", after=True)[1] == 20_000 - 9_500


def test_the_strict_rule_takes_the_loss_only_with_the_recent_shares() -> None:
    where = home(OLD, ira=(FIVE_IRA,))
    found = propose(where, policy(where, STRICT))
    assert sold(found)["old"] == 100
    assert sold(found)["five"] == 5
    assert disallowed(found) == 0
    kept = 'never sell "AAA" where lot.acquired after 2026-06-01'
    barred = propose(where, policy(where, STRICT, kept))
    assert barred.closing is not None
    assert "old" not in {sale.lot.id for sale in barred.closing.sales}


def test_without_a_rule_the_law_alone_decides() -> None:
    where = home(OLD, ira=(FIVE_IRA,))
    kept = 'never sell "AAA" where lot.acquired after 2026-06-01'
    found = propose(where, policy(where, kept))
    assert sold(found)["old"] == 100
    assert disallowed(found) == 500


def test_a_washed_part_above_the_share_bars_the_loss() -> None:
    where = home(OLD, ira=(FIVE_IRA,))
    kept = 'never sell "AAA" where lot.acquired after 2026-06-01'
    found = propose(where, policy(where, HUNDREDTH, kept))
    assert found.closing is not None
    assert "old" not in {sale.lot.id for sale in found.closing.sales}


ALLOWED = [
    # five recent shares in the IRA: five of those sold are washed, whichever they are
    (TENTH, "-100 old", True),
    (TENTH, "-50 old", True),
    (TENTH, "-49 old", False),
    (TENTH, "-4 old", False),
    (STRICT, "-100 old", False),
    (STRICT, "-100 old, -5 five", True),
    (STRICT, "-100 old, -4 five", False),
    # a purchase today in the IRA takes the loss away whatever the share
    (TENTH, "-100 old, -5 five, +1 AAA IRA", False),
    (TENTH, "-100 old, +1 BBB IRA", True),
]


@pytest.mark.parametrize(("rule", "trades", "allowed"), ALLOWED)
def test_model_and_exact_check_agree(rule: str, trades: str, allowed: bool) -> None:
    where = home(OLD, ira=(FIVE_IRA,))
    assert both(where, rule, trades) == (allowed, allowed)


def test_a_recent_lot_may_be_sold_whole_at_a_loss() -> None:
    """Its own shares are gone: nothing replaces them (26 USC 1091(a), Rev. Rul. 56-602)."""
    young = lot("young", "AAA", 40, 8_000, RECENT)
    where = home(young)
    assert both(where, STRICT, "-40 young") == (True, True)
    assert both(where, STRICT, "-30 young") == (True, True)
    found = propose(where, policy(where, STRICT))
    assert sold(found)["young"] > 0
    assert disallowed(found) == 0


def test_a_purchase_of_today_anywhere_excludes_the_loss() -> None:
    spouse = account("SP", 9_000, owner="spouse")
    where = home(OLD, others=(spouse,))
    for buyer in ("SP", "IRA"):
        for rule in (STRICT, TENTH):
            assert both(where, rule, f"-100 old, +1 AAA {buyer}") == (False, False)
            assert both(where, rule, "-100 old") == (True, True)


def test_losses_are_washed_in_the_order_of_the_law() -> None:
    """The lot acquired first is washed first, though another has more loss a share (Treas. Reg.
    1.1091-1(b)); where it stays, the next one is."""
    first = lot("first", "AAA", 60, 9_000, "2019-03-01")  # $50 a share
    second = lot("second", "AAA", 60, 12_000, "2020-03-02")  # $100 a share
    where = home(first, second, ira=(FIVE_IRA,))
    rules = policy(where, TENTH)
    made = closing(where, rules, "-60 first, -60 second")
    washed = {sale.lot.id: made.disallowed(sale) for sale in made.sales}
    assert washed == {"first": 250, "second": 0}
    made = closing(where, rules, "-60 second")
    assert [made.disallowed(sale) for sale in made.sales] == [500]
    ways = compile_household(where, rules).physics.losses["AAA"].ways
    unit = compile_household(where, rules).physics.unit
    lost = {way.first: way.lost * unit for way in ways}
    assert lost == pytest.approx({"first": 250, "second": 500}, abs=0.01)


def test_more_recent_shares_than_the_first_lot_has_go_on_to_the_next() -> None:
    small = lot("small", "AAA", 3, 600, "2019-03-01")
    where = home(small, lot("next", "AAA", 97, 19_400), ira=(FIVE_IRA,))
    assert both(where, TENTH, "-3 small, -97 next") == (True, True)
    assert both(where, TENTH, "-97 next") == (True, True)
    made = closing(where, policy(where, TENTH), "-3 small, -97 next")
    assert {sale.lot.id: made.disallowed(sale) for sale in made.sales} == {
        "small": 300,
        "next": 200,
    }


def test_the_loss_moves_into_the_basis_of_a_taxable_replacement() -> None:
    """In the objective the disallowed loss is worth what it saves later; in an IRA nothing."""
    own, gone = home(OLD, FIVE), home(OLD, ira=(FIVE_IRA,))
    later = {}
    for name, where in (("own", own), ("gone", gone)):
        physics = compile_household(where, policy(where, TENTH)).physics
        (way,) = physics.losses["AAA"].ways
        later[name] = way.later
        assert way.lost * physics.unit == pytest.approx(500)
    assert later["own"] > 0
    assert later["gone"] == 0


def test_tax_in_the_model_is_that_of_the_ledger() -> None:
    where = home(OLD, ira=(FIVE_IRA,))
    kept = 'never sell "AAA" where lot.acquired after 2026-06-01'
    found = propose(where, policy(where, TENTH, kept))
    assert found.closing is not None
    assert found.solution is not None
    assert found.compiled is not None
    modelled = found.solution.terms["tax"].value(found.solution.x) * found.compiled.physics.unit
    entity = where.tax_entities["T1"]
    short, long = found.closing.realized("T1", after=True)
    owed = netting(entity, short, long).cost - netting(entity, Decimal(0), Decimal(20_000)).cost
    assert modelled == pytest.approx(float(owed), abs=0.005)


def test_every_way_against_brute_force() -> None:
    """Every decision of every position and wash group, solved: none is better than the answer, and
    no bound is above the best."""
    first = lot("first", "AAA", 60, 7_000, "2019-03-01")
    second = lot("second", "AAA", 60, 12_000, "2020-03-02")
    where = home(first, second, ira=(FIVE_IRA,))
    rules = policy(where, "prevent wash sales above 30% of loss across household")
    compiled = compile_household(where, rules)
    program = hand_over(compiled)
    structure = read_structure(compiled, program)
    assert sum(sale.washed for wash in structure.washes for sale in wash.sales) == 2
    best = min(
        optimum.point.objective
        for region in every_region(structure)
        for optimum in solve_all(program, structure, region)
    )
    found = propose(where, rules)
    assert found.solution is not None
    assert found.solution.bound <= best + 1e-6
    assert found.solution.answer.point.objective == pytest.approx(best, abs=0.051)


@pytest.mark.parametrize(("share", "may"), [("10%", {Mode.SELL}), ("20%", {Mode.HOLD, Mode.SELL})])
def test_a_way_is_taken_with_enough_of_the_loss(share: str, may: set[Mode]) -> None:
    """Eight recent shares wash $800 of the $6,000 in each of two accounts: 13% of the loss in TX,
    7% of both. At a tenth TY has to sell too; at a fifth it may stay."""
    others = (account("TY", 2_000, lot("y", "AAA", 60, 12_000)),)
    eight = lot("eight", "AAA", 8, 720, RECENT)
    where = home(lot("x", "AAA", 60, 12_000), ira=(eight,), others=others)
    compiled = compile_household(where, policy(where, TENTH.replace("10%", share)))
    program = hand_over(compiled)
    structure = read_structure(compiled, program)
    (wash,) = [each for each in structure.washes if any(sale.washed for sale in each.sales)]
    ways = [frozenset({k}) for k, sale in enumerate(wash.sales) if sale.washed]
    (beginning,) = [way for way in ways if "x" in program.column_names[wash.sales[min(way)].taken]]
    options = read_options(program, structure, program.lower, program.upper)
    (case,) = [k for k, each in enumerate(options.cases) if each.taken == beginning]
    of = {p.name: k for k, p in enumerate(structure.positions)}
    parts = options.rows[options.case == case].ravel()
    of_ty = parts[options.parts.position[parts] == of["TY", "AAA"]]
    assert {Mode(int(mode)) for mode in options.parts.mode[of_ty]} == may


def test_a_rule_from_below_tightens() -> None:
    """The strictest share holds, and each statement is checked by itself."""
    where = home(OLD, ira=(FIVE_IRA,))
    layers = {"firm": f"rule r1\n{TENTH}\n", 'household "H1"': f"rule r2\n{STRICT}\n"}
    rules = household_policy(checked_layers(layers), where)
    assert not compile_household(where, rules).physics.losses["AAA"].ways
    assert breaches(where, rules, "-100 old")
    assert not breaches(where, policy(where, TENTH), "-100 old")


def test_the_sentence_says_what_is_disallowed_and_by_which_shares() -> None:
    reinvested = lot("five", "AAA", 5, 450, RECENT, came_by="reinvest")
    where = home(OLD, ira=(reinvested,))
    kept = 'never sell "AAA" where lot.acquired after 2026-06-01'
    (said,) = [
        trade.sentence
        for trade in explained_trades(propose(where, policy(where, TENTH, kept)))
        if trade.security_id == "AAA" and trade.side == "sell"
    ]
    assert said.startswith(
        "Sell 100 AAA for $10,000.00 at a loss of $10,000.00 ($500.00 of it disallowed, replaced "
        "by 5 shares reinvested on 2026-06-05 in IRA)"
    )


def test_each_sentence_names_the_shares_that_replace_its_own_loss() -> None:
    """Two orders of one wash group share the five; a lot at a gain has no part in it."""
    small, rest = lot("small", "AAA", 3, 600, "2019-03-01"), lot("rest", "AAA", 97, 19_400)
    gained = lot("gained", "AAA", 20, 100)
    where = home(small, ira=(FIVE_IRA,), others=(account("TY", 2_000, rest, gained),))
    made = closing(where, policy(where, TENTH), "-3 small, -97 rest, -20 gained")
    (first,) = [sale for sale in made.sales if sale.account_id == "TX"]
    others = [sale for sale in made.sales if sale.account_id == "TY"]
    by = "shares bought on 2026-06-05 in IRA"
    assert washed_part(made, [first]) == f"$300.00 of it disallowed, replaced by 3 {by}"
    assert washed_part(made, others) == f"$200.00 of its losses disallowed, replaced by 2 {by}"


@pytest.mark.parametrize(
    ("order", "recent_order", "ways"), [(None, "O2", 1), ("O1", "O1", 0), (None, "old", 0)]
)
def test_shares_of_one_order_wash_nothing_of_each_other(
    order: str | None, recent_order: str, ways: int
) -> None:
    """A lot without an order is one of its own. The tax library says the same of the trades."""
    five = replace(FIVE_IRA, order_id=recent_order)
    where = home(replace(OLD, order_id=order), ira=(five,))
    rules = policy(where, TENTH)
    assert len(compile_household(where, rules).physics.losses["AAA"].ways) == ways
    made = closing(where, rules, "-100 old")
    assert made.disallowed(made.sales[0]) == 500 * ways


def test_a_recent_share_worth_a_cent_is_sold_with_the_loss() -> None:
    """0.0001 shares reinvested in an IRA wash 0.0001 shares: they go too, or no loss is taken."""
    where = home(OLD, ira=(lot("crumb", "AAA", "0.0001", 0, RECENT, came_by="reinvest"),))
    found = propose(where, policy(where, STRICT))
    assert sold(found)["old"] == 100
    assert sold(found)["crumb"] == Decimal("0.0001")
    assert disallowed(found) == 0


def test_a_lot_without_a_loss_takes_nothing_of_what_is_washed() -> None:
    """Five shares are even, and come first in the order of the law: no part of them is washed (26
    USC 1091(a) disallows losses), so all five of the IRA's replace shares of the lot at a loss."""
    even = lot("even", "AAA", 5, 500, "2019-01-02")
    where = home(even, OLD, ira=(FIVE_IRA,))
    kept = 'never sell "AAA" where lot.acquired after 2026-06-01'
    found = propose(where, policy(where, TENTH, kept))
    assert sold(found)["old"] == 100
    assert disallowed(found) == 500
    assert found.solution is not None
    assert found.compiled is not None
    modelled = found.solution.terms["tax"].value(found.solution.x) * found.compiled.physics.unit
    assert modelled == pytest.approx(-9_500 * 0.2, abs=0.005)


@pytest.mark.parametrize("left", ["0.0001", "0.5"])
@pytest.mark.parametrize("rule", [STRICT, TENTH])
def test_odd_recent_shares_leave_with_the_whole_position(left: str, rule: str) -> None:
    """Orders are of whole shares or close a position: 3.3333 reinvested shares go with what else
    there is, or the loss stays."""
    older = lot("older", "DDD", left, 1)
    crumb = lot("crumb", "DDD", "3.3333", 33, RECENT, came_by="reinvest")
    losing = lot("losing", "DDD", 1000, 20_000)
    less = {"CORE": {"BBB": "0.5", "DDD": "0.1"}}
    where = replace(home(losing, ira=(older, crumb)), models=household(models=less).models)
    found = propose(where, policy(where, rule))
    assert sold(found)["losing"] > 0
    assert sold(found)["crumb"] == Decimal("3.3333")
    assert sold(found)["older"] == Decimal(left)
    assert disallowed(found) == 0
