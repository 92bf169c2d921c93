"""What funds hold counts beside what is held directly, by hand; model and exact check agree.

FND is half AAA (Tech), 30% CCC (Health), 20% XXX (Energy). TOP is half FND and 40% BBB (Tech); the
book does not list its last 10%. Seen through, TOP is 25% AAA, 40% BBB, 15% CCC and 10% XXX.

TX holds $100,000: cash 40,000, AAA 20,000, FND 20,000, TOP 20,000 at $20. IRA holds $50,000: cash
10,000, AAA 40,000. So TX has of AAA 20,000 + 10,000 + 5,000, of XXX 4,000 + 2,000.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from compiler.model import compile_household
from compiler.target import target, with_doubts_said
from portfolio.household import Household
from portfolio.lookthrough import flatten_funds
from tests.by_hand import (
    CONSTITUENTS,
    MARKET,
    account,
    both,
    household,
    lot,
    policy,
    security,
)

TOP = {"FND": Decimal("0.5"), "BBB": Decimal("0.4")}
FUNDS = flatten_funds({**CONSTITUENTS, "TOP": TOP})
CORE = {"AAA": "0.3", "CCC": "0.2", "FND": "0.2", "TOP": "0.2"}
ENERGY = 'define energy as anything where sector is "Energy"\nrule r\n    '
YES, NO = True, False


def home() -> Household:
    taxable = account(
        "TX",
        40_000,
        lot("a1", "AAA", 200, 10_000),
        lot("f1", "FND", 500, 15_000),
        lot("t1", "TOP", 1000, 15_000),
    )
    ira = account("IRA", 10_000, lot("ia1", "AAA", 400, 40_000), kind="roth_ira")
    top = security("TOP", kind="etf", sector=None), "20"
    return household(taxable, ira, market=(*MARKET, top), constituents=FUNDS, models={"CORE": CORE})


CASES = [
    # one issuer: directly, through a fund, and through a fund of funds
    ("keep each issuer at most 36% of account", "+9 AAA TX", YES),
    ("keep each issuer at most 36% of account", "+11 AAA TX", NO),
    ("keep each issuer at most 36% of account", "+49 FND TX", YES),
    ("keep each issuer at most 36% of account", "+51 FND TX", NO),
    ("keep each issuer at most 36% of account", "+199 TOP TX", YES),
    ("keep each issuer at most 36% of account", "+201 TOP TX", NO),
    # of the household: 35,000 + 40,000 of 150,000, whichever account buys
    ("keep each issuer at most 51% of household", "+14 AAA IRA", YES),
    ("keep each issuer at most 51% of household", "+16 AAA IRA", NO),
    ("keep each issuer at most 51% of household", "+299 TOP TX", YES),
    ("keep each issuer at most 51% of household", "+301 TOP TX", NO),
    ("keep each issuer at most 51% of household", "+9 AAA TX, +204 TOP IRA", NO),
    # a sector that is held through funds only: 6% of TX, and 4% + 2% of the model
    ('keep each sector within 1 points of model where sector is "Energy"', "+499 TOP TX", YES),
    ('keep each sector within 1 points of model where sector is "Energy"', "+501 TOP TX", NO),
    ('keep each sector within 1 points of model where sector is "Energy"', "-124 f1", YES),
    ('keep each sector within 1 points of model where sector is "Energy"', "-126 f1", NO),
    (ENERGY + "keep energy at most 7% of account", "+124 FND TX", YES),
    (ENERGY + "keep energy at most 7% of account", "+126 FND TX", NO),
    # a fund that is named counts as itself, as far as it is held as itself
    ('keep "FND" at most 21% of account', "+24 FND TX", YES),
    ('keep "FND" at most 21% of account', "+26 FND TX", NO),
    ('keep "FND" at most 21% of account', "+499 TOP TX", YES),
    # a screen of names leaves funds alone, unless they are treated as what they hold
    ('never hold "CCC"', "+9 TOP TX", YES),
    ('never hold "CCC"', "+9 CCC TX", NO),
    (
        'rule t\n    treat "TOP" as constituents for limits\nrule r\n    never buy "CCC"',
        "+9 TOP TX",
        NO,
    ),
    (
        'rule t\n    treat "TOP" as constituents for limits\nrule r\n    never buy "CCC"',
        "+9 FND TX",
        YES,
    ),
    # `inside.` counts a fund's share of a group; what the book does not list counts as nothing
    (ENERGY + "never buy anything where inside.energy at least 10%", "+9 TOP TX", NO),
    (ENERGY + "never buy anything where inside.energy above 10%", "+9 TOP TX", YES),
    (ENERGY + "never buy anything where inside.energy above 10%", "+9 FND TX", NO),
    # of oil: half of AAA's 25% for certain, and anything from none to all of CCC's and XXX's 25%
    ("never buy anything where inside.revenue.oil at least 12.5%", "+9 TOP TX", NO),
    ("never buy anything where inside.revenue.oil above 12.5%", "+9 TOP TX", YES),
    (
        "never buy anything where inside.revenue.oil above 12.5%\nmissing counts as excluded",
        "+9 TOP TX",
        NO,
    ),
    (
        "never buy anything where inside.revenue.oil above 37.5%\nmissing counts as excluded",
        "+9 TOP TX",
        YES,
    ),
]


@pytest.mark.parametrize(("rule", "trades", "allowed"), CASES)
def test_holdings_of_funds_count(rule: str, trades: str, allowed: bool) -> None:
    assert both(home(), rule, trades) == (allowed, allowed)


# --- a fund replaced by what it holds ------------------------------------------------------------

SWAP = 'replace "TOP" with constituents'


def weights(held: Household, *rules: str) -> dict[str, str]:
    found = target(held, held.accounts[0], policy(held, *rules))
    return {name: f"{weight * 100:.2f}" for name, weight in sorted(found.items())}


def remarks(held: Household, *rules: str) -> list[str]:
    """What is said of TX, after the rule's name."""
    said = with_doubts_said(policy(held, *rules), held).remarks
    return [each.split(") ", 1)[1] for each in said if each.startswith("TX")]


