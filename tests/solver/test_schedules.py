"""Schedules through the solver: cash is raised in time, kept while it waits, and missed aloud."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from compiler.closing import Closing
from policydsl.document import proposal_document
from policydsl.propose import Proposal, Status, propose
from policydsl.report import household_report
from policydsl.verification.proposal import LEDGER_TOLERANCE
from portfolio.household import Flow, Household, Lot
from tests.by_hand import account, household, lot, policy, usual
from tests.solver.test_ledger import TOLERANCE, worst

TAKEN = 'account "TX"'


def solved(*rules: str) -> tuple[Proposal, Closing]:
    home = usual()
    proposal = propose(home, policy(home, *rules, layer=TAKEN))
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    assert proposal.closing is not None
    assert worst(proposal) <= TOLERANCE
    return proposal, proposal.closing


def cash(closing: Closing) -> Decimal:
    return closing.cash(closing.account("TX"), after=True)


def test_a_payment_is_raised_before_a_later_run_could() -> None:
    _, later = solved("pay $35,000 by 2026-06-17")
    assert cash(later) < 35_000
    proposal, now = solved("pay $35,000 by 2026-06-16", "keep cash at most 1% of account")
    assert 0 <= cash(now) <= 1_000
    assert not proposal.findings


def test_the_sale_names_the_payment_that_asks_for_it() -> None:
    home = household(
        account("TX", 0, lot("a1", "AAA", 200, 20_000), lot("b1", "BBB", 400, 20_000)),
        models={"CORE": {"AAA": "0.5", "BBB": "0.5"}},
    )
    proposal = propose(home, policy(home, "pay $10,000 by 2026-06-16", layer=TAKEN))
    trades = proposal_document(proposal)[1]
    assert {trade.side for trade in trades} == {"sell"}
    assert 10_000 <= sum(trade.amount for trade in trades) <= 10_150
    for trade in trades:
        assert "r1" in trade.rules
        assert "asked for by pay $10,000 by 2026-06-16 per account [r1, " in trade.sentence


def test_never_sell_wins_and_what_is_missing_is_said() -> None:
    proposal, closing = solved(
        "pay $55,000 by 2026-06-16",
        'never sell "AAA", "BBB"',
        "never sell anything where price below $5",
    )
    short = -cash(closing)
    assert closing.shares_after["TX", "CCC"] == closing.shares_after["TX", "FND"] == 0
    assert short == 5_000
    (said,) = proposal.findings
    assert said.startswith("not kept yet (r1, ")
    assert "cash after payments of TX is $-5,000.00, below $0.00; in the way: " in said
    assert proposal.solution is not None
    assert proposal.compiled is not None
    broken = proposal.solution.still_broken * proposal.compiled.physics.unit
    assert abs(broken - 5_000) < 10  # the room for rounding


def test_a_reserve_is_raised_beside_a_band_of_cash() -> None:
    proposal, closing = solved(
        "reserve $30,000 by 2026-06-16", "keep cash between 1% and 3% of account"
    )
    assert 31_000 <= cash(closing) <= 33_000
    assert not proposal.findings
    missed, _ = solved("reserve $35,000 by 2026-06-16", 'never sell anything\nexcept "CCC"')
    assert "cash set aside of TX is $30,000.00, below $35,000.00" in missed.findings[0]


def test_money_is_invested_as_it_is_released() -> None:
    _, at_once = solved()
    assert cash(at_once) < 12_000
    for began, waits in (("2026-06-15", 11_000), ("2026-01-15", 6_000), ("2025-07-15", 0)):
        _, closing = solved(f"invest $12,000 evenly over 12 months\nfrom {began}")
        assert cash(closing) >= waits
        assert cash(closing) < max(waits, 12_000) + 1_000


def test_cash_builds_up_until_it_is_released() -> None:
    """20,000 are there; 5,000 come in by the time that today's trades settle, 4,000 leave."""
    flows = [("TX", "2026-06-16", 5_000), ("TX", "2026-06-16", -4_000)]
    home = replace(usual(), flows=household(flows=flows).flows)
    for last, waits in (("2026-06-15", True), ("2026-06-14", False)):
        rules = policy(home, f"invest nothing\nuntil {last}", layer=TAKEN)
        proposal = propose(home, rules)
        assert proposal.closing is not None
        assert not proposal.findings
        assert (cash(proposal.closing) >= 21_000) is waits


