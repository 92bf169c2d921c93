"""Waivers: what they allow, by hand, and what they never do, by property."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.check import TypedPolicies, check_policies
from compiler.effective import effective
from compiler.layers import household_policy
from compiler.model import compile_household
from compiler.policyset import LAYERS, LoadedFile, PolicySet
from compiler.statements import HouseholdPolicy
from compiler.target import left_out, target
from grammar.diagnostics import Severity
from grammar.parse import parse
from portfolio.household import Household
from tests.by_hand import ATTRIBUTES, NO_COST, breaches, model_allows, policy, usual
from tests.compiler.test_model_against_check import HOMES, NO_WASH, trades

YES, NO = True, False
TERMS = """
    from 2026-06-01 until 2026-08-29
    because "Legacy holding"
    approved by "Chair of the IPC"
"""
ENDED = TERMS.replace("2026-08-29", "2026-06-14")
BEGINS_LATER = TERMS.replace("2026-06-01", "2026-06-16")


def waived(rule: str, what: str) -> HouseholdPolicy:
    """The rule `r1`, and a waiver of it."""
    return policy(usual(), rule, f"waive r1 for {what}{TERMS}")


RESTRICTIONS = [
    ('never buy "AAA"', '"AAA"', "+10 AAA TX", YES),
    ('never buy "AAA", "BBB"', '"BBB"', "+10 AAA TX", NO),
    ('never buy "AAA"', "anything", "+10 AAA TX", YES),
    ('never sell "AAA"', '"AAA"', "-10 a1", YES),
    ('never sell "AAA"', 'existing "AAA"', "-10 a1", YES),
    ('never sell "AAA"', '"BBB"', "-10 a1", NO),
    ('never sell "AAA"', "existing anything where lot.acquired after 2022-12-31", "-10 ia1", YES),
    ('never sell "AAA"', "existing anything where lot.acquired after 2022-12-31", "-10 a1", NO),
    ('never hold "AAA"', '"AAA"', "+10 AAA TX", YES),
    ('never hold "AAA"', 'existing "AAA"', "+10 AAA TX", NO),
    ('never hold "AAA"', 'existing "AAA"', "-10 a1", YES),
    ("never trade anything", '"CCC"', "+10 CCC TX", YES),
    ("never trade anything", '"CCC"', "+10 AAA TX", NO),
    ("never trade anything", 'existing "CCC"', "-10 c1", YES),
    ("never trade anything", 'existing "CCC"', "+10 CCC TX", NO),
    ('only buy "CCC"', '"AAA"', "+10 AAA TX", YES),
    ("never harvest anything", 'existing "BBB"', "-10 b1", YES),
    ("never harvest anything", 'existing "AAA"', "-10 b1", NO),
    # Whether CCC has oil revenue is not known, so what is waived of it is not either.
    ('never buy "CCC"', "anything where revenue.oil at least 5%", "+10 CCC TX", NO),
]
LIMITS = [
    # AAA is 30% of TX, half of FND seen through.
    ("keep each issuer at most 31% of account", '"AAA"', "+200 AAA TX", YES),
    ("keep each issuer at most 31% of account", 'existing "AAA"', "+11 AAA TX", NO),
    ("keep each issuer at most 31% of account", 'existing "AAA"', "+9 AAA TX", YES),
    ("keep each issuer at most 20% of account", 'existing "AAA"', "+1 AAA TX", NO),
    ("keep each issuer at most 20% of account", 'existing "AAA"', "-10 a1", YES),
    # AAA and CCC are 46%: 20% held as AAA, 10% as CCC, 16% in FND.
    ('keep "AAA", "CCC" at most 30% of account', 'existing "AAA"', "-100 a1, +200 CCC TX", YES),
    ('keep "AAA", "CCC" at most 30% of account', 'existing "AAA"', "-100 a1, +201 CCC TX", NO),
    ('keep "AAA", "CCC" at most 30% of account', 'existing "AAA"', "+1 CCC TX", NO),
    ('keep "AAA", "CCC" at most 30% of account', '"AAA"', "+200 CCC TX", YES),
    ("keep cash at most 20% of account", "anything", "-10 a1", YES),
    ("keep each trade at least $5,000", "anything", "-10 a1", YES),
    ("keep realized gains at most $0 each year per taxpayer", "anything", "-10 a1", YES),
]


@pytest.mark.parametrize(("rule", "what", "text", "allowed"), RESTRICTIONS + LIMITS)
def test_what_a_waiver_allows(rule: str, what: str, text: str, allowed: bool) -> None:
    home, rules = usual(), waived(rule, what)
    assert (model_allows(home, rules, text), not breaches(home, rules, text)) == (allowed, allowed)


@pytest.mark.parametrize("rule", sorted({rule for rule, *_ in RESTRICTIONS}))
def test_the_rules_waived_above_forbid_something(rule: str) -> None:
    rules = policy(usual(), rule)
    texts = [text for each, _, text, _ in RESTRICTIONS if each == rule]
    assert any(breaches(usual(), rules, text) for text in texts)


def excess(rules: HouseholdPolicy) -> dict[str, float]:
    """Percent of TX by which limits broken today are to be cured, by place."""
    compiled = compile_household(usual(), rules)
    return {
        cure.where: round(cure.before * compiled.physics.unit / 100_000 * 100, 6)
        for cure in compiled.physics.cures
    }


def test_what_is_held_under_a_waiver_need_not_leave() -> None:
    assert set(excess(policy(usual(), 'never hold "AAA", "CCC"'))) == {
        "TX AAA",
        "TX CCC",
        "IRA AAA",
    }
    assert set(excess(waived('never hold "AAA", "CCC"', 'existing "AAA"'))) == {"TX CCC"}
    assert set(excess(waived('never hold "AAA", "CCC"', '"AAA"'))) == {"TX CCC"}
    assert not excess(waived('never hold "AAA", "CCC"', "existing anything"))


def test_a_limit_counts_what_is_not_waived() -> None:
    limit = 'rule r1\nkeep "AAA", "CCC" at most 20% of account\nwhen account.taxable\n'
    whole = excess(policy(usual(), limit))
    part = excess(policy(usual(), limit, f'waive r1 for existing "AAA"{TERMS}'))
    assert list(whole.values()) == [26]
    assert list(part.values()) == [6]


@pytest.mark.parametrize(
    ("what", "shares", "kept"),
    [
        ("", 200, "0"),
        ('"AAA"', 200, "0.2"),
        ('"BBB"', 200, "0"),
        ('existing "AAA"', 200, "0.2"),
        ('existing "AAA"', 400, "0.2"),
        ('existing "AAA"', 100, "0.125"),
        ("existing anything where lot.acquired after 2022-12-31", 200, "0"),
    ],
)
def test_what_is_waived_keeps_its_place_in_the_target(what: str, shares: int, kept: str) -> None:
    """The model has 20% AAA. What of it is not held goes to the others of its class."""
    ban = 'never hold "AAA"'
    rules = waived(ban, what) if what else policy(usual(), ban)
    # 100 shares of AAA are 10,000, and the rest of the account is worth 70,000 then.
    cash = 10_000 if shares == 100 else 20_000
    home = usual()
    taxable = home.accounts[0]
    first = replace(taxable.lots[0], shares=Decimal(shares))
    taxable = replace(taxable, cash=Decimal(cash), lots=(first, *taxable.lots[1:]))
    found = target(home, taxable, rules)
    assert found.get("AAA", 0) == Decimal(kept)
    assert sum(found.values()) == sum(home.models["CORE"].weights.values())
    assert list(left_out(home, taxable, rules, target(home, taxable, rules))) == (
        [] if Decimal(kept) else ["AAA"]
    )


# --- who, for whom, when -------------------------------------------------------------------------

BAN = 'rule i.ban\n never buy "AAA"\n'


def typed(**layers: str) -> TypedPolicies:
    """A set with one file a layer; keyword names are layers, of H1 and TX."""
    heads = {"household": 'household "H1"', "account": 'account "TX"'}
    files = []
    for layer, text in (*layers.items(), ("free", NO_COST)):
        head = "ipc" if layer == "free" else heads.get(layer, layer)
        source = f"layer {head}\n{text}"
        tree, found = parse(source, f"{layer}.policy")
        assert not found, found
        files.append(LoadedFile(tree.path, source, "", tree))
    return check_policies(
        PolicySet("waivers", LAYERS, (), tuple(files), ()), ATTRIBUTES, today=usual().as_of
    )


def allows(checked: TypedPolicies, text: str) -> bool:
    home = usual()
    return not breaches(home, household_policy(checked, home), text)


WAIVER = f'waive i.ban for "AAA"{TERMS}'
WHO = [
    ({"ipc": BAN, "household": WAIVER}, {"E0405"}, NO, NO),
    ({"ipc": BAN, "firm": WAIVER}, set(), YES, YES),
    ({"ipc": BAN + WAIVER}, set(), YES, YES),
    ({"ipc": BAN + " allow household to waive\n", "household": WAIVER}, set(), YES, YES),
    ({"ipc": BAN + " allow household to waive\n", "account": WAIVER}, {"E0405"}, NO, NO),
    ({"ipc": BAN + " allow account to waive\n", "account": WAIVER}, set(), YES, NO),
    ({"ipc": BAN + ' allow household to waive for "AAA"\n', "household": WAIVER}, set(), YES, YES),
    (
        {"ipc": BAN + " allow household to waive for existing anything\n", "household": WAIVER},
        {"E0405"},
        NO,
        NO,
    ),
    (
        {"ipc": BAN + ' allow household to waive for "BBB"\n', "household": WAIVER},
        {"E0405"},
        NO,
        NO,
    ),
    # A group that AAA is in, and one that it is not in.
    (
        {
            "ipc": BAN + ' allow household to waive for anything where ticker is "AAA"\n',
            "household": WAIVER,
        },
        set(),
        YES,
        YES,
    ),
    (
        {
            "ipc": BAN + ' allow household to waive for anything where ticker is "BBB"\n',
            "household": WAIVER,
        },
        set(),
        NO,
        NO,
    ),
    ({"ipc": BAN + WAIVER + " when account.taxable\n"}, set(), YES, NO),
    ({"ipc": BAN + WAIVER + " when account.tier is 1\n"}, {"E0201"}, NO, NO),
    ({"ipc": BAN + f'waive i.ban for "AAA"{ENDED}'}, {"W0410"}, NO, NO),
    ({"ipc": BAN + f'waive i.ban for "AAA"{BEGINS_LATER}'}, {"W0410"}, NO, NO),
    ({"ipc": BAN + 'waive i.ban for "AAA"\n until 2026-08-29\n'}, {"E0409"}, NO, NO),
    (
        {"firm": "rule f.w\n keep each waiver at most 90 days\n", "ipc": BAN + WAIVER},
        set(),
        YES,
        YES,
    ),
    (
        {"firm": "rule f.w\n keep each waiver at most 89 days\n", "ipc": BAN + WAIVER},
        {"E0411"},
        NO,
        NO,
    ),
    # A lower layer does not bound a higher one's waivers.
    (
        {"ipc": BAN + WAIVER, "household": "rule h.w\n keep each waiver at most 9 days\n"},
        set(),
        YES,
        YES,
    ),
]


@pytest.mark.parametrize(("layers", "codes", "taxable", "ira"), WHO)
def test_who_may_waive_for_whom_and_when(
    layers: dict[str, str], codes: set[str], taxable: bool, ira: bool
) -> None:
    checked = typed(**layers)
    assert {each.code for each in checked.diagnostics} == codes
    assert not household_policy(checked, usual()).held
    assert (allows(checked, "+10 AAA TX"), allows(checked, "+10 AAA IRA")) == (taxable, ira)


def test_a_limit_on_waivers_that_is_chosen_by_account() -> None:
    firm = "default f.w\n keep each waiver at most 30 days\n allow ipc to set at most 100 days\n"
    chosen = "set f.w to at most 90 days\n when account.taxable\n"
    checked = typed(firm=firm, ipc=BAN + WAIVER + chosen)
    policies = household_policy(checked, usual())
    assert (allows(checked, "+10 AAA TX"), allows(checked, "+10 AAA IRA")) == (YES, NO)
    assert [each for each in policies.remarks if each.startswith("IRA:")] == [
        "IRA: the waiver of i.ban (ipc.policy:4) has no effect: E0411 ipc.policy:4"
    ]
    shown = effective(checked, usual(), "IRA")
    assert [each.code for each in shown.diagnostics] == ["E0411"]
    assert not shown.held


def test_a_waiver_of_a_rule_in_error_changes_nothing_about_the_error() -> None:
    checked = typed(ipc='rule i.ban\n never buy "AAA" where nothing is "X"\n' + WAIVER)
    assert {each.code for each in checked.diagnostics} == {"E0201"}
    assert set(household_policy(checked, usual()).held) == {"TX", "IRA"}


def test_a_line_of_a_waiver_that_cannot_be_read_stops_nobody() -> None:
    text = f"layer ipc\n{BAN}{WAIVER}".replace("until 2026-08-29", "until tomorrow")
    tree, found = parse(text, "ipc.policy")
    file = LoadedFile("ipc.policy", text, "", tree)
    checked = check_policies(PolicySet("waivers", LAYERS, (), (file,), found), ATTRIBUTES)
    assert found
    assert not household_policy(checked, usual()).held
    assert not allows(checked, "+10 AAA TX")


# --- laws ----------------------------------------------------------------------------------------

BANS = (
    'never buy "AAA", "BBB"',
    'never hold "BBB"',
    "never trade anything",
    'only buy "CCC"',
    "never buy anything where revenue.oil at least 5%",
    "never harvest anything",
    "only hold anything where revenue.oil at most 5%",
)
BOUNDS = (
    "keep each issuer at most 20.003% of account",
    'keep "AAA", "CCC" at most 30.003% of account',
    "keep cash at most 20.003% of account",
    "keep realized gains at most $103 each year per taxpayer",
)
WHAT = ("anything", '"AAA"', '"BBB", "CCC"', 'anything where kind is "stock"')


def waivers(layer: str) -> st.SearchStrategy[str]:
    """Waivers of the rules r1 ..., in a file of `layer`."""
    each = st.builds(
        lambda rule, held, what: f"waive r{rule} for {'existing ' if held else ''}{what}{TERMS}",
        st.integers(1, 3),
        st.booleans(),
        st.sampled_from(WHAT),
    )
    return st.lists(each, min_size=1, max_size=3).map("".join)


def rules_of(directives: list[str]) -> str:
    numbered = enumerate(directives, start=1)
    return "".join(f"rule r{number}\n {text}\n" for number, text in numbered)


def three(*directives: str) -> st.SearchStrategy[str]:
    rules = st.lists(st.sampled_from(directives), min_size=3, max_size=3, unique=True)
    return rules.map(rules_of)


LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LAW
@given(three(*BANS, *BOUNDS), waivers("household"), st.sampled_from(["household", "account"]))
def test_a_waiver_of_a_layer_that_may_not_changes_nothing(
    rules: str, more: str, layer: str
) -> None:
    home = usual()
    before = household_policy(typed(firm=rules), home)
    checked = typed(firm=rules, **{layer: more})
    after = household_policy(checked, home)
    assert any(each.severity is Severity.ERROR for each in checked.diagnostics)
    assert (after.statements, after.held) == (before.statements, before.held)


@LAW
@given(HOMES, trades(), three(*BANS), waivers("ipc"))
def test_a_waiver_of_a_restriction_never_forbids(
    home: Household, text: str, rules: str, more: str
) -> None:
    before = found(home, text, typed(ipc=rules))
    assert found(home, text, typed(ipc=rules + more)) <= before


@LAW
@given(HOMES, trades(), three(*BANS), waivers("ipc"))
def test_a_waiver_for_what_is_held_allows_no_purchase(
    home: Household, text: str, rules: str, more: str
) -> None:
    more = more.replace("existing ", "").replace(" for ", " for existing ")
    purchases = ", ".join(order for order in text.split(", ") if order.startswith("+"))
    before = found(home, purchases, typed(ipc=rules))
    assert found(home, purchases, typed(ipc=rules + more)) == before


def found(home: Household, text: str, checked: TypedPolicies) -> set[tuple[str, str]]:
    rules = household_policy(checked, home)
    return {(each.key, each.where) for each in breaches(home, rules, text) if each.key[0] == "r"}


@LAW
@given(three(*BANS, *BOUNDS), waivers("ipc"), st.sampled_from([ENDED, BEGINS_LATER]))
def test_a_waiver_that_does_not_hold_today_changes_nothing(
    rules: str, more: str, terms: str
) -> None:
    home = usual()
    before = household_policy(typed(ipc=rules), home)
    after = household_policy(typed(ipc=rules + more.replace(TERMS, terms)), home)
    assert (after.statements, after.held) == (before.statements, before.held)


@LAW
@given(HOMES, trades(), three(*BANS, *BOUNDS), waivers("ipc"))
def test_under_waivers_the_model_allows_what_the_check_passes(
    home: Household, text: str, rules: str, more: str
) -> None:
    agreed = household_policy(typed(firm=f"rule f.wash\n {NO_WASH}\n", ipc=rules + more), home)
    assert model_allows(home, agreed, text) is not bool(breaches(home, agreed, text))
