"""Households of every kind of a synthetic book under the shipped policies, for some sessions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from portfolio.synth import synthesise
from tests.simulation import invariants
from tests.simulation.daybook import Log, sessions, simulate

POLICIES = Path(__file__).parents[2] / "policies"
pytestmark = [pytest.mark.long, pytest.mark.minutes]


@pytest.fixture(scope="module")
def fortnight(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Month end, withdrawals and a deposit of eight households, one of each kind."""
    away = tmp_path_factory.mktemp("fortnight")
    book = away / "opening"
    synthesise(book, households=8, securities=30, seed=11, as_of=date(2026, 3, 26))
    return simulate(book, POLICIES, away, sessions(date(2026, 3, 27), date(2026, 4, 10)), seed=1)


def a_tenth_washed(log: Log) -> list[str]:
    """Losses of which more is washed than the shipped policies let be."""
    return invariants.washed(log, Decimal("0.1"))


@pytest.mark.parametrize(
    "check",
    [
        invariants.overdrawn,
        invariants.unbalanced,
        invariants.misreckoned,
        invariants.unsolved,
        a_tenth_washed,
        invariants.repeated,
        invariants.restless,
        invariants.cried_wolf,
    ],
)
def test_nothing_that_must_never_be_is(fortnight: Log, check: invariants.Check) -> None:
    assert check(fortnight) == []


def test_every_household_is_traded_and_every_payment_made(fortnight: Log) -> None:
    homes = {row["household_id"] for row in fortnight.opening["households"]}
    assert {fortnight.household_of(fill.account_id) for fill in fortnight.fills} == homes
    assert [each.flow.kind for each in fortnight.postings].count("withdrawal") > 0
    assert [each for each in fortnight.postings if each.short] == []
