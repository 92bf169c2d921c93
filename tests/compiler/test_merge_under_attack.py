"""Sets written to make the merge lose a rule, or to find a mistake where there is none."""

from __future__ import annotations

from itertools import permutations

import pytest

from compiler.check import check_policies
from compiler.layers import fold, household_policy
from grammar.diagnostics import Severity
from portfolio.household import Attribute, AttributeType

GUARDS = (
    "account.taxable",
    "account.taxable and account.discretionary",
    'account.type is "taxable"',
)


@pytest.mark.parametrize("names", [*permutations("abc")], ids="".join)
def test_of_lines_that_agree_one_is_left(load, check, household, names: tuple[str, ...]) -> None:
    """Each could give way to the next: one is narrower, the others come first by name."""
    rules = (
        f"rule i.{name}\n  use risk aversion 20\n  when {guard}\n"
        for name, guard in zip(names, GUARDS, strict=True)
    )
    typed = check(load({"i.policy": "layer ipc\n" + "".join(rules)}))
    assert typed.diagnostics == ()
    (left,) = household_policy(typed, household).statements
    assert left.directive.sentence() == "use risk aversion 20"
    assert left.accounts == ("H1-TX",)


SPARED = {
    "limits": {
        "f.policy": "layer firm\nrule f.a\n keep cash at most 3% of account\n"
        " except when account.taxable\n",
        "i.policy": "layer ipc\nrule i.a\n keep cash at least 5% of account\n"
        " except when not account.taxable\n",
    },
    "a choice": {
        "f.policy": "layer firm\nrule f.a\n keep cash at most 3% of account\n"
        " except when account.taxable\n",
        "i.policy": "layer ipc\ndefault i.a\n keep cash at least 1% of account\n"
        " allow household to set at most 9%\n",
        "h.policy": 'layer household "H1"\nset i.a to at least 5%\n when account.taxable\n',
    },
    "settings": {
        "i.policy": "layer ipc\nrule i.a\n use risk aversion 5\n except when account.taxable\n"
        "rule i.b\n use risk aversion 9\n when account.taxable\n",
    },
}


@pytest.mark.parametrize("name", SPARED)
def test_what_an_exception_keeps_apart_is_no_clash(load, check, household, name: str) -> None:
    typed = check(load(SPARED[name]))
    assert typed.diagnostics == ()
    assert not household_policy(typed, household).held


def test_limits_that_meet_beside_their_exceptions_clash(load, check) -> None:
    files = {
        path: text.replace("except when not account.taxable", "except when account.discretionary")
        for path, text in SPARED["limits"].items()
    }
    assert [each.code for each in check(load(files)).diagnostics] == ["E0404"]


def test_a_waiver_is_too_long_only_where_its_limit_holds(load, check, household) -> None:
    files = {
        "f.policy": "layer firm\nrule f.a\n keep each waiver at most 30 days\n"
        " when account.taxable\nrule f.b\n keep each waiver at most 20 days\n"
        " except when not account.taxable\n",
        "i.policy": 'layer ipc\nrule i.a\n never hold "ALFA"\n'
        'waive i.a for "ALFA"\n from 2026-06-01 until 2026-08-30\n because "x"\n approved by "y"\n',
    }
    typed = check(load(files))
    assert typed.diagnostics == ()
    found = {each.id: fold(typed, household, each).waivers for each in household.accounts}
    assert {name: [one.causes for one in waivers] for name, waivers in found.items()} == {
        "H1-TX": [("E0411 i.policy:4",)],
        "H1-IRA": [()],
    }


def test_what_a_list_misspells_is_said_once(load, check) -> None:
    files = {
        "i.policy": 'layer ipc\ndefine barred from "barred.csv"\nrule i.a\n never hold barred\n'
        "rule i.b\n never buy barred\n",
        "barred.csv": "industry,ticker\n,ALFA\nBanks,brvo\n,ELSEWHERE\nsoft-ware,\nUtilities,\n",
    }
    (said,) = check(load(files)).diagnostics
    assert (said.code, said.severity) == ("W0202", Severity.WARNING)
    assert said.message == '`ticker` is never "brvo", and 1 more of this list misspelt'
    assert said.help == 'did you mean "BRVO"?'
    span = said.primary.span
    assert (span.path, span.line, span.column, span.end_column) == ("barred.csv", 3, 7, 11)


@pytest.mark.parametrize("path", ["a.policy", "z.policy"])
def test_an_id_used_twice_stops_both_whatever_the_files_are_called(
    load, check, household, path: str
) -> None:
    rule = 'rule h.a\n never buy "ALFA"\n'
    files = {path: f'layer household "H2"\n{rule}', "m.policy": f'layer household "H1"\n{rule}'}
    typed = check(load(files))
    assert [each.code for each in typed.diagnostics] == ["E0205"]
    assert set(household_policy(typed, household).held) == {"H1-TX", "H1-IRA"}


def test_an_id_of_a_higher_layer_stops_only_who_takes_it(load, check, household) -> None:
    rule = 'rule h.a\n never buy "ALFA"\n'
    files = {"f.policy": f"layer firm\n{rule}", "m.policy": f'layer account "H1-TX"\n{rule}'}
    assert set(household_policy(check(load(files)), household).held) == {"H1-TX"}


OWNERS = (
    Attribute("households", "id", AttributeType.TEXT, values=frozenset({"H1"})),
    Attribute("accounts", "id", AttributeType.TEXT, values=frozenset({"H1-TX", "H1-IRA"})),
    Attribute("accounts", "program", AttributeType.TEXT, values=frozenset({"etf"})),
    Attribute("households", "advisor", AttributeType.TEXT),
    Attribute("accounts", "region", AttributeType.TEXT, values=frozenset({"EU"})),
)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ('household "H1"', ""),
        ('household "Hl"', 'did you mean "H1"?'),
        ('household "H2"', ""),
        ('account "H1 tx"', 'did you mean "H1-TX"?'),
        ('program "ETF"', 'did you mean "etf"?'),
        ('program "direct"', ""),
        ('advisor "who knows"', ""),
        ('region "eu"', 'did you mean "EU"?'),
    ],
)
def test_a_file_about_nobody_says_so(load, layer: str, said: str) -> None:
    files = {
        "policyset.toml": 'layers = ["region", "program", "advisor", "household", "account"]',
        "a.policy": f"layer {layer}\nrule a.b\n keep cash at least 1% of account\n",
    }
    found = check_policies(load(files), OWNERS).diagnostics
    assert [(each.code, each.help) for each in found] == ([("W0202", said)] if said else [])
