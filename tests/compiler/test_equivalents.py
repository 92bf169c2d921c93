"""Equivalence classes of the book, by hand: one line lets them count as one, or stand in.

AAA and XXX are of one class, CCC and FND of another; TX holds 20% AAA, 30% BBB, 10% CCC, 20% FND.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from compiler.layers import household_policy
from compiler.target import target, with_doubts_said
from policydsl.chosen import with_chosen_models
from portfolio.book import load_book
from portfolio.household import Household
from portfolio.models import Part, published
from portfolio.synth import synthesise
from tests.by_hand import checked_layers, household, model_allows, policy, usual

CLASSES = {"AAA": "BROAD", "XXX": "BROAD", "CCC": "NARROW", "FND": "NARROW"}
EACH = "treat each equivalence_class as one for drift"
INSTEAD = "replace barred with equivalents"


def classed(home: Household, classes: Mapping[str, str] = CLASSES) -> Household:
    securities = {
        name: replace(each, equivalence_class=classes.get(name, name))
        for name, each in home.securities.items()
    }
    return replace(home, securities=securities)


def modelled(**weights: str) -> Household:
    home = household(*usual().accounts, models={"CORE": weights})
    return classed(home)


def weights(home: Household, *rules: str) -> str:
    found = target(home, home.accounts[0], policy(home, *rules))
    return " ".join(f"{name} {weight * 100:.0f}" for name, weight in sorted(found.items()))


# --- one for drift -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "BBB 20 CCC 40 XXX 40"),
        # AAA, held, stands in for XXX as far as it goes; FND and CCC for CCC.
        ([EACH], "AAA 20 BBB 20 CCC 20 FND 20 XXX 20"),
        ([f'{EACH}\nexcept "FND"'], "AAA 20 BBB 20 CCC 40 XXX 20"),
        ([f'{EACH} where kind is "stock"'], "AAA 20 BBB 20 CCC 40 XXX 20"),
        (["treat each sector as one for drift"], "AAA 8 BBB 12 CCC 40 XXX 40"),
    ],
)
def test_each_class_meets_its_own_target(lines: list[str], expected: str) -> None:
    assert weights(modelled(XXX="0.4", BBB="0.2", CCC="0.4"), *lines) == expected


def test_classes_of_the_book_say_nothing_of_wash_sales() -> None:
    """b1 is at a loss; a purchase of its equivalent washes it where a line says identical."""
    home = classed(usual(), {"AAA": "ONE", "BBB": "ONE"})
    trades, no_wash = "-10 b1, +5 AAA IRA", "prevent wash sales across household"
    assert model_allows(home, policy(home, no_wash, EACH), trades)
    line = "treat each equivalence_class as identical for wash sales"
    assert not model_allows(home, policy(home, no_wash, line), trades)


@pytest.mark.parametrize(
    ("other", "says"),
    [('"AAA", "BBB"', "puts it in two classes: AAA"), ('"BBB", "DDD"', "")],
)
def test_a_security_is_in_one_class_of_a_layer(other: str, says: str) -> None:
    home = modelled(XXX="0.4", BBB="0.2", CCC="0.4")
    rules = f"rule a\n    {EACH}\nrule b\n    treat {other} as one for drift\n"
    held = household_policy(checked_layers({"ipc": rules}), home).held
    assert bool(held) is bool(says)


# --- what may not be bought ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], "BBB 20 CCC 40 XXX 40"),
        (['never hold "XXX"'], "AAA 40 BBB 20 CCC 40"),
        (['never hold "XXX"', 'never buy "AAA"'], "BBB 33 CCC 67"),
        # What is held of a class goes first: FND, not by its ticker.
        (['never hold "CCC"'], "BBB 20 FND 40 XXX 40"),
        # What may be kept keeps its place.
        (['never buy "CCC"'], "BBB 20 CCC 10 FND 30 XXX 40"),
        # A line of the policy for the security itself goes first.
        (['never hold "XXX"', 'replace "XXX" with "DDD"'], "BBB 20 CCC 40 DDD 40"),
        # What may replace things is bounded for equivalents too.
        (['never hold "XXX"', 'only replace anything with "DDD"'], "BBB 33 CCC 67"),
    ],
)
def test_an_equivalent_stands_in(rules: list[str], expected: str) -> None:
    assert weights(modelled(XXX="0.4", BBB="0.2", CCC="0.4"), INSTEAD, *rules) == expected


def test_an_exception_is_left_to_its_asset_class() -> None:
    home = modelled(XXX="0.4", BBB="0.2", CCC="0.4")
    line = f'{INSTEAD}\nexcept "XXX"'
    assert weights(home, line, 'never hold "XXX"') == "BBB 33 CCC 67"


def test_alternates_of_the_model_go_before_equivalents() -> None:
    parts = [Part(Decimal("0.5"), ("XXX", "BBB"))]
    home = replace(classed(usual()), models=published({"CORE": parts}, {}))
    assert weights(home, INSTEAD, 'never hold "XXX"') == "BBB 50"
    assert weights(home, INSTEAD, 'never hold "XXX", "BBB"') == "AAA 50"


def test_what_stands_in_is_said() -> None:
    home = modelled(XXX="0.4", BBB="0.2")
    agreed = policy(home, INSTEAD, 'never hold "XXX", "BBB"')
    why = 'never hold "XXX", "BBB" [r2, 0.policy:6]; replace barred with equivalents [r1, '
    remarks = with_doubts_said(agreed, home).remarks
    assert [each for each in remarks if each.startswith("TX")] == [
        f"TX: AAA (an equivalent) stands in for 40% XXX: {why}0.policy:3]",
        "TX: r1 (0.policy:3) finds no equivalent of BBB that the account may buy",
    ]


def test_a_snapshot_has_the_classes_that_the_policy_needs(tmp_path: Path) -> None:
    """AGG2 is of the class of AGG1, which funds hold and models name."""
    synthesise(tmp_path, households=2, securities=20, seed=3, as_of=usual().as_of)
    for line, known in ((EACH, False), (INSTEAD, True)):
        typed = checked_layers({"ipc": f"rule a\n    {line}\n"})
        book = with_chosen_models(load_book(tmp_path), typed)
        home = book.household("H00002")
        assert ("AGG2" in home.securities) is known, line
