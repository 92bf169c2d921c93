"""Groups of what an account holds, funds counted as what they hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

from compiler.sums import Column, Sum
from portfolio.household import Account, Household, Security

if TYPE_CHECKING:
    from compiler.closing import Closing
    from compiler.physics import Physics
    from compiler.registry import Position

GroupOf = Callable[[Security], str | None]
NOTHING_BEHIND: Mapping[str, Decimal] = {}


class Through(Enum):
    """When a fund counts as its constituents: always, never, or unless a group names the fund."""

    ALWAYS = "always"
    NEVER = "never"
    UNLESS_NAMED = "unless named"


@dataclass(frozen=True, slots=True)
class Sight:
    """`through` for every fund but those `opened`, which count as what they hold in any group."""

    through: Through
    opened: frozenset[str] = frozenset()


@dataclass(slots=True)
class Exposure:
    """A group's holdings in bp: `constant` in what cannot trade, and shares of positions."""

    constant: float = 0.0
    terms: list[tuple[float, Position]] = field(default_factory=list)

    @property
    def before(self) -> float:
        """Opening value (bp)."""
        if len(self.terms) == 1:
            ((share, position),) = self.terms
            return self.constant + share * position.held
        return self.constant + sum([share * position.held for share, position in self.terms])

    @property
    def value(self) -> Sum:
        """Closing value (bp)."""
        if len(self.terms) == 1:
            ((share, position),) = self.terms
            return Sum(*position.part(share), share * position.held + self.constant)
        coefficients, columns, constant = list[float](), list[Column](), 0.0
        for share, position in self.terms:
            more, of = position.part(share)
            coefficients += more
            columns += of
            constant += share * position.held
        return Sum(coefficients, columns, constant + self.constant)

    def most(self, worth: Mapping[str, float]) -> float:
        """The most it can come to where accounts are worth so much (bp): no account has more of it
        than its security with most of it, bought for all that the account is worth."""
        if len(self.terms) == 1:
            ((share, position),) = self.terms
            return self.constant + worth[position.account_id] * share
        largest: dict[str, float] = {}
        for share, position in self.terms:
            name = position.account_id
            if share > largest.get(name, 0.0):
                largest[name] = share
        return self.constant + sum([worth[name] * share for name, share in largest.items()])

    def plus(self, other: Exposure) -> Exposure:
        return Exposure(self.constant + other.constant, self.terms + other.terms)


@dataclass(slots=True)
class Known:
    """What has been found of securities whose row alone decides their group, each with the row for
    which it was found; of funds the parts by group, with the rows and parts of what they hold."""

    groups: dict[str, tuple[Security, str | None]] = field(default_factory=dict)
    behind: dict[str, tuple[list[Security], list[Decimal], dict[str, Decimal]]] = field(
        default_factory=dict
    )


