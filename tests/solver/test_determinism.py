"""The same inputs give the same trades to the last share, in whatever order they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from compiler.check import check_policies
from compiler.layers import household_policy
from compiler.policyset import load_policies
from compiler.statements import HouseholdPolicy
from policydsl.propose import Proposal, propose
from portfolio.book import Book
from portfolio.household import Household
from tests.by_hand import policy, usual
from tests.solver.conftest import ROOT, PolicyOf, shipped_policy

Orders = list[tuple[object, ...]]
RULES = (
    "keep each trade at least $500",
    "keep cash between 1% and 3% of account",
    "keep each sector within 8 points of model",
    "prevent wash sales across household",
    "keep realized tax at most $300 each year per taxpayer",
    'never sell "AAA" where lot.acquired before 2021-01-01',
)


def orders(proposal: Proposal) -> Orders:
    assert proposal.closing is not None
    sales = [(s.account_id, s.lot.id, s.shares, s.gain) for s in proposal.closing.sales]
    bought = [(p.account_id, p.security_id, p.shares) for p in proposal.closing.purchases]
    return sorted([*sales, *bought], key=str)


def shuffled(home: Household) -> Household:
    """Accounts, lots, and the market the other way round."""
    accounts = tuple(replace(a, lots=tuple(reversed(a.lots))) for a in reversed(home.accounts))
    turned = {
        name: dict(reversed(getattr(home, name).items()))
        for name in ("securities", "prices", "constituents", "tax_entities", "models")
    }
    models = {
        name: replace(model, weights=dict(reversed(model.weights.items())))
        for name, model in turned.pop("models").items()
    }
    return replace(home, accounts=accounts, models=models, **turned)


def test_a_second_run(synthetic: Book, policy_of: PolicyOf, proposals: dict[str, Proposal]) -> None:
    for name in reversed(synthetic.household_ids):
        home = synthetic.household(name)
        again = propose(home, policy_of(home))
        first = proposals[name]
        assert orders(again) == orders(first)
        assert again.solution is not None
        assert first.solution is not None
        assert again.solution.objective == first.solution.objective
        assert again.solution.bound == first.solution.bound
        assert (again.solution.x == first.solution.x).all()


def test_order_within_a_household_by_hand() -> None:
    home = usual()
    rules = policy(home, *RULES)
    turned = shuffled(home)
    expected = orders(propose(home, rules))
    assert len(expected) > 4
    assert orders(propose(turned, policy(turned, *RULES))) == expected


def test_order_within_every_household(
    synthetic: Book, policy_of: PolicyOf, proposals: dict[str, Proposal]
) -> None:
    for name in synthetic.household_ids:
        turned = shuffled(synthetic.household(name))
        assert orders(propose(turned, policy_of(turned))) == orders(proposals[name])


def test_order_of_statements_and_files(synthetic: Book, proposals: dict[str, Proposal]) -> None:
    loaded = load_policies(ROOT / "policies")
    backwards = replace(loaded, files=tuple(reversed(loaded.files)))
    turned = replace(
        backwards,
        files=tuple(
            replace(f, tree=replace(f.tree, statements=tuple(reversed(f.tree.statements))))
            for f in backwards.files
        ),
    )
    typed = check_policies(turned, synthetic.attributes)
    assert not typed.diagnostics
    for name in synthetic.household_ids:
        home = synthetic.household(name)
        assert orders(propose(home, household_policy(typed, home))) == orders(proposals[name])


@pytest.mark.long
@pytest.mark.parametrize("name", ["us100-small"])
def test_a_real_book(name: str, shared_book: Callable[[str], Book]) -> None:
    book = shared_book(name)
    policy_of: Callable[[Household], HouseholdPolicy] = shipped_policy(book)
    for household_id in book.household_ids:
        home = book.household(household_id)
        first, turned = propose(home, policy_of(home)), shuffled(home)
        if first.closing is not None:
            assert orders(propose(turned, policy_of(turned))) == orders(first)
