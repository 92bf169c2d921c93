"""`keep each holding at least $1,000`: positions too small to be worth having."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.amounts import Amount
from compiler.closing import Closing
from compiler.coverage import compliance, covers
from compiler.directives.base import (
    Breach,
    Directive,
    Family,
    covered_positions,
    dollars_breach,
    selective_clause,
)
from compiler.directives.bounds import read_amount_band
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.read_conditions import read_narrowed
from compiler.reader import Reader
from compiler.registry import Cure, Position
from compiler.selections import Selection, narrowed_words
from compiler.statements import InForce
from compiler.sums import Sum, plain
from compiler.tableau import Block
from grammar import tree


@dataclass(frozen=True)
class HoldingMinimum(Directive):
    """A position (security and account) is nothing, or worth at least `amount`.

    No order leaves less of what it trades. What is smaller today is sold or added to, as fast as
    the other hard rules allow.
    """

    kind: ClassVar[str] = "holding minimum"
    family: ClassVar[Family] = Family.LIMIT
    never_soft: ClassVar[str] = "a position is too small or it is not"
    looser: ClassVar[Mapping[str, int]] = {"amount": -1}

    amount: Amount
    selection: Selection | None = None

    @property
    def slot(self) -> tuple[str, ...]:
        return "each holding", "at least", narrowed_words(self.selection)

    @property
    def range(self) -> Range:
        return Range(low=self.amount)

    def describe_range(self) -> str:
        return f"at least {self.amount.describe()}"

    def sentence(self) -> str:
        return f"keep each holding {self.describe_range()}{narrowed_words(self.selection)}"

    def hears(self, clause: tree.Clause) -> bool:
        """A position is too small or not: there is no way to comply evenly."""
        dated = isinstance(clause, tree.Existing) and clause.evenly is None
        return dated or selective_clause(clause)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A purchase reaches the minimum, a sale leaves it or everything goes."""
        for account, positions in covered_positions(scope, physics):
            least = physics.bp(self.amount.dollars(physics.household, account))
            for position in positions:
                step = physics.increment_value(account, position.security_id)
                self._keep(block, physics, position, least + step)
                where = f"{account.id} {position.security_id}"
                if 0 < position.held < least:
                    security = physics.security(position.security_id)
                    way = compliance(scope, physics.household, account, security, None, where)
                    if way == 1:
                        self._cure(block, scope, physics, position, least)

    def _keep(self, block: Block, physics: Physics, position: Position, least: float) -> None:
        key = (position.account_id, position.security_id)
        if position.buy is not None and position.bought is not None and position.held < least:
            missing = least - position.held
            position.smallest_purchase = max(position.smallest_purchase, missing)
            enough = Sum([1.0, -missing], [position.buy, position.bought])
            block.rows("purchase").at_least(key, enough, 0.0)
        if position.sold is not None:
            part = position.held - least
            position.largest_part = min(position.largest_part, part)
            kept = plain(position.sells).more(position.sold, -part)
            kept = kept.more(physics.closed(position), -least)
            block.rows("part").at_most(key, kept, 0.0)

    def _cure(
        self, block: Block, scope: InForce, physics: Physics, position: Position, least: float
    ) -> None:
        where = f"{position.account_id} {position.security_id}"
        missing = least - position.held
        excess = block.column("excess", where, 0.0, missing)
        moved = Sum([1.0, missing], [excess, physics.closed(position)])
        if position.bought is not None:
            moved = moved.more(position.bought, missing)
        block.rows("small").at_least(where, moved, missing)
        position.too_small = excess
        physics.cures.append(Cure(excess, scope.statement.key, where, missing))

    def outside(self, scope: InForce, closing: Closing) -> Iterator[tuple[str, Decimal]]:
        """Positions that were too small before the trades."""
        for where, found, _ in self._small(scope, closing, after=False):
            yield where, found / closing.value(closing.account(where.split(" ", 1)[0]))

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        for where, found, least in self._small(scope, closing, after=False):
            yield f"the holding of {where} is ${found:,.2f}, below ${least:,.2f}"

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Every position that was traded and is left is worth the minimum; and, where
        `scope.strict`, every one that is due."""
        for where, found, least in self._small(scope, closing, after=True):
            account_id, security_id = where.split(" ", 1)
            due = scope.strict and self._due(scope, closing, account_id, security_id, where)
            if due or (account_id, security_id) in closing.orders:
                yield dollars_breach(scope, where, "the holding", found, least)

    def _due(
        self, scope: InForce, closing: Closing, account_id: str, security_id: str, where: str
    ) -> bool:
        """Whether a position that is too small has to be gone, or grown, by today."""
        account, household = closing.account(account_id), closing.household
        security = household.securities[security_id]
        return compliance(scope, household, account, security, None, where) == 1

    def _small(
        self, scope: InForce, closing: Closing, *, after: bool
    ) -> Iterator[tuple[str, Decimal, Decimal]]:
        """(where, dollars, minimum) of every position that is too small."""
        shares = closing.shares_after if after else closing.shares_before
        for (account_id, security_id), count in sorted(shares.items()):
            account = closing.account(account_id)
            security = closing.household.securities[security_id]
            if account_id not in scope.accounts:
                continue
            found = count * closing.household.prices[security_id]
            least = self.amount.dollars(closing.household, account)
            if 0 < found < least and covers(scope, closing.household, account, security):
                yield f"{account_id} {security_id}", found, least


def read_holding_minimum(node: tree.Keep, reader: Reader) -> HoldingMinimum | None:
    """The typed minimum, or None after reporting what is wrong."""
    band = read_amount_band(node.bound, reader, takes_per=False)
    fine, selection = read_narrowed(node, "a holding", reader)
    if band is None or not fine:
        return None
    if band.low is None or band.high is not None:
        reader.report(
            codes.WRONG_UNIT,
            "a smallest and a largest holding are two limits",
            node.bound.span,
            "no holding at all is exempt from the one only",
            help="write a line `at least` and a line `at most`",
        )
        return None
    return HoldingMinimum(band.low, selection)
