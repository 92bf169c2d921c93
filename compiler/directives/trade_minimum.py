"""`keep each trade at least $500`: orders too small to be worth making."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from compiler.sums import Column, Sum
from compiler.tableau import Block
from grammar import tree

LOST = 0.01
"""Dollars that the amount of one lot's shares may lose when it is rounded to the cent, and a little
for an amount that is not in whole cents itself."""


@dataclass(frozen=True)
class TradeMinimum(Directive):
    """Smallest dollars of one order (security and account, lots summed).

    Closing a position is exempt.
    """

    kind: ClassVar[str] = "trade minimum"
    family: ClassVar[Family] = Family.LIMIT
    may_be_soft: ClassVar[bool] = True
    looser: ClassVar[Mapping[str, int]] = {"amount": -1}

    amount: Amount
    selection: Selection | None = None

    @property
    def slot(self) -> tuple[str, ...]:
        return "each trade", narrowed_words(self.selection)

    @property
    def range(self) -> Range:
        return Range(low=self.amount)

    def describe_range(self) -> str:
        return f"at least {self.amount.describe()}"

    def sentence(self) -> str:
        return f"keep each trade {self.describe_range()}{narrowed_words(self.selection)}"

    def hears(self, clause: tree.Clause) -> bool:
        """Closing a position is exempt whether or not the author says so."""
        closes = isinstance(clause, tree.Except) and clause.purpose == "close a position"
        return closes or selective_clause(clause)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """An order is nothing, at least the minimum, or closes the position; rounding may take back
        the share by which the model asks for more. Where it has left orders too small before
        (`improved`), the model asks for what their cents may lose too. Of a soft minimum each order
        may fall short, by dollars that are its violation."""
        sale, purchase = block.rows("sale"), block.rows("purchase")
        for account, positions in covered_positions(scope, physics):
            least = physics.bp(self.amount.dollars(physics.household, account))
            lost = physics.bp(LOST) if scope.statement.key in physics.improved else 0.0
            for position in positions:
                step = physics.increment_value(account, position.security_id)
                key = (account.id, position.security_id)
                if position.sold is not None:
                    cents = lost * len(position.lots)
                    smallest = min(least + step + cents, position.held)
                    short = physics.shortfall(block, "sale", key, smallest, scope)
                    if short is None:
                        position.smallest_sale = max(position.smallest_sale, smallest)
                    else:
                        position.soft_sales.append((smallest, short))
                    row = _at_least(smallest, position.sold, position.sells, short)
                    sale.spare[sale.at_most(key, row, 0.0)] = max(0.0, smallest - least)
                if position.buy is not None and position.bought is not None:
                    smallest = least + step + lost
                    short = physics.shortfall(block, "purchase", key, smallest, scope)
                    if short is None:
                        position.smallest_purchase = max(position.smallest_purchase, smallest)
                    else:
                        position.soft_purchases.append((smallest, short))
                    row = _at_least(smallest, position.bought, [position.buy], short)
                    purchase.spare[purchase.at_most(key, row, 0.0)] = step + lost

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Every order that leaves something of the position is at least the minimum."""
        for account, security_id, amount in covered_orders(scope, closing):
            least = self.amount.dollars(closing.household, account)
            closes = not closing.shares_after[account.id, security_id]
            if amount < least and not closes:
                where = f"{account.id} {security_id}"
                yield dollars_breach(scope, where, "the order", amount, least)


def _at_least(smallest: float, on: Column, traded: Sequence[Column], short: Column | None) -> Sum:
    """The smallest (bp), if it is switched on, less what is traded and what it may fall short."""
    less = [*traded] if short is None else [*traded, short]
    return Sum([smallest, *[-1.0] * len(less)], [on, *less])
