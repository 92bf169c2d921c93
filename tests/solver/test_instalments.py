"""Instalments through the solver: made on their day, no more than due, and missed aloud."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from compiler.closing import Closing
from policydsl.document import proposal_document
from policydsl.propose import Proposal, Status, propose
from tests.by_hand import account, household, lot, policy, usual
from tests.solver.test_ledger import TOLERANCE, worst

TAKEN = 'account "TX"'


def solved(*rules: str, layer: str = TAKEN) -> tuple[Proposal, Closing]:
    home = usual()
    proposal = propose(home, policy(home, *rules, layer=layer))
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    assert proposal.closing is not None
    assert worst(proposal) <= TOLERANCE
    return proposal, proposal.closing


def sold(closing: Closing, name: str, *accounts: str) -> Decimal:
    """Shares sold, less those bought."""
    before, after = closing.shares_before, closing.shares_after
    return sum((before[a, name] - after[a, name] for a in accounts or ("TX",)), Decimal(0))


def bought(closing: Closing, *names: str) -> Decimal:
    """Dollars bought in the taxable account."""
    buys = (p for p in closing.purchases if p.account_id == "TX" and p.security_id in names)
    return sum((buy.amount for buy in buys), Decimal(0))


def test_the_instalment_is_sold_and_no_more() -> None:
    """The target has all of it: nothing but the rule asks for a sale."""
    home = household(account("TX", 0, lot("a1", "AAA", 1_000, 10_000)), models={"C": {}})
    home = replace(
        home,
        accounts=(replace(home.accounts[0], model_id="CORE"),),
        models={"CORE": replace(home.models["C"], id="CORE", weights={"AAA": Decimal(1)})},
    )
    rule = 'sell "AAA" evenly over 8 quarters\nfrom 2026-03-02'
    proposal = propose(home, policy(home, rule, layer=TAKEN))
    assert proposal.closing is not None
    assert sold(proposal.closing, "AAA") == 250
    assert not proposal.findings
    (trade,) = proposal_document(proposal)[1]
    assert "r1" in trade.rules
    cap = propose(home, policy(home, rule, 'never hold "AAA"', layer=TAKEN))
    assert cap.closing is not None
    assert sold(cap.closing, "AAA") == 250
    assert any("still held" in said and "in the way: r1" in said for said in cap.findings)


def test_never_sell_wins_and_what_is_missing_is_said() -> None:
    proposal, closing = solved('sell 40 shares of "AAA" each quarter', 'never sell "AAA"')
    assert sold(closing, "AAA") == 0
    (said,) = proposal.findings
    assert said.startswith("not kept yet (r1, ")
    assert "0 shares are sold of TX AAA, below 40; in the way: r2" in said


def test_a_household_sells_what_it_is_to_and_no_more() -> None:
    """Left alone both accounts would sell all but a fifth: 300 shares and more."""
    proposal, closing = solved('sell 100 shares of "AAA" each quarter', layer='household "H1"')
    assert sold(closing, "AAA", "TX", "IRA") == 100
    assert not proposal.findings


def test_dollars_are_bought_to_the_share() -> None:
    proposal, closing = solved('buy $5,000 of "CCC", "DDD" each month')
    assert 4_980 <= bought(closing, "CCC", "DDD") <= 5_000
    assert not proposal.findings
    outside, closing = solved('buy $500 of "XXX" each month')
    assert 490 <= bought(closing, "XXX") <= 500
    assert not outside.findings


def test_what_cannot_be_bought_is_said() -> None:
    proposal, _ = solved('buy $5,000 of anything each month where sector is "Energy"')
    assert "what is bought of TX is $0.00, below $4,995.00" in proposal.findings[0]
