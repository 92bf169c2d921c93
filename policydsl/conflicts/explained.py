"""What is in the way of a household whose rules ask today what they cannot have."""

from __future__ import annotations

from compiler.check import TypedPolicies
from policydsl.conflicts.document import conflict_findings, conflicts_document
from policydsl.conflicts.question import Merge, Question
from policydsl.conflicts.relaxations import relaxations
from policydsl.conflicts.sets import irreducible_sets
from policydsl.document import Document
from policydsl.not_kept import unpaid
from policydsl.propose import Proposal, Status
from portfolio.household import Household
from solver.conflict import ROOM

QUESTIONS = 250
"""How often a household may be merged and compiled to find out."""


def in_conflict(proposal: Proposal) -> bool:
    """Whether rules or payments ask today what the trades leave undone, rounding apart."""
    if proposal.solution is None:
        return proposal.status is Status.INFEASIBLE
    return proposal.solution.still_broken > ROOM


def explained(
    household: Household, typed: TypedPolicies, merge: Merge, proposal: Proposal
) -> tuple[Document | None, tuple[str, ...]]:
    """The conflicts of a household for its document, and in words; None where no rule is in the
    way."""
    question = Question(household, typed, merge, QUESTIONS)
    sets = irreducible_sets(question)
    if not sets.conflicts:
        return None, ()
    found = relaxations(question, sets.ways_out)
    closing = proposal.closing
    missed = () if closing is None else unpaid(proposal.policy, closing)
    document = conflicts_document(question, sets, found, [each.message for each in missed])
    return document, tuple(conflict_findings(question, sets, found))
