"""`only harvest X where ...`, `never harvest X`: which lots may be sold at a loss.

A harvest is any sale of a lot at a loss, whatever the motive.
"""

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
class Harvest(Directive):
    """With `only`, the condition is the threshold; `never harvest anything` switches it off."""

    kind: ClassVar[str] = "harvest"
    family: ClassVar[Family] = Family.RESTRICTION

    mode: Mode
    things: Selection

    @property
    def selection(self) -> Selection:
        """What the statement is about."""
        return self.things

    @property
    def slot(self) -> tuple[str, ...]:
        return f"{self.mode.value} harvest", self.things.describe()

    def sentence(self) -> str:
        return f"{self.mode.value} harvest {self.things.describe()}"


def read_harvest(node: tree.Restrict, reader: Reader) -> Harvest | None:
    """The typed directive, or None after reporting what is wrong."""
    things = read_selection(node.things, reader)
    return None if things is None else Harvest(node.mode, things)
