"""`replace barred with equivalents`: the book's own class stands in for what may not be bought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family, selective_clause
from compiler.physics import Physics
from compiler.reader import Reader
from compiler.selections import Selection
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree

BARRED = "barred"
EQUIVALENTS = "equivalents"


@dataclass(frozen=True)
class BarredReplacement(Directive):
    """A security of the model that the account may not buy gives way to one of its equivalence
    class that it may: after the model's own alternates, what is held of the class first."""

    kind: ClassVar[str] = "barred replacement"
    family: ClassVar[Family] = Family.SETTING

    @property
    def selection(self) -> Selection:
        """Everything, less what an `except` takes out."""
        return Selection()

    @property
    def brings_equivalents(self) -> bool:
        return True

    @property
    def slot(self) -> tuple[str, ...]:
        return "replace", BARRED

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause) and isinstance(clause, tree.Except)

    def describe_range(self) -> str:
        return EQUIVALENTS

    def sentence(self) -> str:
        return f"replace {BARRED} with {EQUIVALENTS}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: the target was made before the model was built."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """A replacement forbids nothing by itself."""
        yield from ()


def read_barred(substitutes: tree.Things, fits: bool, reader: Reader) -> BarredReplacement | None:
    """The typed line; `fits` says that `equivalents` stands alone after `with`."""
    if fits:
        return BarredReplacement()
    reader.report(
        codes.DOES_NOT_APPLY,
        "what may not be bought gives way to its equivalents in the book",
        substitutes.span,
        help="write `replace barred with equivalents`; for one security, "
        '`replace "AAA" with "AAA", "BBB"` names the next choice',
    )
    return None
