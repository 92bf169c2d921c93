"""What a statement in force reaches, carve-outs taken off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Protocol, cast

from compiler.attributes import Trade
from compiler.conditions import Environment, Truth
from compiler.lots import Lots
from compiler.selections import Selection
from compiler.statements import HouseholdPolicy, InForce, Transition, Waiver
from grammar.tree import Mode
from portfolio.household import Account, Household, Lot, Security
from portfolio.sessions import is_due


class _Selective(Protocol):
    @property
    def selection(self) -> Selection | None: ...


class _Treating(Protocol):
    @property
    def purpose(self) -> str: ...


class _Barring(Protocol):
    @property
    def selection(self) -> Selection: ...

    @property
    def mode(self) -> Mode: ...


def forbids_security(
    scope: InForce,
    household: Household,
    account: Account,
    security: Security,
    trade: Trade | None = None,
    proposal: tuple[Trade, ...] = (),
) -> bool:
    """Whether the restriction bars this security, what it asks of lots left open; a fund that
    counts as what it holds, where it bars any of that. What may not be held is barred where a
    share bought today would be: it has no gain, no loss and no age."""
    if opened(scope, household, account, security):
        return any(
            forbids_security(
                scope, household, account, household.securities[under], trade, proposal
            )
            for under in household.constituents[security.id]
        )
    env = Environment(household, account, security, trade=trade, proposal=proposal)
    selection = cast("_Barring", scope.directive).selection
    if selection.lot_level and getattr(scope.directive, "action", "") == "hold":
        truth = selection.lot(replace(env, lot=_bought_today(household, account, security)))
    else:
        truth = selection.security(env)
    return _barred(scope, truth) and not _spared(scope, env, lot_level=False)


def _bought_today(household: Household, account: Account, security: Security) -> Lot:
    one, today = Decimal(1), household.as_of
    price = household.prices.get(security.id, Decimal(0))
    return Lot("", account.id, security.id, today, one, price)


def forbids_lot(
    scope: InForce,
    household: Household,
    account: Account,
    lot: Lot,
    trade: Trade | None = None,
    proposal: tuple[Trade, ...] = (),
) -> bool:
    """Whether the restriction bars this lot, its security included."""
    security = household.securities[lot.security_id]
    if opened(scope, household, account, security):
        return any(
            forbids_lot(scope, household, account, replace(lot, security_id=under), trade, proposal)
            for under in household.constituents[security.id]
        )
    env = Environment(household, account, security, lot, trade=trade, proposal=proposal)
    truth = cast("_Barring", scope.directive).selection.lot(env)
    if not _barred(scope, truth):
        return False
    return not _spared(scope, env, lot_level=True) and not held_by_waiver(scope, env)


def forbidden_securities(
    scope: InForce, household: Household, account: Account, names: Iterable[str]
) -> set[str]:
    """Those of the securities that the restriction bars."""
    selection = cast("_Barring", scope.directive).selection
    securities = household.securities
    if scope.waivers.get(account.id) or scope.treatments or not selection.fixed:
        return {
            name for name in names if forbids_security(scope, household, account, securities[name])
        }
    return {
        name
        for name in _at_first(scope, household, account, names)
        if not _carved_out(
            scope, Environment(household, account, securities[name]), lot_level=False
        )
    }


def forbidden_lots(scope: InForce, lots: Lots) -> list[Lot]:
    """Those of an account's lots that the restriction bars, in their order."""
    household, account = lots.household, lots.account
    if scope.waivers.get(account.id) or scope.treatments:
        return [lot for lot in lots.lots if forbids_lot(scope, household, account, lot)]
    selection = cast("_Barring", scope.directive).selection
    carved = [c.selection for c in scope.statement.carveouts if c.selection is not None]
    told_apart = any(each.lot_level for each in (selection, *carved))
    if selection.fixed:
        asked = lots.of(_at_first(scope, household, account, lots.names))
        places = list(range(len(asked)))
    else:
        asked = lots if told_apart else lots.first_of_each
        bars = {truth: _barred(scope, truth) for truth in (True, False, None)}
        places = [k for k, truth in enumerate(selection.of_lots(asked)) if bars[truth]]
    if scope.statement.carveouts:
        places = [k for k in places if not _carved_out(scope, asked[k], lot_level=True)]
    barred = [asked.lots[k] for k in places]
    return barred if told_apart else list(lots.of(lot.security_id for lot in barred).lots)


