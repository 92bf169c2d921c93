"""The tax of one year on capital gains, in exact decimals.

26 USC 1222 nets within short and long, 1211(b) limits what a net loss takes from ordinary income,
1212(b) carries the rest on with its character, short-term first; the arithmetic is that of
Schedule D and its Capital Loss Carryover Worksheet (Pub. 550). Rates are the entity's stated
combined rates (26 USC 1(h), 1411 and the state's are in them already).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from portfolio.household import TaxEntity

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Netted:
    """One year's gains and losses against each other; losses are negative nets, positive offsets
    and carries.

    `net_short`, `net_long`: after carryforwards in, before netting across (Schedule D lines 7 and
    15). `taxable_short`, `taxable_long`: gains that remain after it, never negative; `taxable_long`
    is the net capital gain of 26 USC 1222(11). `ordinary_offset`: loss taken from ordinary income
    (line 21). `carried_short`, `carried_long`: losses carried on.
    """

    net_short: Decimal
    net_long: Decimal
    taxable_short: Decimal
    taxable_long: Decimal
    ordinary_offset: Decimal
    carried_short: Decimal
    carried_long: Decimal


@dataclass(frozen=True, slots=True)
class YearTax(Netted):
    """One year's result in dollars at the entity's stated rates.

    `tax`: gains at their rates less the offset at the ordinary rate (negative: saved).
    `carry_value`: what the carried losses are worth at `rate_carry`.
    """

    tax: Decimal
    carry_value: Decimal

    @property
    def cost(self) -> Decimal:
        """Tax less the value of what is carried on, in dollars."""
        return self.tax - self.carry_value


def in_year(entity: TaxEntity, later: int) -> TaxEntity:
    """The taxpayer so many tax years later: nothing is realised yet, and losses are carried on as
    26 USC 1212(b) has it."""
    for _ in range(later):
        year = netting(entity, entity.ytd_short, entity.ytd_long)
        entity = replace(
            entity,
            ytd_short=ZERO,
            ytd_long=ZERO,
            carry_short=year.carried_short,
            carry_long=year.carried_long,
        )
    return entity


def ordinary_limit(filing: str) -> Decimal:
    """The most that a net capital loss takes from ordinary income in a year (26 USC 1211(b))."""
    return Decimal(1500) if filing == "separate" else Decimal(3000)


def net_year(
    short: Decimal, long: Decimal, limit: Decimal, taxable_income: Decimal | None = None
) -> Netted:
    """Net a year's short and long results, losses carried in already among them.

    A net loss takes at most `limit` from ordinary income (26 USC 1211(b)); what is carried on keeps
    its character, short-term loss being used up first (1212(b)(1)). `taxable_income` is that after
    the loss deduction (Form 1040 line 15); where it is small or negative, less of the deduction is
    used up (1212(b)(2)); None: it is ample.
    """
    gain_short, gain_long = max(short, ZERO), max(long, ZERO)
    loss_short, loss_long = max(-short, ZERO), max(-long, ZERO)
    across_short, across_long = min(loss_short, gain_long), min(loss_long, gain_short)
    taxable_short, taxable_long = gain_short - across_long, gain_long - across_short
    loss_short, loss_long = loss_short - across_short, loss_long - across_long
    offset = min(loss_short + loss_long, limit)
    used = offset
    if taxable_income is not None:
        used = min(offset, max(taxable_income + offset, ZERO))
    used_short = min(used, loss_short)
    return Netted(
        net_short=short,
        net_long=long,
        taxable_short=taxable_short,
        taxable_long=taxable_long,
        ordinary_offset=offset,
        carried_short=loss_short - used_short,
        carried_long=loss_long - (used - used_short),
    )


def netting(
    entity: TaxEntity,
    net_short: Decimal,
    net_long: Decimal,
    taxable_income: Decimal | None = None,
) -> YearTax:
    """Tax of a year in which `net_short` and `net_long` dollars of gain were recognised.

    Both are whole-year nets (year to date included), after wash sales and before the losses that
    the entity carries in. `taxable_income` is as in `net_year`.
    """
    net = net_year(
        net_short - entity.carry_short,
        net_long - entity.carry_long,
        ordinary_limit(entity.filing),
        taxable_income,
    )
    return YearTax(
        net_short=net.net_short,
        net_long=net.net_long,
        taxable_short=net.taxable_short,
        taxable_long=net.taxable_long,
        ordinary_offset=net.ordinary_offset,
        carried_short=net.carried_short,
        carried_long=net.carried_long,
        tax=entity.rate_short * net.taxable_short
        + entity.rate_long * net.taxable_long
        - entity.rate_ordinary * net.ordinary_offset,
        carry_value=(entity.rate_carry or ZERO) * (net.carried_short + net.carried_long),
    )
