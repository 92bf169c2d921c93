"""A run over a book: every household gets a status, whatever happens to the others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from compiler.check import TypedPolicies, check_policies
from compiler.closing import cents
from compiler.layers import household_policy
from compiler.model_fees import without_closed_models
from compiler.policyset import LoadedFile, PolicySet, load_policies
from compiler.statements import HouseholdPolicy
from compiler.target import with_doubts_said, without_unknown_models
from grammar.parse import parse_bytes
from grammar.source import decode
from policydsl.blocks import BLOCKS, blocks_csv, rows_of
from policydsl.carried import STATE, Carried, observed, read_carried, with_carried
from policydsl.checking import known_securities
from policydsl.chosen import with_chosen_models
from policydsl.compared import compared, recorded_facing
from policydsl.conflicts.explained import explained, in_conflict
from policydsl.crossing import Facing, kept_apart, with_facing
from policydsl.digests import dumped, sha256
from policydsl.document import Document, plain, proposal_document, statements_document
from policydsl.memory import collector_past_inputs
from policydsl.propose import Proposal, Status, empty_closing, propose
from policydsl.run_folder import RunFolder
from policydsl.trade_words import Trade
from portfolio.book import Book, load_book
from portfolio.household import TAXABLE, Household


@dataclass(frozen=True)
class Inputs:
    """A checked book and a checked policy set, with the seconds that each took."""

    book: Book
    book_folder: Path
    policies: PolicySet
    policy_folder: Path
    typed: TypedPolicies
    seconds: dict[str, float]
    carried: Carried = field(default_factory=Carried)


@dataclass(frozen=True)
class Outcome:
    """A household's proposal with its document and trades."""

    proposal: Proposal
    document: Document
    trades: tuple[Trade, ...]


Followed = Callable[[Iterable[Proposal], int], Iterable[Proposal]]


def outcomes(
    inputs: Inputs, household_ids: Sequence[str], followed: Followed = lambda solved, _: solved
) -> Iterator[Outcome]:
    """The proposals of a run, each with its document and trades."""
    for proposal in proposals_of(inputs, household_ids, followed):
        started = time.perf_counter()
        document, trades = proposal_document(proposal)
        _spent(inputs, "explain", time.perf_counter() - started)
        if in_conflict(proposal):
            _explain_conflicts(inputs, proposal, document)
        yield Outcome(proposal, document, trades)


def proposals_of(
    inputs: Inputs, household_ids: Sequence[str], followed: Followed = lambda solved, _: solved
) -> tuple[Proposal, ...]:
    """Propose for each household, then have those give way whose orders may not meet another's.

    An error of the engine is the household's alone. `followed` passes the proposals on as they are
    first made, and may say how many of the total there are.
    """
    proposed = (_timed_proposal(inputs, name, {}) for name in household_ids)
    with collector_past_inputs():
        proposals = list(followed(proposed, len(household_ids)))
        settled = kept_apart(proposals, partial(_timed_proposal, inputs))
    return compared(settled, partial(_absent, inputs, household_ids))


def _explain_conflicts(inputs: Inputs, proposal: Proposal, document: Document) -> None:
    """Add what is in the way of the household to its document; an error in looking for it is said
    there, and takes nothing from the proposal."""
    household = inputs.book.household(proposal.household.id)
    facing = recorded_facing(document)

    def merge(typed: TypedPolicies) -> HouseholdPolicy:
        return with_facing(policy_of(replace(inputs, typed=typed), household), facing)

    started = time.perf_counter()
    try:
        found, said = explained(household, inputs.typed, merge, proposal)
    except Exception as error:
        document["findings"] += [f"what is in the way was not found: {_named(error)}"]
    else:
        document["findings"] += said
        if found is not None:
            document["conflicts"] = found
            document.setdefault("statements", statements_document(proposal.policy))
    _spent(inputs, "conflicts", time.perf_counter() - started)


def _named(error: Exception) -> str:
    return f"internal error: {type(error).__name__}: {error}".partition("\n")[0]


def _absent(inputs: Inputs, household_ids: Sequence[str]) -> list[Household]:
    """The households of the book that are not in the run."""
    names = [name for name in inputs.book.household_ids if name not in household_ids]
    return [inputs.book.household(name) for name in names]


def _timed_proposal(inputs: Inputs, household_id: str, facing: Facing) -> Proposal:
    started = time.perf_counter()
    proposal = proposal_of(inputs, household_id, facing)
    total = time.perf_counter() - started
    for stage, seconds in proposal.seconds.items():
        _spent(inputs, stage, seconds)
    stages = sum(s for stage, s in proposal.seconds.items() if stage != "solver")
    _spent(inputs, "merge", total - stages)
    return proposal


def _spent(inputs: Inputs, stage: str, seconds: float) -> None:
    inputs.seconds[stage] = inputs.seconds.get(stage, 0.0) + seconds


def proposal_of(inputs: Inputs, household_id: str, facing: Facing | None = None) -> Proposal:
    """What becomes of one household that may not meet some orders of others, an error of the
    engine included."""
    household = inputs.book.household(household_id)
    nothing = HouseholdPolicy(household_id, household.as_of, ())
    on_hold = inputs.book.households_on_hold.get(household_id)
    if on_hold is not None:
        said = tuple(f"{finding.code} {finding.place}: {finding.message}" for finding in on_hold)
        return Proposal(household, nothing, Status.DATA_HOLD, said)
    try:
        policy = with_facing(policy_of(inputs, household), facing or {})
        return propose(household, policy)
    except Exception as error:
        return _failed(household, nothing, error)


