"""What is kept of the names behind a fund, from one household to the next."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from compiler.directives.band import WeightBand
from compiler.statements import HouseholdPolicy
from portfolio.household import Household
from tests.by_hand import breaches, policy, usual

BUY = "+500 FND TX"


def inside(home: Household, *, sector: str | None = None, part: str | None = None) -> Household:
    """The household with another sector of the names behind FND, or another part of the first."""
    securities, held = dict(home.securities), dict(home.constituents["FND"])
    if sector is not None:
        securities |= {name: replace(home.securities[name], sector=sector) for name in held}
    if part is not None:
        held[next(iter(held))] = Decimal(part)
    return replace(home, securities=securities, constituents={"FND": held})


def said(home: Household, rules: HouseholdPolicy) -> list[str]:
    return [breach.message for breach in breaches(home, rules, BUY)]


@pytest.mark.parametrize(
    "rule",
    [
        "keep each sector at most 1% of account",
        'keep each sector at most 1% of account\n    except "BBB"',
        'keep each sector at most 1% of account where sector is "Energy"',
        "keep each sector at most 1% of account where price > $1",
    ],
)
def test_answers_follow_rows_and_parts(rule: str) -> None:
    """The same statement, asked of households in turn, says of each what a new one says."""
    first = usual()
    homes = (first, inside(first, sector="Energy"), first, inside(first, part="0.01"), first)
    kept = policy(first, rule)
    for home in homes:
        assert said(home, kept) == said(home, policy(home, rule))
    assert len({tuple(said(home, kept)) for home in homes}) > 1


def test_a_row_decides_only_without_exceptions() -> None:
    """Where more than the row decides, nothing is kept for the next household."""
    for rule, is_kept in (
        ("keep each sector at most 1% of account", True),
        ('keep each sector at most 1% of account\n    except "BBB"', False),
        ("keep each sector at most 1% of account where price > $1", False),
    ):
        home = usual()
        rules = policy(home, rule)
        said(home, rules)
        (band,) = (s.directive for s in rules.statements if isinstance(s.directive, WeightBand))
        assert bool(band._known_if) is is_kept
