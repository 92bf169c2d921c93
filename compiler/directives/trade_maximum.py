"""`keep each trade at most $10,000`: orders too large to be made at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from compiler.amounts import Amount
from compiler.closing import Closing
from compiler.directives.base import (
    Breach,
    Directive,
    Family,
    covered_orders,
    covered_positions,
    dollars_breach,
    selective_clause,
)
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.selections import Selection, narrowed_words
from compiler.statements import InForce
from compiler.sums import plain
from compiler.tableau import Block
from grammar import tree


@dataclass(frozen=True)
class TradeMaximum(Directive):
    """Largest dollars of one order (security and account, lots summed), of what `selection` picks.

    Nothing is exempt: what has to go goes in orders of several days.
    """

    kind: ClassVar[str] = "trade maximum"
    family: ClassVar[Family] = Family.LIMIT
    may_be_soft: ClassVar[bool] = True
    looser: ClassVar[Mapping[str, int]] = {"amount": 1}

    amount: Amount
    selection: Selection | None = None

    @property
    def slot(self) -> tuple[str, ...]:
        return "each trade", "at most", narrowed_words(self.selection)

    @property
    def range(self) -> Range:
        return Range(high=self.amount)

    def describe_range(self) -> str:
        return f"at most {self.amount.describe()}"

    def sentence(self) -> str:
        return f"keep each trade {self.describe_range()}{narrowed_words(self.selection)}"

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Rows `sale` and `purchase` on what is sold and bought of each security."""
        for account, positions in covered_positions(scope, physics):
            most = physics.bp(self.amount.dollars(physics.household, account))
            for position in positions:
                at = f"{account.id} {position.security_id}"
                sold = plain(position.sells)
                physics.upper(block, "sale", at, sold, 0.0, most, scope=scope)
                if position.buy is not None:
                    bought = plain([position.buy])
                    physics.upper(block, "purchase", at, bought, 0.0, most, scope=scope)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Every order in dollars against the maximum."""
        for account, security_id, amount in covered_orders(scope, closing):
            most = self.amount.dollars(closing.household, account)
            if amount > most:
                where = f"{account.id} {security_id}"
                yield dollars_breach(scope, where, "the order", amount, most)
