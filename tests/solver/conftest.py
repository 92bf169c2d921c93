"""A small synthetic book, the shipped policies, and the real books where they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.check import check_policies
from compiler.layers import household_policy
from compiler.policyset import load_policies
from compiler.statements import HouseholdPolicy
from policydsl.propose import Proposal, propose
from portfolio.book import Book, load_book
from portfolio.household import Household
from portfolio.synth import synthesise
from tests.by_hand import AS_OF

ROOT = Path(__file__).resolve().parents[2]
BOOKS = ROOT.parent / "shared" / "books"

PolicyOf = Callable[[Household], HouseholdPolicy]


def shipped_policy(book: Book) -> PolicyOf:
    typed = check_policies(load_policies(ROOT / "policies"), book.attributes)
    return lambda household: household_policy(typed, household)


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("synthetic")
    synthesise(folder, households=8, securities=24, seed=11, as_of=AS_OF)
    return load_book(folder)


@pytest.fixture(scope="session")
def policy_of(synthetic: Book) -> PolicyOf:
    return shipped_policy(synthetic)


@pytest.fixture(scope="session")
def proposals(synthetic: Book, policy_of: PolicyOf) -> dict[str, Proposal]:
    """Every household of the synthetic book under the shipped policies."""
    homes = [synthetic.household(name) for name in synthetic.household_ids]
    return {home.id: propose(home, policy_of(home)) for home in homes}


@pytest.fixture
def shared_book() -> Callable[[str], Book]:
    """A real book; skips where there is none."""

    def find(name: str) -> Book:
        if not (BOOKS / name).is_dir():
            pytest.skip(f"no real book at ../shared/books/{name}")
        return load_book(BOOKS / name)

    return find
