"""Statements whose amounts nobody can reckon for an account: a value they need is missing."""

from __future__ import annotations

from compiler import codes
from compiler.attributes import PREFIX_OF, Column
from compiler.conditions import Environment
from compiler.statements import Statement
from grammar.diagnostics import Diagnostic
from portfolio.household import Account, Household


def undecided(statement: Statement, household: Household, account: Account) -> Diagnostic | None:
    """The missing value that leaves an amount of a statement open; None where none does."""
    env = Environment(household, account)
    for amount in statement.directive.amounts:
        if amount.known(household, account) is not None:
            continue
        blank = next(column for column in amount.expression.columns() if column.value(env) is None)
        return codes.UNDECIDED.at(
            statement.value_span or statement.span,
            f"`{amount.describe()}` is not known for {account.id}",
            label=f"`{blank.written}` of {_whose(blank, household, account)} is missing",
            help="fill it in, or say what a blank is: `missing counts as $0`",
        )
    return None


def _whose(column: Column, household: Household, account: Account) -> str:
    ids = {
        "account": account.id,
        "household": household.id,
        "taxpayer": account.tax_entity_id,
    }
    return ids[PREFIX_OF[column.table]]