def _at_first(
    scope: InForce, household: Household, account: Account, names: Iterable[str]
) -> list[str]:
    """Securities that the restriction bars before anything is carved out of it."""
    names = list(names)
    truths = cast("_Barring", scope.directive).selection.of_securities(household, account, names)
    bars = {truth: _barred(scope, truth) for truth in (True, False, None)}
    return [name for name, truth in zip(names, truths, strict=True) if bars[truth]]


def covers(scope: InForce, household: Household, account: Account, security: Security) -> bool:
    """Whether a limit counts this security; an unknown one counts unless the author says no."""
    selection = cast("_Selective", scope.directive).selection
    whole = not scope.statement.carveouts and not scope.waivers.get(account.id)
    if whole and selection is None:
        return True
    env = Environment(household, account, security)
    truth = True if selection is None else selection.security(env)
    if truth is None:
        truth = scope.statement.missing is not False
    return truth and (whole or not _spared(scope, env, lot_level=False))


def counts_by_row(scope: InForce, account: Account) -> bool:
    """Whether a security's row alone decides if the limit counts it in the account."""
    selection = cast("_Selective", scope.directive).selection
    whole = not scope.statement.carveouts and not scope.waivers.get(account.id)
    return whole and (selection is None or selection.fixed)


def selects(scope: InForce, household: Household, account: Account, security: Security) -> bool:
    """Whether a setting is about this security; an unknown one is not, if nobody says so."""
    env = Environment(household, account, security)
    selection = cast("_Selective", scope.directive).selection
    truth = True if selection is None else selection.security(env)
    selected = scope.statement.missing is True if truth is None else truth
    return selected and not _carved_out(scope, env, lot_level=False)


def selects_lot(scope: InForce, household: Household, account: Account, lot: Lot) -> bool:
    """Whether a setting is about this lot; an unknown one is not, if nobody says so."""
    env = Environment(household, account, household.securities[lot.security_id], lot)
    selection = cast("_Selective", scope.directive).selection
    truth = True if selection is None else selection.lot(env)
    selected = scope.statement.missing is True if truth is None else truth
    return selected and not _carved_out(scope, env, lot_level=True)


def opened(scope: InForce, household: Household, account: Account, security: Security) -> bool:
    """Whether a fund counts, for this statement, as what it holds and never as itself."""
    return security.id in household.constituents and any(
        cast("_Treating", each.directive).purpose == "limits"
        and account.id in each.accounts
        and selects(each, household, account, security)
        for each in scope.treatments
    )


def bars_purchase(
    household: Household, account: Account, policy: HouseholdPolicy, security: Security
) -> bool:
    """Whether a restriction keeps the account from buying a security, or from holding it."""
    return purchase_bar(household, account, policy, security) is not None


def purchase_bar(
    household: Household, account: Account, policy: HouseholdPolicy, security: Security
) -> InForce | None:
    """The first restriction that keeps the account from buying a security, or from holding it."""
    return next(
        (
            scope
            for scope in policy.of_kind("restriction", account.id)
            if scope.directive.slot[0].endswith((" buy", " hold", " trade"))
            and forbids_security(scope, household, account, security)
        ),
        None,
    )


def excused(scope: InForce, household: Household, account: Account) -> bool:
    """Whether an `except when` takes the whole account out of the statement."""
    env = Environment(household, account)
    return any(
        c.condition is not None and c.condition.truth(env) is True
        for c in scope.statement.carveouts
    )


def compliance(
    scope: InForce,
    household: Household,
    account: Account,
    security: Security,
    lot: Lot | None,
    where: str,
) -> Decimal:
    """How much of the way from where the position at `where` first lay outside the rule it has to
    be back by now, as the rule's `existing` clauses say: nothing, all (1), or a part.

    A time runs from the later of the rule's first day and the first breach, which is taken to be
    today where no earlier run is known.
    """
    env = Environment(household, account, security, lot)
    for transition in scope.statement.transitions:
        if transition.selection.truth(env) is True:
            if transition.stay:
                return Decimal(0)
            if transition.evenly is not None:
                return transition.evenly.done(
                    _begins(scope, household, where), household.as_of, household.calendar
                )
            deadline = _deadline(scope, household, transition, where)
            return Decimal(int(is_due(deadline, household.as_of, household.calendar)))
    return Decimal(1)


