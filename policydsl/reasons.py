"""Why each trade: its ledger with names, and what binds the household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from compiler.closing import Closing, Purchase, Sale
from policydsl.location import LEDGER_PLACES, elsewhere
from policydsl.propose import Proposal
from policydsl.trade_words import Group, Trade, Words
from solver.ledger import BINDING
from solver.solve import Solution

RECORDED = 1e-9  # dollars a dollar: smaller groups are not part of a ledger


def explained_trades(proposal: Proposal) -> tuple[Trade, ...]:
    """The proposal's orders by account, security and side, each with its ledger and sentence."""
    closing, solution = proposal.closing, proposal.solution
    if closing is None or solution is None:
        return ()
    orders: dict[tuple[str, str, str], list[Sale | Purchase]] = {}
    for sale in closing.sales:
        orders.setdefault((sale.account_id, sale.security_id, "sell"), []).append(sale)
    for buy in closing.purchases:
        orders.setdefault((buy.account_id, buy.security_id, "buy"), []).append(buy)
    column_of = _columns(proposal)
    words = Words(closing, proposal.policy)
    return tuple(
        words.told(_trade(proposal, closing, key, rows, column_of))
        for key, rows in sorted(orders.items())
    )


def _columns(proposal: Proposal) -> dict[tuple[str, ...], int]:
    """(account, security, lot) of a sale and (account, security) of a purchase to columns."""
    assert proposal.compiled is not None
    assert proposal.solution is not None
    found: dict[tuple[str, ...], int] = {}
    for key, position in proposal.compiled.physics.positions.items():
        for lot, sell in zip(position.lots, position.sells, strict=True):
            found[(*key, lot.id)] = sell
        if position.buy is not None:
            found[key] = position.buy
    return found


def _trade(
    proposal: Proposal,
    closing: Closing,
    key: tuple[str, str, str],
    rows: list[Sale | Purchase],
    column_of: Mapping[tuple[str, ...], int],
) -> Trade:
    account_id, security_id, side = key
    sales = tuple(row for row in rows if isinstance(row, Sale))
    columns = [
        column_of[account_id, security_id, row.lot.id]
        if isinstance(row, Sale)
        else column_of[account_id, security_id]
        for row in rows
    ]
    amount = sum((row.amount for row in rows), Decimal(0))
    shares = [float(row.amount / amount) if amount else 1.0 / len(rows) for row in rows]
    assert proposal.solution is not None
    entries = [proposal.solution.ledger.entry(column) for column in columns]
    ledger = _averaged(entries, shares)
    return Trade(
        trade_id=f"{account_id}:{security_id}:{side}",
        account_id=account_id,
        security_id=security_id,
        side=side,
        shares=sum((row.shares for row in rows), Decimal(0)),
        price=closing.household.prices[security_id],
        amount=amount,
        cost=sum((row.cost for row in rows), Decimal(0)),
        sales=sales,
        ledger=ledger,
        rules=(),
        sentence="",
        elsewhere=elsewhere(
            proposal,
            account_id,
            security_id,
            side,
            {(group.kind, group.name): group.value for group in ledger},
        ),
    )


def _averaged(
    entries: Sequence[Mapping[str, Mapping[str, float]]], shares: Sequence[float]
) -> tuple[Group, ...]:
    """The ledger of an order: the mean over its lots, by dollars."""
    total: dict[tuple[str, str], float] = {}
    for entry, share in zip(entries, shares, strict=True):
        for kind, groups in entry.items():
            for name, value in groups.items():
                total[kind, name] = total.get((kind, name), 0.0) + share * value
    return tuple(
        Group(kind, name, round(value, LEDGER_PLACES))
        for (kind, name), value in sorted(total.items(), key=lambda item: (item[1], item[0]))
        if abs(value) > RECORDED
    )


@dataclass(frozen=True, slots=True)
class Binding:
    """A bound of a statement that the trades lean on: dollars saved per dollar of more room."""

    key: str
    rule_id: str
    where: str
    price: float


def bindings(proposal: Proposal) -> tuple[Binding, ...]:
    """What binds the household, dearest first: rows of statements with a price."""
    solution = proposal.solution
    if solution is None:
        return ()
    statements = {s.statement.key: s.statement for s in proposal.policy.statements}
    found: dict[tuple[str, str], float] = {}
    for i in _priced_rows(solution):
        owner = solution.program.owners[i]
        if owner in statements:
            where = solution.program.row_names[i].partition(".")[2] or owner
            where = where.rsplit("'.", 1)[-1]
            key = owner, where
            found[key] = max(found.get(key, 0.0), abs(float(solution.answer.point.row_dual[i])))
    return tuple(
        Binding(key, statements[key].rule_id, where, price)
        for (key, where), price in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    )


def _priced_rows(solution: Solution) -> list[int]:
    return [int(i) for i in np.flatnonzero(np.abs(solution.answer.point.row_dual) > BINDING)]
