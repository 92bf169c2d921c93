"""`use highest cost lots`: which lots of a position are sold first.

A standing order of lots is an identification of what is sold (Treas. Reg. 1.1012-1(c)(8)); without
any, it is first in, first out (1.1012-1(c)(1)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family
from compiler.passed_over import passed_over
from compiler.physics import Physics
from compiler.reader import Reader
from compiler.registry import Position
from compiler.statements import InForce
from compiler.sums import Sum
from compiler.tableau import Block
from grammar import tree
from portfolio.household import Lot
from portfolio.tax.selection import Method, Offer, in_order

MINIMUM_TAX = "minimum tax"
METHODS = {
    "highest cost": Method.HIGHEST_COST,
    "first in first out": Method.FIFO,
    "last in first out": Method.LIFO,
}
ORDERS = (MINIMUM_TAX, *METHODS)


@dataclass(frozen=True)
class LotOrder(Directive):
    """`order` is one of ORDERS. Minimum tax leaves the choice of lots to the objective, which
    counts the tax of each; of any other, a lot is sold only once those before it are sold whole."""

    kind: ClassVar[str] = "lot order"
    family: ClassVar[Family] = Family.SETTING
    never_soft: ClassVar[str] = "lots are sold in an order or in none"

    order: str

    @property
    def slot(self) -> tuple[str, ...]:
        return ("lot order",)

    @property
    def method(self) -> Method | None:
        """The fixed order; None where the objective chooses."""
        return METHODS.get(self.order)

    def describe_range(self) -> str:
        return self.order

    def sentence(self) -> str:
        return f"use {self.order}" + ("" if self.order.endswith(" out") else " lots")

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """For each position of several lots that may be sold, a binary `exhausted` by lot: rows
        `whole` ask for all of the lot where it is on, rows `first` let the next one go only then.
        Minimum tax is what the objective asks for, and adds nothing."""
        if self.method is None:
            return
        over = passed_over(physics.whole or physics.household, physics.policy)
        for account in physics.tradable(scope):
            for position in physics.of_account(account.id):
                lots = self._in_order(lot for lot in position.lots if lot.id not in over)
                if len(lots) > 1:
                    _keep_order(block, position, lots, physics)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Of what is sold of a position, every lot but the last in order is sold whole; lots that
        other rules bar are passed over."""
        if self.method is None:
            return
        sold = closing.lot_shares_sold
        touched = {(s.account_id, s.security_id) for s in closing.sales}
        for account_id, security_id in sorted(touched):
            if account_id not in scope.accounts:
                continue
            held = closing.account(account_id).lots
            lots = self._in_order(
                lot
                for lot in held
                if lot.security_id == security_id and lot.id not in closing.passed_over
            )
            for earlier, later in pairwise(lots):
                left = earlier.shares - sold.get(earlier.id, Decimal(0))
                if left > 0 and sold.get(later.id):
                    yield Breach(
                        key=scope.statement.key,
                        where=f"{account_id} {security_id} {later.id}",
                        found=sold[later.id],
                        bound=Decimal(0),
                        unit="shares",
                        message=f"{sold[later.id]:f} shares of lot {later.id} are sold while "
                        f"{left:f} of lot {earlier.id} are left, which goes before it",
                    )

    def _in_order(self, lots: Iterable[Lot]) -> list[Lot]:
        """Lots as they are sold, by basis a share and day of acquisition; of those alike, by id."""
        assert self.method is not None
        named = sorted(lots, key=lambda lot: lot.id)
        places = {lot.id: place for place, lot in enumerate(named)}

        def offer(lot: Lot) -> Offer:
            cost = Fraction(lot.basis) / Fraction(lot.shares)
            return Offer(lot.acquired, places[lot.id], cost, gain=Fraction(0), long_term=False)

        return in_order(named, offer, self.method)


def _keep_order(block: Block, position: Position, lots: list[Lot], physics: Physics) -> None:
    """Rows and binaries of one position, which the search has beside them."""
    sell_of = dict(zip((lot.id for lot in position.lots), position.sells, strict=True))
    prices = physics.household.prices
    exhausted = []
    for earlier, later in pairwise(lots):
        key = (position.account_id, position.security_id, earlier.id)
        all_of_it, most = (physics.bp(x.shares * prices[x.security_id]) for x in (earlier, later))
        gone = block.column("exhausted", key, binary=True)
        whole = Sum([1.0, -all_of_it], [sell_of[earlier.id], gone])
        block.rows("whole").at_least(key, whole, 0.0)
        first = Sum([1.0, -most], [sell_of[later.id], gone])
        block.rows("first").at_most(key, first, 0.0)
        exhausted.append(gone)
    position.in_order = tuple(sell_of[lot.id] for lot in lots)
    position.exhausted = tuple(exhausted)


def lot_order(words: str) -> str | None:
    """The order that the words after `use` or `set ... to` mean, if they mean one."""
    order = words.removesuffix(" lots")
    return order if order in ORDERS else None


def read_lot_order(node: tree.Use, reader: Reader) -> LotOrder | None:
    """The typed choice, or None after reporting what is wrong."""
    order = lot_order(node.what)
    if node.value is not None or order is None:
        reader.report(
            codes.WRONG_SHAPE,
            "lots are sold in an order that has a name",
            node.span if node.value is None else node.value.span,
            help="known: " + ", ".join(ORDERS),
        )
        return None
    return LotOrder(order)
