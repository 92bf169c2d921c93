"""One quarter, lived through once and read by every test here."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.simulation.daybook import Log, sessions, simulate

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The last quarter of 2023 of four households. Read only."""
    days = sessions(date(2023, 10, 2), date(2023, 12, 29))
    away = tmp_path_factory.mktemp("quarter")
    return simulate(HERE / "opening", HERE / "policies", away, days, seed=1)
