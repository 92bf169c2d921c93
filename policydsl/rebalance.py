"""A run over a book: every household gets a status, whatever happens to the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial

from compiler.check import TypedPolicies
from compiler.statements import HouseholdPolicy
from policydsl.blocks import BLOCKS, blocks_csv, rows_of
from policydsl.carried import STATE, Carried, Observed, observed
from policydsl.compared import compared, recorded_facing
from policydsl.conflicts.explained import explained, in_conflict
from policydsl.crossing import Kept, kept_apart
from policydsl.document import Document, proposal_document, statements_document
from policydsl.inputs import Inputs, policy_of, revision
from policydsl.memory import collector_off, free_cycles
from policydsl.orders import Facing, Standing, standing_of, with_facing
from policydsl.propose import GivenUp, Proposal, Status, empty_closing, propose
from policydsl.record.digests import dumped
from policydsl.record.effective_document import EFFECTIVE, effective_document
from policydsl.record.folder import RunFolder
from policydsl.record.waiting import Place, Waiting
from policydsl.totals import totals
from portfolio.findings import Finding
from portfolio.household import Household


@dataclass(frozen=True)
class Outcome:
    """What a run keeps of a household once its document is made: some kilobytes, neither model nor
    answer. `since` and `weights` are what the next run is told, `seconds` by stage, `findings` what
    the proposals of others add to those of its own."""

    status: Status
    standing: Standing
    since: Mapping[str, Mapping[str, date]]
    weights: Mapping[str, Mapping[str, Decimal]]
    seconds: Mapping[str, float]
    _waiting: Waiting = field(repr=False)
    _place: Place
    findings: tuple[str, ...] = ()

    @property
    def household_id(self) -> str:
        return self.standing.client

    @property
    def document(self) -> Document:
        """Read from where it waits, each time."""
        document = self._waiting.read(self._place)
        document["findings"] += self.findings
        return document


@dataclass(frozen=True)
class Told:
    """The same before its document waits: what one process can tell another."""

    document: Document
    status: Status
    standing: Standing
    since: Mapping[str, Mapping[str, date]]
    weights: Mapping[str, Mapping[str, Decimal]]
    seconds: Mapping[str, float]


Followed = Callable[[Iterable[str], int], Iterable[str]]
"""Passes the households on that are to be solved, and may say how many of a total are done."""
Elsewhere = Callable[[Inputs, Sequence[str]], Iterable[Told]]
"""Tells of each household, solved in another process, in the order of their names."""


def outcomes(
    inputs: Inputs,
    household_ids: Sequence[str],
    waiting: Waiting,
    followed: Followed = lambda names, _: names,
    elsewhere: Elsewhere | None = None,
) -> tuple[Outcome, ...]:
    """Propose for each household, here or `elsewhere`, then have those give way whose orders may
    not meet another's. The documents are read from `waiting`, as long as it is open.

    An error of the engine is the household's alone.
    """

    def waits(told: Told) -> Outcome:
        return Outcome(
            told.status,
            told.standing,
            told.since,
            told.weights,
            told.seconds,
            waiting,
            waiting.put(told.document),
        )

    def first(names: Iterable[str]) -> Iterator[Outcome]:
        assert elsewhere is not None
        # Names last, so that one is passed on when its answer is there.
        for told, _ in zip(elsewhere(inputs, household_ids), names, strict=True):
            for stage, seconds in told.seconds.items():
                _spent(inputs, stage, seconds)
            yield waits(told)

    def kept(proposal: Proposal) -> Outcome:
        return waits(_told(inputs, proposal))

    settled = _settled(inputs, household_ids, kept, followed, first if elsewhere else None)
    return tuple(replace(outcome, findings=findings) for outcome, findings in settled)


def told_of(inputs: Inputs, household_id: str) -> Told:
    """What a run is told of a household that faces nobody yet."""
    told = _told(inputs, _timed_proposal(inputs, household_id, {}))
    free_cycles()
    return told


def told_lost(inputs: Inputs, household_id: str, error: Exception) -> Told:
    """What it is told of one that could not be solved for a reason outside of it."""
    household = inputs.book.household(household_id)
    nothing = HouseholdPolicy(household_id, household.as_of, ())
    return _told(inputs, _failed(household, nothing, error))


def _told(inputs: Inputs, proposal: Proposal) -> Told:
    document, spent = _explained(inputs, proposal)
    closing = proposal.closing or empty_closing(proposal.household, proposal.policy)
    return Told(
        document,
        proposal.status,
        standing_of(proposal),
        *observed(proposal.policy, closing),
        {**proposal.seconds, **spent},
    )


@dataclass(frozen=True)
class _Whole:
    proposal: Proposal
    standing: Standing


def proposals_of(
    inputs: Inputs, household_ids: Sequence[str], followed: Followed = lambda names, _: names
) -> tuple[Proposal, ...]:
    """The same proposals whole, with what was solved: megabytes a household."""

    def kept(proposal: Proposal) -> _Whole:
        return _Whole(proposal, standing_of(proposal))

    return tuple(
        replace(whole.proposal, findings=(*whole.proposal.findings, *findings))
        for whole, findings in _settled(inputs, household_ids, kept, followed)
    )


def _settled(
    inputs: Inputs,
    household_ids: Sequence[str],
    kept: Callable[[Proposal], Kept],
    followed: Followed,
    elsewhere: Callable[[Iterable[str]], Iterable[Kept]] | None = None,
) -> list[tuple[Kept, tuple[str, ...]]]:
    """What is kept of each proposal, and what those of others add to its findings. Whoever has to
    give way is solved again here, one after the other: who comes next depends on it."""

    def solved(household_id: str, facing: Facing, gives_way: tuple[GivenUp, ...] = ()) -> Kept:
        found = kept(replace(_timed_proposal(inputs, household_id, facing), gives_way=gives_way))
        free_cycles()
        return found

    with collector_off():
        names = followed(household_ids, len(household_ids))
        first = [solved(name, {}) for name in names] if elsewhere is None else [*elsewhere(names)]
        parties = kept_apart(first, solved)
    found = compared([party.standing for party in parties], partial(_absent, inputs, household_ids))
    return list(zip(parties, found, strict=True))


def _explained(inputs: Inputs, proposal: Proposal) -> tuple[Document, dict[str, float]]:
    """The document of a proposal, and the seconds that it took by stage."""
    started = time.perf_counter()
    document, _ = proposal_document(proposal)
    spent = {"explain": time.perf_counter() - started}
    if in_conflict(proposal):
        started = time.perf_counter()
        _explain_conflicts(inputs, proposal, document)
        spent["conflicts"] = time.perf_counter() - started
    for stage, seconds in spent.items():
        _spent(inputs, stage, seconds)
    return document, spent


def _explain_conflicts(inputs: Inputs, proposal: Proposal, document: Document) -> None:
    """Add what is in the way of the household to its document; an error in looking for it is said
    there, and takes nothing from the proposal."""
    household = inputs.book.household(proposal.household.id)
    facing = recorded_facing(document)

    def merge(typed: TypedPolicies) -> HouseholdPolicy:
        return with_facing(policy_of(replace(inputs, typed=typed), household), facing)

    try:
        found, said = explained(household, inputs.typed, merge, proposal)
    except Exception as error:
        document["findings"] += [f"what is in the way was not found: {_named(error)}"]
    else:
        document["findings"] += said
        if found is not None:
            document["conflicts"] = found
            document.setdefault("statements", statements_document(proposal.policy))


def _named(error: Exception) -> str:
    return f"internal error: {type(error).__name__}: {error}".partition("\n")[0]


def _absent(inputs: Inputs, household_ids: Sequence[str]) -> Iterator[Household]:
    """The households of the book that are not in the run."""
    here = set(household_ids)
    return (inputs.book.household(name) for name in inputs.book.household_ids if name not in here)


def _timed_proposal(inputs: Inputs, household_id: str, facing: Facing) -> Proposal:
    started = time.perf_counter()
    proposal = proposal_of(inputs, household_id, facing)
    total = time.perf_counter() - started
    stages = sum(s for stage, s in proposal.seconds.items() if stage != "solver")
    seconds = {**proposal.seconds, "merge": total - stages}
    for stage, spent in seconds.items():
        _spent(inputs, stage, spent)
    return replace(proposal, seconds=seconds)


def _spent(inputs: Inputs, stage: str, seconds: float) -> None:
    inputs.seconds[stage] = inputs.seconds.get(stage, 0.0) + seconds


def proposal_of(inputs: Inputs, household_id: str, facing: Facing | None = None) -> Proposal:
    """What becomes of one household that may not meet some orders of others, an error of the
    engine included."""
    household = inputs.book.household(household_id)
    nothing = HouseholdPolicy(household_id, household.as_of, ())
    on_hold = inputs.book.households_on_hold.get(household_id)
    if on_hold is not None:
        return Proposal(household, nothing, Status.DATA_HOLD, tuple(on_hold_findings(on_hold)))
    try:
        policy = with_facing(policy_of(inputs, household), facing or {})
        return propose(household, policy)
    except Exception as error:
        return _failed(household, nothing, error)


def on_hold_findings(findings: Iterable[Finding]) -> list[str]:
    """What a household says whose data are on hold."""
    return [f"{finding.code} {finding.place}: {finding.message}" for finding in findings]


def _failed(household: Household, policy: HouseholdPolicy, error: Exception) -> Proposal:
    return Proposal(household, policy, Status.FAILED, (_named(error),))


def write_run(
    folder: RunFolder,
    inputs: Inputs,
    done: Sequence[Outcome],
    options: Mapping[str, object],
    total_seconds: float,
) -> dict[str, object]:
    """Write the run folder; returns what `run.json` says of the run."""
    folder.inputs(inputs.book, inputs.book_folder, inputs.policies, inputs.policy_folder)
    if inputs.carried.since:
        folder.write(f"inputs/{STATE}", dumped(inputs.carried.document()))
    seen = {outcome.household_id: (outcome.since, outcome.weights) for outcome in done}
    folder.write(STATE, dumped(handed_on(inputs.carried, seen).document()))
    for outcome in done:
        folder.proposal(outcome.document)
        if not _unknown(inputs, outcome.household_id, outcome.status):
            household = inputs.book.household(outcome.household_id)
            effective = effective_document(inputs.typed, household)
            folder.write(f"{EFFECTIVE}{household.id}.json", dumped(effective))
    folder.write(BLOCKS, blocks_csv(rows_of(documents(done)), documents(done)))
    summary: dict[str, object] = {
        "book": inputs.book.name,
        "as_of": inputs.book.as_of.isoformat(),
        "policies": inputs.policies.name,
        "policy_revision": revision(inputs.policies),
        "inputs": {
            "book": dict(sorted(inputs.book.input_hashes.items())),
            "policies": dict(sorted(inputs.policies.hashes.items())),
        },
        "risk_model": inputs.book.risk.source,
        "options": options,
        "households": [outcome.household_id for outcome in done],
        "totals": totals(documents(done)),
        "timings": {
            stage: round(seconds, 3)
            for stage, seconds in sorted({**inputs.seconds, "total": total_seconds}.items())
        },
    }
    folder.close(summary)
    return summary


def _unknown(inputs: Inputs, household_id: str, status: Status) -> bool:
    """Whether nobody can say what holds for a household: its data are doubtful, or reading its
    policy failed."""
    return household_id in inputs.book.households_on_hold or status is Status.FAILED


def documents(done: Iterable[Outcome]) -> Iterator[Document]:
    """The documents of a run, one at a time."""
    return (outcome.document for outcome in done)


def handed_on(carried: Carried, seen: Mapping[str, Observed]) -> Carried:
    """The state for the next run, from what was seen of each household; those that were not run
    keep what was known of them."""
    since, weights = dict(carried.since), dict(carried.weights)
    for name, (days, shares) in seen.items():
        since[name], weights[name] = days, shares
    return Carried(
        {household: keys for household, keys in since.items() if keys},
        {household: keys for household, keys in weights.items() if keys},
    )
