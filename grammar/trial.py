"""The syntax tree of a file of policy tests: what is given, and what is expected of it.

As in `tree`, equality ignores spans, and names are not resolved here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from grammar.spans import Span
from grammar.tree import (
    Comment,
    Date,
    Expression,
    Keep,
    Name,
    Node,
    Quantity,
    Restrict,
    Side,
    Text,
    Things,
)


@dataclass(frozen=True, slots=True)
class ForEach(Node):
    """`for each stock in "ABC", "XYZ"`; `for each stock, cap in ("ABC", 5%), ("XYZ", 3%)`.

    The test is run once a case; each case has a value for each name. Several such lines make
    every combination. In the lines of the test a name stands for its value.
    """

    names: tuple[Name, ...]
    cases: tuple[tuple[Expression, ...], ...]


# --- given ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GivenBook(Node):
    """`given book "small"`: the book that the test begins from."""

    book: Text


@dataclass(frozen=True, slots=True)
class GivenPolicy(Node):
    """`given policy "household/H1042.policy"`: a file beside the set under test."""

    policy: Text


@dataclass(frozen=True, slots=True)
class GivenToday(Node):
    """`given today is 2026-06-01`."""

    day: Date | Name


@dataclass(frozen=True, slots=True)
class GivenHolding(Node):
    """`given 100 shares of "ABC" where account.id is "A1" and lot.basis is $1,500`.

    The `where` says what else is so of the lot; an amount of money may be given of `cash`. A name
    stands for a value of `for each`, here as in every line.
    """

    amount: Quantity | Name
    things: Things


@dataclass(frozen=True, slots=True)
class GivenFact(Node):
    """`given "NEWCO" where kind is "stock"`, `given account "A1" where account.type is "ira"`.

    `kind` is account, household or taxpayer; None for securities. `given account where ...` names
    none: it has no items.
    """

    kind: str | None
    things: Things


@dataclass(frozen=True, slots=True)
class ModelPart(Node):
    """`"ABC" at 60%`."""

    security: Name | Text
    weight: Quantity | Name


@dataclass(frozen=True, slots=True)
class GivenModel(Node):
    """`given model "ABC" at 60%, "XYZ" at 40%`; `given model "ACME" with "ABC" at 100%`."""

    model: Text | None
    parts: tuple[ModelPart, ...]


@dataclass(frozen=True, slots=True)
class GivenFund(Node):
    """`given fund "FND" with "ABC" at 60%, "XYZ" at 40%`: what a fund holds."""

    fund: Name | Text
    parts: tuple[ModelPart, ...]


@dataclass(frozen=True, slots=True)
class GivenEvent(Node):
    """`given withdrawal of $6,000 on 2026-07-01 each month`, of money that comes or goes, or
    `given sale of 100 shares of "ABC" on 2026-05-20 where realized_gain is -$300`, of the past.

    What the kinds are is not the grammar's to say. `every` is month, quarter or year.
    """

    kind: Name
    amount: Quantity | Name
    things: Things | None
    day: Expression
    every: str | None


@dataclass(frozen=True, slots=True)
class GivenBroken(Node):
    """`given rule ipc.esg.tobacco broken since 2026-03-01`: what earlier runs have seen of it."""

    rule: Name
    since: Expression


Given = (
    GivenBook
    | GivenPolicy
    | GivenToday
    | GivenHolding
    | GivenFact
    | GivenModel
    | GivenFund
    | GivenEvent
    | GivenBroken
)


# --- expect --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExpectNever(Node):
    """`expect never buy "ABC"`, `expect only hold bonds`: no trade is proposed against it."""

    restriction: Restrict


@dataclass(frozen=True, slots=True)
class ExpectTrade(Node):
    """`expect sell "ABC"`, `expect buy at least 50 shares of "XYZ" where account.id is "A1"`.

    `action` is buy or sell; `side` says how `amount` binds, None where it is exact or not given.
    """

    action: str
    side: Side | None
    amount: Quantity | Name | None
    things: Things


@dataclass(frozen=True, slots=True)
class ExpectRule(Node):
    """`expect rule ipc.esg.tobacco binds`, `never binds`, `applies` or `never applies`."""

    rule: Name
    never: bool
    verb: str


@dataclass(frozen=True, slots=True)
class ExpectValue(Node):
    """`expect cash at most 4% of account`, `expect ipc.cash between 2% and 4% of account`.

    A measure is one of the finished portfolio; the id of a default is its value in force.
    """

    keep: Keep


@dataclass(frozen=True, slots=True)
class ExpectSetting(Node):
    """`expect ipc.model is "ACME"`, `expect ipc.cash is off`: the value of a default in force.

    Several bare words are one Name with blanks in it, as after `set`.
    """

    rule: Name
    value: Expression | None
    off: bool


@dataclass(frozen=True, slots=True)
class ExpectFinding(Node):
    """`expect error E0401 at ipc.cash`: `severity` is error or warning."""

    severity: str
    code: Name
    at: Name | None


@dataclass(frozen=True, slots=True)
class ExpectStatus(Node):
    """`expect status infeasible`."""

    status: Name


Expect = (
    ExpectNever
    | ExpectTrade
    | ExpectRule
    | ExpectValue
    | ExpectSetting
    | ExpectFinding
    | ExpectStatus
)
Line = ForEach | Given | Expect


# --- files ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trial(Node):
    """`test "Title"` with its lines in the author's order. `flawed`: one of them holds an error."""

    title: Text
    lines: tuple[Line, ...]
    head: Span = field(compare=False, repr=False)
    flawed: bool = False


@dataclass(frozen=True, slots=True)
class TestFile(Node):
    """A file of tests as far as it could be read."""

    path: str
    trials: tuple[Trial, ...]
    comments: tuple[Comment, ...]
