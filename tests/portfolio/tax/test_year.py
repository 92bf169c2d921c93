"""Netting: every region of gains and losses by hand, its laws, and worked examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.household import TaxEntity
from portfolio.tax import YearTax, in_year, netting, ordinary_limit

DOLLARS = st.integers(-100_000, 100_000).map(Decimal)
CARRIED = st.integers(0, 50_000).map(Decimal)


def entity(filing: str = "single", carry_short: int = 0, carry_long: int = 0) -> TaxEntity:
    """Rates 40% short, 20% long, 30% ordinary; a dollar carried on is worth 10 cents."""
    return TaxEntity(
        id="T",
        household_id="H",
        filing=filing,
        rate_short=Decimal("0.4"),
        rate_long=Decimal("0.2"),
        rate_ordinary=Decimal("0.3"),
        carry_short=Decimal(carry_short),
        carry_long=Decimal(carry_long),
        ytd_short=Decimal(0),
        ytd_long=Decimal(0),
        rate_carry=Decimal("0.1"),
    )


def year(short: int, long: int, **about: Any) -> YearTax:
    return netting(entity(**about), Decimal(short), Decimal(long))


# short, long -> taxable short, taxable long, ordinary offset, carried short, carried long, tax
REGIONS = [
    ("two gains", 10_000, 5_000, (10_000, 5_000, 0, 0, 0, 5_000)),
    ("short loss inside long gain", -4_000, 10_000, (0, 6_000, 0, 0, 0, 1_200)),
    ("long loss inside short gain", 10_000, -4_000, (6_000, 0, 0, 0, 0, 2_400)),
    ("short loss past long gain", -6_000, 4_000, (0, 0, 2_000, 0, 0, -600)),
    ("long loss past short gain", 4_000, -10_000, (0, 0, 3_000, 0, 3_000, -900)),
    ("short loss only", -8_000, 0, (0, 0, 3_000, 5_000, 0, -900)),
    ("two losses, short used first", -2_000, -5_000, (0, 0, 3_000, 0, 4_000, -900)),
    ("exactly the limit", -3_000, 0, (0, 0, 3_000, 0, 0, -900)),
    ("nothing", 0, 0, (0, 0, 0, 0, 0, 0)),
    ("loss equals gain", -7_000, 7_000, (0, 0, 0, 0, 0, 0)),
]


@pytest.mark.parametrize(("name", "short", "long", "expected"), REGIONS, ids=str)
def test_every_region(name: str, short: int, long: int, expected: tuple[int, ...]) -> None:
    result = year(short, long)
    assert (
        result.taxable_short,
        result.taxable_long,
        result.ordinary_offset,
        result.carried_short,
        result.carried_long,
        result.tax,
    ) == expected
    assert result.carry_value == (result.carried_short + result.carried_long) / 10
    assert result.cost == result.tax - result.carry_value


def test_losses_carried_in_keep_their_character() -> None:
    result = year(10_000, 5_000, carry_short=4_000, carry_long=8_000)
    assert (result.net_short, result.net_long) == (6_000, -3_000)
    assert (result.taxable_short, result.taxable_long) == (3_000, 0)


def test_married_filing_separately_takes_half() -> None:
    result = year(-4_000, 0, filing="separate")
    assert (result.ordinary_offset, result.carried_short) == (1_500, 2_500)
    assert ordinary_limit("trust") == ordinary_limit("head") == 3_000


@given(DOLLARS, DOLLARS, CARRIED, CARRIED)
def test_every_dollar_goes_somewhere(
    short: Decimal, long: Decimal, carry_short: Decimal, carry_long: Decimal
) -> None:
    result = netting(entity(carry_short=int(carry_short), carry_long=int(carry_long)), short, long)
    out = result.taxable_short + result.taxable_long - result.ordinary_offset
    carried = result.carried_short + result.carried_long
    assert out - carried == short + long - carry_short - carry_long
    assert min(result.taxable_short, result.taxable_long, result.ordinary_offset, carried) >= 0
    gained = result.taxable_short + result.taxable_long
    assert gained == 0 or result.ordinary_offset == 0
    assert carried == 0 or result.ordinary_offset == 3_000


@given(DOLLARS, DOLLARS, st.integers(1, 10_000))
def test_another_dollar_of_gain_never_costs_less(short: Decimal, long: Decimal, more: int) -> None:
    assert netting(entity(), short + more, long).cost >= netting(entity(), short, long).cost
    assert netting(entity(), short, long + more).cost >= netting(entity(), short, long).cost


def test_worked_examples(tax_cases: Callable[[str], Any]) -> None:
    cases = tax_cases("09_netting_carryover.yaml")
    checked = 0
    for case in (each for each in cases if each["kind"] == "netting"):
        carry_short = carry_long = 0
        for given_, expected in zip(
            case["inputs"]["years"], case["expected"]["years"], strict=True
        ):
            filing = "separate" if given_.get("limit") == 1500 else "single"
            income = given_.get("taxable_income")
            result = netting(
                entity(filing, carry_short, carry_long),
                Decimal(sum(given_.get("st", []))),
                Decimal(sum(given_.get("lt", []))),
                None if income is None else Decimal(income),
            )
            actual = {
                "line7": result.net_short,
                "line15": result.net_long,
                "line16": result.net_short + result.net_long,
                "deduction": result.ordinary_offset,
                "carry_st": result.carried_short,
                "carry_lt": result.carried_long,
                "net_capital_gain": result.taxable_long,
            }
            assert {key: actual[key] for key in expected} == expected, case["id"]
            carry_short, carry_long = int(result.carried_short), int(result.carried_long)
            checked += 1
    assert checked > 10


def test_in_a_new_year_nothing_is_realised_and_losses_are_carried_on() -> None:
    """2,000 of short gains and 9,000 of long losses in the year, 5,000 of short losses carried in:
    the net short loss of 3,000 is used up against ordinary income, the long one is carried on."""
    before = replace(entity(carry_short=5_000), ytd_short=Decimal(2_000), ytd_long=Decimal(-9_000))
    after = in_year(before, 1)
    assert (after.ytd_short, after.ytd_long) == (0, 0)
    assert (after.carry_short, after.carry_long) == (0, 9_000)
    assert in_year(before, 3).carry_long == 3_000
    assert in_year(before, 0) == before
    gained = in_year(replace(before, ytd_short=Decimal(20_000), ytd_long=Decimal(1_000)), 1)
    assert (gained.carry_short, gained.carry_long) == (0, 0)
