"""Amounts that depend on attributes and flows, and what a missing value does to them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from compiler.attributes import Environment
from compiler.dimensions import Duration
from compiler.effective import effective
from compiler.effective_report import render_effective
from compiler.flow_sums import FlowSum
from compiler.layers import Status, fold, household_policy
from grammar.tree import Unit
from portfolio.household import Flow
from tests.by_hand import AS_OF, breaches, model_allows, policy, taxpayer, usual

PAGE = Path(__file__).parents[2] / "docs" / "errors" / "E0412.md"
INCOME = "keep realized gains at most $450,000 minus household.income each year per household"


def flow(account: str, day: str, amount: int, kind: str = "withdrawal") -> Flow:
    return Flow(account, date.fromisoformat(day), Decimal(amount), kind)


FLOWS = (
    # Today is Monday 2026-06-15; trades settle on the 16th, those of the next session on the 17th.
    flow("TX", "2026-06-15", -1),
    flow("TX", "2026-06-16", -10),
    flow("TX", "2026-06-17", -100),
    flow("TX", "2026-07-15", -1_000),
    flow("TX", "2026-07-16", -10_000),
    flow("TX", "2026-07-01", -5, "fee"),
    flow("TX", "2026-07-01", 7, "deposit"),
    flow("IRA", "2026-07-01", -100_000),
)


@pytest.mark.parametrize(
    ("count", "unit", "flows", "account", "household"),
    [
        (1, Unit.MONTHS, "withdrawals", 1_100, 101_100),
        (31, Unit.DAYS, "withdrawals", 11_100, 111_100),
        (1, Unit.DAYS, "withdrawals", 0, 0),
        (2, Unit.DAYS, "withdrawals", 100, 100),
        (12, Unit.MONTHS, "deposits", 7, 7),
        (1, Unit.TRADING_DAYS, "deposits", 0, 0),
    ],
)
def test_flows_ahead_are_counted_once(
    count: int, unit: Unit, flows: str, account: int, household: int
) -> None:
    """What leaves before a later trade could raise it is off today's cash already."""
    home = replace(usual(), flows=FLOWS)
    total = FlowSum(Duration(Decimal(count), unit), flows)
    assert total.value(Environment(home, home.accounts[0])) == account
    assert total.value(Environment(home)) == household


def test_flows_of_accounts_held_away_count_nowhere() -> None:
    home = replace(usual(), flows=FLOWS)
    tx, ira = home.accounts
    home = replace(home, accounts=(tx, replace(ira, held_away=True)))
    total = FlowSum(Duration(Decimal(1), Unit.MONTHS), "withdrawals")
    assert total.value(Environment(home)) == 1_100


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("keep cash at least 6 months per account", "E0301"),
        ("keep cash at least 5% of withdrawals", "E0301"),
        ("keep cash at least 6 months of account", "E0301"),
        ("keep cash at least 13 months of withdrawals", "E0308"),
        ("keep cash at least 6 months of withdrawals", "E0304"),
        ("keep cash at most 5% of basis", "E0301"),
        ("keep cash at most price per account", "E0305"),
        ("keep cash at most account.type", "E0305"),
        ("keep cash at most account.valu", "E0201"),
        ("keep cash at most account.unsettled_cash per household", "E0308"),
        ("keep realized gains at most taxpayer.carry_long each year per household", "E0308"),
    ],
)
def test_amounts_that_say_too_little(load, check, line: str, code: str) -> None:
    typed = check(load({"a.policy": f"layer ipc\nrule a.b\n    {line}\n"}))
    assert [each.code for each in typed.diagnostics] == [code]


# --- missing values ------------------------------------------------------------------------------


def of_household(load, check, household, text: str):
    typed = check(load({"a.policy": text}))
    assert typed.diagnostics == ()
    return typed, household_policy(typed, household)


