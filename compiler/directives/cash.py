"""`keep cash between 1% and 3% of account`: how much stays uninvested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler.amounts import Amount, Base
from compiler.closing import Closing
from compiler.directives.base import (
    Breach,
    Directive,
    Family,
    dollars_breach,
    holders,
    least,
    most,
)
from compiler.directives.bounds import describe_amounts, holder, implied_holder, read_amount_band
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import InForce
from compiler.sums import total
from compiler.tableau import Block
from grammar import tree
from portfolio.household import Account

ZERO = Decimal(0)


@dataclass(frozen=True)
class CashBand(Directive):
    """Cash of each account, or of the household's accounts together, lies between two amounts.

    Cash that is set aside does not count. `settled` cash is without what the book says is not
    settled yet. What is sold today counts: it settles together with what is bought today.
    """

    kind: ClassVar[str] = "cash"
    family: ClassVar[Family] = Family.LIMIT
    may_be_soft: ClassVar[bool] = True
    looser: ClassVar[Mapping[str, int]] = {"low": -1, "high": 1}

    low: Amount | None
    high: Amount | None
    base: Base
    settled: bool = False

    @property
    def slot(self) -> tuple[str, ...]:
        return self._measure, self.base

    @property
    def _measure(self) -> str:
        return "settled cash" if self.settled else "cash"

    def _left_out(self, accounts: Iterable[Account]) -> Decimal:
        """Dollars that do not count."""
        unsettled = (a.unsettled_cash for a in accounts if self.settled)
        return sum(unsettled, Decimal(0))

    @property
    def range(self) -> Range:
        return Range(self.low, self.high)

    def describe_range(self) -> str:
        return describe_amounts(self.low, self.high)

    def sentence(self) -> str:
        return f"keep {self._measure} {self.describe_range()}" + self._per()

    def _per(self) -> str:
        implied = implied_holder(self.low, self.high)
        return "" if implied == self.base else f" per {self.base}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Rows `low` and `high` on closing cash, by account or for the household."""
        for where, accounts, account in holders(self.base, scope, physics.household):
            if not any(a in physics.accounts for a in accounts):
                continue
            left_out = physics.bp(self._left_out(accounts))
            left_out += sum(physics.reserved(a) for a in accounts)
            cash = total(physics.closing_cash(a) for a in accounts).plus(-left_out)
            before = sum(physics.opening_cash(a) for a in accounts) - left_out
            if self.high is not None:
                bound = physics.bp(self.high.dollars(physics.household, account))
                physics.upper(block, "high", where, cash, before, bound, scope=scope)
            if self.low is not None:
                bound = physics.bp(self.low.dollars(physics.household, account))
                physics.lower(block, "low", where, cash, before, bound, scope=scope)

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        for where, accounts, _ in holders(self.base, scope, closing.household):
            cash = sum((closing.free_cash(a, after=False) for a in accounts), ZERO)
            yield f"{self._measure} of {where} is ${cash - self._left_out(accounts):,.2f}"

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Closing cash against bound x base; outside today, it may not have moved further out."""
        for where, accounts, account in holders(self.base, scope, closing.household):
            before, after = (
                sum((closing.free_cash(a, after=late) for a in accounts), -self._left_out(accounts))
                for late in (False, True)
            )
            if self.high is not None:
                bound = most(scope, self.high.dollars(closing.household, account), before)
                if after > bound:
                    yield dollars_breach(scope, where, self._measure, after, bound)
            if self.low is not None:
                bound = least(scope, self.low.dollars(closing.household, account), before)
                if after < bound:
                    yield dollars_breach(scope, where, self._measure, after, bound)


def read_cash(node: tree.Keep, reader: Reader) -> CashBand | None:
    """The typed band, or None after reporting what is wrong."""
    band = read_amount_band(node.bound, reader)
    base = None if band is None else holder(band, node.per, node.bound, reader)
    if band is None or base is None:
        return None
    settled = node.measure is not None and node.measure.value == "settled cash"
    return CashBand(band.low, band.high, base, settled)
