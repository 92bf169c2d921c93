"""Rules that cannot be kept together: which, what they bear on, and what would do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from compiler.check import TypedPolicies
from compiler.layers import household_policy
from policydsl.conflict_report import conflict_lines
from policydsl.conflicts.explained import explained, in_conflict
from policydsl.propose import Proposal, propose
from portfolio.household import Household
from tests.by_hand import NO_COST, account, checked_layers, household, lot, usual


@dataclass(frozen=True)
class Found:
    """A household's proposal and its conflicts."""

    proposal: Proposal
    document: dict[str, Any]
    said: tuple[str, ...]

    @property
    def sets(self) -> set[frozenset[str]]:
        return {frozenset(each["rules"]) for each in self.document["sets"]}

    @property
    def ways(self) -> list[list[tuple[str, str, str | None]]]:
        """(rule, how, instead) of each relaxation."""
        return [
            [(c["rule_id"], c["how"], c["instead"]) for c in each["changes"]]
            for each in self.document["relaxations"]
        ]


def typed_of(*rules: str, layers: dict[str, str] | None = None) -> TypedPolicies:
    text = "\n".join(f"rule r{number}\n    {rule}" for number, rule in enumerate(rules, start=1))
    typed = checked_layers({"ipc": NO_COST, **(layers or {}), 'household "H1"': text})
    assert {each.code for each in typed.diagnostics} <= {"W0413"}, typed.diagnostics
    return typed


def conflicts(home: Household, *rules: str, layers: dict[str, str] | None = None) -> Found:
    typed = typed_of(*rules, layers=layers)

    def merge(typed: TypedPolicies) -> Any:
        return household_policy(typed, home)

    proposal = propose(home, merge(typed))
    assert in_conflict(proposal)
    document, said = explained(home, typed, merge, proposal)
    assert document is not None
    return Found(proposal, document, said)


def test_cash_that_may_not_be_raised() -> None:
    found = conflicts(
        usual(),
        "keep cash at least 50% of account",
        "never sell anything where lot.gain above $0",
        "keep each sector at most 95% of account",
    )
    assert found.sets == {frozenset({"r1", "r2"})}
    assert found.document["complete"]
    # BBB is $20,000 at a loss, and may go; TX has as much cash: 40% in all.
    assert found.ways == [
        [("r2", "exempt", None)],
        [("r1", "amount", "keep cash at least 40% of account")],
    ]
    facts = [each["says"] for each in found.document["facts"]]
    assert "cash of TX is $20,000.00" in facts
    assert "AAA is $40,000.00 of IRA (80.0%), all of it not to be sold" not in facts
    assert "AAA is $20,000.00 of TX (20.0%), all of it not to be sold" in facts
    exempt = found.document["relaxations"][0]["changes"][0]
    assert Decimal("9_900") < Decimal(exempt["dollars"]) < Decimal("10_200")
    assert found.said[0].startswith("cannot be kept together: keep cash at least 50% of account")
    assert found.said[1].startswith("would do: $10,")


def test_a_count_and_a_turnover() -> None:
    found = conflicts(
        usual(),
        "keep holdings at most 2",
        'never sell "AAA"',
        'never sell "BBB"',
        "keep turnover at most 20% of account each year",
    )
    assert found.sets == {frozenset({"r1", "r4"})}
    (count,), (turnover,) = found.ways
    assert count == ("r1", "amount", "keep holdings at most 3")
    # CCC and FND, $30,000 of $100,000, have to go.
    assert turnover[2] is not None
    assert turnover[2].startswith("keep turnover at most 30.")


def test_a_limit_above_gives_way_last_and_least() -> None:
    cap = "rule f.cap\n    keep each issuer at most 10% of account\n"
    found = conflicts(
        usual(),
        'never sell "AAA"\n    when account.id is "TX"',
        layers={"firm": cap},
    )
    assert found.sets == {frozenset({"f.cap", "r1"})}
    assert [way[0][0] for way in found.ways] == ["r1", "f.cap"]
    assert found.ways[1][0][2] is not None
    assert found.ways[1][0][2].startswith("keep each issuer at most 20")


