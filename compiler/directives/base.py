"""What every kind of directive can do.

A kind is one file in this folder: its typed form and how it is read from the tree, the family by
which it merges, its Block in the model, its exact check, and its sentence.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self

from compiler.amounts import Amount
from compiler.coverage import covers
from compiler.tableau import Block
from grammar import tree
from portfolio.flows import raising_allowance

if TYPE_CHECKING:
    from datetime import date

    from compiler.closing import Closing
    from compiler.physics import Physics
    from compiler.ranges import Range
    from compiler.registry import Position
    from compiler.statements import InForce, Statement
    from portfolio.household import Account, Household, Lot


class Family(StrEnum):
    """How directives of one kind merge."""

    RESTRICTION = "restriction"
    LIMIT = "limit"
    SETTING = "setting"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Breach:
    """A statement that a finished portfolio does not keep: where, what it is, what it may be."""

    key: str
    where: str
    found: Decimal
    bound: Decimal
    unit: str
    message: str


@dataclass(frozen=True, slots=True)
class Dial:
    """An amount of a directive that allows more if it is turned.

    `name` is its field, `looser` 1 where more of it allows more and -1 where less does, `step` the
    smallest turn that is worth writing down, in the field's own unit (dollars, a fraction of one).
    """

    name: str
    looser: int
    step: Decimal


class Directive(ABC):
    """One directive in typed form; subclasses are frozen dataclasses."""

    kind: ClassVar[str]
    family: ClassVar[Family]
    counts_absent: ClassVar[bool] = True
    """Whether lots that a lower layer calls absent count for it; they never do for risk."""
    selective: ClassVar[bool] = False
    """Whether parts of it, by security or lot, can be waived."""
    may_be_soft: ClassVar[bool] = False
    """Whether `soft priority N` has a meaning: how far it is broken can be measured in dollars."""
    never_soft: ClassVar[str] = "it is chosen, and nothing can break it"
    """Why it may not be soft, as a label."""
    breakable: ClassVar[bool] = True
    """Whether finished trades can break it, so that a note of it has something to report."""

    @property
    @abstractmethod
    def slot(self) -> tuple[str, ...]:
        """What the directive is about: directives of one slot merge with each other."""

    @abstractmethod
    def sentence(self) -> str:
        """The directive in the language's own words, as the formatter would write it."""

    @property
    def range(self) -> Range | None:
        """The numbers the directive allows, where it allows a range of them."""
        return None

    looser: ClassVar[Mapping[str, int]] = {}
    """Its fields of money: 1 where more allows more, -1 where less does."""

    @property
    def sums_up(self) -> bool:
        """Whether it is about several accounts of a household together."""
        return getattr(self, "base", "account") == "household"

    @property
    def dials(self) -> tuple[Dial, ...]:
        """Its amounts that allow more if they are turned; none where it has no amount."""
        found = ((name, sign, getattr(self, name)) for name, sign in self.looser.items())
        return tuple(
            Dial(name, sign, amount.step)
            for name, sign, amount in found
            if isinstance(amount, Amount)
        )

    def turned(self, dial: Dial, by: Decimal) -> Self:
        """The directive with one of its dials turned by so much, in the way that allows more."""
        was = getattr(self, dial.name)
        now = was.plus(dial.looser * by) if isinstance(was, Amount) else was + dial.looser * by
        return replace(self, **{dial.name: now})  # type: ignore[type-var]

    def size(self, dial: Dial) -> Decimal | None:
        """How far a dial stands from zero in its own unit; None where that depends on whom it is
        read for."""
        was = getattr(self, dial.name)
        if isinstance(was, Amount):
            return None if was.constant is None else was.constant[1]
        assert isinstance(was, Decimal)
        return was

    @property
    def amounts(self) -> tuple[Amount, ...]:
        """The amounts of money in it, which are dollars once a household is known."""
        assert is_dataclass(self)
        values = (getattr(self, each.name) for each in fields(self))
        return tuple(value for value in values if isinstance(value, Amount))

    @property
    def brings_in(self) -> tuple[str, ...]:
        """Ids or tickers of securities that it may put into portfolios."""
        return ()

    @property
    def brings_equivalents(self) -> bool:
        """Whether it may put securities into portfolios for others of their equivalence class."""
        return False

    @property
    def by_lot(self) -> bool:
        """Whether it tells the lots of a position apart, so that a clause or waiver may, too."""
        return False

    @property
    def gradual(self) -> bool:
        """Whether what it asks for comes in steps, counted from its first day."""
        return False

    def ever_due(self, starts: date | None, ends: date | None) -> bool:
        """Whether anything it asks for falls into the days of its rule."""
        del starts, ends
        return True

    @property
    def raised_ahead(self) -> bool:
        """Whether what it asks for on its first day has to be raised before, to settle in time."""
        return False

    @property
    def raises_cash(self) -> bool:
        """Whether it asks for cash that sales have to raise where it is not there."""
        return False

    @property
    def asks_for_trades(self) -> bool:
        """Whether it asks for trades, so that a note of it reports what they leave undone."""
        return False

    def bars_sale(self, scope: InForce, household: Household, account: Account, lot: Lot) -> bool:
        """Whether the lot may not be sold, not even to raise cash."""
        del scope, household, account, lot
        return False

    def sale_ceilings(
        self, scope: InForce, household: Household, account: Account
    ) -> Iterator[tuple[frozenset[str], Decimal]]:
        """Securities with the dollars of them together that may be sold by the household's day, for
        kinds that say how much that is."""
        del scope, household, account
        yield from ()

    def takes(self, other: Directive) -> bool:
        """Whether `other` says another value of this directive, as a `set` has to."""
        return self.slot == other.slot

    def remarks(self, household: Household) -> Iterator[str]:
        """What a reader of the result should know of how the directive reads the household."""
        del household
        yield from ()

    def hears(self, clause: tree.Clause) -> bool:
        """Whether an `except`, `existing` or `missing` clause changes what the directive does.

        `except when` never comes here: it takes whole accounts out of any statement.
        """
        del clause
        return False

    def describe_range(self) -> str:
        """What the directive says of its slot: `at most 3% of account`."""
        return self.sentence()

    @abstractmethod
    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Add to `block` the rows and variables that this statement adds to the model."""

    @abstractmethod
    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """The exact check: decimal arithmetic on opening and closing positions, no tolerance.

        A place outside the rule before the trades may not be further out after them; where
        `scope.strict` it has to be where the rule wants it today.
        """

    def describe_today(self, statement: Statement, household: Household) -> str:
        """What it comes to on the household's day, where its words do not say so."""
        del statement, household
        return ""

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        """What of the household it bears on, in words and numbers; `closing` is without trades."""
        for breach in self.breaches(replace(scope, strict=True), closing):
            yield breach.message
        yield from unsold(scope, closing)

    def outside(self, scope: InForce, closing: Closing) -> Iterator[tuple[str, Decimal]]:
        """Places outside the rule before the trades, for kinds that give time to comply, and what
        is there as a fraction of the value that the rule goes by."""
        del scope, closing
        yield from ()


