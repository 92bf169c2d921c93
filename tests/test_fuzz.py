"""Damaged policies and policy tests, as `bench/fuzz.py` makes them: a few here, many in CI."""

from __future__ import annotations

from random import Random

import pytest

from bench.fuzz import corpus, damaged, fuzz


@pytest.mark.parametrize("inputs", [250, pytest.param(6_000, marks=pytest.mark.long)])
def test_damaged_policies_give_findings_and_never_a_traceback(inputs: int) -> None:
    report = fuzz(inputs, seed=7)
    assert report.failures == []
    assert report.counts["inputs"] == inputs
    assert report.counts["laid out"] > inputs / 10
    assert report.counts["with mistakes"] > inputs / 4
    assert len(report.codes) > 20


def test_a_seed_gives_the_same_inputs() -> None:
    known = corpus()
    one, other = ([damaged(known, random) for _ in range(20)] for random in (Random(5), Random(5)))
    assert one == other


def test_a_traceback_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.fuzz.check_policies", lambda *given: 1 / 0)
    report = fuzz(5, seed=1)
    assert report.failures
    assert "ZeroDivisionError" in report.failures[0]