def test_the_page_shows_what_holds_an_account_and_what_frees_it(load, check, household) -> None:
    wrong, right = re.findall(r"^```\n(.*?)```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    _, held = of_household(load, check, household, wrong)
    assert held.held == {"H1-TX": ("E0412 a.policy:3",), "H1-IRA": ("E0412 a.policy:3",)}
    assert not held.statements
    assert not of_household(load, check, household, right)[1].held
    known = replace(household, attributes={"income": Decimal(100)})
    assert not of_household(load, check, known, wrong)[1].held


def test_effective_says_whose_value_is_missing(load, check, household) -> None:
    text = f"layer ipc\nrule a.b\n    {INCOME}\n"
    typed, _ = of_household(load, check, household, text)
    shown = render_effective(effective(typed, household, "H1-TX"), {"a.policy": text})
    assert "`household.income` of H1 is missing" in shown
    assert "EXCEPTION: 1 error" in shown


def test_only_the_account_that_lacks_the_value_is_held(load, check, household) -> None:
    text = "layer ipc\nrule a.b\n    keep cash at least taxpayer.ordinary_income minus $1\n"
    first, second = household.accounts
    entity = household.tax_entities["T1"]
    known = replace(entity, id="T2", attributes={"ordinary_income": Decimal(9)})
    home = replace(
        household,
        accounts=(first, replace(second, tax_entity_id="T2")),
        tax_entities={"T1": entity, "T2": known},
    )
    agreed = of_household(load, check, home, text)[1]
    assert agreed.held == {"H1-TX": ("E0412 a.policy:3",)}
    assert [each.accounts for each in agreed.statements] == [("H1-IRA",)]


def test_a_note_without_its_value_reports_nothing_and_holds_nobody(load, check, household) -> None:
    text = f"layer ipc\nnote a.b\n    {INCOME}\n"
    typed, agreed = of_household(load, check, household, text)
    assert not agreed.held
    assert not agreed.notes
    (standing,) = fold(typed, household, household.accounts[0]).standings
    assert standing.status is Status.UNKNOWN


def test_a_value_that_was_replaced_needs_no_data(load, check, household) -> None:
    text = f"layer ipc\ndefault a.b\n    {INCOME}\n    allow household to set\n"
    chosen = 'layer household "H1"\nset a.b to at most $5,000\n'
    typed = check(load({"a.policy": text, "h.policy": chosen}))
    assert typed.diagnostics == ()
    assert not household_policy(typed, household).held


OIL = "revenue.oil at least 5%"


@pytest.mark.parametrize(
    ("clause", "barred"),
    [
        ("", {"AAA"}),
        ("missing counts as allowed", {"AAA"}),
        ("missing counts as excluded", {"AAA", "CCC"}),
        ("missing counts as 0%", {"AAA"}),
        ("missing counts as 4.99%", {"AAA"}),
        ("missing counts as 5%", {"AAA", "CCC"}),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_blanks_are_read_as_the_value(clause: str, barred: set[str], named: bool) -> None:
    """AAA has half its revenue from oil, BBB none, CCC is not known; DDD and FND are funds."""
    home = usual()
    rule = f"never buy {'oily' if named else f'anything where {OIL}'}\n{clause}"
    texts = [f"define oily as anything where {OIL}\nrule r1\n{rule}\n"] if named else [rule]
    rules = policy(home, *texts)
    for name in ("AAA", "BBB", "CCC", "DDD", "FND"):
        assert bool(breaches(home, rules, f"+1 {name} TX")) is (name in barred)
        assert model_allows(home, rules, f"+1 {name} TX") is (name not in barred)


def test_only_lets_through_what_the_value_lets_through() -> None:
    home = usual()
    for value, fine in (("0%", True), ("5%", False)):
        rule = f"only buy anything where not ({OIL})\nmissing counts as {value}"
        assert bool(breaches(home, policy(home, rule), "+1 CCC TX")) is not fine


def test_is_missing_still_asks_the_book() -> None:
    home = usual()
    rule = f"never buy anything where revenue.oil is missing or {OIL}\nmissing counts as 0%"
    assert breaches(home, policy(home, rule), "+1 CCC TX")


@pytest.mark.parametrize(
    ("line", "value", "code"),
    [
        ("never buy anything where revenue.tobacco at least 5%", '"Unknown"', "E0308"),
        ("never buy anything where revenue.tobacco at least 5%", "$0", "E0308"),
        ("never buy anything where revenue.tobacco at least 5%", "1 year", "E0313"),
        ("keep cash at most 3% of account", "0%", "E0308"),
        ('never buy anything where sector is "Unknown"', '"Unknown"', None),
        ("keep realized gains at most household.income each year per household", "$0", None),
    ],
)
def test_a_value_nobody_reads_is_no_value(
    load, check, line: str, value: str, code: str | None
) -> None:
    text = f"layer ipc\nrule a.b\n    {line}\n    missing counts as {value}\n"
    found = [each.code for each in check(load({"a.policy": text})).diagnostics]
    assert found == ([] if code is None else [code])


# --- through the model ---------------------------------------------------------------------------


def test_six_months_of_withdrawals_stay_in_cash() -> None:
    """TX has $20,000 in cash; $15,000 leave within the six months."""
    home = replace(
        usual(), flows=tuple(flow("TX", f"2026-{m:02}-01", -3_000) for m in range(8, 13))
    )
    rules = policy(home, "keep cash at least 6 months of withdrawals per account")
    for text, fine in (("+500 DDD TX", True), ("+501 DDD TX", False), ("+501 DDD TX, -1 a1", True)):
        assert model_allows(home, rules, text) is fine
        assert bool(breaches(home, rules, text)) is not fine
    assert home.as_of == AS_OF


@pytest.mark.parametrize(("income", "shares"), [(0, 100), (4_000, 20), (5_000, 0), (9_000, 0)])
def test_gains_stay_below_what_income_leaves(income: int, shares: int) -> None:
    """Each share of lot a1 has a gain of $50; $5,000 less the income may be realised."""
    home = replace(usual(), attributes={"income": Decimal(income)})
    rules = policy(
        home, "keep realized gains at most $5,000 minus household.income each year per household"
    )
    for count, fine in ((shares, True), (shares + 1, False)):
        text = f"-{count} a1"
        assert model_allows(home, rules, text) is fine
        assert bool(breaches(home, rules, text)) is not fine


def test_each_taxpayer_has_its_own_amount() -> None:
    home = usual()
    tx, ira = home.accounts
    second = replace(
        tx,
        id="TX2",
        tax_entity_id="T2",
        lots=tuple(replace(lot, id=f"{lot.id}x", account_id="TX2") for lot in tx.lots),
    )
    entities = {
        "T1": taxpayer("T1", carry_long=1_000),
        "T2": taxpayer("T2", carry_long=2_000),
    }
    home = replace(home, accounts=(tx, second, ira), tax_entities=entities)
    rules = policy(home, "keep realized gains at most taxpayer.carry_long each year per taxpayer")
    for text, fine in (
        ("-20 a1, -40 a1x", True),
        ("-21 a1", False),
        ("-41 a1x", False),
    ):
        assert model_allows(home, rules, text) is fine
        assert bool(breaches(home, rules, text)) is not fine


def test_a_percentage_is_of_what_is_left_after_the_flows_due() -> None:
    """TX is worth $100,000 and IRA $50,000 before $10,000 leave TX today; $7 are due in July."""
    flows = (flow("TX", "2026-06-15", -10_000), flow("TX", "2026-07-15", -7))
    home = replace(usual(), flows=flows)
    for base, dollars in (("account", 2_700), ("household", 4_200)):
        (scope,) = (
            each
            for each in policy(home, f"keep cash at most 3% of {base}").statements
            if each.directive.kind == "cash"
        )
        (amount,) = scope.directive.amounts
        assert amount.dollars(home, home.accounts[0]) == dollars
