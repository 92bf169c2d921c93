"""Groups of what an account holds, funds counted as what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from compiler.sums import Sum
from portfolio.household import Household, Security

if TYPE_CHECKING:
    from compiler.registry import Position

GroupOf = Callable[[Security], str | None]


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


Behind = dict[str, tuple[list[Security], list[Decimal], dict[str, Decimal]]]
"""Of each fund: the rows of what it holds, the parts of them, and the parts by group."""


class Groups:
    """The group in which each security of one household counts, None where it does not, asked once
    of each; and what each counts where it is held, which thousands of names behind a fund make
    dear. `behind` is what is known of funds, for every household where a security's row alone
    decides its group."""

    def __init__(self, group_of: GroupOf, behind: Behind | None = None) -> None:
        self.group_of = group_of
        self.behind: Behind = {} if behind is None else behind
        self.known: dict[str, str | None] = {}
        self._shares: dict[Through | Sight, dict[str, dict[str, Decimal]]] = {}

    def shares(self, through: Through | Sight) -> dict[str, dict[str, Decimal]]:
        """What is known of how much of each security counts in each group."""
        return self._shares.setdefault(through, {})

    def __call__(self, security: Security) -> str | None:
        if security.id not in self.known:
            self.known[security.id] = self.group_of(security)
        return self.known[security.id]


@dataclass(frozen=True, slots=True)
class Exposure:
    """A group's holdings in bp: `constant` in what cannot trade, and shares of positions."""

    constant: float
    terms: tuple[tuple[float, Position], ...]

    @property
    def value(self) -> Sum:
        """Closing value (bp)."""
        coefficients, columns, constant = list[float](), list[Any](), 0.0
        for share, position in self.terms:
            more, of = position.part(share)
            coefficients += more
            columns += of
            constant += share * position.held
        return Sum(coefficients, columns, constant + self.constant)

    def plus(self, other: Exposure) -> Exposure:
        return Exposure(self.constant + other.constant, self.terms + other.terms)


def weigh(
    weights: Mapping[str, Decimal],
    group_of: GroupOf,
    household: Household,
    through: Through | Sight,
) -> dict[str, Decimal]:
    """Total weight of each group; `weights` by security, in any unit."""
    totals: dict[str, Decimal] = {}
    known = group_of.shares(through) if isinstance(group_of, Groups) else {}
    for name, weight in weights.items():
        found = known.get(name)
        if found is None:
            found = known[name] = _shares(name, group_of, household, through)
        for group, share in found.items():
            part = weight if share == 1 else weight * share
            totals[group] = totals[group] + part if group in totals else part
    return totals


def shares(
    name: str, group_of: GroupOf, household: Household, through: Through | Sight
) -> dict[str, Decimal]:
    """How much of one security counts in each group, as fractions of it."""
    if not isinstance(group_of, Groups):
        return _shares(name, group_of, household, through)
    known = group_of.shares(through)
    if name not in known:
        known[name] = _shares(name, group_of, household, through)
    return known[name]


def _shares(
    name: str, group_of: GroupOf, household: Household, through: Through | Sight
) -> dict[str, Decimal]:
    own = group_of(household.securities[name])
    if name not in household.constituents:
        return {} if own is None else {own: Decimal(1)}
    sight = through if isinstance(through, Sight) else Sight(through)
    never, named = (sight.through is each for each in (Through.NEVER, Through.UNLESS_NAMED))
    if name not in sight.opened and (never or (named and own is not None)):
        return {} if own is None else {own: Decimal(1)}
    return _behind(name, group_of, household)


def _behind(fund: str, group_of: GroupOf, household: Household) -> dict[str, Decimal]:
    """How much of what a fund holds counts in each group, as fractions of the fund."""
    inside = household.constituents[fund]
    rows = [household.securities[under] for under in inside]
    parts = list(inside.values())
    known = group_of.behind if isinstance(group_of, Groups) else {}
    if fund in known:
        known_rows, known_parts, answer = known[fund]
        # Rows and parts are the book's, mostly the same objects: comparing them costs little.
        if known_rows == rows and known_parts == parts:
            return answer
    found: dict[str, Decimal] = {}
    for security, share in zip(rows, parts, strict=True):
        group = group_of(security)
        if group is not None:
            found[group] = found.get(group, Decimal(0)) + share
    known[fund] = rows, parts, found
    return found
