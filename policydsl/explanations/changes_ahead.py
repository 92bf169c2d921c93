"""When what holds a trade back changes by itself: dates of rules, waivers, lots and wash sales."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from compiler.check import TypedPolicies
from compiler.closing import Closing
from compiler.conditions import Environment
from compiler.coverage import comply_by, forbids_security, lifts
from compiler.directives.base import Directive
from compiler.layers import fold
from compiler.statements import HouseholdPolicy, InForce, Waiver
from policydsl.document import Document
from portfolio.holding import first_long_day, holding_start
from portfolio.household import Household, Lot
from portfolio.tax.prospective import first_clean_day
from portfolio.tax.replacements import recent_purchases
from portfolio.tax.wash_sales import WINDOW

NEXT = timedelta(days=1)
Lifted = tuple[Waiver, tuple[InForce, ...]]


def changes_ahead(
    policy: HouseholdPolicy,
    closing: Closing,
    lifted: Collection[Lifted],
    account_id: str,
    security_id: str,
    side: str,
    lots: Collection[Lot] = (),
    barred_by: Collection[str] = (),
) -> list[Document]:
    """The days from which a trade of a security in an account would be judged otherwise, earliest
    first; `lots` are those in question."""
    found = [*_rules(policy, barred_by), *_wash_sales(closing, account_id, security_id, side, lots)]
    if side == "sell":
        found += _turns(closing, lots)
        found += _held_for_now(policy, closing, lifted, account_id, security_id)
    unique = {(each["date"], each["what"], each["rule_id"]): each for each in found}
    return [unique[key] for key in sorted(unique, key=lambda key: (key[0], key[1], key[2] or ""))]


def _change(day: object, what: str, rule_id: str | None = None) -> Document:
    return {"date": str(day), "what": what, "rule_id": rule_id}


def _rules(policy: HouseholdPolicy, barred_by: Collection[str]) -> Iterator[Document]:
    """Rules in the way that end."""
    for scope in policy.statements:
        statement = scope.statement
        if statement.key in barred_by and statement.ends is not None:
            yield _change(statement.ends + NEXT, "the rule has ended", statement.rule_id)


def _turns(closing: Closing, lots: Collection[Lot]) -> Iterator[Document]:
    for lot in lots:
        day = first_long_day(holding_start(lot))
        if closing.account(lot.account_id).taxable and day > closing.household.as_of:
            yield _change(day, f"lot {lot.id} is long-term")


def _wash_sales(
    closing: Closing, account_id: str, security_id: str, side: str, lots: Collection[Lot]
) -> Iterator[Document]:
    """Windows of 26 USC 1091 that close: of purchases that would wash a loss, and of losses that a
    purchase would wash."""
    household = closing.whole or closing.household
    group = household.securities[security_id].wash_group
    price = household.prices[security_id]
    losses = [lot for lot in lots if lot.basis > lot.shares * price]
    if side == "sell" and losses and closing.account(account_id).taxable:
        for each in recent_purchases(household):
            if each.wash_group == group and any(not each.bought_with(lot) for lot in losses):
                yield _change(first_clean_day(each.acquired), "a loss is no longer washed")
    if side == "buy":
        for block in household.wash_blocks:
            if block.wash_group == group:
                sold = block.until - WINDOW
                yield _change(first_clean_day(sold), "a purchase no longer washes a loss")


def _held_for_now(
    policy: HouseholdPolicy,
    closing: Closing,
    lifted: Collection[Lifted],
    account_id: str,
    security_id: str,
) -> Iterator[Document]:
    """What may not be held for good: waivers of it end, and times to comply run out."""
    household, account = closing.household, closing.account(account_id)
    security = household.securities[security_id]
    env = Environment(household, account, security)
    for scope in policy.of_kind("restriction", account_id):
        if not bans_holding(scope.directive):
            continue
        rule_id = scope.statement.rule_id
        for waiver in scope.waivers.get(account_id, ()):
            if waiver.ends is not None and lifts(waiver, env):
                yield _change(waiver.ends + NEXT, "its waiver has ended", rule_id)
        day = comply_by(scope, household, account, security)
        if day is not None and day > household.as_of:
            yield _change(day, "it has to be sold by then", rule_id)
    for waiver, waived in lifted:
        bars = any(forbids_security(scope, household, account, security) for scope in waived)
        if account_id == waived[0].accounts[0] and bars and waiver.ends is not None:
            yield _change(waiver.ends + NEXT, "its waiver has ended", waiver.rule_id)


def lifted_whole(typed: TypedPolicies, household: Household) -> list[Lifted]:
    """Waivers in effect of whole rules about what may be held, each with what it lifts, account by
    account."""
    found = []
    for account in household.accounts:
        for waiver in fold(typed, household, account).in_effect:
            waived = tuple(
                InForce(each, (account.id,))
                for each in typed.statements
                if each.rule_id == waiver.rule_id and bans_holding(each.directive)
            )
            if waiver.whole and waived:
                found.append((waiver, waived))
    return found


def bans_holding(directive: Directive) -> bool:
    """Whether a directive says what may be held."""
    return bool(getattr(directive, "bans_holding", False))
