"""The tax ledger: what each taxpayer has realised this year, and what it comes to.

Rates are the entity's stated ones unless the book gives its ordinary income; then federal brackets
(26 USC 1), the net investment income tax (26 USC 1411) and a flat state rate on gains are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolio.household import TaxEntity
from portfolio.tax.brackets import brackets, gain_tax
from portfolio.tax.net_investment import investment_income, net_investment_tax
from portfolio.tax.outside import less_used, outside
from portfolio.tax.results import ZERO, Realised
from portfolio.tax.year import Netted, net_year, netting, ordinary_limit


@dataclass(frozen=True, slots=True)
class YearToDate:
    """Dollars recognised in a year after wash sales, before carryforwards; `disallowed` of losses,
    `permanent` of which for good."""

    short: Decimal = ZERO
    long: Decimal = ZERO
    disallowed: Decimal = ZERO
    permanent: Decimal = ZERO

    def with_row(self, row: Realised) -> YearToDate:
        """The year with one row more."""
        return YearToDate(
            self.short + (ZERO if row.long_term else row.recognised),
            self.long + (row.recognised if row.long_term else ZERO),
            self.disallowed + row.disallowed,
            self.permanent + row.permanent,
        )


def year_to_date(
    rows: Iterable[Realised], entity_of: Mapping[str, str], through: date
) -> Mapping[str, YearToDate]:
    """By tax entity, what its accounts realised from 1 January to that day; gains count in the year
    of the trade date (Rev. Rul. 93-84). `entity_of` gives the entity of an account."""
    years = dict.fromkeys(sorted(set(entity_of.values())), YearToDate())
    for row in rows:
        if row.day.year == through.year and row.day <= through:
            entity = entity_of[row.account_id]
            years[entity] = years[entity].with_row(row)
    return years


@dataclass(frozen=True, slots=True)
class Tax:
    """Dollars of tax that a year's gains add (negative: that its losses save).

    By brackets `federal`, `investment` (26 USC 1411) and `state` are apart, at stated rates all is
    in `federal`. `outside` says how brackets and stated rates
    differ, if they do.
    """

    net: Netted
    federal: Decimal
    investment: Decimal = ZERO
    state: Decimal = ZERO
    by_brackets: bool = False
    outside: str = ""

    @property
    def total(self) -> Decimal:
        return self.federal + self.investment + self.state


def tax_of(entity: TaxEntity, year: int, short: Decimal, long: Decimal) -> Tax:
    """The tax on a year's recognised gains, carryforwards of the entity taken in.

    Raises NoBracketsError where the book gives ordinary income for a year without brackets.
    """
    income = entity.attributes.get("ordinary_income")
    if not isinstance(income, Decimal):
        stated = netting(entity, short, long)
        return Tax(stated, stated.tax)
    return _by_brackets(entity, year, short, long, income)


def _by_brackets(
    entity: TaxEntity, year: int, short: Decimal, long: Decimal, income: Decimal
) -> Tax:
    """`income` is ordinary taxable income without gains; a flat state rate falls on gains and is
    saved on the loss taken from income."""
    limit = ordinary_limit(entity.filing)
    start = (short - entity.carry_short, long - entity.carry_long)
    taken = net_year(*start, limit).ordinary_offset
    net = net_year(*start, limit, income - taken)
    law = brackets(year, entity.filing)
    ordinary = net.taxable_short - net.ordinary_offset
    gains = ordinary + net.taxable_long
    federal = gain_tax(income, ordinary, net.taxable_long, law)
    investment = _investment_tax(entity, year, income, gains)
    state = _number(entity, "rate_state") * gains
    said = outside(entity, year, income, net, (federal, investment, state), law)
    ample = net_year(*start, limit)
    if (ample.carried_short, ample.carried_long) != (net.carried_short, net.carried_long):
        said += (". " if said else "") + less_used(net)
    return Tax(net, federal, investment, state, True, said)


def _investment_tax(entity: TaxEntity, year: int, income: Decimal, gains: Decimal) -> Decimal:
    """What gains add to the tax on net investment income. What else there is of such income is not
    in the book, so none is assumed; `magi_other` is adjusted gross income without gains."""
    known = entity.attributes.get("magi_other")
    magi = known if isinstance(known, Decimal) else income
    investment = investment_income(ZERO, gains, entity.filing)
    return net_investment_tax(investment, magi + gains, entity.filing, year)


def _number(entity: TaxEntity, name: str) -> Decimal:
    found = entity.attributes.get(name)
    return found if isinstance(found, Decimal) else ZERO
