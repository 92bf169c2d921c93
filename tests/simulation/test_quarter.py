"""A quarter of four households, day by day, through a custodian that knows no policy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.simulation.daybook import Log, sessions, simulate

HERE = Path(__file__).parent
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Log:
    days = sessions(date(2023, 10, 2), date(2023, 12, 29))
    away = tmp_path_factory.mktemp("quarter")
    return simulate(HERE / "opening", HERE / "policies", away, days, seed=1)


def test_the_quarter_has_every_session(quarter: Log) -> None:
    assert len(quarter.days) == 63
    closed = (date(2023, 11, 23), date(2023, 12, 25))
    assert not set(closed) & set(quarter.days)


def test_no_account_is_overdrawn_on_any_day(quarter: Log) -> None:
    found = [
        (day, account, dollars)
        for day, evening in quarter.evenings.items()
        for account, dollars in evening.cash.items()
        if dollars < 0
    ]
    assert found == []


def test_a_second_look_at_the_same_evening_trades_nothing(quarter: Log) -> None:
    looks = [look for look in quarter.looks if look.again is not None]
    assert len(looks) > 20
    assert [look for look in looks if look.again and look.again["status"] != "no_action"] == []
