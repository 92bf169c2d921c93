"""`prevent cross trades across firm`: nothing is sold by one client and bought by another."""

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


@dataclass(frozen=True)
class CrossTrades(Directive):
    """Binds a run over many households, never the trades of one."""

    kind: ClassVar[str] = "cross trades"
    family: ClassVar[Family] = Family.RESTRICTION

    @property
    def slot(self) -> tuple[str, ...]:
        return ("cross trades",)

    @property
    def unenforced(self) -> str:
        return "orders of different clients meet only when a run is exported"

    def sentence(self) -> str:
        return "prevent cross trades across firm"

    def build(self, block: pyo.Block, scope: InForce, physics: Physics) -> None:
        """Nothing that one household's model could say."""
        block.doc = self.sentence()

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """One household's trades cannot break it."""
        yield from ()


def read_cross_trades(node: tree.Prevent, reader: Reader) -> CrossTrades | None:
    """The typed directive, or None after reporting what is wrong."""
    if node.across == "firm":
        return CrossTrades()
    reader.report(
        codes.DOES_NOT_APPLY,
        f"cross trades are between clients, and `{node.across}` does not reach that far",
        node.span,
        help="write `prevent cross trades across firm`",
    )
    return None
