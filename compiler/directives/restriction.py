"""`never buy X`, `only hold X`: what may not be bought, sold, held or traded at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from compiler.directives.base import Directive, Family
from compiler.read_conditions import read_selection
from compiler.reader import Reader
from compiler.selections import Selection
from grammar import tree
from grammar.tree import Mode


@dataclass(frozen=True)
class Restriction(Directive):
    """`action` is buy, sell, hold or trade; with `only`, whatever is not selected is forbidden."""

    kind: ClassVar[str] = "restriction"
    family: ClassVar[Family] = Family.RESTRICTION

    mode: Mode
    action: str
    things: Selection

    @property
    def selection(self) -> Selection:
        """What the statement is about."""
        return self.things

    @property
    def bans_holding(self) -> bool:
        """Whether what is selected may not be held."""
        return self.mode is Mode.NEVER and self.action == "hold"

    @property
    def slot(self) -> tuple[str, ...]:
        return f"{self.mode.value} {self.action}", self.things.describe()

    def sentence(self) -> str:
        return f"{self.mode.value} {self.action} {self.things.describe()}"


def read_restriction(node: tree.Restrict, reader: Reader) -> Restriction | None:
    """The typed restriction, or None after reporting what is wrong."""
    things = read_selection(node.things, reader)
    return None if things is None else Restriction(node.mode, node.action, things)
