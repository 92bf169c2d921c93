"""A run over a book: every household gets a status, whatever happens to the others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from compiler.check import TypedPolicies, check_policies
from compiler.closing import cents
from compiler.layers import household_policy
from compiler.policyset import LoadedFile, PolicySet, load_policies
from compiler.statements import HouseholdPolicy
from compiler.target import with_doubts_said, without_unknown_models
from grammar.parse import parse_bytes
from grammar.source import decode
from policydsl.blocks import BLOCKS, blocks_csv, rows_of
from policydsl.carried import STATE, Carried, observed, read_carried, with_carried
from policydsl.checking import known_securities
from policydsl.chosen import with_chosen_models
from policydsl.document import Document, plain, proposal_document
from policydsl.propose import Proposal, Status, empty_closing, propose
from policydsl.reasons import Trade
from policydsl.run_folder import RunFolder, dumped, sha256
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


def outcomes(inputs: Inputs, household_ids: Sequence[str]) -> Iterator[Outcome]:
    """Propose for each household in turn. An error of the engine is the household's alone."""
    for household_id in household_ids:
        started = time.perf_counter()
        proposal = proposal_of(inputs, household_id)
        solved = time.perf_counter()
        document, trades = proposal_document(proposal)
        spent = proposal.seconds
        for stage, seconds in spent.items():
            inputs.seconds[stage] = inputs.seconds.get(stage, 0.0) + seconds
        merge = solved - started - sum(s for stage, s in spent.items() if stage != "solver")
        explain = time.perf_counter() - solved
        for stage, seconds in (("merge", merge), ("explain", explain)):
            inputs.seconds[stage] = inputs.seconds.get(stage, 0.0) + seconds
        yield Outcome(proposal, document, trades)


def proposal_of(inputs: Inputs, household_id: str) -> Proposal:
    """What becomes of one household, an error of the engine included."""
    household = inputs.book.household(household_id)
    nothing = HouseholdPolicy(household_id, household.as_of, ())
    on_hold = inputs.book.households_on_hold.get(household_id)
    if on_hold is not None:
        said = tuple(f"{finding.code} {finding.place}: {finding.message}" for finding in on_hold)
        return Proposal(household, nothing, Status.DATA_HOLD, said)
    try:
        return propose(household, policy_of(inputs, household))
    except Exception as error:
        return _failed(household, nothing, error)


def policy_of(inputs: Inputs, household: Household) -> HouseholdPolicy:
    """What holds for a household today, with what earlier runs saw of it."""
    policy = without_unknown_models(household_policy(inputs.typed, household), household)
    return with_carried(with_doubts_said(policy, household), inputs.carried)


def _failed(household: Household, policy: HouseholdPolicy, error: Exception) -> Proposal:
    reason = f"{type(error).__name__}: {error}".partition("\n")[0]
    return Proposal(household, policy, Status.FAILED, (f"internal error: {reason}",))


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
        "awaiting_approval": sum(bool(document.get("approvals")) for document in documents),
        "sold": _total(Decimal(trade["amount"]) for trade in trades if trade["lots"]),
        "bought": _total(Decimal(trade["amount"]) for trade in trades if not trade["lots"]),
        "cost": _total(Decimal(trade["cost"]) for trade in trades),
        "gain_short": _total(gains["short"]),
        "gain_long": _total(gains["long"]),
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
    folder.write(BLOCKS, blocks_csv(rows_of(outcome.document for outcome in done)))
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
        "totals": totals([outcome.document for outcome in done]),
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
) -> Inputs:
    """Load and check both; what is wrong with them stands in `book.findings` and `typed`."""
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    book = load_book(book_folder, as_of)
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
