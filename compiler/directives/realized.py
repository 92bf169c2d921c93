"""`keep realized gains at most $60,000 in 2026`: gains or tax realised in a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import ClassVar

from compiler import codes
from compiler.amounts import Amount
from compiler.closing import Closing
from compiler.directives.base import Breach, Family, dollars_breach
from compiler.periods import Period, read_period
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import InForce
from compiler.sums import Sum, total
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

GAINS = ("realized gains", "realized short gains", "realized long gains")
OF_TAXPAYERS = ("taxable gains", "realized tax")
"""What is reckoned for whole taxpayers and whole tax years only."""

ZERO = Decimal(0)


@dataclass(frozen=True)
class RealizedLimit(RealizedInPeriod):
    """What the period so far and this run realise together stays at or below `amount`.

    Realised gains are net and before the losses carried in, of both terms or of one; taxable gains
    are what is left of both terms after those (never below zero); tax is dollars after netting
    (26 USC 1222, 1211, 1212).
    """

    kind: ClassVar[str] = "realized"
    family: ClassVar[Family] = Family.LIMIT
    may_be_soft: ClassVar[bool] = True
    looser: ClassVar[Mapping[str, int]] = {"amount": 1}

    measure: str
    amount: Amount
    period: Period
    per: Holder

    @property
    def range(self) -> Range:
        return Range(high=self.amount)

    def describe_range(self) -> str:
        return f"at most {self.amount.describe()}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A row a holder, linear in the lots or in the tax pieces; a row for every set of taxpayers
        where gains of one are not made up for by losses of another.

        A limit that the period has already broken forbids more, and asks for no loss to repair it.
        """
        household = physics.household
        for held in self._holders(scope, household):
            if not any(entity in physics.taxes for entity in held.accounts):
                continue
            bound = physics.bp(self._dollars(self.amount, household, held))
            before = physics.bp(self._so_far(household, held))
            for index, value in self._values(physics, held):
                physics.upper(block, "limit", index, value, before, bound, scope=scope, cured=False)

    def _values(self, physics: Physics, held: Held) -> Iterator[tuple[str, Sum]]:
        """(row, what must stay below the bound in bp)."""
        household = physics.household
        if self.measure == "realized tax":
            taxes = [physics.taxes[e] for e in held.accounts if e in physics.taxes]
            still = [owed for e, owed in _owed(household, held) if e not in physics.taxes]
            yield (
                held.where,
                total(tax.owed for tax in taxes).plus(physics.bp(sum(still, ZERO))),
            )
            return
        if self.measure == "taxable gains":
            for few in range(1, len(held.accounts) + 1):
                for some in combinations(held.accounts.items(), few):
                    index = " ".join([held.where, *(e for e, _ in some if len(held.accounts) > 1)])
                    counted = frozenset[str]().union(*(ids for _, ids in some))
                    nets = sum((_after_carryforwards(household, e) for e, _ in some), ZERO)
                    yield index, self._recognised(physics, counted).plus(physics.bp(nets))
            return
        yield (
            held.where,
            self._recognised(physics, held.counted).plus(physics.bp(self._so_far(household, held))),
        )

    def _so_far(self, household: Household, held: Held) -> Decimal:
        """What the period realised before this run, in dollars."""
        if self.measure == "realized tax":
            return sum((owed for _, owed in _owed(household, held)), ZERO)
        if self.measure == "taxable gains":
            nets = (_after_carryforwards(household, entity) for entity in held.accounts)
            return sum((max(net, ZERO) for net in nets), ZERO)
        if self.period.tax_year and self.per != "account":
            entities = [household.tax_entities[entity] for entity in held.accounts]
            short = sum((e.ytd_short for e in entities), ZERO)
            long = sum((e.ytd_long for e in entities), ZERO)
            return short * self._counts(False) + long * self._counts(True)
        return sum((sale.gain for sale in self._past(household, held)), ZERO)

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        for held in self._holders(scope, closing.household):
            bound = self._dollars(self.amount, closing.household, held)
            before = self._so_far(closing.household, held)
            verb = "is" if self.measure == "realized tax" else "are"
            yield f"{self.measure} of {held.where} {verb} ${before:,.2f} so far, of ${bound:,.2f}"

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """What the period realised, netted in decimal, against the limit or where it stood."""
        for each in self.standings(scope, closing):
            assert each.high is not None
            bound = max(each.high, each.before)
            if each.after > bound:
                yield dollars_breach(scope, each.where, self.measure, each.after, bound)

    def standings(self, scope: InForce, closing: Closing) -> Iterator[Standing]:
        household = closing.household
        for held in self._holders(scope, household):
            before = self._so_far(household, held)
            after = self._with_run(closing, held, before)
            high = self._dollars(self.amount, household, held)
            yield Standing(held.where, before, after, None, high)

    def _with_run(self, closing: Closing, held: Held, before: Decimal) -> Decimal:
        if self.measure in OF_TAXPAYERS:
            years = [closing.tax(entity, after=True) for entity in held.accounts]
            if self.measure == "realized tax":
                return sum((year.tax for year in years), ZERO)
            return sum((year.taxable_short + year.taxable_long for year in years), ZERO)
        return before + sum((closing.recognised(s) for s in self._todays(closing, held)), ZERO)


def _after_carryforwards(household: Household, entity_id: str) -> Decimal:
    """Net gains of the year so far less the losses carried in; netting across leaves what is above
    zero taxable (26 USC 1222)."""
    entity = household.tax_entities[entity_id]
    return entity.ytd_short + entity.ytd_long - entity.carry_short - entity.carry_long


def _owed(household: Household, held: Held) -> list[tuple[str, Decimal]]:
    """Tax of the year so far, by entity; the worth of losses carried on is no tax of this year."""
    empty = Closing(household, (), (), {}, {})
    return [(entity, empty.tax(entity, after=False).tax) for entity in held.accounts]


def read_realized(node: tree.Keep, measure: str, reader: Reader) -> RealizedLimit | None:
    """The typed limit, or None after reporting what is wrong."""
    band = read_band_of_a_year(node, measure, reader)
    if band is None or node.period is None:
        return None
    if band.high is None or band.low is not None:
        reader.report(
            codes.WRONG_UNIT,
            f"a limit on {measure} has an upper end only",
            node.bound.span,
            help="write `at most $60,000`",
        )
        return None
    period = read_period(node.period, reader)
    per = read_holder(node, measure, band, reader, by_entity=measure in OF_TAXPAYERS)
    if period is None or per is None:
        return None
    if measure in OF_TAXPAYERS and not period.tax_year:
        reader.report(
            codes.DOES_NOT_APPLY,
            f"a limit on {measure} is for a tax year",
            node.period.span,
            help="write `each year`, or limit `realized gains`",
        )
        return None
    return RealizedLimit(measure, band.high, period, per)
