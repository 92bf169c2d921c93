"""The tax function of each entity in the model: linear pieces, of which one is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from compiler.registry import Region, TaxFunction
from compiler.sums import Column, Sum, plain, total
from compiler.tax_forms import TaxForm, YearStart
from compiler.washing import find_losses
from portfolio.household import Lot
from portfolio.tax import ordinary_limit

if TYPE_CHECKING:
    from compiler.physics import Physics

LEAST_GAIN = 0.05  # dollars: below this, rounding to cents can turn a gain into a loss


def add_taxes(physics: Physics, form: TaxForm) -> None:
    """Net short and long of each tax entity, and the tax by the piece of `form` they fall in."""
    household = physics.household
    sales: dict[str, list[tuple[Lot, Column, float]]] = {}
    for position in physics.positions.values():
        account = physics.account(position.account_id)
        if account.taxable:
            cost = physics.assumptions[account.id].trading_cost
            of_lots = list(zip(position.lots, position.sells, position.worth, strict=True))
            for lot, _, worth in of_lots:
                # A dollar sold, after the cost of selling, less its basis.
                gain = 1.0 - cost - physics.bp(lot.basis) / worth if worth else 0.0
                physics.gains[lot.id] = gain
                if gain * worth * physics.unit >= LEAST_GAIN:
                    physics.surely_gains.add(lot.id)
            sales.setdefault(account.tax_entity_id, []).extend(of_lots)
    physics.losses = find_losses(physics)
    for entity_id in sorted(household.tax_entities):
        if entity_id in sales:
            _entity_tax(physics, entity_id, sales[entity_id], form)


def _entity_tax(
    physics: Physics, entity_id: str, lots: Iterable[tuple[Lot, Column, float]], form: TaxForm
) -> None:
    """`lots` with their sales and what they are worth (bp)."""
    entity = physics.household.tax_entities[entity_id]
    start = {
        "short": physics.bp(entity.ytd_short - entity.carry_short),
        "long": physics.bp(entity.ytd_long - entity.carry_long),
    }
    low, high = dict(start), dict(start)
    rates: dict[str, list[float]] = {"short": [], "long": []}
    taken: dict[str, list[Column]] = {"short": [], "long": []}
    for lot, sell, worth in lots:
        rate, term = physics.gains[lot.id], physics.term(lot)
        rates[term].append(-rate)
        taken[term].append(sell)
        low[term] += min(0.0, rate * worth)
        high[term] += max(0.0, rate * worth)
    block = physics.tableau.block("tax", entity_id)
    for (account_id, term), most in _most_disallowed(physics, entity_id).items():
        column = block.column("disallowed", (account_id, term), 0.0, most)
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
    names, count = list(possible), len(possible)
    chosen = block.binaries("chosen", names)
    nets = {
        term: block.columns(
            term, names, [min(low[term], 0.0)] * count, [max(high[term], 0.0)] * count
        )
        for term in ("short", "long")
    }
    regions = tuple(map(Region, names, chosen, nets["short"], nets["long"]))
    block.rows("one_region").exactly(None, plain(chosen), 1.0)
    for term, of_regions in nets.items():
        net = Sum([*[1.0] * count, *rates[term]], [*of_regions, *taken[term]])
        block.rows("net").exactly(term, net, start[term])
    netting, inside = block.rows("netting"), block.rows("inside")
    tax, worth_on = list[Sum](), list[Sum]()
    for region, piece in zip(regions, possible.values(), strict=True):
        columns = [region.short, region.long, region.chosen]
        for k, (a, b, c) in enumerate(piece.rows):
            netting.at_least((region.name, k), Sum([a, b, -c], columns), 0.0)
        for term, net_of in (("short", region.short), ("long", region.long)):
            at_most, at_least = (Sum([1.0, -e[term]], [net_of, region.chosen]) for e in (high, low))
            inside.at_most((region.name, term, "high"), at_most, 0.0)
            inside.at_least((region.name, term, "low"), at_least, 0.0)
        tax.append(Sum([piece.on_short, piece.on_long, piece.constant], columns))
        if piece.worth:
            worth_on.append(Sum([piece.worth, piece.worth, piece.worth * limit], columns))
    physics.taxes[entity_id] = TaxFunction(
        entity_id=entity_id,
        regions=regions,
        tax=total(tax),
        owed=total(tax) - total(worth_on),
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
