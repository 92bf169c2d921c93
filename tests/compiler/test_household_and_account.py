"""A line in the household's file and one in the account's, of every kind: which holds, or both.

The household has TX, of which the account's file speaks, and IRA, of which it does not.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

from compiler import directives
from compiler.directives.base import Directive
from compiler.effective import effective
from compiler.layers import household_policy
from compiler.statements import HouseholdPolicy
from tests.by_hand import checked_layers, usual

IRAS = 'define iras as accounts where account.type is "roth_ira"\n'
PAIR = {
    # kind: (line of the household, line of the account, what holds for TX of their slots)
    "cash": [
        (
            "keep cash between 2% and 10% of account",
            "keep cash at least 3% of account",
            "3% to 10% of account",
        ),
        (
            "keep cash at least 5% of household",
            "keep cash at most 3% of account",
            "at most 3% of account; at least 5% of household",
        ),
        (
            "keep settled cash at least $1,000 per account",
            "keep settled cash at least $2,000",
            "at least $2,000",
        ),
        ("keep cash at most 3% of account", "keep cash at least 5% of account", "E0404"),
    ],
    "band": [
        (
            "keep each issuer at most 10% of account",
            "keep each issuer at most 5% of account",
            "at most 5% of account",
        ),
        (
            "keep each issuer at most 10% of household",
            "keep each issuer at most 5% of account",
            "at most 5% of account; at most 10% of household",
        ),
        (
            "keep each sector within 3 points of model",
            "keep each sector at most 5 points above model",
            "within 3 points of model",
        ),
        ('keep "AAA" at most 10% of account', 'keep "AAA" at least 12% of account', "E0404"),
    ],
    "average": [
        (
            "keep average revenue.oil at most 20% per account",
            "keep average revenue.oil at most 10%",
            "at most 10%",
        )
    ],
    "count": [
        ("keep holdings at most 60", "keep holdings between 5 and 10", "5 to 10"),
        ("keep trades at most 4", "keep trades at most 9", "at most 4"),
    ],
    "trade minimum": [
        ("keep each trade at least $500", "keep each trade at least $200", "at least $500")
    ],
    "trade maximum": [
        ("keep each trade at most $9,000", "keep each trade at most $1,000", "at most $1,000")
    ],
    "holding minimum": [
        (
            "keep each holding at least $1,000",
            "keep each holding at least $2,000",
            "at least $2,000",
        )
    ],
    "realized": [
        (
            "keep realized gains at most $9,000 each year per taxpayer",
            "keep realized gains at most $1,000 each year per taxpayer",
            "at most $1,000",
        ),
        (
            "keep realized gains at most $9,000 each year per household",
            "keep realized gains at most $1,000 each year per account",
            "at most $1,000; at most $9,000",
        ),
    ],
    "realized losses": [
        (
            "keep realized losses at least $900 each year per taxpayer",
            "keep realized losses between $1,000 and $5,000 each year per taxpayer",
            "$1,000 to $5,000",
        ),
        (
            "keep realized losses at most $900 each year per household",
            "keep realized losses at least $500 each year per account",
            "at least $500; at most $900",
        ),
    ],
    "turnover": [
        (
            "keep turnover at most 20% of household each year",
            "keep turnover at most 10% of account each year",
            "at most 10% of account; at most 20% of household",
        )
    ],
    "tracking error": [
        (
            "keep tracking error at most 2% per household",
            "keep tracking error at most 1%",
            "at most 1%; at most 2%",
        ),
        (
            "keep tracking error at most 2% per account",
            "keep tracking error at most 3%",
            "at most 2%",
        ),
    ],
    "restriction": [
        ('never buy "AAA"', 'never sell "AAA"', "never buy; never sell"),
        ('never hold "AAA"', 'never sell "AAA"', "never hold; never sell"),
        ('only buy "AAA", "BBB"', 'only buy "BBB", "CCC"', "only buy; only buy"),
    ],
    "harvest": [
        (
            "only harvest anything where lot.loss above $100",
            'never harvest "BBB"',
            "never harvest; only harvest",
        )
    ],
    "wash sales": [
        (
            "prevent wash sales across household",
            "prevent wash sales across household",
            "prevent wash sales across household",
        )
    ],
    "cross trades": [
        (
            "prevent cross trades across firm",
            "prevent cross trades across firm",
            "prevent cross trades across firm",
        )
    ],
    "approval": [
        (
            'ask "A" before selling "AAA"',
            'ask "B" before selling "AAA"',
            'ask "A" before selling "AAA"; ask "B" before selling "AAA"',
        )
    ],
    "report": [
        (
            'report trading "AAA"',
            'report holding "AAA"',
            'report holding "AAA"; report trading "AAA"',
        )
    ],
    "payment": [
        ("pay $600 by 2026-09-01 per account", "pay $700 by 2026-09-02", "BOTH"),
        ("pay $600 by 2026-09-01 per account", "pay $600 by 2026-09-01", "BOTH"),
        ("pay $600 by 2026-09-01 per household", "pay $600 by 2026-09-01", "BOTH"),
    ],
    "earmark": [
        ("reserve $600 by 2026-09-01 per account", "reserve $700 by 2026-09-01", "BOTH"),
        (
            "invest $600 evenly over 6 months per account\n    from 2026-06-01",
            "invest $900 evenly over 6 months\n    from 2026-06-01",
            "BOTH",
        ),
    ],
    "instalment": [
        (
            'sell 9 shares of "AAA" each month per account',
            'sell 5 shares of "AAA" each month',
            "BOTH",
        )
    ],
    "assumption": [
        ("use risk aversion 10", "use risk aversion 12", "E0406"),
        ("use risk aversion 10", "use risk aversion 10", "10"),
    ],
    "model": [('use model "CORE"', 'use model "CORE"', 'use model "CORE"')],
    "lot order": [("use minimum tax lots", "use highest cost lots", "E0406")],
    "share units": [("use whole shares", "use fractional shares", "E0406")],
    "target": [
        ('target "AAA" at 10% of account', 'target "AAA" at 20% of account', "E0406"),
        (
            'target "AAA" at 10% of account',
            'target "BBB" at 20% of account',
            "10% of account; 20% of account",
        ),
    ],
    "target boundary": [
        (
            "keep each asset_class target within 10 points of model",
            "keep each asset_class target within 5 points of model",
            "within 5 points of model",
        ),
        (
            "keep each asset_class target within 10 points of model",
            'target "DDD" at 90% of account',
            "E0422",
        ),
    ],
    "replacement": [
        ('replace "AAA" with "BBB"', 'replace "AAA" with "CCC"', "E0406"),
        ('replace "AAA" with "BBB"', 'replace "CCC" with "DDD"', '"BBB"; "DDD"'),
    ],
    "replacement pool": [
        ('only replace "AAA" with "BBB"', 'replace "AAA" with "CCC"', "E0421"),
        (
            'only replace "AAA" with "BBB", "CCC"',
            'only replace "AAA" with "CCC"',
            "only replace",
        ),
    ],
    "harvest replacement": [
        (
            "replace harvested with anything where original.correlation at least 0.7",
            "replace harvested with anything where original.correlation at least 0.9",
            "E0406",
        )
    ],
    "treatment": [
        (
            'treat "FND" as constituents for limits',
            'treat "FND" as absent',
            "as absent; as constituents for limits",
        )
    ],
    "barred replacement": [
        ("replace barred with equivalents", "replace barred with equivalents", "equivalents")
    ],
    "accumulation": [("invest nothing", "invest nothing", "invest nothing")],
    "preference": [
        (
            'prefer holding "AAA" in iras worth 10 bps',
            'prefer holding "AAA" in iras worth 20 bps',
            "E0406",
        ),
        ('prefer buying "AAA" over "BBB"', 'prefer buying "BBB" over "AAA"', "E0406"),
    ],
    "transition limit": [
        (
            "keep each transition at most 1 year",
            'never hold "AAA"\n    existing positions comply within 2 years',
            "E0423",
        )
    ],
    "waiver limit": [
        ("keep each waiver at most 90 days", "keep each waiver at most 30 days", "at most 30 days")
    ],
}
ROWS = [(kind, *row) for kind, rows in PAIR.items() for row in rows]


def merged(household: str, account: str) -> tuple[HouseholdPolicy, str]:
    """What holds for the household, and, slot by slot, for TX."""
    home = usual()
    texts = {"ipc": IRAS, 'household "H1"': household, 'account "TX"': account}
    typed = checked_layers({layer: text for layer, text in texts.items() if text})
    assert not typed.diagnostics
    shown = effective(typed, home, "TX").slots
    return household_policy(typed, home), "; ".join(each.value for each in shown)


@pytest.mark.parametrize(("kind", "household", "account", "holds"), ROWS)
def test_two_rules(kind: str, household: str, account: str, holds: str) -> None:
    """Neither replaces the other: they hold together, or the account's is an error."""
    policy, shown = merged(f"rule h\n    {household}\n", f"rule a\n    {account}\n")
    here = {each.statement.key: each.accounts for each in policy.statements}
    kinds = {each.directive.kind for each in policy.statements}
    assert kind in kinds
    if holds.startswith("E0"):
        assert here == {"h": ("TX", "IRA")}
        assert [code.split()[0] for code in policy.held["TX"]] == [holds]
        assert "IRA" not in policy.held
        return
    assert here == {"h": ("TX", "IRA"), "a": ("TX",)}
    assert not policy.held
    assert holds in (shown, "BOTH")


