"""`keep each sector within 3 points of model`, `keep tech at most 30% of account`: weights."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from typing import ClassVar, Literal

from compiler.amounts import Amount, Base
from compiler.closing import Closing
from compiler.coverage import (
    Way,
    compliance,
    counts_by_row,
    covers,
    excused_holdings,
    opened,
)
from compiler.dimensions import describe_fraction, describe_number, describe_points
from compiler.directives.base import (
    MOST_NAMED,
    Breach,
    Dial,
    Directive,
    Family,
    Holders,
    dollars_breach,
    holders,
    measured,
    selective_clause,
)
from compiler.directives.bounds import (
    describe_amounts,
    describe_band,
    implied_holder,
)
from compiler.exposure import (
    Exposure,
    Grouped,
    GroupOf,
    Groups,
    Known,
    Sight,
    Through,
    add_up,
)
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.selections import Selection
from compiler.statements import InForce
from compiler.sums import Sum, total
from compiler.tableau import Block
from grammar import tree
from portfolio.household import Account, Household, Security

Relation = Literal["within", "above", "below", "share"]
Reference = Literal["model", "target"]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A group in dollars before and after the trades, and its band; `kept` is the part, before and
    after, of shares that a waiver excuses; `way` how far one that is outside has to be back in the
    band today."""

    where: str
    group: str
    before: Decimal
    after: Decimal
    kept: tuple[Decimal, Decimal]
    low: Decimal | None
    high: Decimal | None
    way: Way

    @property
    def counted(self) -> tuple[Decimal, Decimal]:
        """Before and after, without what is excused."""
        return self.before - self.kept[0], self.after - self.kept[1]


Band = tuple[Decimal | None, Decimal | None]
"""The least and the most that a group may be, in dollars; None where it has no such end."""
ZERO = Decimal(0)
DONE = Way(Decimal(1))
EACH = ("holding", "issuer", "sector", "industry", "country", "asset_class")


