"""`replace "USX" with constituents`, `replace em with "A", "B"`: what the target holds instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.directives.barred_replacement import (
    BARRED,
    EQUIVALENTS,
    BarredReplacement,
    read_barred,
)
from compiler.directives.base import Breach, Directive, Family, selective_clause
from compiler.directives.harvest_replacement import HarvestReplacement
from compiler.physics import Physics
from compiler.read_conditions import read_positions
from compiler.reader import Reader
from compiler.selections import Group, Selection
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree

CONSTITUENTS = "constituents"
HARVESTED = "harvested"

WHOLE = "a replacement is of whole positions, not lots"


@dataclass(frozen=True)
class Replacement(Directive):
    """Weight of `things` in the model goes to the first of `substitutes` that the account may buy,
    or, where there are none to choose from, to what the fund holds."""

    kind: ClassVar[str] = "replacement"
    family: ClassVar[Family] = Family.SETTING

    things: Selection
    substitutes: Selection | None

    @property
    def selection(self) -> Selection:
        """What is replaced."""
        return self.things

    @property
    def ranked(self) -> tuple[str, ...]:
        """Ids or tickers of the substitutes, first choice first."""
        return () if self.substitutes is None else self.substitutes.named

    @property
    def brings_in(self) -> tuple[str, ...]:
        return self.ranked

    @property
    def slot(self) -> tuple[str, ...]:
        return "replace", self.things.describe()

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause)

    def describe_range(self) -> str:
        return CONSTITUENTS if self.substitutes is None else self.substitutes.describe()

    def sentence(self) -> str:
        return f"replace {self.things.describe()} with {self.describe_range()}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: the target was made before the model was built."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """A replacement forbids nothing by itself."""
        yield from ()


@dataclass(frozen=True)
class ReplacementPool(Directive):
    """Whatever replaces `things` lies in `pool`. It binds the text of its own layer and of lower
    ones, and no portfolio."""

    kind: ClassVar[str] = "replacement pool"
    family: ClassVar[Family] = Family.RESTRICTION

    things: Selection
    pool: Selection

    @property
    def selection(self) -> Selection:
        """What the pool is for."""
        return self.things

    @property
    def slot(self) -> tuple[str, ...]:
        return "only replace", self.things.describe()

    def hears(self, clause: tree.Clause) -> bool:
        return isinstance(clause, tree.Except) and clause.purpose is None

    def sentence(self) -> str:
        return f"only replace {self.things.describe()} with {self.pool.describe()}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Nothing: the merge keeps it."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """None: a replacement from outside the pool takes no part."""
        yield from ()


def read_replacement(
    node: tree.Replace, reader: Reader
) -> Replacement | ReplacementPool | HarvestReplacement | BarredReplacement | None:
    """The typed directive, or None after reporting every mistake in it."""
    if not node.only and _is_word(node.things, BARRED, reader):
        return read_barred(
            node.substitutes, _is_word(node.substitutes, EQUIVALENTS, reader), reader
        )
    if not node.only and _is_word(node.things, HARVESTED, reader):
        chosen = read_positions(node.substitutes, WHOLE, reader.for_substitutes())
        return None if chosen is None else HarvestReplacement(chosen)
    things = read_positions(node.things, WHOLE, reader)
    if node.only:
        pool = read_positions(node.substitutes, WHOLE, reader)
        return None if things is None or pool is None else ReplacementPool(things, pool)
    if _is_word(node.substitutes, CONSTITUENTS, reader):
        return None if things is None else Replacement(things, None)
    substitutes = read_positions(node.substitutes, WHOLE, reader)
    if substitutes is None or things is None:
        return None
    if not _is_list(substitutes):
        reader.report(
            codes.DOES_NOT_APPLY,
            "a replacement names what it puts in place, first choice first",
            node.substitutes.span,
            "a condition has no first choice",
            help='write a list, `"AAA", "BBB"`, or the name of one',
        )
        return None
    return Replacement(things, substitutes)


def _is_word(things: tree.Things, word: str, reader: Reader) -> bool:
    """Whether a word of the language stands alone, and is nobody's group."""
    items = things.items
    alone = len(items) == 1 and isinstance(items[0], tree.Name) and items[0].value == word
    return alone and things.where is None and not reader.is_group(word)


def _is_list(selection: Selection) -> bool:
    """Whether securities are named one by one, groups opened."""
    groups = [item.selection for item in selection.items if isinstance(item, Group)]
    return bool(selection.items) and selection.where is None and all(map(_is_list, groups))
