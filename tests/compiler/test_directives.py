"""Each line of the language becomes the directive that says it, in the same words."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from compiler.assumptions import Assumptions
from compiler.directives.assumption import ASSUMPTIONS, Assumption
from compiler.directives.band import WeightBand
from compiler.directives.cash import CashBand
from compiler.directives.realized import RealizedLimit

HEAD = (
    'define core as "ALFA", "BRVO"\n'
    'define iras as accounts where account.type is "roth_ira"\nrule h.x\n    '
)


LINES = (
    "never buy core",
    'never sell "ALFA" where lot.acquired before 2001-01-01',
    'never hold anything where industry is "Tobacco" or revenue.tobacco at least 5%',
    "never trade anything",
    "never sell anything where position.weight above 5%",
    "never buy anything where inside.core at least 5%",
    "never buy anything where inside.revenue.tobacco above 5%",
    "never buy anything where issuer in household.tags and today after December 1",
    "never sell anything where lot.acquired not in the last 20 trading days",
    'only hold core, "CHRL"',
    "only harvest anything where lot.loss above the larger of $500 and 5% of basis",
    "never harvest anything",
    "only harvest anything where lot.loss above $500 plus $1,500 prorated",
    "only harvest anything where lot.loss above the larger of $2,000 prorated and 5% of basis",
    "never sell anything where lot.gain above 2% of account prorated",
    "prevent wash sales across household",
    "prevent cross trades across firm",
    'prevent cross trades across program where kind is "stock"',
    "keep realized losses at least $10,000 each year per taxpayer",
    "keep realized short losses between $100 and $500 in 2026 per household",
    "keep realized losses at most 1% of account over any 12 months per account",
    "keep cash between 1% and 3% of account",
    "keep cash between $25,000 and the larger of $50,000 and 3% of account",
    "keep cash at least 1% of account minus $500",
    "keep cash at most $50,000 per account",
    "keep each issuer at most 3% of household where core",
    "keep each sector within 3 points of model",
    "keep each sector within 3 points of model per household",
    "keep core at most 3 points above target",
    "keep core at most 3 points below target",
    "keep core between 1 and 3 points above model",
    'keep "ALFA" between 97% and 103% of model',
    "keep core at most $10,000 per account",
    'keep each holding at most 5% of account where country is "US"',
    "keep realized gains at most $60,000 in 2026 per household",
    "keep cash at least 6 months of withdrawals per account",
    "keep cash between 1 month and 6 months of withdrawals per household",
    "keep cash between 20 days of withdrawals and 2 quarters of withdrawals per household",
    "keep cash between 1% of account and 3 months of withdrawals",
    "keep cash at most account.unsettled_cash plus $500",
    "keep cash at most 50% of household.income",
    "keep anything at most 10% of account where issuer is account.custodian",
    "keep core at most the smaller of taxpayer.ordinary_income and 5% of account",
    "keep realized gains at most $450,000 minus household.income each year per household",
    "keep realized gains at most 50% of taxpayer.ordinary_income each year per taxpayer",
    "keep each trade at least 1% of account",
    "keep realized tax at most $25,000 each year prorated per taxpayer",
    "keep realized short gains at most $5,000 each quarter prorated per account",
    "keep taxable gains at most $60,000 each year per taxpayer",
    "keep realized gains at most $60,000 over any 12 months per household",
    "keep turnover at most 20% of account each year",
    "keep turnover at most $50,000 over any 90 days per household",
    "keep average yield at least 2% per account",
    "keep average yield at most 0.25 points below target per account",
    "keep average yield between 0.1 and 0.25 points below model per household",
    "keep average yield within 0.5 points of target per account",
    'keep average price at most $100 per account where country is "US"',
    "keep average yield between 90% and 120% of model per account",
    "keep each trade at least $500",
    'keep each trade at most $10,000 where kind is "etf"',
    "keep settled cash at least $0 per account",
    'keep each holding at least 0.5% of account where country is "US"',
    "keep holdings between 20 and 60",
    'keep trades at most 30 where kind is "stock"',
    "keep tracking error at most 2% per household",
    'use model "ACME"',
    "replace harvested with anything where industry is original.industry",
    "replace harvested with anything where original.correlation at least 0.7",
    "use whole shares",
    "use fractional shares",
    "use minimum tax lots",
    'only replace core with anything where kind is "etf"',
    'treat "ALFA", "BRVO" as one for drift',
    "treat each equivalence_class as one for drift",
    'treat each issuer as one for drift where kind is "etf"',
    "treat each equivalence_class as identical for wash sales",
    "replace barred with equivalents",
    "treat core as identical for wash sales",
    "treat core as one for wash sales",
    'treat "FUND" as constituents for limits',
    "treat anything as absent where lot.acquired before 2001-01-01",
    "keep each asset_class target within 10 points of model",
    "keep each sector target at most 5 points above model",
    "keep each sector target at most 5 points below model",
    "keep each transition at most 3 years",
    "target core at 50% of model",
    'target anything at 40% of account where industry is "Banks"',
    'replace "FUND" with constituents',
    'replace core with "CHRL", "FUND"',
    "use risk aversion 10",
    "use step-up probability 10%",
    "use horizon 1 year",
    "use deferral 10 years",
    'ask "Chief Compliance Officer" before selling core',
    "report trading core where price above $10",
    "report holding anything",
    "pay $6,000 each month on day 1 per household",
    "pay 1% of account each quarter per account",
    "pay $12,000 by December 15 per account",
    "pay $12,000 each year on April 15 per account",
    "pay $12,000.50 by 2026-12-31 per household",
    "reserve $85,000 by 2026-04-10 per household",
    "prefer holding core in iras worth 30 bps",
    'prefer buying "CHRL" over core',
    "prefer trading anything in iras worth 1 bp",
    "prefer selling anything over anything where lot.loss above $0",
    'prefer buying "CHRL" in iras over core worth 2.5 bps',
)
"""Lines as the formatter writes them, one or more of each kind."""


@pytest.fixture
def directive(load, check):
    """The only directive of a household's file that holds one line."""

    def read(line: str, layer: str = 'household "H1"'):
        typed = check(load({"h.policy": f"layer {layer}\n{HEAD}{line}\n"}))
        assert typed.diagnostics == ()
        (statement,) = typed.statements
        return statement.directive

    return read


