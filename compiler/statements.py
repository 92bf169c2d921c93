"""Typed statements: one directive of a rule with who says it, for whom, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from grammar.spans import Span

if TYPE_CHECKING:
    from compiler import expressions
    from compiler.conditions import Condition
    from compiler.dimensions import Duration
    from compiler.directives.base import Directive
    from compiler.selections import Selection
    from compiler.steps import Steps


Side = Literal["buy", "sell"]
Meeting = tuple[str, str, Side]
"""Orders of other clients in the same run: whose (as the statement groups them), of which security,
on which side."""


class Origin(StrEnum):
    """How a statement is made: hard, open to choice, a choice, or a note, which only reports."""

    RULE = "rule"
    DEFAULT = "default"
    SET = "set"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Authority:
    """The layer of a statement: rank 0 is the highest (firm). `of` names whose file it is."""

    layer: str
    rank: int
    of: str | None = None

    def __str__(self) -> str:
        return self.layer if self.of is None else f"{self.layer} {self.of}"


@dataclass(frozen=True, slots=True)
class Carveout:
    """One `except` clause: exactly one field is set.

    `purpose` is `raise cash` or `close a position`.
    """

    selection: Selection | None = None
    condition: Condition | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """One `existing` clause: positions outside the rule may stay, or comply in time.

    `evenly` has them comply in equal steps from where they stood at the first breach.
    """

    selection: Selection
    stay: bool = False
    within: Duration | None = None
    by: date | None = None
    evenly: Steps | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One directive in force or not, with everything its rule says about it.

    `key` is unique in a policy set and stable under reordering of files: the rule id, with `.2`,
    `.3` ... after it where a rule holds several directives. `guards` must all hold (file's and
    rule's). `missing` is what an unknown selection counts as: True selected, False not, None where
    the author did not say; `counts_as` is what the directive reads unknown values as. `starts` and
    `ends` are the first and last day in force. `value_span` is where the value stands, for
    messages. `off` is a `set ... to off`: the directive of the default is then not in force where
    this statement wins. A `set` carries the carve-outs, transitions and softness of its default.
    `approver` is who approved it, empty where nobody is named. `soft` is the priority of a soft
    statement (1 is broken last), None of a hard one.
    """

    key: str
    rule_id: str
    title: str
    reason: str
    owner: str
    authority: Authority
    origin: Origin
    directive: Directive
    span: Span
    guards: tuple[Condition, ...] = ()
    carveouts: tuple[Carveout, ...] = ()
    transitions: tuple[Transition, ...] = ()
    missing: bool | None = None
    counts_as: expressions.Literal | None = None
    starts: date | None = None
    ends: date | None = None
    value_span: Span | None = None
    off: bool = False
    approver: str = ""
    soft: int | None = None

    @property
    def path(self) -> str:
        return self.span.path

    @property
    def line(self) -> int:
        return self.span.line


@dataclass(frozen=True, slots=True)
class Waiver:
    """A rule lifted for a time, in the accounts that its file reaches.

    `selection` is what it is lifted for, everything where it names nothing, and `allowed` what the
    rule's author lets the layer waive (None: all of it). `existing` excuses shares already held and
    no purchase. `causes` are the mistakes that take its effect away, as codes with their places;
    `selection` is None where one of them is in it. `starts` and `ends` are the first and last day.
    """

    rule_id: str
    selection: Selection | None
    existing: bool
    allowed: Selection | None
    authority: Authority
    guards: tuple[Condition, ...]
    starts: date | None
    ends: date | None
    reason: str
    approver: str
    span: Span
    causes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing of the rule is left: it is waived for anything, bought or held."""
        narrow = self.selection is None or self.selection.items or self.selection.where
        return not narrow and not self.existing and self.allowed is None

    @property
    def days(self) -> int | None:
        """Calendar days from the first to the last, both counted; None where one is open."""
        if self.starts is None or self.ends is None:
            return None
        return (self.ends - self.starts).days + 1


@dataclass(frozen=True, slots=True)
class InForce:
    """A statement with the accounts of one household for which it is in force.

    For a setting these are the accounts where its value won; for restrictions and limits the
    accounts its guards admit. `treatments` are those of its own layer and of higher ones, which
    say what counts as absent, or as what it holds. `waivers` gives those in effect for parts of it,
    by account. `breached_since` gives, for places known from earlier runs to lie outside the rule,
    the day on which they were first seen there, and `breached_at` how far out they were then, as a
    fraction of the value that the rule goes by. Where `strict` the exact check measures against
    what the statement asks today, wherever positions stood before the trades. One that is `ahead`
    holds from a later day on, for which cash has to be raised today. `facing` are orders of other
    clients in the same run that a statement about cross trades keeps its accounts from meeting:
    those that stay while the household is solved, all of them once a run is finished.
    """

    statement: Statement
    accounts: tuple[str, ...]
    breached_since: Mapping[str, date] = field(default_factory=dict)
    breached_at: Mapping[str, Decimal] = field(default_factory=dict)
    waivers: Mapping[str, tuple[Waiver, ...]] = field(default_factory=dict)
    treatments: tuple[InForce, ...] = ()
    strict: bool = False
    ahead: bool = False
    facing: frozenset[Meeting] = frozenset()

    @property
    def directive(self) -> Directive:
        return self.statement.directive


@dataclass(frozen=True, slots=True)
class HouseholdPolicy:
    """What holds for one household today: statements in force ordered by (rank, key).

    `held` names accounts that an erroneous statement stops, with the codes and places of the
    mistakes; nothing falls back in silence. `notes` are what is to be reported and constrains
    nothing; `remarks` say which waivers have no effect, and why. `later` is what holds from later
    days on, each until the next, as far as it matters for cash that has to be raised.
    """

    household_id: str
    as_of: date
    statements: tuple[InForce, ...]
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[InForce, ...] = ()
    remarks: tuple[str, ...] = ()
    later: tuple[HouseholdPolicy, ...] = ()

    def on(self, day: date) -> HouseholdPolicy:
        """What holds on a day: of today for every day before it."""
        return next((each for each in reversed(self.later) if each.as_of <= day), self)

    def has(self, key: str, account_id: str, day: date) -> bool:
        """Whether a statement holds for an account on a day."""
        return any(
            scope.statement.key == key and account_id in scope.accounts and not scope.ahead
            for scope in self.on(day).statements
        )

    def of_kind(self, kind: str, account_id: str) -> tuple[InForce, ...]:
        """The statements of one kind that hold for an account, highest layer first."""
        return tuple(
            scope
            for scope in self.statements
            if scope.directive.kind == kind and account_id in scope.accounts
        )
