"""Whom a statement reaches: whose file it stands in, its guards, its dates.

A scope is judged for one account of one household, and, before any household is known, against
other scopes: does one lie inside the other, can both hold at once?
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from compiler.attributes import Vocabulary
from compiler.conditions import (
    AllOf,
    Compare,
    Condition,
    Environment,
    InSpan,
    IsOneOf,
    Negation,
    Truth,
    all_of,
    contrary,
)
from compiler.dimensions import Value
from compiler.expressions import Expression, Literal
from compiler.memberships import InAccounts, InPeriods
from compiler.statements import Authority, Statement, Waiver
from grammar.tree import Comparison
from portfolio.household import Account, Household

OWNED = ("program", "advisor", "household", "account")
"""Layers whose files say whose they are."""
SHARED = ("firm", "ipc")
"""Layers whose files speak for everybody."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`starts` and `ends` are the first and last day; None is open."""

    authority: Authority
    guards: tuple[Condition, ...] = ()
    starts: date | None = None
    ends: date | None = None

    def narrowed(
        self, guards: tuple[Condition, ...], starts: date | None, ends: date | None
    ) -> Scope:
        """This scope with more guards, and no longer than it was."""
        return Scope(
            self.authority,
            tuple(dict.fromkeys((*self.guards, *guards))),
            _latest(self.starts, starts),
            _earliest(self.ends, ends),
        )

    def covers_day(self, day: date) -> bool:
        """Whether the dates include `day`."""
        return (self.starts is None or self.starts <= day) and (
            self.ends is None or day <= self.ends
        )

    def guard(self, household: Household, account: Account) -> Truth:
        """Whether the guards admit an account; None where something needed is missing."""
        env = Environment(household, account)
        return all_of(condition.truth(env) for condition in self.guards)

    def may_reach(self, household: Household, account: Account) -> bool:
        """Whether the account cannot be ruled out today."""
        return (
            belongs(self.authority, household, account)
            and self.covers_day(household.as_of)
            and self.guard(household, account) is not False
        )


def scope_of(statement: Statement | Waiver) -> Scope:
    """The scope of a typed statement or waiver."""
    return Scope(statement.authority, statement.guards, statement.starts, statement.ends)


def _latest(a: date | None, b: date | None) -> date | None:
    days = [day for day in (a, b) if day is not None]
    return max(days, default=None)


def _earliest(a: date | None, b: date | None) -> date | None:
    days = [day for day in (a, b) if day is not None]
    return min(days, default=None)


def belongs(authority: Authority, household: Household, account: Account) -> bool:
    """Whether files of this authority speak of the account."""
    if authority.of is None:
        return True
    match authority.layer:
        case "program":
            return account.program == authority.of
        case "advisor":
            return household.advisor == authority.of
        case "household":
            return household.id == authority.of
        case "account":
            return account.id == authority.of
    owners = account.attributes.get(authority.layer), household.attributes.get(authority.layer)
    return authority.of in owners


def has_owners(layer: str, vocabulary: Vocabulary) -> bool:
    """Whether files of a layer can say whose they are."""
    columns = (vocabulary.get(table, layer) for table in ("accounts", "households"))
    return layer in OWNED or (layer not in SHARED and any(columns))


def owners(layer: str, vocabulary: Vocabulary) -> frozenset[str]:
    """Those of a book whom files of a layer can speak for; empty where none are known."""
    named = {"household": "id", "account": "id"}.get(layer, layer)
    tables = {"household": ("households",), "account": ("accounts",)}
    found = (vocabulary.get(each, named) for each in tables.get(layer, ("accounts", "households")))
    return frozenset().union(*(each.values for each in found if each is not None))


# --- scopes against each other -------------------------------------------------------------------


def inside(a: Scope, b: Scope) -> bool:
    """Whether wherever `a` holds, `b` holds too, as far as their words show."""
    return (
        _authority_inside(a.authority, b.authority)
        and set(_conjuncts(b)) <= set(_conjuncts(a))
        and (b.starts is None or (a.starts is not None and b.starts <= a.starts))
        and (b.ends is None or (a.ends is not None and a.ends <= b.ends))
    )


