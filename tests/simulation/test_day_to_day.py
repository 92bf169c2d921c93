"""Days of the quarter held against the day before: whatever happened, it is put back whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policydsl.day_to_day.attribution import Attribution, attributions
from policydsl.day_to_day.comparison import compared_runs
from policydsl.day_to_day.recorded import read_run
from policydsl.day_to_day.trade_changes import MEASURES
from tests.policydsl.days import assert_put_back
from tests.simulation.daybook import Log

pytestmark = [pytest.mark.long, pytest.mark.minutes]
DAYS = {
    "2023-11-13": "2023-11-14",
    "2023-11-14": "2023-11-15",
    "2023-11-15": "2023-11-16",
    "2023-12-15": "2023-12-18",
    "2023-12-28": "2023-12-29",
}


@pytest.mark.parametrize(("before", "after"), DAYS.items())
def test_every_household_from_one_day_to_the_next(before: str, after: str, quarter: Log) -> None:
    """Orders done, payments, models that begin: all that differs, put into the later day, gives
    the trades of the earlier, and effects add up."""
    runs = [quarter.away / day / "run" for day in (before, after)]
    found = compared_runs(*(read_run(run) for run in runs))
    changed = [each.household_id for each in found.households if not each.same]
    for name in changed:
        assert_put_back(*runs, name)
    for each in attributions(found):
        assert_sum(each)


def assert_sum(found: Attribution) -> None:
    for measure in MEASURES:
        steps = sum((each.moved[measure] for each in found.steps if each.moved), Decimal(0))
        assert steps == found.total[measure]
    if found.dollars:
        assert abs(sum(each.explained for each in found.steps) - 1) < 1e-4
