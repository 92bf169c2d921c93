"""Names that are worked out: positions, what funds hold, lists in columns, trades."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compiler.attributes import Environment
from compiler.check import check_policies
from tests.by_hand import ATTRIBUTES, breaches, model_allows, policy, usual

MANIFEST = """name = "set"
[attributes.securities.unregistered_states]
type = "text"
[attributes.securities.hold_days]
type = "number"
[attributes.securities.ex_date]
type = "date"
[attributes.accounts.employer]
type = "text"
"""


def truth(load, text: str, env: Environment) -> bool | None:
    """Of the `where` of a rule in a set that declares the attributes it needs."""
    health = 'define health as anything where sector is "Health"'
    rule = f"layer ipc\n{health}\nrule a.b\n    never buy anything where {text}\n"
    typed = check_policies(load({"policyset.toml": MANIFEST, "a.policy": rule}), ATTRIBUTES)
    assert [each.code for each in typed.diagnostics if each.code.startswith("E")] == []
    return typed.statements[0].directive.things.truth(env)


def environment(name: str, **given) -> Environment:
    """A security of the usual household in TX, with more attributes; `employer` is TX's."""
    home = usual()
    tx = replace(home.accounts[0], attributes={"employer": given.pop("employer", "BBB")})
    security = home.securities[name]
    security = replace(security, attributes={**security.attributes, **given})
    securities = {**home.securities, name: security}
    home = replace(home, accounts=(tx, home.accounts[1]), securities=securities)
    return Environment(home, tx, security)


# --- positions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "held", "not_held"),
    [
        ("position.value above $0", True, False),
        ("position.value is $0", False, True),
        ("position.weight at least 30%", True, False),
        ("position.gain_percent at most 0%", True, False),
        ("not (position.gain_percent at most 0%)", False, True),
    ],
)
def test_what_is_not_held_is_worth_nothing_and_has_no_gain(
    load, text: str, held: bool, not_held: bool
) -> None:
    """TX holds $30,000 of BBB for $39,000 and no DDD; it is worth $100,000."""
    assert truth(load, text, environment("BBB")) is held
    assert truth(load, text, environment("DDD")) is not_held


def test_a_position_is_judged_with_all_its_lots() -> None:
    """The fund of TX has gained a third; one lot of BBB gained, and the position lost."""
    home = usual()
    rule = 'never sell anything where position.gain_percent at least 33%\nexcept "AAA"'
    rules = policy(home, rule)
    for text, fine in (("-1 f1", False), ("-1 b1", True), ("-1 a1", True), ("-1 c1", True)):
        assert model_allows(home, rules, text) is fine
        assert bool(breaches(home, rules, text)) is not fine


# --- inside --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        # FND holds 50% AAA (half its revenue from oil), 30% CCC (not known), 20% XXX (not known).
        ("FND", "inside.health is 30%", True),
        ("FND", "inside.health above 30%", False),
        ("CCC", "inside.health is 100%", True),
        ("AAA", "inside.health is 0%", True),
        ("AAA", "inside.revenue.oil is 50%", True),
        ("FND", "inside.revenue.oil at least 25%", True),
        ("FND", "inside.revenue.oil above 75%", False),
        ("FND", "inside.revenue.oil above 50%", None),
        ("FND", "inside.revenue.oil is 10%", False),
        ("FND", "inside.revenue.oil is 50%", None),
        ("FND", "inside.revenue.oil between 25% and 75%", True),
        ("FND", "not (inside.revenue.oil at least 25%)", False),
        ("CCC", "inside.revenue.oil above 50%", None),
        ("DDD", "inside.revenue.oil at least 0%", True),
        ("FND", "revenue.oil at least 0%", False),
    ],
)
def test_a_fund_is_what_it_holds(load, name: str, text: str, found: bool | None) -> None:
    assert truth(load, text, environment(name)) is found


def test_a_screen_through_funds_binds() -> None:
    home = usual()
    rule = "never buy anything where inside.revenue.oil at least 20%\nmissing counts as 0%"
    rules = policy(home, rule)
    for text, fine in (("+1 FND TX", False), ("+1 AAA TX", False), ("+1 CCC TX", True)):
        assert model_allows(home, rules, text) is fine
        assert bool(breaches(home, rules, text)) is not fine


# --- lists, and attributes of both sides ---------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "held_in", "not_in"),
    [("NY;CA", True, False), ("NY; CA ;TX", True, False), ("NY", False, True), (None, None, None)],
)
def test_a_text_in_a_list_of_texts(load, states, held_in, not_in) -> None:
    """The taxpayer lives in CA."""
    given = {} if states is None else {"unregistered_states": states}
    env = environment("AAA", **given)
    assert truth(load, "taxpayer.state in unregistered_states", env) is held_in
    assert truth(load, "taxpayer.state not in unregistered_states", env) is not_in
    assert truth(load, '"CA" in unregistered_states', env) is held_in
    home = env.household
    nowhere = {"T1": replace(home.tax_entities["T1"], state=None)}
    env = replace(env, household=replace(home, tax_entities=nowhere))
    assert truth(load, "taxpayer.state in unregistered_states", env) is None


def test_a_security_is_compared_with_its_account(load) -> None:
    assert truth(load, "issuer is account.employer", environment("BBB")) is True
    assert truth(load, "issuer is account.employer", environment("AAA")) is False
    assert truth(load, "issuer is account.employer", environment("AAA", employer=None)) is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("never buy anything where trade.amount above $5", "E0308"),
        ("never buy anything where inside.young above 5%", "E0308"),
        ("never buy anything where inside.nothing above 5%", "E0202"),
        ("never buy anything where inside.sector above 5%", "E0302"),
        ("never buy anything where ticker in issuer", "E0302"),
        ("never buy anything where inside.young is missing", "E0306"),
        ("never buy anything where account.taxable and price above $5", "E0216"),
        ("never buy anything where today after December 1", "E0216"),
        ("never buy anything where price above $5 and (account.taxable or yield above 1%)", None),
        ("never buy anything where price above $5 and today after December 1", None),
        ("prevent wash sales across household where lot.loss above $0", "E0308"),
        ("use risk aversion 10 where price above $5", "E0308"),
        ("report holding anything where trade.amount above $5", "E0308"),
    ],
)
def test_names_out_of_place(load, check, line: str, code: str | None) -> None:
    young = "define young as anything where lot.age below 30 days"
    typed = check(load({"a.policy": f"layer ipc\n{young}\nrule a.b\n    {line}\n"}))
    assert [each.code for each in typed.diagnostics] == ([] if code is None else [code])


def test_a_guard_does_not_look_inside_securities(load, check) -> None:
    text = 'layer ipc\nrule a.b\n    when inside.x above 5%\n    never buy "ALFA"\n'
    assert [each.code for each in check(load({"a.policy": text})).diagnostics] == ["E0215"]
