"""Typed conditions, and the one way they are evaluated.

Truth is three-valued: True, False, or None where something needed is missing. `and`, `or` and `not`
follow Kleene's tables. A comparison with an attribute that does not apply (a fund's own
`revenue.tobacco`) is False, also in its negative forms; `not (...)` around it turns that into True.
Equality of nodes is equality of meaning: they carry no place in a file.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from compiler.attributes import Column, Environment
from compiler.dimensions import Duration, Value
from compiler.expressions import Expression, Literal, Reference
from grammar.tree import Comparison

if TYPE_CHECKING:
    from compiler.selections import Group

__all__ = ["Environment"]

Truth = bool | None


def all_of(truths: Iterator[Truth]) -> Truth:
    """Kleene's `and`: False beats unknown beats True."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def any_of(truths: Iterator[Truth]) -> Truth:
    """Kleene's `or`: True beats unknown beats False."""
    result: Truth = False
    for truth in truths:
        if truth is True:
            return True
        if truth is None:
            result = None
    return result


def _both(one: Truth, other: Truth) -> Truth:
    """Kleene's `and` of two."""
    return other if one is True else False if other is False else one


def negated(truth: Truth) -> Truth:
    """Kleene's `not`: unknown stays unknown."""
    return None if truth is None else not truth


class Condition(ABC):
    """Something true, false or unknown of an environment."""

    @abstractmethod
    def truth(self, env: Environment) -> Truth:
        """Whether it holds in `env`; None where something needed is missing."""

    def truths(self, environments: Sequence[Environment]) -> list[Truth]:
        """`truth` of each environment, asked at once: of all lots of an account, say."""
        return [self.truth(env) for env in environments]

    @abstractmethod
    def describe(self) -> str:
        """The condition in the language's words."""

    @abstractmethod
    def columns(self) -> Iterator[Column]:
        """Every attribute the condition reads."""

    @property
    def fixed(self) -> bool:
        """Whether a security alone decides it, whoever holds it and on whatever day."""
        return False

    @cached_property
    def mentions_lot(self) -> bool:
        return any(column.table == "lots" for column in self.columns())


_ORDER: dict[Comparison, Callable[[int], bool]] = {
    Comparison.AT_LEAST: lambda sign: sign >= 0,
    Comparison.AT_MOST: lambda sign: sign <= 0,
    Comparison.ABOVE: lambda sign: sign > 0,
    Comparison.BELOW: lambda sign: sign < 0,
    Comparison.BEFORE: lambda sign: sign < 0,
    Comparison.AFTER: lambda sign: sign > 0,
    Comparison.ON_OR_BEFORE: lambda sign: sign <= 0,
    Comparison.ON_OR_AFTER: lambda sign: sign >= 0,
    Comparison.IS: lambda sign: sign == 0,
    Comparison.IS_NOT: lambda sign: sign != 0,
}


def contrary(one: Comparison, other: Comparison) -> bool:
    """Whether no two values satisfy both: `before` and `on or after`."""
    return not any(_ORDER[one](sign) and _ORDER[other](sign) for sign in (-1, 0, 1))


_HOLDS: dict[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.AT_LEAST: operator.ge,
    Comparison.AT_MOST: operator.le,
    Comparison.ABOVE: operator.gt,
    Comparison.BELOW: operator.lt,
    Comparison.BEFORE: operator.lt,
    Comparison.AFTER: operator.gt,
    Comparison.ON_OR_BEFORE: operator.le,
    Comparison.ON_OR_AFTER: operator.ge,
    Comparison.IS: operator.eq,
    Comparison.IS_NOT: operator.ne,
}
"""Of two values, which the reader has found to be of one dimension."""


def _order(left: Value, right: Value) -> int:
    """-1, 0 or 1; texts and flags are only equal or different."""
    if left == right:
        return 0
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return -1 if left < right else 1
    if isinstance(left, date) and isinstance(right, date):
        return -1 if left < right else 1
    return 1


Span = tuple[Value, Value] | None


def _spans_compared(comparison: Comparison, left: Span, right: Span) -> Truth:
    """Whether the order of values that lie anywhere in their spans is one that holds."""
    if left is None or right is None:
        return None
    holds = _ORDER[comparison]
    signs = {_order(a, b) for a in left for b in right}
    if {-1, 1} <= signs:
        signs.add(0)
    truths = {holds(sign) for sign in signs}
    return truths.pop() if len(truths) == 1 else None