def test_what_may_not_be_sold_is_sold_to_raise_cash_and_no_further() -> None:
    kept = "never sell anything where lot.gain above $0"
    missed, _ = solved("pay $55,000 by 2026-06-16", kept)
    assert "cash after payments of TX is $-15,000.00, below $0.00" in missed.findings[0]
    proposal, closing = solved("pay $55,000 by 2026-06-16", f"{kept}\nexcept to raise cash")
    assert not proposal.findings
    assert cash(closing) >= 0
    gained = sum(sale.amount for sale in closing.sales if sale.gain > 0 and sale.account_id == "TX")
    assert 15_000 <= gained <= 35_135  # 35,000 are missing, of which 20,000 come from a loss


# --- payments of the book -------------------------------------------------------------------------


def of_book(*rules: str, home: Household | None = None, **flow: Any) -> tuple[Proposal, Closing]:
    """Solved with 20,000 of cash and a payment of the book on the day that today's sales settle."""
    home = home or usual()
    due = Flow("TX", date(2026, 6, 16), Decimal(flow["amount"]), flow.get("kind", "withdrawal"))
    home = replace(home, flows=(due,))
    proposal = propose(home, policy(home, *rules, layer=TAKEN))
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    assert proposal.closing is not None
    assert worst(proposal) <= LEDGER_TOLERANCE
    return proposal, proposal.closing


@pytest.mark.parametrize("kind", ["withdrawal", "rmd", "fee", "tax"])
def test_what_the_book_asks_and_rules_forbid_is_raised_as_far_as_they_let(kind: str) -> None:
    """CCC for 10,000 and FND for 20,000 may be sold: 50,000 of the 55,000."""
    proposal, closing = of_book(
        'never sell "AAA", "BBB"',
        "never sell anything where price below $5",
        amount=-55_000,
        kind=kind,
    )
    assert cash(closing) == -5_000
    assert closing.shares_after["TX", "CCC"] == closing.shares_after["TX", "FND"] == 0
    (said,) = proposal.findings
    assert said.startswith(
        f"not kept yet (the book: {kind} of $55,000.00 on 2026-06-16): cash after payments of TX "
        'is $-5,000.00, below $0.00; in the way: never sell "AAA", "BBB" (r1, 0.policy:3), by $5,0'
    )


def test_a_payment_of_the_book_that_can_be_raised_is_raised_whole() -> None:
    proposal, closing = of_book(amount=-35_000)
    assert cash(closing) >= 0
    assert not proposal.findings


def test_a_payment_of_more_than_there_is_takes_all() -> None:
    """TX is worth 100,000; limits on shares of nothing stand in nobody's way."""
    rules = "keep cash between 1% and 3% of account", "keep each issuer at most 30% of account"
    proposal, closing = of_book(*rules, amount=-130_000)
    assert cash(closing) == -30_000
    assert not [name for (where, name), n in closing.shares_after.items() if where == "TX" and n]
    assert "is $-30,000.00, below $0.00; there is nothing more to sell" in proposal.findings[0]


def test_payments_of_the_book_and_of_a_rule_are_each_missed_by_their_own() -> None:
    """15,000 of the book can be met from 20,000; of the 35,000 of the rule 20,000 are missing."""
    proposal, closing = of_book("pay $35,000 by 2026-06-16", 'only sell "CCC"', amount=-15_000)
    assert cash(closing) == -20_000
    (said,) = proposal.findings
    assert said.startswith("not kept yet (r1, ")
    assert "is $-20,000.00, below $0.00" in said
    both, closing = of_book("pay $35,000 by 2026-06-16", 'only sell "CCC"', amount=-45_000)
    assert cash(closing) == -50_000
    book, rule = both.findings
    assert "the book: withdrawal of $45,000.00" in book
    assert "is $-15,000.00, below $0.00" in book
    assert "(r1, " in rule
    assert "is $-50,000.00, below $0.00" in rule


