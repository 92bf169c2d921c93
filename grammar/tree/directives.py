"""What a line asks for, and when: one class a kind of directive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from grammar.tree.conditions import Condition, Things
from grammar.tree.expressions import (
    Date,
    Expression,
    MonthDay,
    Name,
    Node,
    Quantity,
    ShareOf,
    Text,
)

# --- times ----------------------------------------------------------------------------------------


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


# --- directives -----------------------------------------------------------------------------------


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
    """`prevent wash sales above 5% of loss across household`: what and how far, as plain words, and
    from where on."""

    what: str
    across: str
    where: Condition | None = None
    above: ShareOf | None = None


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
    """`use model "ACME"`, `use risk aversion 10`, `use whole shares`: what, then its value.

    `use model "ACME" evenly over 20 days` says how it comes (`timing`).
    """

    what: str
    value: Expression | None
    where: Condition | None = None
    timing: By | Evenly | None = None


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
    Where `each` is written, `things` name a column.
    """

    things: Things
    like: str
    purpose: str | None
    each: bool = False


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
class Wait(Node):
    """`invest nothing`."""


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
    Restrict
    | Prevent
    | Keep
    | Use
    | Target
    | Replace
    | Treat
    | Prefer
    | Flow
    | Wait
    | Deal
    | Ask
    | Report
)
