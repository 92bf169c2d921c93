"""The comparison with other solvers, on programs that can be solved by hand."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from bench.convex_peers import convex_peers
from bench.growth import Size, exponent, sizes
from bench.integer_peers import cbc_bound
from bench.invented_sizes import rules_text, with_factors, with_lots
from bench.peers import KEPT, OURS, PACKAGES, Figures, least, main, off_by, side_table
from compiler.row_names import Names
from policydsl.inputs import policy_of, read_inputs, with_file
from policydsl.policies import shipped
from portfolio.book import load_book
from portfolio.synth import synthesise
from solver.handover import Program

# min x^2 + y^2 - 2x with x + y = 2, 0 <= x, y <= 3: x = 1.5, y = 0.5
BY_HAND = Program(
    cost=np.array([-2.0, 0.0]),
    offset=0.0,
    square=np.array([1.0, 1.0]),
    matrix=sp.csr_matrix(np.array([[1.0, 1.0]])),
    row_lower=np.array([2.0]),
    row_upper=np.array([2.0]),
    lower=np.zeros(2),
    upper=np.full(2, 3.0),
    integer=np.zeros(2, dtype=np.bool_),
    owners=("physics",),
    row_names=Names(0, str, ("sum",)),
    column_names=Names(0, str, ("x", "y")),
)


@pytest.mark.parametrize("name", sorted(convex_peers()))
def test_a_convex_peer_finds_what_hand_finds(name: str) -> None:
    x = convex_peers()[name](BY_HAND, 1e-8)
    assert x is not None
    assert np.allclose(x, [1.5, 0.5], atol=1e-5)


def test_a_broken_row_or_bound_is_seen() -> None:
    assert off_by(BY_HAND, np.array([1.5, 0.5])) == 0.0
    assert off_by(BY_HAND, np.array([1.5, 0.7])) == pytest.approx(0.2)
    assert off_by(BY_HAND, np.array([2.25, -0.25])) == pytest.approx(0.25)
    assert off_by(replace(BY_HAND, upper=np.ones(2)), np.array([1.5, 0.5])) == 0.5


def _side(side: str, objective: float | None, off: float | None = 0.0) -> Figures:
    return Figures("H", "whole", 2, 1, side, None, 1.0, objective, off)


def test_an_answer_that_breaks_rows_is_not_the_least() -> None:
    found = [_side(OURS, 3.0), _side("a", 2.5), _side("b", 1.0, 10 * KEPT), _side("c", None, None)]
    assert least(found, found[0]) == 2.5
    assert "0 of 1" in side_table(found)


def test_the_bench_ends_with_all_sides_and_says_who_is_missing(tmp_path: Path) -> None:
    synthesise(tmp_path / "book", households=2, securities=14, seed=3, as_of=date(2026, 3, 31))
    main([str(tmp_path / "book"), "--results", str(tmp_path / "out"), "--most", "2"])
    document = json.loads((tmp_path / "out" / "peers.json").read_text(encoding="utf-8"))
    sides = document["sides"]
    assert {each["problem"] for each in sides} == {"relaxed", "whole"}
    assert {OURS, "HiPO alone", "HiGHS, tangents"} <= {each["side"] for each in sides}
    ours = [e for e in sides if e["side"] == OURS]
    assert all(e["off"] < KEPT for e in ours)
    text = (tmp_path / "out" / "peers.txt").read_text(encoding="utf-8")
    versions = document["surroundings"]["versions"]
    assert ("not installed" in text) == any(versions[name] is None for name in PACKAGES)


def test_no_peer_reaches_less_than_the_proven_relaxation(tmp_path: Path) -> None:
    """The relaxed problem in our answer's tax region never lies above the answer itself."""
    synthesise(tmp_path / "book", households=3, securities=14, seed=5, as_of=date(2026, 3, 31))
    main([str(tmp_path / "book"), "--json", str(tmp_path / "out.json"), "--most", "0"])
    sides = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["sides"]
    by = {(e["household"], e["problem"]): e["objective"] for e in sides if e["side"] == OURS}
    households = {household for household, _ in by}
    assert households
    assert all(by[name, "relaxed"] <= by[name, "whole"] + 1e-6 for name in households)


