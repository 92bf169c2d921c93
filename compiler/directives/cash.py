"""`keep cash between 1% and 3% of account`: how much stays uninvested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from compiler.amounts import Amount, Base
from compiler.directives.base import Directive, Family
from compiler.directives.bounds import describe_amounts, holder, read_amount_band
from compiler.ranges import Range
from compiler.reader import Reader
from grammar import tree


@dataclass(frozen=True)
class CashBand(Directive):
    """Cash of each account, or of the household's accounts together, lies between two amounts."""

    kind: ClassVar[str] = "cash"
    family: ClassVar[Family] = Family.LIMIT

    low: Amount | None
    high: Amount | None
    base: Base

    @property
    def slot(self) -> tuple[str, ...]:
        return "cash", self.base

    @property
    def range(self) -> Range:
        return Range(self.low, self.high)

    def describe_range(self) -> str:
        return describe_amounts(self.low, self.high)

    def sentence(self) -> str:
        return f"keep cash {self.describe_range()}" + self._per()

    def _per(self) -> str:
        bases = {c.table for end in (self.low, self.high) if end for c in end.expression.columns()}
        implied = "account" if "accounts" in bases else "household" if bases else None
        return "" if implied == self.base else f" per {self.base}"


def read_cash(node: tree.Keep, reader: Reader) -> CashBand | None:
    """The typed band, or None after reporting what is wrong."""
    band = read_amount_band(node.bound, reader)
    base = None if band is None else holder(band, node.per, node.bound, reader)
    if band is None or base is None:
        return None
    return CashBand(band.low, band.high, base)