def comply_by(
    scope: InForce, household: Household, account: Account, security: Security
) -> date | None:
    """The day by which shares held outside a restriction have to be within it, as its `existing`
    clauses say; None where they name none, or it does not bar the security."""
    env = Environment(household, account, security)
    found = (t for t in scope.statement.transitions if t.selection.truth(env) is True)
    transition = next(found, None)
    timed = transition is not None and (transition.within or transition.by)
    if transition is None or not timed or not forbids_security(scope, household, account, security):
        return None
    return _deadline(scope, household, transition, f"{account.id} {security.id}")


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a position back into a rule: how much of it is due by today (0 to 1), and the
    dollars it began at, None where no earlier run has seen it."""

    done: Decimal
    first: Decimal | None = None

    def back(self, bound: Decimal, before: Decimal) -> Decimal:
        """Where the position has to be today (dollars): at the bound, where it was, or between."""
        if self.done in (0, 1):
            return bound if self.done else before
        start = before if self.first is None else self.first
        return start + (bound - start) * self.done


def _deadline(scope: InForce, household: Household, transition: Transition, where: str) -> date:
    if transition.by is not None:
        return transition.by
    start = _begins(scope, household, where)
    return (
        start if transition.within is None else transition.within.after(start, household.calendar)
    )


def _begins(scope: InForce, household: Household, where: str) -> date:
    """The day from which the time to comply counts."""
    since = scope.breached_since.get(where, household.as_of)
    return max(scope.statement.starts or since, since)


def _barred(scope: InForce, truth: Truth) -> bool:
    """`only X` bars what is not X. Where data is missing the author's word counts; without it an
    `only` bars the unknown and a `never` does not."""
    only = cast("_Barring", scope.directive).mode is Mode.ONLY
    selected = scope.statement.missing if truth is None else truth
    return only if selected is None else selected is not only


def _spared(scope: InForce, env: Environment, *, lot_level: bool) -> bool:
    """Whether a carve-out or a waiver takes the security or lot out of the statement."""
    return _carved_out(scope, env, lot_level=lot_level) or _waived(scope, env, lot_level=lot_level)


def _carved_out(scope: InForce, env: Environment, *, lot_level: bool) -> bool:
    for carveout in scope.statement.carveouts:
        if carveout.condition is not None and carveout.condition.truth(env) is True:
            return True
        if carveout.selection is None or (carveout.selection.lot_level and not lot_level):
            continue
        if carveout.selection.truth(env) is True:
            return True
    return False


# --- waivers -------------------------------------------------------------------------------------


def _waived(scope: InForce, env: Environment, *, lot_level: bool) -> bool:
    """Whether a waiver lifts the statement for the security or lot, bought or held."""
    if not scope.waivers:
        return False
    return any(lifts(each, env, lot_level) for each in _waivers(scope, env) if not each.existing)


def held_by_waiver(scope: InForce, env: Environment) -> bool:
    """Whether a waiver excuses the shares of the security or lot that are already held.

    What it asks of lots is left open where `env` has none: then no share is excused.
    """
    lots = env.lot is not None
    return any(lifts(each, env, lots) for each in _waivers(scope, env) if each.existing)


def excused_lot(scope: InForce, household: Household, account: Account, lot: Lot) -> bool:
    """Whether a waiver excuses a lot that is held."""
    env = Environment(household, account, household.securities[lot.security_id], lot)
    return held_by_waiver(scope, env)


def excused_holdings(scope: InForce, household: Household, account: Account) -> frozenset[str]:
    """Securities of the account whose shares, as far as they are held, a waiver excuses."""
    if not any(each.existing for each in scope.waivers.get(account.id, ())):
        return frozenset()
    return frozenset(
        lot.security_id
        for lot in account.lots
        if held_by_waiver(
            scope, Environment(household, account, household.securities[lot.security_id])
        )
    )


def _waivers(scope: InForce, env: Environment) -> tuple[Waiver, ...]:
    return () if env.account is None else scope.waivers.get(env.account.id, ())


def lifts(waiver: Waiver, env: Environment, lot_level: bool = False) -> bool:
    """Whether a waiver covers a security or lot. An unknown selection is read strictly: nothing is
    waived."""
    return all(
        selection.truth(env) is True and (lot_level or not selection.lot_level)
        for selection in (waiver.selection, waiver.allowed)
        if selection is not None
    )
