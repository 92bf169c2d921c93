"""`invest nothing`: cash builds up until it is released."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family
from compiler.directives.earmark import keep_there, not_there
from compiler.physics import Physics
from compiler.statements import InForce
from compiler.tableau import Block


@dataclass(frozen=True)
class Accumulation(Directive):
    """The cash of each account that is there, and what comes in, is not spent on purchases; what
    sales bring may be. It pays what is due, and is released by the statement's last day, or a `set`
    to off.

    It is set aside, but for the cash that hard rules have the account keep: no limit on cash counts
    it, and none is raised for it.
    """

    kind: ClassVar[str] = "accumulation"
    family: ClassVar[Family] = Family.SCHEDULE
    breakable: ClassVar[bool] = False

    @property
    def slot(self) -> tuple[str, ...]:
        return ("invest nothing",)

    def sentence(self) -> str:
        return "invest nothing"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A row an account: its cash is not below what is set aside in it."""
        keep_there(block, scope, physics, raised=False)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Cash covers what is set aside, or is no lower than without trades."""
        yield from not_there(scope, closing, raised=False)