MOST_NAMED = 3


def unsold(scope: InForce, closing: Closing) -> Iterator[str]:
    """What a statement keeps of each account, the largest positions by name."""
    household = closing.household
    for account in (a for a in household.accounts if a.id in scope.accounts):
        kept: dict[str, Decimal] = {}
        held: dict[str, Decimal] = {}
        for lot in account.lots:
            name = household.securities[lot.security_id].ticker
            worth = lot.shares * household.prices[lot.security_id]
            held[name] = held.get(name, Decimal(0)) + worth
            if scope.directive.bars_sale(scope, household, account, lot):
                kept[name] = kept.get(name, Decimal(0)) + worth
        value = closing.value(account)
        largest = sorted(kept.items(), key=lambda each: (-each[1], each[0]))
        for name, worth in largest[:MOST_NAMED]:
            part = "all" if worth == held[name] else f"${worth:,.2f}"
            share = f" ({held[name] / value:.1%})" if value > 0 else ""
            of = f"{name} is ${held[name]:,.2f} of {account.id}{share}"
            yield f"{of}, {part} of it not to be sold"
        if len(largest) > MOST_NAMED:
            rest = sum((worth for _, worth in largest[MOST_NAMED:]), Decimal(0))
            more = len(largest) - MOST_NAMED
            yield f"${rest:,.2f} in {more} more of {account.id} are not to be sold"


