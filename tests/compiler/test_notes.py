"""Notes are merged and shown like rules, constrain nothing, and are reported where broken."""

from __future__ import annotations

import pytest

from compiler.effective import effective
from compiler.layers import household_policy
from compiler.model import compile_household
from compiler.notes import broken_notes
from tests.by_hand import breaches, closing, model_allows, policy, usual


@pytest.mark.parametrize(
    ("directive", "trades", "places"),
    [
        ('never buy "AAA"', "+10 AAA TX", ["TX AAA"]),
        ('never buy "AAA"', "+10 CCC TX", []),
        ('never hold "CCC"', "-10 a1", ["TX CCC"]),
        ('never hold "CCC"', "-500 c1", []),
        ('never hold "DDD"', "+10 DDD IRA", ["IRA DDD"]),
        ("keep each holding at most 30% of account", "", ["IRA AAA"]),
        ("keep each holding at most 30% of account", "-250 ia1", []),
        ("keep each holding at most 20% of account", "+1 AAA TX, -300 ia1", ["TX AAA", "TX BBB"]),
        ("keep each trade at least $5,000", "-10 a1", ["TX AAA"]),
    ],
)
def test_what_trades_leave_of_a_note(directive: str, trades: str, places: list[str]) -> None:
    home = usual()
    rules = policy(home, f"note watched\n{directive}\n")
    assert model_allows(home, rules, trades)
    assert breaches(home, rules, trades) == ()
    said = list(broken_notes(rules, closing(home, rules, trades)))
    assert [each.split(": not so for ")[1] for each in said] == (
        [", ".join(places)] if places else []
    )


def test_a_note_has_no_block() -> None:
    rules = policy(usual(), 'note watched\nnever buy "AAA"\n')
    assert [each.statement.key for each in rules.notes] == ["watched"]
    assert set(compile_household(usual(), rules).statements) == {"no_cost"}


def test_a_note_agrees_with_everything(load, check, household) -> None:
    text = (
        "layer ipc\nrule i.cash\n keep cash at most 3% of account\n"
        "note i.watched\n keep cash at least 5% of account\n"
        "note i.also\n keep cash at least 6% of account\n when account.taxable\n"
    )
    checked = check(load({"i.policy": text}))
    assert checked.diagnostics == ()
    assert not household_policy(checked, household).held
    (slot,) = effective(checked, household, "H1-IRA").slots
    assert slot.value == "at most 3% of account"
    assert [(line.verb, line.rule) for line in slot.lines] == [
        ("wins", "i.cash"),
        ("notes", "i.watched"),
    ]


def test_a_note_is_nobodys_to_choose(load, check) -> None:
    text = (
        "layer ipc\nnote i.cash\n keep cash at most 3% of account\n"
        " allow household to set at most 5% of account\n"
    )
    chosen = 'layer household "H1"\nset i.cash to at most 4% of account\n'
    checked = check(load({"i.policy": text, "h.policy": chosen}))
    messages = {each.code: each.message for each in checked.diagnostics}
    assert messages == {
        "E0318": "`i.cash` is a note, and nobody can set a note",
        "E0407": "`i.cash` is a note, and only defaults can be set",
    }
