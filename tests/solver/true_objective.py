"""The objective of a proposal, reckoned again from its trades alone.

Shares, prices, bases, rates and the risk model in plain numpy, as the words of the objective have
it: tax now, tax moved in time, trading, yearly tax on income, and horizon x risk aversion x TE^2 x
value. No column, row or square of the model is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np

from compiler.assumptions import Assumptions, assumptions_for
from compiler.closing import Closing
from compiler.portfolios import Portfolio, may_trade
from compiler.statements import HouseholdPolicy
from policydsl.propose import Proposal
from portfolio.household import Household, TaxEntity


def true_objective(proposal: Proposal) -> dict[str, float]:
    """Its terms in bp of what may be traded; their sum is what the proposal states."""
    closing, policy = proposal.closing, proposal.policy
    assert closing is not None
    home = closing.household
    assert not any(closing.disallowed(sale) for sale in closing.sales), "no washed loss in here"
    assumed = {a.id: assumptions_for(policy, a.id) for a in home.accounts}
    terms = {
        "tax": sum(_tax(closing, each, assumed) for each in home.tax_entities.values()),
        "later tax": _later(closing, assumed),
        "cost": sum(
            assumed[t.account_id].trading_cost * float(t.shares * home.prices[t.security_id])
            for t in closing.trades
        ),
        "drag": _drag(closing, assumed),
        "risk": sum(_risk(closing, each, assumed) for each in closing.portfolios),
    }
    return {name: dollars / _unit(home, policy) for name, dollars in terms.items()}


def _unit(home: Household, policy: HouseholdPolicy) -> float:
    """Dollars of one bp."""
    worth = sum((home.value(a) for a in home.accounts if may_trade(a, policy)), Decimal(0))
    return float(worth) / 1e4 if worth > 0 else 1.0


def _gains(closing: Closing, assumed: Mapping[str, Assumptions]) -> list[tuple[str, bool, float]]:
    """Taxpayer, term and gain of every taxable sale, before any rounding to cents (dollars)."""
    found = []
    for sale in closing.sales:
        account = closing.account(sale.account_id)
        if account.taxable:
            amount = float(sale.shares * closing.household.prices[sale.security_id])
            basis = float(sale.lot.basis) * float(sale.shares / sale.lot.shares)
            gain = amount * (1.0 - assumed[account.id].trading_cost) - basis
            found.append((account.tax_entity_id, sale.long_term, gain))
    return found


def _tax(closing: Closing, entity: TaxEntity, assumed: Mapping[str, Assumptions]) -> float:
    """What today's sales add to the year's tax, less what they add to losses carried on; nothing
    where the taxpayer has nothing that may be traded."""
    start = np.array([entity.ytd_short - entity.carry_short, entity.ytd_long - entity.carry_long])
    nets = start.astype(float)
    for owner, long_term, gain in _gains(closing, assumed):
        if owner == entity.id:
            nets[int(long_term)] += gain
    return _year(entity, *nets.tolist()) - _year(entity, *start.astype(float).tolist())


def _year(entity: TaxEntity, short: float, long: float) -> float:
    """26 USC 1222, 1211(b) and 1212(b), carried losses at what a dollar of them is worth."""
    limit = 1_500.0 if entity.filing == "separate" else 3_000.0
    if short + long < 0.0:
        offset = min(limit, -short - long)
        carried = -short - long - offset
        return -float(entity.rate_ordinary) * offset - float(entity.rate_carry or 0) * carried
    of_short = min(max(short, 0.0), short + long)
    of_long = min(max(long, 0.0), short + long)
    return float(entity.rate_short) * of_short + float(entity.rate_long) * of_long


def _later(closing: Closing, assumed: Mapping[str, Assumptions]) -> float:
    """Tax that sales take out of the future: a gain realised now is not taxed then."""
    total = 0.0
    for sale in closing.sales:
        account = closing.account(sale.account_id)
        if account.taxable:
            numbers = assumed[account.id]
            gain = float(sale.shares * closing.household.prices[sale.security_id])
            gain *= 1.0 - numbers.trading_cost
            gain -= float(sale.lot.basis) * float(sale.shares / sale.lot.shares)
            saved = (1.0 - numbers.step_up) / (1.0 + numbers.discount_rate) ** numbers.deferral
            rate = float(closing.household.tax_entities[account.tax_entity_id].rate_long)
            total -= rate * saved * gain
    return total


def _drag(closing: Closing, assumed: Mapping[str, Assumptions]) -> float:
    """Tax on the income of what is held more, less of what is held less."""
    home, total = closing.household, 0.0
    for sign, trades in ((-1, closing.sales), (1, closing.purchases)):
        for trade in trades:
            account = closing.account(trade.account_id)
            if account.taxable:
                rate = float(home.tax_entities[account.tax_entity_id].rate_ordinary)
                paid = float(home.securities[trade.security_id].dividend_yield) * rate
                amount = float(trade.shares * home.prices[trade.security_id])
                total += sign * assumed[account.id].horizon * paid * amount
    return total


def _risk(closing: Closing, portfolio: Portfolio, assumed: Mapping[str, Assumptions]) -> float:
    """Horizon x risk aversion x TE^2 x value, funds looked through."""
    home = closing.household
    risk = home.risk
    row = {name: i for i, name in enumerate(risk.securities)}
    value = {a.id: float(closing.value(a)) for a in (*portfolio.traded, *portfolio.kept)}
    total, traded = sum(value.values()), sum(value[a.id] for a in portfolio.traded)
    if total <= 0.0 or traded <= 0.0:
        return 0.0
    active = np.zeros(len(row))
    held = [
        (name, float(shares * home.prices[name]))
        for (owner, name), shares in closing.shares_after.items()
        if owner in portfolio.members
    ]
    meant = [(name, -float(weight) * total) for name, weight in portfolio.target.items()]
    for name, dollars in held + meant:
        for part, share in home.constituents.get(name, {name: 1}).items():
            active[row[part]] += dollars * float(share) / total
    variance = float(((risk.loadings.T @ active) ** 2).sum() + risk.specific @ active**2)
    price = sum(
        assumed[a.id].horizon * assumed[a.id].risk_aversion * value[a.id] / traded
        for a in portfolio.traded
    )
    return price * variance * total
