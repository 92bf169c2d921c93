"""The merge of a household against that of its accounts one by one, as laws.

What holds for an account is said by its layers and its guards alone: whether it stands in a
household of five or by itself changes nothing. Of what is said of a household together the same
statements hold for each account; only the sum that they measure has more in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from compiler.directives.base import Breach
from compiler.effective import effective
from compiler.layers import household_policy
from compiler.schedules import with_schedules
from compiler.statements import HouseholdPolicy, InForce
from portfolio.household import Household
from tests.by_hand import breaches
from tests.compiler.laws.generated import BASE, Piece, check
from tests.compiler.laws.households import (
    ACCOUNT_BY_ACCOUNT,
    ANY,
    NAMES,
    accounts,
    alone,
    homes,
    orders,
    whose,
)
from tests.compiler.laws.laws import Seen, tried

Given = tuple[Piece, ...]


def merged(given: Given, home: Household, seen: Seen):
    """The typed policies, mistakes and all, and what holds for the household; counted."""
    typed = check(each.file(at) for at, each in enumerate((*BASE, *given)))
    policy = household_policy(typed, home)
    seen["sets"] += 1
    seen["statements"] += len(policy.statements)
    seen["held"] += bool(policy.held)
    seen["for some"] += any(len(s.accounts) < len(home.accounts) for s in policy.statements)
    return typed, policy


def holding(policy: HouseholdPolicy, name: str) -> list[object]:
    """Everything that holds for one account, what is noted, and why it is held."""

    def shown(scope: InForce) -> tuple[object, ...]:
        reaching = [each.statement.key for each in scope.treatments if name in each.accounts]
        return scope.statement, scope.waivers.get(name, ()), reaching

    found = [shown(each) for each in policy.statements if name in each.accounts]
    noted = [shown(each) for each in policy.notes if name in each.accounts]
    own = [each for each in policy.remarks if each.startswith(f"{name}: ")]
    return [*found, noted, policy.held.get(name, ()), own]


def the_household_is_its_accounts(sets: int) -> Seen:
    """Merged whole or account by account: the same for each, also of what binds them together."""
    seen = Seen()

    def law(given: Given, home: Household) -> None:
        typed, whole = merged(given, home, seen)
        for account in home.accounts:
            single = household_policy(typed, alone(home, account.id))
            assert holding(single, account.id) == holding(whole, account.id)

    tried(sets, law, given=ANY, home=homes())
    return seen


def an_account_is_checked_alike(sets: int) -> Seen:
    """The exact check finds the same in an account alone and in its household, of what is said of
    accounts: wash sales and a taxpayer's gains are the household's."""
    seen = Seen()

    def law(given: Given, home: Household, data: st.DataObject) -> None:
        home = replace(home, management="separate")
        typed, whole = merged(given, home, seen)
        text = data.draw(orders(home))
        together = breaches(home, whole, text)
        seen["broken"] += bool(together)
        for account in home.accounts:
            own = alone(home, account.id)
            mine = ", ".join(each for each in text.split(", ") if whose(each) == account.id)
            found = breaches(own, household_policy(typed, own), mine)
            assert at(found, account.id) == at(together, account.id)

    tried(sets, law, given=ACCOUNT_BY_ACCOUNT, home=homes(least=2), data=st.data())
    assert seen["broken"] > sets / 4
    assert seen["sets"] - seen["broken"] > sets / 10
    return seen


def at(found: Iterable[Breach], name: str) -> list[Breach]:
    return [each for each in found if each.where.split()[0] == name]


def the_order_of_accounts_is_nothing(sets: int) -> Seen:
    """Accounts in another order: the same statements, flows and cash set aside."""
    seen = Seen()

    def law(given: Given, home: Household, data: st.DataObject) -> None:
        typed, whole = merged(given, home, seen)
        other = replace(home, accounts=tuple(data.draw(st.permutations(home.accounts))))
        again = household_policy(typed, other)
        for account in home.accounts:
            assert holding(again, account.id) == holding(whole, account.id)
        assert [each.statement for each in again.statements] == [
            each.statement for each in whole.statements
        ]
        first, second = with_schedules(home, whole), with_schedules(other, again)
        assert (first.flows, first.to_raise) == (second.flows, second.to_raise)
        assert Counter(first.set_aside) == Counter(second.set_aside)

    tried(sets, law, given=ANY, home=homes(least=2), data=st.data())
    return seen


def one_more_account_changes_no_other(sets: int) -> Seen:
    """An account more, of any type: what holds for the others stays."""
    seen = Seen()

    def law(given: Given, home: Household, data: st.DataObject) -> None:
        here = {each.id for each in home.accounts}
        name = data.draw(st.sampled_from([each for each in NAMES if each not in here]))
        typed, before = merged(given, home, seen)
        more = replace(home, accounts=(*home.accounts, data.draw(accounts(name))))
        after = household_policy(typed, more)
        for account in home.accounts:
            assert holding(after, account.id) == holding(before, account.id)

    tried(sets, law, given=ANY, home=homes(most=4), data=st.data())
    return seen


IN_FORCE = ("wins", "applies", "wider")
LESS_TIGHT = ("tighter", "says the same")


def effective_shows_what_holds(sets: int) -> Seen:
    """`effective` of each account lists as in force exactly what its household is compiled with."""
    seen = Seen()

    def law(given: Given, home: Household) -> None:
        typed, whole = merged(given, home, seen)
        for account in home.accounts:
            shown = effective(typed, home, account.id)
            lines = [line for slot in shown.slots for line in slot.lines if line.origin != "waiver"]
            held = {
                (line.rule.removeprefix("set "), line.path, line.line)
                for line in lines
                if (line.verb in IN_FORCE and line.why != "switched off")
                or (line.verb == "loses" and line.why.endswith(LESS_TIGHT))
            }
            noted = {(line.rule, line.path, line.line) for line in lines if line.verb == "notes"}
            assert held == places(whole.statements, account.id)
            assert noted == places(whole.notes, account.id)
            assert shown.held == whole.held.get(account.id, ())

    tried(sets, law, given=ANY, home=homes())
    return seen


def places(scopes: Iterable[InForce], name: str) -> set[tuple[str, str, int]]:
    here = [each.statement for each in scopes if name in each.accounts]
    return {(each.rule_id, each.path, each.line) for each in here}


LAWS = (
    the_household_is_its_accounts,
    an_account_is_checked_alike,
    the_order_of_accounts_is_nothing,
    one_more_account_changes_no_other,
    effective_shows_what_holds,
)
