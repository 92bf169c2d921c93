"""`prevent wash sales across household`: no loss that 26 USC 1091(a) would disallow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

import pyomo.environ as pyo

from compiler import codes
from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family
from compiler.physics import Physics
from compiler.reader import Reader
from compiler.registry import LossSale, Position, WashGroup
from compiler.statements import InForce
from grammar import tree
from portfolio.tax.replacements import recent_purchases


@dataclass(frozen=True)
class WashSales(Directive):
    """The window is counted over every account of the household."""

    kind: ClassVar[str] = "wash sales"
    family: ClassVar[Family] = Family.RESTRICTION
    never_soft: ClassVar[str] = "wash sales are avoided even without a rule"

    across: Literal["household"] = "household"

    @property
    def slot(self) -> tuple[str, ...]:
        return "wash sales", self.across

    def sentence(self) -> str:
        return f"prevent wash sales across {self.across}"

    def build(self, block: pyo.Block, scope: InForce, physics: Physics) -> None:
        """Losses and replacements of a wash group exclude each other; blocks in force hold."""
        add_wash_rows(block, physics)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """No share sold at a loss is replaced: by a purchase of the run, by shares bought in the
        last 30 days and still held, or, for losses taken earlier, by a purchase under a block."""
        household = closing.whole or closing.household
        blocked = {block.wash_group for block in household.wash_blocks}
        bought: dict[str, Decimal] = {}
        for buy in closing.purchases:
            group = household.securities[buy.security_id].wash_group
            bought[group] = bought.get(group, Decimal(0)) + buy.shares
            if group in blocked:
                yield _breach(scope, group, buy.shares, "bought while an earlier loss is blocked")
        recent = recent_purchases(household)
        for sale in closing.sales:
            account = closing.account(sale.account_id)
            if not account.taxable or sale.gain >= 0:
                continue
            group = household.securities[sale.security_id].wash_group
            if bought.get(group):
                yield _breach(scope, group, sale.shares, "sold at a loss and bought in one run")
            for lot in recent:
                left = lot.shares - closing.lot_shares_sold.get(lot.lot_id, Decimal(0))
                if lot.wash_group == group and lot.lot_id != sale.lot.id and left > 0:
                    yield _breach(scope, group, min(left, sale.shares), "sold at a loss, replaced")


def read_wash_sales(node: tree.Prevent, reader: Reader) -> WashSales | None:
    """The typed directive, or None after reporting what is wrong."""
    if node.what == "wash sales" and node.across == "household":
        return WashSales()
    reader.report(
        codes.DOES_NOT_APPLY,
        f"nothing prevents {node.what} across {node.across}",
        node.span,
        help="write `prevent wash sales across household`",
    )
    return None


def _breach(scope: InForce, group: str, shares: Decimal, message: str) -> Breach:
    return Breach(scope.statement.key, group, shares, Decimal(0), "shares", f"{group} {message}")


def add_wash_rows(block: pyo.Block, physics: Physics) -> None:
    """Rows for every wash group in which a loss could be taken, in all accounts of the household.

    `taken` switches on the sales at a loss of a group's older lots, or of one recent lot. It asks
    that every other recent purchase be sold whole (a share bought within 30 days and kept replaces
    one sold at a loss; the rest of a lot does not replace part of it, Rev. Rul. 56-602) and forbids
    purchases of the group.
    """
    block.taken = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    block.loss = pyo.Constraint(pyo.Any)
    block.exit = pyo.Constraint(pyo.Any)
    block.exclusive = pyo.Constraint(pyo.Any)
    block.blocked = pyo.Constraint(pyo.Any)
    blocked = {block.wash_group for block in physics.household.wash_blocks}
    recent: dict[str, list[str]] = {}
    for lot in recent_purchases(physics.whole or physics.household):
        recent.setdefault(lot.wash_group, []).append(lot.lot_id)
    members: dict[str, list[Position]] = {}
    for position in physics.positions.values():
        members.setdefault(physics.security(position.security_id).wash_group, []).append(position)
    for group, positions in sorted(members.items()):
        if group in blocked:
            for p in positions:
                if p.buy is not None:
                    block.blocked[p.account_id, p.security_id] = p.buy <= 0.0
        _add_group(block, physics, group, positions, recent.get(group, []))


def _add_group(
    block: pyo.Block,
    physics: Physics,
    group: str,
    positions: list[Position],
    recent_ids: list[str],
) -> None:
    sell_of = {lot.id: sell for p in positions for lot, sell in zip(p.lots, p.sells, strict=True)}
    at_loss = [
        lot
        for p in positions
        if physics.account(p.account_id).taxable
        for lot in p.lots
        if physics.at_loss(lot)
    ]
    older = [lot for lot in at_loss if lot.id not in recent_ids]
    batches = [("older", older)] if older else []
    batches += [(lot.id, [lot]) for lot in at_loss if lot.id in recent_ids]
    sales = []
    for name, lots in batches:
        exits = [lot_id for lot_id in recent_ids if lot_id != name]
        if any(lot_id not in sell_of for lot_id in exits):
            for lot in lots:
                block.loss[group, lot.id] = sell_of[lot.id] <= 0.0
            continue
        taken = block.taken[group, name]
        for lot in lots:
            sell = sell_of[lot.id]
            block.loss[group, lot.id] = sell <= sell.ub * taken
        for lot_id in exits:
            sell = sell_of[lot_id]
            block.exit[group, name, lot_id] = sell >= sell.ub * taken
        for p in positions:
            if p.bought is not None:
                block.exclusive[group, name, p.account_id, p.security_id] = p.bought <= 1 - taken
        losses, leaving = ([sell_of[i] for i in ids] for ids in ([lot.id for lot in lots], exits))
        sales.append(LossSale(taken, tuple(losses), tuple(leaving)))
    if sales:
        bought = tuple(p.bought for p in positions if p.bought is not None)
        physics.wash_groups.append(WashGroup(group, tuple(sales), bought))
