"""Cases that are lists of checks: each a few values, and what the law makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from policydsl.tax_cases.compare import Difference, Found, differences
from policydsl.tax_cases.document import Node
from policydsl.tax_cases.words import FILINGS, TACKINGS, meant, term
from portfolio.holding import Period, first_long_day, tacked
from portfolio.tax.brackets import NoBracketsError, brackets, income_tax, ordinary_tax
from portfolio.tax.dividends import is_qualified, window
from portfolio.tax.fund_losses import fund_loss
from portfolio.tax.net_investment import investment_income, net_investment_tax, threshold
from portfolio.tax.results import ZERO

Check = Callable[[Node], Mapping[str, Found]]


def run(check: Check, inputs: Node, expected: Node) -> Iterator[Difference]:
    """Where a check does not come out. What it expects stands in `expect` or `expected`, or beside
    its values; the case itself only says so."""
    expected.pass_over("see")
    for number, node in enumerate(inputs.need("checks").items()):
        found = check(node)
        beside = {name: each for name, each in node.value_keys() if name in found}
        wanted = {**beside}
        for name in ("expect", "expected"):
            under = node.get(name)
            if under is not None:
                wanted |= under.keys()
        if not wanted:
            raise node.wrong("nothing is expected of this check")
        for name in beside:
            node.get(name)
        yield from differences(Node(wanted, node.span, node.what), found, f"checks[{number}]")


def holding_period(node: Node) -> Mapping[str, Found]:
    """26 USC 1222: `acquired`, `sold` and, under older law, `months`."""
    acquired, sold = node.need("acquired").day(), node.get("sold")
    months = node.get("months")
    first = first_long_day(acquired, 12 if months is None else _months(months))
    found: dict[str, Found] = {"first_long_day": first}
    if sold is not None:
        found["term"] = term(sold.day() >= first)
        found["days_elapsed"] = Decimal((sold.day() - acquired).days)
    return found


def _months(node: Node) -> int:
    months = node.whole()
    if not 0 < months <= 120:
        raise node.wrong(f"months from 1 to 120 are expected here, not {months}")
    return months


def tacking(node: Node) -> Mapping[str, Found]:
    """26 USC 1223(3), by each way of tacking."""
    past = Period(node.need("sold_lot_acquired").day(), node.need("loss_sale").day())
    own, sold = node.need("replacement_acquired").day(), node.get("sold")
    found: dict[str, Found] = {}
    for word, way in TACKINGS.items():
        start = tacked(own, [past], way)
        first = first_long_day(start)
        ways: dict[str, Found] = {"eff_acquired": start, "first_long_day": first}
        if sold is not None:
            ways["term"] = term(sold.day() >= first)
        found[word] = ways
    return found


def qualified_dividend(node: Node) -> Mapping[str, Found]:
    """26 USC 1(h)(11)(B)(iii), one lot."""
    acquired, ex_date = node.need("acquired").day(), node.need("ex_date").day()
    preferred = node.get("preferred")
    kind = preferred is not None and preferred.flag()
    sold_node = node.get("sold")
    sold = None if sold_node is None else sold_node.day()
    wanted = window(ex_date, kind)
    qualified = is_qualified(acquired, ex_date, sold, kind)
    paid = node.number_of("shares") * node.number_of("per_share")
    amount = paid * node.number_of("eligible_fraction", Decimal(1)) if qualified else ZERO
    return {
        "window_start": wanted.start,
        "window_end": wanted.end,
        "days_in_window": Decimal(wanted.days_held(acquired, sold)),
        "days_total": None if sold is None else Decimal((sold - acquired).days),
        "qualified": qualified,
        "qualified_amount": amount,
    }


def fund_shares(node: Node) -> Mapping[str, Found]:
    """26 USC 852(b)(4)."""
    gain = node.need("proceeds").number() - node.need("cost").number()
    found = fund_loss(
        node.need("acquired").day(),
        node.need("sold").day(),
        -gain,
        node.number_of("capital_gain_distribution"),
        node.number_of("exempt_interest"),
    )
    return {
        "gain": gain,
        "st_loss": found.short,
        "lt_loss": found.long,
        "disallowed": found.disallowed,
    }


def net_investment(node: Node) -> Mapping[str, Found]:
    """26 USC 1411."""
    filing, year = meant(node.need("status"), FILINGS), _year(node)
    magi = node.need("magi").number()
    capital = node.number_of("capital_net")
    income = investment_income(node.number_of("other_nii"), capital, filing)
    try:
        from_ = threshold(filing, year)
        tax = net_investment_tax(income, magi, filing, year)
    except NoBracketsError as error:
        raise node.wrong(str(error)) from None
    return {
        "nii": income,
        "threshold": from_,
        "excess": max(magi - from_, ZERO),
        "tax": tax,
    }


def rates(node: Node) -> Mapping[str, Found]:
    """26 USC 1(h), 1(j): tax on all, and what gains add to the tax on ordinary income."""
    try:
        law = brackets(node.need("year").whole(), meant(node.need("status"), FILINGS))
    except NoBracketsError as error:
        raise node.wrong(str(error)) from None
    ordinary = node.number_of("ordinary_taxable")
    short, preferential = node.number_of("st_gain"), node.number_of("preferential")
    tax = income_tax(ordinary + short, preferential, law)
    before = ordinary_tax(ordinary, law)
    return {
        "taxable_income": max(ordinary + short + preferential, ZERO),
        "ordinary_tax": before,
        "tax": tax,
        "increment": tax - before,
    }


def _year(node: Node) -> int | None:
    year = node.get("year")
    return None if year is None else year.whole()
