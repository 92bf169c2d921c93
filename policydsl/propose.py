"""One household to one proposal: compile, solve, round, check exactly, explain.

A proposal that fails the exact check is never made: the household is solved again with more room
for rounding, and becomes an exception if that does not help.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

import numpy as np

from compiler.assumptions import assumptions_for, with_assumed_values
from compiler.cash_calendar import Entry, cash_calendar
from compiler.closing import Closing, Purchase, Sale, purchase_of, sale_of
from compiler.directives.base import Breach
from compiler.exact_check import exact_breaches, soft_breaches
from compiler.model import CompiledModel, compile_household
from compiler.notes import broken_notes
from compiler.passed_over import passed_over
from compiler.portfolios import may_trade, portfolios
from compiler.schedules import with_schedules
from compiler.statements import HouseholdPolicy, InForce, Side, Statement
from compiler.tax_forms import TaxForm, by_law
from compiler.treated import as_whole, treatments, without_absent
from policydsl.cash_ahead import never_met
from policydsl.not_kept import not_kept, not_paid, softly_broken, unpaid
from portfolio.household import Household
from solver.conflict import InTheWay, conflicting, in_the_way_of_payments
from solver.rounding import RoundedOrder
from solver.search import Budget
from solver.solve import NoSolution, Solution, solve

# Dollars of room for rounding, and whether limits broken today whose exact check failed get room
# too: where one of them cannot get better at all, the others need the room alone.
ATTEMPTS = (
    (Decimal(1), False),
    (Decimal(1), True),
    (Decimal(10), True),
    (Decimal(100), True),
    (Decimal(100), False),
    (Decimal(1000), False),
)
NO_POLICY_KEPT = "no trades keep what holds without any policy"


class Status(StrEnum):
    """What became of a household in a run."""

    PROPOSED = "proposed"
    NO_ACTION = "no_action"
    EXCEPTION = "exception"
    INFEASIBLE = "infeasible"
    DATA_HOLD = "data_hold"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, order=True)
class GivenUp:
    """A side of a security that a statement about cross trades kept the household from, which
    would have traded it; `among` is whose clients: an advisor, a program, empty for the firm's."""

    key: str
    among: str
    security_id: str
    side: Side