def test_an_account_without_positions_says_what_it_cannot_pay() -> None:
    home = household(account("TX", 1_000))
    proposal, closing = of_book("pay $500 by 2026-06-16", home=home, amount=-4_000)
    assert cash(closing) == -3_500
    book, rule = proposal.findings
    assert "the book: withdrawal of $4,000.00 on 2026-06-16" in book
    assert "below $0.00" in book
    assert "(r1, " in rule


def test_an_overdrawn_account_is_not_overdrawn_further() -> None:
    """1,000 are owed already and 4,000 are to be paid: nothing but the 4,000 has to be raised."""
    home = household(account("TX", -1_000, lot("a1", "AAA", 100, 5_000)))
    _, closing = of_book(home=home, amount=-4_000)
    assert cash(closing) >= -1_000
    stuck, closing = of_book('never sell "AAA"', home=home, amount=-4_000)
    assert cash(closing) == -5_000
    assert "cash after payments of TX is $-5,000.00, below $-1,000.00" in stuck.findings[0]


def test_a_household_pays_from_as_many_accounts_as_it_takes() -> None:
    """50,000 of TX may be raised and 20,000 of T2; the IRA, of 50,000, pays the other 10,000."""
    taxable, ira = usual().accounts
    home = household(taxable, ira, account("T2", 8_000, lot("c2", "CCC", 600, 9_000)))
    rules = policy(
        home,
        "pay $80,000 by 2026-06-16",
        'never sell "AAA", "BBB"\nwhen account.taxable',
    )
    proposal = propose(home, rules)
    assert proposal.closing is not None
    assert proposal.findings == ()
    left = {a.id: proposal.closing.cash(a, after=True) for a in proposal.closing.household.accounts}
    assert set(left) == {"TX", "T2", "IRA"}
    assert all(cash >= 0 for cash in left.values()), left
    assert left["TX"] < 100
    assert left["T2"] < 100
    assert -sum(flow.amount for flow in proposal.closing.household.flows) == 80_000


# --- ahead of time --------------------------------------------------------------------------------


def test_what_will_not_be_met_is_said_months_before() -> None:
    """20,000 of cash may be spent today; in September 30,000 of CCC and FND and the rest of it."""
    flows = [("TX", "2026-09-01", -90_000), ("TX", "2026-12-01", -5_000)]
    home = replace(usual(), flows=household(flows=flows).flows)
    proposal = propose(home, policy(home, 'never sell "AAA"', "never buy anything", layer=TAKEN))
    (said,) = proposal.findings
    assert said == (
        "cannot be met: $10,000.00 of the withdrawal of $90,000.00 on 2026-09-01 (the book) in TX; "
        'cash and sales until 2026-08-31 bring no more; in the way: never sell "AAA" '
        "(r1, 0.policy:3), $20,000; 1 more until 2026-12-01 miss $5,000.00"
    )
    document, _ = proposal_document(proposal)
    settled, first, second = document["cash_calendar"]
    assert settled["kind"] == "settlement"
    assert (first["missing"], second["missing"]) == ("10000.00", "5000.00")
    assert first["in_the_way"] == [{"statement": "r1", "dollars": "20000.00"}]
    report = household_report(document)
    assert "cash ahead  moves on" in report
    assert "2026-09-01  withdrawal  -$90,000" in report
    assert "and 1 more within a year" in report


def test_what_is_due_before_anything_settles_is_said_too() -> None:
    taxable, ira = usual().accounts
    home = household(replace(taxable, cash=Decimal(1_000), unsettled_cash=Decimal(9_000)), ira)
    home = replace(home, flows=household(flows=[("TX", "2026-06-15", -4_000)]).flows)
    proposal = propose(home, policy(home, layer=TAKEN))
    (said,) = proposal.findings
    assert said == (
        "overdrawn until 2026-06-16: the withdrawal of $4,000.00 on 2026-06-15 (the book) leaves "
        "TX before anything sold today settles, and $3,000.00 is missing"
    )


def test_a_payment_of_a_rule_that_begins_later_stands_in_the_calendar() -> None:
    home = usual()
    rule = "pay $6,000 each quarter on day 15\nfrom 2026-10-01"
    document, _ = proposal_document(propose(home, policy(home, rule, layer=TAKEN)))
    paid = [e for e in document["cash_calendar"] if e["statement"] == "r1"]
    assert [e["date"] for e in paid] == ["2026-10-15", "2027-01-15", "2027-04-15"]


