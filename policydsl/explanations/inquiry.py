"""A run asked again: its inputs read once, each household solved at most once as it was.

Nothing is answered by a program that does not come to the run's own trades.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from policydsl.compared import recorded_facing
from policydsl.document import Document
from policydsl.explanations.alternatives import alternatives
from policydsl.explanations.but_for import but_for, softs
from policydsl.explanations.changes_ahead import lifted_whole
from policydsl.explanations.not_done import not_done
from policydsl.explanations.sealed import read_sealed, sealed
from policydsl.explanations.sides import RATES, side, solved_side
from policydsl.held_back import Untraded, untraded
from policydsl.inputs import Inputs, recorded_inputs
from policydsl.propose import Proposal
from policydsl.rebalance import proposal_of


class NotRepeatedError(ValueError):
    """The program no longer comes to the trades of the run."""


class Inquiry:
    """Questions to one run folder; answers are sealed there and read from there."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self._proposals: dict[str, Proposal] = {}
        self._untraded: dict[str, tuple[Untraded, ...]] = {}

    @cached_property
    def inputs(self) -> Inputs:
        """What the run was given."""
        return recorded_inputs(self.run)

    def proposal(self, document: Document) -> Proposal:
        """The household's answer solved again. Raises NotRepeatedError."""
        name = document["household_id"]
        if "trades" in document and not all(rate in document for rate in RATES):
            raise NotRepeatedError(f"{self.run} was made by a version that recorded less of {name}")
        if name not in self._proposals:
            proposal = proposal_of(self.inputs, name, recorded_facing(document))
            again, _ = solved_side(proposal)
            recorded = side(document)
            if again.get("trades") != recorded.get("trades"):
                raise NotRepeatedError(
                    f"{name} comes out otherwise than in this run, so nothing can be told of it by "
                    f"solving: see `policydsl verify {self.run} --replay`"
                )
            self._proposals = {name: proposal}
        return self._proposals[name]

    def untraded(self, document: Document) -> tuple[Untraded, ...]:
        """Everything that the household could have traded and did not."""
        proposal = self.proposal(document)
        name = document["household_id"]
        if name not in self._untraded:
            self._untraded = {name: tuple(untraded(proposal))}
        return self._untraded[name]

    def alternatives(self, document: Document, trade: Document) -> Document:
        """The sealed answer about what could have been done instead of a trade."""
        question = {
            "kind": "alternatives",
            "household_id": document["household_id"],
            "trade_id": trade["trade_id"],
        }
        found = read_sealed(self.run, question)
        if found is None:
            proposal, left = self.proposal(document), self.untraded(document)
            found = sealed(self.run, question, alternatives(proposal, left, trade))
        return found

    def not_done(self, document: Document) -> Document:
        """The sealed answer about what a household's proposal leaves undone."""
        question = {"kind": "not-done", "household_id": document["household_id"]}
        found = read_sealed(self.run, question)
        if found is None:
            proposal, left = self.proposal(document), self.untraded(document)
            lifted = lifted_whole(self.inputs.typed, proposal.household)
            answer = not_done(proposal, document, left, lifted)
            answer["soft"] = softs(self.inputs, document)
            found = sealed(self.run, question, answer)
        return found

    def but_for(self, document: Document, rule_id: str) -> Document:
        """The sealed answer for a household without a rule. Raises NotRepeatedError and
        NotSealedError."""
        question = {
            "kind": "but-for",
            "household_id": document["household_id"],
            "rule_id": rule_id,
        }
        found = read_sealed(self.run, question)
        if found is None:
            self.proposal(document)
            found = sealed(self.run, question, but_for(self.inputs, document, rule_id))
        return found
