"""The published model of an account, and the target that its rules make of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from compiler.alternates import followed, published_model, stand_ins
from compiler.coverage import excused_lot, forbidden_securities, forbids_security
from compiler.dimensions import describe_fraction
from compiler.equivalents import classes, met_by_equivalents
from compiler.harvested import stood_in
from compiler.replacements import replaced, replacements, shortcomings
from compiler.statements import HouseholdPolicy, InForce, Statement
from compiler.tilts import reached, tilted
from portfolio.flows import due_before_settlement
from portfolio.household import Account, Household

Weights = dict[str, Decimal]


def published(
    household: Household, account: Account, policy: HouseholdPolicy
) -> Mapping[str, Decimal]:
    """Fractions of the account by security, as the model's provider published them."""
    return published_model(household, account, policy).weights


ZERO = Decimal(0)
UNSEEN = Decimal("0.000000001")
"""What proportions leave in the last digits of a weight."""


def without_unknown_models(policy: HouseholdPolicy, household: Household) -> HouseholdPolicy:
    """The policy with accounts held for which it chooses a model the book does not have."""
    held = dict(policy.held)
    for scope in policy.statements:
        if scope.directive.kind != "model":
            continue
        name = scope.directive.model_id  # type: ignore[attr-defined]
        if name not in household.models:
            statement = scope.statement
            reason = f"the book has no model {name} ({statement.path}:{statement.line})"
            for account_id in scope.accounts:
                held[account_id] = (*held.get(account_id, ()), reason)
    return replace(policy, held=held)


def with_doubts_said(policy: HouseholdPolicy, household: Household) -> HouseholdPolicy:
    """The policy with a remark for every alternate that stands in for a component of a model, and
    for every line about targets that cannot do all it says."""
    accounts = [a for a in household.accounts if a.id not in policy.held and not a.held_away]
    doubts = tuple(
        f"{account.id}: {named(scope.statement)} {said}"
        for account in accounts
        for scope, said in _doubts(household, account, policy)
    )
    standing = tuple(
        f"{account.id}: {each.describe(household)}"
        for account in accounts
        for each in stand_ins(household, account, policy)
    )
    return replace(policy, remarks=(*policy.remarks, *standing, *doubts))


def named(statement: Statement) -> str:
    """A statement by its rule and place."""
    return f"{statement.rule_id} ({statement.path}:{statement.line})"


def _doubts(
    household: Household, account: Account, policy: HouseholdPolicy
) -> Iterator[tuple[InForce, str]]:
    model = published(household, account, policy)
    base = followed(household, account, policy)
    for name, scope in base.stranded:
        ticker = household.securities[name].ticker
        yield scope, f"finds no equivalent of {ticker} that the account may buy"
    for name, scope in replacements(household, account, policy, base.weights).items():
        for said in shortcomings(household, account, policy, name, scope):
            yield scope, said
    weights = wanted_weights(household, account, policy)
    for scope in policy.of_kind("target", account.id):
        wanted, found = reached(household, account, policy, scope, model, weights)
        if abs(wanted - found) > UNSEEN:
            yield (
                scope,
                f"asks for {describe_fraction(round(wanted, 6))}, and the target has "
                f"{describe_fraction(round(found, 6))}",
            )


def left_out(
    household: Household, account: Account, policy: HouseholdPolicy, left: Mapping[str, Decimal]
) -> Mapping[str, InForce]:
    """Securities of the published model of which the target `left` has nothing, with the statement
    that bars or replaces each in the account."""
    model = published(household, account, policy)
    wanted = wanted_weights(household, account, policy)
    replaced_by = stand_ins(household, account, policy)
    found = {each.component: each.by for each in replaced_by if each.by is not None}
    found |= replacements(household, account, policy, model)
    found |= _banned(household, account, policy, [*model, *wanted])
    return {name: scope for name, scope in found.items() if not left.get(name)}


def wanted_weights(household: Household, account: Account, policy: HouseholdPolicy) -> Weights:
    """The model after alternates, replacements and targets for groups, before anything is
    barred."""
    model = published(household, account, policy)
    base = followed(household, account, policy)
    weights = replaced(household, account, policy, base.weights)
    return tilted(household, account, policy, model, weights)