@pytest.mark.parametrize(
    ("log", "bound"),
    [
        ("Result - Stopped on time limit\n\nObjective value: 7.5\nLower bound: 6.25\n", 6.25),
        ("Result - Optimal solution found\n\nObjective value:     -3.5\n", -3.5),
        ("Result - Stopped on time limit\n\nNo feasible solution found\n", None),
    ],
)
def test_what_cbc_proves_is_read_from_where_it_says_so(log: str, bound: float | None) -> None:
    assert cbc_bound(log) == bound


def test_no_side_proves_more_than_another_reaches(tmp_path: Path) -> None:
    synthesise(tmp_path / "book", households=2, securities=14, seed=3, as_of=date(2026, 3, 31))
    main([str(tmp_path / "book"), "--json", str(tmp_path / "out.json"), "--most", "2"])
    sides = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["sides"]
    whole = [e for e in sides if e["problem"] == "whole" and e["gap"] is not None]
    assert {OURS, "HiGHS, tangents"} <= {e["side"] for e in whole}
    for one in whole:
        same = [e for e in whole if e["household"] == one["household"] and e["off"] <= KEPT]
        assert one["objective"] - one["gap"] <= min(e["objective"] for e in same) + 1e-4


def test_an_exponent_is_that_of_the_power() -> None:
    assert exponent([10, 100, 1000], [5 * n**1.5 for n in (10, 100, 1000)]) == pytest.approx(1.5)
    assert exponent([10, 100], [1, 2]) is None


def test_a_household_of_more_lots_is_worth_the_same(tmp_path: Path) -> None:
    synthesise(tmp_path / "book", households=1, securities=20, seed=3, as_of=date(2026, 3, 31))
    household = load_book(tmp_path / "book").household("H00001")
    names = {lot.security_id for account in household.accounts for lot in account.lots}
    split = with_lots(household, 4)
    (before,), (after,) = household.accounts, split.accounts
    assert len(after.lots) == 4 * len(names)
    assert len({lot.id for lot in after.lots}) == len(after.lots)
    assert float(split.value(after)) == pytest.approx(float(household.value(before)), rel=1e-4)
    assert float(sum(lot.basis for lot in after.lots)) == pytest.approx(
        float(sum(lot.basis for lot in before.lots)), rel=1e-6
    )


def test_factors_leave_specific_risk_and_keep_all_variance_alike(tmp_path: Path) -> None:
    synthesise(tmp_path / "book", households=1, securities=200, seed=3, as_of=date(2026, 3, 31))
    household = load_book(tmp_path / "book").household("H00001")
    few, many = (with_factors(household, count).risk for count in (4, 64))
    assert (few.loadings.shape[1], many.loadings.shape[1]) == (4, 64)
    assert np.array_equal(few.specific, household.risk.specific)
    common = [float(np.mean(np.sum(each.loadings**2, axis=1))) for each in (few, many)]
    assert common[0] == pytest.approx(common[1], rel=0.15)


def test_more_rules_are_as_many_statements_and_none_is_in_error(tmp_path: Path) -> None:
    synthesise(tmp_path / "book", households=1, securities=14, seed=3, as_of=date(2026, 3, 31))
    inputs = read_inputs(tmp_path / "book", shipped())
    household = inputs.book.household("H00001")
    before = len(policy_of(inputs, household).statements)
    tickers = [each.ticker for each in household.securities.values() if each.kind == "stock"]
    path = tmp_path / "more.policy"
    path.write_text(rules_text(tickers[:10], 40), encoding="utf-8")
    added = with_file(inputs, path)
    assert not added.typed.diagnostics
    assert len(policy_of(added, household).statements) == before + 40


def test_sizes_are_measured_once_and_an_axis_changes_alone() -> None:
    every = sizes(Size._fields, 100)
    assert len(set(every)) == len(every)
    assert {each.names for each in every if each.factors or each.rules} == {100}
    assert all(each.factors for each in sizes(["factors"], 100))
