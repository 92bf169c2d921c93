"""What a move of an order by one increment is worth, by its changes and by the whole score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from policydsl.propose import Status, propose
from portfolio.book import Book
from solver.handover import Floats
from solver.score import Effect, Score
from solver.sums import ONE_THREAD, dot
from tests.by_hand import policy
from tests.solver.conftest import PolicyOf
from tests.solver.test_rounding import RULES, awkward

PURSES = (
    (RULES[0], RULES[4]),
    (RULES[2], "keep tracking error at most 4%"),
    ("use first in first out", RULES[0]),
    (RULES[3], RULES[5]),
)


class Watched:
    """Every round of moves is scored whole too: none that is better than all contenders was ruled
    out. Counts moves, and those that were ruled out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moves = self.ruled_out = 0
        contenders = Score.contenders

        def watched(score: Score, x: Floats, effects: Sequence[Effect]) -> list[int]:
            found = contenders(score, x, effects)
            values = [score(score.whole(_moved(x, effect))) for effect in effects]
            best = min(values)
            assert min(values[k] for k in found) == pytest.approx(best, abs=1e-9)
            self.moves += len(effects)
            self.ruled_out += len(effects) - len(found)
            return found

        monkeypatch.setattr(Score, "contenders", watched)


def _moved(x: Floats, effect: Effect) -> Floats:
    x = x.copy()
    x[effect.columns] += effect.changes
    return x


@pytest.mark.parametrize("rules", PURSES)
@pytest.mark.parametrize("fractional", [True, False])
def test_no_better_move_is_ruled_out(
    rules: tuple[str, ...], fractional: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(monkeypatch)
    home = awkward(fractional, "1")
    proposal = propose(home, policy(home, "keep cash between 0% and 10% of account", *rules))
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert watched.moves > 2


def test_moves_of_a_book(
    synthetic: Book, policy_of: PolicyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(monkeypatch)
    for name in synthetic.household_ids:
        home = synthetic.household(name)
        whole = tuple(replace(account, fractional=False) for account in home.accounts)
        home = replace(home, accounts=whole)
        propose(home, policy_of(home))
    assert watched.moves > 100
    assert watched.ruled_out > watched.moves / 5


def test_fractions_are_left_alone_where_all_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minimum has less than a cent of room in a ten-thousandth of a share; that is enough for
    orders that are not made, or larger."""
    watched = Watched(monkeypatch)
    home = awkward(True, "0.0001")
    proposal = propose(home, policy(home, "keep cash between 0% and 10% of account", RULES[0]))
    assert proposal.status is Status.PROPOSED, proposal.findings
    assert watched.moves == 0


def test_a_long_product_is_summed_part_by_part() -> None:
    one, other = np.random.default_rng(5).normal(size=(2, 3 * ONE_THREAD + 7))
    parts = [slice(k, k + ONE_THREAD) for k in range(0, one.size, ONE_THREAD)]
    assert dot(one, other) == sum(float(one[p] @ other[p]) for p in parts)
    assert dot(one, other) == pytest.approx(float(np.sum(one * other)))
    assert dot(one[:0], other[:0]) == 0.0
