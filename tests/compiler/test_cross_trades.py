"""`prevent cross trades`: exact check and model against orders of other clients, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.raisable import raisable
from compiler.statements import HouseholdPolicy, Meeting
from portfolio.household import Household
from tests.by_hand import breaches, in_the_target, model_allows, policy, usual

YES, NO = True, False
FIRM, ADVISOR = "prevent cross trades across firm", "prevent cross trades across advisor"
PROGRAM = "prevent cross trades across program"


def home() -> Household:
    """The usual household: advisor ADV1, the IRA in a program, the taxable account in none."""
    found = usual()
    taxable, ira = found.accounts
    return replace(found, advisor="ADV1", accounts=(taxable, replace(ira, program="CORE")))


def facing(rule: str, *met: Meeting) -> HouseholdPolicy:
    found = policy(home(), rule)
    statements = (
        replace(scope, facing=frozenset(met)) if scope.statement.rule_id == "r1" else scope
        for scope in found.statements
    )
    return replace(found, statements=tuple(statements))


@pytest.mark.parametrize(
    ("rule", "met", "trades", "allowed"),
    [
        (FIRM, ("", "AAA", "sell"), "+10 AAA TX", NO),
        (FIRM, ("", "AAA", "sell"), "+10 AAA IRA", NO),
        (FIRM, ("", "AAA", "sell"), "-10 a1", YES),
        (FIRM, ("", "AAA", "sell"), "+10 CCC TX", YES),
        (FIRM, ("", "AAA", "buy"), "-10 a1", NO),
        (FIRM, ("", "AAA", "buy"), "-10 ia1", NO),
        (FIRM, ("", "AAA", "buy"), "+10 AAA TX", YES),
        # Its own accounts may stand on both sides: a client does not cross with itself.
        (FIRM, ("", "CCC", "sell"), "-10 a1, +10 AAA IRA", YES),
        # A fund is not what it holds.
        (FIRM, ("", "FND", "sell"), "+10 AAA TX", YES),
        (ADVISOR, ("ADV1", "AAA", "sell"), "+10 AAA TX", NO),
        (ADVISOR, ("ADV2", "AAA", "sell"), "+10 AAA TX", YES),
        (PROGRAM, ("CORE", "AAA", "sell"), "+10 AAA IRA", NO),
        (PROGRAM, ("CORE", "AAA", "sell"), "+10 AAA TX", YES),
        (PROGRAM, ("OTHER", "AAA", "sell"), "+10 AAA IRA", YES),
        (f'{FIRM}\nexcept "AAA"', ("", "AAA", "sell"), "+10 AAA TX", YES),
        (f'{FIRM}\nexcept "CCC"', ("", "AAA", "sell"), "+10 AAA TX", NO),
        (f'{FIRM} where kind is "stock"', ("", "DDD", "sell"), "+10 DDD TX", YES),
        (f'{FIRM} where kind is "stock"', ("", "AAA", "sell"), "+10 AAA TX", NO),
        (f'{FIRM}\nwhen account.type is "roth_ira"', ("", "AAA", "sell"), "+10 AAA TX", YES),
        (f'{FIRM}\nwhen account.type is "roth_ira"', ("", "AAA", "sell"), "+10 AAA IRA", NO),
        # CCC's oil revenue is blank: it may be meant, and so it is.
        (f"{FIRM} where revenue.oil at least 5%", ("", "CCC", "sell"), "+10 CCC TX", NO),
        (
            f"{FIRM} where revenue.oil at least 5%\nmissing counts as allowed",
            ("", "CCC", "sell"),
            "+10 CCC TX",
            YES,
        ),
    ],
)
def test_by_hand(rule: str, met: Meeting, trades: str, allowed: bool) -> None:
    rules = facing(rule, met)
    found = breaches(home(), rules, trades)
    assert bool(found) is not allowed, found
    assert all(breach.key == "r1" for breach in found)
    assert model_allows(home(), rules, trades) is allowed


def test_a_breach_says_what_met_whom() -> None:
    (breach,) = breaches(home(), facing(FIRM, ("", "AAA", "buy")), "-10 a1, -5 c1")
    assert breach.message == (
        "$1,000.00 of AAA sold in TX, and another client buys it: prevent cross trades across firm"
    )


NAMES = ("AAA", "BBB", "CCC", "DDD")
MEETINGS = st.frozensets(
    st.tuples(
        st.sampled_from(["", "ADV1", "CORE"]),
        st.sampled_from(NAMES),
        st.sampled_from(["buy", "sell"]),
    ),
    max_size=6,
)
ORDERS = ("-10 a1", "-7 c1", "-30 ia1", "+10 CCC TX", "+8 DDD TX", "+9 BBB IRA", "+20 CCC IRA")


@settings(max_examples=80, deadline=None)
@given(
    rule=st.sampled_from([FIRM, ADVISOR, PROGRAM, f'{FIRM}\nexcept "CCC"']),
    met=MEETINGS,
    orders=st.lists(st.sampled_from(ORDERS), unique=True, max_size=4),
)
def test_the_model_and_the_check_agree(
    rule: str, met: frozenset[Meeting], orders: list[str]
) -> None:
    rules, trades = facing(rule, *met), ", ".join(orders)
    if not in_the_target(home(), rules, trades):
        return
    allowed = model_allows(home(), policy(home(), rule), trades)
    found = breaches(home(), rules, trades)
    assert model_allows(home(), rules, trades) is (allowed and not found)


def test_what_others_buy_cannot_raise_cash() -> None:
    rules = facing(FIRM, ("", "AAA", "buy"))
    (taxable, _), found = home().accounts, raisable(home(), home().accounts[0], rules)
    free = sum(lot.shares * home().prices[lot.security_id] for lot in taxable.lots[1:])
    assert (found.dollars, found.barred) == (free, {"r1": 20_000})
