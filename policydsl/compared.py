"""What a run says of rules about cross trades: who gave way, and whose orders it did not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from compiler.directives.cross_trades import OPPOSITE, CrossTrades, client_groups
from compiler.notes import broken_notes
from compiler.statements import HouseholdPolicy, Meeting
from policydsl.crossing import (
    Crowd,
    about_crossing,
    cross_trades_of,
    crowd_of,
    facing_of,
    orders_of,
    with_facing,
)
from policydsl.output import counted
from policydsl.propose import Proposal
from portfolio.household import Household


def gives_way(policy: HouseholdPolicy) -> list[dict[str, str]]:
    """What the household was kept from trading, as JSON: by statement, security and side."""
    return [
        {
            "rule_id": scope.statement.rule_id,
            "statement": scope.statement.key,
            "among": group,
            "security_id": security_id,
            "side": OPPOSITE[side],
        }
        for scope in about_crossing(policy, notes=False)
        for group, security_id, side in sorted(scope.facing)
    ]


def recorded_facing(document: Mapping[str, Any]) -> dict[str, frozenset[Meeting]]:
    """What the household of a proposal faced when it was solved."""
    found: dict[str, set[Meeting]] = {}
    for bar in document.get("gives_way", ()):
        meeting = bar["among"], bar["security_id"], OPPOSITE[bar["side"]]
        found.setdefault(bar["statement"], set()).add(meeting)
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
    policy = with_facing(proposal.policy, facing_of(proposal.policy, crowd))
    notes = tuple(note for note in policy.notes if isinstance(note.directive, CrossTrades))
    yield from broken_notes(replace(policy, notes=notes), proposal.closing)


def _not_compared(proposal: Proposal, here: Members, away: Members) -> Iterator[str]:
    for scope in about_crossing(proposal.policy):
        statement, directive = scope.statement, cross_trades_of(scope.statement)
        groups = {
            (directive.across, group)
            for account in proposal.household.accounts
            if account.id in scope.accounts
            and (group := directive.group(proposal.household, account)) is not None
        }
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
