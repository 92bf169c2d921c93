"""What a household holds before and after its trades, by asset class and by sector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from compiler.closing import Closing
from policydsl.measures import PLACES
from policydsl.reports.pictures import Change
from portfolio.household import Account, Household, Security
from portfolio.lookthrough import look_through

CASH, OTHER, UNSEEN = "Cash", "No sector", "Not seen through"
LAST = (OTHER, UNSEEN, CASH)
ZERO = Decimal(0)
SMALLEST = 0.005  # percent: what is less shows as nothing


def measured(closing: Closing) -> list[Account]:
    """The accounts that have a target; all of them where none has."""
    aimed = closing.reference("target")
    accounts = [a for a in closing.household.accounts if a.id in aimed]
    return accounts or list(closing.household.accounts)


def by_asset_class(closing: Closing) -> list[Change]:
    """Percent of all measured accounts together, funds counted as what they are."""

    def group(weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
        return _grouped(weights, closing.household, lambda each: each.asset_class)

    return _changes(closing, group)


def by_sector(closing: Closing) -> list[Change]:
    """Percent of all measured accounts together, funds seen through."""

    def group(weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
        seen = look_through(weights, closing.household.constituents)
        found = _grouped(seen, closing.household, lambda each: each.sector or OTHER)
        rest = sum(weights.values(), ZERO) - sum(seen.values(), ZERO)
        return found | ({UNSEEN: rest} if rest else {})

    return _changes(closing, group)


def _grouped(
    weights: Mapping[str, Decimal], household: Household, of: Callable[[Security], str]
) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for name, weight in weights.items():
        group = of(household.securities[name])
        found[group] = found.get(group, ZERO) + weight
    return found


def _changes(
    closing: Closing, grouped: Callable[[Mapping[str, Decimal]], dict[str, Decimal]]
) -> list[Change]:
    """Each group in percent, the largest afterwards first, then what is no group."""
    accounts = measured(closing)
    total = sum((closing.value(account) for account in accounts), ZERO)
    if total <= 0:
        return []
    before, after = (
        grouped(_worth(closing, accounts, after=late))
        | {CASH: sum((closing.cash(a, after=late) for a in accounts), ZERO)}
        for late in (False, True)
    )
    target = _target(closing, accounts, grouped)
    names = {**before, **after, **target}
    found = [
        Change(
            name,
            _percent(before.get(name, ZERO) / total),
            _percent(after.get(name, ZERO) / total),
            _percent(target.get(name, ZERO) / total) if target else None,
        )
        for name in names
    ]
    found.sort(
        key=lambda each: (
            LAST.index(each.name) + 1 if each.name in LAST else 0,
            -each.after,
            each.name,
        )
    )
    return [each for each in found if _shows(each)]


def _target(
    closing: Closing,
    accounts: list[Account],
    grouped: Callable[[Mapping[str, Decimal]], dict[str, Decimal]],
) -> dict[str, Decimal]:
    """Dollars of each group that the targets ask for; what they leave is cash."""
    aimed = closing.reference("target")
    dollars: dict[str, Decimal] = {}
    left = ZERO
    for account in accounts:
        if account.id not in aimed:
            return {}
        value = closing.value(account)
        for name, weight in aimed[account.id].items():
            dollars[name] = dollars.get(name, ZERO) + weight * value
        left += value - value * sum(aimed[account.id].values(), ZERO)
    return grouped(dollars) | {CASH: left}


def _worth(closing: Closing, accounts: list[Account], *, after: bool) -> dict[str, Decimal]:
    """Dollars by security."""
    owners = {account.id for account in accounts}
    shares = closing.shares_after if after else closing.shares_before
    worth: dict[str, Decimal] = {}
    for (owner, name), count in shares.items():
        if owner in owners and count:
            worth[name] = worth.get(name, ZERO) + count * closing.household.prices[name]
    return worth


def _percent(fraction: Decimal) -> float:
    """Percent of a fraction to the places that a record has."""
    return round(float(fraction), PLACES) * 100


def _shows(change: Change) -> bool:
    return any(abs(v) >= SMALLEST for v in (change.before, change.after, change.target or 0.0))
