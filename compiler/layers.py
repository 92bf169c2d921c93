"""Six layers become what holds for one account: one fold over every statement that reaches it.

Restrictions unite and limits intersect; both stay visible one by one. A default's value is replaced
by the lowest layer that may, inside every boundary above. What cannot stand together is an error:
its statements take no part and the account is held. What lost, and why, is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from itertools import combinations

from compiler.ahead import days_of_change, on_day
from compiler.amounts import Amount
from compiler.boundaries import clashes_with_boundaries
from compiler.check import TypedPolicies
from compiler.clashes import (
    Clash,
    Topic,
    bounds,
    clash_of_pair,
    clashes_of_choice,
    grouped,
    is_setting,
    limits_by_slot,
    narrower,
    rivals,
)
from compiler.conditions import Environment
from compiler.ranges import Comparable, Measure
from compiler.rules import Fault
from compiler.scopes import belongs, scope_of
from compiler.statements import HouseholdPolicy, InForce, Origin, Statement, Waiver
from compiler.undecided import undecided
from compiler.waivers import lapsed, tightest, too_long
from grammar.diagnostics import Diagnostic
from portfolio.flows import must_be_there
from portfolio.household import Account, Household


class Status(StrEnum):
    """What became of a statement that speaks of an account."""

    IN_FORCE = "in force"
    REPLACED = "replaced"
    NARROWED = "narrower one wins"
    OFF = "off"
    EXCEPTED = "excepted"
    NOT_TODAY = "not today"
    NOT_HERE = "guard does not hold"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    NOTED = "noted"
    ERROR = "in error"


@dataclass(frozen=True, slots=True)
class Standing:
    """A statement, what became of it, and through which other statement."""

    statement: Statement
    status: Status
    by: Statement | None = None


@dataclass(frozen=True, slots=True)
class WaiverStanding:
    """A waiver that reaches an account, and why it has no effect today.

    `causes` are codes with their places, none where it is in effect; `limit` is the tightest limit
    that bounds its length.
    """

    waiver: Waiver
    causes: tuple[str, ...] = ()
    found: Diagnostic | None = None
    limit: Statement | None = None


@dataclass(frozen=True)
class AccountPolicy:
    """The fold for one account: every statement of its layers, ordered by rank and key."""

    account: Account
    standings: tuple[Standing, ...]
    clashes: tuple[Clash, ...]
    faults: tuple[Fault, ...]
    waivers: tuple[WaiverStanding, ...] = ()

    @property
    def in_force(self) -> tuple[Statement, ...]:
        return tuple(each.statement for each in self.standings if each.status is Status.IN_FORCE)

    @property
    def in_effect(self) -> tuple[Waiver, ...]:
        """The waivers that hold for the account today."""
        return tuple(each.waiver for each in self.waivers if not each.causes)

    @property
    def held(self) -> tuple[str, ...]:
        """Codes and places of the mistakes that stop the account; empty where nothing does."""
        found = [cause for fault in self.faults for cause in _causes(fault)]
        found += [_cause(clash.diagnostic) for clash in self.clashes]
        return tuple(dict.fromkeys(found))


def _causes(fault: Fault) -> tuple[str, ...]:
    place = f"{fault.span.path}:{fault.span.line}"
    return fault.causes or (f"{place} uses what is in error elsewhere",)


def _cause(diagnostic: Diagnostic) -> str:
    span = diagnostic.primary.span
    return f"{diagnostic.code} {span.path}:{span.line}"


def dollars(household: Household, account: Account) -> Measure:
    """Amounts in dollars of this account or its household, at values before trades."""

    def measure(end: Amount | Decimal) -> Comparable | None:
        if isinstance(end, Amount):
            known = end.known(household, account)
            return None if known is None else ("$", known)
        return "", end

    return measure


# --- the fold ------------------------------------------------------------------------------------


@dataclass
class _Fold:
    """Statements of one account as they lose their place, one judgement after the other."""

    typed: TypedPolicies
    household: Household
    account: Account
    lost: dict[str, Standing] = field(default_factory=dict)
    active: list[Statement] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    waivers: list[WaiverStanding] = field(default_factory=list)

    def lose(self, statement: Statement, status: Status, by: Statement | None = None) -> None:
        self.lost.setdefault(statement.key, Standing(statement, status, by))

    def still(self, statements: Iterable[Statement]) -> list[Statement]:
        return [each for each in statements if each.key not in self.lost]

    def clash(self, clash: Clash) -> None:
        self.clashes.append(clash)
        for loser in clash.losers:
            self.lost[loser.key] = Standing(loser, Status.ERROR)

    @property
    def measure(self) -> Measure:
        return dollars(self.household, self.account)


def fold(typed: TypedPolicies, household: Household, account: Account) -> AccountPolicy:
    """What every statement comes to for one account of a household, on its day."""
    reaching = _reaching(typed, household, account)
    state = _Fold(typed, household, account)
    _sift(state, reaching)
    _choose(state)
    _waive(state)
    _decide(state)
    _settle(state)
    _compare(state)
    for clash in clashes_with_boundaries(state.active, household, account):
        state.clash(clash)
    standings = tuple(
        state.lost.get(each.key, Standing(each, Status.IN_FORCE)) for each in reaching
    )
    faults = tuple(each for each in typed.faults if each.scope.may_reach(household, account))
    return AccountPolicy(account, standings, tuple(state.clashes), faults, tuple(state.waivers))


def _reaching(typed: TypedPolicies, household: Household, account: Account) -> list[Statement]:
    """The statements of the files that speak of an account, by rank and key."""
    found = [
        statement
        for authority, statements in typed.by_authority.items()
        if belongs(authority, household, account)
        for statement in statements
    ]
    return sorted(found, key=lambda each: (each.authority.rank, each.key))


def _sift(state: _Fold, reaching: Sequence[Statement]) -> None:
    """Dates, guards and `except when`. An unknown guard is read strictly: the rule applies, an
    exception or a choice does not."""
    env = Environment(state.household, state.account)
    for statement in reaching:
        scope = scope_of(statement)
        guard = scope.guard(state.household, state.account)
        if not scope.covers_day(state.household.as_of):
            state.lose(statement, Status.NOT_TODAY)
        elif guard is False:
            state.lose(statement, Status.NOT_HERE)
        elif guard is None and statement.origin is Origin.SET:
            state.lose(statement, Status.UNKNOWN)
        elif any(
            each.condition is not None and each.condition.truth(env) is True
            for each in statement.carveouts
        ):
            state.lose(statement, Status.EXCEPTED)
        elif statement.origin is Origin.NOTE:
            unknown = undecided(statement, state.household, state.account)
            state.lose(statement, Status.UNKNOWN if unknown else Status.NOTED)
    state.active = state.still(reaching)


def _choose(state: _Fold) -> None:
    """For every default, the value of the lowest layer that may choose."""
    chosen = grouped((each.rule_id, each) for each in state.active if each.origin is Origin.SET)
    limits = limits_by_slot(state.active, state.typed.about)
    for default in [each for each in state.active if each.origin is Origin.DEFAULT]:
        sets = chosen.get(default.rule_id)
        if sets:
            _choose_for(state, default, sets, limits)
    here = {each.rule_id for each in state.active if each.origin is Origin.DEFAULT}
    for orphan in state.still(state.active):
        if orphan.origin is Origin.SET and orphan.rule_id not in here:
            state.lose(orphan, Status.NOT_HERE)
    state.active = state.still(state.active)


def _choose_for(
    state: _Fold,
    default: Statement,
    sets: list[Statement],
    limits: Mapping[Topic, Sequence[Statement]],
) -> None:
    grants = state.typed.grants_of.get(default.key, ())
    for chosen in sets:
        slot, *_ = state.typed.about[chosen.key]
        rules = [each for each in limits.get(slot, ()) if bounds(each, chosen)]
        for clash in clashes_of_choice(chosen, default, grants, rules, state.measure):
            state.clash(clash)
    lowest = max(each.authority.rank for each in sets)
    for a, b in combinations([each for each in sets if each.authority.rank == lowest], 2):
        _narrow(state, a, b)
    sound = state.still(sets)
    if len(sound) < len(sets) and any(
        state.lost[each.key].status is Status.ERROR for each in sets if each.key in state.lost
    ):
        state.lost[default.key] = Standing(default, Status.ERROR)
        for each in sound:
            state.lost[each.key] = Standing(each, Status.ERROR)
        return
    winner = next(each for each in sound if each.authority.rank == lowest)
    for each in (default, *sound):
        if each is not winner:
            state.lose(each, Status.REPLACED, winner)
    if winner.off:
        state.lose(winner, Status.OFF)


def _waive(state: _Fold) -> None:
    """Waivers of the account, judged; those in effect for a whole rule take it out."""
    limits = [each for each in state.active if each.directive.kind == "waiver limit"]
    for waiver in state.typed.waivers:
        reaching = belongs(waiver.authority, state.household, state.account)
        # An unknown guard is read strictly: the waiver does not apply.
        if not reaching or scope_of(waiver).guard(state.household, state.account) is not True:
            continue
        standing = _judged(waiver, limits, state.household)
        state.waivers.append(standing)
        if waiver.whole and not standing.causes:
            for statement in state.active:
                if statement.rule_id == waiver.rule_id:
                    state.lose(statement, Status.WAIVED)
    state.active = state.still(state.active)


def _decide(state: _Fold) -> None:
    """What needs a value that is missing can be neither kept nor left out: its account waits."""
    for statement in state.active:
        found = undecided(statement, state.household, state.account)
        if found is not None:
            state.clash(Clash((statement,), found))
    state.active = state.still(state.active)


def _judged(waiver: Waiver, limits: Sequence[Statement], household: Household) -> WaiverStanding:
    if waiver.causes:
        return WaiverStanding(waiver, waiver.causes)
    found = too_long(waiver, limits) or lapsed(waiver, household.as_of)
    causes = () if found is None else (_cause(found),)
    return WaiverStanding(waiver, causes, found, tightest(waiver, limits))


def _narrow(state: _Fold, a: Statement, b: Statement) -> None:
    """Two settings of one layer for one thing: the narrower scope wins, equal values agree.

    Of those that agree one has to be left: what has lost already takes nobody else's place.
    """
    if a.directive == b.directive and a.off == b.off and len(state.still((a, b))) < 2:
        return
    clash = clash_of_pair(a, b, state.measure)
    if clash is not None:
        state.clash(clash)
        return
    wins = narrower(a, b) or min(a, b, key=lambda each: each.key)
    state.lose(b if wins is a else a, Status.NARROWED, wins)


def _settle(state: _Fold) -> None:
    """Settings of different defaults about one thing, within each layer."""
    for a, b in rivals(state.active, state.typed.about):
        alike = a.authority == b.authority and a.directive.slot == b.directive.slot
        if alike and is_setting(a) and is_setting(b):
            _narrow(state, a, b)
    state.active = state.still(state.active)


def _compare(state: _Fold) -> None:
    """Everything left stands together, or two and two do not."""
    for a, b in rivals(state.active, state.typed.about):
        clash = None if _stacked(a, b) else clash_of_pair(a, b, state.measure)
        if clash is not None:
            state.clash(clash)


def _stacked(a: Statement, b: Statement) -> bool:
    """A chosen value against a hard limit above it was judged when it was chosen."""
    return bounds(a, b) or bounds(b, a)


# --- a household ---------------------------------------------------------------------------------


def household_policy(typed: TypedPolicies, household: Household) -> HouseholdPolicy:
    """What holds for a household today, and what changes in it within a year; accounts that an
    error reaches are held."""
    today = _in_force(typed, household)
    days = days_of_change(typed, household)
    later = tuple(_in_force(typed, on_day(household, day)) for day in days)
    known = {scope.statement.key for scope in today.statements}
    ahead: dict[str, InForce] = {}
    for policy in later:
        if must_be_there(household, policy.as_of):
            for scope in policy.statements:
                key = scope.statement.key
                if scope.directive.raised_ahead and key not in known:
                    ahead.setdefault(key, replace(scope, ahead=True))
    found = sorted(
        (*today.statements, *ahead.values()),
        key=lambda scope: (scope.statement.authority.rank, scope.statement.key),
    )
    return replace(today, statements=tuple(found), later=later)


def _in_force(typed: TypedPolicies, household: Household) -> HouseholdPolicy:
    """What holds on the household's day."""
    accounts: dict[str, list[str]] = {}
    statements: dict[str, Statement] = {}
    held: dict[str, tuple[str, ...]] = {}
    waivers: dict[str, tuple[Waiver, ...]] = {}
    remarks: list[str] = []
    for account in household.accounts:
        policy = fold(typed, household, account)
        if policy.held:
            held[account.id] = policy.held
        waivers[account.id] = policy.in_effect
        remarks += (f"{account.id}: {each}" for each in _remarks(policy))
        for standing in policy.standings:
            if standing.status in (Status.IN_FORCE, Status.NOTED):
                statement = standing.statement
                statements[statement.key] = statement
                accounts.setdefault(statement.key, []).append(account.id)
    ordered = sorted(statements.values(), key=lambda each: (each.authority.rank, each.key))
    treatments = [
        InForce(each, tuple(accounts[each.key]))
        for each in ordered
        if each.directive.kind == "treatment"
    ]
    found = [
        InForce(
            each,
            tuple(accounts[each.key]),
            waivers=_of_rule(each.rule_id, waivers),
            treatments=_treating(each, treatments),
        )
        for each in ordered
    ]
    return HouseholdPolicy(
        household.id,
        household.as_of,
        tuple(each for each in found if each.statement.origin is not Origin.NOTE),
        held,
        tuple(each for each in found if each.statement.origin is Origin.NOTE),
        (*remarks, *_read_with_care(ordered, household)),
    )