@dataclass(frozen=True)
class WeightBand(Directive):
    """The weight of each group, or of one selection, lies between two ends.

    `each` names the column whose values are the groups (`holding`: every security by itself);
    `selection` then says which securities count, None all of them. Without `each` the selection is
    the group. Absolute ends are `low` and `high` (`relation` None). Relative ends are measured from
    the weight in `reference`: `low_points` <= weight - reference <= `high_points` for `within`,
    `above` and `below`, signed fractions of one; `low_share` x reference <= weight <= `high_share`
    x reference for `share`.
    """

    kind: ClassVar[str] = "band"
    family: ClassVar[Family] = Family.LIMIT
    selective: ClassVar[bool] = True
    may_be_soft: ClassVar[bool] = True

    each: str | None
    selection: Selection | None
    low: Amount | None = None
    high: Amount | None = None
    relation: Relation | None = None
    reference: Reference | None = None
    base: Base = "account"
    low_points: Decimal | None = None
    high_points: Decimal | None = None
    low_share: Decimal | None = None
    high_share: Decimal | None = None

    @property
    def slot(self) -> tuple[str, ...]:
        measured = {None: "absolute", "share": "share of"}.get(self.relation, "points from")
        where = self._where().strip()
        return "weight", self._subject(), where, self.base, measured, self.reference or ""

    @property
    def range(self) -> Range:
        if self.relation is None:
            return Range(self.low, self.high)
        if self.relation == "share":
            return Range(self.low_share, self.high_share)
        return Range(self.low_points, self.high_points)

    def describe_range(self) -> str:
        if self.relation is None:
            return describe_amounts(self.low, self.high)
        if self.relation == "share":
            ends = (self.low_share, self.high_share)
            shares = [None if end is None else describe_fraction(end) for end in ends]
            return f"{describe_band(*shares)} of {self.reference}"
        return self._describe_points()

    def _describe_points(self) -> str:
        low, high = self.low_points, self.high_points
        if self.relation == "within":
            assert high is not None
            return f"within {describe_points(high)} of {self.reference}"
        if self.relation == "below":
            low, high = (None if end is None else -end for end in (high, low))
        ends = [None if end is None else describe_number(end * 100) for end in (low, high)]
        return f"{describe_band(*ends)} points {self.relation} {self.reference}"

    @property
    def dials(self) -> tuple[Dial, ...]:
        if self.relation is None:
            ends: tuple[tuple[str, int, Amount | Decimal | None], ...] = (
                ("low", -1, self.low),
                ("high", 1, self.high),
            )
        elif self.relation == "share":
            ends = ("low_share", -1, self.low_share), ("high_share", 1, self.high_share)
        else:
            both = self.relation == "within"
            low = None if both else self.low_points
            ends = ("low_points", -1, low), ("high_points", 1, self.high_points)
        return tuple(
            Dial(name, sign, end.step if isinstance(end, Amount) else Decimal("0.0001"))
            for name, sign, end in ends
            if end is not None
        )

    def turned(self, dial: Dial, by: Decimal) -> WeightBand:
        """One distance is two ends."""
        if self.relation == "within":
            assert self.high_points is not None
            more = self.high_points + by
            return replace(self, low_points=-more, high_points=more)
        return super().turned(dial, by)

    def hears(self, clause: tree.Clause) -> bool:
        return selective_clause(clause) or isinstance(clause, tree.Existing)

    def sentence(self) -> str:
        return f"keep {self._subject()} {self.describe_range()}{self._per()}{self._where()}"

    def _subject(self) -> str:
        if self.each is not None:
            return f"each {self.each}"
        assert self.selection is not None
        return replace(self.selection, where=None).describe()

    def _where(self) -> str:
        condition = None if self.selection is None else self.selection.where
        return "" if condition is None else f" where {condition.describe()}"

    def _per(self) -> str:
        if self.relation is not None:
            return "" if self.base == "account" else " per household"
        implied = implied_holder(self.low, self.high)
        return "" if implied == self.base else f" per {self.base}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """Rows `low` and `high` on the closing weight of each group, funds seen through; none of a
        group that no trade can bring out of its band."""
        for where, accounts, account in self._holders(scope, physics):
            if not any(a in physics.accounts for a in accounts):
                continue
            grouped = self._grouped(scope, physics.household, accounts)
            excused = [excused_holdings(scope, physics.household, a) for a in accounts]
            spared = grouped.exposures(physics, excused) if any(excused) else {}
            held_in = grouped.exposures(physics)
            traded = {group: held for group, held in held_in.items() if held.terms}
            worth = {a.id: _most_held(physics, a) for a in accounts}
            way_of = self._ways(scope, physics, grouped)
            bands = self._bands(physics, grouped, account)(traded)
            for (group, held), band in zip(traded.items(), bands, strict=True):
                low = None if band[0] is None else physics.bp(band[0])
                high = None if band[1] is None else physics.bp(band[1])
                if not _can_leave(held, worth, low, high, physics.reserve):
                    continue
                at, weight, before = f"{where} {group}", held.value, held.before
                far = (high is not None and before > high) or (low is not None and before < low)
                way = way_of(group, at) if far else None
                if high is not None:
                    counted, was = weight, before
                    kept = spared.get(group) if before > high else None
                    if kept is not None:
                        # What is held stays out of the limit, and nothing is bought on top of it.
                        physics.upper(
                            block, "kept", at, weight, before, high, scope=scope, cured=False
                        )
                        counted, was = _without(kept, weight, before)
                    asked = None if way is None else _asked(physics, way, band[1], was)
                    physics.upper(block, "high", at, counted, was, high, scope=scope, asked=asked)
                if low is not None:
                    asked = None if way is None else _asked(physics, way, band[0], before)
                    physics.lower(block, "low", at, weight, before, low, scope=scope, asked=asked)

    def _holders(self, scope: InForce, source: Physics | Closing) -> Holders:
        if self.relation is None:
            return holders(self.base, scope, source.household)
        return measured(self.base, scope, source)

    def _grouped(
        self, scope: InForce, household: Household, accounts: Sequence[Account]
    ) -> Grouped:
        """Accounts with the groups in which their securities count."""
        sight = self.sight(scope, household)
        groups = (
            Groups(household, self._group_of(scope, household, a), sight, self._known(scope, a))
            for a in accounts
        )
        return Grouped(tuple(zip(accounts, groups, strict=True)))

    def _group_of(self, scope: InForce, household: Household, account: Account) -> GroupOf:
        """Which group a security counts in; None where the statement does not count it."""

        def group(security: Security) -> str | None:
            return self._group(security) if covers(scope, household, account, security) else None

        return group

    def _known(self, scope: InForce, account: Account) -> Known | None:
        """What is known of securities from other households, where their rows alone decide."""
        if not counts_by_row(scope, account):
            return None
        return self._known_if.setdefault(scope.statement.missing, Known())

    @cached_property
    def _known_if(self) -> dict[bool | None, Known]:
        """What is known, by what an unknown security counts as."""
        return {}

    def _group(self, security: Security) -> str | None:
        if self.each is None:
            return self._subject()
        value: str | None = getattr(security, "id" if self.each == "holding" else self.each)
        return value

    def sight(self, scope: InForce, household: Household) -> Sight:
        """How funds count here; those that are treated as what they hold count so."""
        names = frozenset(
            name
            for name in household.constituents
            if name in household.securities
            and any(
                account.id in scope.accounts
                and opened(scope, household, account, household.securities[name])
                for account in household.accounts
            )
        )
        return Sight(self.through, names)

    @property
    def through(self) -> Through:
        """Holdings count as held; a selection counts a fund it names, and looks through others."""
        if self.each == "holding":
            return Through.NEVER
        return Through.UNLESS_NAMED if self.each is None else Through.ALWAYS

    def _bands(
        self,
        source: Physics | Closing,
        grouped: Grouped,
        account: Account | None,
    ) -> Callable[[Collection[str]], list[Band]]:
        """The bands of groups, in dollars."""
        if self.relation is None:
            low, high = (
                None if end is None else end.dollars(source.household, account)
                for end in (self.low, self.high)
            )
            return lambda groups: [(low, high)] * len(groups)
        share = self.relation == "share"
        ends = (self.low_share, self.high_share) if share else (self.low_points, self.high_points)
        published = source.reference(self.reference)
        reference: dict[str, Decimal] = {}
        value = Decimal(0)
        for each, groups in grouped.parts:
            worth = source.value(each)
            value += worth
            if each.id in published:
                meant = groups.weigh(published[each.id])
                add_up(reference, {group: share * worth for group, share in meant.items()})
            else:
                # One that may not trade is measured against itself: nobody can bring it nearer.
                add_up(reference, groups.weigh(_held(each, source.household)))

        def side(middles: list[Decimal], end: Decimal | None) -> Sequence[Decimal | None]:
            if end is None:
                return [None] * len(middles)
            if share:
                return [middle * end for middle in middles]
            away = end * value
            return [middle + away for middle in middles]

        def bands(groups: Collection[str]) -> list[Band]:
            middles = [reference.get(group, ZERO) for group in groups]
            return list(zip(side(middles, ends[0]), side(middles, ends[1]), strict=True))

        return bands

    def _ways(
        self,
        scope: InForce,
        source: Physics | Closing,
        grouped: Grouped,
    ) -> Callable[[str, str], Way]:
        """How far a group that today's holdings have outside has to be back by now (group, place):
        as far as the member that has to be back furthest."""
        if not scope.statement.transitions:
            return lambda group, where: DONE
        household = source.household

        @cache
        def members() -> dict[str, list[tuple[Account, Security]]]:
            found: dict[str, list[tuple[Account, Security]]] = {}
            for account, groups in grouped.parts:
                held = {lot.security_id for lot in account.lots}
                held |= {under for name in held for under in household.constituents.get(name, {})}
                for name in sorted(held):
                    group = groups.of(name)
                    if group is not None:
                        found.setdefault(group, []).append((account, household.securities[name]))
            return found

        def way(group: str, where: str) -> Way:
            done = max(
                (
                    compliance(scope, household, account, member, None, where)
                    for account, member in members().get(group, ())
                ),
                default=Decimal(0),
            )
            weight = scope.breached_at.get(where)
            if weight is None:
                return Way(done)
            return Way(done, weight * sum((source.value(a) for a, _ in grouped.parts), Decimal(0)))

        return way

    def outside(self, scope: InForce, closing: Closing) -> Iterator[tuple[str, Decimal]]:
        """Groups whose weight lay outside the band before the trades."""
        for where, accounts, account in self._holders(scope, closing):
            value = sum((closing.value(each) for each in accounts), Decimal(0))
            for each in self._weights_of(scope, closing, where, accounts, account):
                high, low = each.high, each.low
                counted = each.counted[0]
                if (high is not None and counted > high) or (low is not None and each.before < low):
                    yield each.where, counted / value if value > 0 else Decimal(0)

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        """The groups that have least room on one side, or are outside."""
        found: list[tuple[Decimal, str]] = []
        for where, accounts, account in self._holders(scope, closing):
            value = sum((closing.value(each) for each in accounts), ZERO)
            for each in self._weights_of(scope, closing, where, accounts, account):
                above = None if each.high is None else each.high - each.counted[0]
                under = None if each.low is None else each.before - each.low
                room = min(end for end in (above, under) if end is not None)
                ends = describe_band(
                    *(None if e is None else f"${e:,.2f}" for e in (each.low, each.high))
                )
                share = f" ({each.before / value:.1%})" if value > 0 else ""
                found.append(
                    (room, f"{each.group} of {where} is ${each.before:,.2f}{share}, {ends}")
                )
        outside = [each for each in found if each[0] < 0]
        yield from (said for _, said in sorted(outside or found)[:MOST_NAMED])

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Group value against bound x base; outside today, it may not have moved further out."""
        for each in self._outside_after(scope, closing):
            at, low, high = each.where, each.low, each.high
            if high is not None:
                was, counted = each.counted
                what = f"{each.group} not waived" if any(each.kept) else each.group
                total = max(high, each.before)
                if any(each.kept) and each.after > total:
                    yield dollars_breach(scope, at, each.group, each.after, total)
                elif counted > (bound := max(high, min(was, _today(scope, each.way, high, was)))):
                    yield dollars_breach(scope, at, what, counted, bound)
            if low is not None:
                today = max(each.before, _today(scope, each.way, low, each.before))
                if each.after < (bound := min(low, today)):
                    yield dollars_breach(scope, at, each.group, each.after, bound)

    def _outside_after(self, scope: InForce, closing: Closing) -> Iterator[Weighed]:
        """The groups of every holder that the trades leave outside the band: one inside it is
        where the rule wants it, whatever it was."""
        for where, accounts, account in self._holders(scope, closing):
            yield from self._weights_of(scope, closing, where, accounts, account, outside=True)

    def _weights_of(
        self,
        scope: InForce,
        closing: Closing,
        where: str,
        accounts: tuple[Account, ...],
        account: Account | None,
        *,
        outside: bool = False,
    ) -> Iterator[Weighed]:
        """Every group of one holder, or those that are `outside` the band after the trades."""
        grouped = self._grouped(scope, closing.household, accounts)
        after = grouped.weights(closing, after=True)
        names = sorted(after.keys() | (self._wanted(closing, grouped) if scope.strict else set()))
        bands = zip(names, self._bands(closing, grouped, account)(names), strict=True)
        told = [
            (group, band)
            for group, band in bands
            if not outside or _beyond(after.get(group, ZERO), band)
        ]
        if not told:
            return
        before = grouped.weights(closing, after=False)
        excused = [excused_holdings(scope, closing.household, a) for a in accounts]
        kept = [grouped.kept(closing, excused, after=each) for each in (False, True)]
        way_of = self._ways(scope, closing, grouped)
        for group, band in told:
            left, at = after.get(group, ZERO), f"{where} {group}"
            spare = kept[0].get(group, ZERO), kept[1].get(group, ZERO)
            way = way_of(group, at) if _beyond(left, band) else DONE
            yield Weighed(at, group, before.get(group, ZERO), left, spare, *band, way)

    def _wanted(self, closing: Closing, grouped: Grouped) -> set[str]:
        """Groups of which something should be held, whether or not it is."""
        wanted = set() if self.each is not None else {self._subject()}
        for account, groups in grouped.parts:
            wanted |= groups.weigh(closing.reference("target").get(account.id, {})).keys()
        return wanted


