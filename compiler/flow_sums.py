"""`6 months of withdrawals`: the dated flows of a time ahead, as an amount of money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from compiler.attributes import Environment
from compiler.dimensions import Dimension, Duration, Value
from compiler.expressions import Expression
from portfolio.flows import flows_due
from portfolio.household import Flow

OUT = ("withdrawal", "fee", "tax", "rmd")
FLOWS = {"withdrawals": ("withdrawal",), "deposits": ("deposit",), "payments": OUT}
"""What an author calls the flows, and their kinds in the book."""


@dataclass(frozen=True)
class FlowSum(Expression):
    """The flows of a kind after today and up to `ahead` from it, in dollars without a sign.

    They are those of the account, or, where there is none, of the household's accounts that are not
    held away. What today's cash already stands for (flows that are due before a later trade could
    raise them) is not counted again.
    """

    ahead: Duration
    flows: str

    @property
    def dimension(self) -> Dimension:
        return Dimension.MONEY

    def value(self, env: Environment) -> Value | None:
        household = env.household
        last = self.ahead.after(household.as_of, household.calendar)
        whose = {
            account.id
            for account in ((env.account,) if env.account else household.accounts)
            if not account.held_away
        }
        meant = [flow for flow in household.flows if flow.day <= last and self._is_one(flow, whose)]
        if not meant:
            return Decimal(0)
        due = flows_due(household)
        later = (flow for flow in meant if flow.day > household.as_of and flow not in due)
        return sum((abs(flow.amount) for flow in later), Decimal(0))

    def _is_one(self, flow: Flow, whose: set[str]) -> bool:
        return flow.account_id in whose and flow.kind in FLOWS[self.flows]

    def describe(self) -> str:
        return f"{self.ahead.describe()} of {self.flows}"
