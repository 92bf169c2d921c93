"""What a run says of rules about cross trades: who gave way, and whose orders it did not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from compiler.directives.cross_trades import OPPOSITE
from compiler.notes import not_so
from compiler.statements import HouseholdPolicy, Meeting, Side
from policydsl.orders import (
    Crowd,
    Group,
    Standing,
    about_crossing,
    cross_trades_of,
    crowd_in,
    facing_in,
    groups_of,
)
from policydsl.output import counted
from policydsl.propose import Proposal
from portfolio.household import Household


def crossing_document(proposal: Proposal) -> dict[str, list[dict[str, Any]]]:
    """What the household gave up, and all the orders of others that it was solved against."""
    rules = {scope.statement.key: scope.statement.rule_id for scope in proposal.policy.statements}
    return {
        "gives_way": [
            {
                "rule_id": rules.get(up.key, up.key),
                "statement": up.key,
                "among": up.among,
                "security_id": up.security_id,
                "side": up.side,
            }
            for up in proposal.gives_way
        ],
        "faces": [
            {"statement": key, "among": among, "side": side, "securities": securities}
            for (key, among, side), securities in _faced(proposal.policy).items()
        ],
    }


def _faced(policy: HouseholdPolicy) -> dict[tuple[str, str, Side], list[str]]:
    """Securities by statement, by whose clients trade them, and on which side."""
    found: dict[tuple[str, str, Side], list[str]] = {}
    for scope in about_crossing(policy, notes=False):
        for among, security_id, side in sorted(scope.facing):
            found.setdefault((scope.statement.key, among, side), []).append(security_id)
    return found


def recorded_facing(document: Mapping[str, Any]) -> dict[str, frozenset[Meeting]]:
    """What the household of a proposal faced when it was solved."""
    found: dict[str, set[Meeting]] = {}
    for faced in document.get("faces", ()):
        meetings = ((faced["among"], name, faced["side"]) for name in faced["securities"])
        found.setdefault(faced["statement"], set()).update(meetings)
    return {key: frozenset(meetings) for key, meetings in found.items()}


def compared(
    standings: Sequence[Standing], absent: Callable[[], Iterable[Household]]
) -> list[tuple[str, ...]]:
    """For each household of a run, what notes about cross trades report, and with whom a rule about
    them could not be held against: the households that are not in the run."""
    if not any(standing.faces for standing in standings):
        return [() for _ in standings]
    crowd = crowd_in(standings)
    here: dict[Group, set[str]] = {}
    away: dict[Group, set[str]] = {}
    for standing in standings:
        for group in standing.among:
            here.setdefault(group, set()).add(standing.client)
    for household in absent():
        for group in groups_of(household):
            away.setdefault(group, set()).add(household.id)
    return [
        (*_noted(standing, crowd), *_not_compared(standing, here, away)) for standing in standings
    ]


def _noted(standing: Standing, crowd: Crowd) -> Iterator[str]:
    facing = facing_in(crowd, standing)
    for note in standing.notes:
        across = cross_trades_of(note).across
        met = {
            f"{order.account_id} {order.security_id}"
            for order in standing.orders
            if note.key in order.under
            and (order.groups[across], order.security_id, OPPOSITE[order.side]) in facing[note.key]
        }
        if met:
            yield not_so(note, met)


Members = Mapping[Group, Set[str]]
"""Clients by what `across` names and whose they are."""


def _not_compared(standing: Standing, here: Members, away: Members) -> Iterator[str]:
    for statement in (*standing.rules, *standing.notes):
        groups = standing.faces[statement.key]
        known, unknown = (
            len(set().union(*(side.get(each, set()) for each in groups)) - {standing.client})
            for side in (here, away)
        )
        if unknown:
            yield (
                f"{statement.rule_id} ({statement.path}:{statement.line}): held against the orders "
                f"of {counted(known, 'other client')} in this run; what {unknown:,} more "
                f"trade today is not known to it"
            )
