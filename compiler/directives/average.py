"""`keep average yield at most 0.25 points below target`: a number of what is held, on average."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from compiler.amounts import Base
from compiler.closing import Closing
from compiler.conditions import Environment
from compiler.coverage import covers
from compiler.dimensions import Dimension, describe_fraction, describe_value
from compiler.directives.base import (
    Breach,
    Dial,
    Directive,
    Family,
    Holders,
    holders,
    measured,
    selective_clause,
)
from compiler.directives.bounds import describe_band
from compiler.expressions import Reference
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.selections import Selection, narrowed_words
from compiler.statements import InForce
from compiler.sums import Sum, total
from compiler.tableau import Block
from grammar import tree
from portfolio.household import Account, Household, Security
from portfolio.lookthrough import look_through

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Mean:
    """Dollars that have a value, and the sum of dollars x value."""

    dollars: Decimal = ZERO
    total: Decimal = ZERO

    def plus(self, other: Mean, times: Decimal = Decimal(1)) -> Mean:
        return Mean(self.dollars + times * other.dollars, self.total + times * other.total)

    @property
    def average(self) -> Decimal | None:
        return self.total / self.dollars if self.dollars > 0 else None

    def over(self, other: Mean) -> Decimal:
        """Above 0 where its average is the higher one; no division, which would round."""
        return self.total * other.dollars - other.total * self.dollars

    def above(self, level: Decimal) -> Decimal:
        """Dollars x value above what the same dollars would have at `level`."""
        return self.total - level * self.dollars


PartOf = Callable[[Security], Mean]
"""What a dollar of a security adds to the mean."""


@dataclass(frozen=True)
class AverageLimit(Directive):
    """The average of `attribute` over what is held, weighted by value, lies between two numbers.

    Cash and holdings without a value are no part of it; a fund without a value of its own counts
    as what it holds. Ends are values of it (`relation` None), distances from the average
    of `reference` (`within`, `above`, `below`) or multiples of it (`share`).
    """

    kind: ClassVar[str] = "average"
    family: ClassVar[Family] = Family.LIMIT
    may_be_soft: ClassVar[bool] = True

    attribute: Reference
    low: Decimal | None
    high: Decimal | None
    relation: str | None
    reference: str | None
    base: Base
    selection: Selection | None

    @property
    def slot(self) -> tuple[str, ...]:
        measured = {None: "absolute", "share": "share of"}.get(self.relation, "points from")
        name = f"average {self.attribute.describe()}"
        return name, narrowed_words(self.selection), self.base, measured, self.reference or ""

    @property
    def range(self) -> Range:
        return Range(self.low, self.high)

    @property
    def dials(self) -> tuple[Dial, ...]:
        fraction = self.relation == "share" or self.attribute.dimension is Dimension.FRACTION
        step = Decimal("0.0001") if fraction else Decimal("0.01")
        low = None if self.relation == "within" else self.low
        ends = (("low", -1, low), ("high", 1, self.high))
        return tuple(Dial(name, sign, step) for name, sign, end in ends if end is not None)

    def turned(self, dial: Dial, by: Decimal) -> AverageLimit:
        """One distance is two ends."""
        if self.relation == "within":
            assert self.high is not None
            return replace(self, low=-self.high - by, high=self.high + by)
        return super().turned(dial, by)

    def describe_range(self) -> str:
        low, high = self.low, self.high
        if self.relation == "share":
            ends = [None if end is None else describe_fraction(end) for end in (low, high)]
            return f"{describe_band(*ends)} of {self.reference}"
        if self.relation is None:
            dimension = self.attribute.dimension
            ends = [None if end is None else describe_value(end, dimension) for end in (low, high)]
            return describe_band(*ends)
        if self.relation == "within":
            assert high is not None
            return f"within {self._distance(high)} of {self.reference}"
        if self.relation == "below":
            low, high = (None if end is None else -end for end in (high, low))
        ends = [None if end is None else self._distance(end) for end in (low, high)]
        if None not in ends and self.attribute.dimension is Dimension.FRACTION:
            ends[0] = str(ends[0]).removesuffix(" points")
        return f"{describe_band(*ends)} {self.relation} {self.reference}"

    def _distance(self, end: Decimal) -> str:
        fraction = self.attribute.dimension is Dimension.FRACTION
        return describe_value(end, Dimension.POINTS if fraction else self.attribute.dimension)

    def sentence(self) -> str:
        name = self.attribute.describe()
        where = narrowed_words(self.selection)
        return f"keep average {name} {self.describe_range()} per {self.base}{where}"

    def hears(self, clause: tree.Clause) -> bool:
        """Blanks of the attribute are left out; `excluded` and `allowed` speak of `where`."""
        if isinstance(clause, tree.MissingCounts):
            return self.selection is not None
        return selective_clause(clause)

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Rows `low` and `high`: dollars x (value - end), scaled to dollars, on one side of zero.

        Outside today, the average itself may not move further out either.
        """
        for where, accounts, _ in self._holders(scope, physics):
            if not any(a in physics.accounts for a in accounts):
                continue
            parts = {a.id: self._parts(scope, physics.household, a) for a in accounts}
            before = _held(physics.household, accounts, parts)
            low, high = self._ends(physics, accounts, parts)
            for name, end, sign in (("high", high, 1), ("low", low, -1)):
                if end is None:
                    continue
                rows = _Rows(physics, accounts, parts, sign)
                rows.add(block, name, where, end, before.above(end), scope, cured=True)
                average = before.average
                soft = scope.statement.soft is not None
                if average is not None and sign * before.above(end) > 0 and not soft:
                    rows.add(block, f"{name} today", where, average, ZERO, scope, cured=False)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """The average against its ends; outside today, it may not have moved further out, nor may
        more be held of what is outside."""
        for where, accounts, _ in self._holders(scope, closing):
            parts = {a.id: self._parts(scope, closing.household, a) for a in accounts}
            before, after = (
                _weighed(closing, accounts, parts, after=late) for late in (False, True)
            )
            low, high = self._ends(closing, accounts, parts)
            for end, sign in ((high, 1), (low, -1)):
                if end is None:
                    continue
                was, now = sign * before.above(end), sign * after.above(end)
                worse = was > 0 and sign * after.over(before) > 0
                if scope.strict:
                    was, worse = ZERO, False
                if now > max(was, ZERO) or (now > 0 and worse):
                    yield self._breach(scope, where, after, end, sign)

    def _holders(self, scope: InForce, source: Physics | Closing) -> Holders:
        if self.relation is None:
            return holders(self.base, scope, source.household)
        return measured(self.base, scope, source)

    def _breach(self, scope: InForce, where: str, after: Mean, end: Decimal, sign: int) -> Breach:
        found = after.average or ZERO
        shown, bound = (describe_value(round(x, 6), self.attribute.dimension) for x in (found, end))
        side = "above" if sign > 0 else "below"
        name = f"average {self.attribute.describe()}"
        message = f"{name} of {where} is {shown}, {side} {bound}"
        return Breach(scope.statement.key, where, found, end, name, message)

    def _ends(
        self,
        source: Physics | Closing,
        accounts: tuple[Account, ...],
        parts: Mapping[str, PartOf],
    ) -> tuple[Decimal | None, Decimal | None]:
        """The band in values of the attribute; open where the reference has no average."""
        if self.relation is None:
            return self.low, self.high
        published = source.reference(self.reference)
        whole = Mean()
        for account in accounts:
            # An account that may not trade is measured against itself.
            if account.id not in published:
                whole = whole.plus(_held(source.household, (account,), parts))
                continue
            for name, weight in published[account.id].items():
                part = parts[account.id](source.household.securities[name])
                whole = whole.plus(part, weight * source.value(account))
        middle = whole.average
        if middle is None:
            return None, None
        share = self.relation == "share"
        low, high = (
            None if end is None else middle * end if share else middle + end
            for end in (self.low, self.high)
        )
        return low, high

    def _parts(self, scope: InForce, household: Household, account: Account) -> PartOf:
        """What a dollar of each security adds to the mean of an account."""
        known: dict[str, Mean] = {}

        def own(security: Security) -> Mean:
            value = self.attribute.value(Environment(household, account, security))
            if not isinstance(value, Decimal) or not covers(scope, household, account, security):
                return Mean()
            return Mean(Decimal(1), value)

        def found(security: Security) -> Mean:
            stated = self.attribute.column.value(Environment(household, account, security))
            if stated is not None or security.id not in household.constituents:
                return own(security)
            inside = look_through({security.id: Decimal(1)}, household.constituents)
            whole = Mean()
            for name, weight in inside.items():
                whole = whole.plus(own(household.securities[name]), weight)
            return whole

        def part(security: Security) -> Mean:
            if security.id not in known:
                known[security.id] = found(security)
            return known[security.id]

        return part