def _authority_inside(a: Authority, b: Authority) -> bool:
    return b.of is None or (a.layer, a.of) == (b.layer, b.of)


def surely_meet(a: Scope, b: Scope) -> bool:
    """Whether an account reached by the narrower scope is reached by both, on some day."""
    authorities = _authority_inside(a.authority, b.authority) or _authority_inside(
        b.authority, a.authority
    )
    ours, theirs = set(_conjuncts(a)), set(_conjuncts(b))
    return authorities and (ours <= theirs or theirs <= ours) and _share_a_day(a, b)


def may_meet(a: Scope, b: Scope) -> bool:
    """Whether no word of the two scopes excludes that both hold for one account on one day."""
    same_layer = a.authority.layer == b.authority.layer
    apart = same_layer and None not in (a.authority.of, b.authority.of)
    if apart and a.authority.of != b.authority.of:
        return False
    exclusive = any(_exclusive(p, q) for p in _conjuncts(a) for q in _conjuncts(b))
    return _share_a_day(a, b) and not exclusive


def _share_a_day(a: Scope, b: Scope) -> bool:
    first, last = _latest(a.starts, b.starts), _earliest(a.ends, b.ends)
    return first is None or last is None or first <= last


def _conjuncts(scope: Scope) -> Iterator[Condition]:
    for guard in scope.guards:
        yield from guard.operands if isinstance(guard, AllOf) else (guard,)


def _exclusive(p: Condition, q: Condition) -> bool:
    """Whether no account can satisfy both."""
    if p == Negation(q) or q == Negation(p) or _opposite(p, q):
        return True
    left, right = _values(p), _values(q)
    if left is not None and right is not None and left[0] == right[0]:
        return left[1].isdisjoint(right[1])
    a, b = _bounds(p), _bounds(q)
    return a is not None and b is not None and a[0] == b[0] and (_above(a, b) or _above(b, a))


def _opposite(p: Condition, q: Condition) -> bool:
    """Whether one says `in` where the other says `not in`, of the same."""
    if isinstance(p, InAccounts) and isinstance(q, InAccounts):
        return p == replace(q, negative=not q.negative)
    if isinstance(p, InPeriods) and isinstance(q, InPeriods):
        return p == replace(q, negative=not q.negative)
    if isinstance(p, InSpan) and isinstance(q, InSpan):
        return p == replace(q, negative=not q.negative)
    if isinstance(p, Compare) and isinstance(q, Compare):
        alike = p.left == q.left and p.right == q.right
        return alike and contrary(p.comparison, q.comparison)
    return False


def _values(condition: Condition) -> tuple[Expression, set[Value]] | None:
    """What an attribute must be one of."""
    match condition:
        case IsOneOf(left=left, options=options, negative=False):
            return left, {option.constant for option in options}
        case Compare(left=left, comparison=Comparison.IS, right=Literal(constant=value)):
            return left, {value}
    return None


Bounds = tuple[Expression, Comparison, Value]
_UPPER = (Comparison.AT_MOST, Comparison.BELOW, Comparison.ON_OR_BEFORE, Comparison.BEFORE)
_STRICT = (Comparison.BELOW, Comparison.ABOVE, Comparison.BEFORE, Comparison.AFTER)


def _bounds(condition: Condition) -> Bounds | None:
    ordered = (*_UPPER, Comparison.AT_LEAST, Comparison.ABOVE)
    match condition:
        case Compare(left=left, comparison=word, right=Literal(constant=value)):
            more = (*ordered, Comparison.ON_OR_AFTER, Comparison.AFTER)
            return (left, word, value) if word in more else None
    return None


def _above(a: Bounds, b: Bounds) -> bool:
    """Whether everything from `a` up is above everything up to `b`."""
    if a[1] in _UPPER or b[1] not in _UPPER:
        return False
    low, high = a[2], b[2]
    strict = a[1] in _STRICT or b[1] in _STRICT
    if isinstance(low, date) and isinstance(high, date):
        return low > high or (strict and low == high)
    if isinstance(low, str | date | frozenset) or isinstance(high, str | date | frozenset):
        return False
    return low > high or (strict and low == high)