class Groups:
    """The group in which each security of one household counts, asked once of each, and what it
    counts where it is held. `known` outlives the household where rows alone decide."""

    def __init__(
        self, household: Household, group_of: GroupOf, sight: Sight, known: Known | None = None
    ) -> None:
        self.household, self.sight = household, sight
        self._group_of = group_of
        self._known = Known() if known is None else known
        self._whole: dict[str, str | None] = {}
        self._behind: dict[str, Mapping[str, Decimal]] = {}

    def of(self, name: str) -> str | None:
        """The group that a security itself counts in, None where it does not."""
        security = self.household.securities[name]
        row, group = self._known.groups.get(name, (None, None))
        if row is not security:
            group = self._group_of(security)
            self._known.groups[name] = security, group
        return group

    def weigh(self, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Total weight of each group; `weights` by security, in any unit."""
        self._ask(weights)
        totals: dict[str, Decimal] = {}
        whole = self._whole
        for name, weight in weights.items():
            group = whole[name]
            if group is not None:
                totals[group] = totals[group] + weight if group in totals else weight
            elif name in self._behind:
                for inside, share in self._behind[name].items():
                    part = weight * share
                    totals[inside] = totals[inside] + part if inside in totals else part
        return totals

    def exposures(
        self,
        holdings: Mapping[str, tuple[Position | None, float]],
        only: Collection[str] | None = None,
    ) -> dict[str, Exposure]:
        """Holdings (`only` these) by group: the position of each security, if it may trade, and
        what is held of it beside (bp)."""
        names = [name for name in holdings if only is None or name in only]
        self._ask(names)
        found: dict[str, Exposure] = {}
        whole = self._whole
        for name in names:
            group = whole[name]
            parts = self._behind.get(name, NOTHING_BEHIND) if group is None else {group: 1.0}
            position, worth = holdings[name]
            for inside, part in parts.items():
                held = found.get(inside)
                if held is None:
                    held = found[inside] = Exposure()
                share = float(part)
                held.constant += share * worth
                if position is not None:
                    held.terms.append((share, position))
        return found

    def _ask(self, names: Iterable[str]) -> None:
        """Learn in which group names count whole, and what those that do not have behind them."""
        whole, known, rows = self._whole, self._known.groups, self.household.securities
        funds = self.household.constituents
        for name in names:
            if name in whole:
                continue
            found = known.get(name)
            own = found[1] if found is not None and found[0] is rows[name] else self.of(name)
            if name in funds and self._seen_through(name, own):
                whole[name] = None
                self._behind[name] = self._parts(name)
            else:
                whole[name] = own

    def _seen_through(self, name: str, own: str | None) -> bool:
        if name in self.sight.opened or self.sight.through is Through.ALWAYS:
            return True
        return self.sight.through is Through.UNLESS_NAMED and own is None

    def _parts(self, fund: str) -> dict[str, Decimal]:
        """How much of what a fund holds counts in each group, as fractions of the fund."""
        inside = self.household.constituents[fund]
        rows = [self.household.securities[under] for under in inside]
        parts = list(inside.values())
        if fund in self._known.behind:
            known_rows, known_parts, answer = self._known.behind[fund]
            # Rows and parts are the book's, mostly the same objects: comparing them costs little.
            if known_rows == rows and known_parts == parts:
                return answer
        found: dict[str, Decimal] = {}
        for under, share in inside.items():
            group = self.of(under)
            if group is not None:
                found[group] = found.get(group, Decimal(0)) + share
        self._known.behind[fund] = rows, parts, found
        return found


@dataclass(frozen=True, slots=True)
class Grouped:
    """Accounts that one limit holds together, each with the groups in which it counts."""

    parts: tuple[tuple[Account, Groups], ...]

    def exposures(
        self, physics: Physics, only: Sequence[frozenset[str]] | None = None
    ) -> dict[str, Exposure]:
        """What is held by group, sorted; `only` these securities of each account."""
        total: dict[str, Exposure] = {}
        for number, (account, groups) in enumerate(self.parts):
            names = None if only is None else only[number]
            for group, held in groups.exposures(physics.holdings(account), names).items():
                total[group] = total[group].plus(held) if group in total else held
        return dict(sorted(total.items()))

    def weights(self, closing: Closing, *, after: bool) -> dict[str, Decimal]:
        """Dollars by group, before or after the trades."""
        totals: dict[str, Decimal] = {}
        for account, groups in self.parts:
            add_up(totals, closing.exposures(account, groups, after=after))
        return totals

    def kept(
        self, closing: Closing, names: Sequence[frozenset[str]], *, after: bool
    ) -> dict[str, Decimal]:
        """Dollars by group of the shares of `names` in each account, or of what is left of them."""
        totals: dict[str, Decimal] = {}
        for (account, groups), some in zip(self.parts, names, strict=True):
            add_up(totals, closing.kept(account, some, groups, after=after))
        return totals


def add_up(totals: dict[str, Decimal], more: Mapping[str, Decimal]) -> None:
    """Add weights by group to others."""
    for group, weight in more.items():
        totals[group] = totals[group] + weight if group in totals else weight