CHOICES = [
    # (default of the household, boundary, value the account sets, what holds for TX)
    (
        "keep cash between 1% and 3% of account",
        "between 0.5% and 8%",
        "between 2% and 4%",
        "2% to 4% of account",
    ),
    (
        "keep each issuer at most 10% of account",
        "at most 20%",
        "at most 15%",
        "at most 15% of account",
    ),
    ("keep each trade at least $500", "between $50 and $900", "at least $60", "at least $60"),
    ("keep each trade at most $9,000", "at most $10,000", "at most $9,500", "at most $9,500"),
    ("keep each holding at least $1,000", "at least $100", "at least $200", "at least $200"),
    ("keep holdings at most 60", "at most 90", "at most 70", "at most 70"),
    ("keep tracking error at most 2% per account", "at most 5%", "at most 4%", "at most 4%"),
    (
        "keep turnover at most 10% of account each year",
        "at most 50% of account",
        "at most 30%",
        "at most 30% of account",
    ),
    (
        "keep realized gains at most $900 each year per account",
        "at most $2,000",
        "at most $1,000",
        "at most $1,000",
    ),
    ("use risk aversion 10", "between 2 and 50", "20", "20"),
    (
        'target "AAA" at 10% of account',
        "between 0% and 30% of account",
        "20% of account",
        "20% of account",
    ),
    ("use minimum tax lots", "", "highest cost lots", "highest cost"),
    ("use whole shares", "", "fractional shares", "fractional shares"),
]


