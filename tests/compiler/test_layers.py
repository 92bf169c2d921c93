"""Layers merged: a worked example, and the laws it has to keep."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.check import TypedPolicies
from compiler.dimensions import Duration
from compiler.effective import effective
from compiler.effective_report import render_effective, to_json
from compiler.layers import fold, household_policy
from compiler.policyset import PolicySet, load_policies
from grammar.tree import Unit
from portfolio.household import Household

EXAMPLE = Path(__file__).parent / "merge"


@pytest.fixture(scope="module")
def example() -> PolicySet:
    return load_policies(EXAMPLE / "policies")


@pytest.mark.parametrize("account", ["H1-TX", "H1-IRA"])
def test_the_worked_example(example: PolicySet, check, household, golden, account: str) -> None:
    shown = effective(check(example), household, account)
    golden(EXAMPLE / f"{account}.txt", render_effective(shown, example.sources))
    document = to_json(shown)
    assert json.loads(json.dumps(document)) == document


def test_an_account_that_is_not_there(example: PolicySet, check, household) -> None:
    with pytest.raises(KeyError):
        effective(check(example), household, "H9")


def test_what_is_in_force_for_the_household(example: PolicySet, check, household) -> None:
    policy = household_policy(check(example), household)
    assert {each.statement.key: each.accounts for each in policy.statements} == {
        "firm.cash": ("H1-TX", "H1-IRA"),
        "firm.waivers": ("H1-TX", "H1-IRA"),
        "firm.wash": ("H1-TX", "H1-IRA"),
        "ipc.esg.tobacco": ("H1-TX", "H1-IRA"),
        "ipc.harvest": ("H1-IRA",),
        "ipc.risk": ("H1-IRA",),
        "ipc.risk@program.direct-index": ("H1-TX",),
        "di.sectors": ("H1-TX",),
        "ipc.cash@household.H1": ("H1-TX", "H1-IRA"),
        "tx.cash": ("H1-TX",),
    }
    ranks = [each.statement.authority.rank for each in policy.statements]
    assert ranks == sorted(ranks)
    assert set(policy.held) == {"H1-TX", "H1-IRA"}
    assert policy.held["H1-IRA"] == ("E0401 advisor/ADV1.policy:4", "E0402 household/H1.policy:8")


# --- order does not matter -----------------------------------------------------------------------


def shuffled(policies: PolicySet, shuffle) -> PolicySet:
    """The set with its files, and the statements of each file, in another order."""
    files = [
        replace(file, tree=replace(file.tree, statements=tuple(shuffle(file.tree.statements))))
        for file in policies.files
    ]
    return replace(policies, files=tuple(shuffle(files)))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_order_of_files_and_statements_does_not_matter(example, check, household, data) -> None:
    other = shuffled(example, lambda items: data.draw(st.permutations(list(items))))
    assert whole(check(other), household) == whole(check(example), household)


def whole(typed: TypedPolicies, household: Household) -> str:
    """Everything that can be seen of a merge, in bytes."""
    accounts = [to_json(effective(typed, household, account.id)) for account in household.accounts]
    policy = household_policy(typed, household)
    in_force = [(each.statement.key, each.accounts) for each in policy.statements]
    findings = [str(each) for each in typed.diagnostics]
    return json.dumps([accounts, in_force, sorted(policy.held.items()), findings])


def test_another_order_in_the_text_changes_no_key(load, check, household) -> None:
    head = 'layer household "H1"\n'
    one = "rule h.a\n  keep cash at least 1% of account\n"
    two = "set f.x to at most $600\n  until 2026-12-31\n"
    three = "set f.x to at most $500\n  when account.taxable\n"
    firm = (
        "layer firm\ndefault f.x\n  keep cash at most $900 per account\n"
        "  allow household to set at most $2,000\n"
    )
    keys = []
    for folder, parts in (("a", (one, two, three)), ("b", (three, two, one))):
        typed = check(load({"f.policy": firm, "h.policy": head + "".join(parts)}, folder))
        keys.append([(each.key, each.directive.sentence()) for each in typed.statements])
    assert keys[0] == keys[1]
    assert [key for key, _ in keys[0]] == ["f.x", "f.x@household.H1", "f.x@household.H1.2", "h.a"]


# --- one slot, layer by layer --------------------------------------------------------------------

LAYERS = {
    "firm": "layer firm",
    "ipc": "layer ipc",
    "program": 'layer program "direct-index"',
    "advisor": 'layer advisor "ADV1"',
    "household": 'layer household "H1"',
    "account": 'layer account "H1-TX"',
}
ORDER = list(LAYERS)


@pytest.fixture
def cash(load, check, household):
    """The cash slot of H1-TX under rules by layer, and the codes that hold the account."""
    folders = iter(range(10_000))

    def value(rules: list[tuple[str, str]]) -> tuple[str, set[str]]:
        files = {
            f"{number}.policy": f"{LAYERS[layer]}\n{text}\n"
            for number, (layer, text) in enumerate(rules)
        }
        shown = effective(check(load(files, str(next(folders)))), household, "H1-TX")
        codes = {cause.split()[0] for cause in shown.held}
        slot = next((each.value for each in shown.slots if each.name == "cash"), "")
        return slot, codes

    return value


BANDS = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(bands=st.dictionaries(st.sampled_from(ORDER), BANDS, min_size=1))
def test_hard_limits_intersect(cash, bands: dict[str, list[int]]) -> None:
    rules = [
        (layer, f"rule {layer}.x\n keep cash between {low}% and {high}% of account")
        for layer, (low, high) in bands.items()
    ]
    low = max(low for low, _ in bands.values())
    high = min(high for _, high in bands.values())
    value, codes = cash(rules)
    if low > high:
        assert codes == {"E0404"}
        assert value.startswith("undecided")
    else:
        assert codes == set()
        assert value == f"{low}% to {high}% of account"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    chosen=st.dictionaries(st.sampled_from(ORDER[2:]), BANDS),
    allowed=st.sets(st.sampled_from(ORDER[2:]), min_size=1),
    boundary=BANDS,
    hard=st.none() | BANDS,
)
def test_the_lowest_layer_that_may_chooses(cash, chosen, allowed, boundary, hard) -> None:
    layers = ", ".join(sorted(allowed))
    default = (
        "default ipc.x\n keep cash between 0% and 6% of account\n"
        f" allow {layers} to set between {boundary[0]}% and {boundary[1]}%"
    )
    rules = [("ipc", default)]
    rules += [
        (layer, f"set ipc.x to between {low}% and {high}%") for layer, (low, high) in chosen.items()
    ]
    if hard is not None:
        rules.append(("firm", f"rule f.x\n keep cash between {hard[0]}% and {hard[1]}% of account"))
    expected = set()
    for layer, (low, high) in chosen.items():
        if layer not in allowed:
            expected.add("E0403")
        elif low < boundary[0] or high > boundary[1]:
            expected.add("E0401")
        if hard is not None and layer in allowed and (low < hard[0] or high > hard[1]):
            expected.add("E0401")
    value, codes = cash(rules)
    assert codes == expected
    if not expected:
        lowest = max(chosen, key=ORDER.index, default=None)
        low, high = (0, 6) if lowest is None else chosen[lowest]
        low, high = (low, high) if hard is None else (max(low, hard[0]), min(high, hard[1]))
        assert value == f"{low}% to {high}% of account"


@pytest.mark.parametrize(
    ("rules", "value", "codes"),
    [
        # a lower rule tightens a default, but does not replace it
        (["ipc default keep cash between 1% and 3% of account",
          "account rule keep cash at least 2% of account"], "2% to 3% of account", ""),
        (["ipc default keep cash between 1% and 3% of account",
          "account rule keep cash at least 4% of account"], "undecided E0406", "E0406"),
        (["firm default keep cash at most 3% of account",
          "ipc default keep cash at most 4% of account"], "undecided E0406", "E0406"),
        # $200 is 2% of this account: amounts meet as dollars
        (["firm rule keep cash at most $200 per account",
          "ipc rule keep cash at least 2% of account"],
         "2% of account to $200", ""),
        (["firm rule keep cash at most $199 per account",
          "ipc rule keep cash at least 2% of account"], "undecided E0404", "E0404"),
        # one layer
        (["ipc rule keep cash at most 3% of account",
          "ipc rule keep cash at least 1% of account"], "1% to 3% of account", ""),
        (["ipc rule keep cash at most 3% of account",
          "ipc rule keep cash at most 4% of account"], "undecided E0402", "E0402"),
        (["ipc rule keep cash at most 3% of account",
          "ipc rule keep cash at most 4% of account\n when account.taxable"],
         "at most 3% of account", ""),
        (["ipc rule keep cash at most 3% of account\n until 2026-06-14",
          "ipc rule keep cash at most 4% of account"], "at most 4% of account", ""),
        # of two defaults in one layer the narrower wins, whatever their order
        (["ipc default keep cash at most 4% of account\n when account.taxable",
          "ipc default keep cash at most 3% of account"], "at most 4% of account", ""),
        (["ipc default keep cash at most 4% of account\n when account.taxable",
          "ipc default keep cash at most 3% of account\n when account.discretionary"],
         "undecided E0402", "E0402"),
        # guards
        (["ipc rule keep cash at most 3% of account\n when not account.taxable"], "", ""),
        (["ipc rule keep cash at most 3% of account\n"
          " when household.client_since before 2020-01-01"],
         "at most 3% of account", ""),
        (["ipc rule keep cash at most 3% of account\n except when account.taxable"],
         "no limit", ""),
        (["ipc rule keep cash at most 3% of account\n"
          " except when household.client_since before 2020-01-01"],
         "at most 3% of account", ""),
    ],
)  # fmt: skip
def test_one_slot(cash, rules: list[str], value: str, codes: str) -> None:
    written = []
    for number, line in enumerate(rules):
        layer, origin, text = line.split(" ", 2)
        written.append((layer, f"{origin} {layer}.x{number}\n {text}"))
    found, held = cash(written)
    assert found == value
    assert held == set(codes.split())


def test_a_set_under_an_unknown_guard_does_not_choose(cash) -> None:
    default = "default ipc.x\n keep cash at most 3% of account\n allow household to set"
    chosen = "set ipc.x to at most 5%\n when household.client_since before 2020-01-01"
    assert cash([("ipc", default), ("household", chosen)]) == ("at most 3% of account", set())


def test_off_needs_a_grant_of_its_own(cash) -> None:
    default = "default ipc.x\n keep cash at most 3% of account\n allow household to set{}"
    off = ("household", "set ipc.x to off")
    assert cash([("ipc", default.format(" off")), off]) == ("no limit", set())
    assert cash([("ipc", default.format("")), off])[1] == {"E0403"}


def test_a_value_may_not_leave_open_what_its_boundary_closes(cash) -> None:
    default = (
        "default ipc.x\n keep cash between 1% and 3% of account\n"
        " allow household to set between 0.5% and 10%"
    )
    assert cash([("ipc", default), ("household", "set ipc.x to at most 5%")])[1] == {"E0401"}


def test_settings_of_different_layers_need_set(load, check, household) -> None:
    files = {
        "i.policy": "layer ipc\ndefault i.risk\n use risk aversion 10\n allow program to set\n",
        "p.policy": 'layer program "direct-index"\nrule p.risk\n use risk aversion 5\n',
    }
    held = household_policy(check(load(files)), household).held
    assert held == {"H1-TX": ("E0406 p.policy:3",)}


# --- mistakes reach only whom they speak of ------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "body", "held"),
    [
        ("layer firm", "rule f.x\n keep cash at most 3%", "H1-IRA H1-TX"),
        ("layer firm", "rule f.x\n when account.taxable\n keep cash at most 3%", "H1-TX"),
        ("layer firm", "rule f.x\n when account.taxble\n keep cash at most $3", "H1-IRA H1-TX"),
        ("layer firm\nwhen account.taxable", "rule f.x\n keep cash at most 3%", "H1-TX"),
        ("layer firm", "rule f.x\n keep cash at most 3%\n until 2026-06-14", ""),
        ('layer account "H1-IRA"', "rule f.x\n keep cash at most 3%", "H1-IRA"),
        ('layer household "H2"', "rule f.x\n keep cash at most 3%", ""),
        ("layer firn", "rule f.x\n keep cash at most 3% of account", "H1-IRA H1-TX"),
        ("", "rule f.x\n keep cash at most 3% of account", "H1-IRA H1-TX"),
        ('layer account "H1-IRA"', "rule f.x\n keep cash at most", "H1-IRA"),
        ('layer account "H1-IRA"', "rule\n keep cash at most 3% of account", "H1-IRA"),
        ('layer account "H1-IRA"\nwhen account.', "rule f.x\n never buy anything", "H1-IRA"),
        ("layer firm", "define x as y\nrule f.x\n never buy anything", ""),
        ("layer firm", "define x as y\nrule f.x\n when account.taxable\n never buy x", "H1-TX"),
        ("layer firm", 'rule f.x\n never buy anything where industry is "Tobaco"', ""),
        ("layer firm", "set f.y to at most 3%", "H1-IRA H1-TX"),
    ],
)
def test_accounts_that_a_mistake_holds(
    load, check, household, header: str, body: str, held: str
) -> None:
    policy = household_policy(check(load({"a.policy": f"{header}\n{body}\n"})), household)
    assert " ".join(sorted(policy.held)) == held


def test_a_mistake_in_a_default_leaves_its_sets_without_a_second_one(load, check) -> None:
    files = {
        "i.policy": "layer ipc\ndefault i.x\n keep cash at most 3%\n allow household to set\n",
        "h.policy": 'layer household "H1"\nset i.x to at most 2% of account\n',
    }
    typed = check(load(files))
    assert [each.code for each in typed.diagnostics] == ["E0301"]
    assert [each.rule_id for each in typed.faults] == ["i.x", "i.x"]


# --- whose files reach whom ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "accounts"),
    [
        ("firm", "H1-IRA H1-TX"),
        ("ipc", "H1-IRA H1-TX"),
        ('program "direct-index"', "H1-TX"),
        ('program "etf"', "H1-IRA"),
        ('advisor "ADV1"', "H1-IRA H1-TX"),
        ('advisor "ADV2"', ""),
        ('household "H1"', "H1-IRA H1-TX"),
        ('household "H10"', ""),
        ('account "H1-IRA"', "H1-IRA"),
    ],
)
def test_whose_file(load, check, household, layer: str, accounts: str) -> None:
    typed = check(load({"a.policy": f"layer {layer}\nrule a.x\n never buy anything\n"}))
    policy = household_policy(typed, household)
    assert typed.diagnostics == ()
    assert (
        " ".join(sorted(name for each in policy.statements for name in each.accounts)) == accounts
    )


def test_a_layer_of_ones_own_is_told_by_a_column(load, check, household) -> None:
    files = {
        "policyset.toml": (
            'layers = ["firm", "region", "account"]\n[attributes.accounts.region]\ntype = "text"\n'
        ),
        "r.policy": 'layer region "west"\nrule r.x\n never buy anything\n',
    }
    first, second = household.accounts
    west = replace(household, accounts=(replace(first, attributes={"region": "west"}), second))
    (statement,) = household_policy(check(load(files)), west).statements
    assert statement.accounts == ("H1-TX",)


def test_dates_are_those_of_the_household(load, check, household) -> None:
    text = "layer firm\nfrom 2026-06-01\nuntil 2026-06-30\nrule f.x\n never buy anything\n"
    typed = check(load({"a.policy": text + " from 2026-06-10\n"}))
    inside = {
        day: bool(household_policy(typed, replace(household, as_of=date(2026, 6, day))).statements)
        for day in (9, 10, 30)
    }
    after = replace(household, as_of=date(2026, 7, 1))
    assert inside == {9: False, 10: True, 30: True}
    assert household_policy(typed, after).statements == ()
    assert [each.status for each in fold(typed, after, after.accounts[0]).standings] == [
        "not today"
    ]


def test_clauses_reach_the_statement(load, check) -> None:
    text = """layer firm
