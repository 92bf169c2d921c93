"""The rebalancing step that cvxportfolio can take too, on an account small enough for hands."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bench.one_step import KEPT, PEER, Step, cvx, main
from portfolio.synth import synthesise

# Half in A, half in B; wanted all in A; no cash.
STEP = Step(
    account="H A",
    names=("A", "B"),
    held=np.array([0.5, 0.5]),
    cash=0.0,
    target=np.array([1.0, 0.0]),
    loadings=np.array([[0.2], [0.1]]),
    specific=np.array([0.04, 0.01]),
    cost=0.001,
    aversion=2.0,
)


def test_the_objective_is_what_hand_finds() -> None:
    # d = (-0.25, 0.25): factor -0.025, variance 0.000625 + 0.0025 + 0.000625 = 0.00375
    trades = np.array([0.25, -0.25])
    assert STEP.objective(trades) == pytest.approx(10_000 * (0.0005 + 2 * 0.00375))


def test_a_short_holding_and_unpaid_costs_are_off() -> None:
    assert STEP.off(np.array([0.25, -0.25])) == pytest.approx(10_000 * 0.0005)
    assert STEP.off(np.array([0.5, -0.6])) == pytest.approx(1_000)
    assert STEP.off(np.array([0.1, -0.2])) == 0.0


def test_all_sides_reach_the_same_step(tmp_path: Path) -> None:
    synthesise(tmp_path / "book", households=4, securities=40, seed=3, as_of=date(2026, 3, 31))
    main([str(tmp_path / "book"), "--json", str(tmp_path / "out.json")])
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["steps"]
    accounts = {each["account"] for each in found}
    assert accounts
    for account in accounts:
        by = {each["side"]: each for each in found if each["account"] == account}
        least = by["ours, optimum"]["objective"]
        assert by["ours, relaxed"]["objective"] == least
        assert by["ours, whole"]["objective"] >= least - KEPT
        assert by["ours, whole"]["off"] <= KEPT
        if cvx is not None:
            off = by[PEER]["off"]
            assert abs(by[PEER]["objective"] - least) <= KEPT + off
