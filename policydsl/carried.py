"""What one run hands on to the next: since when each place has lain outside a rule.

A rule that says `existing positions comply within 90 days` counts from the first breach, which only
an earlier run can know; one that says `evenly over 8 quarters` also from what was held then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from compiler.closing import Closing
from compiler.statements import HouseholdPolicy

STATE = "state.json"
STATE_FORMAT = "policydsl-state/1"
PLACES = Decimal("1E-12")

# Household to statement key to place to the first day it was seen outside.
Since = Mapping[str, Mapping[str, Mapping[str, date]]]
# And to what was there then, as a fraction of the value that the rule goes by.
Weights = Mapping[str, Mapping[str, Mapping[str, Decimal]]]

# What a run sees of one household: both, by statement key and place.
Observed = tuple[Mapping[str, Mapping[str, date]], Mapping[str, Mapping[str, Decimal]]]


@dataclass(frozen=True)
class Carried:
    """The state of a run, empty where there was none before."""

    since: Since = field(default_factory=dict)
    weights: Weights = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """As it stands in `state.json`."""
        return {
            "format": STATE_FORMAT,
            "outside_since": {
                household: {
                    key: {where: day.isoformat() for where, day in places.items()}
                    for key, places in keys.items()
                }
                for household, keys in self.since.items()
            },
            "first_weight": {
                household: {
                    key: {where: f"{weight:f}" for where, weight in places.items()}
                    for key, places in keys.items()
                }
                for household, keys in self.weights.items()
            },
        }


def read_carried(path: Path) -> Carried:
    """The state in a file; ValueError where it is none."""
    try:
        document = json.loads(path.read_bytes())
        since, weights = document["outside_since"], document.get("first_weight", {})
        return Carried(
            {
                household: {
                    key: {where: date.fromisoformat(day) for where, day in places.items()}
                    for key, places in keys.items()
                }
                for household, keys in since.items()
            },
            {
                household: {
                    key: {where: _weight(text) for where, text in places.items()}
                    for key, places in keys.items()
                }
                for household, keys in weights.items()
            },
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} does not hold the state of a run") from error


def _weight(text: str) -> Decimal:
    """Raises ValueError for what is no number from zero up."""
    try:
        weight = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not weight.is_finite() or weight < 0:
        raise ValueError(text)
    return weight


def with_carried(policy: HouseholdPolicy, carried: Carried) -> HouseholdPolicy:
    """The policy with what is known of earlier breaches."""
    known = carried.since.get(policy.household_id)
    weights = carried.weights.get(policy.household_id, {})
    if not known:
        return policy
    statements = tuple(
        replace(
            scope,
            breached_since=known.get(scope.statement.key, {}),
            breached_at=weights.get(scope.statement.key, {}),
        )
        for scope in policy.statements
    )
    return replace(policy, statements=statements)


def observed(
    policy: HouseholdPolicy, closing: Closing
) -> tuple[dict[str, dict[str, date]], dict[str, dict[str, Decimal]]]:
    """Places outside the rules that give them time, each with the first day it was seen so and,
    where it has to comply in steps, with what was there on that day."""
    since: dict[str, dict[str, date]] = {}
    weights: dict[str, dict[str, Decimal]] = {}
    for scope in policy.statements:
        transitions = scope.statement.transitions
        evenly = any(each.evenly is not None for each in transitions)
        if not evenly and all(each.within is None for each in transitions):
            continue
        places = dict(scope.directive.outside(scope, closing.seen_by(scope)))
        if not places:
            continue
        key = scope.statement.key
        since[key] = {where: scope.breached_since.get(where, policy.as_of) for where in places}
        if evenly:
            weights[key] = {
                where: scope.breached_at.get(where, weight.quantize(PLACES))
                for where, weight in places.items()
            }
    return since, weights
