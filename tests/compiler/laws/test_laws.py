"""The laws of merging, on policy sets made up at random and on random finished positions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.compiler.laws.laws import LAWS

SHORT, LONG = 40, 2_000
MINUTES = (pytest.mark.long, pytest.mark.minutes)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("sets", [SHORT, pytest.param(LONG, marks=MINUTES)])
def test_law(law: Callable[[int], Counter[str]], sets: int) -> None:
    seen = law(sets)
    assert seen["sets"] >= sets
    assert seen["beside the defaults"] >= 1.5 * sets, "the sets are not empty"
    assert seen["layers"] >= 2 * sets, "and of more than one layer"
