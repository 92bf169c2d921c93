"""What each taxpayer has realised, and what it costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolio.household import TaxEntity
from portfolio.tax.brackets import NoBracketsError
from portfolio.tax.ledger import YearToDate, tax_of, year_to_date
from portfolio.tax.year import netting
from tests.portfolio.tax.histories import after, buy, day, sell

D = Decimal
OUTCOME = after(
    buy("a", -400, 100, 10),
    buy("b", 0, 100, 10),
    sell("s1", 10, 50, 20, "a"),
    sell("s2", 50, 50, 12, "b"),
    sell("s3", 60, 20, 5, "b"),
    buy("c", 70, 5, 5, "I1"),
    buy("d", 0, 10, 10, "S1"),
    sell("s4", 400, 10, 30, account="S1"),
)
ENTITY_OF = {"T1": "T", "T2": "T", "S1": "S", "I1": "T", "K1": "T"}


def entity(filing: str = "single", **attributes: str) -> TaxEntity:
    numbers = [D(each) for each in ("0.37", "0.20", "0.37", "0", "0", "0", "0", "0")]
    known = {name: D(value) for name, value in attributes.items()}
    return TaxEntity("T", "H", filing, *numbers, attributes=known)


def test_the_year_to_date_of_each_taxpayer() -> None:
    years = year_to_date(OUTCOME.realised, ENTITY_OF, day(100))
    assert years == {"S": YearToDate(), "T": YearToDate(D(25), D(500), D(25), D(25))}
    assert year_to_date(OUTCOME.realised, ENTITY_OF, day(49))["T"].short == 0
    assert year_to_date(OUTCOME.realised, ENTITY_OF, day(400))["S"] == YearToDate(long=D(200))


def test_stated_rates_where_no_income_is_known() -> None:
    tax = tax_of(entity(), 2026, D(1000), D(2000))
    assert (tax.total, tax.by_brackets) == (netting(entity(), D(1000), D(2000)).tax, False)
    assert tax.total == 770


def test_brackets_where_income_is_known() -> None:
    payer = entity(ordinary_income="68900", rate_state="0.05")
    tax = tax_of(payer, 2026, D(0), D(19_500))
    assert (tax.federal, tax.investment, tax.state) == (2925, 0, 975)
    # 15 % and 5 %: what is stated for both together.
    assert tax.outside == ""


def test_a_rate_outside_of_its_bracket_is_said() -> None:
    tax = tax_of(entity(ordinary_income="68900"), 2026, D(0), D(10_000))
    assert tax.outside == (
        "gains of $10,000.00 are taxed 15.00% by the brackets of 2026 (15%), "
        "20.00% at the stated rates: $500.00 less than said"
    )
    rich = tax_of(entity(ordinary_income="900000", magi_other="150000"), 2026, D(0), D(10_000))
    assert (rich.federal, rich.investment, rich.outside) == (2000, 0, "")


def test_every_bracket_that_gains_reach_is_named() -> None:
    """Joint filers of 2026 with $560,000: the 35% bracket, then 15% up to $613,700, then 20%; and
    3.8% of all gains, because income alone is above $250,000."""
    payer = entity("joint", ordinary_income="560000", rate_state="0.05")
    tax = tax_of(payer, 2026, D(20_000), D(100_000))
    assert tax.federal == D("0.35") * 20_000 + D("0.15") * 33_700 + D("0.20") * 66_300
    assert (tax.investment, tax.state) == (D("0.038") * 120_000, D("0.05") * 120_000)
    assert tax.outside == (
        "gains of $120,000.00 are taxed 29.90% by the brackets of 2026 (35%; 15% up to $613,700, "
        "20% beyond; 3.8% net investment income tax above $250,000; a flat state tax of 5%), "
        "22.83% at the stated rates: $8,475.00 more than said"
    )


def test_the_tax_on_investment_income_is_added() -> None:
    tax = tax_of(entity(ordinary_income="900000", magi_other="199000"), 2026, D(0), D(10_000))
    assert tax.investment == D("0.038") * 9_000


def test_a_net_loss_saves_at_the_bracket_and_carries_the_rest() -> None:
    tax = tax_of(entity(ordinary_income="68900", rate_state="0.05"), 2026, D(-5000), D(0))
    assert (tax.federal, tax.state) == (-D("0.22") * 3000, -150)
    assert tax.net.carried_short == 2000
    assert tax.outside == (
        "a loss of $3,000.00 taken from income saves 27.00% by the brackets of 2026 (22%; a flat "
        "state tax of 5%), 37.00% at the stated rates: $300.00 less than said"
    )


def test_little_income_keeps_the_carryover() -> None:
    tax = tax_of(entity(ordinary_income="1000"), 2026, D(-5000), D(0))
    assert (tax.federal, tax.net.carried_short) == (-100, 4000)
    assert tax.outside.endswith(
        ". its income uses up less of the loss than $3,000.00: losses of $4,000.00 short-term and "
        "$0.00 long-term are carried on"
    )


def test_a_year_without_brackets_is_an_error() -> None:
    with pytest.raises(NoBracketsError):
        tax_of(entity(ordinary_income="1"), 2050, D(1), D(1))
