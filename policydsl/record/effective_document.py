"""What held for each account of a household on the day of a run: `effective/HOUSEHOLD.json`."""

from __future__ import annotations

from typing import Any

from compiler.check import TypedPolicies
from compiler.effective import effective
from compiler.effective_report import to_json
from portfolio.household import Household

EFFECTIVE = "effective/"
EFFECTIVE_FORMAT = "policydsl-effective/1"


def effective_document(typed: TypedPolicies, household: Household) -> dict[str, Any]:
    """Every value with what won, what lost, and why, as `policydsl effective` has it."""
    return {
        "format": EFFECTIVE_FORMAT,
        "household_id": household.id,
        "as_of": household.as_of.isoformat(),
        "accounts": [to_json(effective(typed, household, a.id)) for a in household.accounts],
    }