def _banned(
    household: Household, account: Account, policy: HouseholdPolicy, names: Iterable[str]
) -> dict[str, InForce]:
    """Securities that may not be bought to be held."""
    names = list(names)
    by: dict[str, InForce] = {}
    for scope in _bans(account, policy):
        for name in forbidden_securities(scope, household, account, names):
            by.setdefault(name, scope)
    return {name: by[name] for name in names if name in by}


def softly_banned(household: Household, account: Account, policy: HouseholdPolicy) -> set[str]:
    """Securities that the target leaves out for soft bans alone: what else is asked may need
    them."""
    bans = _bans(account, policy)
    if all(scope.statement.soft is None for scope in bans):
        return set()
    barring = {
        name: [scope for scope in bans if _forbids(scope, household, account, name)]
        for name in wanted_weights(household, account, policy)
    }
    return {
        name
        for name, scopes in barring.items()
        if scopes and all(scope.statement.soft is not None for scope in scopes)
    }


def _bans(account: Account, policy: HouseholdPolicy) -> list[InForce]:
    return [
        scope
        for scope in policy.of_kind("restriction", account.id)
        if scope.directive.bans_holding  # type: ignore[attr-defined]
    ]


def _forbids(scope: InForce, household: Household, account: Account, security_id: str) -> bool:
    return forbids_security(scope, household, account, household.securities[security_id])


def target(household: Household, account: Account, policy: HouseholdPolicy) -> Weights:
    """The target of an account by itself, as fractions of it."""
    return portfolio_target(household, [account], [], policy)


def portfolio_target(
    household: Household,
    accounts: Sequence[Account],
    kept: Sequence[Account],
    policy: HouseholdPolicy,
) -> Weights:
    """The model after replacements, targets for groups and removals, in this order, as fractions of
    `accounts` and those `kept` as they are together.

    What accounts want for themselves counts by their value, and nothing where that is nothing; a
    name is removed where every account that wants it may not hold it, and has no more weight than
    those are worth that may. An excluded weight goes pro rata to its asset class. Where a whole
    class is excluded its weight stays in cash. Shares that a waiver excuses keep their place, up to
    the model's weight. Last, what is held of securities that are one for drift stands in for the
    model's own.
    """
    worth = _worth(household, (*accounts, *kept))
    counting = [a for a in accounts if worth[a.id] > 0] or accounts
    wanted = {a.id: wanted_weights(household, a, policy) for a in counting}
    model = _together(counting, wanted, worth)
    replacing = [a for a in counting if policy.of_kind("harvest replacement", a.id)]
    if replacing:
        held = _holdings(household, (*accounts, *kept), policy, worth)
        model = stood_in(household, replacing, policy, model, held)
    barred = {a.id: _banned(household, a, policy, model) for a in counting}
    room = _room(model, wanted, barred, worth)
    found = _without(household, accounts, policy, model, room, worth)
    alike = [a for a in accounts if classes(policy, a)]
    if not alike:
        return found
    held = _holdings(household, (*accounts, *kept), policy, worth)
    return met_by_equivalents(household, alike, policy, found, held)


def _worth(household: Household, accounts: Sequence[Account]) -> dict[str, Decimal]:
    """Dollars of each account that the target is of: its value after the flows that are due,
    nothing where more is due than there is."""
    due = due_before_settlement(household)
    return {a.id: max(household.value(a) + due.get(a.id, ZERO), ZERO) for a in accounts}


def _together(
    accounts: Sequence[Account], wanted: Mapping[str, Weights], worth: Mapping[str, Decimal]
) -> Weights:
    """The mean of what accounts want, by value."""
    if len(accounts) == 1:
        return wanted[accounts[0].id]
    total = sum((worth[a.id] for a in accounts), ZERO)
    mean: Weights = {}
    for account in accounts:
        share = worth[account.id] / total if total else 1 / Decimal(len(accounts))
        for name, weight in wanted[account.id].items():
            mean[name] = mean.get(name, ZERO) + share * weight
    same = all(weights == wanted[accounts[0].id] for weights in wanted.values())
    return dict(wanted[accounts[0].id]) if same else mean


