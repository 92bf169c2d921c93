"""`use model "ACME"`: which published model is the target."""

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
class ModelChoice(Directive):
    """Replaces the model that the book names for an account."""

    kind: ClassVar[str] = "model"
    family: ClassVar[Family] = Family.SETTING

    model_id: str

    @property
    def slot(self) -> tuple[str, ...]:
        return ("model",)

    def sentence(self) -> str:
        return f'use model "{self.model_id}"'

    def build(self, block: pyo.Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: its Block holds the value that won."""
        block.doc = self.sentence()

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """A setting forbids nothing by itself."""
        yield from ()


def read_model_choice(node: tree.Use, reader: Reader) -> ModelChoice | None:
    """The typed choice, or None after reporting what is wrong."""
    if isinstance(node.value, tree.Text):
        return ModelChoice(node.value.value)
    reader.report(
        codes.WRONG_SHAPE,
        "a model is named in quotes",
        node.span if node.value is None else node.value.span,
        help='write `use model "ACME"`',
    )
    return None
