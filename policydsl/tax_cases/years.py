"""Cases of kind `netting`: years of gains and losses, one carried into the next."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from policydsl.tax_cases.compare import Difference, Found, differences
from policydsl.tax_cases.document import Node
from policydsl.tax_cases.words import FILINGS, meant
from portfolio.tax.results import ZERO
from portfolio.tax.year import Netted, net_year, ordinary_limit


def run(inputs: Node, expected: Node) -> Iterator[Difference]:
    """Where a year does not come out."""
    carry_short, carry_long = _carried_in(inputs, ZERO, ZERO)
    found: list[Found] = []
    for node in inputs.need("years").items():
        carry_short, carry_long = _carried_in(node, carry_short, carry_long)
        income = node.get("taxable_income")
        net = net_year(
            _sum(node, "st") - carry_short,
            _sum(node, "lt") - carry_long,
            _limit(node),
            None if income is None else income.number(),
        )
        carry_short, carry_long = net.carried_short, net.carried_long
        year = node.get("year")
        found.append(_lines(net) | ({} if year is None else {"year": year.number()}))
    yield from differences(expected, {"years": found})


def _carried_in(node: Node, short: Decimal, long: Decimal) -> tuple[Decimal, Decimal]:
    """Losses carried in, positive: those given, for the years from here on or for one year, else
    those of the year before."""
    return node.number_of("carry_st", short), node.number_of("carry_lt", long)


def _sum(node: Node, key: str) -> Decimal:
    return sum((each.number() for each in node.list_of(key)), ZERO)


def _limit(node: Node) -> Decimal:
    status = node.get("status")
    filing = "single" if status is None else meant(status, FILINGS)
    return node.number_of("limit", ordinary_limit(filing))


def _lines(net: Netted) -> dict[str, Found]:
    """Lines of Schedule D; `deduction` is line 21 as a positive number."""
    return {
        "line7": net.net_short,
        "line15": net.net_long,
        "line16": net.net_short + net.net_long,
        "deduction": net.ordinary_offset,
        "carry_st": net.carried_short,
        "carry_lt": net.carried_long,
        "net_capital_gain": net.taxable_long,
        "ordinary_gain": net.taxable_short,
    }
