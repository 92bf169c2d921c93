"""What people are to approve of a proposal, and what they are to be told of it.

All of it follows from the policies and the finished trades alone: `verify` can tell it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from compiler.closing import Closing, Purchase, Sale, cents
from compiler.directives.oversight import Approval, Watch
from compiler.directives.preference import Preference
from compiler.statements import HouseholdPolicy, InForce
from portfolio.holding import is_long_term
from portfolio.household import Lot

Document = dict[str, Any]


def oversight_document(policy: HouseholdPolicy, closing: Closing) -> Document:
    """`approvals`: who has to agree to which trades, by statement; a proposal with any waits.
    `reports`: the trades, positions and lots that each `report` lists, none where there are none.
    `preferences`: dollars on the wrong side of each, before and after."""
    return {
        "approvals": list(_approvals(policy, closing)),
        "reports": list(_reports(policy, closing)),
        "preferences": list(_preferences(policy, closing)),
    }


def trade_id(row: Sale | Purchase) -> str:
    """The order that a row of a trade belongs to."""
    side = "sell" if isinstance(row, Sale) else "buy"
    return f"{row.account_id}:{row.security_id}:{side}"


def _approvals(policy: HouseholdPolicy, closing: Closing) -> Iterator[Document]:
    for scope in policy.statements:
        if isinstance(scope.directive, Approval):
            trades = _orders(scope.directive.touched(scope, closing))
            if trades:
                yield {"who": scope.directive.who, **_named(scope), "trades": trades}


def _reports(policy: HouseholdPolicy, closing: Closing) -> Iterator[Document]:
    for scope in policy.statements:
        watch = scope.directive
        if not isinstance(watch, Watch):
            continue
        if watch.action == "hold":
            found = [_position(closing, *each) for each in watch.positions(scope, closing)]
            lots = [_lot(closing, *each) for each in watch.lots(scope, closing)]
            yield {**_named(scope), "trades": [], "holdings": found, "lots": lots}
        else:
            trades = _orders(watch.touched(scope, closing))
            yield {**_named(scope), "trades": trades, "holdings": [], "lots": []}


def _preferences(policy: HouseholdPolicy, closing: Closing) -> Iterator[Document]:
    for scope in policy.statements:
        if isinstance(scope.directive, Preference):
            before, after = (
                f"{cents(scope.directive.dollars(scope, closing, after=after)):f}"
                for after in (False, True)
            )
            yield {**_named(scope), "wrong_side_before": before, "wrong_side_after": after}


def _named(scope: InForce) -> Document:
    return {"rule_id": scope.statement.rule_id, "statement": scope.statement.key}


def _orders(rows: Iterator[Sale | Purchase]) -> list[str]:
    return sorted({trade_id(row) for row in rows})


def _position(closing: Closing, account_id: str, security_id: str) -> Document:
    shares = closing.shares_after[account_id, security_id]
    worth = cents(shares * closing.household.prices[security_id])
    return {
        "account_id": account_id,
        "security_id": security_id,
        "shares": f"{shares:f}",
        "value": f"{worth:f}",
    }


def _lot(closing: Closing, lot: Lot, shares: Decimal) -> Document:
    worth = cents(shares * closing.household.prices[lot.security_id])
    return {
        "account_id": lot.account_id,
        "security_id": lot.security_id,
        "lot_id": lot.id,
        "shares": f"{shares:f}",
        "value": f"{worth:f}",
        "gain": f"{worth - cents(lot.basis * shares / lot.shares):f}",
        "term": "long" if is_long_term(lot, closing.household.as_of) else "short",
    }
