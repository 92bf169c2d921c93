"""`only harvest X where ...`, `never harvest X`: which lots may be sold at a loss.

A harvest is any sale of a lot at a loss, whatever the motive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import pyomo.environ as pyo

from compiler.closing import Closing
from compiler.coverage import forbids_lot
from compiler.directives.base import Breach, Directive, Family, selective_clause
from compiler.physics import Physics
from compiler.read_conditions import read_selection
from compiler.reader import Reader
from compiler.selections import Selection
from compiler.statements import InForce
from grammar import tree
from grammar.tree import Mode


@dataclass(frozen=True)
class Harvest(Directive):
    """With `only`, the condition is the threshold; `never harvest anything` switches it off."""

    kind: ClassVar[str] = "harvest"
    family: ClassVar[Family] = Family.RESTRICTION
    selective: ClassVar[bool] = True
    may_be_soft: ClassVar[bool] = True

    mode: Mode
    things: Selection

    @property
    def selection(self) -> Selection:
        """What the statement is about."""
        return self.things

    @property
    def slot(self) -> tuple[str, ...]:
        return f"{self.mode.value} harvest", self.things.describe()

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause)

    def sentence(self) -> str:
        return f"{self.mode.value} harvest {self.things.describe()}"

    def build(self, block: pyo.Block, scope: InForce, physics: Physics) -> None:
        """A row for each lot at a loss in a taxable account that may not be sold."""
        taxable = {a.id: a for a in physics.tradable(scope) if a.taxable}
        for (owner, _), position in physics.positions.items():
            if owner not in taxable:
                continue
            for lot, sell in zip(position.lots, position.sells, strict=True):
                at_loss = physics.at_loss(lot)
                if at_loss and forbids_lot(scope, physics.household, taxable[owner], lot):
                    key = (owner, lot.security_id, lot.id)
                    physics.bar(block, "no_harvest", key, sell, scope)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Every sale at a loss in a taxable account is of a lot that may be harvested."""
        for sale in closing.sales:
            account = closing.account(sale.account_id)
            if sale.account_id not in scope.accounts or not account.taxable or sale.gain >= 0:
                continue
            if forbids_lot(scope, closing.household, account, sale.lot):
                yield Breach(
                    key=scope.statement.key,
                    where=f"{sale.account_id} {sale.security_id} {sale.lot.id}",
                    found=sale.amount,
                    bound=Decimal(0),
                    unit="dollars",
                    message=f"${sale.amount:,.2f} of lot {sale.lot.id} is sold at a loss that may "
                    "not be harvested",
                )


def read_harvest(node: tree.Restrict, reader: Reader) -> Harvest | None:
    """The typed directive, or None after reporting what is wrong."""
    things = read_selection(node.things, reader)
    return None if things is None else Harvest(node.mode, things)
