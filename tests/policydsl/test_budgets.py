"""The benchmark of budgets on a small invented book: what it writes and what must hold of it."""

import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.budgets import BUDGETS, main
from bench.picture import picture
from portfolio.synth import synthesise


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the benchmark writes of four households."""
    folder = tmp_path_factory.mktemp("budgets")
    day = date(2026, 3, 31)
    synthesise(folder / "book", households=4, securities=24, seed=3, as_of=day)
    main([str(folder / "book"), "--results", str(folder / "results")])
    return folder / "results"


def test_every_household_is_measured_at_every_budget(written: Path) -> None:
    document = json.loads((written / "budgets.json").read_text(encoding="utf-8"))
    rows = document["households"]
    assert len(rows) == 4 * len(BUDGETS)
    assert {row["budget"] for row in rows} == set(BUDGETS)
    assert all(0 <= row["highs"] < row["whole"] for row in rows)
    assert {row["kind"] for row in rows} >= {"joint", "fund"}
    assert document["surroundings"]["versions"]["highspy"]


def test_the_table_has_every_budget(written: Path) -> None:
    text = (written / "budgets.txt").read_text(encoding="utf-8")
    assert all(f" {name} " in text for name in BUDGETS)


def test_the_picture_has_a_point_for_every_gap(written: Path) -> None:
    rows = json.loads((written / "budgets.json").read_text(encoding="utf-8"))["households"]
    root = ElementTree.fromstring((written / "budgets.svg").read_text(encoding="utf-8"))
    dots = [each for each in root.iter() if each.tag.endswith("circle")]
    assert len(dots) == sum(row["gap"] is not None for row in rows) + len(BUDGETS)


def test_values_lie_on_their_power_of_ten() -> None:
    root = ElementTree.fromstring(picture("p", "x", "y", {"a": [(1.0, 0.01), (100.0, 0.0)]}))
    dots = [each for each in root.iter() if each.tag.endswith("circle")][:2]
    assert float(dots[0].get("cx", "")) == 70.0
    assert float(dots[0].get("cy", "")) == float(dots[1].get("cy", "")) == 390.0
