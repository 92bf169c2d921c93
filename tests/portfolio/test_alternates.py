"""Rows of rank 2 and more in `models`: whose place they take, and when the book itself needs them.

BALANCED-FUND is 60% IDX1, 38% AGG1, 2% BIL1; IDX2 is another fund of the same index.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portfolio.book import Book
from portfolio.household import Model, Place
from tests.portfolio.breaking import RETIREE

D = Decimal


def alternate(folder: Any, component: str, weight: str, rank: str = "2", place: str = "") -> None:
    rows = [{"alternate_for": ""} | row for row in folder.rows("models")]
    given = {"model_id": "BALANCED-FUND", "component": component, "weight": weight, "rank": rank}
    rows.append(dict.fromkeys(rows[0], "") | given | {"alternate_for": place})
    folder.write("models", rows)


def followed(book: Book, model: str = "BALANCED-FUND") -> Model:
    return book.household("H00004").models[model]


def ranked(place: Place) -> list[str]:
    return [choice.component for choice in place.choices]


def test_a_model_without_alternates_has_no_places(folder: Any) -> None:
    assert followed(folder.load()).places == ()


@pytest.mark.parametrize(("weight", "place"), [("0.60", ""), ("0.60", "IDX1"), ("0", "IDX1")])
def test_an_alternate_has_its_place(folder: Any, weight: str, place: str) -> None:
    alternate(folder, "CORE-DIRECT", weight, "3", place)
    alternate(folder, "IDX2", weight, "2", place)
    book = folder.load()
    assert book.findings == ()
    model = followed(book)
    assert ranked(model.places[0]) == ["IDX1", "IDX2", "CORE-DIRECT"]
    assert [len(place.choices) for place in model.places] == [3, 1, 1]
    assert model.weights == {"IDX1": D("0.6"), "AGG1": D("0.38"), "BIL1": D("0.02")}
    household = book.household("H00004")
    inside = {each.choices[0].component for each in model.places[0].choices[2].inside}
    assert {"IDX2", *inside} <= household.securities.keys() & household.prices.keys()


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (("IDX2", "0.5"), "has no component's weight, and does not say whose place it takes"),
        (("IDX2", "0.6", "2", "IDX9"), "stands in for 'IDX9', which this version does not have"),
        (("IDX2", "0.5", "2", "IDX1"), "has weight 0.5, and 'IDX1' has 0.60"),
        (("IDX1", "0.6", "2", "IDX1"), "alternate 'IDX1' of 'IDX1' in model 'BALANCED-FUND' is in"),
        (("CORE-DIRECT", "0.6", "2", "IDX1"), "two alternates of rank 2 for 'IDX1'"),
        (("BIL1", "0", "1", "IDX1"), "has rank 1 and stands in for something"),
    ],
)
def test_an_alternate_without_a_place_stands_in_for_nothing(
    folder: Any, cells: tuple[str, ...], says: str
) -> None:
    if cells[0] == "CORE-DIRECT":
        alternate(folder, "IDX2", "0.6")
    if cells[0] == "BIL1":
        folder.remove("models", "component", "BIL1")
    alternate(folder, *cells)
    book = folder.load()
    said = [found for found in book.findings if found.code == "B0507"]
    assert [says in found.message for found in said] == [True]
    assert said[0].message.endswith(": it stands in for nothing")
    assert not book.frozen


def test_two_components_of_one_weight_are_not_guessed_between(folder: Any) -> None:
    folder.set("models", "component", "INDEX-DIRECT", component="IDX2", weight="0.6")
    folder.edit(
        "models",
        lambda rows: [row.update(weight="0.5") for row in rows if row["component"] in FUND_PARTS],
    )
    folder.remove("models", "component", "BIL1")
    alternate(folder, "CORE-DIRECT", "0.5")
    (found,) = [each for each in folder.load().findings if each.code == "B0507"]
    assert "has the weight of IDX1, AGG1, and does not say" in found.message


FUND_PARTS = ("IDX1", "AGG1")


def test_without_a_price_the_alternate_stands_in(folder: Any) -> None:
    """Nobody holds IDX1, and only BALANCED-FUND names it: then nothing is held back."""
    for table, column in (("lots", "security_id"), ("models", "component")):
        folder.edit(table, lambda rows, column=column: _renamed(rows, column))
    folder.set("models", "model_id", "BALANCED-FUND", component="IDX1")
    alternate(folder, "IDX2", "0.60")
    folder.remove("prices", "security_id", "IDX1")
    book = folder.load()
    (found,) = book.findings
    assert (found.code, found.accounts, found.households) == ("B0401", (), ())
    model = followed(book)
    assert model.weights == {"IDX2": D("0.6"), "AGG1": D("0.38"), "BIL1": D("0.02")}
    assert model.places[0].passed == (("IDX1", f"B0401, {found.message}"),)


def _renamed(rows: list[dict[str, str]], column: str) -> None:
    for row in rows:
        row[column] = "IDX2" if row[column] == "IDX1" else row[column]


def test_what_is_held_without_a_price_is_held_back_all_the_same(folder: Any) -> None:
    alternate(folder, "IDX2", "0.60")
    folder.remove("prices", "security_id", "IDX1")
    book = folder.load()
    assert set(book.frozen) >= RETIREE
    assert "H00004" in book.households_on_hold


def test_an_alternate_without_a_price_is_a_warning(folder: Any) -> None:
    folder.remove("lots", "security_id", "IDX2")
    alternate(folder, "IDX2", "0.60")
    folder.remove("prices", "security_id", "IDX2")
    book = folder.load()
    assert [(found.code, found.severity.value) for found in book.findings] == [("B0401", "warning")]
    assert "it stands in for nothing" in book.findings[0].message
    assert followed(book).weights["IDX1"] == D("0.6")
    assert followed(book).places == ()


def test_an_alternate_that_closes_a_circle(folder: Any) -> None:
    alternate(folder, "BALANCED-FUND", "0.60", "2", "IDX1")
    (found,) = folder.load().findings
    assert (found.code, found.stops) == ("B0501", True)
