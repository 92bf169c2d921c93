"""A proposal's tax held against the history of its household by the law library.

Neither the optimiser nor the exact check has a say here: the transactions of the book and the trade
rows are replayed together, and what wash sales do to losses is the library's finding.
"""

from __future__ import annotations

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


def tax_differences(
    history: TaxHistory,
    household: Household,
    policy: HouseholdPolicy,
    closing: Closing,
    document: Document,
    counts: dict[str, int],
) -> Iterator[tuple[str, str]]:
    """(where, what) for each loss that is washed although a rule forbids it, each sale whose gain
    the history tells otherwise, and each taxpayer whose year is not what it comes to. Adds to
    `counts["lots not as told"]` those of which the book states another basis or holding period."""
    try:
        found = replayed(history, household, closing)
    except HistoryError as error:
        yield household.id, f"its history does not allow its trades: {error}{_but(history)}"
        return
    counts["lots not as told"] += len(found.stated_otherwise)
    for scope, washed in forbidden(policy, found):
        yield washed.loss_account, f"{scope.statement.key}: {_said(washed)}"
    for told in found.sales:
        if (told.gain, told.long_term) != (told.sale.gain, told.sale.long_term):
            yield told.sale.account_id, _otherwise(told) + _but(history)
    for entity_id, said in _years(closing, found, document):
        yield entity_id, said + _but(history)


def forbidden(policy: HouseholdPolicy, found: Replayed) -> Iterator[tuple[InForce, Washed]]:
    """What is washed, with each statement in force for either account that forbids it."""
    for scope in policy.statements:
        if scope.directive.kind == "wash sales":
            for washed in found.washed:
                reached = {washed.loss_account, washed.account} & set(scope.accounts)
                if reached and not _allowed(cast("WashSales", scope.directive), washed, found):
                    yield scope, washed


def _allowed(rule: WashSales, washed: Washed, found: Replayed) -> bool:
    """Whether it is part of a loss of the run that shares bought before it wash, and all of that is
    no larger a part of the losses in its wash group than the rule lets be."""
    today = {told.sale.lot.id for told in found.sales}
    if washed.loss_lot not in today or not washed.lot:
        return False
    group = found.group_of[washed.security_id]
    told = [each for each in found.sales if found.group_of[each.sale.security_id] == group]
    lost = -sum((each.gain for each in told if each.gain < 0), Decimal(0))
    return sum((each.disallowed for each in told), Decimal(0)) <= rule.share * lost


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