def _beyond(value: Decimal, band: Band) -> bool:
    low, high = band
    return (high is not None and value > high) or (low is not None and value < low)


def _most_held(physics: Physics, account: Account) -> float:
    """The most that an account can hold (bp): what it is worth, or holds where it owes cash."""
    held = sum(position.held for position in physics.of_account(account.id))
    return max(held, physics.bp(physics.value(account)))


def _can_leave(
    held: Exposure,
    worth: Mapping[str, float],
    low: float | None,
    high: float | None,
    reserve: float,
) -> bool:
    """Whether a group could come to less than `low` or more than `high` (bp)."""
    if low is not None and held.constant < low + reserve:
        return True
    return high is not None and held.most(worth) > high - reserve


def _without(kept: Exposure, weight: Sum, before: float) -> tuple[Sum, float]:
    """A weight, now and before, without what is left of holdings after their sales (bp)."""
    held = kept.constant + sum(share * p.held for share, p in kept.terms)
    sold = (Sum([share] * len(p.sells), p.sells) for share, p in kept.terms)
    return total([weight.plus(-held), *sold]), before - held


def _today(scope: InForce, way: Way, bound: Decimal, before: Decimal) -> Decimal:
    """What a group outside the band may be after the trades: what it was, or where it has to be by
    now."""
    return way.back(bound, before) if scope.strict else before


def _asked(physics: Physics, way: Way, bound: Decimal | None, before: float) -> float:
    """Where a group has to be today (bp), if it was outside before."""
    assert bound is not None
    if way.done == 0:
        return before
    return physics.bp(way.back(bound, Decimal(before * physics.unit)))


def _held(account: Account, household: Household) -> dict[str, Decimal]:
    """Dollars by security that an account holds."""
    held: dict[str, Decimal] = {}
    for lot in account.lots:
        worth = lot.shares * household.prices[lot.security_id]
        held[lot.security_id] = held.get(lot.security_id, Decimal(0)) + worth
    return held
