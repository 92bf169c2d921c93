"""The syntax tree: what the author wrote, with the place of every node.

Equality ignores spans, so two trees are equal when they say the same thing. Names are not resolved
here and nothing is typed: `compiler` does both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from grammar.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node has: its place, which equality ignores."""

    span: Span = field(compare=False, repr=False)


# --- expressions ---------------------------------------------------------------------------------


class Unit(StrEnum):
    """The unit behind or before a number, in one spelling."""

    MONEY = "$"
    PERCENT = "%"
    POINTS = "points"
    BPS = "bps"
    SHARES = "shares"
    TRADING_DAYS = "trading days"
    DAYS = "days"
    MONTHS = "months"
    QUARTERS = "quarters"
    YEARS = "years"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """A number as written with its unit: `5%` is Quantity(5, PERCENT), not 0.05."""

    value: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted word: data."""

    value: str


@dataclass(frozen=True, slots=True)
class Date(Node):
    """`2026-01-31`."""

    value: date


@dataclass(frozen=True, slots=True)
class MonthDay(Node):
    """`December 1`: that day of every year. `day` fits the month in a leap year."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A bare word, perhaps dotted: `industry`, `account.type`, `ipc.esg.tobacco`."""

    value: str


@dataclass(frozen=True, slots=True)
class ShareOf(Node):
    """`5% of basis`, `1% of account`."""

    share: Quantity
    base: Name


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`the larger of A and B` (`larger` true) or `the smaller of A and B`."""

    larger: bool
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Sum(Node):
    """`A plus B`, or `A minus B` (`sign` -1)."""

    sign: int
    left: Expression
    right: Expression


Expression = Quantity | Text | Date | MonthDay | Name | ShareOf | Choice | Sum


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


# --- selections ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Things(Node):
    """`anything`, or a list of groups (Name) and securities (Text); `where` narrows it.

    `anything` is the empty tuple of items.
    """

    items: tuple[Name | Text, ...]
    where: Condition | None


# --- times ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class By(Node):
    """`by 2026-04-10`, or `by December 15` of every year."""

    day: Date | MonthDay


@dataclass(frozen=True, slots=True)
class Evenly(Node):
    """`evenly over 8 quarters`: in equal parts."""

    over: Quantity


@dataclass(frozen=True, slots=True)
class Every(Node):
    """`each month`, `each month on day 1`, `each year on December 1`.

    `period` is month, quarter or year; at most one of `day` (of the period) and `on` is set.
    """

    period: str
    day: int | None
    on: MonthDay | None


Timing = By | Evenly | Every


# --- directives ----------------------------------------------------------------------------------


class Mode(StrEnum):
    """`never` forbids the things named, `only` everything else."""

    NEVER = "never"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Restrict(Node):
    """`never buy X`, `only harvest X where ...`: action is buy, sell, hold, trade or harvest."""

    mode: Mode
    action: str
    things: Things


@dataclass(frozen=True, slots=True)
class Prevent(Node):
    """`prevent wash sales across household`: what and how far, as plain words."""

    what: str
    across: str
    where: Condition | None = None


class Side(StrEnum):
    """Which sides of a band a bound has."""

    BETWEEN = "between"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    WITHIN = "within"


@dataclass(frozen=True, slots=True)
class Bound(Node):
    """A band or one side of one.

    `between LOW and HIGH`, `at least LOW`, `at most HIGH`, `within HIGH of model`,
    `at most HIGH above model` (relation `above`), `at least LOW below target` (`below`).
    `base` is the word after `of` (`account`, `household`, `model`, `target`) or after above/below;
    None where the author wrote none. A base inside an expression (`the larger of $50,000 and 3% of
    account`) is a ShareOf there.
    """

    side: Side
    low: Expression | None
    high: Expression | None
    relation: str | None
    base: Name | None


@dataclass(frozen=True, slots=True)
class Period(Node):
    """`each year`, `each year prorated` (`prorated`), `in 2026` (`year`).

    `each month` and `each quarter` are `every`; `over any 12 months` is `over`.
    """

    year: int | None
    prorated: bool
    every: str = "year"
    over: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Keep(Node):
    """`keep [each] MEASURE BOUND [PERIOD] [per HOLDER] [where COND]`.

    Exactly one of `measure` and `things` is set. `measure` is the word or words of a built-in
    measure (`cash`, `realized gains`, `realized tax`, `trade`, `holding`, or after `each` a column
    such as `sector`); which words are measures is the compiler's to say, so a lone bare word
    (`cash`, or a group's name) always arrives as `measure`, and a list or quoted word as `things`.
    """

    each: bool
    measure: Name | None
    things: Things | None
    bound: Bound
    period: Period | None
    per: Name | None
    where: Condition | None


@dataclass(frozen=True, slots=True)
class Use(Node):
    """`use model "ACME"`, `use risk aversion 10`, `use whole shares`: what, then its value."""

    what: str
    value: Expression | None
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class Target(Node):
    """`target technology at 50% of model`, `... evenly over 5 years`: a last `where` is in things.

    `weight` is a ShareOf where the author named a base.
    """

    things: Things
    weight: Expression
    timing: By | Evenly | None


@dataclass(frozen=True, slots=True)
class Replace(Node):
    """`replace "USX" with constituents`, `only replace funds with approved_substitutes` (`only`).

    A last `where` is in `substitutes`.
    """

    only: bool
    things: Things
    substitutes: Things


@dataclass(frozen=True, slots=True)
class Treat(Node):
    """`treat "VTI", "ITOT" as one for drift`, `treat anything as absent where ...`.

    What the words after `as` and `for` mean is the compiler's to say; a last `where` is in things.
    """

    things: Things
    like: str
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Prefer(Node):
    """`prefer holding reits in iras worth 30 bps`, `prefer buying home_munis over munis`.

    `action` is buy, sell, hold or trade; `accounts` the groups of accounts after `in`; a last
    `where` is in `things`.
    """

    action: str
    things: Things
    accounts: Things | None
    over: Things | None
    worth: Quantity | None


@dataclass(frozen=True, slots=True)
class Flow(Node):
    """`pay $6,000 each month on day 1`, `reserve $85,000 by 2026-04-10`, `invest ... evenly ...`.

    `action` is pay, reserve or invest; `per` the word after `per`.
    """

    action: str
    amount: Expression
    timing: Timing
    per: Name | None = None


@dataclass(frozen=True, slots=True)
class Deal(Node):
    """`sell 1,000 shares of "ACME" each quarter`, `buy bonds evenly over 12 months`.

    `action` is sell or buy; `amount` is None where all is meant. A last `where` is in `things`.
    """

    action: str
    amount: Quantity | None
    things: Things
    timing: Timing
    per: Name | None = None


@dataclass(frozen=True, slots=True)
class Ask(Node):
    """`ask "Chief Compliance Officer" before selling restricted`.

    `action` is buy, sell, hold or trade.
    """

    who: Text
    action: str
    things: Things


@dataclass(frozen=True, slots=True)
class Report(Node):
    """`report trading watch_list`: action is buy, sell, hold or trade."""

    action: str
    things: Things


Directive = (
    Restrict | Prevent | Keep | Use | Target | Replace | Treat | Prefer | Flow | Deal | Ask | Report
)


# --- clauses -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class When(Node):
    """`when COND`: the accounts a rule is for."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Except(Node):
    """One of `things` (`except X where ...`), `condition` (`except when ...`) and `purpose`
    (`except to raise cash`, `except to close a position`) is set."""

    things: Things | None
    condition: Condition | None
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Existing(Node):
    """`existing THINGS may stay` or `existing THINGS comply within 90 days` / `by DATE`.

    `existing positions` means anything. `stay` true for `may stay`; otherwise one of `within`,
    `by` and `evenly` (`comply evenly over 8 quarters`) is set.
    """

    things: Things
    stay: bool
    within: Quantity | None
    by: Date | None
    evenly: Evenly | None = None


@dataclass(frozen=True, slots=True)
class MissingCounts(Node):
    """`missing counts as excluded`, `allowed`, or a value."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Allow(Node):
    """`allow advisor, household to set BOUND` / `to set off` / `to waive`.

    `to` is "set", "set off" or "waive"; a bare `to set` (any value) is "set" without a bound.
    `to waive for THINGS` and `to waive for existing THINGS` (`existing`) say what may be waived.
    """

    layers: tuple[Name, ...]
    to: str
    bound: Bound | None
    things: Things | None = None
    existing: bool = False


@dataclass(frozen=True, slots=True)
class Soft(Node):
    """`soft priority N`: the rule may be broken; 1 is broken last."""

    priority: int


@dataclass(frozen=True, slots=True)
class From(Node):
    """`from DATE`: the first day in force."""

    day: Date


@dataclass(frozen=True, slots=True)
class Until(Node):
    """`until DATE`: the last day in force."""

    day: Date


@dataclass(frozen=True, slots=True)
class Because(Node):
    """`because "..."`: why, in the author's words."""

    reason: Text


@dataclass(frozen=True, slots=True)
class Approved(Node):
    """`approved by "..."`."""

    by: Text


Clause = When | Except | Existing | MissingCounts | Soft | Allow | From | Until | Because | Approved


# --- statements and files ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """A comment's text without its `#`; `own_line` false where it follows a clause."""

    text: str
    own_line: bool


@dataclass(frozen=True, slots=True)
class Define(Node):
    """`define tobacco as anything where ...` or `define banks as "JPM", "BAC"`."""

    name: Name
    things: Things


@dataclass(frozen=True, slots=True)
class DefineAccounts(Node):
    """`define iras as accounts where account.type in (...)`: a group of accounts."""

    name: Name
    where: Condition | None


@dataclass(frozen=True, slots=True)
class Days(Node):
    """`2026-02-03 to 2026-03-10`, both included; one day where `first` is `last`."""

    first: Date
    last: Date


@dataclass(frozen=True, slots=True)
class DefinePeriods(Node):
    """`define open_windows as 2026-02-03 to 2026-03-10, 2026-05-05 to 2026-06-10`."""

    name: Name
    periods: tuple[Days, ...]


@dataclass(frozen=True, slots=True)
class DefineFile(Node):
    """`define restricted from "restricted.csv"`: the path as written."""

    name: Name
    file: Text


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """`rule ID "Title"` with its directives and clauses; a `default` (`is_default`), a `note`
    (`is_note`), which only reports.

    A rule may hold several directives; each is a statement of its own under the same id.
    `head` covers the first line, `span` the whole block with the lines that could not be read.
    `flawed`: a line of it holds an error, so it says less, or more, than its author wrote.
    """

    is_default: bool
    id: Name
    title: Text | None
    directives: tuple[Directive, ...]
    clauses: tuple[Clause, ...]
    head: Span = field(compare=False, repr=False)
    flawed: bool = False
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Set(Node):
    """`set ID to VALUE`: chooses another value for a default.

    The value has the default's shape: a Bound (`between 2% and 4% of account`), an expression
    (`"ACME"`, `12`), or the word `off`. Several bare words are one Name with blanks in it.
    `flawed` as in Rule.
    """

    id: Name
    bound: Bound | None
    value: Expression | None
    off: bool
    clauses: tuple[Clause, ...]
    head: Span = field(compare=False, repr=False)
    flawed: bool = False


@dataclass(frozen=True, slots=True)
class Waive(Node):
    """`waive ID for THINGS`, or only for held shares: `for existing THINGS` (`existing`).

    Which of its clauses it needs is the compiler's to say. `flawed` as in Rule.
    """

    id: Name
    things: Things
    existing: bool
    clauses: tuple[Clause, ...]
    head: Span = field(compare=False, repr=False)
    flawed: bool = False


Statement = Define | DefineAccounts | DefinePeriods | DefineFile | Rule | Set | Waive


@dataclass(frozen=True, slots=True)
class Layer(Node):
    """`layer ipc`, `layer advisor "ADV1"`: `of` names whose file it is."""

    name: Name
    of: Text | None


@dataclass(frozen=True, slots=True)
class Header(Node):
    """Header lines; each is None where the author left it out.

    `using` names the files whose definitions this one uses.
    `flawed`: a header line could not be read, so the file's scope, dates or guard are not known.
    """

    id: Name | None
    title: Text | None
    layer: Layer | None
    owner: Text | None
    starts: Date | None
    ends: Date | None
    guard: Condition | None
    flawed: bool = False
    using: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyFile(Node):
    """A file as far as it could be read.

    `unread` holds the names that lines with errors were about to define (groups, ids of rules), so
    that later stages need not report them as unknown.
    """

    path: str
    header: Header
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    unread: tuple[Name, ...] = ()
