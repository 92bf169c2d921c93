"""Cash as policy tests tell it, under the shipped policies."""

from __future__ import annotations

from pathlib import Path

from tests.policydsl.runs import POLICIES, policydsl

FILES = {
    "pay.policy": """\
policy household.h1 "Wishes of the household"
layer household "H1"

rule h1.car "A car"
    pay $60,000 by 2026-06-16

rule h1.old "Old shares stay"
    never sell "OLD"
""",
    "wait.policy": """\
policy household.h1 "Wishes of the household"
layer household "H1"

rule h1.wait "Cash builds up for a house"
    invest nothing
    from 2026-06-10
    until 2026-06-20
""",
    "cash.policytest": """\
test "What the largest taxable account cannot pay the next one pays"
    given policy "pay.policy"
    given account "A1" where account.type is "taxable"
    given account "A2" where account.type is "taxable"
    given account "IRA" where account.type is "traditional_ira"
    given $40,000 of cash where account.id is "A1"
    given $50,000 of "OLD" where account.id is "A1"
    given $5,000 of cash where account.id is "A2"
    given $30,000 of "NEW" where account.id is "A2"
    given $90,000 of "RET" where account.id is "IRA"
    given $2,000 of cash where account.id is "IRA"
    expect sell at least $15,000 of "NEW"
    expect sell at most $16,500 of "NEW"
    expect never sell "OLD"
    expect never sell "RET"
    expect rule h1.car binds

test "A required distribution that may not be raised whole is raised as far as it may"
    given policy "pay.policy"
    given today is 2026-12-30
    given account "IRA" where account.type is "traditional_ira"
    given rmd of $20,000 on 2026-12-31
    given $3,000 of cash
    given $10,000 of "NEW"
    given $50,000 of "OLD"
    expect status proposed
    expect sell $10,000 of "NEW"
    expect never sell "OLD"

test "Cash builds up until the rule ends"
    given policy "wait.policy"
    given $10,000 of cash
    given $90,000 of "NEW"
    expect status no_action

test "And is invested then"
    given policy "wait.policy"
    given today is 2026-06-21
    given $10,000 of cash
    given $90,000 of "OLD"
    given model "OLD" at 50%, "NEW" at 50%
    expect buy "NEW"
""",
}


def test_every_one_passes(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = policydsl("test", tmp_path / "cash.policytest", "--policies", POLICIES)
    assert result.exit_code == 0, result.stdout
    assert "4 passed" in result.stdout
