"""The tree of hitting sets against all subsets, and the search for the least turn, on families and
curves drawn at random."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.directives.base import Dial
from policydsl.conflicts.question import WorkEndedError
from policydsl.conflicts.sets import MOST_SETS, irreducible_sets
from policydsl.conflicts.turning import NEAR, least_turn

RULES = tuple("abcdef")


@dataclass
class Family:
    """Rules of which those of any one of `clashes` cannot be kept together."""

    clashes: list[frozenset[str]]
    most: int = 10_000
    asked: int = 0
    rules: tuple[str, ...] = RULES

    def together(self, rules: Collection[str]) -> bool:
        self.asked += 1
        if self.asked > self.most:
            raise WorkEndedError
        return not any(clash <= set(rules) for clash in self.clashes)

    def smallest(self) -> set[frozenset[str]]:
        """The clashes that hold no other."""
        return {each for each in self.clashes if not any(other < each for other in self.clashes)}

    def ways_out(self) -> set[frozenset[str]]:
        """Every set of rules that meets all clashes, and of which no part does."""
        meeting = [
            frozenset(some)
            for size in range(len(RULES) + 1)
            for some in combinations(RULES, size)
            if all(clash & set(some) for clash in self.clashes)
        ]
        return {each for each in meeting if not any(other < each for other in meeting)}


clashes = st.lists(st.frozensets(st.sampled_from(RULES), min_size=1, max_size=4), max_size=5)


@given(clashes)
def test_all_sets_and_all_ways_out(drawn: list[frozenset[str]]) -> None:
    family = Family(drawn)
    found = irreducible_sets(family)  # type: ignore[arg-type]
    assert found.complete
    assert {frozenset(each) for each in found.conflicts} == family.smallest()
    assert [len(each) for each in found.conflicts] == sorted(map(len, found.conflicts))
    ways = {frozenset(each) for each in found.ways_out}
    assert ways == (family.ways_out() if drawn else set())


@given(clashes.filter(len), st.integers(1, 30))
def test_work_that_ends_is_said(drawn: list[frozenset[str]], most: int) -> None:
    family = Family(drawn, most)
    found = irreducible_sets(family)  # type: ignore[arg-type]
    assert {frozenset(each) for each in found.conflicts} <= family.smallest()
    assert found.complete is (family.asked <= most)
    assert len(found.conflicts) <= MOST_SETS


def test_rules_may_lift_what_others_ask() -> None:
    """`a` cannot be kept, unless `b` is there; with `c` neither helps."""

    class Lifted(Family):
        def together(self, rules: Collection[str]) -> bool:
            return not ("a" in rules and ("b" not in rules or "c" in rules))

    found = irreducible_sets(Lifted([]))  # type: ignore[arg-type]
    assert ("a", "c") in found.conflicts or ("a",) in found.conflicts


STEP = Decimal("0.0001")
pieces = st.lists(
    st.tuples(st.floats(0.1, 1_000), st.floats(0.0001, 2)), min_size=1, max_size=4
)  # heights and the turns by which they are gone


@given(pieces)
def test_the_least_turn_along_a_convex_curve(drawn: list[tuple[float, float]]) -> None:
    """What is left is the most of several falling lines."""

    def left(by: Decimal) -> float:
        return max(0.0, *(height * (1 - float(by) / gone) for height, gone in drawn))

    turn = least_turn(Dial("x", 1, STEP), None, left)
    assert turn is not None
    least = Decimal(str(max(gone for _, gone in drawn)))
    assert turn.by - max(STEP, NEAR * turn.by) <= least + STEP
    assert left(turn.by) <= 1e-4 < left(turn.not_enough)
    assert turn.by - turn.not_enough <= max(STEP, NEAR * turn.by)


@pytest.mark.parametrize("least", [1, 2, 3, 17, 400, 65_000])
def test_the_least_turn_where_all_comes_at_once(least: int) -> None:
    tried: list[Decimal] = []

    def left(by: Decimal) -> float:
        tried.append(by)
        return 0.0 if by >= least else 8.0

    turn = least_turn(Dial("x", 1, Decimal(1)), None, left)
    assert turn is not None
    assert turn.not_enough < least <= turn.by
    assert turn.by - turn.not_enough <= max(1, turn.by / 50)
    assert len(tried) < 28


def test_a_dial_turns_no_further_than_nothing() -> None:
    """5% in cash is nothing after a turn by 5 points."""
    dial = Dial("low", -1, STEP)
    assert least_turn(dial, Decimal("0.05"), lambda by: max(0.0, 6 - 100 * float(by))) is None
    turn = least_turn(dial, Decimal("0.05"), lambda by: max(0.0, 5 - 100 * float(by)))
    assert turn is not None
    assert turn.by == Decimal("0.05")