@dataclass(frozen=True, slots=True)
class Proposal:
    """The answer for one household, with everything an explanation needs.

    `closing`, `compiled` and `solution` are None where nothing was solved. `soft_broken` are
    the soft statements that the trades leave broken, where and by how much. `conflict` are the
    statements that cannot hold together, or with a payment that is due, and by how much (bp of
    household value) each would have to give way. `findings` say in plain
    words why nothing, or not everything, is proposed.
    """

    household: Household
    policy: HouseholdPolicy
    status: Status
    findings: tuple[str, ...]
    closing: Closing | None = None
    compiled: CompiledModel | None = None
    solution: Solution | None = None
    soft_broken: tuple[tuple[InForce, Breach], ...] = ()
    conflict: tuple[tuple[str, float], ...] = ()
    cash_calendar: tuple[Entry, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    gives_way: tuple[GivenUp, ...] = ()


def propose(
    household: Household,
    policy: HouseholdPolicy,
    budget: Budget | None = None,
    still: Mapping[str, str] | None = None,
    form: TaxForm = by_law,
) -> Proposal:
    """Propose trades for a household whose data are fit to trade on.

    `still` are accounts to be left as they are, with the reason. Another `form` of the tax function
    than the law's is there to measure it by.
    """
    budget, still = budget or Budget(), still or {}
    household = with_schedules(household, policy)
    findings = [*not_traded(household, policy), *policy.remarks]
    findings += [f"{name} is left as it is: {why}" for name, why in still.items()]
    if not any(may_trade(a, policy) for a in household.accounts):
        findings += away(household)
        status = Status.EXCEPTION if policy.held else Status.DATA_HOLD
        return Proposal(household, policy, status, tuple(findings))
    seconds: dict[str, float] = {}
    breaches: tuple[Breach, ...] = ()
    failed: frozenset[str] = frozenset()
    stuck: tuple[CompiledModel, NoSolution, tuple[Breach, ...]] | None = None
    for reserve, improve in ATTEMPTS:
        with _Timed(seconds, "build"):
            room = _reserve(household, reserve)
            improved = failed if improve else frozenset()
            compiled = compile_household(household, policy, room, improved, frozenset(still), form)
        limits = replace(budget, few=0) if breaches else budget
        found = _checked(household, policy, compiled, limits, seconds)
        if isinstance(found, NoSolution):
            if breaches:
                if found.infeasible and stuck is None:
                    stuck = compiled, found, breaches
                continue
            return _unsolved(household, policy, compiled, found, findings, budget, seconds)
        solution, closing, breaches = found
        failed |= {breach.key for breach in breaches}
        if not breaches:
            findings += broken_notes(policy, closing)
            missed = unpaid(policy, closing)
            way = InTheWay((), 0.0)
            if missed:
                way = in_the_way_of_payments(compiled, budget.nodes, solution.work)
            findings += not_paid(missed, way, compiled)
            findings += not_kept(policy, closing, compiled, solution, missed)
            calendar = cash_calendar(policy, closing)
            findings += never_met(policy, closing.household, calendar)
            soft_broken = tuple(soft_breaches(policy, closing))
            findings += (softly_broken(scope, breach.message) for scope, breach in soft_broken)
            return Proposal(
                household,
                policy,
                Status.PROPOSED if solution.orders else Status.NO_ACTION,
                tuple(findings),
                closing,
                compiled,
                solution,
                soft_broken,
                way.rules,
                calendar,
                seconds=seconds,
            )
    odd = _too_coarse(household, policy, breaches if stuck is None else stuck[2], still)
    if odd:
        proposal = propose(household, policy, budget, {**still, **odd}, form)
        return replace(proposal, seconds=_added(seconds, proposal.seconds))
    if stuck is not None:
        compiled, unsolvable, left = stuck
        said = [*findings, *(f"no room for rounding: {breach.message}" for breach in left)]
        unsolved = _unsolved(household, policy, compiled, unsolvable, said, budget, seconds)
        # One rule that the household keeps as it is contradicts nothing: only rounding breaks it.
        kept = not exact_breaches(policy, empty_closing(household, policy))
        if len(unsolved.conflict) > 1 or not kept:
            return unsolved
    findings += [f"exact check: {breach.message}" for breach in breaches]
    return Proposal(household, policy, Status.EXCEPTION, tuple(findings), seconds=seconds)


def _checked(
    household: Household,
    policy: HouseholdPolicy,
    compiled: CompiledModel,
    budget: Budget,
    seconds: dict[str, float],
) -> tuple[Solution, Closing, tuple[Breach, ...]] | NoSolution:
    """A solution, what it leaves and what it breaks. One tree trades as few names as can be: where
    rounding needs more, prices find them."""
    solution = solve(compiled, budget)
    if isinstance(solution, NoSolution):
        return solution
    for stage, spent in solution.seconds.items():
        seconds[stage] = seconds.get(stage, 0.0) + spent
    with _Timed(seconds, "check"):
        closing = closing_of(household, policy, solution.orders)
        breaches = exact_breaches(policy, closing)
    if breaches and 0 < np.count_nonzero(solution.program.integer) <= budget.few:
        priced = _checked(household, policy, compiled, replace(budget, few=0), seconds)
        if not isinstance(priced, NoSolution):
            return priced
    return solution, closing, breaches


def _too_coarse(
    household: Household,
    policy: HouseholdPolicy,
    breaches: tuple[Breach, ...],
    still: Mapping[str, str],
) -> dict[str, str]:
    """The accounts that no rounding found brings within the rules, and why; none where nobody else
    would be left to trade. A small account of whole shares is not to keep the others from it."""
    said = {breach.where.split()[0]: breach.message for breach in reversed(breaches)}
    able = [a.id for a in household.accounts if may_trade(a, policy) and a.id not in still]
    odd = {
        name: f"no order found for it keeps to the rules: {said[name]}"
        for name in able
        if name in said
    }
    return odd if len(odd) < len(able) else {}


def _added(some: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    """Seconds of two solves, by stage."""
    return {stage: some.get(stage, 0.0) + more.get(stage, 0.0) for stage in {**some, **more}}


class _Timed:
    """Adds the seconds spent inside to a stage."""

    def __init__(self, seconds: dict[str, float], stage: str) -> None:
        self.seconds, self.stage = seconds, stage

    def __enter__(self) -> None:
        self.started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        spent = time.perf_counter() - self.started
        self.seconds[self.stage] = self.seconds.get(self.stage, 0.0) + spent


def _reserve(household: Household, dollars: Decimal) -> float:
    """Room that every bound leaves for rounding, in bp of household value."""
    total = sum((household.value(a) for a in household.accounts), Decimal(0))
    return float(dollars / total) * 10_000 if total > 0 else 0.0


def not_traded(household: Household, policy: HouseholdPolicy) -> list[str]:
    """Accounts that the book or the policy keeps from being traded, and why."""
    said = [
        f"{account.id} is not traded: {reason}"
        for account in household.accounts
        for reason in account.frozen
    ]
    said += [
        f"{account_id} is not traded until the policy is mended: {reason}"
        for account_id, reasons in sorted(policy.held.items())
        for reason in reasons
    ]
    return said


def away(household: Household) -> list[str]:
    """Why there is nothing to trade, where no finding and no rule says so."""
    away = [account.id for account in household.accounts if account.held_away]
    said = [f"{account_id} is not traded: it is held away" for account_id in away]
    return said if household.accounts else ["the household has no account"]


def _unsolved(
    household: Household,
    policy: HouseholdPolicy,
    compiled: CompiledModel,
    outcome: NoSolution,
    findings: list[str],
    budget: Budget,
    seconds: Mapping[str, float],
) -> Proposal:
    if not outcome.infeasible:
        findings = [*findings, f"the search ended without trades after {outcome.work.nodes} nodes"]
        return Proposal(household, policy, Status.EXCEPTION, tuple(findings), seconds=seconds)
    conflict = conflicting(outcome.program, budget.nodes, outcome.work)
    unit = compiled.physics.unit
    for key, stretch in conflict:
        findings.append(_cannot_hold(compiled.statements[key].statement, stretch * unit))
    if not conflict:
        findings.append(NO_POLICY_KEPT)
    return Proposal(
        household,
        policy,
        Status.INFEASIBLE,
        tuple(findings),
        compiled=compiled,
        conflict=conflict,
        seconds=seconds,
    )


def _cannot_hold(statement: Statement, short: float) -> str:
    """The finding about a statement that is short by so many dollars."""
    place = f"{statement.rule_id}, {statement.path}:{statement.line}"
    said = f"cannot hold with the others: {statement.directive.sentence()} ({place})"
    return f"{said}, short by ${short:,.0f}" if short > 0 else said


def cannot_hold(statement: Statement, recorded: float) -> set[str]:
    """The same as it may read where the dollars are known as they are recorded, to the cent."""
    return {_cannot_hold(statement, recorded + off) for off in (-0.005, 0.0, 0.005)}


def closing_of(
    household: Household, policy: HouseholdPolicy, orders: tuple[RoundedOrder, ...]
) -> Closing:
    """The orders in shares and cents on the household's opening positions."""
    sales: list[Sale] = []
    purchases: list[Purchase] = []
    accounts = {a.id: a for a in household.accounts}
    trading = {order.position.account_id for order in orders}
    costs = {name: Decimal(str(assumptions_for(policy, name).trading_cost)) for name in trading}
    for order in orders:
        account = accounts[order.position.account_id]
        cost = costs[account.id]
        if order.bought:
            security_id = order.position.security_id
            purchases.append(purchase_of(household, account, security_id, order.bought, cost))
        sales += [sale_of(household, account, lot, shares, cost) for lot, shares in order.lots]
    return empty_closing(household, policy, tuple(sales), tuple(purchases))


def empty_closing(
    household: Household,
    policy: HouseholdPolicy,
    sales: tuple[Sale, ...] = (),
    purchases: tuple[Purchase, ...] = (),
) -> Closing:
    """A closing with the models and targets of every account that may trade, over the household as
    its policy has it read."""
    household = with_assumed_values(household, policy)
    whole = as_whole(with_schedules(household, policy), policy)
    household = without_absent(whole, treatments(policy, "absent"))
    found = portfolios(household, policy)
    return Closing(
        household=household,
        sales=sales,
        purchases=purchases,
        models={a.id: p.model for p in found for a in p.traded},
        targets={a.id: p.target for p in found for a in p.traded},
        whole=whole,
        portfolios=found,
        passed_over=passed_over(whole, policy),
    )