def _treating(statement: Statement, treatments: Sequence[InForce]) -> tuple[InForce, ...]:
    """The treatments of a statement's own layer and of higher ones: they reach down, never up."""
    return tuple(
        each
        for each in treatments
        if each.statement.authority.rank <= statement.authority.rank
        and each.statement.key != statement.key
    )


def _read_with_care(statements: Sequence[Statement], household: Household) -> Iterator[str]:
    """What the directives in force say of how they read the household."""
    for statement in statements:
        for remark in statement.directive.remarks(household):
            yield f"{statement.rule_id} ({statement.path}:{statement.line}): {remark}"


def _of_rule(
    rule_id: str, waivers: Mapping[str, tuple[Waiver, ...]]
) -> dict[str, tuple[Waiver, ...]]:
    """The waivers of one rule, by account."""
    own = {
        account: tuple(each for each in found if each.rule_id == rule_id)
        for account, found in waivers.items()
    }
    return {account: found for account, found in own.items() if found}


def _remarks(policy: AccountPolicy) -> Iterator[str]:
    """Waivers without effect of rules that are in force."""
    here = {each.rule_id for each in policy.in_force}
    for standing in policy.waivers:
        waiver = standing.waiver
        if standing.causes and waiver.rule_id in here:
            place = f"{waiver.span.path}:{waiver.span.line}"
            yield f"the waiver of {waiver.rule_id} ({place}) has no effect: {standing.causes[0]}"
