"""`keep each trade at least $500`: orders too small to be worth making."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from compiler import codes
from compiler.amounts import Amount
from compiler.directives.base import Directive, Family
from compiler.directives.bounds import read_amount_band
from compiler.ranges import Range
from compiler.reader import Reader
from grammar import tree


@dataclass(frozen=True)
class TradeMinimum(Directive):
    """Smallest dollars of one order (security and account, lots summed).

    Closing a position, and what a cash need or a forced exit requires, are exempt.
    """

    kind: ClassVar[str] = "trade minimum"
    family: ClassVar[Family] = Family.LIMIT

    amount: Amount

    @property
    def slot(self) -> tuple[str, ...]:
        return ("each trade",)

    @property
    def range(self) -> Range:
        return Range(low=self.amount)

    def describe_range(self) -> str:
        return f"at least {self.amount.describe()}"

    def sentence(self) -> str:
        return f"keep each trade {self.describe_range()}"


def read_trade_minimum(node: tree.Keep, reader: Reader) -> TradeMinimum | None:
    """The typed minimum, or None after reporting what is wrong."""
    band = read_amount_band(node.bound, reader)
    if band is None:
        return None
    if band.low is None or band.high is not None:
        reader.report(
            codes.WRONG_UNIT,
            "a trade has a smallest size only",
            node.bound.span,
            help="write `at least $500`",
        )
        return None
    return TradeMinimum(band.low)
