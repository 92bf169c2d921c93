"""Losses that may be taken although shares bought in the last 30 days replace a part of them.

Where nothing is sold of the recent shares of a wash group, as many shares of its losses are washed,
those of the order worked off first and of the lot acquired first (Treas. Reg. 1.1091-1(b), (c)).
Which losses that is follows from the first one sold: so each loss lot gives one way, with the
shares of it and of the next ones that are sold for certain, and the dollars that are disallowed.
The rest of the losses is clean, share by share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from portfolio.household import Lot
from portfolio.tax.replacements import Replacement, recent_purchases

if TYPE_CHECKING:
    from compiler.directives.wash_sales import WashSales
    from compiler.physics import Physics
    from compiler.statements import HouseholdPolicy

WAYS = 4
"""How many first losses are offered a wash group: those that leave most of the loss clean."""
SURE = 0.02
"""Dollars of loss on a lot from which it stays one, however amount, cost and basis are rounded."""


@dataclass(frozen=True, slots=True)
class WashedLoss:
    """One way to take losses of a wash group while its recent shares stay.

    `first` names it. `sold` are the lots with the shares that are sold of them at least, those that
    are washed; `barred` loss lots are not sold at all. `disallowed` is in bp of household value by
    account and term, `later` what it saves of the later tax of the replacements.
    """

    group: str
    first: str
    sold: tuple[tuple[str, Decimal], ...]
    barred: frozenset[str]
    disallowed: Mapping[tuple[str, str], float]
    later: float

    @property
    def lost(self) -> float:
        return sum(self.disallowed.values())


@dataclass(frozen=True, slots=True)
class Losses:
    """A wash group: its loss lots in the order in which they are washed, of which `older` are not
    recent, its recent shares, and the ways to take a washed loss."""

    group: str
    at_loss: tuple[Lot, ...]
    older: tuple[Lot, ...]
    recent: tuple[Replacement, ...]
    ways: tuple[WashedLoss, ...] = field(default=())


def allowed_share(policy: HouseholdPolicy) -> Decimal:
    """How much of a loss may be washed, as the strictest statement says; all of it without one."""
    rules = [s.directive for s in policy.statements if s.directive.kind == "wash sales"]
    return min((cast("WashSales", rule).share for rule in rules), default=Decimal(1))


def find_losses(physics: Physics) -> dict[str, Losses]:
    """The wash groups in which a loss could be taken. Gains a dollar sold have to be known."""
    recent: dict[str, list[Replacement]] = {}
    for lot in recent_purchases(physics.whole or physics.household):
        recent.setdefault(lot.wash_group, []).append(lot)
    at_loss: dict[str, list[Lot]] = {}
    taxable = {account.id for account in physics.accounts if account.taxable}
    for position in physics.positions.values():
        if position.account_id in taxable:
            lost = [lot for lot in position.lots if physics.at_loss(lot)]
            if lost:
                group = physics.security(position.security_id).wash_group
                at_loss.setdefault(group, []).extend(lost)
    share = allowed_share(physics.policy)
    found = {}
    for group, lots in sorted(at_loss.items()):
        lots.sort(key=lambda lot: (lot.account_id, lot.security_id, lot.acquired, lot.id))
        bought = tuple(recent.get(group, ()))
        if not bought:
            found[group] = Losses(group, tuple(lots), tuple(lots), ())
            continue
        names = {lot.lot_id for lot in bought}
        older = tuple(lot for lot in lots if lot.id not in names)
        ways: tuple[WashedLoss, ...] = ()
        apart = not any(each.bought_with(lot) for each in bought for lot in older)
        if share and older and apart:
            ways = tuple(_ways(physics, group, older, bought, float(share)))
        found[group] = Losses(group, tuple(lots), older, bought, ways)
    return found


def _ways(
    physics: Physics, group: str, older: Sequence[Lot], recent: Sequence[Replacement], share: float
) -> Iterator[WashedLoss]:
    """Ways whose washed part is allowed even of all the loss that they leave, best first.

    A lot of which cents decide whether it is sold at a loss is sold in none of them: shares without
    a loss are not replaced, so it would shift what is washed to the next lot.
    """
    found: list[tuple[float, WashedLoss]] = []
    sure = [lot for lot in older if _lost(physics, lot, lot.shares) * physics.unit >= SURE]
    unsure = frozenset(lot.id for lot in older) - {lot.id for lot in sure}
    for first in range(len(sure)):
        loss = sum(_lost(physics, lot, lot.shares) for lot in sure[first:])
        way = _way(physics, group, sure, first, recent, unsure)
        if way is not None and way.lost <= share * loss:
            found.append((loss - way.lost, way))
    found.sort(key=lambda pair: (-pair[0], pair[1].first))
    yield from (way for _, way in found[:WAYS])


def _way(
    physics: Physics,
    group: str,
    older: Sequence[Lot],
    first: int,
    recent: Sequence[Replacement],
    unsure: frozenset[str],
) -> WashedLoss | None:
    """The way that begins with one lot; None where the losses from there on are fewer shares than
    the recent ones."""
    waiting = [[lot, lot.shares] for lot in recent]
    sold: list[tuple[str, Decimal]] = []
    disallowed: dict[tuple[str, str], float] = {}
    later = 0.0
    for lot in older[first:]:
        left = lot.shares
        while left and waiting:
            replacement, room = cast("tuple[Replacement, Decimal]", waiting[0])
            taken = min(left, room)
            left -= taken
            waiting[0][1] = room - taken
            if taken == room:
                waiting.pop(0)
            lost = _lost(physics, lot, taken)
            key = (lot.account_id, physics.term(lot))
            disallowed[key] = disallowed.get(key, 0.0) + lost
            later += lost * _later_rate(physics, replacement)
        sold.append((lot.id, lot.shares - left))
        if not waiting:
            barred = unsure | {each.id for each in older[:first]}
            return WashedLoss(group, older[first].id, tuple(sold), barred, disallowed, later)
    return None


def _lost(physics: Physics, lot: Lot, shares: Decimal) -> float:
    """The loss (bp) on so many shares of a lot."""
    worth = physics.bp(shares * physics.household.prices[lot.security_id])
    return -min(physics.gains[lot.id], 0.0) * worth


def _later_rate(physics: Physics, replacement: Replacement) -> float:
    """What a dollar of basis more saves when the replacement is sold: nothing in an account that
    has no basis (Rev. Rul. 2008-5), or of somebody else."""
    household = physics.whole or physics.household
    account = next((a for a in household.accounts if a.id == replacement.account_id), None)
    if account is None or not account.taxable:
        return 0.0
    assumed = physics.assumptions[account.id].present_value_of_deferred_tax
    return float(household.tax_entities[account.tax_entity_id].rate_long) * assumed