def selective_clause(clause: tree.Clause) -> bool:
    """Whether a clause takes securities or lots out, or says what their missing data count as."""
    spares = isinstance(clause, tree.Except) and clause.purpose is None
    return spares or isinstance(clause, tree.MissingCounts)


def most(scope: InForce, bound: Decimal, before: Decimal) -> Decimal:
    """How much an upper bound lets the trades leave: what was there already, or not even that."""
    return bound if scope.strict else max(bound, before)


def least(scope: InForce, bound: Decimal, before: Decimal) -> Decimal:
    """How little a lower bound lets the trades leave."""
    return bound if scope.strict else min(bound, before)


def raises_cash(clause: tree.Clause) -> bool:
    """Whether a clause is `except to raise cash`."""
    return isinstance(clause, tree.Except) and clause.purpose == "raise cash"


def may_raise_cash(scope: InForce) -> bool:
    """Whether the statement lets sales raise what is missing of the cash that was asked for."""
    return any(carveout.purpose == "raise cash" for carveout in scope.statement.carveouts)


def allowance(scope: InForce, household: Household, account: Account) -> Decimal:
    """Dollars of what the statement bars that may be sold all the same, to raise cash."""
    return raising_allowance(household, account) if may_raise_cash(scope) else Decimal(0)


def dollars_breach(scope: InForce, where: str, what: str, found: Decimal, bound: Decimal) -> Breach:
    """A breach of a bound in dollars."""
    side = "above" if found > bound else "below"
    verb = "are" if what.endswith(("gains", "losses")) else "is"
    holder = where.removesuffix(f" {what}")
    message = f"{what} of {holder} {verb} ${found:,.2f}, {side} ${bound:,.2f}"
    return Breach(scope.statement.key, where, found, bound, "dollars", message)


def covered_positions(scope: InForce, physics: Physics) -> Iterator[tuple[Account, list[Position]]]:
    """Each account that may trade, with those of its positions that a limit counts."""
    for account in physics.tradable(scope):
        yield (
            account,
            [
                position
                for position in physics.of_account(account.id)
                if covers(scope, physics.household, account, physics.security(position.security_id))
            ],
        )


def covered_orders(scope: InForce, closing: Closing) -> Iterator[tuple[Account, str, Decimal]]:
    """(account, security, dollars) of the orders that a limit counts."""
    for (account_id, security_id), amount in closing.orders.items():
        if account_id not in scope.accounts:
            continue
        account = closing.account(account_id)
        security = closing.household.securities[security_id]
        if covers(scope, closing.household, account, security):
            yield account, security_id, amount


Holders = Iterator[tuple[str, "tuple[Account, ...]", "Account | None"]]


def holders(base: str, scope: InForce, household: Household) -> Holders:
    """(where, accounts summed, account whose value is the base) for each thing a limit binds.

    Accounts held away are no part of a household's sum, as they are none of its value.
    """
    accounts = tuple(a for a in household.accounts if a.id in scope.accounts)
    if base == "household":
        managed = tuple(a for a in accounts if not a.held_away)
        if managed:
            yield household.id, managed, None
        return
    for account in accounts:
        yield account.id, (account,), account


def measured(base: str, scope: InForce, source: Physics | Closing) -> Holders:
    """As `holders`, for what is measured against a model or target: a joint portfolio that the
    statement reaches whole is one, with the accounts that count in it and are not traded."""
    household = source.household
    whole = [p for p in source.portfolios if p.joint and p.bound_by(scope)]
    together = {name for portfolio in whole for name in portfolio.members}
    if base == "household":
        named = {a.id for _, accounts, _ in holders(base, scope, household) for a in accounts}
        found = tuple(a for a in household.accounts if a.id in named | together)
        if found:
            yield household.id, found, None
        return
    for portfolio in whole:
        accounts = tuple(a for a in household.accounts if a.id in portfolio.members)
        yield portfolio.id, accounts, None
    for where, accounts, account in holders(base, scope, household):
        if where not in together:
            yield where, accounts, account
