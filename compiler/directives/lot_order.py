"""`use highest cost lots`: which lots of a position are sold first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pyomo.environ as pyo

from compiler import codes
from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family
from compiler.physics import Physics
from compiler.reader import Reader
from compiler.statements import InForce
from grammar import tree

MINIMUM_TAX = "minimum tax"
ORDERS = (MINIMUM_TAX, "highest cost", "first in first out", "last in first out")


@dataclass(frozen=True)
class LotOrder(Directive):
    """`order` is one of ORDERS. Minimum tax leaves the choice of lots to the objective, which
    counts the tax of each."""

    kind: ClassVar[str] = "lot order"
    family: ClassVar[Family] = Family.SETTING

    order: str

    @property
    def slot(self) -> tuple[str, ...]:
        return ("lot order",)

    @property
    def unenforced(self) -> str:
        if self.order == MINIMUM_TAX:
            return ""
        return "the search chooses lots by their tax, and keeps no other order of them yet"

    def describe_range(self) -> str:
        return self.order

    def sentence(self) -> str:
        return f"use {self.order}" + ("" if self.order.endswith(" out") else " lots")

    def build(self, block: pyo.Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: minimum tax is what the objective asks for."""
        block.doc = self.sentence()

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """None: minimum tax forbids no lot."""
        yield from ()


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
