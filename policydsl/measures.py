"""What a household looks like before and after its trades, for reports: risk, drift, cash, tax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from compiler.closing import Closing, cents
from portfolio.household import Account, Household
from portfolio.lookthrough import look_through

PLACES = 8


@dataclass(frozen=True)
class RiskMeasure:
    """Tracking error of weights after look-through: sqrt(d' (LL' + S) d), a fraction a year."""

    household: Household

    @cached_property
    def _row(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.household.risk.securities)}

    def tracking_error(self, held: Mapping[str, Decimal], target: Mapping[str, Decimal]) -> float:
        """`held` and `target` as fractions by security."""
        active = self._active(held, target)
        risk = self.household.risk
        variance = float(
            np.square(active @ risk.loadings).sum() + (risk.specific * np.square(active)).sum()
        )
        return round(float(np.sqrt(variance)), PLACES)

    def drift(self, held: Mapping[str, Decimal], target: Mapping[str, Decimal]) -> float:
        """Half the sum of absolute active weights, cash left out."""
        return round(float(np.abs(self._active(held, target)).sum()) / 2, PLACES)

    def _active(
        self, held: Mapping[str, Decimal], target: Mapping[str, Decimal]
    ) -> NDArray[np.float64]:
        active = np.zeros(len(self._row))
        for sign, weights in ((1, held), (-1, target)):
            for name, weight in look_through(weights, self.household.constituents).items():
                active[self._row[name]] += sign * float(weight)
        return active


def account_measures(closing: Closing, account: Account, risk: RiskMeasure) -> dict[str, object]:
    """Value, target as far as policy moves it, cash, and of an account with a target of its own
    tracking error and drift, before and after."""
    value = closing.value(account)
    measures: dict[str, object] = {
        "account_id": account.id,
        "type": account.type,
        "value": str(cents(value)),
        "target": _moved(closing, account),
    }
    for when, after in (("before", False), ("after", True)):
        held = weights(closing, account, after=after)
        target = None if account.id in _joint(closing) else closing.targets.get(account.id)
        entry: dict[str, object] = {
            "cash": str(cents(closing.cash(account, after=after))),
            "asset_classes": _asset_classes(closing, held),
        }
        if target is not None and value > 0:
            entry["tracking_error"] = risk.tracking_error(held, target)
            entry["drift"] = risk.drift(held, target)
        measures[when] = entry
    return measures


def _asset_classes(closing: Closing, held: Mapping[str, Decimal]) -> dict[str, float]:
    """Fractions of the account by asset class, funds counted as what they are."""
    found: dict[str, Decimal] = {}
    for name, weight in held.items():
        group = closing.household.securities[name].asset_class
        found[group] = found.get(group, Decimal(0)) + weight
    return {group: round(float(weight), PLACES) for group, weight in sorted(found.items())}


def _joint(closing: Closing) -> frozenset[str]:
    """Accounts that have no target of their own."""
    return frozenset(a for p in closing.portfolios if p.joint for a in p.members)


def _moved(closing: Closing, account: Account) -> dict[str, float]:
    """Target weights that are not those of the published model."""
    model = closing.models.get(account.id, {})
    target = closing.targets.get(account.id, {})
    return {
        name: round(float(target.get(name, 0)), PLACES)
        for name in sorted(model.keys() | target.keys())
        if target.get(name, Decimal(0)) != model.get(name, Decimal(0))
    }


def weights(closing: Closing, account: Account, *, after: bool) -> dict[str, Decimal]:
    """Fractions of the account by security held."""
    shares = closing.shares_after if after else closing.shares_before
    value = closing.value(account)
    if value <= 0:
        return {}
    return {
        name: count * closing.household.prices[name] / value
        for (owner, name), count in shares.items()
        if owner == account.id and count
    }


def household_measures(
    closing: Closing, risk: RiskMeasure, *, after: bool, of: str = "target"
) -> tuple[float, float]:
    """Tracking error and drift of everything that has a target, taken together, from the target or
    from the published `model`."""
    meant = closing.reference(of)
    accounts = [a for a in closing.household.accounts if a.id in meant]
    total = sum((closing.value(a) for a in accounts), Decimal(0))
    if total <= 0:
        return 0.0, 0.0
    held: dict[str, Decimal] = {}
    target: dict[str, Decimal] = {}
    shares = closing.shares_after if after else closing.shares_before
    for (owner, name), count in shares.items():
        if owner in meant:
            worth = count * closing.household.prices[name]
            held[name] = held.get(name, Decimal(0)) + worth / total
    for account in accounts:
        share = closing.value(account) / total
        for name, weight in meant[account.id].items():
            target[name] = target.get(name, Decimal(0)) + share * weight
    return risk.tracking_error(held, target), risk.drift(held, target)
