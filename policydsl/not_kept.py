"""What rules and the book ask for today and the trades do not do: said, with what is in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from compiler.closing import Closing
from compiler.directives.base import Breach
from compiler.model import CompiledModel
from compiler.portfolios import may_trade
from compiler.statements import HouseholdPolicy, InForce
from portfolio.flows import flows_due
from portfolio.household import Flow
from solver.conflict import InTheWay
from solver.solve import Solution

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Unpaid:
    """Payments of an account that its trades do not meet: who asks, and what is wrong."""

    account_id: str
    asked: str
    message: str


def unpaid(policy: HouseholdPolicy, closing: Closing) -> tuple[Unpaid, ...]:
    """Payments that the trades do not meet, those of the book first."""
    found = list(_unpaid_of_book(closing))
    for scope in policy.statements:
        if scope.directive.kind == "payment":
            place = _placed(scope)
            for breach in _left_undone(scope, closing):
                found.append(Unpaid(breach.where, place, breach.message))
    return tuple(found)


def not_paid(missed: Sequence[Unpaid], way: InTheWay, compiled: CompiledModel) -> Iterator[str]:
    """Payments that are not met, and the statements in the way with the dollars by which each would
    have to give way."""
    unit = compiled.physics.unit
    said: list[str] = []
    for key, stretch in way.rules:
        scope = compiled.statements[key]
        by = f", by ${stretch * unit:,.0f}" if stretch > 0 else ""
        said.append(f"{scope.directive.sentence()} ({_placed(scope)}){by}")
    because = f"in the way: {'; '.join(said)}" if said else "there is nothing more to sell"
    if said and way.rest * unit >= 1:
        because += f"; without them ${way.rest * unit:,.0f} would still be missing"
    for each in missed:
        yield f"not kept yet ({each.asked}): {each.message}; {because}"


def not_kept(
    policy: HouseholdPolicy,
    closing: Closing,
    compiled: CompiledModel,
    solution: Solution,
    missed: Sequence[Unpaid],
) -> Iterator[str]:
    """What hard rules ask today and the others forbid, payments apart, and cash of accounts that
    cannot even pay."""
    short = {each.account_id for each in missed}
    still = {a.id for a in closing.household.accounts if not may_trade(a, policy)}
    ids = {scope.statement.key: scope.statement.rule_id for scope in policy.statements}
    # What the solve cures may be more than whole shares do.
    cured = {cure.key for cure in compiled.physics.cures}
    for scope in policy.statements:
        key, directive = scope.statement.key, scope.directive
        # Cash of an account that has nothing to sell or to buy is no variable, and so no cure.
        of_cash = directive.kind == "cash" or directive.raises_cash
        if directive.kind == "payment" or not (key in cured or of_cash):
            continue
        others = (ids[name] for name in solution.in_the_way if name != key and name in ids)
        way = ", ".join(dict.fromkeys(others))
        for breach in _left_undone(scope, closing):
            if directive.kind == "cash" and breach.where in short | still:
                continue
            yield f"not kept yet ({_placed(scope)}): {breach.message}" + (
                f"; in the way: {way}" if way else ""
            )


def left_undone(policy: HouseholdPolicy, closing: Closing) -> Iterator[str]:
    """Everything that hard rules ask today and the trades do not do, as far as `not_kept` and
    `not_paid` may say it: what is in the way is left out, and they leave out what cannot be
    otherwise."""
    for scope in policy.statements:
        if scope.statement.soft is None:
            for breach in _left_undone(scope, closing):
                yield f"not kept yet ({_placed(scope)}): {breach.message}"


def _left_undone(scope: InForce, closing: Closing) -> Iterator[Breach]:
    """What a statement asks today, wherever positions stood before the trades."""
    return scope.directive.breaches(replace(scope, strict=True), closing.seen_by(scope))


def _unpaid_of_book(closing: Closing) -> Iterator[Unpaid]:
    """Of each account that its trades leave short of what the book says it has to pay; what
    policies have it pay is not counted."""
    of_book: dict[str, list[Flow]] = {}
    asked = dict.fromkeys((a.id for a in closing.household.accounts), ZERO)
    for flow in flows_due(closing.household):
        if flow.source:
            asked[flow.account_id] += flow.amount
        elif flow.amount < 0:
            of_book.setdefault(flow.account_id, []).append(flow)
    for account_id, flows in sorted(of_book.items()):
        account = closing.account(account_id)
        least = min(ZERO, account.cash + account.unsettled_cash)
        left = closing.cash(account, after=True) - asked[account_id]
        if left < least and not account.held_away:
            named = ", ".join(f"{f.kind} of ${-f.amount:,.2f} on {f.day}" for f in flows)
            message = f"cash after payments of {account_id} is ${left:,.2f}, below ${least:,.2f}"
            yield Unpaid(account_id, f"the book: {named}", message)


def softly_broken(scope: InForce, message: str) -> str:
    """What a soft rule asks and the trades do not keep."""
    return f"soft, priority {scope.statement.soft}, and not kept ({_placed(scope)}): {message}"


def _placed(scope: InForce) -> str:
    statement = scope.statement
    return f"{statement.rule_id}, {statement.path}:{statement.line}"
