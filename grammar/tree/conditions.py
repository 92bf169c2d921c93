"""What is true or false of a thing or an account, and the things that a condition picks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from grammar.tree.expressions import Expression, Name, Node, Quantity, Text


class Comparison(StrEnum):
    """The value is the canonical spelling."""

    IS = "is"
    IS_NOT = "is not"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    ABOVE = "above"
    BELOW = "below"
    BEFORE = "before"
    AFTER = "after"
    ON_OR_BEFORE = "on or before"
    ON_OR_AFTER = "on or after"


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`industry is "Tobacco"`, `revenue.tobacco at least 5%`."""

    left: Expression
    comparison: Comparison
    right: Expression


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`ATTR between A and B`, both ends included."""

    left: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`account.type in ("a", "b")`, `not in (...)` (`negated`), or `"tag" in account.tags`."""

    left: Expression
    negated: bool
    options: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Missing(Node):
    """`revenue.tobacco is missing` / `is not missing` (`negated`)."""

    left: Name
    negated: bool


@dataclass(frozen=True, slots=True)
class Recent(Node):
    """`lot.acquired in the last 30 days`; `in the next 10 days` (`ahead`), `not in` (`negated`)."""

    left: Expression
    negated: bool
    ahead: bool
    length: Quantity


@dataclass(frozen=True, slots=True)
class Flag(Node):
    """A bare attribute that is true or false: `account.discretionary`."""

    name: Name


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`not A`."""

    operand: Condition


@dataclass(frozen=True, slots=True)
class All(Node):
    """`A and B and C`."""

    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any(Node):
    """`A or B or C`."""

    operands: tuple[Condition, ...]


Condition = Compare | Between | Member | Recent | Missing | Flag | Not | All | Any


@dataclass(frozen=True, slots=True)
class Things(Node):
    """`anything`, or a list of groups (Name) and securities (Text); `where` narrows it.

    `anything` is the empty tuple of items.
    """

    items: tuple[Name | Text, ...]
    where: Condition | None
