"""A preference moves trades by its price and no further, and stands in the ledger by its rule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from compiler.closing import Closing
from compiler.directives.preference import TIE_BREAK, Preference
from policydsl.document import proposal_document
from policydsl.propose import Proposal, Status, propose
from portfolio.household import Household
from tests.by_hand import (
    account,
    breaches,
    closing,
    household,
    lot,
    model_allows,
    policy,
    security,
    usual,
)
from tests.solver.test_ledger import TOLERANCE, worst

IRAS = 'define iras as accounts where account.type is "roth_ira"\n'
NO_RISK = "rule calm\n use risk aversion 0.5\n"
TWINS = ((security("AAA"), "100"), (security("BBB"), "100"), (security("CCC"), "100"))


def solved(home: Household, *rules: str) -> tuple[Proposal, Closing]:
    proposal = propose(home, policy(home, *rules))
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    assert proposal.closing is not None
    assert worst(proposal) <= TOLERANCE
    return proposal, proposal.closing


def twins(cash: int = 20_000) -> Household:
    """AAA and BBB are alike in price, risk and weight; a third of the money is still cash."""
    return household(
        account("TX", cash),
        market=TWINS,
        constituents={},
        models={"CORE": {"AAA": "0.5", "BBB": "0.5"}},
    )


def bought(done: Closing, name: str, owner: str = "TX") -> Decimal:
    rows = (b for b in done.purchases if (b.account_id, b.security_id) == (owner, name))
    return sum((b.amount for b in rows), Decimal(0))


def test_buying_one_over_the_other_moves_more_the_more_it_is_worth() -> None:
    home, half = twins(), "keep cash at least $10,000"
    _, even = solved(home, half)
    assert abs(bought(even, "AAA") - bought(even, "BBB")) <= 100
    shifts = []
    for worth in (100, 800):
        _, done = solved(home, half, f'prefer buying "AAA" over "BBB" worth {worth} bps')
        shifts.append(bought(done, "AAA") - bought(done, "BBB"))
    assert 0 < shifts[0] < shifts[1]


def test_without_worth_it_breaks_a_tie_and_nothing_else() -> None:
    home, whole = twins(300), "keep cash at least $190"
    _, first = solved(home, whole, 'prefer buying "AAA" over "BBB"')
    _, second = solved(home, whole, 'prefer buying "BBB" over "AAA"')
    assert (bought(first, "AAA"), bought(first, "BBB")) == (100, 0)
    assert (bought(second, "AAA"), bought(second, "BBB")) == (0, 100)
    big, half = twins(), "keep cash at least $10,000"
    _, done = solved(big, half, 'prefer buying "AAA" over "BBB"')
    assert abs(bought(done, "AAA") - bought(done, "BBB")) <= 100


def located() -> Household:
    return household(
        account("TX", 0, lot("a1", "AAA", 100, 10_000), lot("b1", "BBB", 200, 10_000)),
        account("IRA", 0, lot("ia1", "AAA", 100, 10_000), lot("ib1", "BBB", 200, 10_000),
                kind="roth_ira"),
        models={"CORE": {"AAA": "0.5", "BBB": "0.5"}},
    )  # fmt: skip


def test_holding_in_a_group_of_accounts_is_left_the_more_it_is_worth() -> None:
    home = located()
    rule = f'{IRAS}rule where\n prefer holding "AAA" in iras worth 200 bps\n'
    _, plain = solved(home, NO_RISK)
    assert not plain.trades
    proposal, done = solved(home, NO_RISK, rule)
    assert done.shares_after["TX", "AAA"] < 100
    assert done.shares_after["IRA", "AAA"] == 100
    document, trades = proposal_document(proposal)
    (told,) = document["preferences"]
    assert told["rule_id"] == "where"
    assert told["wrong_side_before"] == "10000.00"
    assert Decimal(told["wrong_side_after"]) == done.shares_after["TX", "AAA"] * 100
    sale = next(trade for trade in trades if trade.side == "sell")
    assert "where" in sale.rules
    assert 'asked for by prefer holding "AAA" in iras worth 200 bps [where, ' in sale.sentence
    saved = document["objective"]["prefer: where"]
    moved = Decimal(told["wrong_side_after"]) - Decimal(told["wrong_side_before"])
    assert saved == pytest.approx(float(moved) * 0.02, abs=0.01)


def test_an_entry_of_the_ledger_is_the_price_of_the_wrong_side() -> None:
    """30 bps a year for a horizon of two, on what is bought of BBB and on nothing of AAA."""
    home = twins()
    horizon = "rule horizon\n use horizon 2 years\n"
    rule = 'prefer holding "AAA" over "BBB" worth 30 bps'
    proposal, _ = solved(home, "keep cash at least $10,000", horizon, rule)
    assert proposal.solution is not None
    solution = proposal.solution
    names = {c: solution.program.column_names[c] for c in solution.ledger.columns}
    entries = {names[c]: solution.ledger.entry(c)["statements"] for c in names}
    assert entries["buy[TX,BBB]"]["r3"] == pytest.approx(0.006)
    assert "r3" not in entries["buy[TX,AAA]"]


def test_losses_are_sold_first_where_lots_are_alike_to_the_objective() -> None:
    """In an IRA no tax tells the lots apart; the preference does."""
    home = household(
        account("IRA", 0, lot("i1", "AAA", 50, 1_000), lot("i2", "AAA", 50, 9_000),
                kind="roth_ira"),
        models={"CORE": {"AAA": "1"}},
    )  # fmt: skip
    losses = "define losses as anything where lot.loss above $0\n"
    first = losses + "rule first\n prefer selling losses over anything\n"
    _, done = solved(home, "keep cash at least $4,950", first)
    assert done.lot_shares_sold == {"i2": Decimal(50)}


@pytest.mark.parametrize(
    ("rule", "trades", "before", "after"),
    [
        ('prefer holding "AAA" over "FND"', "-100 f1, +50 FND IRA", "20000", "18000"),
        ('prefer trading anything in iras', "-10 a1, +10 CCC TX, +9 CCC IRA", "0", "1200"),
        ('prefer buying "CCC" over anything', "+10 CCC TX, +1 BBB TX, +1 AAA IRA", "0", "150"),
        ('prefer selling "CCC" over anything', "-10 c1, -1 b2, -1 ia1", "0", "150"),
        ('prefer holding "AAA" in iras', "", "20000", "20000"),
        ('prefer holding "CCC" in hsas', "-10 c1", "0", "0"),
    ],
)  # fmt: skip
def test_dollars_on_the_wrong_side(rule: str, trades: str, before: str, after: str) -> None:
    home = usual()
    hsas = 'define hsas as accounts where account.type is "hsa"\n'
    rules = policy(home, f"{IRAS}{hsas}rule wish\n {rule}\n")
    (scope,) = (s for s in rules.statements if isinstance(s.directive, Preference))
    done = closing(home, rules, trades)
    assert isinstance(scope.directive, Preference)
    assert scope.directive.dollars(scope, done, after=False) == Decimal(before)
    assert scope.directive.dollars(scope, done, after=True) == Decimal(after)
    assert model_allows(home, rules, trades)
    assert not breaches(home, rules, trades)


def test_the_stated_price_of_a_tie() -> None:
    assert Decimal("0.00001") == TIE_BREAK
