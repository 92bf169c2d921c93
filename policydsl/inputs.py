"""What a run is given: a checked book and a checked policy set."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from compiler.check import TypedPolicies, check_policies
from compiler.layers import household_policy
from compiler.model_fees import without_closed_models
from compiler.policyset import LoadedFile, PolicySet, load_policies
from compiler.statements import HouseholdPolicy
from compiler.target import with_doubts_said, without_unknown_models
from grammar.parse import parse_bytes
from grammar.source import decode
from policydsl.carried import STATE, Carried, read_carried, with_carried
from policydsl.checking import known_securities
from policydsl.chosen import with_chosen_models
from policydsl.record.digests import dumped, sha256
from portfolio.book import Book, load_book
from portfolio.household import Household


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


def revision(policies: PolicySet) -> str:
    """One hash of a whole policy set: of its files' names and hashes."""
    return sha256(dumped(dict(sorted(policies.hashes.items()))))


def policy_of(inputs: Inputs, household: Household) -> HouseholdPolicy:
    """What holds for a household today, with what earlier runs saw of it."""
    policy = without_unknown_models(household_policy(inputs.typed, household), household)
    policy = without_closed_models(policy, household)
    return with_carried(with_doubts_said(policy, household), inputs.carried)
