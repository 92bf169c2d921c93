"""What higher layers let lower ones write: pools of substitutes, bounds on targets and transitions;
and things of which one layer says two things in lines that differ.

A limit of these kinds binds the text of its own layer and of lower ones. What breaks it is a clash
at both places, like two values that cannot stand together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations

from compiler import codes
from compiler.clashes import Clash, narrower, shown, surely_together
from compiler.conditions import Environment
from compiler.coverage import selects
from compiler.dimensions import describe_points
from compiler.directives.model_choice import ModelChoice
from compiler.directives.replacement import Replacement, ReplacementPool
from compiler.directives.target_boundary import TargetBoundary
from compiler.directives.target_weight import TargetWeight
from compiler.directives.transition_limit import TransitionLimit
from compiler.directives.treatment import Treatment
from compiler.exposure import Groups, Sight, Through
from compiler.selections import Named, Selection
from compiler.statements import HouseholdPolicy, InForce, Origin, Statement
from compiler.target import published
from compiler.tilts import tilted
from compiler.treated import classes_of
from grammar.diagnostics import Diagnostic, Label
from portfolio.household import Account, Household, Security

_ANY_DAY = date(2001, 1, 1)
"""Where a transition has no first day, its length is counted from here."""


def clashes_with_boundaries(
    active: Sequence[Statement], household: Household, account: Account
) -> Iterator[Clash]:
    """What the statements in force for an account say outside the limits on their text, and
    securities of which one layer says two things."""
    for upper in filter(_bounding, active):
        below = [each for each in active if binds(upper, each)]
        if isinstance(upper.directive, TargetBoundary):
            yield from _targets_too_far(upper, below, household, account)
            continue
        for lower in below:
            found = too_long(upper, lower)
            if isinstance(upper.directive, ReplacementPool):
                found = _from_outside(upper, lower, household, account)
            if found is not None:
                yield Clash((lower,), found)
    yield from _said_twice(active, household, account)


def certain_breaches(statements: Sequence[Statement]) -> Iterator[Diagnostic]:
    """What breaks such a limit whatever the account, as far as words show."""
    replaced = {each.rule_id for each in statements if each.origin is Origin.SET}
    standing = [
        each
        for each in statements
        if each.origin is not Origin.NOTE
        and (each.origin is not Origin.DEFAULT or each.rule_id not in replaced)
    ]
    for upper in filter(_bounding, standing):
        for lower in standing:
            if binds(upper, lower) and surely_together(upper, lower):
                found = too_long(upper, lower) or _surely_outside(upper, lower)
                if found is not None:
                    yield found


def binds(upper: Statement, lower: Statement) -> bool:
    """Whether one limits the text of the other."""
    return _bounding(upper) and upper.authority.rank <= lower.authority.rank


def _bounding(statement: Statement) -> bool:
    kinds = (ReplacementPool, TargetBoundary, TransitionLimit)
    return isinstance(statement.directive, kinds)


# --- pools of substitutes ------------------------------------------------------------------------


def _from_outside(
    upper: Statement, lower: Statement, household: Household, account: Account
) -> Diagnostic | None:
    """That a replacement of something in the pool's care may put in what is not in the pool."""
    pool, directive = upper.directive, lower.directive
    if not isinstance(pool, ReplacementPool) or not isinstance(directive, Replacement):
        return None
    scope = InForce(lower, (account.id,))
    for security in household.securities.values():
        env = Environment(household, account, security)
        spared = any(
            each.selection is not None and each.selection.security(env) is True
            for each in upper.carveouts
        )
        cared_for = pool.things.security(env) is not False and not spared
        if not cared_for or not selects(scope, household, account, security):
            continue
        ranked = directive.ranked or tuple(household.constituents.get(security.id, {}))
        for text in ranked:
            if not _admitted(pool.pool, text, household, account):
                return _outside(upper, lower, text)
    return None