@dataclass(frozen=True)
class _Rows:
    """Rows of one holder on dollars x (value - level), `sign` 1 where that may not be above zero.

    They are divided by the largest difference, so that an amount in them is one in dollars.
    """

    physics: Physics
    accounts: tuple[Account, ...]
    parts: Mapping[str, PartOf]
    sign: int

    def add(
        self,
        block: Block,
        name: str,
        where: str,
        level: Decimal,
        before: Decimal,
        scope: InForce,
        *,
        cured: bool,
    ) -> None:
        positions = [
            (
                float(
                    self.sign * self.parts[a.id](self.physics.security(p.security_id)).above(level)
                ),
                p,
            )
            for a in self.accounts
            for p in self.physics.of_account(a.id)
        ]
        scale = max((abs(slope) for slope, _ in positions), default=0.0)
        if scale == 0.0:
            return
        was = self.physics.bp(self.sign * before) / scale
        moved = total(Sum(*p.part(slope / scale)) for slope, p in positions if slope)
        self.physics.upper(block, name, where, moved.plus(was), was, 0.0, scope=scope, cured=cured)


def _held(household: Household, accounts: tuple[Account, ...], parts: Mapping[str, PartOf]) -> Mean:
    """The mean of what accounts hold before trades."""
    found = Mean()
    for account in accounts:
        for lot in account.lots:
            part = parts[account.id](household.securities[lot.security_id])
            found = found.plus(part, lot.shares * household.prices[lot.security_id])
    return found


def _weighed(
    closing: Closing, accounts: tuple[Account, ...], parts: Mapping[str, PartOf], *, after: bool
) -> Mean:
    """The mean of what accounts hold before or after the trades."""
    found = Mean()
    for (owner, name), count in (closing.shares_after if after else closing.shares_before).items():
        if owner in parts and any(a.id == owner for a in accounts):
            part = parts[owner](closing.household.securities[name])
            found = found.plus(part, count * closing.household.prices[name])
    return found
