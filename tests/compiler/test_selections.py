"""Which securities and lots a directive is about."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from compiler.attributes import Environment


@pytest.fixture
def selected(load, check, household):
    """The securities, and the lots, that a selection picks, and those it cannot tell."""

    def pick(things: str, defines: str = ""):
        typed = check(
            load({"a.policy": f"layer firm\n{defines}\nrule f.x\n  never sell {things}\n"})
        )
        assert typed.diagnostics == ()
        selection = typed.statements[0].directive.things
        securities = {
            name: selection.security(Environment(household, None, security))
            for name, security in household.securities.items()
        }
        lots = {
            lot.security_id: selection.lot(
                Environment(household, account, household.securities[lot.security_id], lot)
            )
            for account in household.accounts
            for lot in account.lots
        }
        return selection, securities, lots

    return pick


def names(truths: dict[str, bool | None], wanted: bool | None = True) -> str:
    return " ".join(name for name, truth in sorted(truths.items()) if truth is wanted)


@pytest.mark.parametrize(
    ("things", "chosen", "unknown"),
    [
        ("anything", "ALFA BRVO CHRL FUND", ""),
        ('"ALFA", "FUND"', "ALFA FUND", ""),
        ('anything where kind is "etf"', "FUND", ""),
        ("anything where revenue.tobacco at least 5%", "ALFA", "CHRL"),
        ('"ALFA", "BRVO" where industry is "Banks"', "BRVO", ""),
        ("smokes", "ALFA", "CHRL"),
        ('smokes, "CHRL"', "ALFA CHRL", ""),
        ("anything where smokes", "ALFA", "CHRL"),
        ("anything where not smokes", "BRVO FUND", "CHRL"),
        ('both where industry is "Tobacco"', "ALFA", ""),
    ],
)
def test_securities(selected, things: str, chosen: str, unknown: str) -> None:
    defines = (
        'define smokes as anything where revenue.tobacco at least 5%\ndefine both as smokes, "BRVO"'
    )
    selection, securities, lots = selected(things, defines)
    assert not selection.lot_level
    assert names(securities) == chosen
    assert names(securities, None) == unknown
    assert lots == securities
    assert selection.describe() == things


def test_lots_are_told_apart_where_lot_is_mentioned(selected) -> None:
    selection, securities, lots = selected(
        'anything where kind is "stock" and lot.acquired before 2026-01-01'
    )
    assert selection.lot_level
    assert names(securities) == "ALFA BRVO CHRL"
    assert names(lots) == "ALFA CHRL"


def test_a_group_of_lots_makes_the_selection_lot_level(selected) -> None:
    selection, securities, lots = selected(
        'old where kind is "stock"', "define old as anything where lot.long_term"
    )
    assert selection.lot_level
    assert names(securities) == "ALFA BRVO CHRL"
    assert names(lots) == "ALFA"


def test_an_answer_is_the_row_s_that_was_asked(selected, household) -> None:
    """A selection is asked by thousands of households: what a security alone decides is kept, and
    only for that very row."""
    name, security = next(iter(household.securities.items()))
    selection, before, _ = selected(f'anything where ticker is "{security.ticker}"')
    assert selection.fixed
    assert before[name] is True
    renamed = replace(security, ticker="OTHER")
    assert selection.security(Environment(household, None, renamed)) is False
    assert selection.security(Environment(household, None, security)) is True


def test_what_a_price_decides_is_asked_of_each_household(selected, household) -> None:
    name, security = next(iter(household.securities.items()))
    selection, before, _ = selected("anything where price above $0.01")
    assert not selection.fixed
    assert before[name] is True
    cheap = replace(household, prices={**household.prices, name: Decimal("0.001")})
    assert selection.security(Environment(cheap, None, security)) is False


@pytest.mark.parametrize(
    "condition", ["lot.age above 30 days", "lot.gain above $1", "position.weight above 1%"]
)
def test_nothing_of_lots_accounts_or_days_is_a_security_s_alone(selected, condition) -> None:
    selection, _, _ = selected(f'anything where {condition} and kind is "stock"')
    assert not selection.fixed