def test_what_is_due_within_a_month_is_not_invested_until_then() -> None:
    """10,000 of withdrawals and 5,000 of fees are due on Thursday; 20,000 are there."""
    due = date(2026, 6, 18)
    flows = (
        Flow("TX", due, Decimal(-10_000), "withdrawal"),
        Flow("TX", due, Decimal(-5_000), "fee"),
        Flow("TX", date(2026, 7, 16), Decimal(-90_000), "tax"),
    )
    home = replace(usual(), flows=flows)
    left = {}
    for rule in ("trades at most 99", *(f"cash at least 1 month of {w}" for w in WORDS)):
        proposal = propose(home, policy(home, f"keep {rule}", layer=TAKEN))
        assert proposal.closing is not None
        left[rule] = cash(proposal.closing)
    invested, most, all_of_it = left.values()
    assert invested < 10_000 <= most < 11_000
    assert 15_000 <= all_of_it < 16_000


WORDS = ("withdrawals", "payments")

# --- with tax in mind -----------------------------------------------------------------------------


def raised_from(day: str, *lots: Lot, amount: int = 9_900) -> dict[str, Decimal]:
    """Shares sold of each lot, where one security is all that there is and a payment is due."""
    home = household(account("TX", 0, *lots), models={"CORE": {"AAA": "1"}})
    home = replace(home, as_of=date.fromisoformat(day))
    due = Flow("TX", date.fromisoformat(day), Decimal(-amount), "withdrawal")
    home = replace(home, flows=(due,))
    proposal = propose(home, policy(home, layer=TAKEN))
    assert proposal.closing is not None
    assert cash(proposal.closing) >= 0
    return dict(proposal.closing.lot_shares_sold)


def test_tax_decides_which_lots_raise_cash() -> None:
    """100 shares a lot at $100: a loss first, then the smallest long-term gain, then a short-term
    one."""
    loss = lot("loss", "AAA", 100, 11_000)
    long = lot("long", "AAA", 100, 9_000)  # 1,000 at 20%
    short = lot("short", "AAA", 100, 8_900, "2026-03-02")  # 1,100 at 40%
    large = lot("large", "AAA", 100, 2_000)
    every = (large, short, long, loss)
    assert raised_from("2026-06-15", *every) == {"loss": 100}
    assert raised_from("2026-06-15", *every, amount=19_900) == {"loss": 100, "long": 100}
    without = raised_from("2026-06-15", large, short, long)
    assert without == {"long": 100}


def test_a_lot_that_has_turned_long_term_is_taken_first() -> None:
    """The younger lot has the smaller gain: 1,500 against 2,000."""
    old = lot("old", "AAA", 100, 8_000)
    young = lot("young", "AAA", 100, 8_500, "2025-06-16")
    assert raised_from("2026-06-16", old, young) == {"old": 100}  # 600 of tax against 400
    assert raised_from("2026-06-17", old, young) == {"young": 100}  # 300 against 400


def test_a_payment_is_raised_early_where_a_loss_pays_for_it() -> None:
    """The payment of 1 September is no reason to sell today; the loss is, and with a rule that
    keeps three months of payments the money stays for it."""
    home = household(
        account("TX", 0, lot("a1", "AAA", 100, 5_000), lot("b1", "BBB", 200, 14_000)),
        models={"CORE": {"AAA": "0.5", "BBB": "0.5"}},
    )
    home = replace(home, flows=household(flows=[("TX", "2026-09-01", -5_000)]).flows)
    ahead = "keep cash at least 3 months of withdrawals per account"
    proposal = propose(home, policy(home, ahead, layer=TAKEN))
    assert proposal.closing is not None
    assert {sale.security_id for sale in proposal.closing.sales} == {"BBB"}
    assert sum(sale.gain for sale in proposal.closing.sales) < 0
    (settled, paid) = proposal.cash_calendar
    assert settled.amount >= 5_000
    assert (paid.to_raise, paid.missing) == (0, 0)
