"""What one run hands on to the next: since when each place has lain outside a rule.

A rule that says `existing positions comply within 90 days` counts from the first breach, which only
an earlier run can know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from compiler.closing import Closing
from compiler.statements import HouseholdPolicy

STATE = "state.json"

# Household to statement key to place to the first day it was seen outside.
Since = Mapping[str, Mapping[str, Mapping[str, date]]]


@dataclass(frozen=True)
class Carried:
    """The state of a run, empty where there was none before."""

    since: Since = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """As it stands in `state.json`."""
        return {
            "outside_since": {
                household: {
                    key: {where: day.isoformat() for where, day in places.items()}
                    for key, places in keys.items()
                }
                for household, keys in self.since.items()
            }
        }


def read_carried(path: Path) -> Carried:
    """The state in a file; ValueError where it is none."""
    try:
        document = json.loads(path.read_bytes())["outside_since"]
        return Carried(
            {
                household: {
                    key: {where: date.fromisoformat(day) for where, day in places.items()}
                    for key, places in keys.items()
                }
                for household, keys in document.items()
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} does not hold the state of a run") from error


def with_carried(policy: HouseholdPolicy, carried: Carried) -> HouseholdPolicy:
    """The policy with what is known of earlier breaches."""
    known = carried.since.get(policy.household_id)
    if not known:
        return policy
    statements = tuple(
        replace(scope, breached_since=known.get(scope.statement.key, {}))
        for scope in policy.statements
    )
    return replace(policy, statements=statements)


def observed(policy: HouseholdPolicy, closing: Closing) -> dict[str, dict[str, date]]:
    """Places outside the rules that give them time, each with the first day it was seen so."""
    found = {}
    for scope in policy.statements:
        if any(transition.within is not None for transition in scope.statement.transitions):
            places = {
                where: scope.breached_since.get(where, policy.as_of)
                for where in scope.directive.outside(scope, closing.seen_by(scope))
            }
            if places:
                found[scope.statement.key] = places
    return found