@pytest.mark.parametrize(("default", "boundary", "value", "holds"), CHOICES)
def test_a_default_and_a_choice(default: str, boundary: str, value: str, holds: str) -> None:
    """The account's value in the account, the household's in the others."""
    may = f"    allow account to set {boundary}".rstrip()
    policy, shown = merged(f"default d\n    {default}\n{may}\n", f"set d to {value}\n")
    here = {each.statement.key: each.accounts for each in policy.statements}
    assert here == {"d": ("IRA",), "d@account.TX": ("TX",)}
    assert shown == holds
    assert not policy.held


def kinds() -> Iterator[str]:
    """Every kind of directive there is."""
    for module in pkgutil.iter_modules(directives.__path__):
        importlib.import_module(f"{directives.__name__}.{module.name}")
    waiting: list[type[Directive]] = [Directive]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if "kind" in cls.__dict__:
            yield cls.kind


def test_every_kind_has_its_row() -> None:
    """A new kind says here how a household's line of it and an account's merge."""
    assert set(kinds()) == set(PAIR)


IN_IRAS = '\n    when account.type is "roth_ira"'
LEAST, MOST = "keep cash at least 20% of household", "keep cash at most 10% of household"


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (LEAST, MOST, True),
        (f"{LEAST}{IN_IRAS}", MOST, False),
        (LEAST, f"{MOST}{IN_IRAS}", False),
        (*(f"{each}{IN_IRAS}" for each in (LEAST, MOST)), True),
        (LEAST.replace("household", "account"), "keep cash at most 10% of account", True),
        (
            LEAST.replace("household", "account"),
            f"keep cash at most 10% of account{IN_IRAS}",
            True,
        ),
    ],
)
def test_what_is_summed_over_other_accounts_is_another_sum(
    one: str, other: str, clash: bool
) -> None:
    """Cash of the IRA may be at most 10% of the household while all cash is at least 20% of it."""
    layers = {"firm": f"rule a.least\n    {one}\n", "ipc": f"rule b.most\n    {other}\n"}
    typed = checked_layers(layers)
    found = {each.code for each in typed.diagnostics if each.code == "E0404"}
    policy = household_policy(typed, usual())
    assert bool(found or policy.held) is clash
