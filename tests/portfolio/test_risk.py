"""The factor model: a known market is found again, whatever else is in the book."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from portfolio.book import Book, load_book
from portfolio.household import Risk
from portfolio.risk import MOST_FACTORS, UNKNOWN_VARIANCE, estimate, from_tables, sliced

Array = NDArray[np.float64]

NAMES = [f"S{number}" for number in range(40)]
CLASSES = ["US Equity"] * 40


def covariance(risk: Risk) -> Array:
    full: Array = risk.loadings @ risk.loadings.T + np.diag(risk.specific)
    return full


def simulated(days: int = 700, seed: int = 5) -> tuple[Array, Array]:
    """(closes, true annual covariance) of forty stocks with two factors."""
    random = np.random.RandomState(seed)
    loadings = np.column_stack([np.full(40, 0.18), np.repeat([0.12, -0.12], 20)])
    own = random.uniform(0.15, 0.35, size=40)
    shocks = random.normal(size=(days, 2)) @ loadings.T + random.normal(size=(days, 40)) * own
    closes = 50 * np.exp(np.cumsum(shocks / np.sqrt(252), axis=0))
    return closes, loadings @ loadings.T + np.diag(own**2)


def test_two_factors_are_found_and_their_risk() -> None:
    closes, truth = simulated()
    risk = estimate(NAMES, closes, CLASSES)
    assert risk.loadings.shape == (40, 2)
    for weights in (np.full(40, 1 / 40), np.repeat([1 / 20, -1 / 20], 20)):
        expected, found = weights @ truth @ weights, weights @ covariance(risk) @ weights
        assert found == pytest.approx(expected, rel=0.15)


def test_total_variance_is_that_of_the_sample() -> None:
    closes, _ = simulated()
    sample = np.var(np.diff(np.log(closes), axis=0), axis=0) * 252
    assert np.diag(covariance(estimate(NAMES, closes, CLASSES))) == pytest.approx(sample, rel=0.05)


def test_shrunk_variances_are_closer_to_their_mean() -> None:
    closes, truth = simulated(days=90)
    own = np.diag(truth) - 0.18**2 - 0.12**2
    risk = estimate(NAMES, closes, CLASSES)
    assert np.std(risk.specific) < np.std(own) * 1.3
    assert "shrunk by" in risk.source


def test_the_same_prices_give_the_same_numbers() -> None:
    closes, _ = simulated()
    one, two = estimate(NAMES, closes, CLASSES), estimate(NAMES, closes.copy(), CLASSES)
    assert np.array_equal(one.loadings, two.loadings)
    assert np.all(one.loadings.sum(axis=0) >= 0)


def test_a_short_history_stands_at_its_class_on_the_cautious_side() -> None:
    closes, _ = simulated()
    closes[:-30, 7] = np.nan
    risk = estimate(NAMES, closes, CLASSES)
    others = np.delete(risk.specific, 7)
    assert risk.specific[7] == others.max()
    assert risk.loadings[7] == pytest.approx(np.delete(risk.loadings, 7, axis=0).mean(axis=0))
    assert "1 with a short history" in risk.source


def test_no_history_at_all() -> None:
    risk = estimate(["A", "B"], np.full((1, 2), 10.0), ["US Equity", "Bonds"])
    assert risk.loadings.shape == (2, 0)
    assert list(risk.specific) == [UNKNOWN_VARIANCE] * 2


def test_few_names_and_a_price_that_never_moves() -> None:
    closes, _ = simulated()
    closes[:, 1] = 10.0
    risk = estimate(NAMES[:2], closes[:, :2], CLASSES[:2])
    assert risk.specific[1] == 0.0
    assert risk.specific[0] > 0.01


def test_a_gap_in_the_prices_is_no_jump() -> None:
    closes, _ = simulated()
    whole = estimate(NAMES, closes, CLASSES)
    closes[100:130, 3] = np.nan
    risk = estimate(NAMES, closes, CLASSES)
    assert risk.specific[3] == pytest.approx(whole.specific[3], rel=0.1)


def test_stated_tables_are_taken_as_they_are() -> None:
    factors = np.array([[0.04, 0.01], [0.01, 0.09]])
    exposures = {"A": {"f": 1.0, "g": 0.5}, "B": {"f": 0.8}}
    variances = {"A": 0.02, "B": 0.03}
    risk = from_tables(["A", "B", "C"], ["f", "g"], factors, exposures, variances, ["E"] * 3)
    stated = np.array([[1.0, 0.5], [0.8, 0.0]])
    expected = stated @ factors @ stated.T + np.diag([0.02, 0.03])
    assert covariance(risk)[:2, :2] == pytest.approx(expected, rel=1e-6)
    assert risk.specific[2] == 0.03
    assert risk.loadings[2] == pytest.approx(risk.loadings[:2].mean(axis=0), rel=1e-6)


def test_an_impossible_covariance_is_refused() -> None:
    with pytest.raises(ValueError, match="positive semidefinite"):
        from_tables(["A"], ["f", "g"], np.array([[1.0, 2], [2, 1]]), {}, {}, ["E"])


def test_a_slice_keeps_the_order_asked_for() -> None:
    risk = estimate(NAMES, simulated()[0], CLASSES)
    part = sliced(risk, ["S9", "FUND", "S2"])
    assert part.securities == ("S9", "S2")
    assert np.array_equal(part.loadings, risk.loadings[[9, 2]])


# --- from a book ---------------------------------------------------------------------------------


def state_risk(folder: Any) -> None:
    stocks = [row["security_id"] for row in folder.rows("securities")]
    folder.write("factors", [{"factor_a": "m", "factor_b": "m", "covariance": "0.04"}])
    folder.write(
        "exposures", [{"security_id": name, "factor": "m", "exposure": "1"} for name in stocks]
    )
    folder.write("specific", [{"security_id": name, "variance": "0.05"} for name in stocks])


def test_a_book_states_its_own_risk(folder: Any) -> None:
    state_risk(folder)
    book = folder.load()
    assert book.findings == ()
    assert book.risk.source == "the book's tables: 1 factors"
    assert set(book.risk.loadings.ravel()) == {0.2}


def test_tables_that_do_not_fit_together(folder: Any) -> None:
    state_risk(folder)
    (folder.path / "specific.csv").unlink()
    assert [found.code for found in folder.load().findings] == ["B0701"]
    state_risk(folder)
    folder.edit("exposures", lambda rows: rows[3].update(factor="typo"))
    (found,) = folder.load().findings
    assert (found.code, found.line, found.stops) == ("B0701", 5, True)


def test_covariances_that_cannot_be(folder: Any) -> None:
    state_risk(folder)
    folder.add("factors", factor_a="n", factor_b="n", covariance="0.04")
    folder.add("factors", factor_a="m", factor_b="n", covariance="0.05")
    book = folder.load()
    assert [found.code for found in book.findings] == ["B0702"]
    assert book.stopped


def test_funds_with_constituents_are_no_rows(sound: Book) -> None:
    assert "IDX1" not in sound.risk.securities
    assert {"AGG1", "BIL1"} < set(sound.risk.securities)
    household = sound.household("H00002")
    assert set(household.risk.securities) == set(household.securities) - set(household.constituents)


def test_a_real_market_is_quick_and_sensible(shared_book: Callable[[str], Path]) -> None:
    risk = load_book(shared_book("us500")).risk
    assert 5 <= risk.loadings.shape[1] <= MOST_FACTORS
    volatility = np.sqrt(np.sum(risk.loadings**2, axis=1) + risk.specific)
    assert 0.15 < np.median(volatility) < 0.40
