"""`keep turnover at most 20% of account each year`: how much is sold in a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.amounts import Amount, Base
from compiler.closing import Closing
from compiler.directives.base import (
    Breach,
    Directive,
    Family,
    dollars_breach,
    holders,
    may_raise_cash,
    raises_cash,
)
from compiler.directives.bounds import holder, read_amount_band
from compiler.periods import Period, read_period
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import InForce
from compiler.sums import plain
from compiler.tableau import Block
from grammar import tree
from portfolio.flows import due_before_settlement, raising_allowance
from portfolio.household import Account, Household

ZERO = Decimal(0)


@dataclass(frozen=True)
class TurnoverLimit(Directive):
    """Dollars sold in the period so far and in this run, other than for flows, stay at or below
    `amount`: a share of the value of today, before trades, where it is stated as one.
    """

    kind: ClassVar[str] = "turnover"
    family: ClassVar[Family] = Family.LIMIT
    may_be_soft: ClassVar[bool] = True
    looser: ClassVar[Mapping[str, int]] = {"amount": 1}

    amount: Amount
    period: Period
    base: Base

    @property
    def slot(self) -> tuple[str, ...]:
        return "turnover", self.period.describe(), f"per {self.base}"

    @property
    def range(self) -> Range:
        return Range(high=self.amount)

    def describe_range(self) -> str:
        return f"at most {self.amount.describe()}"

    def sentence(self) -> str:
        tables = {column.table for column in self.amount.expression.columns()}
        implied = "account" if "accounts" in tables else "household" if tables else None
        per = "" if implied == self.base else f" per {self.base}"
        return f"keep turnover {self.describe_range()} {self.period.describe()}{per}"

    def hears(self, clause: tree.Clause) -> bool:
        return raises_cash(clause)

    def remarks(self, household: Household) -> Iterator[str]:
        yield from self.period.unseen(household)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A row a holder: sold in the period so far and in this run, less what flows ask for."""
        household = physics.household
        if not self.period.applies(household.as_of):
            return
        for where, accounts, account in holders(self.base, scope, household):
            before = physics.bp(self._so_far(household, accounts))
            spared = physics.bp(self._spared(scope, household, accounts))
            bound = physics.bp(self._bound(household, account))
            sells = [sell for a in accounts for p in physics.of_account(a.id) for sell in p.sells]
            sold = plain(sells).plus(before - spared)
            physics.upper(block, "limit", where, sold, before, bound, scope=scope, cured=False)

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        household = closing.household
        for where, accounts, account in holders(self.base, scope, household):
            bound, before = self._bound(household, account), self._so_far(household, accounts)
            yield f"turnover of {where} is ${before:,.2f} so far, of ${bound:,.2f}"

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Dollars sold against the limit, or against what was sold already."""
        household = closing.household
        if not self.period.applies(household.as_of):
            return
        for where, accounts, account in holders(self.base, scope, household):
            before = self._so_far(household, accounts)
            ids = {each.id for each in accounts}
            run = sum((sale.amount for sale in closing.sales if sale.account_id in ids), ZERO)
            after = before + max(run - self._spared(scope, household, accounts), ZERO)
            bound = max(self._bound(household, account), before)
            if after > bound:
                yield dollars_breach(scope, where, "turnover", after, bound)

    def _bound(self, household: Household, account: Account | None) -> Decimal:
        """The limit in dollars today."""
        return self.period.grown(self.amount.dollars(household, account), household.as_of)

    def _so_far(self, household: Household, accounts: tuple[Account, ...]) -> Decimal:
        """Dollars sold in the period before this run, other than for flows."""
        ids = {each.id for each in accounts}
        return sum(
            (
                sale.amount
                for sale in household.past_sales
                if sale.account_id in ids
                and not sale.for_flow
                and self.period.counts(sale, household.as_of)
            ),
            ZERO,
        )

    def _spared(
        self, scope: InForce, household: Household, accounts: tuple[Account, ...]
    ) -> Decimal:
        """Dollars of this run's sales that do not count: what flows take beyond the cash, or all
        that raises cash where the rule says so."""
        if may_raise_cash(scope):
            return sum((raising_allowance(household, a) for a in accounts), ZERO)
        due = due_before_settlement(household)
        short = (a.cash + a.unsettled_cash + due.get(a.id, ZERO) for a in accounts if a.id in due)
        return sum((-cash for cash in short if cash < 0), ZERO)


def read_turnover(node: tree.Keep, reader: Reader) -> TurnoverLimit | None:
    """The typed limit, or None after reporting what is wrong."""
    band = read_amount_band(node.bound, reader)
    if node.period is None:
        reader.report(
            codes.WHICH_YEAR,
            "turnover of which year?",
            node.span,
            help="end the line with `each year` or `over any 12 months`",
        )
    if band is None or node.period is None:
        return None
    if band.high is None or band.low is not None:
        reader.report(
            codes.WRONG_UNIT,
            "turnover has an upper limit only",
            node.bound.span,
            help="write `at most 20% of account`",
        )
        return None
    period = read_period(node.period, reader)
    base = holder(band, node.per, node.bound, reader)
    if period is None or base is None:
        return None
    return TurnoverLimit(band.high, period, base)
