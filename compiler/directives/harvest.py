"""`only harvest X where ...`, `never harvest X`: which lots may be sold at a loss.

A harvest is any sale of a lot at a loss, whatever the motive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler.closing import Closing, Sale
from compiler.coverage import forbidden_lots, forbids_lot
from compiler.directives.base import (
    Breach,
    Directive,
    Family,
    allowance,
    may_raise_cash,
    raises_cash,
    selective_clause,
)
from compiler.lots import Lots
from compiler.physics import Physics
from compiler.read_conditions import read_selection
from compiler.reader import Reader
from compiler.selections import Selection
from compiler.statements import InForce
from compiler.sums import Column, plain
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Mode
from portfolio.household import Account, Household, Lot


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

    @property
    def by_lot(self) -> bool:
        return True

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause) or raises_cash(clause)

    def sentence(self) -> str:
        return f"{self.mode.value} harvest {self.things.describe()}"

    def bars_sale(self, scope: InForce, household: Household, account: Account, lot: Lot) -> bool:
        lost = account.taxable and lot.basis > lot.shares * household.prices[lot.security_id]
        return lost and not may_raise_cash(scope) and forbids_lot(scope, household, account, lot)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A row `no_harvest` for each lot at a loss in a taxable account that may not be sold, or
        `to_raise_cash` for all of an account's."""
        for account in physics.tradable(scope):
            if not account.taxable:
                continue
            room = physics.bp(allowance(scope, physics.household, account))
            spared: list[Column] = []
            positions = {p.security_id: p for p in physics.of_account(account.id)}
            lots = physics.lots(account)
            lost = lots.at([k for k, lot in enumerate(lots.lots) if physics.at_loss(lot)])
            for lot in forbidden_lots(scope, lost):
                sell = positions[lot.security_id].sell_of[lot.id]
                if room:
                    spared.append(sell)
                else:
                    key = (account.id, lot.security_id, lot.id)
                    physics.bar(block, "no_harvest", key, sell, scope)
            if spared:
                sold = plain(spared)
                physics.upper(block, "to_raise_cash", account.id, sold, 0.0, room, scope=scope)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Every sale at a loss in a taxable account is of a lot that may be harvested, or raises
        cash."""
        losses: dict[str, list[Sale]] = {}
        for sale in closing.sales:
            taxable = closing.account(sale.account_id).taxable
            if sale.account_id in scope.accounts and taxable and sale.gain < 0:
                losses.setdefault(sale.account_id, []).append(sale)
        for account_id, sold in losses.items():
            account = closing.account(account_id)
            lots = Lots(closing.household, account, (sale.lot for sale in sold))
            barred = {lot.id for lot in forbidden_lots(scope, lots)}
            sales = [sale for sale in sold if sale.lot.id in barred]
            room = allowance(scope, closing.household, account)
            if room and sum(sale.amount for sale in sales) <= room:
                continue
            for sale in sales:
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
