"""Amounts of money that policies state: dollars, shares of an account or household, mixtures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal as OneOf

from compiler.conditions import Environment
from compiler.dimensions import Dimension
from compiler.expressions import Choice, Expression, Literal, Share, Total
from portfolio.household import Account, Household, TaxEntity

Base = OneOf["account", "household"]


@dataclass(frozen=True)
class Amount:
    """An expression in dollars, made of constants and of what accounts, households and taxpayers
    have; an account for which it is unknown is held before anybody asks for its dollars."""

    expression: Expression

    def dollars(
        self, household: Household, account: Account | None, taxpayer: TaxEntity | None = None
    ) -> Decimal:
        """Dollars, at values before trades and run prices.

        Raises ValueError where a value is missing, or the amount is that of an account and
        `account` is None.
        """
        value = self.known(household, account, taxpayer)
        if value is None:
            raise ValueError(f"{self.describe()} is not known")
        return value

    def known(
        self, household: Household, account: Account | None, taxpayer: TaxEntity | None = None
    ) -> Decimal | None:
        """Dollars, or None where a value is missing."""
        value = self.expression.value(Environment(household, account, taxpayer=taxpayer))
        return value if isinstance(value, Decimal) else None

    def together(
        self, household: Household, accounts: Sequence[Account], taxpayer: TaxEntity | None
    ) -> Decimal:
        """Dollars of several accounts as one: what each of them has adds up, all else counts once.

        Raises ValueError where a value is missing.
        """
        summed = Amount(_summed(self.expression, household, accounts))
        return summed.dollars(household, None, taxpayer)

    def describe(self) -> str:
        """The amount in the language's words."""
        return self.expression.describe()

    def plus(self, more: Decimal) -> Amount:
        """The amount and so much more, or less: a constant one in its own unit, any other in
        dollars."""
        match self.expression:
            case Literal(constant=Decimal() as dollars):
                return Amount(replace(self.expression, constant=dollars + more))
            case Share(fraction=fraction):
                return Amount(replace(self.expression, fraction=fraction + more))
            case whole:
                beside = Literal(abs(more), Dimension.MONEY)
                return Amount(Total(1 if more >= 0 else -1, whole, beside))

    @property
    def step(self) -> Decimal:
        """The smallest change of it that is worth writing down: a dollar, or a basis point."""
        return Decimal("0.0001") if isinstance(self.expression, Share) else Decimal(1)

    @property
    def constant(self) -> tuple[str, Decimal] | None:
        """(what it counts, number) where it is plain dollars or one share of one base.

        Two amounts that count the same can be compared without a household.
        """
        match self.expression:
            case Literal(constant=Decimal() as dollars):
                return "$", dollars
            case Share(fraction=fraction, base=base):
                return base.column.written, fraction
            case _:
                return None


def _summed(
    expression: Expression, household: Household, accounts: Sequence[Account]
) -> Expression:
    """The expression with a constant in place of each part that is an account's own."""
    if isinstance(expression, Choice | Total):
        left, right = (
            _summed(side, household, accounts) for side in (expression.left, expression.right)
        )
        return replace(expression, left=left, right=right)
    tables = {column.table for column in expression.columns()}
    if tables - {"accounts"} or isinstance(expression, Literal):
        return expression
    each = (Amount(expression).dollars(household, account) for account in accounts)
    return Literal(sum(each, Decimal(0)), expression.dimension)
