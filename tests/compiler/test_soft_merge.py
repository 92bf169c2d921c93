"""Soft statements in the merge: they make no contradiction an error, and stay visible."""

from __future__ import annotations

import pytest

from compiler.effective import effective
from compiler.effective_report import render_effective
from compiler.layers import household_policy

FIRM = "layer firm\nrule firm.cash\n    keep cash at least 5% of account\n"
LOW = 'layer household "H1"\nrule h.cash\n    keep cash at most 2% of account\n'
SOFT = "    soft priority 2\n"


@pytest.mark.parametrize(
    ("firm", "low", "codes"),
    [
        (FIRM, LOW, ["E0404"]),
        (FIRM, LOW + SOFT, []),
        (FIRM + SOFT, LOW, []),
        (FIRM + SOFT, LOW + SOFT, []),
    ],
)
def test_an_empty_intersection_with_a_soft_rule_is_no_error(
    load, check, household, firm: str, low: str, codes: list[str]
) -> None:
    typed = check(load({"firm.policy": firm, "h.policy": low}))
    assert [each.code for each in typed.diagnostics] == codes
    assert bool(household_policy(typed, household).held) is bool(codes)


ONE = 'layer household "H1"\nrule h.a\n    keep cash at most 3% of account\n'
TWO = "rule h.b\n    keep cash at most 5% of account\n"


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ("", "", ["E0402"]),
        ("    soft priority 1\n", "", []),
        ("    soft priority 1\n", "    soft priority 2\n", []),
        ("    soft priority 2\n", "    soft priority 2\n", ["E0402"]),
    ],
)
def test_two_numbers_in_one_layer(load, check, first: str, second: str, codes: list[str]) -> None:
    typed = check(load({"h.policy": ONE + first + TWO + second}))
    assert [each.code for each in typed.diagnostics] == codes


def test_a_chosen_value_of_a_soft_default_is_soft(load, check, household) -> None:
    ipc = (
        "layer ipc\ndefault ipc.cash\n    keep cash between 1% and 3% of account\n"
        "    soft priority 3\n    allow household to set between 0.5% and 8% of account\n"
    )
    chosen = 'layer household "H1"\nset ipc.cash to between 2% and 4% of account\n'
    typed = check(load({"firm.policy": FIRM, "ipc.policy": ipc, "h.policy": chosen}))
    assert typed.diagnostics == ()
    policy = household_policy(typed, household)
    assert not policy.held
    soft = {scope.statement.key: scope.statement.soft for scope in policy.statements}
    assert soft == {"firm.cash": None, "ipc.cash@household.H1": 3}
    shown = render_effective(effective(typed, household, "H1-TX"))
    assert "\ncash  at least 5% of account\n" in shown
    line = next(line for line in shown.splitlines() if "set ipc.cash" in line)
    assert line.split()[0] == "applies"
    assert line.endswith("soft, priority 3")
