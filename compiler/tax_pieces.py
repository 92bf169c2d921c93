"""The tax function of each entity in the model: linear pieces, of which one is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from compiler.registry import Region, TaxFunction
from compiler.sums import Sum
from compiler.tax_forms import TaxForm, YearStart
from compiler.washing import find_losses
from portfolio.household import Lot
from portfolio.tax import ordinary_limit

if TYPE_CHECKING:
    from compiler.physics import Physics

LEAST_GAIN = 0.05  # dollars: below this, rounding to cents can turn a gain into a loss


def add_taxes(physics: Physics, form: TaxForm) -> None:
    """Net short and long of each tax entity, and the tax by the piece of `form` they fall in."""
    m, household = physics.model, physics.household
    m.tax = pyo.Block(pyo.Any)
    sales: dict[str, list[tuple[Lot, Any, float]]] = {}
    for position in physics.positions.values():
        account = physics.account(position.account_id)
        if account.taxable:
            of_lots = zip(position.lots, position.sells, position.worth, strict=True)
            for lot, sell, worth in of_lots:
                gain = physics.gains[lot.id] = gain_fraction(physics, account.id, lot)
                if gain * worth * physics.unit >= LEAST_GAIN:
                    physics.surely_gains.add(lot.id)
                sales.setdefault(account.tax_entity_id, []).append((lot, sell, worth))
    physics.losses = find_losses(physics)
    for entity_id in sorted(household.tax_entities):
        if entity_id in sales:
            _entity_tax(physics, entity_id, sales[entity_id], form)


def gain_fraction(physics: Physics, account_id: str, lot: Lot) -> float:
    """Gain realised a dollar sold, after the cost of selling."""
    worth = lot.shares * physics.household.prices[lot.security_id]
    cost = physics.assumptions[account_id].trading_cost
    return 1.0 - cost - float(lot.basis / worth) if worth else 0.0


def _entity_tax(
    physics: Physics, entity_id: str, lots: Iterable[tuple[Lot, Any, float]], form: TaxForm
) -> None:
    """`lots` with their sales and what they are worth (bp)."""
    m, entity = physics.model, physics.household.tax_entities[entity_id]
    start = {
        "short": physics.bp(entity.ytd_short - entity.carry_short),
        "long": physics.bp(entity.ytd_long - entity.carry_long),
    }
    low, high = dict(start), dict(start)
    rates: dict[str, list[float]] = {"short": [], "long": []}
    taken: dict[str, list[Any]] = {"short": [], "long": []}
    for lot, sell, worth in lots:
        rate, term = physics.gains[lot.id], physics.term(lot)
        rates[term].append(-rate)
        taken[term].append(sell)
        low[term] += min(0.0, rate * worth)
        high[term] += max(0.0, rate * worth)
    block = m.tax[entity_id]
    disallowed = _most_disallowed(physics, entity_id)
    if disallowed:
        block.disallowed = pyo.Var(pyo.Any, dense=False)
        block.washed = pyo.Constraint(pyo.Any)
    for (account_id, term), most in disallowed.items():
        column = block.disallowed[account_id, term]
        column.setlb(0.0)
        column.setub(most)
        physics.disallowed[account_id, term] = column
        rates[term].append(-1.0)
        taken[term].append(column)
        high[term] += most
    limit = physics.bp(ordinary_limit(entity.filing))
    pieces = form(entity, YearStart(start["short"], start["long"], limit))
    possible = {
        name: piece
        for name, piece in pieces.items()
        if all(
            max(a * low["short"], a * high["short"]) + max(b * low["long"], b * high["long"]) >= c
            for a, b, c in piece.rows
        )
    }
    block.chosen = pyo.Var(list(possible), domain=pyo.Binary)
    block.short = pyo.Var(list(possible), bounds=(min(low["short"], 0), max(high["short"], 0)))
    block.long = pyo.Var(list(possible), bounds=(min(low["long"], 0), max(high["long"], 0)))
    block.one_region = pyo.Constraint(expr=pyo.quicksum(block.chosen[r] for r in possible) == 1)
    columns = {"short": block.short, "long": block.long}
    nets = {
        term: Sum([*[1.0] * len(possible), *rates[term]], [*column.values(), *taken[term]])
        for term, column in columns.items()
    }
    block.net = pyo.Constraint(
        list(nets), rule=lambda _, term: nets[term].expression == start[term]
    )
    block.netting = pyo.Constraint(pyo.Any)
    block.inside = pyo.Constraint(pyo.Any)
    for name, piece in possible.items():
        for k, (a, b, c) in enumerate(piece.rows):
            block.netting[name, k] = (
                a * block.short[name] + b * block.long[name] - c * block.chosen[name] >= 0.0
            )
        for term, column in columns.items():
            block.inside[name, term, "high"] = column[name] <= high[term] * block.chosen[name]
            block.inside[name, term, "low"] = column[name] >= low[term] * block.chosen[name]
    tax = pyo.quicksum(
        p.on_short * block.short[r] + p.on_long * block.long[r] + p.constant * block.chosen[r]
        for r, p in possible.items()
    )
    worth = pyo.quicksum(
        p.worth * (block.short[r] + block.long[r] + limit * block.chosen[r])
        for r, p in possible.items()
        if p.worth
    )
    physics.taxes[entity_id] = TaxFunction(
        entity_id=entity_id,
        regions=tuple(Region(r, block.chosen[r], block.short[r], block.long[r]) for r in possible),
        tax=tax,
        owed=tax - worth,
        before=next(
            piece.tax(start["short"], start["long"])
            for piece in pieces.values()
            if piece.holds(start["short"], start["long"])
        ),
    )


def _most_disallowed(physics: Physics, entity_id: str) -> dict[tuple[str, str], float]:
    """By account and term, the most that wash sales may disallow of the entity's losses (bp)."""
    found: dict[tuple[str, str], float] = {}
    for losses in physics.losses.values():
        worst: dict[tuple[str, str], float] = {}
        for way in losses.ways:
            for key, amount in way.disallowed.items():
                if physics.account(key[0]).tax_entity_id == entity_id:
                    worst[key] = max(worst.get(key, 0.0), amount)
        for key, amount in worst.items():
            found[key] = found.get(key, 0.0) + amount
    return dict(sorted(found.items()))
