"""Where the brackets of a year give another tax than the rates that a taxpayer states, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from portfolio.household import TaxEntity
from portfolio.tax.brackets import GAIN_RATES, Brackets
from portfolio.tax.net_investment import RATE, threshold
from portfolio.tax.year import Netted

ZERO = Decimal(0)
CENT = Decimal("0.01")


def outside(
    entity: TaxEntity,
    year: int,
    income: Decimal,
    net: Netted,
    tax: tuple[Decimal, Decimal, Decimal],
    law: Brackets,
) -> str:
    """A sentence, empty where both come to the same cent. `income` is ordinary taxable income
    without gains; `tax` what the brackets, the tax on net investment income and the state ask."""
    federal, investment, state = tax
    total = federal + investment + state
    gains = net.taxable_short + net.taxable_long
    stated = (
        entity.rate_short * net.taxable_short
        + entity.rate_long * net.taxable_long
        - entity.rate_ordinary * net.ordinary_offset
    )
    more = total.quantize(CENT) - stated.quantize(CENT)
    if not more:
        return ""
    how = list(_steps(income, net, law))
    if investment:
        least = threshold(entity.filing, year)
        how.append(f"{_rate(RATE)} net investment income tax above ${least:,.0f}")
    if state:
        how.append(f"a flat state tax of {_rate(abs(state) / (gains or net.ordinary_offset))}")
    base, sign, verb = (gains, 1, "are taxed") if gains else (net.ordinary_offset, -1, "saves")
    what = f"gains of ${base:,.2f}" if gains else f"a loss of ${base:,.2f} taken from income"
    return (
        f"{what} {verb} {_part(sign * total / base)} by the brackets of {year} ({'; '.join(how)}), "
        f"{_part(sign * stated / base)} at the stated rates: "
        f"${abs(more):,.2f} {'more' if sign * more > 0 else 'less'} than said"
    )


def less_used(net: Netted) -> str:
    """What is carried on where income is too small to use a loss up (26 USC 1212(b)(2))."""
    return (
        f"its income uses up less of the loss than ${net.ordinary_offset:,.2f}: losses of "
        f"${net.carried_short:,.2f} short-term and ${net.carried_long:,.2f} long-term are carried "
        "on"
    )


def _steps(income: Decimal, net: Netted, law: Brackets) -> Iterator[str]:
    """The rates that gains reach on top of income, short-term ones first, or a loss comes down
    from."""
    plain = income + net.taxable_short
    if net.taxable_short:
        yield _between(income, plain, law.ordinary, law.rates)
    if net.taxable_long:
        yield _between(plain, plain + net.taxable_long, law.gains, GAIN_RATES)
    if not net.taxable_short and not net.taxable_long:
        yield _between(income - net.ordinary_offset, income, law.ordinary, law.rates)


def _between(low: Decimal, high: Decimal, tops: Sequence[Decimal], rates: Sequence[Decimal]) -> str:
    """`15% up to $613,700, 20% beyond`: of taxable income."""
    start, end = max(low, ZERO), max(high, ZERO)
    said = []
    for rate, bottom, top in zip(rates, (ZERO, *tops), (*tops, None), strict=True):
        if bottom < end and (top is None or top > start):
            ends = top is not None and top < end
            said.append(f"{_rate(rate)} up to ${top:,.0f}" if ends else _rate(rate))
    return ", ".join(said) + (" beyond" if len(said) > 1 else "") or "0%"


def _part(part: Decimal) -> str:
    """A part in percent, nothing without a sign."""
    return f"{(part * 100).quantize(CENT) + ZERO:f}%"


def _rate(rate: Decimal) -> str:
    """A rate without zeros at its end."""
    return f"{(rate * 100).quantize(CENT).normalize():f}%"
