"""Groups of accounts, lists of dates, lists from files, and `using`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from compiler.attributes import Environment
from compiler.check import check_policies
from compiler.layers import household_policy
from compiler.policyset import load_policies

IRAS = 'define iras as accounts where account.type in ("traditional_ira", "roth_ira")\n'
WINDOWS = "define windows as 2026-06-10 to 2026-06-15, 2026-02-03, 2026-05-05 to 2026-05-06\n"


@pytest.fixture
def reached(load, check, household):
    """The accounts that a rule with this guard is in force for, on a day."""

    def accounts(defined: str, guard: str, day: str = "2026-06-15") -> str:
        text = f'layer ipc\n{defined}rule i.a\n never buy "ALFA"\n when {guard}\n'
        checked = check(load({"i.policy": text}))
        assert checked.diagnostics == ()
        home = replace(household, as_of=date.fromisoformat(day))
        return " ".join(
            a for each in household_policy(checked, home).statements for a in each.accounts
        )

    return accounts


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ("account in iras", "H1-IRA"),
        ("account not in iras", "H1-TX"),
        ("not (account in iras)", "H1-TX"),
        ('account in iras and account.program is "etf"', "H1-IRA"),
    ],
)
def test_a_group_of_accounts_guards_a_rule(reached, guard: str, expected: str) -> None:
    assert reached(IRAS, guard) == expected


def test_all_accounts_are_a_group(reached) -> None:
    assert reached("define every as accounts\n", "account in every") == "H1-TX H1-IRA"


def test_a_group_of_accounts_may_use_another(reached) -> None:
    more = "define cautious as accounts where account in iras and not account.held_away\n"
    assert reached(IRAS + more, "account in cautious") == "H1-IRA"


def test_a_group_of_accounts_defined_by_itself(load, check) -> None:
    text = (
        "layer ipc\ndefine a as accounts where account in b\n"
        "define b as accounts where account in a\n"
        'rule i.a\n never buy "ALFA"\n when account in a\n'
    )
    checked = check(load({"i.policy": text}))
    assert {each.code for each in checked.diagnostics} == {"E0207"}
    assert [each.rule_id for each in checked.faults] == ["i.a"]


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        ("2026-06-09", False),
        ("2026-06-10", True),
        ("2026-06-15", True),
        ("2026-06-16", False),
        ("2026-02-03", True),
        ("2026-02-04", False),
    ],
)
def test_a_list_of_dates_guards_a_rule(reached, day: str, inside: bool) -> None:
    both = "H1-TX H1-IRA"
    assert reached(WINDOWS, "today in windows", day) == (both if inside else "")
    assert reached(WINDOWS, "today not in windows", day) == ("" if inside else both)


def test_inside_and_outside_a_list_of_dates_do_not_meet(load, check) -> None:
    text = (
        "layer ipc\n" + WINDOWS + "default i.cash\n keep cash at most 3% of account\n"
        " allow household to set at most 9% of account\n"
    )
    chosen = (
        'layer household "H1"\nset i.cash to at most 5% of account\n when today in windows\n'
        "set i.cash to at most 2% of account\n when today not in windows\n"
    )
    assert check(load({"i.policy": text, "h.policy": chosen})).diagnostics == ()


def test_lots_by_a_list_of_dates(load, check, household) -> None:
    text = (
        "layer ipc\ndefine windows as 2026-01-01 to 2026-01-31\n"
        "rule i.a\n never sell anything where lot.acquired in windows\n"
    )
    (statement,) = check(load({"i.policy": text})).statements
    assert statement.directive.sentence() == "never sell anything where lot.acquired in windows"
    env = [
        (lot.security_id, statement.directive.selection.truth(environment(household, account, lot)))
        for account in household.accounts
        for lot in account.lots
    ]
    assert [name for name, truth in env if truth] == ["BRVO"]


def environment(household, account, lot):

    return Environment(household, account, household.securities[lot.security_id], lot)


# --- lists from files ----------------------------------------------------------------------------

RULE = 'layer ipc\ndefine restricted from "restricted.csv"\nrule i.a\n never buy restricted\n'


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("ticker\nALFA\nCHRL\nNOT_IN_THE_BOOK\n", "ALFA CHRL"),
        ("security_id\nBRVO\n", "BRVO"),
        ('"ticker" , industry\r\n"ALFA", Tobacco\r\n,Banks\r\nCHRL,Banks\r\n', "ALFA BRVO"),
        ("industry,kind\nBanks,\n,etf\n", "BRVO FUND"),
        ("ticker\n", ""),
        ("\ufeffticker\n\nALFA\n", "ALFA"),
    ],
)
def test_a_list_from_a_file(load, check, household, rows: str, expected: str) -> None:
    checked = check(load({"i.policy": RULE, "restricted.csv": rows}))
    assert checked.diagnostics == ()
    (statement,) = checked.statements
    assert statement.directive.sentence() == "never buy restricted"

    listed = [
        name
        for name, security in household.securities.items()
        if statement.directive.selection.security(Environment(household, None, security)) is True
    ]
    assert " ".join(listed) == expected


def test_what_a_list_asks_of_missing_data_is_unknown(load, check, household) -> None:

    rows = "ticker,industry\nALFA,Tobacco\nBRVO,Banks\n"
    (statement,) = check(load({"i.policy": RULE, "restricted.csv": rows})).statements

    def truth(**change: object) -> bool | None:
        security = replace(household.securities["ALFA"], **change)
        return statement.directive.selection.security(Environment(household, None, security))

    assert truth() is True
    assert truth(industry=None) is None
    assert truth(industry=None, ticker="CHRL") is False
    assert truth(industry=None, kind="etf") is False


def test_lists_are_part_of_the_set(load, tmp_path: Path) -> None:
    files = {
        "ipc/core.policy": RULE.replace("restricted.csv", "../lists/restricted.csv"),
        "lists/restricted.csv": "ticker\nALFA\n",
        "lists/other.csv": "ticker\nBRVO\n",
    }
    loaded = load(files)
    assert set(loaded.hashes) == {"ipc/core.policy", "lists/restricted.csv"}
    assert loaded.sources["lists/restricted.csv"] == "ticker\nALFA\n"
    assert check_policies(loaded).diagnostics == ()
    (tmp_path / "policies" / "lists" / "restricted.csv").write_text("ticker\nBRVO\n")
    assert load_policies(tmp_path / "policies").hashes != loaded.hashes


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b'ticker\n"ALFA', b"ticker\n\x00\n", b""])
def test_whatever_a_list_holds_there_is_an_answer(load, check, tmp_path: Path, data: bytes) -> None:
    load({"i.policy": RULE})
    (tmp_path / "policies" / "restricted.csv").write_bytes(data)
    checked = check(load_policies(tmp_path / "policies"))
    assert all(each.code in ("E0236", "E0237", "E0238") for each in checked.diagnostics)


# --- using ---------------------------------------------------------------------------------------

LIBRARIES = {
    "a.policy": 'policy lib.a\nlayer program "a"\ndefine core as "ALFA"\n',
    "b.policy": 'policy lib.b\nlayer program "b"\ndefine core as "BRVO"\n',
}


@pytest.mark.parametrize(("using", "chosen"), [("lib.a", "ALFA"), ("lib.b", "BRVO")])
def test_using_says_which_of_two_is_meant(load, check, using: str, chosen: str) -> None:
    text = f'layer advisor "ADV1"\nusing {using}\nrule x.a\n never buy core\n'
    checked = check(load({**LIBRARIES, "x.policy": text}))
    assert checked.diagnostics == ()
    (group,) = checked.statements[0].directive.selection.items
    assert group.selection.describe() == f'"{chosen}"'


def test_using_neither_leaves_the_name_unclear(load, check) -> None:
    text = 'layer advisor "ADV1"\nrule x.a\n never buy core\n'
    checked = check(load({**LIBRARIES, "x.policy": text}))
    assert {each.code for each in checked.diagnostics} == {"E0210"}


def test_a_wrong_using_stops_nobody(load, check, household) -> None:
    text = 'layer ipc\nusing lib.c\nrule i.a\n never buy "ALFA"\n'
    checked = check(load({**LIBRARIES, "i.policy": text}))
    assert {each.code for each in checked.diagnostics} == {"E0217"}
    policy = household_policy(checked, household)
    assert not policy.held
    assert [each.statement.key for each in policy.statements] == ["i.a"]