def _compared(
    left: Expression,
    comparison: Comparison,
    right: Expression,
    environments: Sequence[Environment],
) -> list[Truth]:
    """Whether two values compare so in each environment, unknown where either is missing."""
    if left.spans or right.spans:
        return [
            _spans_compared(comparison, left.span(env), right.span(env)) for env in environments
        ]
    holds = _HOLDS[comparison]
    return [
        None if a is None or b is None else holds(a, b)
        for a, b in zip(left.values(environments), right.values(environments), strict=True)
    ]


def _where_applicable(
    truths: list[Truth], environments: Sequence[Environment], columns: tuple[Column, ...]
) -> list[Truth]:
    """Truths of comparisons: False where one of the columns that they read does not apply."""
    if not columns:
        return truths
    return [
        truth if all(column.applicable(env) for column in columns) else False
        for truth, env in zip(truths, environments, strict=True)
    ]


@dataclass(frozen=True)
class Compare(Condition):
    """`A at least B` and its like."""

    left: Expression
    comparison: Comparison
    right: Expression

    @property
    def fixed(self) -> bool:
        return self.left.fixed and self.right.fixed

    @cached_property
    def _may_not_apply(self) -> tuple[Column, ...]:
        return self.left.may_not_apply + self.right.may_not_apply

    def truth(self, env: Environment) -> Truth:
        return self.truths((env,))[0]

    def truths(self, environments: Sequence[Environment]) -> list[Truth]:
        found = _compared(self.left, self.comparison, self.right, environments)
        return _where_applicable(found, environments, self._may_not_apply)

    def describe(self) -> str:
        return f"{self.left.describe()} {self.comparison.value} {self.right.describe()}"

    def columns(self) -> Iterator[Column]:
        yield from self.left.columns()
        yield from self.right.columns()


@dataclass(frozen=True)
class InRange(Condition):
    """`A between B and C`, both ends included."""

    left: Expression
    low: Expression
    high: Expression

    @property
    def fixed(self) -> bool:
        return self.left.fixed and self.low.fixed and self.high.fixed

    @cached_property
    def _may_not_apply(self) -> tuple[Column, ...]:
        parts = (self.left, self.low, self.high)
        return tuple(column for part in parts for column in part.may_not_apply)

    def truth(self, env: Environment) -> Truth:
        return self.truths((env,))[0]

    def truths(self, environments: Sequence[Environment]) -> list[Truth]:
        above = _compared(self.left, Comparison.AT_LEAST, self.low, environments)
        below = _compared(self.left, Comparison.AT_MOST, self.high, environments)
        found = [_both(*each) for each in zip(above, below, strict=True)]
        return _where_applicable(found, environments, self._may_not_apply)

    def describe(self) -> str:
        ends = f"{self.low.describe()} and {self.high.describe()}"
        return f"{self.left.describe()} between {ends}"

    def columns(self) -> Iterator[Column]:
        yield from self.left.columns()
        yield from self.low.columns()
        yield from self.high.columns()


@dataclass(frozen=True)
class InSpan(Condition):
    """`lot.acquired in the last 30 days`, `ex_date in the next 10 days`: today and the day that
    long before or after it are both included."""

    left: Expression
    length: Duration
    ahead: bool
    negative: bool

    def truth(self, env: Environment) -> Truth:
        if not self.left.applicable(env):
            return False
        day = self.left.value(env)
        if not isinstance(day, date):
            return None
        today, calendar = env.household.as_of, env.household.calendar
        inside = (
            today <= day <= self.length.after(today, calendar)
            if self.ahead
            else self.length.before(today, calendar) <= day <= today
        )
        return inside is not self.negative

    def describe(self) -> str:
        word = "not in" if self.negative else "in"
        end = "next" if self.ahead else "last"
        return f"{self.left.describe()} {word} the {end} {self.length.describe()}"

    def columns(self) -> Iterator[Column]:
        yield from self.left.columns()


@dataclass(frozen=True)
class IsOneOf(Condition):
    """`account.type in ("a", "b")`; the options are constants in a stable order."""

    left: Reference
    options: tuple[Literal, ...]
    negative: bool

    @property
    def fixed(self) -> bool:
        return self.left.fixed

    def truth(self, env: Environment) -> Truth:
        if not self.left.applicable(env):
            return False
        value = self.left.value(env)
        if value is None:
            return None
        return (value in {option.constant for option in self.options}) is not self.negative

    def describe(self) -> str:
        options = ", ".join(option.describe() for option in self.options)
        return f"{self.left.describe()} {'not in' if self.negative else 'in'} ({options})"

    def columns(self) -> Iterator[Column]:
        yield from self.left.columns()


