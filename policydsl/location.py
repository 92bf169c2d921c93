"""Why in this account: what the same order would have cost in another account of the portfolio.

Accounts of a joint portfolio share their risk, so that of two accounts in which a security could be
bought or sold the ledgers differ by tax, income, rules and cash alone. The difference is marginal,
in dollars per dollar traded, like the ledger that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compiler.portfolios import Portfolio
from compiler.registry import Position
from policydsl.held_back import Barrier, Untraded, untraded
from policydsl.propose import Proposal
from solver.ledger import OWN_BOUNDS

Key = tuple[str, str]
LEAST = 1e-5  # dollars a dollar: a tenth of a basis point


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`more` is what a dollar of the order would cost more in another account, below zero where it
    would have been better there and `barriers` bar it; `groups` are the differences of the ledgers
    by (kind, name), dearest first."""

    account_id: str
    more: float
    groups: tuple[tuple[Key, float], ...]
    barriers: tuple[Barrier, ...] = ()


def elsewhere(
    proposal: Proposal, account_id: str, security_id: str, side: str, ledger: Mapping[Key, float]
) -> tuple[Elsewhere, ...]:
    """Accounts of the same portfolio in which the order would have cost more, dearest first; of a
    sale, as the lot that costs least there would have."""
    assert proposal.compiled is not None
    physics = proposal.compiled.physics
    portfolio = next(p for p in physics.portfolios if account_id in p.meant)
    here = _own(ledger)
    found = []
    for position in _others(portfolio, physics.positions, account_id, security_id):
        ledgers = [_differences(each, here) for each in _possible(proposal, position, side)]
        if ledgers:
            least = min(ledgers, key=lambda groups: sum(groups.values()))
            more = sum(least.values())
            ordered = tuple(sorted(least.items(), key=lambda item: (-item[1], item[0])))
            found.append(Elsewhere(position.account_id, more, ordered))
    dear = [each for each in found if each.more > LEAST]
    cheap = [each.account_id for each in found if each.more < -LEAST]
    dear += _barred(proposal, cheap, security_id, side) if cheap else ()
    return tuple(sorted(dear, key=lambda each: (-each.more, each.account_id)))


def _barred(
    proposal: Proposal, account_ids: Sequence[str], security_id: str, side: str
) -> Iterator[Elsewhere]:
    """The accounts where the order was wanted more than here, and rules that bar it there."""
    wanted: dict[str, Untraded] = {}
    for trade in untraded(proposal, security_id):
        barred = [b for b in trade.barriers if b.kind == "statements"]
        if trade.account_id in account_ids and trade.side == side and trade.wanted and barred:
            best = wanted.setdefault(trade.account_id, trade)
            wanted[trade.account_id] = min(best, trade, key=lambda t: (t.pull, t.lot_id))
    for account_id, trade in wanted.items():
        yield Elsewhere(account_id, trade.pull, (), trade.barriers)


def _others(
    portfolio: Portfolio, positions: Mapping[Key, Position], account_id: str, security_id: str
) -> Iterator[Position]:
    for account in portfolio.traded:
        position = positions.get((account.id, security_id))
        if account.id != account_id and position is not None:
            yield position


def _possible(proposal: Proposal, position: Position, side: str) -> Iterator[dict[Key, float]]:
    """The ledgers of a purchase of the position, or of the sale of each of its lots."""
    solution = proposal.solution
    assert solution is not None
    variables = position.sells if side == "sell" else (position.buy,)
    for variable in variables:
        if variable is not None:
            entry = solution.ledger.entry(solution.program.column(variable))
            yield _own({(kind, n): v for kind, part in entry.items() for n, v in part.items()})


def _own(ledger: Mapping[Key, float]) -> dict[Key, float]:
    """A ledger without the bounds of the trade itself."""
    return {
        (kind, name): value
        for (kind, name), value in ledger.items()
        if not (kind == "bounds" and name in OWN_BOUNDS)
    }


def _differences(there: Mapping[Key, float], here: Mapping[Key, float]) -> dict[Key, float]:
    return {
        key: there.get(key, 0.0) - here.get(key, 0.0) for key in sorted(there.keys() | here.keys())
    }
