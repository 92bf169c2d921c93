"""Models inside models, versions, look-through: small cases by hand, and their laws."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.lookthrough import flatten_funds, look_through
from portfolio.models import (
    Part,
    cycles,
    flatten,
    in_force,
    normalised,
    places_of,
    published,
)

D = Decimal

NESTED = {
    "INDEX": {"X": D("0.7"), "Y": D("0.3")},
    "GROWTH": {"INDEX": D("0.8"), "BOND": D("0.15")},
    "MIX": {"GROWTH": D("0.5"), "INDEX": D("0.25"), "X": D("0.25")},
}


def test_nested_models_multiply_and_add_up() -> None:
    flat = flatten(NESTED)
    assert flat["INDEX"] == {"X": D("0.7"), "Y": D("0.3")}
    assert flat["GROWTH"] == {"X": D("0.56"), "Y": D("0.24"), "BOND": D("0.15")}
    # X: half of 0.56, a quarter of 0.7, and 0.25 of its own.
    assert flat["MIX"] == {"X": D("0.705"), "Y": D("0.195"), "BOND": D("0.075")}


def test_missing_weight_stays_missing() -> None:
    assert 1 - sum(flatten(NESTED)["GROWTH"].values()) == D("0.05")


def test_rounding_is_normalised_and_a_real_gap_is_not() -> None:
    third = D("0.3333333")
    assert sum(normalised(dict.fromkeys("ABC", third)).values()) == 1
    assert normalised({"A": D("0.6"), "B": D("0.3")}) == {"A": D("0.6"), "B": D("0.3")}


def test_a_circle_is_named_and_cannot_be_flattened() -> None:
    circle = {"A": {"B": D(1)}, "B": {"C": D("0.5"), "X": D("0.5")}, "C": {"A": D(1)}}
    assert cycles(circle | NESTED) == [("A", "B", "C")]
    assert cycles({"A": {"A": D(1)}}) == [("A",)]
    assert cycles(NESTED) == []
    with pytest.raises(ValueError, match="contain each other"):
        flatten(circle)


def test_the_latest_version_that_has_begun_is_in_force() -> None:
    versions = [None, date(2025, 1, 1), date(2026, 1, 1)]
    assert in_force(versions, date(2024, 12, 31)) is None
    assert in_force(versions, date(2025, 1, 1)) == date(2025, 1, 1)
    assert in_force(versions, date(2027, 1, 1)) == date(2026, 1, 1)
    with pytest.raises(ValueError, match="after the as-of date"):
        in_force([date(2030, 1, 1)], date(2029, 1, 1))


def test_a_fund_is_what_it_holds() -> None:
    funds = flatten_funds({"INDEX": {"X": D("0.7"), "Y": D("0.3")}, "TWO": {"INDEX": D("0.9")}})
    assert funds["TWO"] == {"X": D("0.63"), "Y": D("0.27")}
    dollars = look_through({"TWO": D(1000), "X": D(100), "BOND": D(50)}, funds)
    assert dollars == {"X": D(730), "Y": D(270), "BOND": D(50)}


def test_a_fund_against_its_own_basket_leaves_nothing() -> None:
    basket = {"X": D("0.7"), "Y": D("0.3")}
    active = look_through({"INDEX": D(1)} | {k: -w for k, w in basket.items()}, {"INDEX": basket})
    assert set(active.values()) == {D(0)}


@st.composite
def recipes(draw: st.DrawFn) -> dict[str, dict[str, Decimal]]:
    """Models that name securities and models before them: never a circle."""
    made: dict[str, dict[str, Decimal]] = {}
    for number in range(draw(st.integers(1, 6))):
        names = [*"UVWXYZ", *made]
        parts = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True))
        shares = [draw(st.integers(1, 20)) for _ in parts]
        whole = sum(shares) + draw(st.sampled_from([0, 7]))
        made[f"M{number}"] = {
            part: (D(share) / whole).quantize(D("1e-8"))
            for part, share in zip(parts, shares, strict=True)
        }
    return made


@given(recipes())
def test_flat_models_hold_securities_only_and_at_most_everything(
    made: dict[str, dict[str, Decimal]],
) -> None:
    for weights in flatten(made).values():
        assert not weights.keys() & made.keys()
        assert all(weight >= 0 for weight in weights.values())
        assert sum(weights.values()) <= 1


@given(recipes())
def test_look_through_keeps_the_total_of_whole_funds(
    made: dict[str, dict[str, Decimal]],
) -> None:
    flat = flatten_funds(made)
    for fund, weights in flat.items():
        assert look_through({fund: D(1)}, flat) == weights


RANKED = st.lists(
    st.tuples(
        st.integers(1, 50), st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=3, unique=True)
    ),
    min_size=1,
    max_size=5,
)


@given(RANKED, st.sets(st.sampled_from("ABCDEF")))
def test_places_are_the_weights_and_lose_nothing(
    rows: list[tuple[int, list[str]]], out: set[str]
) -> None:
    """Each place goes to the first of its choices that can be used; a model without one is none."""
    total = sum(weight for weight, _ in rows)
    parts = [Part(D(weight) / total, tuple(ranked)) for weight, ranked in rows]
    made = published({"M": parts}, dict.fromkeys(out, "in doubt"))
    if any(set(part.ranked) <= out for part in parts):
        assert made == {}
        return
    model = made["M"]
    assert abs(sum(model.weights.values()) - 1) < D("1e-20")
    assert not model.weights.keys() & out
    wanted: dict[str, Decimal] = {}
    for part in parts:
        first = next(each for each in part.ranked if each not in out)
        wanted[first] = wanted.get(first, D(0)) + part.weight
    assert {name: round(weight, 9) for name, weight in model.weights.items()} == {
        name: round(weight, 9) for name, weight in wanted.items()
    }
    places = places_of(model)
    assert sum(place.weight for place in places) == sum(model.weights.values())