@pytest.mark.parametrize("line", LINES)
def test_a_line_says_itself(directive, line: str) -> None:
    assert directive(line).sentence() == line


@pytest.mark.parametrize(
    ("line", "low", "high"),
    [
        ("keep core within 3 points of model", "-0.03", "0.03"),
        ("keep core at most 3 points above model", None, "0.03"),
        ("keep core at most 3 points below model", "-0.03", None),
        ("keep core at least 2 points above model", "0.02", None),
        ("keep core at least 2 points below model", None, "-0.02"),
        ("keep core between 1 and 3 points below model", "-0.03", "-0.01"),
    ],
)
def test_points_are_a_range_around_the_reference(
    directive, line: str, low: str | None, high: str | None
) -> None:
    band = directive(line)
    assert isinstance(band, WeightBand)
    ends = [None if end is None else Decimal(end) for end in (low, high)]
    assert [band.low_points, band.high_points] == ends
    assert band.reference == "model"
    assert band.base == "account"


def test_shares_of_the_model(directive) -> None:
    band = directive("keep core between 97% and 103% of model")
    assert (band.relation, band.low_share, band.high_share) == (
        "share",
        Decimal("0.97"),
        Decimal("1.03"),
    )


@pytest.mark.parametrize(
    ("words", "account", "dollars"),
    [
        ("$25,000", 0, "25000"),
        ("3% of account", 0, "300"),
        ("50 bps of account", 0, "50"),
        ("3% of household", 0, "600"),
        ("the larger of $200 and 3% of account", 0, "300"),
        ("the smaller of $200 and 3% of account", 1, "200"),
        ("1% of account minus $40", 1, "60"),
    ],
)
def test_amounts_are_dollars_of_the_household(
    directive, household, words: str, account: int, dollars: str
) -> None:
    band = directive(f"keep cash at most {words} per account")
    assert isinstance(band, CashBand)
    assert band.high is not None
    assert band.high.dollars(household, household.accounts[account]) == Decimal(dollars)


def test_held_away_accounts_are_left_out_of_the_household(directive, household) -> None:
    first, second = household.accounts
    away = replace(household, accounts=(first, replace(second, held_away=True)))
    band = directive("keep cash at most 3% of household")
    assert band.high.dollars(away, None) == Decimal(300)


def test_a_share_of_an_account_needs_one(directive, household) -> None:
    band = directive("keep cash at most 3% of account")
    with pytest.raises(ValueError, match="is not known"):
        band.high.dollars(household, None)


@pytest.mark.parametrize(
    ("layer", "words", "base"),
    [
        ('account "H1-TX"', "$500", "account"),
        ('household "H1"', "$500", "household"),
        ('household "H1"', "$500 per account", "account"),
        ("ipc", "$500 per household", "household"),
        ("ipc", "2% of household", "household"),
        ("ipc", "the larger of $500 and 2% of account", "account"),
    ],
)
def test_whose_dollars(directive, layer: str, words: str, base: str) -> None:
    assert directive(f"keep cash at least {words}", layer).base == base


@pytest.mark.parametrize(
    ("layer", "words", "per"),
    [
        ('account "H1-TX"', "gains at most $5 each year", "account"),
        ('account "H1-TX"', "tax at most $5 each year", "taxpayer"),
        ('household "H1"', "tax at most $5 in 2026", "household"),
        ("firm", "gains at most $5 each year per taxpayer", "taxpayer"),
    ],
)
def test_whose_gains(directive, layer: str, words: str, per: str) -> None:
    limit = directive(f"keep realized {words}", layer)
    assert isinstance(limit, RealizedLimit)
    assert limit.per == per


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("use trading cost 2 bps", "trading_cost", "0.0002"),
        ("use horizon 6 months", "horizon", "0.5"),
        ("use discount rate 5%", "discount_rate", "0.05"),
        ("use value of carried losses 12%", "carried_losses", "0.12"),
    ],
)
def test_assumptions_in_their_units(directive, line: str, field: str, value: str) -> None:
    assumed = directive(line)
    assert isinstance(assumed, Assumption)
    assert (assumed.field, assumed.value) == (field, Decimal(value))


def test_the_objective_knows_every_assumption() -> None:
    known = {field.name for field in fields(Assumptions)}
    assert {each.field for each in ASSUMPTIONS.values()} == known
