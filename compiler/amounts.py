"""Amounts of money that policies state: dollars, shares of an account or household, mixtures."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as OneOf

from compiler.conditions import Environment
from compiler.expressions import Expression, Literal, Share
from portfolio.household import Account, Household

Base = OneOf["account", "household"]


@dataclass(frozen=True)
class Amount:
    """An expression in dollars made of constants and shares of account and household values.

    The reader of directives lets nothing else in, so a value always exists where its bases do.
    """

    expression: Expression

    def dollars(self, household: Household, account: Account | None) -> Decimal:
        """Dollars, at values before trades and run prices.

        Raises ValueError where the amount is a share of an account and `account` is None.
        """
        value = self.expression.value(Environment(household, account))
        if not isinstance(value, Decimal):
            raise ValueError(f"{self.describe()} needs an account")  # noqa: TRY004
        return value

    def describe(self) -> str:
        """The amount in the language's words."""
        return self.expression.describe()

    @property
    def constant(self) -> tuple[str, Decimal] | None:
        """(what it counts, number) where it is plain dollars or one share of one base.

        Two amounts that count the same can be compared without a household.
        """
        match self.expression:
            case Literal(constant=Decimal() as dollars):
                return "$", dollars
            case Share(fraction=fraction, base=base):
                return base.column.table, fraction
            case _:
                return None
