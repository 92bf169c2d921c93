"""`replace harvested with anything where ...`: what stands in for a name sold at a loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family
from compiler.physics import Physics
from compiler.selections import Selection
from compiler.statements import InForce
from compiler.tableau import Block
from portfolio.household import Household


@dataclass(frozen=True)
class HarvestReplacement(Directive):
    """While a loss blocks purchases of a name, what the target has of it beyond what is held goes
    to the best correlated of `substitutes`, in whose condition `original.` is the name."""

    kind: ClassVar[str] = "harvest replacement"
    family: ClassVar[Family] = Family.SETTING

    substitutes: Selection

    @property
    def brings_in(self) -> tuple[str, ...]:
        return self.substitutes.named

    @property
    def slot(self) -> tuple[str, ...]:
        return "replace", "harvested"

    def describe_range(self) -> str:
        return self.substitutes.describe()

    def sentence(self) -> str:
        return f"replace harvested with {self.describe_range()}"

    def remarks(self, household: Household) -> Iterator[str]:
        """The block of a loss sold today is in force from the next run on."""
        yield "a name sold at a loss in this run is replaced from the next run on"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: the target was made before the model was built."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """A replacement forbids nothing by itself."""
        yield from ()
