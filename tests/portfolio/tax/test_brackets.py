"""Brackets and the tax on net investment income."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.tax.brackets import (
    NoBracketsError,
    brackets,
    gain_tax,
    income_tax,
    ordinary_tax,
)
from portfolio.tax.brackets_by_year import BRACKETS
from portfolio.tax.net_investment import investment_income, net_investment_tax, threshold

D = Decimal
PARAMETERS = Path(__file__).resolve().parents[4] / "shared/data/tax/policy_current_law.json"
LAWS = st.sampled_from(sorted(BRACKETS)).map(lambda key: brackets(*key))
DOLLARS = st.decimals(-100_000, 2_000_000, places=2)


def test_a_joint_return_of_2025() -> None:
    law = brackets(2025, "joint")
    assert income_tax(D(136_967), D(5_764), law) == D("20825.34")
    assert gain_tax(D(136_967), D(0), D(5_764), law) == D("864.60")


def test_deductions_left_over_shelter_gains() -> None:
    assert income_tax(D(-6_100), D(60_000), brackets(2026, "single")) == D("667.50")


def test_the_zero_bracket_ends_inclusive() -> None:
    law = brackets(2026, "single")
    assert income_tax(D(0), D(49_450), law) == 0
    assert income_tax(D(0), D(49_451), law) == D("0.15")


def test_gain_where_ordinary_rates_are_lower() -> None:
    """The 15 % on gain begins below the 22 % on income: in between it would cost more."""
    law = brackets(2026, "single")
    assert gain_tax(D(49_450), D(0), D(950), law) == gain_tax(D(49_450), D(950), D(0), law) == 114


def test_the_top_rates() -> None:
    law = brackets(2026, "single")
    assert ordinary_tax(D(1_000_001), law) - ordinary_tax(D(1_000_000), law) == D("0.37")
    assert gain_tax(D(1_000_000), D(0), D(100), law) == 20
    assert gain_tax(D(1_000_000), D(100), D(0), law) == 37


@given(LAWS, DOLLARS, DOLLARS)
def test_gain_never_costs_more_for_being_long(law, ordinary, gains) -> None:  # type: ignore[no-untyped-def]
    gains = abs(gains)
    long = income_tax(ordinary, gains, law)
    assert 0 <= long <= income_tax(ordinary + gains, D(0), law)
    assert long >= ordinary_tax(ordinary, law)


@given(LAWS, DOLLARS, DOLLARS, st.decimals(0, 1000, places=2))
def test_a_dollar_more_is_never_taxed_less(law, ordinary, gains, more) -> None:  # type: ignore[no-untyped-def]
    gains = abs(gains)
    tax = income_tax(ordinary, gains, law)
    assert tax <= income_tax(ordinary + more, gains, law) <= tax + more
    assert tax <= income_tax(ordinary, gains + more, law) <= tax + more


def test_brackets_ascend() -> None:
    for ordinary, gains in BRACKETS.values():
        assert list(ordinary) == sorted(set(ordinary))
        assert gains[0] < gains[1]


def test_no_brackets_of_a_year_that_is_not_known() -> None:
    with pytest.raises(NoBracketsError, match="no brackets of 1999 for single"):
        brackets(1999, "single")


WRONG_THERE = {(2023, "separate", 6)}
"""Rev. Proc. 2022-38: 37 % begins at $346,875 for separate returns; taxcalc has another."""


def test_against_the_parameters_of_taxcalc() -> None:
    if not PARAMETERS.is_file():
        pytest.skip("no tax parameters at ../shared/data/tax")
    known = json.loads(PARAMETERS.read_text(encoding="utf-8"))
    names = {"single": "single", "joint": "mjoint", "separate": "mseparate", "head": "headhh"}

    def value(name: str, year: int, filing: str) -> int:
        (found,) = [
            each["value"]
            for each in known[name]["value"]
            if (each["year"], each.get("MARS")) == (year, names[filing])
        ]
        return int(found)

    compared = 0
    for (year, filing), (ordinary, gains) in BRACKETS.items():
        if filing == "trust":
            continue
        for number, top in enumerate(ordinary, start=1):
            if (year, filing, number) not in WRONG_THERE:
                assert top == value(f"II_brk{number}", year, filing), (year, filing, number)
                compared += 1
        assert list(gains) == [value(f"CG_brk{number}", year, filing) for number in (1, 2)]
    assert compared == 4 * 4 * 6 - 1


# --- net investment income -----------------------------------------------------------------------


def test_the_lesser_of_income_and_excess() -> None:
    assert net_investment_tax(D(90_000), D(270_000), "single") == 2_660
    assert net_investment_tax(D(15_000), D(195_000), "single") == 0
    assert net_investment_tax(D(25_000), D(260_000), "joint") == 380
    assert net_investment_tax(D(25_000), D(130_000), "separate") == 190


def test_a_loss_lowers_other_income_by_what_is_deducted() -> None:
    assert investment_income(D(5_000), D(-30_000), "single") == 2_000
    assert investment_income(D(5_000), D(-30_000), "separate") == 3_500
    assert net_investment_tax(D(-1), D(300_000), "single") == 0


def test_a_trust_pays_from_its_highest_bracket_on() -> None:
    assert threshold("trust", 2025) == 15_650
    with pytest.raises(NoBracketsError):
        threshold("trust")
