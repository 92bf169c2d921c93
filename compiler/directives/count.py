"""`keep holdings at most 60`, `keep trades at most 30`: how many, in each account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from compiler import codes
from compiler.closing import Closing
from compiler.coverage import covers
from compiler.dimensions import describe_number
from compiler.directives.base import (
    Breach,
    Dial,
    Directive,
    Family,
    covered_positions,
    least,
    most,
    selective_clause,
)
from compiler.directives.bounds import describe_band, report_upside_down
from compiler.physics import Physics
from compiler.ranges import Range, stated, upside_down
from compiler.read_conditions import read_narrowed
from compiler.reader import Reader
from compiler.registry import Position
from compiler.selections import Selection, narrowed_words
from compiler.statements import InForce
from compiler.sums import Sum, plain, total
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Unit
from portfolio.household import Account

Counted = Literal["holdings", "trades"]


@dataclass(frozen=True)
class CountLimit(Directive):
    """How many securities an account holds after the run, or trades in it, of what `selection`
    picks. Cash is no holding; several lots of a security are one, bought or sold.
    """

    kind: ClassVar[str] = "count"
    family: ClassVar[Family] = Family.LIMIT
    never_soft: ClassVar[str] = "a number too many is not measured in dollars"

    counted: Counted
    low: Decimal | None
    high: Decimal | None
    selection: Selection | None = None

    @property
    def slot(self) -> tuple[str, ...]:
        return self.counted, narrowed_words(self.selection)

    @property
    def dials(self) -> tuple[Dial, ...]:
        ends = (("low", -1, self.low), ("high", 1, self.high))
        return tuple(Dial(name, sign, Decimal(1)) for name, sign, end in ends if end is not None)

    @property
    def range(self) -> Range:
        return Range(self.low, self.high)

    def describe_range(self) -> str:
        ends = [None if end is None else describe_number(end) for end in (self.low, self.high)]
        return describe_band(*ends)

    def sentence(self) -> str:
        return f"keep {self.counted} {self.describe_range()}{narrowed_words(self.selection)}"

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A row an account over the decisions to sell, to buy and to close."""
        for account, positions in covered_positions(scope, physics):
            if self.counted == "trades":
                decisions = [d for p in positions for d in (p.sold, p.bought) if d is not None]
                before, count = 0.0, plain(decisions)
            else:
                before = float(sum(p.held > 0 for p in positions))
                count = total(self._change(physics, p) for p in positions).plus(before)
                if self.low is not None:
                    self._open(block, physics, account, positions)
            for name, end, sign in (("high", self.high, 1), ("low", self.low, -1)):
                if end is not None:
                    physics.upper(
                        block,
                        name,
                        account.id,
                        float(sign) * count,
                        sign * before,
                        sign * float(end),
                        scope=scope,
                        tighten=False,
                    )

    def _change(self, physics: Physics, position: Position) -> Sum:
        """What trades add to the count of holdings."""
        if position.held > 0:
            return plain([physics.closed(position)], -1.0)
        return plain([] if position.bought is None else [position.bought])

    def _open(
        self, block: Block, physics: Physics, account: Account, positions: list[Position]
    ) -> None:
        """What counts as held is at least one increment of shares, and another for rounding."""
        for p in positions:
            key = (p.account_id, p.security_id)
            least = 2 * physics.increment_value(account, p.security_id)
            if p.sold is not None:
                part = p.held - least
                p.largest_part = min(p.largest_part, part)
                kept = plain(p.sells).more(p.sold, -part).more(physics.closed(p), -least)
                block.rows("part").at_most(key, kept, 0.0)
            elif p.buy is not None and p.bought is not None:
                p.smallest_purchase = max(p.smallest_purchase, least)
                enough = Sum([1.0, -least], [p.buy, p.bought])
                block.rows("purchase").at_least(key, enough, 0.0)

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        for account_id in scope.accounts if self.counted == "holdings" else ():
            count = self._count(scope, closing, closing.account(account_id), after=False)
            yield f"holdings of {account_id} are {count}"

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Positions or orders, counted; outside today, no further out."""
        for account_id in scope.accounts:
            account = closing.account(account_id)
            before, after = (self._count(scope, closing, account, after=a) for a in (False, True))
            if self.high is not None and after > (high := most(scope, self.high, before)):
                yield self._breach(scope, account, after, high, "above")
            if self.low is not None and after < (low := least(scope, self.low, before)):
                yield self._breach(scope, account, after, low, "below")

    def _breach(
        self, scope: InForce, account: Account, found: Decimal, bound: Decimal, side: str
    ) -> Breach:
        message = f"{self.counted} of {account.id} are {found}, {side} {bound}"
        return Breach(scope.statement.key, account.id, found, bound, self.counted, message)

    def _count(self, scope: InForce, closing: Closing, account: Account, *, after: bool) -> Decimal:
        if self.counted == "trades":
            names = [name for owner, name in closing.orders if owner == account.id and after]
        else:
            shares = closing.shares_after if after else closing.shares_before
            names = [name for (owner, name), n in shares.items() if owner == account.id and n > 0]
        securities = closing.household.securities
        counted = (covers(scope, closing.household, account, securities[name]) for name in names)
        return Decimal(sum(counted))


def read_count(node: tree.Keep, reader: Reader) -> CountLimit | None:
    """The typed limit, or None after reporting what is wrong."""
    assert node.measure is not None
    counted: Counted = "holdings" if node.measure.value == "holdings" else "trades"
    fine, selection = read_narrowed(node, f"a limit on {counted}", reader)
    if node.per is not None and node.per.value != "account":
        reader.report(
            codes.DOES_NOT_APPLY,
            f"{counted} are counted in each account",
            node.per.span,
            help="leave it out",
        )
        return None
    found = read_numbers(node.bound, counted, reader)
    if found is None or not fine:
        return None
    if counted == "trades" and found.low is not None:
        reader.report(
            codes.WRONG_UNIT,
            "the number of trades has an upper end only",
            node.bound.span,
            help="write `at most 30`",
        )
        return None
    low, high = found.low, found.high
    assert low is None or isinstance(low, Decimal)
    assert high is None or isinstance(high, Decimal)
    return CountLimit(counted, low, high, selection)


def read_numbers(bound: tree.Bound, counted: str, reader: Reader) -> Range | None:
    """Ends that are whole numbers, none below zero; None after reporting what is wrong."""
    ends: list[Decimal | None] = []
    for end in (bound.low, bound.high):
        if end is None:
            ends.append(None)
            continue
        number = end.value if isinstance(end, tree.Quantity) and end.unit is Unit.NONE else None
        if number is None or number < 0 or number % 1 or bound.base or bound.relation:
            reader.report(
                codes.WRONG_UNIT,
                f"{counted} are counted in whole numbers",
                end.span,
                help="write `at most 60`",
            )
            return None
        ends.append(number)
    found = Range(*ends)
    if upside_down(found, stated):
        report_upside_down(bound, reader)
        return None
    return found
