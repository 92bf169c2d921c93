"""A proposal's tax held against the history of its household by the law library.

Neither the optimiser nor the exact check has a say here: the transactions of the book and the trade
rows are replayed together, and what wash sales do to losses is the library's finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from compiler.closing import Closing, cents
from compiler.statements import HouseholdPolicy, InForce
from policydsl.document import Document
from policydsl.tax_replay import Replayed, Told, Washed, replayed
from portfolio.book.tax_history import TaxHistory
from portfolio.household import Household
from portfolio.tax import netting
from portfolio.tax.positions import HistoryError

if TYPE_CHECKING:
    from compiler.directives.wash_sales import WashSales

if TYPE_CHECKING:
    from compiler.directives.wash_sales import WashSales


def tax_differences(
    history: TaxHistory,
    household: Household,
    policy: HouseholdPolicy,
    closing: Closing,
    document: Document,
) -> Iterator[tuple[str, str]]:
    """(where, what) for each loss that is washed although a rule forbids it, each sale whose gain
    the history tells otherwise, and each taxpayer whose year is not what it comes to."""
    try:
        found = replayed(history, household, closing)
    except HistoryError as error:
        yield household.id, f"its history does not allow its trades: {error}{_but(history)}"
        return
    for scope, washed in forbidden(policy, closing, found):
        yield washed.loss_account, f"{scope.statement.key}: {_said(washed)}"
    for told in found.sales:
        if (told.gain, told.long_term) != (told.sale.gain, told.sale.long_term):
            yield told.sale.account_id, _otherwise(told) + _but(history)
    for entity_id, said in _years(closing, found, document):
        yield entity_id, said + _but(history)


def forbidden(
    policy: HouseholdPolicy, closing: Closing, found: Replayed
) -> Iterator[tuple[InForce, Washed]]:
    """What is washed, with each statement in force for either account that forbids it.

    A statement may let shares bought before the run wash a part of the losses that the run takes in
    a wash group; purchases of the run may wash nothing, neither of its losses nor of earlier ones.
    """
    for scope in policy.statements:
        if scope.directive.kind == "wash sales":
            share = cast("WashSales", scope.directive).share
            excused = _within(share, closing, found) if share else frozenset()
            for washed in found.washed:
                group = _group(closing, washed.security_id)
                if {washed.loss_account, washed.account} & set(scope.accounts) and (
                    not washed.lot or not washed.of_the_run or group not in excused
                ):
                    yield scope, washed


def _within(share: Decimal, closing: Closing, found: Replayed) -> frozenset[str]:
    """Wash groups of whose losses in the run no more than that share is washed."""
    lost: dict[str, Decimal] = defaultdict(Decimal)
    washed: dict[str, Decimal] = defaultdict(Decimal)
    for told in found.sales:
        group = _group(closing, told.sale.security_id)
        lost[group] += max(Decimal(0), -told.gain)
        washed[group] += told.disallowed
    return frozenset(group for group, dollars in washed.items() if dollars <= share * lost[group])


def _group(closing: Closing, security_id: str) -> str:
    """What a security is substantially identical to; itself where the household does not know it
    any more."""
    security = (closing.whole or closing.household).securities.get(security_id)
    return security_id if security is None else security.wash_group


def _said(washed: Washed) -> str:
    kept = f"lot {washed.lot}" if washed.lot else "a purchase of the run"
    for_good = ", for good" if washed.permanent else ""
    return (
        f"by its history a loss of ${washed.amount:,} on {washed.shares:f} shares of lot "
        f"{washed.loss_lot}, sold on {washed.day}, is washed{for_good}: {kept} of "
        f"{washed.security_id} in {washed.account} replaces them"
    )


def _otherwise(told: Told) -> str:
    term = {True: "long-term", False: "short-term", None: "of both terms"}
    return (
        f"by its history lot {told.sale.lot.id} gains ${told.gain:,} {term[told.long_term]}, its "
        f"trade row says ${told.sale.gain:,} {term[told.sale.long_term]}"
    )


def _but(history: TaxHistory) -> str:
    """What the history leaves out, which may be why."""
    return f" (its history leaves out {'; '.join(history.left_out)})" if history.left_out else ""


def _years(closing: Closing, found: Replayed, document: Document) -> Iterator[tuple[str, str]]:
    """The book's year to date and what the run adds by its history, netted at the stated rates."""
    for entity_id, entity in sorted(closing.household.tax_entities.items()):
        added = found.years[entity_id]
        short, long = entity.ytd_short + added.short, entity.ytd_long + added.long
        year = netting(entity, short, long)
        comes_to = {
            "short_after": short,
            "long_after": long,
            "disallowed_run": added.disallowed,
            "tax_after": year.tax,
            "carried_after": year.carried_short + year.carried_long,
            "cost_after": year.cost,
        }
        for name, dollars in comes_to.items():
            said = Decimal(document["tax"].get(entity_id, {}).get(name, "NaN"))
            if said.is_nan() or said != cents(dollars):
                what = name.replace("_", " ")
                yield entity_id, f"its {what} is {said:,}, by its history {cents(dollars):,}"
