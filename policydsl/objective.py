"""The objective of a proposal, reckoned again from its trades alone, without model or solver.

Shares, prices, bases, rates and the risk model in plain numpy, as the words of the objective have
it: tax now, tax moved in time, trading, yearly tax on income, and horizon x risk aversion x TE^2 x
value. No column, row or square of the model is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import numpy as np

from compiler.assumptions import Assumptions, assumptions_for
from compiler.closing import Closing, Sale
from compiler.directives.preference import Preference
from compiler.portfolios import Portfolio, may_trade
from compiler.statements import HouseholdPolicy, InForce
from portfolio.household import Household, TaxEntity
from portfolio.tax.replacements import recent_purchases
from solver.ledger import PREFER


def objective_terms(policy: HouseholdPolicy, closing: Closing) -> dict[str, float]:
    """Its terms at the trades, dollars of present value; what statements price stands under their
    keys."""
    home = closing.household
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
    for scope in policy.statements:
        if isinstance(scope.directive, Preference):
            name = PREFER + scope.statement.key
            terms[name] = _preferred(scope, scope.directive, closing, assumed)
    return terms


def dollars_of_a_bp(home: Household, policy: HouseholdPolicy) -> float:
    """Of the value of what may be traded, by which objective and bound are measured."""
    worth = sum((home.value(a) for a in home.accounts if may_trade(a, policy)), Decimal(0))
    return float(worth) / 1e4 if worth > 0 else 1.0


def _gain(closing: Closing, sale: Sale, assumed: Mapping[str, Assumptions]) -> float:
    """Gain of a sale before any rounding to cents (dollars)."""
    amount = float(sale.shares * closing.household.prices[sale.security_id])
    basis = float(sale.lot.basis) * float(sale.shares / sale.lot.shares)
    return amount * (1.0 - assumed[sale.account_id].trading_cost) - basis


def _taxable(closing: Closing) -> Iterator[Sale]:
    return (s for s in closing.sales if closing.account(s.account_id).taxable)


def _tax(closing: Closing, entity: TaxEntity, assumed: Mapping[str, Assumptions]) -> float:
    """What today's sales add to the year's tax, less what they add to losses carried on; nothing
    where the taxpayer has nothing that may be traded."""
    start = np.array([entity.ytd_short - entity.carry_short, entity.ytd_long - entity.carry_long])
    nets = start.astype(float)
    for sale in _taxable(closing):
        if closing.account(sale.account_id).tax_entity_id == entity.id:
            nets[int(sale.long_term)] += _gain(closing, sale, assumed)
            nets[int(sale.long_term)] += float(closing.disallowed(sale))
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
    """Tax that sales take out of the future: a gain realised now is not taxed then, and a loss that
    is washed is then a gain less."""
    total = 0.0
    for sale in _taxable(closing):
        rate = _later_rate(closing, sale.account_id, assumed)
        total -= rate * _gain(closing, sale, assumed)
        if closing.disallowed(sale):
            total -= _washed(closing, sale, assumed)
    return total


def _later_rate(closing: Closing, account_id: str, assumed: Mapping[str, Assumptions]) -> float:
    """What a dollar of gain less in an account is worth later; nothing where none is taxed."""
    account = closing.account(account_id)
    if not account.taxable:
        return 0.0
    rate = float(closing.household.tax_entities[account.tax_entity_id].rate_long)
    return rate * assumed[account_id].present_value_of_deferred_tax


def _washed(closing: Closing, sale: Sale, assumed: Mapping[str, Assumptions]) -> float:
    """What the basis is worth later that a washed loss adds to the shares that replace it."""
    kept = {
        each.lot_id: each.account_id
        for each in recent_purchases(closing.whole or closing.household)
    }
    shares = closing.replaced_by(sale)
    worth = sum(
        float(many) * _later_rate(closing, kept[name], assumed)
        for name, many in shares.items()
        if name in kept
    )
    return float(closing.disallowed(sale)) * worth / float(sum(shares.values()))


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


def _preferred(
    scope: InForce, prefer: Preference, closing: Closing, assumed: Mapping[str, Assumptions]
) -> float:
    """What the trades add to the wrong side, at its price; a holding for each year ahead."""
    before, after = (prefer.by_account(scope, closing, after=late) for late in (False, True))
    total = 0.0
    for account_id, dollars in after.items():
        years = assumed[account_id].horizon if prefer.action == "hold" else 1.0
        total += float(prefer.price) * years * float(dollars - before.get(account_id, 0))
    return total
