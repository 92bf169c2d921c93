"""The published model of an account, and alternates in the places of what it may not buy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from compiler.coverage import excused_lot, forbids_security, purchase_bar
from compiler.dimensions import describe_fraction
from compiler.replacements import replacements, substitute
from compiler.statements import HouseholdPolicy, InForce
from portfolio.flows import due_before_settlement
from portfolio.household import Account, Choice, Household, Model, Place
from portfolio.models import places_of, securities_in

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class StandIn:
    """`weight` (a fraction of the account) of a component that an alternate takes, and why: the
    statement that bars the component, or what the book says of it.

    `rank` is the alternate's place among those of the component, the component itself being 1;
    `brings` are the securities that come with it.
    """

    component: str
    alternate: str
    rank: int
    weight: Decimal
    by: InForce | None
    because: str
    brings: frozenset[str]

    def describe(self, household: Household) -> str:
        """`ITOT (rank 2) stands in for 30% VTI: never buy "VTI" [r1, house.policy:3]`."""
        return (
            f"{_named(household, self.alternate)} (rank {self.rank}) stands in for "
            f"{describe_fraction(round(self.weight, 6))} {_named(household, self.component)}: "
            f"{self.why()}"
        )

    def why(self) -> str:
        """What bars the component, by rule, file and line, or what the book says of it."""
        if self.by is None:
            return self.because
        statement = self.by.statement
        place = f"{statement.rule_id}, {statement.path}:{statement.line}"
        return f"{statement.directive.sentence()} [{place}]"


def _named(household: Household, name: str) -> str:
    """A security by its ticker, a model by its id."""
    return household.securities[name].ticker if name in household.securities else name


def published_model(household: Household, account: Account, policy: HouseholdPolicy) -> Model:
    """The model that the account follows: of the book, or as a rule chooses."""
    chosen = [
        scope.directive.model_id  # type: ignore[attr-defined]
        for scope in policy.statements
        if scope.directive.kind == "model" and account.id in scope.accounts
    ]
    return household.models[chosen[0] if chosen else account.model_id]


def followed(
    household: Household, account: Account, policy: HouseholdPolicy
) -> tuple[Mapping[str, Decimal], tuple[StandIn, ...]]:
    """(the published model with alternates, what stands in for what).

    What is held of a component that may not be bought and may be kept has its place as far as it
    goes. A component that a `replace` line takes out is left to that line.
    """
    model = published_model(household, account, policy)
    if not model.places:
        return model.weights, ()
    stays = _staying(household, account, policy, model)
    filling = _Filling(household, account, policy, stays)
    filling.fill(places_of(model), Decimal(1))
    return filling.weights, tuple(filling.found)


def stand_ins(
    household: Household, account: Account, policy: HouseholdPolicy
) -> tuple[StandIn, ...]:
    """What stands in for what in the account, in the order of the model."""
    return followed(household, account, policy)[1]


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
    names = securities_in(model.places)
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
    stays: dict[str, Decimal]
    weights: dict[str, Decimal] = field(default_factory=dict)
    found: list[StandIn] = field(default_factory=list)

    def fill(self, places: Iterable[Place], scale: Decimal) -> None:
        for place in places:
            self._fill(place, place.weight * scale)

    def _fill(self, place: Place, weight: Decimal) -> None:
        first = place.choices[0]
        bars = {} if self._replaced(first) else self._bars(place)
        chosen = next((each for each in place.choices if each.component not in bars), None)
        left = weight
        for choice in place.choices:
            if choice is (chosen or first):
                break
            left -= self._kept(choice, left)
        taken = chosen or first
        if taken.inside:
            self.fill(taken.inside, left)
        elif left > 0:
            self.weights[taken.component] = self.weights.get(taken.component, ZERO) + left
        self._note(place, taken, left, bars)

    def _bars(self, place: Place) -> dict[str, InForce]:
        """What bars each choice up to the first that is not barred."""
        found: dict[str, InForce] = {}
        for choice in place.choices if len(place.choices) > 1 else ():
            bar = self._bar(choice)
            if bar is None:
                break
            found[choice.component] = bar
        return found

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
        self, place: Place, taken: Choice, weight: Decimal, bars: Mapping[str, InForce]
    ) -> None:
        first = place.choices[0]
        by: InForce | None = None
        if weight <= 0:
            return
        if taken is not first:
            rank = len(place.passed) + place.choices.index(taken) + 1
            by, because, component = bars[first.component], "", first.component
        elif place.passed:
            component, because = place.passed[0]
            rank = len(place.passed) + 1
        else:
            return
        brings = securities_in((Place(weight, (taken,)),))
        self.found.append(StandIn(component, taken.component, rank, weight, by, because, brings))
