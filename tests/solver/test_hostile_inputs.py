"""Households that nobody would think of: each ends in a right answer, or in words that say why not.

Every row of the table says what is right there. What is proposed is checked exactly, rounded to
within one increment, has a finite gap, and states the objective that its trades have when they are
reckoned again outside the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest

from compiler.exact_check import exact_breaches
from policydsl.document import proposal_document
from policydsl.propose import Proposal, Status, propose
from portfolio.household import Account, Household, Lot
from tests.by_hand import (
    MARKET,
    account,
    checked_layers,
    household,
    lot,
    policy,
    security,
    taxpayer,
    usual,
)
from tests.solver.test_rounding import check_increments
from tests.solver.true_objective import true_objective

USUAL = (
    "keep each trade at least $500",
    "keep cash between 1% and 3% of account",
    "keep each sector within 8 points of model",
    "prevent wash sales across household",
)
CASH = ("keep cash between 0% and 5% of account",)
PROPOSED, NO_ACTION, DATA_HOLD = Status.PROPOSED, Status.NO_ACTION, Status.DATA_HOLD


# --- households ----------------------------------------------------------------------------------


def tx(cash: int | str, *lots: Lot, name: str = "TX", **more: object) -> Account:
    return account(name, cash, *lots, **more)


def joint(*accounts: Account) -> Household:
    return replace(household(*accounts), management="joint")


def fine(*accounts: Account) -> Household:
    """The usual market, traded by the ten-thousandth of a share."""
    market = [(replace(each, share_increment=Decimal("0.0001")), price) for each, price in MARKET]
    return household(*accounts, market=market)


BIG = tx(
    100_000_000,
    lot("a1", "AAA", 20_000_000, 1_000_000_000),
    lot("b1", "BBB", 20_000_000, 1_300_000_000),
    lot("c1", "CCC", 45_000_000, 800_000_000),
)
"""$4 billion."""
LOSSES = tx(
    1_000,
    lot("a1", "AAA", 200, 40_000),
    lot("b1", "BBB", 300, 40_000),
    lot("c1", "CCC", 500, 40_000, "2026-01-15"),
)
ONE_LOT = lot("a1", "AAA", 1_000, 20_000)
MANY = [
    lot(
        *(f"a{k:03}", "AAA", 1 + k % 7, (50 + k % 100) * (1 + k % 7)),
        f"20{10 + k % 17:02}-0{1 + k % 6}-1{k % 10}",
    )
    for k in range(500)
]


def apart(*accounts: Account) -> Household:
    """Prices from $0.0003 to $600,000."""
    market = (
        (security("PENNY"), "0.0003"),
        (security("DEAR", sector="Finance"), "600000"),
        (security("MID"), "120"),
    )
    models = {"CORE": {"PENNY": "0.1", "DEAR": "0.5", "MID": "0.39"}}
    return household(*accounts, market=market, constituents={}, models=models)


def wide(fractional: bool) -> Household:
    lots = (
        lot("p", "PENNY", 400_000_000, 90_000),
        lot("d", "DEAR", 2, 500_000),
        lot("m", "MID", 100, 9_000),
    )
    return apart(tx(300_000, *lots, fractional=fractional))


def risky(*, factors: str = "as they are", specific: float = 0.04) -> Household:
    """The usual household, its risk model made worse."""
    home = usual()
    loadings = home.risk.loadings
    loadings = {
        "as they are": loadings,
        "three times the same": np.repeat(loadings[:, :1], 3, axis=1),
        "zero": np.zeros_like(loadings),
        "none": np.zeros((len(loadings), 0)),
    }[factors]
    return replace(
        home, risk=replace(home.risk, loadings=loadings, specific=np.full(len(loadings), specific))
    )


def alike() -> Household:
    """Six names that nothing tells apart, of one wash group, one held at a loss."""
    names = [f"A{k}" for k in range(6)]
    return household(
        tx(50_000, lot("a", "A1", 200, 40_000)),
        market=[(security(name, wash_group="W"), "100") for name in names],
        constituents={},
        models={"CORE": dict.fromkeys(names, "0.16")},
    )


def thousands(names: int) -> Household:
    """So many names, a lot each, half of them away from their weights."""
    market = [(security(f"S{k:04}", sector=f"G{k % 11}"), str(5 + k % 400)) for k in range(names)]
    lots = [
        lot(f"l{k:04}", f"S{k:04}", 2_000 // (5 + k % 400) + 1 + k % 3, 1_500 + k % 1_000)
        for k in range(0, names, 2)
    ]
    weight = str(Decimal(98) / Decimal(100 * names))
    models = {"CORE": {each.id: weight for each, _ in market}}
    return household(tx(500_000, *lots), market=market, constituents={}, models=models)


# --- what is right -------------------------------------------------------------------------------


def net(proposal: Proposal) -> dict[str, Decimal]:
    """Shares by account and security, sales negative."""
    assert proposal.closing is not None
    found: dict[str, Decimal] = {}
    for sign, trades in ((-1, proposal.closing.sales), (1, proposal.closing.purchases)):
        for trade in trades:
            key = f"{trade.account_id} {trade.security_id}"
            found[key] = found.get(key, Decimal(0)) + sign * trade.shares
    return found


def cash(proposal: Proposal, name: str = "TX") -> Decimal:
    closing = proposal.closing
    assert closing is not None
    return closing.cash(closing.account(name), after=True)


def cash_within(proposal: Proposal, low: float, high: float, name: str = "TX") -> bool:
    """Cash as a fraction of the account."""
    worth = proposal.household.value(proposal.household.accounts[0])
    return low <= cash(proposal, name) / worth <= high


def said(proposal: Proposal, *words: str) -> bool:
    return all(any(each in finding for finding in proposal.findings) for each in words)


def gap(proposal: Proposal) -> float:
    assert proposal.solution is not None
    return proposal.solution.gap


def tax_falls(proposal: Proposal) -> bool:
    closing = proposal.closing
    assert closing is not None
    return closing.tax("T1", after=True).cost < closing.tax("T1", after=False).cost


@dataclass(frozen=True)
class Hostile:
    """`right` says in words what `holds` tests."""

    right: str
    home: Callable[[], Household]
    rules: tuple[str, ...]
    status: Status
    holds: Callable[[Proposal], bool]


CASES = {
    "an account worth nothing beside another": Hostile(
        "the other trades as if it were alone",
        lambda: household(usual().accounts[0], tx(0, name="E")),
        USUAL,
        PROPOSED,
        lambda p: (
            net(p) == net(propose(alone := household(usual().accounts[0]), policy(alone, *USUAL)))
        ),
    ),
    "an account worth nothing in a joint household": Hostile(
        "nothing is traded in it",
        lambda: joint(usual().accounts[0], tx(0, name="E")),
        USUAL,
        PROPOSED,
        lambda p: all(key.startswith("TX") for key in net(p)),
    ),
    "nothing but accounts worth nothing": Hostile(
        "nothing to do",
        lambda: joint(tx(0), tx(0, name="E")),
        USUAL,
        NO_ACTION,
        lambda p: gap(p) == 0,
    ),
    "one security": Hostile(
        "it is bought with all the cash but a share's",
        lambda: household(
            tx(10_000),
            market=[(security("AAA"), "100")],
            constituents={},
            models={"CORE": {"AAA": "1"}},
        ),
        CASH,
        PROPOSED,
        lambda p: net(p)["TX AAA"] in (99, 100),
    ),
    "all lots at a loss": Hostile(
        "losses are taken, and lower the tax; nothing sold is bought",
        lambda: household(LOSSES),
        USUAL,
        PROPOSED,
        lambda p: tax_falls(p) and cash_within(p, 0.01, 0.03),
    ),
    "$40 under a $500 minimum": Hostile(
        "no order is large enough, and the cash limit says so",
        lambda: household(tx(40)),
        USUAL,
        NO_ACTION,
        lambda p: said(p, "cash of TX is $40.00, above $1.20; in the way: r1"),
    ),
    "$40 in whole shares": Hostile(
        "what fits is bought",
        lambda: household(tx(40)),
        CASH,
        PROPOSED,
        lambda p: 0 <= cash(p) <= 10,
    ),
    "$40 by the ten-thousandth of a share": Hostile(
        "the target to the cent",
        lambda: fine(tx(40)),
        CASH,
        PROPOSED,
        lambda p: cash_within(p, 0, 0.05) and len(net(p)) == 5,
    ),
    "$4 billion": Hostile(
        "cash within its band",
        lambda: household(BIG),
        USUAL,
        PROPOSED,
        lambda p: cash_within(p, 0.01, 0.03),
    ),
    "$4 billion and $40": Hostile(
        "each within its own band, or not by a share",
        lambda: household(BIG, tx(40, name="SMALL")),
        CASH,
        PROPOSED,
        lambda p: cash_within(p, 0, 0.05) and 0 <= cash(p, "SMALL") <= 10,
    ),
    "$4 billion and $40 jointly": Hostile(
        "each within its own band, or not by a share",
        lambda: joint(BIG, tx(40, name="SMALL")),
        CASH,
        PROPOSED,
        lambda p: cash_within(p, 0, 0.05) and 0 <= cash(p, "SMALL") <= 10,
    ),
    "prices from $0.0003 to $600,000, fractions": Hostile(
        "the dear one, a share too many, is halved",
        lambda: wide(True),
        USUAL[3:],
        PROPOSED,
        lambda p: net(p)["TX DEAR"] == -1 and net(p)["TX PENNY"] > 0,
    ),
    "prices from $0.0003 to $600,000, whole shares": Hostile(
        "the same: no increment is smaller than one",
        lambda: wide(False),
        USUAL[3:],
        PROPOSED,
        lambda p: net(p) == net(propose(wide(True), policy(wide(True), USUAL[3]))),
    ),
    "a target dearer than the account": Hostile(
        "the others are bought, that one is not",
        lambda: apart(tx(50_000)),
        USUAL[3:],
        PROPOSED,
        lambda p: set(net(p)) == {"TX MID", "TX PENNY"},
    ),
    "collinear factors": Hostile(
        "one factor three times is a factor",
        lambda: risky(factors="three times the same"),
        USUAL,
        PROPOSED,
        lambda p: gap(p) < 1,
    ),
    "factors that are all zero": Hostile(
        "names alone are the risk",
        lambda: risky(factors="zero"),
        USUAL,
        PROPOSED,
        lambda p: gap(p) < 1,
    ),
    "no factors": Hostile(
        "the same trades as with factors of nothing",
        lambda: risky(factors="none"),
        USUAL,
        PROPOSED,
        lambda p: net(p) == net(propose(zero := risky(factors="zero"), policy(zero, *USUAL))),
    ),
    "zero specific risk": Hostile(
        "names are alike but for their factors",
        lambda: risky(specific=0),
        USUAL,
        PROPOSED,
        lambda p: gap(p) < 1,
    ),
    "collinear factors and zero specific risk": Hostile(
        "one direction is all the risk",
        lambda: risky(factors="three times the same", specific=0),
        USUAL,
        PROPOSED,
        lambda p: gap(p) < 1,
    ),
    "no risk at all": Hostile(
        "tax alone decides, within the rules",
        lambda: risky(factors="zero", specific=0),
        USUAL,
        PROPOSED,
        lambda p: gap(p) < 1 and tax_falls(p),
    ),
    "names that nothing tells apart": Hostile(
        "the loss or the purchases, not both; weights differ by no more than shares",
        alike,
        CASH,
        PROPOSED,
        lambda p: "TX A1" not in net(p) and len({n // 3 for n in net(p).values()}) <= 2,
    ),
    "everything never-sell": Hostile(
        "only purchases, and what they cannot mend is said",
        usual,
        ("never sell anything", *USUAL),
        PROPOSED,
        lambda p: min(net(p).values()) > 0 and said(p, "above $53,000.00; in the way: r1"),
    ),
    "everything never-sell and never-buy": Hostile(
        "no trade, and the cash limit says so",
        usual,
        ("never sell anything", "never buy anything", *CASH),
        NO_ACTION,
        lambda p: said(p, "cash of TX is $20,000.00, above $5,000.00; in the way: r2"),
    ),
    "a band of a name against one of its sector": Hostile(
        "no worse, as near as both allow, and both are named",
        usual,
        ('keep "AAA" at least 30% of account', "keep each sector at most 10% of account"),
        PROPOSED,
        lambda p: said(p, "Tech of TX is", "in the way: r1"),
    ),
    "cash that has to come from what is never sold": Hostile(
        "no trade, and why",
        lambda: household(tx(100, lot("a1", "AAA", 200, 10_000))),
        ("never sell anything", "keep cash at least 10% of account"),
        NO_ACTION,
        lambda p: said(p, "cash of TX is $100.00, below $2,010.00; in the way: r1"),
    ),
    "a target of shares dearer than the account": Hostile(
        "no trade, and the cash limit says so",
        lambda: household(
            tx(50_000),
            market=[(security("D"), "600000")],
            constituents={},
            models={"CORE": {"D": "1"}},
        ),
        CASH,
        NO_ACTION,
        lambda p: said(p, "cash of TX is $50,000.00, above $2,500.00"),
    ),
    "a target of what may not be held": Hostile(
        "no trade, and the cash limit says so",
        lambda: household(tx(50_000)),
        ('never hold "AAA", "BBB", "CCC", "DDD", "FND"', *CASH),
        NO_ACTION,
        lambda p: said(p, "cash of TX is $50,000.00, above $2,500.00"),
    ),
    "lots of 0.0001 shares beside cash": Hostile(
        "they stay, and the target is bought",
        lambda: household(tx(100_000, *(lot(f"a{k}", "AAA", "0.0001", k) for k in range(3)))),
        USUAL,
        PROPOSED,
        lambda p: cash_within(p, 0.01, 0.03),
    ),
    "forty lots of 0.0001 shares that may not be held": Hostile(
        "a cent each, all of them go",
        lambda: household(tx(50, *(lot(f"a{k}", "AAA", "0.0001", k % 3) for k in range(40)))),
        ('never hold "AAA"',),
        PROPOSED,
        lambda p: net(p)["TX AAA"] == Decimal("-0.0040"),
    ),
    "one lot that is the whole household": Hostile(
        "a part of it is sold, against its tax",
        lambda: household(tx(0, ONE_LOT)),
        USUAL,
        PROPOSED,
        lambda p: -1000 < net(p)["TX AAA"] < 0 and cash_within(p, 0.01, 0.03),
    ),
    "one lot outside its model": Hostile(
        "at a loss it is sold but for shares",
        lambda: household(tx(0, lot("x1", "XXX", 1_000, 20_000))),
        USUAL,
        PROPOSED,
        lambda p: -1000 <= net(p)["TX XXX"] < -900,
    ),
    "negative cash": Hostile(
        "sales bring it back into its band",
        lambda: household(tx(-5_000, ONE_LOT)),
        USUAL,
        PROPOSED,
        lambda p: cash_within(p, 0.01, 0.03),
    ),
    "negative cash and nothing to sell": Hostile(
        "no trade, and why",
        lambda: household(tx(-5_000)),
        USUAL,
        NO_ACTION,
        lambda p: said(p, "cash of TX is $-5,000.00, below $0.00"),
    ),
    "more owed than is held": Hostile(
        "all is sold, what is missing is said",
        lambda: household(tx(-50_000, lot("a1", "AAA", 100, 2_000))),
        USUAL,
        PROPOSED,
        lambda p: net(p) == {"TX AAA": -100} and said(p, "cash of TX is $-40,000.00"),
    ),
    "more owed than is held, and no rule": Hostile(
        "nothing asks for a trade",
        lambda: household(tx(-50_000, lot("a1", "AAA", 100, 2_000))),
        (),
        NO_ACTION,
        lambda p: not net(p),
    ),
    "unsettled cash below zero": Hostile(
        "counts as cash that is not there",
        lambda: household(replace(usual().accounts[0], unsettled_cash=Decimal(-30_000))),
        USUAL,
        PROPOSED,
        lambda p: 700 <= cash(p) <= 2_100,
    ),
    "a model of cash only": Hostile(
        "all that tax lets go is sold, nothing is bought",
        lambda: household(usual().accounts[0], models={"CORE": {}}),
        USUAL[3:],
        PROPOSED,
        lambda p: max(net(p).values()) < 0 and cash(p) > 90_000,
    ),
    "the only account held away": Hostile(
        "no trade, and why",
        lambda: household(replace(usual().accounts[0], held_away=True)),
        USUAL,
        DATA_HOLD,
        lambda p: p.findings == ("TX is not traded: it is held away",),
    ),
    "an account held away in a joint household": Hostile(
        "the other trades for both",
        lambda: joint(replace(usual().accounts[0], held_away=True), usual().accounts[1]),
        USUAL,
        PROPOSED,
        lambda p: all(key.startswith("IRA") for key in net(p)) and not said(p, "cash of TX"),
    ),
    "a household without accounts": Hostile(
        "no trade, and why", household, USUAL, DATA_HOLD, lambda p: said(p, "has no account")
    ),
    "500 lots of one name, whole shares": Hostile(
        "lots are rounded so that their gains stay together",
        lambda: household(tx(1_000, *MANY)),
        USUAL,
        PROPOSED,
        lambda p: gap(p) < 0.5,
    ),
    "500 odd lots of one name, whole shares": Hostile(
        "the same, each lot with its fraction",
        lambda: household(
            tx(
                1_000,
                *(replace(a, shares=a.shares + Decimal("0.37")) for a in MANY),
                fractional=False,
            )
        ),
        USUAL,
        PROPOSED,
        lambda p: gap(p) < 0.5,
    ),
    "a basis of nothing and one of $10 billion": Hostile(
        "a loss without end is not all taken at once, nor is a gain",
        lambda: household(tx(1_000, lot("a1", "AAA", 200, 0), lot("b1", "BBB", 200, 10**10))),
        USUAL,
        PROPOSED,
        lambda p: cash(p) >= 0,
    ),
    "a trillion of losses carried in": Hostile(
        "gains cost what the carried loss is worth",
        lambda: household(
            usual().accounts[0], entities=(taxpayer(carry_long=10**12, ytd_short=10**9),)
        ),
        USUAL,
        PROPOSED,
        lambda p: cash_within(p, 0.01, 0.03),
    ),
    "a payment of ten times the account": Hostile(
        "all is sold, what is missing is said",
        lambda: household(usual().accounts[0], flows=(("TX", "2026-06-16", -1_000_000),)),
        USUAL,
        PROPOSED,
        lambda p: cash(p) == -900_000 and said(p, "there is nothing more to sell"),
    ),
    "a weight of a billionth": Hostile(
        "less than a share is none",
        lambda: household(
            tx(100_000), models={"CORE": {"AAA": "0.999999999", "BBB": "0.000000001"}}
        ),
        CASH,
        PROPOSED,
        lambda p: net(p) in ({"TX AAA": 999}, {"TX AAA": 1000}),
    ),
    "3,000 names": Hostile(
        "cash within its band",
        lambda: thousands(3_000),
        USUAL,
        PROPOSED,
        lambda p: cash_within(p, 0.01, 0.03),
    ),
}


def room(proposal: Proposal) -> float:
    """What the room that limits leave for rounding is worth (bp), since rounding may use it: a
    dollar of it is much where an account has forty."""
    solution = proposal.solution
    assert solution is not None
    left = np.nan_to_num(solution.program.spare)
    return float(np.abs(solution.answer.point.row_dual) @ left)


def check(proposal: Proposal) -> None:
    """What holds of every answer."""
    proposal_document(proposal)
    if proposal.solution is None:
        assert proposal.findings
        return
    assert proposal.closing is not None
    assert exact_breaches(proposal.policy, proposal.closing) == ()
    assert math.isfinite(proposal.solution.bound)
    assert proposal.solution.bound <= proposal.solution.objective + room(proposal) + 1e-6
    check_increments(proposal)
    found = sum(true_objective(proposal).values())
    assert proposal.solution.objective == pytest.approx(found, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.long if "names" in name[:7] else ()) for name in CASES],
)
def test_a_right_answer_or_words_that_say_why_not(name: str) -> None:
    case = CASES[name]
    home = case.home()
    proposal = propose(home, policy(home, *case.rules))
    assert proposal.status is case.status, proposal.findings
    assert case.holds(proposal), (case.right, proposal.findings)
    check(proposal)


def test_bands_that_nothing_satisfies_are_found_before_any_household() -> None:
    text = "rule a\nkeep cash at least 10% of account\nrule b\nkeep cash at most 5% of account\n"
    (found,) = checked_layers({'household "H1"': text}).diagnostics
    assert found.message == "no value of cash satisfies both b and a"
