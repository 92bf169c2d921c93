"""`keep realized losses at least $10,000 each year`: losses that are to be taken, or kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler.amounts import Amount
from compiler.closing import Closing
from compiler.directives.base import Breach, Family, dollars_breach, least
from compiler.directives.bounds import describe_amounts
from compiler.periods import Period, read_period
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import InForce
from compiler.tableau import Block
from compiler.whose_gains import (
    Held,
    Holder,
    RealizedInPeriod,
    Standing,
    read_band_of_a_year,
    read_holder,
)
from grammar import tree
from portfolio.household import Household

LOSSES = ("realized losses", "realized short losses", "realized long losses")

ZERO = Decimal(0)


@dataclass(frozen=True)
class RealizedLosses(RealizedInPeriod):
    """The losses of the sales at a loss, of the period so far and of this run, gains not taken off,
    and what wash sales disallow of them not counted (26 USC 1091(a)).

    `high` keeps losses for later. `low` is a harvest: it is made as far as the other hard rules
    allow and what is missing is reported, so that it never makes a household infeasible.
    """

    kind: ClassVar[str] = "realized losses"
    family: ClassVar[Family] = Family.LIMIT
    may_be_soft: ClassVar[bool] = True
    looser: ClassVar[Mapping[str, int]] = {"low": -1, "high": 1}

    measure: str
    low: Amount | None
    high: Amount | None
    period: Period
    per: Holder

    @property
    def range(self) -> Range:
        return Range(self.low, self.high)

    @property
    def asks_for_trades(self) -> bool:
        """A harvest does."""
        return self.low is not None

    def describe_range(self) -> str:
        return describe_amounts(self.low, self.high)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Rows `most` and `least` a holder, linear in the lots at a loss."""
        household = physics.household
        for held in self._holders(scope, household):
            before = physics.bp(self._so_far(household, held))
            run = -self._recognised(physics, held.counted, losses_only=True)
            if self.high is not None:
                most = physics.bp(self._dollars(self.high, household, held))
                physics.upper(
                    block,
                    "most",
                    held.where,
                    run.plus(before),
                    before,
                    most,
                    scope=scope,
                    cured=False,
                )
            if self.low is not None:
                asked = physics.bp(self._dollars(self.low, household, held))
                # What nothing can be done about is missed all the same, and said.
                done = run.plus(before).more(block.column("nothing", None, 0.0, 0.0))
                physics.lower(block, "least", held.where, done, before, asked, scope=scope)

    def _so_far(self, household: Household, held: Held) -> Decimal:
        """Losses of the period before this run (dollars), by the sales that the book shows."""
        return sum((-sale.gain for sale in self._past(household, held) if sale.gain < 0), ZERO)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """The losses taken against the most, or against what was taken before; and, where
        `scope.strict`, against the least."""
        for each in self.standings(scope, closing):
            if each.high is not None:
                high = max(each.high, each.before)
                if each.after > high:
                    yield dollars_breach(scope, each.where, self.measure, each.after, high)
            if each.low is not None:
                low = least(scope, each.low, each.before)
                if each.after < low:
                    yield dollars_breach(scope, each.where, self.measure, each.after, low)

    def standings(self, scope: InForce, closing: Closing) -> Iterator[Standing]:
        household = closing.household
        for held in self._holders(scope, household):
            before = self._so_far(household, held)
            losing = (sale for sale in self._todays(closing, held) if sale.gain < 0)
            after = before - sum((closing.recognised(sale) for sale in losing), ZERO)
            low, high = (
                None if end is None else self._dollars(end, household, held)
                for end in (self.low, self.high)
            )
            yield Standing(held.where, before, after, low, high)


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
