"""The house's own policies pass, with a book and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.check import check_policies
from compiler.layers import household_policy
from compiler.policyset import load_policies
from portfolio.book import load_book

ROOT = Path(__file__).parents[2]
BOOKS = ROOT.parent / "shared" / "books"


def test_without_a_book() -> None:
    assert check_policies(load_policies(ROOT / "policies")).diagnostics == ()


@pytest.mark.parametrize("name", ["us500", "us100-small"])
def test_on_a_real_book(name: str) -> None:
    if not (BOOKS / name).exists():
        pytest.skip("the real books are not beside this checkout")
    book = load_book(BOOKS / name)
    typed = check_policies(load_policies(ROOT / "policies"), book.attributes)
    assert [each for each in typed.diagnostics if each.code.startswith("E")] == []
    for household_id in book.household_ids:
        policy = household_policy(typed, book.household(household_id))
        assert policy.held == {}
        assert policy.statements
