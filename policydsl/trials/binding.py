"""Which rules decided: the one definition of what it means that a rule binds.

A rule binds in a test where one of these is so:

1. an error that stops an account of the test, or takes the effect of a waiver there, names it: it
   refused something;
2. a row of it has a price at the solution, or its ledger is among the causes of a trade;
3. it bars a trade that all the rest together ask for;
4. it takes something out of the target;
5. it asks for an approval or lists something, or, being a note, reports something;
6. without it (its `set`s and waivers go too) the trades or the status would be others.

The first five are evidence found in one run; the sixth merges and solves once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from compiler.check import TypedPolicies
from compiler.closing import Closing
from compiler.coverage import forbids_security
from compiler.directives.oversight import Approval, Oversight, Watch
from compiler.notes import broken_notes
from compiler.statements import HouseholdPolicy, InForce
from compiler.target import published
from grammar import tree
from grammar.spans import Span
from policydsl.held_back import held_back
from policydsl.propose import Proposal
from policydsl.reasons import bindings, explained_trades
from policydsl.trade_words import MATERIAL
from policydsl.trials.run import Ran, proposed


def evidence(ran: Ran) -> dict[str, str]:
    """Rules that bind for all to see in this run, each with the first reason found."""
    found: dict[str, str] = {}
    for rule_id, reason in _every(ran):
        found.setdefault(rule_id, reason)
    return found


def _every(ran: Ran) -> Iterator[tuple[str, str]]:
    yield from _refused(ran)
    for proposal in ran.proposals:
        yield from _excluded(proposal)
        keys = {
            scope.statement.key: scope.statement.rule_id for scope in proposal.policy.statements
        }
        for trade in explained_trades(proposal):
            for group in trade.ledger:
                if group.kind == "statements" and abs(group.value) > MATERIAL:
                    yield keys[group.name], f"a cause of {trade.trade_id}"
        for bound in bindings(proposal):
            yield bound.rule_id, f"its bound on {bound.where} is reached"
        for held in held_back(proposal):
            for key in held.statements:
                doing = "buying" if held.side == "buy" else "selling"
                yield keys[key], f"it bars {doing} {held.security_id} in {held.account_id}"
        if proposal.closing is not None:
            yield from _told(proposal.policy, proposal.closing)


def _refused(ran: Ran) -> Iterator[tuple[str, str]]:
    held = {cause for _, policy in ran.merged for cause in policy.held}
    held |= {cause for _, policy in ran.merged for each in policy.waivers for cause in each.causes}
    for diagnostic in ran.diagnostics:
        span = diagnostic.primary.span
        if f"{diagnostic.code} {span.path}:{span.line}" in held:
            for label in (diagnostic.primary, *diagnostic.related):
                for rule_id in ids_at(ran, label.span):
                    yield rule_id, f"{diagnostic.code}: {diagnostic.message}"


def ids_at(ran: Ran, span: Span) -> Iterator[str]:
    """The ids of the statements that a place lies in."""
    for file in ran.inputs.policies.files:
        if file.path != span.path:
            continue
        for node in file.tree.statements:
            if node.span.line <= span.line <= node.span.end_line:
                yield owner_of(node)


def owner_of(node: tree.Statement) -> str:
    """The id of a rule, `set` or waiver, or the name that is defined."""
    if isinstance(node, tree.Rule | tree.Set | tree.Waive):
        return node.id.value
    return node.name.value


def _excluded(proposal: Proposal) -> Iterator[tuple[str, str]]:
    """Every rule that may not hold something the model has a weight for."""
    household = proposal.household
    if proposal.closing is None:
        return
    for account in household.accounts:
        for scope in proposal.policy.statements:
            if not _bans(scope) or account.id not in scope.accounts:
                continue
            for name, weight in published(household, account, proposal.policy).items():
                security = household.securities[name]
                if weight and forbids_security(scope, household, account, security):
                    yield scope.statement.rule_id, f"it takes {name} out of the target"


def _bans(scope: InForce) -> bool:
    return bool(getattr(scope.directive, "bans_holding", False))


def _told(policy: HouseholdPolicy, closing: Closing) -> Iterator[tuple[str, str]]:
    for scope in policy.statements:
        if not isinstance(scope.directive, Oversight):
            continue
        watch = scope.directive
        if isinstance(watch, Watch) and watch.action == "hold":
            seen = [security for _, security in watch.positions(scope, closing)]
        else:
            seen = [row.security_id for row in watch.touched(scope, closing)]
        if seen:
            does = "asks before trading" if isinstance(watch, Approval) else "lists"
            yield scope.statement.rule_id, f"it {does} {', '.join(sorted(set(seen)))}"
    for note in policy.notes:
        for said in broken_notes(replace(policy, notes=(note,)), closing):
            yield note.statement.rule_id, said


# --- but for -------------------------------------------------------------------------------------


def but_for(ran: Ran, rule_id: str) -> str:
    """How trades or statuses change without a rule, in words; empty where they do not."""
    typed = without(ran.typed, rule_id)
    other = proposed(ran.case, replace(ran.inputs, typed=typed))
    for before, after in zip(ran.proposals, other.proposals, strict=True):
        if before.status is not after.status:
            name = before.household.id
            return f"without it {name} would be {after.status}, not {before.status}"
        ours, theirs = _orders(before), _orders(after)
        for key in sorted(ours.keys() | theirs.keys()):
            one, two = (orders.get(key, Decimal(0)) for orders in (ours, theirs))
            if one != two:
                account, security, side = key
                verb = "bought" if side == "buy" else "sold"
                return (
                    f"without it {two.normalize():f} instead of {one.normalize():f} "
                    f"shares of {security} would be {verb} in {account}"
                )
    return ""


def without(typed: TypedPolicies, rule_id: str) -> TypedPolicies:
    """The policies without one rule, its `set`s and its waivers."""
    return replace(
        typed,
        statements=tuple(each for each in typed.statements if each.rule_id != rule_id),
        grants=tuple(each for each in typed.grants if each.statement.rule_id != rule_id),
        faults=tuple(each for each in typed.faults if each.rule_id != rule_id),
        waivers=tuple(each for each in typed.waivers if each.rule_id != rule_id),
    )


def _orders(proposal: Proposal) -> dict[tuple[str, str, str], Decimal]:
    orders: dict[tuple[str, str, str], Decimal] = {}
    if proposal.closing is not None:
        for sale in proposal.closing.sales:
            key = sale.account_id, sale.security_id, "sell"
            orders[key] = orders.get(key, Decimal(0)) + sale.shares
        for buy in proposal.closing.purchases:
            key = buy.account_id, buy.security_id, "buy"
            orders[key] = orders.get(key, Decimal(0)) + buy.shares
    return orders
