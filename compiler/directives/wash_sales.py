"""`prevent wash sales across household`: no loss that 26 USC 1091(a) would disallow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from compiler import codes
from compiler.directives.base import Directive, Family
from compiler.reader import Reader
from grammar import tree


@dataclass(frozen=True)
class WashSales(Directive):
    """The window is counted over every account of the household."""

    kind: ClassVar[str] = "wash sales"
    family: ClassVar[Family] = Family.RESTRICTION

    across: Literal["household"] = "household"

    @property
    def slot(self) -> tuple[str, ...]:
        return "wash sales", self.across

    def sentence(self) -> str:
        return f"prevent wash sales across {self.across}"


def read_wash_sales(node: tree.Prevent, reader: Reader) -> WashSales | None:
    """The typed directive, or None after reporting what is wrong."""
    if node.what == "wash sales" and node.across == "household":
        return WashSales()
    reader.report(
        codes.DOES_NOT_APPLY,
        f"`prevent {node.what} across {node.across}` is not part of this version",
        node.span,
        help="write `prevent wash sales across household`",
    )
    return None