owner "Compliance"
rule f.x "Title"
    never hold anything where revenue.tobacco at least 5%
    only hold anything where revenue.tobacco below 5%
    except "FUND"
    existing "ALFA" may stay
    existing positions comply within 90 days
    missing counts as excluded
    because "Minute 3"
"""
    first, second = check(load({"a.policy": text})).statements
    assert (first.key, second.key) == ("f.x", "f.x.2")
    assert (first.title, first.reason, first.owner) == ("Title", "Minute 3", "Compliance")
    assert [each.selection is not None for each in first.carveouts] == [True]
    stay, comply = first.transitions
    assert (stay.stay, stay.within) == (True, None)
    assert (comply.stay, comply.within) == (False, Duration(Decimal(90), Unit.DAYS))
    assert (first.missing, second.missing) == (True, False)
    assert (first.path, first.line) == ("a.policy", 4)


SILENT = (
    ("never buy anything", "except to raise cash"),
    ("keep each trade at most $500", "except to close a position"),
    ("keep cash at most 3% of account", 'except "FUND"'),
    ("keep cash at most 3% of account", "existing anything may stay"),
    ("keep realized gains at most $1 each year per taxpayer", "missing counts as excluded"),
    ("never buy anything", "existing anything may stay"),
    ("prevent wash sales across household", 'except "FUND"'),
)


@pytest.mark.parametrize(("directive", "clause"), SILENT)
def test_a_clause_without_effect_is_not_read_in_silence(load, check, directive, clause) -> None:
    text = f"layer firm\nrule f.x\n    {directive}\n    {clause}\n"
    typed = check(load({"a.policy": text}))
    assert [each.code for each in typed.diagnostics if each.severity == "error"] == ["E0320"]
    assert typed.statements == ()
