"""What a run says of rules about cross trades: who gave way, and whose orders it did not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from compiler.directives.cross_trades import CrossTrades, client_groups
from compiler.notes import broken_notes
from compiler.statements import HouseholdPolicy, Meeting, Side
from policydsl.crossing import (
    Crowd,
    about_crossing,
    crowd_of,
    facing_of,
    groups_of,
    orders_of,
    with_facing,
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
                "rule_id": rules[up.key],
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
    proposals: Sequence[Proposal], absent: Callable[[], Sequence[Household]]
) -> tuple[Proposal, ...]:
    """The proposals of a run with what notes about cross trades report, and with whom a rule about
    them could not be held against: the households that are not in the run."""
    if not any(True for proposal in proposals for _ in about_crossing(proposal.policy)):
        return tuple(proposals)
    crowd = crowd_of(order for proposal in proposals for order in orders_of(proposal))
    here = _members(proposal.household for proposal in proposals)
    away = _members(absent())
    return tuple(
        replace(
            proposal,
            findings=(
                *proposal.findings,
                *_noted(proposal, crowd),
                *_not_compared(proposal, here, away),
            ),
        )
        for proposal in proposals
    )


Members = Mapping[tuple[str, str], Set[str]]


def _members(households: Iterable[Household]) -> dict[tuple[str, str], set[str]]:
    """Clients by what `across` names and whose they are."""
    found: dict[tuple[str, str], set[str]] = {}
    for household in households:
        for account in household.accounts:
            for across, group in client_groups(household, account).items():
                if group is not None:
                    found.setdefault((across, group), set()).add(household.id)
    return found


def _noted(proposal: Proposal, crowd: Crowd) -> Iterator[str]:
    if proposal.closing is None:
        return
    policy = with_facing(proposal.policy, facing_of(proposal.policy, proposal.household, crowd))
    notes = tuple(note for note in policy.notes if isinstance(note.directive, CrossTrades))
    yield from broken_notes(replace(policy, notes=notes), proposal.closing)


def _not_compared(proposal: Proposal, here: Members, away: Members) -> Iterator[str]:
    for scope in about_crossing(proposal.policy):
        statement = scope.statement
        groups = groups_of(scope, proposal.household)
        known, unknown = (
            len(set().union(*(side.get(each, set()) for each in groups)) - {proposal.household.id})
            for side in (here, away)
        )
        if unknown:
            yield (
                f"{statement.rule_id} ({statement.path}:{statement.line}): held against the orders "
                f"of {counted(known, 'other client')} in this run; what {unknown:,} more "
                f"trade today is not known to it"
            )