def test_a_fund_of_funds_is_replaced_by_the_securities_at_its_bottom() -> None:
    """Its 20% in the proportions of the 90% that are listed, and the account is told so."""
    assert weights(home(), SWAP) == {
        "AAA": "35.56",
        "BBB": "8.89",
        "CCC": "23.33",
        "FND": "20.00",
        "XXX": "2.22",
    }
    assert remarks(home(), SWAP) == [
        "replaces TOP with 90% of what it holds: the book has no name or no price for the rest"
    ]
    assert remarks(home(), 'replace "FND" with constituents') == []


def test_a_constituent_without_a_price_leaves_its_place_to_the_others() -> None:
    held = home()
    held = replace(held, prices={k: v for k, v in held.prices.items() if k != "XXX"})
    assert weights(held, 'replace "FND" with constituents')["AAA"] == "42.50"
    assert remarks(held, 'replace "FND" with constituents') == [
        "replaces FND with 80% of what it holds: the book has no name or no price for the rest"
    ]


def test_a_fund_stays_where_the_account_may_buy_nothing_of_it() -> None:
    """A mandate of funds: swapping would leave the account with cash and nothing to buy."""
    barred = 'never buy anything where kind is "stock"'
    assert weights(home(), SWAP, barred) == weights(home())
    assert remarks(home(), SWAP, barred) == [
        "replaces TOP with nothing that the account may buy (r2): it stays"
    ]


def test_a_name_that_may_not_be_held_leaves_its_place_to_the_others() -> None:
    """XXX is 4.44% with the fund gone, and so 4.44% more of the rest of its asset class."""
    found = weights(home(), 'replace "FND" with constituents', 'never hold "XXX"')
    assert found == {"AAA": "41.86", "CCC": "27.21", "TOP": "20.93"}
    assert remarks(home(), 'replace "FND" with constituents', 'never hold "XXX"') == []


def rows_of(home: Household, rule: str) -> set[str]:
    """The places of the rows that a band has."""
    compiled = compile_household(home, policy(home, rule), 0.0)
    blocks = [compiled.physics.tableau.block(key) for key in compiled.statements]
    return {key for block in blocks for key in block.rows("high").keys}


def test_what_no_trade_can_bring_out_of_its_band_has_no_row() -> None:
    """20% of FND is XXX: all of TX in it would be 20% XXX."""
    assert "TX XXX" in rows_of(home(), "keep each issuer at most 19% of account")
    assert "TX XXX" not in rows_of(home(), "keep each issuer at most 21% of account")
    assert "TX AAA" in rows_of(home(), "keep each issuer at most 99% of account")


def test_who_owes_cash_can_hold_more_than_the_account_is_worth() -> None:
    """$100,000 of FND less $10,000 owed: 22.2% of the account is XXX, which may rise no further."""
    owing = account("TX", -10_000, lot("f1", "FND", 2500, 15_000))
    market = (*MARKET, (security("TOP", kind="etf", sector=None), "20"))
    indebted = household(owing, market=market, constituents=FUNDS, models={"CORE": CORE})
    assert "TX XXX" in rows_of(indebted, "keep each issuer at most 21% of account")
    assert "TX XXX" not in rows_of(indebted, "keep each issuer at most 23% of account")
