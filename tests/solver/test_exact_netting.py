"""Small households where netting by the law changes the right trades, against every whole lot.

Rates are 40% short and 20% long; a dollar of gain put off is taxed at 20% in ten years, which is
worth 0.2 x 0.9 / 1.05^10 = 11.05 cents today (LATER). Risk costs next to nothing, so that trades
are decided by tax and by a trading cost of 2%.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest

from bench.netting import compared, summary, taxes
from compiler.assumptions import with_assumed_values
from compiler.statements import HouseholdPolicy
from compiler.tax_forms import TaxForm, by_law, rates_of_today, separate_rates
from policydsl.document import proposal_document
from policydsl.propose import Proposal, propose
from portfolio.household import Household, TaxEntity
from solver.search import Budget
from tests.by_hand import account, closing, household, lot, policy, security, taxpayer

LATER = 0.2 * 0.9 / 1.05**10
COST = 0.02
CALM = "rule calm\n use risk aversion 0.001\n"
DEAR = "rule dear\n use trading cost 2%\n"
SHARES = 100  # of each lot, at $100


def held(entity: TaxEntity, *gains: int, acquired: str = "2020-01-02") -> Household:
    """Lots of $10,000 each, with these gains once the cost of selling is paid; the target is half
    of them, and cash for the rest."""
    lots = (
        lot(f"l{k}", "AAA", SHARES, 9_800 - gain, acquired) for k, gain in enumerate(gains, start=1)
    )
    return household(
        account("TX", 0, *lots),
        market=((security("AAA"), "100"),),
        constituents={},
        models={"CORE": {"AAA": "0.5"}},
        entities=[entity],
    )


def solved(home: Household, form: TaxForm = by_law, rules: tuple[str, ...] = ()) -> Proposal:
    proposal = propose(home, rules_of(home, *rules), form=form)
    assert proposal.closing is not None, proposal.findings
    return proposal


def rules_of(home: Household, *more: str) -> HouseholdPolicy:
    return policy(home, CALM, DEAR, *more, free=False)


def sold(proposal: Proposal) -> dict[str, int]:
    """Whole shares by lot."""
    assert proposal.closing is not None
    return {name: round(n) for name, n in proposal.closing.lot_shares_sold.items() if round(n)}


def cost_of(home: Household, text: str) -> float:
    """Dollars: tax by the ledger, tax moved to later years, and trading; apart from the model."""
    done = closing(home, rules_of(home), text)
    gain = sum(float(sale.gain) for sale in done.sales)
    trading = sum(float(sale.cost) for sale in done.sales)
    return taxes(done)[1] - LATER * gain + trading


def every_half(home: Household) -> Iterator[str]:
    """Each lot kept, half sold, or sold."""
    lots = [each.id for each in home.accounts[0].lots]
    for parts in product((0, SHARES // 2, SHARES), repeat=len(lots)):
        yield ", ".join(f"-{n} {name}" for name, n in zip(lots, parts, strict=True) if n)


def best(home: Household) -> tuple[str, float]:
    """The cheapest of all whole and half lots."""
    return min(((text, cost_of(home, text)) for text in every_half(home)), key=lambda each: each[1])


def as_text(trades: dict[str, int]) -> str:
    return ", ".join(f"-{n} {name}" for name, n in sorted(trades.items()))


def check(home: Household, right: dict[str, int], wrong: dict[str, int]) -> float:
    """The solver finds the right trades and every whole lot confirms them; with separate rates it
    makes the wrong ones. Returns what those lose, in dollars."""
    text, cost = best(home)
    assert text == as_text(right)
    exact = solved(home)
    assert sold(exact) == right
    assert exact.solution is not None
    assert exact.compiled is not None
    unit = exact.compiled.physics.unit
    assert exact.solution.bound * unit <= cost + 1.0
    assert sold(solved(home, separate_rates)) == wrong
    lost = cost_of(home, as_text(wrong)) - cost
    told = compared(home, rules_of(home), ["separate rates", "best region"])
    assert told.lost("separate rates") == pytest.approx(lost, abs=2.0)
    assert told.measurable("separate rates")
    assert "1 of 1 households trade otherwise; in 1 that" in summary([told], "separate rates")
    assert told.sides["best region"].orders == 0
    assert "0 of 1 households trade otherwise; in 0 that" in summary([told], "best region")
    return lost


def test_long_losses_net_against_short_gains() -> None:
    """Short gains of $4,000 to date. A long loss is worth 40¢ against them, not its own 20¢; less
    what it costs later, that pays for selling, and 9¢ would not. Two lots take up the gains."""
    entity = taxpayer(ytd_short=4_000, rate_ordinary="0.15", rate_carry=0)
    home = held(entity, -2_010, -1_990, -1_900)
    lost = check(home, {"l1": 100, "l2": 100}, {})
    assert lost == pytest.approx(4_000 * (0.4 - LATER) - 2 * 10_000 * COST, abs=0.01)


def test_a_loss_carried_in_makes_gains_free_up_to_its_size() -> None:
    """$11,000 carried in: $3,000 of it goes against income, and $8,000 of gains are free. To
    realise them saves tax later; at 20% it would not."""
    entity = taxpayer(carry_long=11_000, rate_carry=0)
    home = held(entity, 4_010, 3_990, 3_900)
    lost = check(home, {"l1": 100, "l2": 100}, {})
    assert lost == pytest.approx(8_000 * LATER - 2 * 10_000 * COST, abs=0.01)


def test_losses_beyond_the_limit_are_worth_little() -> None:
    """A net loss takes $3,000 from income at 35%; more of it is carried on and worth nothing here.
    At separate rates every dollar of it is worth 40¢."""
    home = held(taxpayer(rate_carry=0), -3_000, -2_900, -2_800, acquired="2026-01-15")
    lost = check(home, {"l1": 100}, {"l1": 100, "l2": 100, "l3": 100})
    assert lost == pytest.approx((2_900 + 2_800) * LATER + 2 * 10_000 * COST, abs=0.01)


def test_what_is_carried_on_is_worth_its_rate_and_no_more() -> None:
    """Beyond the $3,000 a loss is worth `rate_carry`: at 34% it pays to take it, at 20% it does
    not, since 11¢ of it are paid later and selling costs 2%. The first $3,000 save 35¢ anyway."""
    for carried, right in (("0.2", {"l1": 100}), ("0.34", {"l1": 100, "l2": 100})):
        home = held(taxpayer(rate_carry=carried), -3_000, -1_100)
        assert best(home)[0] == as_text(right)
        proposal = solved(home)
        assert sold(proposal) == right
        assert proposal.closing is not None
        year = proposal.closing.tax("T1", after=True)
        assert float(year.tax) == -3_000 * 0.35
        beyond = sum(1_100 for name in right if name == "l2")
        assert float(year.carry_value) == pytest.approx(beyond * float(carried))


def test_one_region_searched_bounds_them_all() -> None:
    """The gap of a shorter search is wider, and as true."""
    home = held(taxpayer(carry_long=11_000, rate_carry=0), 4_010, 3_990, 3_900)
    whole, short = solved(home), propose(home, rules_of(home), Budget(regions=1))
    assert whole.solution is not None
    assert short.solution is not None
    assert short.solution.bound <= whole.solution.objective + 1e-6
    assert short.solution.gap >= whole.solution.gap - 1e-6


@pytest.mark.parametrize(
    ("stated", "chosen", "right"),
    [
        (None, None, {"l1": 100}),
        (None, "34%", {"l1": 100, "l2": 100}),
        (None, "20%", {"l1": 100}),
        ("0.2", "34%", {"l1": 100}),
        ("0.34", "20%", {"l1": 100, "l2": 100}),
        ("0", "34%", {"l1": 100}),
    ],
)
def test_policy_says_what_it_is_worth_where_the_book_does_not(
    stated: str | None, chosen: str | None, right: dict[str, int]
) -> None:
    """Nobody says: nothing. The book's value, be it 0, stands before the policy's."""
    entity = replace(taxpayer(), rate_carry=None if stated is None else Decimal(stated))
    rules = () if chosen is None else (f"use value of carried losses {chosen}",)
    proposal = solved(held(entity, -3_000, -1_100), rules=rules)
    assert sold(proposal) == right
    document, _ = proposal_document(proposal)
    worth = 0.0 if chosen is None else float(chosen.rstrip("%")) / 100
    assert document["assumptions"]["TX"]["carried_losses"] == worth


def test_of_a_taxpayers_accounts_the_least_counts() -> None:
    entity = replace(taxpayer(), rate_carry=None)
    home = household(account("TX", 100), account("TY", 100), entities=[entity])
    line = 'rule other\n when account.id is "TY"\n use value of carried losses 10%\n'
    rules = policy(home, "use value of carried losses 30%", free=False)
    assert with_assumed_values(home, rules).tax_entities["T1"].rate_carry == Decimal("0.3")
    narrower = policy(home, line, free=False)
    assert with_assumed_values(home, narrower).tax_entities["T1"].rate_carry == 0


def test_rates_of_today_hold_for_the_first_dollar_only() -> None:
    """The rates at the year to date see that gains are free, and not that two lots end that."""
    entity = taxpayer(carry_long=11_000, rate_carry=0)
    home = held(entity, 4_010, 3_990, 3_900)
    assert sold(solved(home, rates_of_today)) == {"l1": 100, "l2": 100, "l3": 100}