def policy_of(inputs: Inputs, household: Household) -> HouseholdPolicy:
    """What holds for a household today, with what earlier runs saw of it."""
    policy = without_unknown_models(household_policy(inputs.typed, household), household)
    policy = without_closed_models(policy, household)
    return with_carried(with_doubts_said(policy, household), inputs.carried)


def _failed(household: Household, policy: HouseholdPolicy, error: Exception) -> Proposal:
    return Proposal(household, policy, Status.FAILED, (_named(error),))


def totals(documents: Sequence[Document]) -> dict[str, object]:
    """What a run comes to: households by status, trades, dollars bought and sold, gains, tax."""
    trades = [trade for document in documents for trade in document.get("trades", [])]
    taxes = [entity for document in documents for entity in document.get("tax", {}).values()]
    taxable = {
        account["account_id"]
        for document in documents
        for account in document.get("accounts", [])
        if account["type"] in TAXABLE
    }
    gains: dict[str, list[Decimal]] = {"short": [], "long": []}
    for trade in trades:
        for lot in trade["lots"] if trade["account_id"] in taxable else []:
            gains[lot["term"]].append(Decimal(lot["realized_gain"]))
    statuses = Counter(document["status"] for document in documents)
    return {
        "households": len(documents),
        "status": {status.value: statuses.get(status.value, 0) for status in Status},
        "trades": len(trades),
        "gave_way": sum(bool(document.get("gives_way")) for document in documents),
        "awaiting_approval": sum(bool(document.get("approvals")) for document in documents),
        "sold": _total(Decimal(trade["amount"]) for trade in trades if trade["lots"]),
        "bought": _total(Decimal(trade["amount"]) for trade in trades if not trade["lots"]),
        "cost": _total(Decimal(trade["cost"]) for trade in trades),
        "gain_short": _total(gains["short"]),
        "gain_long": _total(gains["long"]),
        "disallowed": _total(Decimal(year["disallowed_run"]) for year in taxes),
        "tax_change": _change(taxes, "tax"),
        "tax_cost_change": _change(taxes, "cost"),
    }


def _total(amounts: Iterable[Decimal]) -> str:
    return plain(cents(sum(amounts, Decimal(0))))


def _change(taxes: Sequence[dict[str, str]], what: str) -> str:
    return _total(
        Decimal(year[f"{what}_after"]) - Decimal(year[f"{what}_before"]) for year in taxes
    )


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
    folder.write(STATE, dumped(_handed_on(inputs, done).document()))
    for outcome in done:
        folder.proposal(outcome.document)
    documents = [outcome.document for outcome in done]
    folder.write(BLOCKS, blocks_csv(rows_of(documents), documents))
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
        "households": [outcome.proposal.household.id for outcome in done],
        "totals": totals(documents),
        "timings": {
            stage: round(seconds, 3)
            for stage, seconds in sorted({**inputs.seconds, "total": total_seconds}.items())
        },
    }
    folder.close(summary)
    return summary


def _handed_on(inputs: Inputs, done: Sequence[Outcome]) -> Carried:
    """The state for the next run; households that were not run keep what was known of them."""
    since, weights = dict(inputs.carried.since), dict(inputs.carried.weights)
    for outcome in done:
        proposal = outcome.proposal
        closing = proposal.closing or empty_closing(proposal.household, proposal.policy)
        name = proposal.household.id
        since[name], weights[name] = observed(proposal.policy, closing)
    return Carried(
        {household: keys for household, keys in since.items() if keys},
        {household: keys for household, keys in weights.items() if keys},
    )


def revision(policies: PolicySet) -> str:
    """One hash of a whole policy set: of its files' names and hashes."""
    return sha256(dumped(dict(sorted(policies.hashes.items()))))


def read_inputs(
    book_folder: Path,
    policy_folder: Path,
    as_of: date | None = None,
    state: Path | None = None,
    models: Path | None = None,
) -> Inputs:
    """Load and check both; what is wrong with them stands in `book.findings` and `typed`. `models`
    is a table to use in place of the book's own."""
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    book = load_book(book_folder, as_of, models)
    seconds["load"] = time.perf_counter() - started
    started = time.perf_counter()
    policies = load_policies(policy_folder)
    seconds["parse"] = time.perf_counter() - started
    started = time.perf_counter()
    typed = check_policies(policies, book.attributes, known_securities(book), book.as_of)
    seconds["check policies"] = time.perf_counter() - started
    book = with_chosen_models(book, typed)
    if not book.stopped:
        started = time.perf_counter()
        _ = book.risk
        seconds["risk"] = time.perf_counter() - started
    carried = Carried() if state is None else read_carried(state)
    return Inputs(book, book_folder, policies, policy_folder, typed, seconds, carried)


def recorded_inputs(run: Path) -> Inputs:
    """The inputs that a run folder keeps."""
    state = run / "inputs" / STATE
    return read_inputs(
        run / "inputs" / "book",
        run / "inputs" / "policies",
        state=state if state.is_file() else None,
    )


def with_file(inputs: Inputs, path: Path) -> Inputs:
    """The same inputs with one more policy file."""
    tree, found = parse_bytes(path.read_bytes(), path.name)
    text, _ = decode(path.read_bytes(), path.name)
    added = LoadedFile(path.name, text, sha256(path.read_bytes()), tree)
    policies = replace(
        inputs.policies,
        files=(*inputs.policies.files, added),
        diagnostics=(*inputs.policies.diagnostics, *found),
    )
    book = inputs.book
    typed = check_policies(policies, book.attributes, known_securities(book), book.as_of)
    book = with_chosen_models(book, typed)
    return replace(inputs, book=book, policies=policies, typed=typed, seconds={})