def _admitted(pool: Selection, text: str, household: Household, account: Account) -> bool:
    known = [each for each in household.securities.values() if Named(text).matches(each)]
    # What the book does not have is never bought, in the pool or not.
    return not known or any(
        pool.security(Environment(household, account, each)) is True for each in known
    )


def _surely_outside(upper: Statement, lower: Statement) -> Diagnostic | None:
    pool, directive = upper.directive, lower.directive
    if not isinstance(pool, ReplacementPool) or not isinstance(directive, Replacement):
        return None
    listed = pool.pool.where is None and all(isinstance(item, Named) for item in pool.pool.items)
    if (
        upper.carveouts
        or not pool.pool.items
        or not listed
        or not _within(directive.things, pool.things)
    ):
        return None
    strange = [text for text in directive.ranked if Named(text) not in pool.pool.items]
    return _outside(upper, lower, strange[0]) if strange else None


def _within(some: Selection, all_: Selection) -> bool:
    """Whether whatever `some` selects `all_` selects too, as far as words show."""
    if some == all_ or all_ == Selection():
        return True
    return all_.where is None and bool(some.items) and set(some.items) <= set(all_.items)


def _outside(upper: Statement, lower: Statement, text: str) -> Diagnostic:
    pool = upper.directive
    assert isinstance(pool, ReplacementPool)
    return codes.OUTSIDE_POOL.at(
        lower.value_span or lower.span,
        f'"{text}" is not among what may replace {pool.things.describe()}',
        label=shown(lower),
        related=(Label(upper.span, f"{shown(upper)}, {upper.authority}"),),
        help=f"choose from {pool.pool.describe()}, or ask for a wider line",
    )


# --- targets -------------------------------------------------------------------------------------


def _targets_too_far(
    upper: Statement, below: Sequence[Statement], household: Household, account: Account
) -> Iterator[Clash]:
    """That the targets of lower layers, all of them together and arrived, take a group too far."""
    boundary = upper.directive
    assert isinstance(boundary, TargetBoundary)
    tilts = [each for each in below if isinstance(each.directive, TargetWeight)]
    model = _model(household, account, [*below, upper])
    if not tilts or model is None:
        return
    after = tilted(household, account, _policy(household, account, tilts), model, model)
    groups = Groups(household, lambda s: _group(boundary, s), Sight(Through.ALWAYS))
    weights = [groups.weigh(each) for each in (model, after)]
    for group in sorted(weights[0].keys() | weights[1].keys()):
        moved = weights[1].get(group, Decimal(0)) - weights[0].get(group, Decimal(0))
        moved = round(moved, 12)  # a last digit that proportions leave is no tilt
        low, high = boundary.low, boundary.high
        if (low is not None and moved < low) or (high is not None and moved > high):
            side = "above" if moved > 0 else "below"
            last, *others = sorted(tilts, key=lambda each: each.span, reverse=True)
            points = describe_points(round(abs(moved), 4).normalize())
            diagnostic = codes.TARGET_TOO_FAR.at(
                last.value_span or last.span,
                f"this puts {group} {points} {side} the model",
                label=shown(last),
                related=(
                    Label(upper.value_span or upper.span, f"{shown(upper)}, {upper.authority}"),
                    *(Label(each.value_span or each.span, shown(each)) for each in others),
                ),
                help=f"a target keeps each {boundary.each} {boundary.describe_range()}",
            )
            yield Clash(tuple(tilts), diagnostic)
            return


def _group(boundary: TargetBoundary, security: Security) -> str | None:
    value: str | None = getattr(security, "id" if boundary.each == "holding" else boundary.each)
    return value


def _policy(
    household: Household, account: Account, statements: Sequence[Statement]
) -> HouseholdPolicy:
    """The targets as they are once every step is made."""
    scopes = []
    for each in statements:
        directive = each.directive
        if isinstance(directive, TargetWeight):
            each = replace(each, directive=replace(directive, steps=None))  # noqa: PLW2901
        scopes.append(InForce(each, (account.id,)))
    return HouseholdPolicy(household.id, household.as_of, tuple(scopes))


