"""What rules and the book ask for today and the trades do not do: said, with what is in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from compiler.closing import Closing
from compiler.directives.base import Breach
from compiler.model import CompiledModel
from compiler.statements import HouseholdPolicy, InForce
from portfolio.flows import flows_due
from portfolio.household import Flow
from solver.solve import Solution

ZERO = Decimal(0)


def unpaid(policy: HouseholdPolicy, closing: Closing) -> tuple[tuple[str, str], ...]:
    """(who asks, what is wrong) of payments that the trades do not meet."""
    found = list(_unpaid_of_book(closing))
    for scope in policy.statements:
        if scope.directive.kind == "payment":
            found += ((_placed(scope), breach.message) for breach in _left_undone(scope, closing))
    return tuple(found)


def not_paid(
    missed: Sequence[tuple[str, str]],
    conflict: Sequence[tuple[str, float]],
    compiled: CompiledModel,
) -> Iterator[str]:
    """Payments that are not met; `conflict` are the statements in the way, with the bp of household
    value by which each would have to give way."""
    way: list[str] = []
    for key, stretch in conflict:
        scope = compiled.statements[key]
        if scope.directive.kind != "payment":
            by = f", by ${stretch * compiled.physics.unit:,.0f}" if stretch > 0 else ""
            way.append(f"{scope.directive.sentence()} ({_placed(scope)}){by}")
    because = f"in the way: {'; '.join(way)}" if way else "there is nothing more to sell"
    for asked, message in missed:
        yield f"not kept yet ({asked}): {message}; {because}"


def not_kept(
    policy: HouseholdPolicy, closing: Closing, compiled: CompiledModel, solution: Solution
) -> Iterator[str]:
    """What hard rules ask today and the others forbid, payments apart."""
    ids = {scope.statement.key: scope.statement.rule_id for scope in policy.statements}
    broken = solution.still_broken > 0.0
    cured = {cure.key for cure in compiled.physics.cures if broken}
    for scope in policy.statements:
        key, directive = scope.statement.key, scope.directive
        # Cash of an account without a position to sell is no variable, and so no cure.
        if directive.kind == "payment" or not (key in cured or directive.raises_cash):
            continue
        others = (ids.get(name, name) for name in solution.in_the_way if name != key)
        way = ", ".join(dict.fromkeys(others))
        for breach in _left_undone(scope, closing):
            yield f"not kept yet ({_placed(scope)}): {breach.message}" + (
                f"; in the way: {way}" if way else ""
            )


def _left_undone(scope: InForce, closing: Closing) -> Iterator[Breach]:
    """What a statement asks today, wherever positions stood before the trades."""
    return scope.directive.breaches(replace(scope, strict=True), closing.seen_by(scope))


def _unpaid_of_book(closing: Closing) -> Iterator[tuple[str, str]]:
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
            yield f"the book: {named}", message


def softly_broken(scope: InForce, message: str) -> str:
    """What a soft rule asks and the trades do not keep."""
    return f"soft, priority {scope.statement.soft}, and not kept ({_placed(scope)}): {message}"


def _placed(scope: InForce) -> str:
    statement = scope.statement
    return f"{statement.rule_id}, {statement.path}:{statement.line}"
