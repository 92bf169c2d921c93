"""The published model of an account, and alternates in the places of what it may not buy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from compiler.attributes import Environment
from compiler.coverage import excused_lot, forbids_security, purchase_bar, selects
from compiler.dimensions import describe_fraction
from compiler.replacements import replacements, substitute
from compiler.statements import HouseholdPolicy, InForce
from portfolio.flows import due_before_settlement
from portfolio.household import Account, Choice, Household, Model, Place
from portfolio.models import blended, places_of, securities_in

if TYPE_CHECKING:
    from compiler.directives.model_choice import ModelChoice
    from compiler.directives.replacement import ReplacementPool

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class StandIn:
    """`weight` (a fraction of the account) of a component that another choice takes, and why: the
    statement that bars the component (`by`), or what the book says of it (`because`).

    `rank` is that of an alternate of the model, the component itself being 1; None where a line of
    the policy (`line`) lets equivalents stand in. `brings` are the securities that come with it.
    """

    component: str
    alternate: str
    rank: int | None
    weight: Decimal
    by: InForce | None
    because: str
    line: InForce | None
    brings: frozenset[str]

    def describe(self, household: Household) -> str:
        """`ITOT (rank 2) stands in for 30% VTI: never buy "VTI" [r1, house.policy:3]`."""
        how = "an equivalent" if self.rank is None else f"rank {self.rank}"
        why = [self.because, *(_cited(each) for each in (self.by, self.line) if each is not None)]
        return (
            f"{_named(household, self.alternate)} ({how}) stands in for "
            f"{describe_fraction(round(self.weight, 6))} {_named(household, self.component)}: "
            f"{'; '.join(filter(None, why))}"
        )

    def to_json(self) -> dict[str, object]:
        """The same with stable field names."""
        return {
            "component": self.component,
            "alternate": self.alternate,
            "rank": self.rank,
            "weight": round(float(self.weight), 8),
            "because": self.because,
            "rules": [s.statement.rule_id for s in (self.by, self.line) if s is not None],
        }


@dataclass(frozen=True, slots=True)
class Followed:
    """A model as an account can follow it: `weights` (fractions by security), what stands in for
    what, and the barred components for which a line found no equivalent that may be bought."""

    weights: Mapping[str, Decimal]
    stand_ins: tuple[StandIn, ...] = ()
    stranded: tuple[tuple[str, InForce], ...] = ()


def _named(household: Household, name: str) -> str:
    """A security by its ticker, a model by its id."""
    return household.securities[name].ticker if name in household.securities else name


def _cited(scope: InForce) -> str:
    statement = scope.statement
    place = f"{statement.rule_id}, {statement.path}:{statement.line}"
    return f"{statement.directive.sentence()} [{place}]"


def published_model(household: Household, account: Account, policy: HouseholdPolicy) -> Model:
    """The model that the account follows: of the book, or as a rule chooses; while the choice comes
    in steps, both in the proportions of the day. Empty where the book has no such model."""
    own = household.models.get(account.model_id, Model(account.model_id, {}))
    for scope in policy.of_kind("model", account.id):
        choice = cast("ModelChoice", scope.directive)
        chosen = household.models.get(choice.model_id, Model(choice.model_id, {}))
        return blended(own, chosen, choice.done(scope.statement, household))
    return own


def followed(household: Household, account: Account, policy: HouseholdPolicy) -> Followed:
    """The published model of an account with alternates, or equivalents, in the places of what it
    may not buy.

    What is held of a component that may not be bought and may be kept has its place as far as it
    goes. A component that a `replace` line takes out is left to that line.
    """
    model = published_model(household, account, policy)
    lines = policy.of_kind("barred replacement", account.id)
    if not model.places and not lines:
        return Followed(model.weights)
    stays = _staying(household, account, policy, model)
    filling = _Filling(household, account, policy, lines, stays)
    filling.fill(places_of(model), Decimal(1))
    return Followed(filling.weights, tuple(filling.found), tuple(filling.stranded))


def stand_ins(
    household: Household, account: Account, policy: HouseholdPolicy
) -> tuple[StandIn, ...]:
    """What stands in for what in the account, in the order of the model."""
    return followed(household, account, policy).stand_ins


def _staying(
    household: Household, account: Account, policy: HouseholdPolicy, model: Model
) -> dict[str, Decimal]:
    """What is held of the model, as fractions of the account, less what a rule wants to leave."""
    value = household.value(account) + due_before_settlement(household).get(account.id, ZERO)
    if value <= 0:
        return {}
    leaving = [
        scope
        for scope in policy.of_kind("restriction", account.id)
        if scope.directive.bans_holding  # type: ignore[attr-defined]
    ]
    names = securities_in(places_of(model))
    found: dict[str, Decimal] = {}
    for lot in account.lots:
        security = household.securities[lot.security_id]
        if security.id in names and all(
            excused_lot(scope, household, account, lot)
            for scope in leaving
            if forbids_security(scope, household, account, security)
        ):
            worth = lot.shares * household.price(security.id) / value
            found[security.id] = found.get(security.id, ZERO) + worth
    return found


@dataclass
class _Filling:
    household: Household
    account: Account
    policy: HouseholdPolicy
    lines: tuple[InForce, ...]
    stays: dict[str, Decimal]
    weights: dict[str, Decimal] = field(default_factory=dict)
    found: list[StandIn] = field(default_factory=list)
    stranded: list[tuple[str, InForce]] = field(default_factory=list)

    def fill(self, places: Iterable[Place], scale: Decimal) -> None:
        for place in places:
            self._fill(place, place.weight * scale)

    def _fill(self, place: Place, weight: Decimal) -> None:
        first = place.choices[0]
        line = self._line(first)
        bars: dict[str, InForce] = {}
        passed: list[Choice] = []
        taken = first
        if (len(place.choices) > 1 or line is not None) and not self._replaced(first):
            for choice in self._ranked(place, line):
                bar = self._bar(choice)
                if bar is None:
                    taken = choice
                    break
                bars[choice.component] = bar
                passed.append(choice)
            else:
                passed = []
                if line is not None:
                    self.stranded.append((first.component, line))
        for choice in passed:
            weight -= self._kept(choice, weight)
        if taken.inside:
            self.fill(taken.inside, weight)
        elif weight > 0:
            self.weights[taken.component] = self.weights.get(taken.component, ZERO) + weight
        self._note(place, taken, weight, bars, line)

    def _line(self, first: Choice) -> InForce | None:
        """The line of the policy that lets equivalents of a component stand in."""
        if first.inside:
            return None
        security = self.household.securities[first.component]
        return next(
            (s for s in self.lines if selects(s, self.household, self.account, security)), None
        )

    def _ranked(self, place: Place, line: InForce | None) -> Iterator[Choice]:
        """The choices of a place by rank; after them, where a line says so, its equivalents."""
        yield from place.choices
        if line is not None:
            known = {choice.component for choice in place.choices}
            for name in equivalents(
                self.household, self.account, self.policy, place.choices[0].component, line
            ):
                if name not in known:
                    yield Choice(name)

    def _bar(self, choice: Choice) -> InForce | None:
        """What keeps the account from buying a choice: of a model, everything that may be in it."""
        if not choice.inside:
            security = self.household.securities[choice.component]
            return purchase_bar(self.household, self.account, self.policy, security)
        bars = [self._bar(each) for place in choice.inside for each in place.choices]
        return next((bar for bar in bars if bar is not None), None) if all(bars) else None

    def _replaced(self, choice: Choice) -> bool:
        if choice.inside:
            return False
        name, weight = choice.component, {choice.component: Decimal(1)}
        by = replacements(self.household, self.account, self.policy, weight)
        return name in by and bool(
            substitute(self.household, self.account, self.policy, name, by[name])
        )

    def _kept(self, choice: Choice, most: Decimal) -> Decimal:
        """What a barred security keeps of its place, because it is held and may stay."""
        kept = min(most, self.stays.get(choice.component, ZERO))
        if kept <= 0:
            return ZERO
        self.stays[choice.component] -= kept
        self.weights[choice.component] = self.weights.get(choice.component, ZERO) + kept
        return kept

    def _note(
        self,
        place: Place,
        taken: Choice,
        weight: Decimal,
        bars: Mapping[str, InForce],
        line: InForce | None,
    ) -> None:
        first, rank = place.choices[0], None
        component, by, because = first.component, bars.get(first.component), ""
        if taken in place.choices:
            rank = len(place.passed) + place.choices.index(taken) + 1
            line = None
        if taken is first and place.passed:
            (component, because), by = place.passed[0], None
        elif taken is first:
            return
        if weight > 0:
            brings = securities_in((Place(weight, (taken,)),))
            self.found.append(
                StandIn(component, taken.component, rank, weight, by, because, line, brings)
            )


def equivalents(
    household: Household, account: Account, policy: HouseholdPolicy, name: str, line: InForce
) -> list[str]:
    """The other securities of a security's equivalence class that have a price and that no line
    above keeps from replacing it: what the account holds most of first, then by ticker."""
    security = household.securities[name]
    pools = [
        cast("ReplacementPool", scope.directive).pool
        for scope in policy.of_kind("replacement pool", account.id)
        if scope.statement.authority.rank <= line.statement.authority.rank
        and selects(scope, household, account, security)
    ]
    held: dict[str, Decimal] = {}
    for lot in account.lots:
        worth = lot.shares * household.price(lot.security_id)
        held[lot.security_id] = held.get(lot.security_id, ZERO) + worth
    found = [
        other
        for other in household.securities.values()
        if other.equivalence_class == security.equivalence_class
        and other.id != name
        and other.id in household.prices
        and all(pool.security(Environment(household, account, other)) is True for pool in pools)
    ]
    ranked = sorted(found, key=lambda each: (-held.get(each.id, ZERO), each.ticker, each.id))
    return [each.id for each in ranked]
