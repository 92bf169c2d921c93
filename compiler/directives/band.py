"""`keep each sector within 3 points of model`, `keep tech at most 30% of account`: weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, Literal

import pyomo.environ as pyo

from compiler import codes
from compiler.amounts import Amount, Base
from compiler.closing import Closing
from compiler.coverage import compliance_is_due, covers
from compiler.dimensions import describe_fraction, describe_number, describe_points
from compiler.directives.base import Breach, Directive, Family, dollars_breach, holders
from compiler.directives.bounds import (
    describe_amounts,
    describe_band,
    holder,
    read_amount_band,
    read_points,
    read_shares,
)
from compiler.exposure import Exposure, GroupOf, Through, weigh
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.read_conditions import read_selection, read_where
from compiler.reader import Reader, did_you_mean
from compiler.selections import Selection
from compiler.statements import InForce
from grammar import tree
from grammar.tree import Side
from portfolio.household import Account, Household, Security

Relation = Literal["within", "above", "below", "share"]
Reference = Literal["model", "target"]

Weighed = tuple[str, str, Decimal, Decimal, Decimal | None, Decimal | None]

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
        columns = {
            c.table for end in (self.low, self.high) if end for c in end.expression.columns()
        }
        implied = "account" if "accounts" in columns else "household" if columns else None
        return "" if implied == self.base else f" per {self.base}"

    def build(self, block: pyo.Block, scope: InForce, physics: Physics) -> None:
        """Rows `low` and `high` on the closing weight of each group, funds seen through."""
        for where, accounts, account in holders(self.base, scope, physics.household):
            if not any(a in physics.accounts for a in accounts):
                continue
            group_ofs = [self.group_of(scope, physics.household, a) for a in accounts]
            ends_of = self._ends(physics, accounts, account, group_ofs)
            first = accounts[0], group_ofs[0]
            for group, held in _exposures(physics, accounts, group_ofs, self.through).items():
                if not held.terms:
                    continue
                low, high = (None if end is None else physics.bp(end) for end in ends_of(group))
                at = f"{where} {group}"
                before = held.constant + sum(share * p.held for share, p in held.terms)
                weight = held.constant + pyo.quicksum(
                    share * physics.holding(p) for share, p in held.terms
                )
                if high is not None:
                    due = before <= high or self._due(scope, physics.household, *first, group, at)
                    physics.upper(block, "high", at, weight, before, high, scope=scope, cured=due)
                if low is not None:
                    due = before >= low or self._due(scope, physics.household, *first, group, at)
                    physics.lower(block, "low", at, weight, before, low, scope=scope, cured=due)

    def group_of(self, scope: InForce, household: Household, account: Account) -> GroupOf:
        """Which group a security counts in; None where the statement does not count it."""
        known: dict[str, str | None] = {}

        def group(security: Security) -> str | None:
            if security.id not in known:
                counted = covers(scope, household, account, security)
                known[security.id] = self._group(security) if counted else None
            return known[security.id]

        return group

    def _group(self, security: Security) -> str | None:
        if self.each is None:
            return self._subject()
        value: str | None = getattr(security, "id" if self.each == "holding" else self.each)
        return value

    @property
    def through(self) -> Through:
        """Holdings count as held; a selection counts a fund it names, and looks through others."""
        if self.each == "holding":
            return Through.NEVER
        return Through.UNLESS_NAMED if self.each is None else Through.ALWAYS

    def _ends(
        self,
        source: Physics | Closing,
        accounts: tuple[Account, ...],
        account: Account | None,
        group_ofs: list[GroupOf],
    ) -> Callable[[str], tuple[Decimal | None, Decimal | None]]:
        """The band of each group, in dollars."""
        if self.relation is None:
            absolute = [
                None if end is None else end.dollars(source.household, account)
                for end in (self.low, self.high)
            ]
            return lambda group: (absolute[0], absolute[1])
        share = self.relation == "share"
        ends = (self.low_share, self.high_share) if share else (self.low_points, self.high_points)
        published = source.models if self.reference == "model" else source.targets
        reference: dict[str, Decimal] = {}
        value = Decimal(0)
        for each, group_of in zip(accounts, group_ofs, strict=True):
            worth = source.value(each)
            value += worth
            # An account that may not trade is measured against itself: nobody can bring it nearer.
            meant = (
                {name: weight * worth for name, weight in published[each.id].items()}
                if each.id in published
                else _held(each, source.household)
            )
            found = weigh(meant, group_of, source.household, self.through)
            for group, dollars in found.items():
                reference[group] = reference.get(group, Decimal(0)) + dollars

        def band(group: str) -> tuple[Decimal | None, Decimal | None]:
            middle = reference.get(group, Decimal(0))
            low, high = (
                None if end is None else middle * end if share else middle + end * value
                for end in ends
            )
            return low, high

        return band

    def _due(
        self,
        scope: InForce,
        household: Household,
        account: Account,
        group_of: GroupOf,
        group: str,
        where: str,
    ) -> bool:
        """Whether a band that today's holdings break has to be cured by now."""
        if not scope.statement.transitions:
            return True
        held = {lot.security_id for lot in account.lots}
        held |= {under for name in held for under in household.constituents.get(name, {})}
        members = [household.securities[name] for name in sorted(held)]
        return any(
            compliance_is_due(scope, household, account, member, None, where)
            for member in members
            if group_of(member) == group
        )

    def outside(self, scope: InForce, closing: Closing) -> Iterator[str]:
        """Groups whose weight lay outside the band before the trades."""
        for at, _, before, _, low, high in self._weights(scope, closing):
            if (high is not None and before > high) or (low is not None and before < low):
                yield at

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Group value against bound x base; outside today, it may not have moved further out."""
        for at, group, before, after, low, high in self._weights(scope, closing):
            if high is not None and after > max(high, before):
                yield dollars_breach(scope, at, group, after, max(high, before))
            if low is not None and after < min(low, before):
                yield dollars_breach(scope, at, group, after, min(low, before))

    def _weights(self, scope: InForce, closing: Closing) -> Iterator[Weighed]:
        """(where, group, dollars before, dollars after, low, high) of every group."""
        for where, accounts, account in holders(self.base, scope, closing.household):
            totals: tuple[dict[str, Decimal], dict[str, Decimal]] = ({}, {})
            group_ofs = [self.group_of(scope, closing.household, a) for a in accounts]
            for each, group_of in zip(accounts, group_ofs, strict=True):
                for after, total in enumerate(totals):
                    found = closing.exposures(each, group_of, self.through, after=bool(after))
                    for group, dollars in found.items():
                        total[group] = total.get(group, Decimal(0)) + dollars
            ends_of = self._ends(closing, accounts, account, group_ofs)
            for group in sorted(totals[0].keys() | totals[1].keys()):
                before, after_trades = (total.get(group, Decimal(0)) for total in totals)
                yield f"{where} {group}", group, before, after_trades, *ends_of(group)


def _held(account: Account, household: Household) -> dict[str, Decimal]:
    """Dollars by security that an account holds."""
    held: dict[str, Decimal] = {}
    for lot in account.lots:
        worth = lot.shares * household.prices[lot.security_id]
        held[lot.security_id] = held.get(lot.security_id, Decimal(0)) + worth
    return held


def _exposures(
    physics: Physics, accounts: tuple[Account, ...], group_ofs: list[GroupOf], through: Through
) -> dict[str, Exposure]:
    total: dict[str, Exposure] = {}
    for account, group_of in zip(accounts, group_ofs, strict=True):
        for group, held in physics.exposures(account, group_of, through).items():
            total[group] = total[group].plus(held) if group in total else held
    return dict(sorted(total.items()))


def read_band(node: tree.Keep, reader: Reader) -> WeightBand | None:
    """The typed band, or None after reporting every mistake in it."""
    subject = _subject(node, reader)
    base = None if node.bound.base is None else node.bound.base.value
    relative = node.bound.relation is not None or node.bound.side is Side.WITHIN
    if base in ("model", "target") or relative:
        band = _relative(node, reader)
    else:
        band = _absolute(node, reader)
    if subject is None or band is None:
        return None
    return replace(band, each=subject[0], selection=subject[1])


def _subject(node: tree.Keep, reader: Reader) -> tuple[str | None, Selection | None] | None:
    where = None if node.where is None else read_where(node.where, reader)
    if node.where is not None and where is None:
        return None
    narrowed = None if where is None else Selection((), where)
    if narrowed is not None and narrowed.lot_level:
        assert node.where is not None
        reader.report(
            codes.DOES_NOT_APPLY,
            "a weight counts whole positions, not lots",
            node.where.span,
            help="leave `lot.` out of this `where`",
        )
        return None
    if node.each:
        each = "" if node.measure is None else node.measure.value
        if each in EACH:
            return each, narrowed
        _unknown_each(node, each, reader)
        return None
    things = node.things
    if things is None:
        assert node.measure is not None
        if not reader.is_group(node.measure.value):
            _unknown_measure(node.measure, reader)
            return None
        things = tree.Things(span=node.measure.span, items=(node.measure,), where=None)
    selection = read_selection(things, reader)
    if selection is None:
        return None
    return None, selection if narrowed is None else replace(selection, where=where)


def _unknown_each(node: tree.Keep, each: str, reader: Reader) -> None:
    at = node if node.measure is None else node.measure
    reader.report(
        codes.UNKNOWN_MEASURE,
        f"`each {each}` is not something a weight is kept for",
        at.span,
        help=did_you_mean(each, EACH) or "known: each " + ", each ".join(EACH),
    )


def _unknown_measure(name: tree.Name, reader: Reader) -> None:
    known = ["cash", "realized gains", "realized tax", *reader.group_names()]
    if name.value in EACH:
        help_line = f"write `keep each {name.value} ...`"
    else:
        help_line = did_you_mean(name.value, known) or f"`define {name.value} as ...`"
    reader.report(
        codes.UNKNOWN_MEASURE,
        f"`{name.value}` is neither a measure nor a group in sight",
        name.span,
        "keep what?",
        help=help_line,
    )


def _absolute(node: tree.Keep, reader: Reader) -> WeightBand | None:
    band = read_amount_band(node.bound, reader)
    base = None if band is None else holder(band, node.per, node.bound, reader)
    if band is None or base is None:
        return None
    return WeightBand(None, None, low=band.low, high=band.high, base=base)


def _relative(node: tree.Keep, reader: Reader) -> WeightBand | None:
    bound = node.bound
    base = "" if bound.base is None else bound.base.value
    if base not in ("model", "target"):
        at = bound if bound.base is None else bound.base
        reader.report(
            codes.OF_WHAT,
            f"a distance from `{base}`" if base else "a distance from what?",
            at.span,
            help="write `of model` (as published) or `of target` (after exclusions)",
        )
        return None
    reference: Reference = "model" if base == "model" else "target"
    if node.per is not None and node.per.value not in ("account", "household"):
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`per {node.per.value}` does not go with weights",
            node.per.span,
            help="write `per account` or `per household`",
        )
        return None
    holds: Base = "household" if node.per and node.per.value == "household" else "account"
    if bound.side is Side.WITHIN or bound.relation is not None:
        relation: Relation = "within"
        if bound.relation is not None and bound.side is not Side.WITHIN:
            relation = "above" if bound.relation == "above" else "below"
        points = read_points(bound, reader)
        if points is None:
            return None
        assert not isinstance(points.low, Amount)
        assert not isinstance(points.high, Amount)
        return WeightBand(
            None,
            None,
            relation=relation,
            reference=reference,
            base=holds,
            low_points=points.low,
            high_points=points.high,
        )
    shares = read_shares(bound, reader)
    if shares is None:
        return None
    assert not isinstance(shares.low, Amount)
    assert not isinstance(shares.high, Amount)
    return WeightBand(
        None,
        None,
        relation="share",
        reference=reference,
        base=holds,
        low_share=shares.low,
        high_share=shares.high,
    )
