"""`keep realized losses at least $10,000 each year`: losses that are to be taken, or kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

import pyomo.environ as pyo

from compiler.amounts import Amount
from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family, dollars_breach, least
from compiler.directives.bounds import describe_amounts
from compiler.periods import Period, read_period
from compiler.physics import Physics
from compiler.prorated import describe_today
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import InForce, Statement
from compiler.whose_gains import Held, Holder, held_by, read_band_of_a_year, read_holder
from grammar import tree
from portfolio.holding import is_long_term
from portfolio.household import Household

LOSSES = ("realized losses", "realized short losses", "realized long losses")

ZERO = Decimal(0)


@dataclass(frozen=True)
class RealizedLosses(Directive):
    """The losses of the sales at a loss, of the period so far and of this run, gains not taken off,
    and what wash sales disallow of them not counted (26 USC 1091(a)).

    `high` keeps losses for later. `low` is a harvest: it is made as far as the other hard rules
    allow and what is missing is reported, so that it never makes a household infeasible.
    """

    kind: ClassVar[str] = "realized losses"
    family: ClassVar[Family] = Family.LIMIT
    may_be_soft: ClassVar[bool] = True

    measure: str
    low: Amount | None
    high: Amount | None
    period: Period
    per: Holder

    @property
    def slot(self) -> tuple[str, ...]:
        return self.measure, self.period.describe(), f"per {self.per}"

    @property
    def range(self) -> Range:
        return Range(self.low, self.high)

    @property
    def asks_for_trades(self) -> bool:
        """A harvest does."""
        return self.low is not None

    def describe_range(self) -> str:
        return describe_amounts(self.low, self.high)

    def sentence(self) -> str:
        period = self.period.describe()
        return f"keep {self.measure} {self.describe_range()} {period} per {self.per}"

    def remarks(self, household: Household) -> Iterator[str]:
        yield from self.period.unseen(household)

    def describe_today(self, statement: Statement, household: Household) -> str:
        del statement
        return describe_today(self.period, self.range, household)

    def build(self, block: pyo.Block, scope: InForce, physics: Physics) -> None:
        """Rows `most` and `least` a holder, linear in the lots at a loss."""
        household = physics.household
        if not self.period.applies(household.as_of):
            return
        for held in held_by(self.per, scope, household):
            before = physics.bp(self._so_far(household, held))
            run = self._run(physics, held)
            if self.high is not None:
                most = physics.bp(self._dollars(self.high, household, held))
                physics.upper(
                    block, "most", held.where, before + run, before, most, scope=scope, cured=False
                )
            if self.low is not None:
                asked = physics.bp(self._dollars(self.low, household, held))
                # What nothing can be done about is missed all the same, and said.
                done = before + run + _nothing(block)
                physics.lower(block, "least", held.where, done, before, asked, scope=scope)

    def _run(self, physics: Physics, held: Held) -> Any:
        """Losses of this run in bp, less what of them is disallowed."""
        losses = pyo.quicksum(
            -physics.gains[lot.id] * sell
            for position in physics.positions.values()
            if position.account_id in held.counted
            for lot, sell in zip(position.lots, position.sells, strict=True)
            if physics.gains[lot.id] < 0.0
            and self._counts(is_long_term(lot, physics.household.as_of))
        )
        return losses - pyo.quicksum(
            column
            for (account_id, term), column in physics.disallowed.items()
            if account_id in held.counted and self._counts(term == "long")
        )

    def _counts(self, long_term: bool) -> bool:
        return self.measure == LOSSES[0] or ("long" in self.measure) == long_term

    def _dollars(self, end: Amount, household: Household, held: Held) -> Decimal:
        return self.period.grown(held.dollars(end, household), household.as_of)

    def _so_far(self, household: Household, held: Held) -> Decimal:
        """Losses of the period before this run (dollars), by the sales that the book shows."""
        return sum(
            (
                -sale.gain
                for sale in household.past_sales
                if sale.gain < 0
                and sale.account_id in held.counted
                and self.period.counts(sale, household.as_of)
                and self._counts(sale.long_term)
            ),
            ZERO,
        )

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """The losses taken against the most, or against what was taken before; and, where
        `scope.strict`, against the least."""
        household = closing.household
        if not self.period.applies(household.as_of):
            return
        for held in held_by(self.per, scope, household):
            before = self._so_far(household, held)
            after = before + sum(
                (
                    -closing.recognised(sale)
                    for sale in closing.sales
                    if sale.gain < 0
                    and sale.account_id in held.counted
                    and self._counts(sale.long_term)
                ),
                ZERO,
            )
            if self.high is not None:
                high = max(self._dollars(self.high, household, held), before)
                if after > high:
                    yield dollars_breach(scope, held.where, self.measure, after, high)
            if self.low is not None:
                low = least(scope, self._dollars(self.low, household, held), before)
                if after < low:
                    yield dollars_breach(scope, held.where, self.measure, after, low)


def _nothing(block: pyo.Block) -> Any:
    if block.component("nothing") is None:
        block.nothing = pyo.Var(bounds=(0.0, 0.0))
    return block.nothing


def read_losses(node: tree.Keep, measure: str, reader: Reader) -> RealizedLosses | None:
    """The typed limit, or None after reporting what is wrong."""
    band = read_band_of_a_year(node, measure, reader)
    if band is None or node.period is None:
        return None
    period = read_period(node.period, reader)
    per = read_holder(node, measure, band, reader, by_entity=False)
    if period is None or per is None:
        return None
    return RealizedLosses(measure, band.low, band.high, period, per)
