"""What the target of an account becomes, by hand: replacements, targets for groups, removals.

CORE is AAA, BBB and CCC 20% each and FND 10% (equity), DDD 20% (bonds), cash 10%. AAA and BBB are
Tech, CCC is Health; FND is half AAA, 30% CCC, 20% XXX.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from compiler.statements import Origin
from compiler.target import left_out, published, target, with_doubts_said
from portfolio.household import Household
from tests.by_hand import MARKET, household, policy, security, usual

TECH = 'define tech as anything where sector is "Tech"\nrule t\n    target tech at '
EQUITY = 'target anything at 40% of account where asset_class is "Equity"'


def weights(home: Household, *rules: str, where: str = "TX") -> dict[str, str]:
    """Percent by security, to two places."""
    agreed = policy(home, *rules)
    account = next(a for a in home.accounts if a.id == where)
    found = target(home, account, agreed)
    return {name: f"{weight * 100:.2f}" for name, weight in sorted(found.items())}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # 40% of Tech becomes 20%; CCC and FND, the rest of equity, take 20 points as 2 to 1.
        (TECH + "50% of model", "AAA 10.00 BBB 10.00 CCC 33.33 DDD 20.00 FND 16.67"),
        (TECH + "100% of model", "AAA 20.00 BBB 20.00 CCC 20.00 DDD 20.00 FND 10.00"),
        # 62% of account: 22 points from CCC and FND.
        (TECH + "62% of account", "AAA 31.00 BBB 31.00 CCC 5.33 DDD 20.00 FND 2.67"),
        # All of equity gives, then bonds, then cash.
        (TECH + "80% of account", "AAA 40.00 BBB 40.00 DDD 10.00"),
        (TECH + "0% of model", "CCC 46.67 DDD 20.00 FND 23.33"),
        # Equity is a whole class: everything else, bonds here, takes its 30 points.
        (EQUITY, "AAA 11.43 BBB 11.43 CCC 11.43 DDD 50.00 FND 5.71"),
        (
            'target "CCC", "DDD" at 10% of account',
            "AAA 32.00 BBB 32.00 CCC 5.00 DDD 5.00 FND 16.00",
        ),
        # Nothing of XXX is in the model: it is named, and equity makes room.
        (
            'target "XXX" at 7% of account',
            "AAA 18.00 BBB 18.00 CCC 18.00 DDD 20.00 FND 9.00 XXX 7.00",
        ),
        ('replace "AAA" with "XXX"', "BBB 20.00 CCC 20.00 DDD 20.00 FND 10.00 XXX 20.00"),
        ('replace "AAA" with "BBB"', "BBB 40.00 CCC 20.00 DDD 20.00 FND 10.00"),
        ('replace "FND" with constituents', "AAA 25.00 BBB 20.00 CCC 23.00 DDD 20.00 XXX 2.00"),
        ('replace anything with "DDD"\nexcept "AAA"', "AAA 20.00 DDD 70.00"),
        # only hold re-targets as never hold does
        ('only hold "AAA", "DDD"', "AAA 70.00 DDD 20.00"),
        ('only hold anything where kind is "stock"', "AAA 23.33 BBB 23.33 CCC 23.33"),
        ('never hold "AAA"', "BBB 28.00 CCC 28.00 DDD 20.00 FND 14.00"),
    ],
)
def test_the_target(rule: str, expected: str) -> None:
    found = weights(usual(), rule)
    assert " ".join(f"{name} {weight}" for name, weight in found.items()) == expected


def test_the_model_does_not_move() -> None:
    home = usual()
    agreed = policy(home, TECH + "50% of model", 'rule s\n    replace "FND" with "XXX"')
    assert published(home, home.accounts[0], agreed) == home.models["CORE"].weights


def test_the_first_that_may_be_bought() -> None:
    line = 'replace "AAA" with "NONE", "CCC", "XXX"'
    assert weights(usual(), line)["CCC"] == "40.00"
    assert weights(usual(), line, 'never buy "CCC"')["XXX"] == "20.00"
    # Naming the component itself first: an alternate for when it cannot be bought.
    itself = 'replace "AAA" with "AAA", "XXX"'
    assert weights(usual(), itself)["AAA"] == "20.00"
    assert weights(usual(), itself, 'never buy "AAA"')["XXX"] == "20.00"


def test_where_nothing_may_be_bought_the_component_stays() -> None:
    found = weights(usual(), 'replace "AAA" with "CCC"', 'never buy "CCC"')
    assert found == weights(usual())


def test_each_account_has_its_own_substitute() -> None:
    lines = 'replace "AAA" with "CCC", "XXX"', 'never buy "CCC"\nwhen account.type is "roth_ira"'
    assert weights(usual(), *lines)["CCC"] == "40.00"
    assert weights(usual(), *lines, where="IRA")["XXX"] == "20.00"


def test_replaced_weight_is_not_replaced_again() -> None:
    found = weights(usual(), 'replace "AAA" with "BBB"', 'replace "BBB" with "CCC"')
    assert (found["BBB"], found["CCC"]) == ("20.00", "40.00")


def test_excluded_weight_goes_where_replace_says() -> None:
    """K16: no emerging-market funds; put that weight into developed international."""
    found = weights(usual(), 'never hold "AAA"', 'replace "AAA" with "DDD"')
    assert (found["DDD"], found["BBB"]) == ("40.00", "20.00")


def test_small_accounts_use_the_fund_and_large_ones_its_basket() -> None:
    """M1 and M8 in a line each."""
    line = 'replace "FND" with constituents\nwhen account.value at least $60,000'
    assert "FND" not in weights(usual(), line)
    assert weights(usual(), line, where="IRA")["FND"] == "10.00"


def test_a_wider_target_leaves_the_one_inside_it() -> None:
    tech = TECH + "20% of account"
    for rules in ((tech, EQUITY), (EQUITY, tech)):
        found = weights(usual(), *rules)
        assert Decimal(found["AAA"]) + Decimal(found["BBB"]) == 20
        assert found["DDD"] == "50.00"


@pytest.mark.parametrize(
    ("pace", "day", "bonds"),
    [
        ("", "2026-06-15", "50.00"),
        # 30 points in 5 steps, the first on the first day
        ("evenly over 5 years", "2026-01-01", "26.00"),
        ("evenly over 5 years", "2026-12-31", "26.00"),
        ("evenly over 5 years", "2027-01-01", "32.00"),
        ("evenly over 5 years", "2030-01-01", "50.00"),
        ("evenly over 6 quarters", "2026-06-30", "30.00"),
        ("evenly over 6 quarters", "2026-07-01", "35.00"),
        ("by 2026-06-30", "2026-06-15", "50.00"),
        ("by 2026-12-31", "2026-01-15", "22.50"),
    ],
)
def test_steps(pace: str, day: str, bonds: str) -> None:
    home = replace(usual(), as_of=date.fromisoformat(day))
    line = f'target anything at 40% of account {pace} where asset_class is "Equity"'
    assert weights(home, f"{line}\nfrom 2026-01-01")["DDD"] == bonds


def test_steps_in_the_way_to_a_day_are_equal() -> None:
    line = 'target "DDD" at 50% of account by 2026-12-31\nfrom 2026-01-01'
    months = range(1, 13)
    days = [replace(usual(), as_of=date(2026, month, 1)) for month in months]
    found = [Decimal(weights(home, line)["DDD"]) for home in days]
    assert found == [20 + Decimal("2.5") * month for month in months]


def test_what_is_left_out_and_through_which_rule() -> None:
    home = usual()
    rules = 'replace "AAA" with "CCC"', 'never hold "BBB"', TECH + "0% of model"
    agreed = policy(home, *rules[:2])
    found = left_out(home, home.accounts[0], agreed, target(home, home.accounts[0], agreed))
    assert {name: scope.statement.rule_id for name, scope in found.items()} == {
        "AAA": "r1",
        "BBB": "r2",
    }


CHOSEN = {
    "ipc.policy": """
        layer ipc
        default ipc.core
            target "ALFA" at 50% of model
            allow advisor to set between 40% and 60%
        default ipc.fund
            replace "FUND" with constituents
            allow advisor to set
    """,
    "adv.policy": 'layer advisor "ADV1"\n',
}


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ("set ipc.core to 45% of model", 'target "ALFA" at 45% of model'),
        ("set ipc.core to 65% of model", "E0401"),
        ("set ipc.core to 45% of account", "E0314"),
        ("set ipc.core to between 40% and 45% of model", "E0314"),
        ('set ipc.fund to "BRVO"', 'replace "FUND" with "BRVO"'),
    ],
)
def test_a_default_is_chosen_inside_its_boundary(load, check, choice: str, says: str) -> None:
    typed = check(load(CHOSEN | {"adv.policy": CHOSEN["adv.policy"] + choice}))
    sets = [each for each in typed.statements if each.origin is Origin.SET]
    found = [each.code for each in typed.diagnostics] or [sets[0].directive.sentence()]
    assert found == [says]


def test_a_security_without_a_price_is_no_substitute() -> None:
    home = household(*usual().accounts, market=(*MARKET, (security("NEW"), "10")))
    home = replace(home, prices={k: v for k, v in home.prices.items() if k != "NEW"})
    assert weights(home, 'replace "AAA" with "NEW", "CCC"')["CCC"] == "40.00"


def test_what_a_line_cannot_do_is_said() -> None:
    home = usual()
    rules = policy(
        home,
        'replace "AAA" with "CCC"\nexcept "BBB"',
        'never buy "CCC"\nwhen account.type is "taxable"',
        'target "DDD" at 700% of model',
        'target "ALFA" at 5% of account',
        'target "BBB" at 10% of account evenly over 4 years\nfrom 2026-01-01',
    )
    said = with_doubts_said(rules, home).remarks
    assert [each.split(") ")[1] for each in said if each.startswith("TX")] == [
        "replaces AAA with nothing that the account may buy (r2): it stays",
        "asks for 140%, and the target has 97.5%",
        "asks for 5%, and the target has 0%",
    ]
    assert not any("replaces" in each for each in said if each.startswith("IRA"))
    assert with_doubts_said(policy(home), home).remarks == ()


def test_a_model_is_used_from_a_day() -> None:
    """M9: a third-party model from the first of next month, until then the present one."""
    home = usual()
    models = {"CORE": {"AAA": "0.5"}, "ACME": {"BBB": "0.5"}}
    home = replace(home, models=household(*home.accounts, models=models).models)
    line = 'use model "ACME"\nfrom 2026-07-01'
    for day, name in (("2026-06-30", "AAA"), ("2026-07-01", "BBB")):
        then = replace(home, as_of=date.fromisoformat(day))
        assert weights(then, line) == {name: "50.00"}


@pytest.mark.parametrize(
    ("where", "rules", "instead"),
    [
        # CCC is 10% of TX and 20% of CORE; a loss of it blocks purchases. AAA is the likest of all.
        ("original.correlation at least 0.3", [], "AAA"),
        ("original.correlation at least 0.3", ['never buy "AAA"'], "XXX"),
        ("original.correlation at least 0.99", [], "CCC"),
        ("original.correlation below 0.36", [], "BBB"),
        ("sector is original.sector", [], "CCC"),
        (
            'country is original.country and kind is original.kind and not (sector is "Tech")',
            [],
            "XXX",
        ),
    ],
)
def test_a_blocked_name_is_stood_in_for(where: str, rules: list[str], instead: str) -> None:
    """M2: by the likest name that may be bought, as far as it is not held."""
    home = household(*usual().accounts, blocks=["CCC"])
    line = f"replace harvested with anything where {where}"
    plain = {"AAA": 20, "BBB": 20, "CCC": 10, "DDD": 20, "FND": 10, "XXX": 0}
    plain[instead] += 10
    found = weights(home, line, *rules)
    assert found == {name: f"{weight}.00" for name, weight in plain.items() if weight}
    assert weights(usual(), line, *rules)["CCC"] == "20.00"
