"""`use model "ACME"`: which published model is the target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.closing import Closing
from compiler.dimensions import describe_fraction
from compiler.directives.base import Breach, Directive, Family
from compiler.physics import Physics
from compiler.reader import Reader
from compiler.statements import InForce, Statement
from compiler.steps import Steps, read_steps
from compiler.tableau import Block
from grammar import tree
from portfolio.household import Household


@dataclass(frozen=True)
class ModelChoice(Directive):
    """Replaces the model that the book names for an account, at once or in `steps`: the published
    model is then the blend of both that is due today."""

    kind: ClassVar[str] = "model"
    family: ClassVar[Family] = Family.SETTING

    model_id: str
    steps: Steps | None = None

    @property
    def gradual(self) -> bool:
        return self.steps is not None

    def done(self, statement: Statement, household: Household) -> Decimal:
        """How much of the account follows the model today, a fraction."""
        if self.steps is None or statement.starts is None:
            return Decimal(1)
        return self.steps.done(statement.starts, household.as_of, household.calendar)

    def describe_today(self, statement: Statement, household: Household) -> str:
        done = self.done(statement, household)
        if done == 1:
            return ""
        return f"{describe_fraction(round(done, 4))} of the way on {household.as_of}"

    @property
    def slot(self) -> tuple[str, ...]:
        return ("model",)

    def sentence(self) -> str:
        pace = "" if self.steps is None else f" {self.steps.describe()}"
        return f'use model "{self.model_id}"{pace}'

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A setting is data: its Block holds the value that won."""

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """A setting forbids nothing by itself."""
        yield from ()


def read_model_choice(node: tree.Use, reader: Reader) -> ModelChoice | None:
    """The typed choice, or None after reporting what is wrong."""
    steps = None if node.timing is None else read_steps(node.timing, reader)
    if node.timing is not None and steps is None:
        return None
    if isinstance(node.value, tree.Text):
        return ModelChoice(node.value.value, steps)
    reader.report(
        codes.WRONG_SHAPE,
        "a model is named in quotes",
        node.span if node.value is None else node.value.span,
        help='write `use model "ACME"`',
    )
    return None
