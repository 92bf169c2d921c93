"""`use whole shares`, `use fractional shares`: the step of an order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family
from compiler.physics import Physics
from compiler.reader import Reader
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree

UNITS = {"whole shares": True, "fractional shares": False}


@dataclass(frozen=True)
class ShareUnits(Directive):
    """In place of what the custodian says of the account. Fractions go as far as the security's own
    increment; the exact check of every order's increment is part of the physics."""

    kind: ClassVar[str] = "share units"
    family: ClassVar[Family] = Family.SETTING

    whole: bool

    @property
    def slot(self) -> tuple[str, ...]:
        return ("share units",)

    def describe_range(self) -> str:
        return "whole shares" if self.whole else "fractional shares"

    def sentence(self) -> str:
        return f"use {self.describe_range()}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: orders are rounded by it."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """None of its own: orders that are no multiple of the increment break the physics."""
        yield from ()


def read_share_units(node: tree.Use, reader: Reader) -> ShareUnits | None:
    """The typed choice, or None after reporting what is wrong."""
    if node.value is not None:
        reader.report(
            codes.WRONG_SHAPE,
            f"`use {node.what}` takes no value",
            node.value.span,
            help=f"write `use {node.what}`",
        )
        return None
    return ShareUnits(UNITS[node.what])
