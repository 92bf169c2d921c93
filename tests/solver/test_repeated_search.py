"""Work that could find nothing new is not done."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.model import compile_household
from solver import active_risk
from solver.active_risk import search_within_risk
from solver.handover import hand_over
from solver.search import Budget
from solver.work import Work
from tests.by_hand import policy, usual


def test_rows_that_were_searched_are_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracking error far below its limit adds no tangent, however wide the gap still is."""
    home = usual()
    compiled = compile_household(home, policy(home, "keep tracking error at most 90% per account"))
    searches: list[object] = []
    search = active_risk.search

    def counted(*given: Any) -> Any:
        searches.append(given[0])
        return search(*given)

    monkeypatch.setattr(active_risk, "search", counted)
    never_done = Budget(goal=-1.0)
    answer, _ = search_within_risk(compiled, hand_over(compiled), never_done, Work())
    assert answer is not None
    assert len(searches) == 1
