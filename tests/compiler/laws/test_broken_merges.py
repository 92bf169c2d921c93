"""Each way of getting the merge wrong turns a law red: the laws are no ornament."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase

from compiler import clashes, layers
from compiler.ranges import Range
from tests.compiler.laws import laws

pytestmark = pytest.mark.long

SETS = 400


def first_file_wins(patch: pytest.MonkeyPatch) -> None:
    """Of statements about one thing, those of the file that was given first hold."""

    def compare(state: Any) -> None:
        order = list(state.typed.sources)
        for a, b in clashes.rivals(state.active, state.typed.about):
            first, second = sorted((a, b), key=lambda each: (order.index(each.path), each.line))
            state.lose(second, layers.Status.NARROWED, first)

    patch.setattr(layers, "_compare", compare)


def last_read_chooses(patch: pytest.MonkeyPatch) -> None:
    """Of several choices for a default the one of the file given last holds, of whatever layer."""
    whole = layers._choose_for

    def choose(state: Any, default: Any, sets: list[Any], *rest: Any) -> None:
        order = list(state.typed.sources)
        last = max(sets, key=lambda each: (order.index(each.path), each.line))
        for each in sets:
            if each is not last:
                state.lose(each, layers.Status.REPLACED, last)
        whole(state, default, [last], *rest)

    patch.setattr(layers, "_choose_for", choose)


def a_lower_layer_loosens(patch: pytest.MonkeyPatch) -> None:
    """Of limits about one thing, the lowest replaces those above."""

    def compare(state: Any) -> None:
        for a, b in clashes.rivals(state.active, state.typed.about):
            high, low = sorted((a, b), key=lambda each: each.authority.rank)
            if high.authority.rank < low.authority.rank and low.directive.range is not None:
                state.lose(high, layers.Status.REPLACED, low)

    patch.setattr(layers, "_compare", compare)


def a_boundary_clips(patch: pytest.MonkeyPatch) -> None:
    """A value outside its boundary is taken as if it were inside, and nothing is said."""

    def clipped(chosen: Any, default: Any, grants: Any, rules: Any, measure: Any) -> Any:
        del grants, rules, measure
        assert isinstance(chosen.directive.range, Range | None)
        assert default.rule_id == chosen.rule_id
        return iter(())

    patch.setattr(layers, "clashes_of_choice", clipped)
    patch.setattr(clashes, "clashes_of_choice", clipped)


def restrictions_do_not_unite(patch: pytest.MonkeyPatch) -> None:
    """The lowest layer that restricts anything makes the restrictions above it void."""
    whole = layers._compare

    def compare(state: Any) -> None:
        whole(state)
        of = [each for each in state.still(state.active) if each.directive.range is None]
        lowest = max((each.authority.rank for each in of), default=0)
        for each in of:
            if each.authority.rank < lowest and each.origin is layers.Origin.RULE:
                state.lose(each, layers.Status.REPLACED)

    patch.setattr(layers, "_compare", compare)


def a_guard_is_forgotten_when_merged_again(patch: pytest.MonkeyPatch) -> None:
    """Each merge takes the first statement of an account away."""
    whole = layers._reaching
    patch.setattr(layers, "_reaching", lambda *given: whole(*given)[1:])


MUTANTS: dict[Callable[[pytest.MonkeyPatch], None], set[str]] = {
    first_file_wins: {"order_of_files_and_statements"},
    last_read_chooses: {"order_of_files_and_statements", "any_grouping"},
    a_lower_layer_loosens: {
        "a_hard_rule_never_enlarges",
        "no_lower_layer_allows_what_is_forbidden",
    },
    a_boundary_clips: {"a_choice_is_its_value_or_an_error"},
    restrictions_do_not_unite: {
        "a_hard_rule_never_enlarges",
        "no_lower_layer_allows_what_is_forbidden",
    },
    a_guard_is_forgotten_when_merged_again: {"twice_changes_nothing"},
}


@pytest.mark.parametrize(
    ("mutant", "law"),
    [(mutant, law) for mutant, found in MUTANTS.items() for law in sorted(found)],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_a_broken_merge_breaks_the_law(
    mutant: Callable[[pytest.MonkeyPatch], None], law: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    monkeypatch.setattr(laws, "PHASES", (Phase.generate,))  # the first failure will do
    with pytest.raises(AssertionError):
        getattr(laws, law)(SETS)
