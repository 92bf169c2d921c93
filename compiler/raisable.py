"""What an account could sell for cash: the lots that no rule and no finding keeps from being sold,
as far as instalments go.

An upper end: limits on gains, turnover, weights and the size of trades may leave less of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from compiler.assumptions import assumptions_for
from compiler.portfolios import may_trade
from compiler.statements import HouseholdPolicy
from compiler.treated import treatments, without_absent
from portfolio.household import Account, Household

ZERO = Decimal(0)


@dataclass(frozen=True)
class Raisable:
    """Dollars that sales could bring after costs, and those of lots that may not be sold: by the
    key of the first statement that bars them, or under no key where the account may not trade."""

    dollars: Decimal
    barred: Mapping[str, Decimal]


def raisable(
    household: Household, account: Account, policy: HouseholdPolicy, enough: Decimal | None = None
) -> Raisable:
    """What the account could raise on the household's day, at its prices; looks no further than
    for `enough`."""
    seen = without_absent(household, treatments(policy, "absent"))
    own = next(each for each in seen.accounts if each.id == account.id)
    stopped = not may_trade(own, policy)
    barring = [
        scope
        for scope in policy.statements
        if own.id in scope.accounts and scope.statement.soft is None
    ]
    ceilings = [
        (scope.statement.key, *ceiling)
        for scope in barring
        for ceiling in scope.directive.sale_ceilings(scope, seen, own)
    ]
    room = [dollars for _, _, dollars in ceilings]
    cost = 1 - Decimal(str(assumptions_for(policy, own.id).trading_cost))
    free, barred = ZERO, dict[str, Decimal]()
    for lot in own.lots:
        worth = lot.shares * seen.prices.get(lot.security_id, ZERO)
        by = (s.statement.key for s in barring if s.directive.bars_sale(s, seen, own, lot))
        key = "" if stopped else next(by, None)
        may = ZERO
        if key is None:
            over = [k for k, (_, names, _) in enumerate(ceilings) if lot.security_id in names]
            least = min(over, key=lambda k: room[k], default=None)
            may = worth if least is None else min(worth, room[least])
            key = "" if least is None else ceilings[least][0]
            for k in over:
                room[k] -= may
        free += may
        if may < worth:
            barred[key] = barred.get(key, ZERO) + worth - may
        if enough is not None and free * cost >= enough:
            break
    return Raisable(free * cost, barred)
