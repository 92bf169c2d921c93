"""`existing positions comply evenly over 8 quarters`: a bound that glides, run after run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from compiler.closing import Closing
from compiler.exact_check import exact_breaches
from compiler.notes import after_trades
from compiler.statements import HouseholdPolicy
from policydsl.carried import Carried, observed, read_carried, with_carried
from policydsl.propose import Status, propose
from policydsl.record.digests import dumped
from portfolio.household import Household
from tests.by_hand import account, household, lot, policy, taxpayer

PATIENT = "use risk aversion 0.001"
CAP = 'keep "BBB" at most 10% of household\nexisting positions comply evenly over 8 quarters'
QUARTERS = [date(2026 + (5 + 3 * k) // 12, (5 + 3 * k) % 12 + 1, 15) for k in range(10)]


def employee() -> Household:
    """$100,000, half of it employer stock (BBB at $50) at a great gain, in two accounts."""
    home = household(
        account("TX", 10_000, lot("b1", "BBB", 800, 1_000)),
        account("T2", 40_000, lot("b2", "BBB", 200, 500)),
        models={"CORE": {"DDD": "0.5"}},
    )
    return replace(home, tax_entities={"T1": taxpayer(rate_long="0.9", rate_carry="0")})


def held(home: Household) -> float:
    return float(
        sum(each.shares for a in home.accounts for each in a.lots if each.security_id == "BBB")
    )


def run(home: Household, day: date, known: Carried, *rules: str) -> tuple[Household, Carried]:
    """The household and the state after a day's run; the trades keep the rules exactly."""
    today = replace(home, as_of=day)
    agreed = with_carried(policy(today, PATIENT, *rules), known)
    proposal = propose(today, agreed)
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION), proposal.findings
    assert proposal.closing is not None
    assert exact_breaches(agreed, proposal.closing) == ()
    since, weights = observed(agreed, proposal.closing)
    state = Carried({"H1": since} if since else {}, {"H1": weights} if weights else {})
    return after_trades(proposal.closing), state


def test_employer_stock_goes_down_in_eight_steps() -> None:
    home, state = employee(), Carried()
    for k, day in enumerate(QUARTERS, start=1):
        home, state = run(home, day, state, CAP)
        expected = max(50_000 - 5_000 * k, 10_000)
        assert expected - 60 <= held(home) * 50 <= expected
    assert state == Carried()


def test_within_a_step_nothing_more_is_asked_and_nothing_bought() -> None:
    home, state = run(employee(), QUARTERS[0], Carried(), CAP)
    shares = held(home)
    again, later = run(home, date(2026, 9, 14), state, CAP)
    assert held(again) == shares
    assert later == state
    # The step is due on its day.
    again, _ = run(home, QUARTERS[1], state, CAP)
    assert held(again) < shares


def test_without_the_state_the_way_begins_today() -> None:
    home, state = run(employee(), QUARTERS[0], Carried(), CAP)
    known, _ = run(home, QUARTERS[4], state, CAP)
    unknown, _ = run(home, QUARTERS[4], Carried(), CAP)
    assert held(known) * 50 == pytest.approx(25_000, abs=60)
    # $44,950 less an eighth of what is above the limit, and whole shares.
    assert held(unknown) * 50 == pytest.approx(40_600, abs=60)


def test_what_may_not_be_held_leaves_in_equal_parts() -> None:
    rule = 'never hold "BBB"\nexisting positions comply evenly over 4 months'
    home, state = employee(), Carried()
    for k in range(1, 5):
        home, state = run(home, date(2026, 5 + k, 15), state, rule)
        assert held(home) == pytest.approx(1_000 - 250 * k, abs=2)
    assert held(home) == 0


def test_short_of_its_step_a_household_is_told_and_not_stopped() -> None:
    home = replace(employee(), as_of=QUARTERS[0])
    rules = policy(home, PATIENT, CAP, 'never sell "BBB"')
    proposal = propose(home, rules)
    assert proposal.status in (Status.PROPOSED, Status.NO_ACTION)
    assert proposal.solution is not None
    assert proposal.compiled is not None
    unit = proposal.compiled.physics.unit
    assert proposal.solution.still_broken * unit == pytest.approx(5_000, abs=2)


def test_a_soft_rule_glides_too() -> None:
    home, state = run(employee(), QUARTERS[0], Carried(), CAP + "\nsoft priority 1")
    assert held(home) * 50 == pytest.approx(45_000, abs=60)
    home, _ = run(home, QUARTERS[1], state, CAP + "\nsoft priority 1")
    assert held(home) * 50 == pytest.approx(40_000, abs=60)


def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    home = replace(employee(), as_of=QUARTERS[0])
    rules: HouseholdPolicy = policy(home, CAP)
    closing: Closing | None = propose(home, rules).closing
    assert closing is not None
    since, weights = observed(rules, closing)
    assert weights == {"r1": {'H1 "BBB"': Decimal("0.5")}}
    state = Carried({"H1": since}, {"H1": weights})
    (tmp_path / "state.json").write_bytes(dumped(state.document()))
    assert read_carried(tmp_path / "state.json") == state
    for bad in ('"half"', '"-0.5"', '"NaN"', "0.5e"):
        text = dumped(state.document()).decode().replace('"0.500000000000"', bad)
        (tmp_path / "state.json").write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="does not hold the state"):
            read_carried(tmp_path / "state.json")
