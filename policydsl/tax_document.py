"""A taxpayer's year as a document: what a tax professional needs to check it by hand.

Lines are those of Schedule D and its worksheet (26 USC 1211, 1212, 1222), rates the stated ones.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from compiler.closing import Closing, cents
from portfolio.household import TaxEntity
from portfolio.tax import YearTax
from portfolio.tax.brackets import NoBracketsError
from portfolio.tax.ledger import tax_of

ZERO = Decimal(0)


def tax_years(closing: Closing) -> dict[str, dict[str, Any]]:
    """The year to date by taxpayer, dollars: before the run, what it adds, and after it."""
    return {
        entity_id: _year(closing, entity)
        for entity_id, entity in sorted(closing.household.tax_entities.items())
    }


def _year(closing: Closing, entity: TaxEntity) -> dict[str, Any]:
    found: dict[str, Any] = {
        "filing": entity.filing,
        "rates": {
            name: f"{getattr(entity, f'rate_{name}').normalize():f}"
            for name in ("short", "long", "ordinary", "carry")
        },
        "carried_in_short": _text(entity.carry_short),
        "carried_in_long": _text(entity.carry_long),
    }
    nets = {when: closing.realized(entity.id, after=when == "after") for when in _WHEN}
    for when in _WHEN:
        short, long = nets[when]
        year = closing.tax(entity.id, after=when == "after")
        found |= {
            f"short_{when}": _text(short),
            f"long_{when}": _text(long),
            f"tax_{when}": _text(year.tax),
            f"carried_{when}": _text(year.carried_short + year.carried_long),
            f"cost_{when}": _text(year.cost),
            when: _netting(entity, year),
        }
    run = [late - early for early, late in zip(nets["before"], nets["after"], strict=True)]
    found |= {"short_run": _text(run[0]), "long_run": _text(run[1])}
    found |= _disallowed(closing, entity.id)
    found["brackets"] = _brackets(closing, entity, *nets["after"])
    return found


_WHEN = ("before", "after")


def _netting(entity: TaxEntity, year: YearTax) -> dict[str, str]:
    """Losses across are what each term's net loss takes from the other's gain."""
    return {
        "net_short": _text(year.net_short),
        "net_long": _text(year.net_long),
        "across_short": _text(max(year.net_long, ZERO) - year.taxable_long),
        "across_long": _text(max(year.net_short, ZERO) - year.taxable_short),
        "taxable_short": _text(year.taxable_short),
        "taxable_long": _text(year.taxable_long),
        "ordinary_offset": _text(year.ordinary_offset),
        "tax_short": _text(entity.rate_short * year.taxable_short),
        "tax_long": _text(entity.rate_long * year.taxable_long),
        "saved_ordinary": _text(entity.rate_ordinary * year.ordinary_offset),
        "carried_short": _text(year.carried_short),
        "carried_long": _text(year.carried_long),
    }


def _disallowed(closing: Closing, entity_id: str) -> dict[str, str]:
    """Dollars of the run's losses that wash sales disallow, and those of them lost for good."""
    own = {a.id for a in closing.household.accounts if a.taxable and a.tax_entity_id == entity_id}
    sales = [sale for sale in closing.sales if sale.account_id in own]
    return {
        "disallowed_run": _text(sum(map(closing.disallowed, sales), ZERO)),
        "permanent_run": _text(sum(map(closing.permanent, sales), ZERO)),
    }


def _brackets(
    closing: Closing, entity: TaxEntity, short: Decimal, long: Decimal
) -> dict[str, str] | None:
    """The year after the run by the brackets of the law; nothing where the book gives no income."""
    income = entity.attributes.get("ordinary_income")
    if not isinstance(income, Decimal):
        return None
    try:
        tax = tax_of(entity, closing.household.as_of.year, short, long)
    except NoBracketsError as error:
        return {"ordinary_income": _text(income), "says": f"{error}; the stated rates are used"}
    return {
        "ordinary_income": _text(income),
        "federal": _text(tax.federal),
        "investment": _text(tax.investment),
        "state": _text(tax.state),
        "total": _text(tax.total),
        "says": tax.outside,
    }


def _text(dollars: Decimal) -> str:
    return f"{cents(dollars) + ZERO:f}"