def test_a_value_outside_its_boundary_is_never_proposed() -> None:
    """The household may choose 30% to 60%: 20% would do, and is not its to choose."""
    cash = "default i.cash\n    keep cash between 30% and 60% of account\n"
    cash += "    allow household to set between 30% and 60% of account\n"
    text = "set i.cash to between 40% and 60% of account\n"
    typed = checked_layers({"ipc": NO_COST + cash, 'household "H1"': text + FREEZE})
    home = usual()

    def merge(typed: TypedPolicies) -> Any:
        return household_policy(typed, home)

    document, _ = explained(home, typed, merge, propose(home, merge(typed)))
    assert document is not None
    ways = [c for each in document["relaxations"] for c in each["changes"]]
    assert {(c["rule_id"], c["how"]) for c in ways} == {
        ("h.freeze", "exempt"),
        ("i.cash", "exempt"),
    }


FREEZE = "rule h.freeze\n    never sell anything\n"


def test_one_rule_alone() -> None:
    found = conflicts(usual(), "keep cash at least 150% of account")
    assert found.sets == {frozenset({"r1"})}
    assert found.ways == [[("r1", "amount", "keep cash at least 100% of account")]]
    assert found.said[0].startswith("cannot be kept: keep cash")


def test_a_payment_of_the_book_is_held_against_the_rules_in_its_way() -> None:
    home = household(
        account("TX", 300, lot("a1", "AAA", 60, 2_400), lot("c1", "CCC", 200, 4_500)),
        models={"CORE": {"CCC": "0.5", "DDD": "0.4"}},
        flows=[("TX", "2026-06-15", -4_200)],
    )
    found = conflicts(home, 'never sell "AAA"', 'never sell "CCC"', 'never buy "BBB"')
    assert found.sets == {frozenset({"r1", "r2"})}
    assert found.document["unpaid"] == ["cash after payments of TX is $-3,900.00, below $0.00"]
    assert not found.document["unpaid_without_rules"]
    spent = Decimal(found.document["relaxations"][0]["changes"][0]["dollars"])
    assert Decimal(3_900) <= spent <= Decimal(4_000)


@pytest.mark.parametrize("rules", [(), ("never sell anything",)])
def test_more_to_pay_than_there_is(rules: tuple[str, ...]) -> None:
    """What no rule keeps from being paid is held against none."""
    home = household(
        account("TX", 300, lot("a1", "AAA", 60, 2_400)),
        flows=[("TX", "2026-06-15", -10_000)],
    )
    typed = typed_of(*rules)

    def merge(typed: TypedPolicies) -> Any:
        return household_policy(typed, home)

    document, said = explained(home, typed, merge, propose(home, merge(typed)))
    if not rules:
        assert document is None
        assert said == ()
        return
    assert document is not None
    assert document["unpaid_without_rules"]
    assert [each["rules"] for each in document["sets"]] == [["r1"]]


def test_laid_out_for_an_advisor() -> None:
    found = conflicts(
        usual(), "keep cash at least 50% of account", "never sell anything where lot.gain above $0"
    )
    statements = {
        scope.statement.key: {
            "rule_id": scope.statement.rule_id,
            "says": scope.directive.sentence(),
            "layer": str(scope.statement.authority),
            "file": scope.statement.path,
            "line": scope.statement.line,
        }
        for scope in found.proposal.policy.statements
    }
    lines = conflict_lines({"conflicts": found.document, "statements": statements})
    assert lines[1] == "cannot be kept together today"
    assert lines[2].startswith("  r1: keep cash at least 50% of account [household H1, 1.policy:")
    assert "      cash of TX is $20,000.00" in lines
    assert any(
        line.startswith("  - keep cash at least 40% of account in place of") for line in lines
    )
    assert all(len(line) <= 100 for line in lines)


def test_nothing_is_said_where_all_is_kept() -> None:
    home = usual()
    proposal = propose(home, household_policy(typed_of("keep cash at least 5% of account"), home))
    assert not in_conflict(proposal)
    assert conflict_lines({}) == []
