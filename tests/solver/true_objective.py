"""The objective of a proposal as its trades alone have it, in the unit of the model."""

from __future__ import annotations

from policydsl.objective import dollars_of_a_bp, objective_terms
from policydsl.propose import Proposal


def true_objective(proposal: Proposal) -> dict[str, float]:
    """Its terms in bp of what may be traded; their sum is what the proposal states."""
    assert proposal.closing is not None
    unit = dollars_of_a_bp(proposal.closing.household, proposal.policy)
    terms = objective_terms(proposal.policy, proposal.closing)
    return {name: dollars / unit for name, dollars in terms.items()}
