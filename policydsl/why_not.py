"""Why a security was not traded: each account that could have, in a sentence with its numbers.

The household is solved again from the run's own inputs; each number is one of that solve's ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.statements import Statement
from compiler.target import left_out
from policydsl.held_back import Barrier, Untraded, untraded
from policydsl.long_term import turning
from policydsl.propose import Proposal
from policydsl.trade_words import Group, cited, closer, main_groups, said
from policydsl.wash_causes import wash_causes
from portfolio.household import Account


@dataclass(frozen=True, slots=True)
class WhyNot:
    """One account's answer. `pull` is dollars per dollar, negative where the trade is wanted."""

    account_id: str
    side: str
    lot_id: str
    pull: float | None
    groups: tuple[Group, ...]
    held_by: tuple[str, ...]
    sentence: str


def why_not(proposal: Proposal, security: str) -> tuple[WhyNot, ...]:
    """Purchases and sales that the household did not make, by account and lot; `security` is an id
    or a ticker."""
    known = proposal.household.securities.values()
    security_id = next((s.id for s in known if security in (s.id, s.ticker)), security)
    answers = [_answer(proposal, trade) for trade in untraded(proposal, security_id)]
    answers += _impossible(proposal, security_id)
    return tuple(sorted(answers, key=lambda a: (a.account_id, a.side, a.lot_id)))


def _answer(proposal: Proposal, trade: Untraded) -> WhyNot:
    statements = _statements(proposal)
    groups = tuple(
        Group(kind, name, value)
        for (kind, name), value in sorted(trade.groups.items(), key=lambda item: item[1])
    )
    lead = f"lot {trade.lot_id} is not sold" if trade.lot_id else "not bought"
    assert proposal.compiled is not None
    nearer = closer(proposal.compiled.physics.portfolios, trade.account_id)
    asks = [said(g, statements, 0, nearer) for g in main_groups([g for g in groups if g.value < 0])]
    resists = [
        said(g, statements, 1) for g in main_groups([g for g in groups if g.value > 0][::-1])
    ]
    worth = f"{abs(trade.pull) * 100:.2f}¢ a dollar"
    barred = "; ".join(_barrier(each, statements) for each in trade.barriers)
    if not trade.wanted:
        text = f"{lead}: it would cost {worth} more than it brings"
        if resists:
            text += f": {'; '.join(resists)}"
        text += f"; barred too, by {barred}" if barred else ""
    elif trade.barriers:
        text = f"{lead}, though it is worth {worth} ({'; '.join(asks)}): barred by {barred}"
    else:
        text = (
            f"{lead}: the first dollar would be worth {worth} ({'; '.join(asks)}), "
            f"and no order of a size that may be placed pays{_smallest(proposal, trade)}"
        )
    turns = turning(proposal, trade)
    if turns is not None and turns.matters:
        text += f"; {turns.sentence()}"
    lots = {trade.lot_id} - {""}
    for cause in wash_causes(proposal, trade.account_id, trade.security_id, lots):
        text += f"; {cause}"
    return WhyNot(
        trade.account_id,
        trade.side,
        trade.lot_id,
        trade.pull,
        groups,
        tuple(barrier.name for barrier in trade.barriers),
        f"{trade.account_id}: {text}.",
    )


def _statements(proposal: Proposal) -> dict[str, Statement]:
    return {scope.statement.key: scope.statement for scope in proposal.policy.statements}


def _barrier(barrier: Barrier, statements: dict[str, Statement]) -> str:
    return cited(statements[barrier.name]) if barrier.kind == "statements" else barrier.name


def _smallest(proposal: Proposal, trade: Untraded) -> str:
    for scope in proposal.policy.statements:
        if scope.directive.kind == "trade minimum" and trade.account_id in scope.accounts:
            return f": {cited(scope.statement)}"
    return ""


def _impossible(proposal: Proposal, security_id: str) -> Iterator[WhyNot]:
    """Accounts that the model gave no column to buy the security with, or that it may not trade."""
    physics = proposal.compiled.physics if proposal.compiled else None
    positions = physics.positions if physics else {}
    for account in proposal.household.accounts:
        position = positions.get((account.id, security_id))
        held = any(lot.security_id == security_id for lot in account.lots)
        if position is None:
            reason = _untradable(proposal, account) or "neither held nor in its target"
        elif position.buy is None and not held:
            reason = "its target is nothing"
        elif position.buy is None:
            reason = "not bought: not in its target"
        else:
            continue
        target = physics.reference("target").get(account.id, {}) if physics else {}
        excluded = left_out(proposal.household, account, proposal.policy, target)
        banned = excluded.get(security_id)
        rule: tuple[str, ...] = ()
        if banned is not None:
            reason = f"the target leaves it out: {cited(banned.statement)}"
            rule = (banned.statement.key,)
        yield WhyNot(account.id, "buy", "", None, (), rule, f"{account.id}: {reason}.")


def _untradable(proposal: Proposal, account: Account) -> str:
    reasons = [*account.frozen, *proposal.policy.held.get(account.id, ())]
    if account.held_away:
        reasons.append("it is held away")
    return f"the account is not traded: {'; '.join(reasons)}" if reasons else ""