def _room(
    model: Weights,
    wanted: Mapping[str, Weights],
    barred: Mapping[str, Mapping[str, InForce]],
    worth: Mapping[str, Decimal],
) -> Weights:
    """How much of each security there is room for that is barred in an account that wants it: as
    much as the others are worth, for all together that have room in the same accounts; nothing
    where it is barred in each. One that stands in for another is wanted by everybody."""
    by_accounts: dict[frozenset[str], list[str]] = {}
    somewhere = {name for each in barred.values() for name in each}
    for name in (each for each in model if each in somewhere):
        wanting = [a for a, weights in wanted.items() if name in weights] or list(wanted)
        holding = frozenset(a for a in wanting if name not in barred[a])
        if len(holding) < len(wanting):
            by_accounts.setdefault(holding, []).append(name)
    total = sum(worth.values(), ZERO)
    found: Weights = {}
    for holding, names in by_accounts.items():
        asked = sum((model[name] for name in names), ZERO)
        most = sum((worth[a] for a in holding), ZERO) / total if total else ZERO
        for name in names:
            found[name] = model[name] * min(Decimal(1), most / asked if asked else ZERO)
    return {name: most for name, most in found.items() if most < model[name] or not most}


def _without(
    household: Household,
    accounts: Sequence[Account],
    policy: HouseholdPolicy,
    model: Weights,
    room: Weights,
    worth: Mapping[str, Decimal],
) -> Weights:
    """`model` without what there is no `room` for, its weight left to its asset class; waived
    shares stay."""
    if not room:
        return {name: weight for name, weight in model.items() if weight > 0}
    asset_class = {name: household.securities[name].asset_class for name in model}
    spared = {
        name: max(most, _spared(household, accounts, policy, name, worth))
        for name, most in room.items()
    }
    kept = {name: weight for name, weight in model.items() if name not in spared}
    placed = {name: min(model[name], share) for name, share in spared.items() if share > 0}
    whole: dict[str, Decimal] = {}
    left: dict[str, Decimal] = {}
    for name, weight in model.items():
        group = asset_class[name]
        whole[group] = whole.get(group, ZERO) + weight - placed.get(name, ZERO)
        if name in kept:
            left[group] = left.get(group, ZERO) + weight
    grown = {
        name: weight * whole[asset_class[name]] / left[asset_class[name]]
        for name, weight in kept.items()
        if weight > 0
    }
    found = grown | placed
    return {name: found[name] for name in model if name in found}


def _holdings(
    household: Household,
    accounts: Sequence[Account],
    policy: HouseholdPolicy,
    worth: Mapping[str, Decimal],
) -> Weights:
    """What accounts hold and may go on holding, as fractions of them, flows due counted."""
    value = sum(worth.values(), ZERO)
    if value <= 0:
        return {}
    held: Weights = {}
    for account in accounts:
        names = {lot.security_id for lot in account.lots}
        barred = _banned(household, account, policy, sorted(names))
        for lot in account.lots:
            if lot.security_id not in barred:
                share = lot.shares * household.price(lot.security_id) / value
                held[lot.security_id] = held.get(lot.security_id, ZERO) + share
    return held


def _spared(
    household: Household,
    accounts: Sequence[Account],
    policy: HouseholdPolicy,
    security_id: str,
    worth: Mapping[str, Decimal],
) -> Decimal:
    """The share of all that the target is of in lots that every ban on a security spares for a
    waiver; lots that no ban reaches need none."""
    shares = ZERO
    for account in accounts:
        bans = [
            scope
            for scope in _bans(account, policy)
            if _forbids(scope, household, account, security_id)
        ]
        for lot in account.lots if bans else ():
            if lot.security_id == security_id and all(
                excused_lot(scope, household, account, lot) for scope in bans
            ):
                shares += lot.shares
    value = sum(worth.values(), ZERO)
    return shares * household.price(security_id) / value if shares and value > 0 else ZERO
