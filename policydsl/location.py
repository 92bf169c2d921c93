"""Why in this account: what the same order would have cost in another account of the portfolio.

Accounts of a joint portfolio share their risk, so that of two accounts in which a security could be
bought or sold the ledgers differ by tax, income, rules and cash alone (and, with a retirement tax
rate, by what a dollar counts). The difference is marginal, in dollars per dollar traded, like the
ledger that it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policydsl.held_back import Barrier, Untraded, untraded
from policydsl.propose import Proposal
from solver.ledger import is_own_bound

Key = tuple[str, str]
LEDGER_PLACES = 12
"""Of dollars a dollar, as they are recorded and told."""
LEAST = 1e-5  # dollars a dollar: a tenth of a basis point


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`more` is what a dollar of the order would cost more in another account, and `groups` are the
    differences of the ledgers by (kind, name), dearest first. Where the order is wanted there and
    barred, `more` is below zero, what it would be worth, and `barriers` bar it."""

    account_id: str
    more: float
    groups: tuple[tuple[Key, float], ...] = ()
    barriers: tuple[Barrier, ...] = ()


def elsewhere(
    proposal: Proposal, account_id: str, security_id: str, side: str, ledger: Mapping[Key, float]
) -> tuple[Elsewhere, ...]:
    """Accounts of the same portfolio that leave the security alone, where the order would have cost
    more or is barred, dearest first; of a sale, as the lot that is wanted most would have."""
    assert proposal.compiled is not None
    portfolios = proposal.compiled.physics.portfolios
    portfolio = next(p for p in portfolios if account_id in p.meant)
    if len(portfolio.traded) == 1:
        return ()
    best: dict[str, Untraded] = {}
    for trade in untraded(proposal, security_id):
        if trade.side == side and trade.account_id in portfolio.meant:
            wanted = best.setdefault(trade.account_id, trade)
            best[trade.account_id] = min(wanted, trade, key=lambda t: (t.pull, t.lot_id))
    here = {key: value for key, value in ledger.items() if not is_own_bound(*key)}
    found = [_compared(there, here) for there in best.values() if there.account_id != account_id]
    told = [each for each in found if each.more > LEAST or each.barriers]
    return tuple(sorted(told, key=lambda each: (-each.more, each.account_id)))


def _compared(there: Untraded, here: Mapping[Key, float]) -> Elsewhere:
    if there.wanted and there.barriers:
        worth = round(there.pull, LEDGER_PLACES)
        return Elsewhere(there.account_id, worth, barriers=there.barriers)
    groups = {
        key: round(there.groups.get(key, 0.0) - here.get(key, 0.0), LEDGER_PLACES)
        for key in sorted(there.groups.keys() | here.keys())
    }
    ordered = tuple(sorted(groups.items(), key=lambda item: (-item[1], item[0])))
    return Elsewhere(there.account_id, round(sum(groups.values()), LEDGER_PLACES), ordered)