def _model(
    household: Household, account: Account, statements: Sequence[Statement]
) -> Mapping[str, Decimal] | None:
    """The published model; None where the book does not have it."""
    try:
        return published(household, account, _policy(household, account, statements))
    except KeyError:
        return None


# --- transitions ---------------------------------------------------------------------------------


def too_long(upper: Statement, lower: Statement) -> Diagnostic | None:
    """That a transition takes more time than it may."""
    limit = upper.directive
    if not isinstance(limit, TransitionLimit):
        return None
    first = lower.starts or _ANY_DAY
    last = max(_ends(lower, first), default=date.min)
    undated = last > date.min and lower.starts is None and _pinned(lower)
    if not undated and last <= limit.end(first):
        return None
    said = f"takes until {last}" if lower.starts else "takes longer than transitions may"
    return codes.LONG_TRANSITION.at(
        lower.span,
        f"this transition {'does not say when it begins' if undated else said}",
        label=shown(lower),
        related=(Label(upper.value_span or upper.span, f"{shown(upper)}, {upper.authority}"),),
        help=f"{limit.describe_range()} from its first day"
        + (": add `from DATE`" if undated else ""),
    )


def _ends(statement: Statement, first: date) -> Iterator[date]:
    """The days by which a statement's transitions are over."""
    for transition in statement.transitions:
        if transition.by is not None:
            yield transition.by
        elif transition.within is not None:
            yield transition.within.after(first)
        elif transition.evenly is not None:
            yield transition.evenly.end(first)
    directive = statement.directive
    if isinstance(directive, TargetWeight | ModelChoice) and directive.steps is not None:
        yield directive.steps.end(first)


def _pinned(statement: Statement) -> bool:
    """Whether a transition of the statement ends on a day, wherever it begins."""
    return any(transition.by is not None for transition in statement.transitions)


# --- two things of one ---------------------------------------------------------------------------


def _said_twice(
    active: Sequence[Statement], household: Household, account: Account
) -> Iterator[Clash]:
    """Lines of one layer, about different groups, that say two things of a security in both."""
    speaking = [s for s in active if isinstance(s.directive, Replacement | Treatment)]
    for a, b in combinations(speaking, 2):
        if a.authority.rank != b.authority.rank or not _disagree(a, b):
            continue
        if a.directive.slot == b.directive.slot or narrower(a, b) is not None:
            continue
        scopes = [InForce(each, (account.id,)) for each in (a, b)]
        one, other = (_spoken_of(scope, household, account) for scope in scopes)
        both = sorted(one & other)
        if both:
            first, later = sorted((a, b), key=lambda each: each.span)
            yield _twice(first, later, household.securities[both[0]])


def _spoken_of(scope: InForce, household: Household, account: Account) -> frozenset[str]:
    """The securities that a line says something of; a class of one says nothing."""
    directive = scope.directive
    if isinstance(directive, Treatment) and directive.each is not None:
        classes = classes_of(scope, household, account, household.securities)
        return frozenset(name for each in classes if len(each) > 1 for name in each)
    return frozenset(
        name
        for name, security in household.securities.items()
        if selects(scope, household, account, security)
    )


def _disagree(a: Statement, b: Statement) -> bool:
    one, other = a.directive, b.directive
    if isinstance(one, Replacement) and isinstance(other, Replacement):
        return one.substitutes != other.substitutes
    drift = all(isinstance(each, Treatment) and each.purpose == "drift" for each in (one, other))
    return drift and one != other


def _twice(first: Statement, later: Statement, security: Security) -> Clash:
    treated = isinstance(first.directive, Treatment)
    what = "puts it in two classes" if treated else "replaces it twice"
    diagnostic = codes.DISAGREEMENT.at(
        later.value_span or later.span,
        f"the {later.authority.layer} layer {what}: {security.ticker}",
        label=shown(later),
        related=(Label(first.value_span or first.span, shown(first)),),
        help=f'take it out of one of them: `except "{security.ticker}"`',
    )
    return Clash((first, later), diagnostic)
