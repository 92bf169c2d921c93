"""`treat X as ... for ...`: what counts as one thing, as what it holds, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from compiler import codes
from compiler.attributes import Column
from compiler.closing import Closing
from compiler.coverage import selects_lot
from compiler.dimensions import Dimension
from compiler.directives.base import Breach, Directive, Family, selective_clause
from compiler.physics import Physics
from compiler.read_conditions import read_selection
from compiler.reader import Reader
from compiler.selections import Selection
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree

WORDS = {
    "as one for drift": "drift",
    "as one for wash sales": "wash sales",
    "as identical for wash sales": "wash sales",
    "as constituents for limits": "limits",
    "as absent": "absent",
}
"""What may be said, and the purpose it is for."""


@dataclass(frozen=True)
class Treatment(Directive):
    """`words` is a key of WORDS.

    For drift and wash sales the things are one class, or, where `each` names a column of texts, as
    many as the column has values; for limits each of them counts as what it
    holds; absent lots are no part of their account: neither sold nor in its base, target or risk.
    It reaches its own layer and lower ones: limits of higher layers count what it calls absent, and
    see what it sees through. Wash sales are the law's, and joined for the household.
    """

    kind: ClassVar[str] = "treatment"
    family: ClassVar[Family] = Family.SETTING

    things: Selection
    words: str
    each: Column | None = None

    @property
    def selection(self) -> Selection:
        """What is treated so."""
        return self.things

    @property
    def purpose(self) -> str:
        return WORDS[self.words]

    @property
    def subject(self) -> str:
        """What is treated so, its condition left out: `each equivalence_class`."""
        return self.things.subject if self.each is None else f"each {self.each.written}"

    @property
    def slot(self) -> tuple[str, ...]:
        return "treat", self.subject + self.things.narrowing, self.purpose

    @property
    def by_lot(self) -> bool:
        return self.purpose == "absent"

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause)

    def describe_range(self) -> str:
        return self.words

    def sentence(self) -> str:
        return f"treat {self.subject} {self.words}{self.things.narrowing}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: the household was read so before the model was built."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """No share of an absent lot is sold."""
        if self.purpose != "absent":
            return
        for sale in closing.sales:
            account = closing.account(sale.account_id)
            if account.id in scope.accounts and selects_lot(
                scope, closing.household, account, sale.lot
            ):
                where = f"{account.id} {sale.lot.id}"
                message = (
                    f"{sale.shares} {sale.security_id} of {sale.lot.id} sold: {self.sentence()}"
                )
                none = sale.shares * 0
                yield Breach(scope.statement.key, where, sale.shares, none, "shares", message)


def read_treatment(node: tree.Treat, reader: Reader) -> Treatment | None:
    """The typed treatment, or None after reporting every mistake in it."""
    words = f"as {node.like}" + ("" if node.purpose is None else f" for {node.purpose}")
    if words not in WORDS:
        reader.report(
            codes.DOES_NOT_APPLY,
            f"nothing can be treated {words}",
            node.span,
            help="known: " + ", ".join(WORDS),
        )
        return None
    each = _column(node, words, reader) if node.each else None
    if node.each and each is None:
        return None
    named = () if node.each else node.things.items
    things = read_selection(replace(node.things, items=named), reader)
    if things is not None and things.lot_level and WORDS[words] != "absent":
        reader.report(
            codes.DOES_NOT_APPLY,
            f"securities are treated {words}, not lots",
            node.things.span,
            help="leave `lot.` out of this line",
        )
        return None
    return None if things is None else Treatment(things, words, each)


def _column(node: tree.Treat, words: str, reader: Reader) -> Column | None:
    """The column of texts whose values are classes."""
    first, *others = node.things.items or (None,)
    column = reader.column(first) if isinstance(first, tree.Name) else None
    if isinstance(first, tree.Name) and column is None:
        return None
    of_texts = (
        column is not None and column.table == "securities" and column.dimension is Dimension.TEXT
    )
    if column is not None and of_texts and not others and WORDS[words] in ("drift", "wash sales"):
        return column
    reader.report(
        codes.DOES_NOT_APPLY,
        "`each` goes with one column of texts, whose values are the classes",
        node.things.span,
        help="write `treat each equivalence_class as one for drift`",
    )
    return None