@dataclass(frozen=True)
class Tagged(Condition):
    """`"founder" in household.tags`, `taxpayer.state in unregistered_states`.

    An account without tags is known not to have this one. A text is a list, with `;` between.
    """

    tag: Expression
    tags: Reference
    negative: bool

    @property
    def fixed(self) -> bool:
        return self.tag.fixed and self.tags.fixed

    def truth(self, env: Environment) -> Truth:
        if not (self.tag.applicable(env) and self.tags.applicable(env)):
            return False
        tag, tags = self.tag.value(env), self.tags.value(env)
        if isinstance(tags, str):
            tags = frozenset(each.strip() for each in tags.split(";"))
        if not isinstance(tags, frozenset) or tag is None:
            return None
        return (tag in tags) is not self.negative

    def describe(self) -> str:
        word = "not in" if self.negative else "in"
        return f"{self.tag.describe()} {word} {self.tags.describe()}"

    def columns(self) -> Iterator[Column]:
        yield from self.tag.columns()
        yield from self.tags.columns()


@dataclass(frozen=True)
class IsMissing(Condition):
    """`revenue.tobacco is missing`; what does not apply is neither missing nor present."""

    attribute: Reference
    negative: bool

    @property
    def fixed(self) -> bool:
        return self.attribute.fixed

    def truth(self, env: Environment) -> Truth:
        if not self.attribute.applicable(env):
            return False
        if self.attribute.column.subject(env) is None:
            return None
        return (self.attribute.column.value(env) is None) is not self.negative

    def describe(self) -> str:
        return f"{self.attribute.describe()} is {'not ' if self.negative else ''}missing"

    def columns(self) -> Iterator[Column]:
        yield from self.attribute.columns()


@dataclass(frozen=True)
class IsFlag(Condition):
    """A bare yes-or-no attribute."""

    attribute: Reference

    @property
    def fixed(self) -> bool:
        return self.attribute.fixed

    def truth(self, env: Environment) -> Truth:
        return self.truths((env,))[0]

    def truths(self, environments: Sequence[Environment]) -> list[Truth]:
        values = self.attribute.values(environments)
        found: list[Truth] = [value if isinstance(value, bool) else None for value in values]
        return _where_applicable(found, environments, self.attribute.may_not_apply)

    def describe(self) -> str:
        return self.attribute.describe()

    def columns(self) -> Iterator[Column]:
        yield from self.attribute.columns()


@dataclass(frozen=True)
class InGroup(Condition):
    """A bare group: the security (or lot) belongs to it."""

    group: Group

    @property
    def fixed(self) -> bool:
        return self.group.selection.fixed

    def truth(self, env: Environment) -> Truth:
        return self.group.selection.truth(env)

    def describe(self) -> str:
        return self.group.name

    def columns(self) -> Iterator[Column]:
        yield from self.group.selection.columns()


@dataclass(frozen=True)
class Negation(Condition):
    """`not (...)`."""

    operand: Condition

    @property
    def fixed(self) -> bool:
        return self.operand.fixed

    def truth(self, env: Environment) -> Truth:
        return negated(self.operand.truth(env))

    def truths(self, environments: Sequence[Environment]) -> list[Truth]:
        return [negated(truth) for truth in self.operand.truths(environments)]

    def describe(self) -> str:
        text = self.operand.describe()
        simple = isinstance(self.operand, IsFlag | InGroup)
        return f"not {text}" if simple else f"not ({text})"

    def columns(self) -> Iterator[Column]:
        yield from self.operand.columns()


@dataclass(frozen=True)
class Joined(Condition):
    """Conditions of which all or any have to hold."""

    operands: tuple[Condition, ...]

    @property
    def fixed(self) -> bool:
        return all(operand.fixed for operand in self.operands)

    def columns(self) -> Iterator[Column]:
        for operand in self.operands:
            yield from operand.columns()


@dataclass(frozen=True)
class AllOf(Joined):
    """`A and B and C`."""

    def truth(self, env: Environment) -> Truth:
        return all_of(operand.truth(env) for operand in self.operands)

    def describe(self) -> str:
        return " and ".join(_bracketed(operand, AnyOf) for operand in self.operands)


@dataclass(frozen=True)
class AnyOf(Joined):
    """`A or B or C`."""

    def truth(self, env: Environment) -> Truth:
        return any_of(operand.truth(env) for operand in self.operands)

    def describe(self) -> str:
        return " or ".join(_bracketed(operand, AllOf) for operand in self.operands)


def _bracketed(operand: Condition, other: type[Condition]) -> str:
    text = operand.describe()
    return f"({text})" if isinstance(operand, other) else text
