"""The merge of a household against that of its accounts one by one, as laws.

What holds for an account is said by its layers and its guards alone: whether it stands in a
household of five or by itself changes nothing. Of what is said of a household together the same
statements hold for each account; only the sum that they measure has more in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

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
Numbered = list[tuple[int, Piece]]


def merged(given: Given | Numbered, home: Household, seen: Seen):
    """The typed policies, mistakes and all, and what holds for the household; counted."""
    numbered = given if isinstance(given, list) else list(enumerate((*BASE, *given)))
    typed = check(each.file(at) for at, each in numbered)
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


DATED = re.compile(r"^    (from|until) (\d{4}-\d\d-\d\d)$", re.MULTILINE)
CHOOSES = re.compile(
    r"^    (use|target|replace|treat|prefer|default|sell|buy|pay|invest|reserve) ", re.M
)
EDGES = """2025-12-31 2026-01-01 2026-05-31 2026-06-01 2026-06-02 2026-06-30 2026-07-01
           2026-08-31 2026-09-01 2026-12-31 2027-01-01"""
DAYS = st.sampled_from(EDGES.split()).map(date.fromisoformat)


def undated(piece: Piece, today: date) -> Piece | None:
    """A rule without its first and last day, the line kept as a comment; None where today is not
    among its days."""
    for word, day in DATED.findall(piece.text):
        early, late = today.isoformat() < day, day < today.isoformat()
        if early if word == "from" else late:
            return None
    return replace(piece, text=DATED.sub(r"    # \1 \2", piece.text))


def the_day_is_all_that_time_is(sets: int) -> Seen:
    """On each day rules hold as if those of the day had no dates and the others were not there."""
    seen = Seen()

    def law(given: Given, home: Household, day: date) -> None:
        home = replace(home, as_of=day)
        numbered = list(enumerate((*BASE, *given)))
        rules = [(at, each) for at, each in numbered if not CHOOSES.search(each.text)]
        rest = [pair for pair in numbered if pair not in rules]
        today = [(at, undated(each, day)) for at, each in rules]
        seen["dated"] += sum(bool(DATED.search(each.text)) for _, each in rules)
        seen["left out"] += sum(each is None for _, each in today)
        _, whole = merged(numbered, home, seen)
        left = [(at, each) for at, each in today if each is not None]
        _, there = merged(sorted([*rest, *left], key=lambda pair: pair[0]), home, seen)
        for account in home.accounts:
            assert timeless(there, account.id) == timeless(whole, account.id)

    tried(sets, law, given=ANY, home=homes(most=3), day=DAYS)
    assert seen["dated"] - seen["left out"] > sets / 4
    assert seen["left out"] > sets / 4
    return seen


def timeless(policy: HouseholdPolicy, name: str) -> list[object]:
    """What holds for an account, first and last days apart."""
    found = [each.statement for each in policy.statements if name in each.accounts]
    return [
        [replace(each, starts=None, ends=None) for each in found],
        policy.held.get(name, ()),
        [each.statement.key for each in policy.notes if name in each.accounts],
    ]


LAWS = (
    the_household_is_its_accounts,
    an_account_is_checked_alike,
    the_order_of_accounts_is_nothing,
    one_more_account_changes_no_other,
    effective_shows_what_holds,
    the_day_is_all_that_time_is,
)
