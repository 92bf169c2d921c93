"""`never buy X`, `only hold X`: what may not be bought, sold, held or traded at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler.closing import Closing
from compiler.coverage import (
    Way,
    compliance,
    forbidden_lots,
    forbidden_securities,
    forbids_lot,
)
from compiler.directives.base import (
    MOST_NAMED,
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
from compiler.read_conditions import read_traded
from compiler.reader import Reader
from compiler.registry import Position
from compiler.selections import Selection
from compiler.statements import InForce
from compiler.sums import Column, plain
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Mode
from portfolio.household import Account, Household, Lot


@dataclass(frozen=True)
class Restriction(Directive):
    """`action` is buy, sell, hold or trade; with `only`, whatever is not selected is forbidden."""

    kind: ClassVar[str] = "restriction"
    family: ClassVar[Family] = Family.RESTRICTION
    selective: ClassVar[bool] = True
    may_be_soft: ClassVar[bool] = True

    mode: Mode
    action: str
    things: Selection

    @property
    def selection(self) -> Selection:
        """What the statement is about."""
        return self.things

    @property
    def bans_holding(self) -> bool:
        """Whether it is about what may be held."""
        return self.action == "hold"

    @property
    def slot(self) -> tuple[str, ...]:
        return f"{self.mode.value} {self.action}", self.things.describe()

    @property
    def by_lot(self) -> bool:
        return self.action != "buy"

    def hears(self, clause: tree.Clause) -> bool:
        if raises_cash(clause):
            return self.action in ("sell", "trade")
        return selective_clause(clause) or (
            isinstance(clause, tree.Existing) and self.action == "hold"
        )

    def sentence(self) -> str:
        return f"{self.mode.value} {self.action} {self.things.describe()}"

    def bars_sale(self, scope: InForce, household: Household, account: Account, lot: Lot) -> bool:
        sells = self.action in ("sell", "trade") and not may_raise_cash(scope)
        return sells and forbids_lot(scope, household, account, lot)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Rows `no_buy` by security, `no_sell` by lot (`to_raise_cash` by account), and `leave` for
        what may not be held."""
        household = physics.household
        for account in physics.tradable(scope):
            room = physics.bp(allowance(scope, household, account))
            positions = physics.of_account(account.id)
            unbought: set[str] = set()
            if self.action != "sell":
                names = [p.security_id for p in positions if p.buy is not None]
                unbought = forbidden_securities(scope, household, account, names)
            barred: dict[str, list[Lot]] = {}
            if self.action != "buy":
                for lot in forbidden_lots(scope, physics.lots(account)):
                    barred.setdefault(lot.security_id, []).append(lot)
            spared: list[Column] = []
            concerned = unbought | barred.keys()
            for position in [p for p in positions if p.security_id in concerned]:
                key = (account.id, position.security_id)
                if position.buy is not None and position.security_id in unbought:
                    physics.bar(block, "no_buy", key, position.buy, scope)
                lots = barred.get(position.security_id, [])
                if lots and self.action == "hold":
                    self._leave(block, scope, physics, account, position, lots)
                elif lots:
                    sells = [position.sell_of[lot.id] for lot in lots]
                    if room:
                        spared += sells
                        continue
                    for lot, sell in zip(lots, sells, strict=True):
                        physics.bar(block, "no_sell", (*key, lot.id), sell, scope)
            if spared:
                sold = plain(spared)
                physics.upper(block, "to_raise_cash", account.id, sold, 0.0, room, scope=scope)

    def _leave(
        self,
        block: Block,
        scope: InForce,
        physics: Physics,
        account: Account,
        position: Position,
        lots: Sequence[Lot],
    ) -> None:
        """Lots that may not be held are sold as far as the other hard rules allow."""
        security = physics.security(position.security_id)
        where = f"{account.id} {security.id}"
        household, value = physics.household, physics.value(account)
        sell_of = position.sell_of
        for number, (way, due) in enumerate(_ways(scope, household, account, lots, value)):
            worth = sum((lot.shares * household.prices[security.id] for lot in due), Decimal(0))
            held = physics.bp(worth)
            remaining = plain([sell_of[lot.id] for lot in due], -1.0).plus(held)
            asked = physics.bp(way.back(Decimal(0), worth))
            at = where if number == 0 else f"{where} {number + 1}"
            physics.upper(
                block, "leave", at, remaining, held, 0.0, scope=scope, asked=asked, tighten=False
            )

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """No trade of this kind touches what is barred. What may not be held is not bought; what
        of it is still held is broken only where `scope.strict`."""
        household = closing.household
        accounts = [account for account in household.accounts if account.id in scope.accounts]
        if self.action != "sell":
            barred = {
                account.id: forbidden_securities(
                    scope, household, account, closing.bought_in(account.id)
                )
                for account in accounts
            }
            for buy in closing.purchases:
                if buy.security_id in barred.get(buy.account_id, ()):
                    account = closing.account(buy.account_id)
                    yield self._breach(scope, account, buy.security_id, "bought", buy.amount)
        if self.action in ("sell", "trade"):
            for account in accounts:
                yield from self._sold(scope, closing, account)
        if self.action == "hold" and scope.strict:
            yield from self._still_held(scope, closing)

    def _sold(self, scope: InForce, closing: Closing, account: Account) -> Iterator[Breach]:
        """What is sold of an account's lots that may not be, but for what cash is raised from."""
        barred = {lot.id for lot in forbidden_lots(scope, closing.lots_sold(account))}
        sold: dict[str, Decimal] = {}
        for sale in closing.sales if barred else ():
            if sale.account_id == account.id and sale.lot.id in barred:
                sold[sale.security_id] = sold.get(sale.security_id, Decimal(0)) + sale.amount
        room = allowance(scope, closing.household, account)
        # A fraction of a share may be worth no cent, and is sold all the same.
        if not room or sum(sold.values(), Decimal(0)) > room:
            for security_id, dollars in sold.items():
                yield self._breach(scope, account, security_id, "sold", dollars)

    def _still_held(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """What is left of lots that had to go by today."""
        household = closing.household
        for account in household.accounts:
            barred: dict[str, list[Lot]] = {}
            held = account.lots if account.id in scope.accounts else ()
            for lot in forbidden_lots(scope, Lots(household, account, held)):
                barred.setdefault(lot.security_id, []).append(lot)
            for security_id, lots in sorted(barred.items()):
                price = household.prices[security_id]
                for way, due in _ways(scope, household, account, lots, closing.value(account)):
                    before = sum((lot.shares * price for lot in due), Decimal(0))
                    sold = sum(closing.lot_shares_sold.get(lot.id, Decimal(0)) for lot in due)
                    left = before - sold * price
                    most = min(before, way.back(Decimal(0), before))
                    if left > most:
                        yield self._breach(scope, account, security_id, "still held", left, most)

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        yield from super().stands(scope, closing)
        household = closing.household
        if self.action == "sell":
            return
        for account in (a for a in household.accounts if a.id in scope.accounts):
            model = closing.models.get(account.id, {})
            barred = sorted(forbidden_securities(scope, household, account, model))
            share = sum((model[name] for name in barred), Decimal(0))
            if barred:
                names = ", ".join(barred[:MOST_NAMED]) + (", ..." if barred[MOST_NAMED:] else "")
                yield f"{account.id} may not buy {names}: {share:.1%} of its model"

    def outside(self, scope: InForce, closing: Closing) -> Iterator[tuple[str, Decimal]]:
        """Positions that may not be held and were, before the trades, by fraction of account."""
        if self.action != "hold":
            return
        for account in closing.household.accounts:
            if account.id not in scope.accounts:
                continue
            barred: dict[str, Decimal] = {}
            for lot in forbidden_lots(scope, Lots(closing.household, account, account.lots)):
                worth = lot.shares * closing.household.prices[lot.security_id]
                barred[lot.security_id] = barred.get(lot.security_id, Decimal(0)) + worth
            value = closing.value(account)
            for security_id, worth in sorted(barred.items()):
                yield f"{account.id} {security_id}", worth / value if value > 0 else Decimal(0)

    def _breach(
        self,
        scope: InForce,
        account: Account,
        security_id: str,
        did: str,
        dollars: Decimal,
        most: Decimal = Decimal(0),
    ) -> Breach:
        return Breach(
            key=scope.statement.key,
            where=f"{account.id} {security_id}",
            found=dollars,
            bound=most,
            unit="dollars",
            message=f"${dollars:,.2f} of {security_id} {did} in {account.id}: {self.sentence()}",
        )


def _ways(
    scope: InForce, household: Household, account: Account, lots: Sequence[Lot], value: Decimal
) -> list[tuple[Way, list[Lot]]]:
    """The lots of one security that may not be held, by how much of their way out is due today;
    none of which nothing is. The way that is carried from run to run is that of all of them."""
    if not lots:
        return []
    security = household.securities[lots[0].security_id]
    where = f"{account.id} {security.id}"
    weight = scope.breached_at.get(where)
    by_done: dict[Decimal, list[Lot]] = {}
    for lot in lots:
        done = compliance(scope, household, account, security, lot, where)
        if done > 0:
            by_done.setdefault(done, []).append(lot)
    whole = len(by_done) == 1 and sum(map(len, by_done.values())) == len(lots)
    first = weight * value if weight is not None and whole else None
    return [(Way(done, first), due) for done, due in sorted(by_done.items())]


def read_restriction(node: tree.Restrict, reader: Reader) -> Restriction | None:
    """The typed restriction, or None after reporting what is wrong."""
    things = read_traded(node.action, node.things, reader)
    return None if things is None else Restriction(node.mode, node.action, things)
