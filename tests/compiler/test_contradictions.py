"""Rules that no portfolio can keep: what is found without a book, against portfolios at random."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from compiler.check import TypedPolicies
from compiler.layers import household_policy
from policydsl.propose import empty_closing
from portfolio.household import Household
from tests.by_hand import account, checked_layers, household, lot, security

TECH = 'where sector is "Tech"'
HEALTH = 'where sector in ("Health", "Energy")'


def checked(*rules: str, **layers: str) -> TypedPolicies:
    """Rules h1, h2 ... of a household under other layers."""
    own = "".join(f"rule h{k}\n    {rule}\n" for k, rule in enumerate(rules, start=1))
    return checked_layers({**layers, 'household "H1"': own})


def found(typed: TypedPolicies) -> list[set[str]]:
    """The places of each set of lines that no portfolio keeps."""
    assert {each.code for each in typed.diagnostics} <= {"W0413"}
    lines = {(s.span.path, s.span.line): s.rule_id for s in typed.statements}
    spans = [[d.primary.span, *(label.span for label in d.related)] for d in typed.diagnostics]
    return [{lines[span.path, span.line] for span in each} for each in spans]


IMPOSSIBLE = [
    pytest.param(
        ["keep cash at least 60% of account", 'keep "AAA" at least 45% of account'],
        2,
        id="cash and a name",
    ),
    pytest.param(
        [
            f"keep anything at least 60% of account {TECH}",
            f"keep anything at least 45% of account {HEALTH}",
        ],
        2,
        id="two sectors",
    ),
    pytest.param(
        [
            f"keep anything at least 50% of account {TECH}",
            f"keep anything at least 45% of account {HEALTH}",
            "keep cash at least 10% of account",
        ],
        3,
        id="two sectors and cash",
    ),
    pytest.param(
        ['keep "AAA", "BBB" at most 20% of account', 'keep "AAA" at least 30% of account'],
        2,
        id="a part above the whole",
    ),
    pytest.param(
        [
            "keep each sector at most 30% of account",
            f"keep anything at least 65% of account {HEALTH}",
        ],
        2,
        id="two sectors of one cap",
    ),
    pytest.param(
        ["keep holdings at least 30", "keep each holding at least 4% of account"],
        2,
        id="many and large",
    ),
    pytest.param(
        [
            "keep holdings at most 10",
            "keep each holding at most 5% of account",
            "keep cash at most 3% of account",
        ],
        3,
        id="few, small and no cash",
    ),
    pytest.param(
        [
            f"only hold anything {TECH}",
            f"only hold anything {HEALTH}",
            "keep cash at most 5% of account",
        ],
        3,
        id="nothing in common",
    ),
    pytest.param(
        ["keep holdings at least 3", 'only hold "AAA", "BBB"'], 2, id="more than may be held"
    ),
    pytest.param(
        [
            "keep each holding at least 5% of account",
            "keep each holding at most 3% of account",
            "keep cash at most 50% of account",
        ],
        3,
        id="no holding fits",
    ),
    pytest.param(
        ["keep cash at least 10% of household", "keep cash at most 5% of account"],
        2,
        id="a sum of accounts",
    ),
    pytest.param(["keep cash at least 150% of account"], 1, id="more than there is"),
    pytest.param(
        [
            "keep anything at most 80% of account",
            "keep settled cash at least 5% of account",
            "keep cash at most 10% of account",
        ],
        2,
        id="less than there is",
    ),
]
POSSIBLE = [
    pytest.param(
        ["keep cash at least 55% of account", 'keep "AAA" at least 45% of account'], id="exactly"
    ),
    pytest.param(
        ['keep "AAA" at least 60% of account', 'keep "BBB" at least 60% of account'],
        id="a fund may be both",
    ),
    pytest.param(
        [
            "keep each sector at most 30% of account",
            f"keep anything at least 55% of account {HEALTH}",
        ],
        id="two sectors of one cap",
    ),
    pytest.param(
        [
            "keep holdings at most 10",
            "keep each holding at most 5% of account",
            "keep cash at most 3% of account",
            "reserve $5,000 by 2026-09-01",
        ],
        id="cash set aside counts in no limit",
    ),
    pytest.param(
        [
            "keep cash at least 60% of account\n    soft priority 1",
            'keep "AAA" at least 45% of account',
        ],
        id="soft",
    ),
    pytest.param(
        [
            'keep "AAA" at least 45% of account\n    except when account.taxable',
            "keep cash at least 60% of account",
        ],
        id="an exception",
    ),
    pytest.param(
        [
            "keep cash at least 60% of account\n    when account.taxable",
            'keep "AAA" at least 60% of account\n    when account.type is "roth_ira"',
        ],
        id="other accounts",
    ),
    pytest.param(
        [
            "keep cash at least 60% of account\n    until 2026-03-01",
            'keep "AAA" at least 60% of account\n    from 2026-04-01',
        ],
        id="other days",
    ),
    pytest.param(
        ["keep cash at least $60,000", 'keep "AAA" at least 60% of account'], id="dollars"
    ),
    pytest.param(
        [
            f"keep anything at least 50% of account {TECH}",
            "keep each sector within 3 points of model",
        ],
        id="what a model says",
    ),
]

POSSIBLE += [
    pytest.param(
        [
            "keep cash at least 60% of household",
            'keep "AAA" at least 60% of account\n    when account.type is "roth_ira"',
        ],
        id="one account of several",
    ),
    pytest.param(
        [
            'keep cash at most 5% of household\n    when account.type is "roth_ira"',
            'keep anything at most 80% of household\n    when account.type is "roth_ira"',
        ],
        id="a small part of a household",
    ),
    pytest.param(["only hold anything", "keep holdings at least 7"], id="anything is no list"),
    pytest.param(
        ["keep cash at most 5% of household per account", "keep anything at most 80% of account"],
        id="another base",
    ),
    pytest.param(
        [
            "keep holdings at most 10",
            "keep each holding at most 5% of account",
            "keep cash at most 5% of account",
            'treat "FUND" as constituents for limits',
        ],
        id="one holding that counts as many",
    ),
    pytest.param(
        [
            f'keep anything at least 60% of account {TECH}\n    missing counts as "Tech"',
            f'keep anything at least 60% of account {HEALTH}\n    missing counts as "Health"',
        ],
        id="an unknown sector counts as both",
    ),
    pytest.param(
        [
            f"only hold anything {TECH}\n    missing counts as allowed",
            f"only hold anything {HEALTH}\n    missing counts as allowed",
            "keep cash at most 5% of account",
        ],
        id="an unknown sector is allowed",
    ),
    pytest.param(
        [
            f"keep anything at least 60% of account {TECH}",
            f"never hold anything {TECH}\n    missing counts as allowed",
        ],
        id="an unknown sector is asked for and allowed",
    ),
    pytest.param(
        [
            'keep "AAA" at least 60% of household',
            'never hold "AAA"\n    when account.taxable',
        ],
        id="asked of a household, forbidden in one account",
    ),
    pytest.param(
        [
            'buy $5,000 of "AAA" each month on day 15 per household\n    from 2026-01-01',
            'never buy "AAA"\n    when account.taxable',
        ],
        id="bought in another account",
    ),
    pytest.param(
        [
            "keep realized losses at least $10,000 each year per taxpayer",
            'never sell anything\n    when account.type is "trust"',
        ],
        id="losses of another account",
    ),
]
IN_LAYERS = [
    pytest.param(
        {
            "firm": "rule f\n    keep cash at least 60% of household\n",
            'account "TX"': 'rule a\n    keep "AAA" at least 60% of account\n',
        },
        id="the file of one account",
    ),
    pytest.param(
        {
            "firm": "rule f\n    keep cash at least 60% of household\n",
            'program "CORE"': 'rule p\n    keep "AAA" at least 60% of account\n',
        },
        id="the accounts of a program",
    ),
    pytest.param(
        {
            "firm": 'rule f\n    keep "AAA" at least 60% of account\n',
            'household "H1"': "rule h1\n    keep cash at least 60% of account\n"
            "rule h2\n    treat anything as absent where lot.acquired before 2025-01-01\n",
        },
        id="what is absent counts above",
    ),
    pytest.param(
        {
            "firm": "rule f\n    keep cash at least 60% of account\n    allow household to waive\n",
            'household "H1"': 'rule h1\n    keep "AAA" at least 60% of account\n'
            "waive f for anything\n    from 2026-01-01\n    until 2026-12-31\n"
            '    because "Asked for"\n    approved by "Chair"\n',
        },
        id="a rule that is waived",
    ),
]


@pytest.mark.parametrize("layers", IN_LAYERS)
def test_some_portfolio_under_several_layers(layers: dict[str, str]) -> None:
    assert "W0413" not in {each.code for each in checked_layers(layers).diagnostics}


@pytest.mark.parametrize(("rules", "size"), IMPOSSIBLE)
def test_no_portfolio(rules: list[str], size: int) -> None:
    typed = checked(*rules)
    (one,) = found(typed)
    assert len(one) == size
    for rule in one:
        rest = [text for k, text in enumerate(rules, start=1) if f"h{k}" in one - {rule}]
        assert not rest or not found(checked(*rest))


@pytest.mark.parametrize("rules", POSSIBLE)
def test_some_portfolio(rules: list[str]) -> None:
    assert not found(checked(*rules))


@pytest.mark.parametrize(("rules", "size"), IMPOSSIBLE)
def test_random_portfolios_agree(rules: list[str], size: int) -> None:
    """By the exact check, on what they hold: none keeps all of them, and some keep all but one."""
    del size
    random = Random(str(rules))
    typed = checked(*rules)
    kept: list[set[int]] = [set() for _ in rules]
    for number in range(300):
        home = _drawn(random)
        policy = household_policy(typed, home)
        closing = empty_closing(home, policy)
        broken = {
            scope.statement.rule_id
            for scope in policy.statements
            for _ in scope.directive.breaches(replace(scope, strict=True), closing)
        }
        assert broken
        for place in range(len(rules)):
            if f"h{place + 1}" not in broken:
                kept[place].add(number)
    assert all(kept) or len(rules) == 1


def _drawn(random: Random) -> Household:
    """Up to forty names of three sectors, and cash: few or many, much or little of each."""
    count = random.choice((1, 2, 3, 5, 9, 25, 40))
    names = ["AAA", "BBB", *(f"N{k:02}" for k in range(38))][:count]
    sectors = ("Tech", "Health", "Energy")
    chosen = random.choice(sectors)
    market = tuple(
        (security(name, sector=random.choice((chosen, *sectors))), "1") for name in names
    )
    heavy = random.choice(names)
    shares = {name: random.randint(20, 60) * (60 if name == heavy else 1) for name in names}
    lots = [lot(f"l{name}", name, shares[name], 1) for name in names]
    held = Decimal(sum(shares.values()))
    cash = held * Decimal(str(random.choice((0, 0.02, 0.1, 0.5, 2, 20))))
    models = {"CORE": {names[0]: "1"}}
    return household(account("TX", str(cash), *lots), market=market, constituents={}, models=models)


ASKED = [
    (
        f"keep anything at least 5% of account {TECH}",
        f"never hold anything {TECH}",
        "a fund has it",
    ),
    ('keep "AAA" at least $900 per account', 'never hold "AAA", "BBB"', "a fund has it"),
    (
        'sell 9 shares of "AAA" each quarter',
        "never trade anything",
        "what was traded before counts",
    ),
    ('buy $90 of "AAA" each quarter', 'never hold "AAA"', "what was traded before counts"),
    (
        "keep realized losses at least $9 each year",
        "never sell anything",
        "what was sold before counts",
    ),
    (
        "keep realized losses at least $9 each year",
        "never harvest anything",
        "what was sold before counts",
    ),
    (
        "keep each trade at least $90",
        "keep each trade at most $9",
        "what closes a position is left",
    ),
]


@pytest.mark.parametrize(("asks", "forbids", "only"), ASKED)
def test_what_one_asks_for_and_another_forbids(asks: str, forbids: str, only: str) -> None:
    asks += "\n    from 2026-01-01"
    for order in ((asks, forbids), (forbids, asks)):
        typed = checked(*order)
        (one,) = (each for each in typed.diagnostics if each.code == "W0413")
        places = [order.index(asks) + 1, order.index(forbids) + 1]
        assert one.message == f"`h{places[0]}` asks for what `h{places[1]}` forbids: only {only}"


NOT_ASKED = [
    ('keep "AAA" at least 5% of account', 'never hold "BBB"'),
    ('keep "AAA" at least 5% of account', 'never buy "AAA"'),
    ('sell 9 shares of "AAA" each quarter', 'never hold "AAA"'),
    ('buy $90 of "AAA", "BBB" each quarter', 'never buy "AAA"'),
    ("keep realized losses at least $9 each year", 'never sell "AAA"'),
    ("keep realized losses at most $9 each year", "never harvest anything"),
    ("keep each trade at least $9", "keep each trade at most $90"),
    ("keep each trade at least $90", f"keep each trade at most $9 {TECH}"),
]


@pytest.mark.parametrize(("one", "other"), NOT_ASKED)
def test_what_another_rule_leaves_possible(one: str, other: str) -> None:
    assert not checked(one + "\n    from 2026-01-01", other).diagnostics


def test_the_lowest_rule_is_named_first() -> None:
    cap = 'rule f.cap\n    keep "AAA", "BBB" at most 20% of account\n'
    typed = checked('keep "AAA" at least 30% of account', firm=cap)
    (one,) = typed.diagnostics
    assert one.primary.text == "h1"
    assert [label.text for label in one.related] == ["f.cap, firm"]


def test_a_default_counts_where_nobody_may_have_chosen_another() -> None:
    default = "default i.cash\n    keep cash between 50% and 60% of account\n"
    default += "    allow household to set between 1% and 60%\n"
    assert found(checked('keep "AAA" at least 60% of account', ipc=default))
    texts = {"ipc": default, 'household "H1"': "set i.cash to between 1% and 3%\n" + FLOOR}
    assert not checked_layers(texts).diagnostics


FLOOR = 'rule h1\n    keep "AAA" at least 60% of account\n'


def test_of_many_households_the_same_is_asked_once() -> None:
    texts = {
        f'household "H{k}"': f"rule h{k}\n    keep cash at least 60% of account\n"
        for k in range(300)
    }
    typed = checked_layers({"ipc": 'rule i\n    keep "AAA" at least 45% of account\n', **texts})
    assert len(typed.diagnostics) == 300
