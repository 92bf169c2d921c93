"""`prevent wash sales across household`: no loss that 26 USC 1091(a) would disallow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from compiler import codes
from compiler.closing import Closing, Sale
from compiler.dimensions import describe_fraction, normalised
from compiler.directives.base import Breach, Dial, Directive, Family
from compiler.physics import Physics
from compiler.reader import Reader
from compiler.registry import LossSale, Position, WashGroup
from compiler.statements import InForce
from compiler.sums import Column, Sum, plain
from compiler.tableau import Block
from compiler.washing import Losses, WashedLoss
from grammar import tree
from grammar.tree import Unit

ZERO = Decimal(0)


@dataclass(frozen=True)
class WashSales(Directive):
    """The window is counted over every account of the household. Of the losses that a run takes in
    a wash group, dollars of `share` may be washed by shares bought before."""

    kind: ClassVar[str] = "wash sales"
    family: ClassVar[Family] = Family.RESTRICTION
    never_soft: ClassVar[str] = "wash sales are avoided even without a rule"

    across: Literal["household"] = "household"
    share: Decimal = ZERO

    @property
    def slot(self) -> tuple[str, ...]:
        return "wash sales", self.across

    @property
    def dials(self) -> tuple[Dial, ...]:
        return (Dial("share", 1, Decimal("0.01")),)

    def sentence(self) -> str:
        above = f"above {describe_fraction(self.share)} of loss " if self.share else ""
        return f"prevent wash sales {above}across {self.across}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Losses and replacements of a wash group exclude each other (rows of the household's first
        such statement), but for recent shares that wash less than the share of a loss; blocks in
        force hold."""
        add_blocks(block, physics)
        if not self.share:
            return
        for group in physics.wash_groups:
            for sale in group.sales:
                if sale.way is not None:
                    taken = _loss_taken(physics, physics.losses[group.group], sale)
                    least = sale.way.lost / float(self.share) + physics.reserve
                    row = group.group, sale.way.first
                    enough = taken.more(sale.taken, -least)
                    block.rows("washed_share").at_least(row, enough, 0.0)

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        for each in (closing.whole or closing.household).wash_blocks:
            yield f"a loss of {each.wash_group} bars its purchase until {each.until}"

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Of the losses of a wash group, no more than the share is replaced by shares bought in the
        last 30 days and still held; nothing of them by a purchase of the run, and nothing of a
        loss taken earlier by a purchase under a block."""
        household = closing.whole or closing.household
        blocked = {block.wash_group for block in household.wash_blocks}
        bought: dict[str, Decimal] = {}
        for buy in closing.purchases:
            group = household.securities[buy.security_id].wash_group
            bought[group] = bought.get(group, ZERO) + buy.shares
            if group in blocked:
                message = f"{group} bought while an earlier loss is blocked"
                yield _breach(scope, group, buy.shares, ZERO, "shares", message)
        losses: dict[str, list[Sale]] = {}
        for sale in closing.sales:
            if closing.account(sale.account_id).taxable and sale.gain < 0:
                group = household.securities[sale.security_id].wash_group
                losses.setdefault(group, []).append(sale)
        for group, sales in losses.items():
            if group in bought:
                message = f"{group} sold at a loss and bought in one run"
                yield _breach(scope, group, bought[group], ZERO, "shares", message)
            washed = sum((closing.disallowed(sale) for sale in sales), ZERO)
            may_be = -self.share * sum((sale.gain for sale in sales), ZERO)
            if washed > may_be:
                message = f"${washed:,.2f} of a loss in {group} is washed by shares bought lately"
                yield _breach(scope, group, washed, may_be, "dollars", message)


def read_wash_sales(node: tree.Prevent, reader: Reader) -> WashSales | None:
    """The typed directive, or None after reporting what is wrong."""
    if node.what != "wash sales" or node.across != "household":
        reader.report(
            codes.DOES_NOT_APPLY,
            f"nothing prevents {node.what} across {node.across}",
            node.span,
            help="write `prevent wash sales across household`",
        )
        return None
    if node.above is None:
        return WashSales()
    quantity = node.above.share
    share = normalised(quantity.value, quantity.unit)
    if node.above.base.value == "loss" and quantity.unit is Unit.PERCENT and 0 < share < 1:
        return WashSales(share=share)
    reader.report(
        codes.WRONG_UNIT,
        "how much of a loss may be washed is a part of it",
        node.above.span,
        help="write `above 5% of loss`, or leave it out: then nothing may be",
    )
    return None


def _breach(
    scope: InForce, group: str, found: Decimal, bound: Decimal, unit: str, message: str
) -> Breach:
    return Breach(scope.statement.key, group, found, bound, unit, message)


def add_blocks(block: Block, physics: Physics) -> None:
    """No purchase of a wash group of which a loss taken lately still waits for a replacement."""
    blocked = {each.wash_group for each in physics.household.wash_blocks}
    for p in physics.positions.values():
        if p.buy is not None and physics.security(p.security_id).wash_group in blocked:
            key = p.account_id, p.security_id
            block.rows("blocked").at_most(key, plain([p.buy]), 0.0)


def add_wash_rows(block: Block, physics: Physics) -> None:
    """Rows for every wash group in which a loss could be taken, in all accounts of the household,
    once for all statements about them.

    `taken` switches on the sales at a loss of a group's older lots, or of one recent lot. It asks
    that every other recent purchase be sold whole (a share bought within 30 days and kept replaces
    one sold at a loss; the rest of a lot does not replace part of it, Rev. Rul. 56-602) and forbids
    purchases of the group. `washed` switches on one of the ways to take losses of which the recent
    shares, all of them kept, wash a part.
    """
    members: dict[str, list[Position]] = {}
    for position in physics.positions.values():
        members.setdefault(physics.security(position.security_id).wash_group, []).append(position)
    for group, positions in sorted(members.items()):
        if group in physics.losses:
            _add_group(block, physics, physics.losses[group], positions)
    _add_disallowed(physics)


def _add_group(block: Block, physics: Physics, losses: Losses, positions: list[Position]) -> None:
    group = losses.group
    sell_of = {name: sell for p in positions for name, sell in p.sell_of.items()}
    worth_of = {
        lot.id: worth for p in positions for lot, worth in zip(p.lots, p.worth, strict=True)
    }
    recent_ids = [lot.lot_id for lot in losses.recent]
    ways = [(way, block.column("washed", (group, way.first), binary=True)) for way in losses.ways]
    batches = [("older", list(losses.older))] if losses.older else []
    batches += [(lot.id, [lot]) for lot in losses.at_loss if lot.id in recent_ids]
    sales = []
    for name, lots in batches:
        exits = [lot_id for lot_id in recent_ids if lot_id != name]
        clean = all(lot_id in sell_of for lot_id in exits)
        on = [block.column("taken", (group, name), binary=True)] if clean else []
        for lot in lots:
            sell = sell_of[lot.id]
            allowed = [taken for way, taken in ways if _allows(way, lot.id, recent_ids)]
            switches = [*on, *allowed]
            off = Sum([1.0, *[-worth_of[lot.id]] * len(switches)], [sell, *switches])
            block.rows("loss").at_most((group, lot.id), off, 0.0)
        if not clean:
            continue
        for lot_id in exits:
            sell = sell_of[lot_id]
            left = Sum([worth_of[lot_id], -1.0], [on[0], sell])
            block.rows("exit").at_most((group, name, lot_id), left, 0.0)
        _exclude_purchases(block, group, name, positions, on[0])
        leaving, gone = ([sell_of[i] for i in ids] for ids in (exits, [lot.id for lot in lots]))
        sales.append(LossSale(on[0], tuple(gone), tuple(leaving)))
    for way, washed in ways:
        _exclude_purchases(block, group, f"washed {way.first}", positions, washed)
        least = [(sell_of[name], _worth(physics, worth_of[name], name, n)) for name, n in way.sold]
        for (name, _), (sell, amount) in zip(way.sold, least, strict=True):
            enough = Sum([1.0, -amount], [sell, washed])
            block.rows("sold").at_least((group, way.first, name), enough, 0.0)
        kept = tuple(sell_of[name] for name in recent_ids if name in sell_of)
        gone = [sell_of[lot.id] for lot in losses.older if lot.id not in way.barred]
        sales.append(LossSale(washed, tuple(gone), (), way, kept, tuple(least)))
    if ways:
        one_of = plain([washed for _, washed in ways])
        clean_ones = [sale.taken for sale in sales if sale.way is None]
        for number, one in enumerate([one_of.more(each) for each in clean_ones] or [one_of]):
            block.rows("one_way").at_most((group, number), one, 1.0)
        for lot_id in recent_ids:
            if lot_id in sell_of:
                left = (worth_of[lot_id] * one_of).more(sell_of[lot_id])
                block.rows("kept").at_most((group, lot_id), left, worth_of[lot_id])
    if sales:
        bought = tuple(p.bought for p in positions if p.bought is not None)
        physics.wash_groups.append(WashGroup(group, tuple(sales), bought))


def _allows(way: WashedLoss, lot_id: str, recent_ids: list[str]) -> bool:
    return lot_id not in way.barred and lot_id not in recent_ids


def _worth(physics: Physics, all_of_it: float, lot_id: str, shares: Decimal) -> float:
    """So many shares of a lot in bp, no more than all of it."""
    price = physics.household.prices[physics.lot(lot_id).security_id]
    return min(physics.bp(shares * price), all_of_it)


def _exclude_purchases(
    block: Block, group: str, name: str, positions: list[Position], taken: Column
) -> None:
    for p in positions:
        if p.bought is not None:
            key = group, name, p.account_id, p.security_id
            block.rows("exclusive").at_most(key, Sum([1.0, 1.0], [p.bought, taken]), 1.0)


def _loss_taken(physics: Physics, losses: Losses, sale: LossSale) -> Sum:
    """The losses of a group that a sale takes (bp)."""
    assert sale.way is not None
    names = [lot.id for lot in losses.older if lot.id not in sale.way.barred]
    return Sum([-min(physics.gains[name], 0.0) for name in names], sale.sells)


def _add_disallowed(physics: Physics) -> None:
    """What is disallowed of each account's losses: that of the ways that are taken."""
    left = {key: plain([column]) for key, column in physics.disallowed.items()}
    for group in physics.wash_groups:
        for sale in group.sales:
            if sale.way is not None:
                for key, amount in sale.way.disallowed.items():
                    left[key] = left[key].more(sale.taken, -amount)
    for (account_id, term), rest in left.items():
        block = physics.tableau.block("tax", physics.account(account_id).tax_entity_id)
        block.rows("washed").exactly((account_id, term), rest, 0.0)
