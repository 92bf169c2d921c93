"""Reads accounts, transactions and switches of a case as a history of the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from policydsl.tax_cases.document import Node
from policydsl.tax_cases.words import (
    ACCOUNT_TYPES,
    BOUGHT_BEFORE,
    EMPLOYER_PLANS,
    GROUPINGS,
    METHODS,
    OWNERS,
    SPOUSES,
    TACKINGS,
    Meaning,
    meant,
)
from portfolio.tax.events import (
    Donation,
    Event,
    Gift,
    Holder,
    Inheritance,
    Purchase,
    ReturnOfCapital,
    Sale,
    Split,
)
from portfolio.tax.history import Groups
from portfolio.tax.reading import Reading
from portfolio.tax.selection import Method

DEFAULT_ACCOUNT = "T1"
BUYS = ("buy", "drip", "vest")


@dataclass(frozen=True)
class Setting:
    """Whose accounts there are, what is identical, and how the law is read."""

    holders: Mapping[str, Holder]
    groups: Groups
    reading: Reading


def setting(inputs: Node, policy: Mapping[str, Node]) -> Setting:
    """The accounts and wash groups of the inputs, and the switches of the policy."""
    holders = {
        each.need("id").text(): Holder(
            meant(each.need("type"), ACCOUNT_TYPES),
            "self" if each.get("owner") is None else meant(each.need("owner"), OWNERS),
        )
        for each in inputs.list_of("accounts")
    }
    switch = policy.get("identical_groups")
    listed = inputs.list_of("identical_groups")
    if switch is not None and isinstance(switch.value, list):
        listed, switch = switch.items(), None
    return Setting(holders or {DEFAULT_ACCOUNT: Holder()}, _groups(listed, switch), reading(policy))


def reading(policy: Mapping[str, Node]) -> Reading:
    """The switches of a policy. Raises MalformedError for one that the library does not have."""
    for name, node in policy.items():
        if name not in SWITCHES:
            raise node.wrong(f"there is no switch `{name}`", f"switches: {', '.join(SWITCHES)}")
    plain = Reading()
    return Reading(
        tacking=_chosen(policy, "tacking", TACKINGS, plain.tacking),
        spouse=_chosen(policy, "spouse", SPOUSES, plain.spouse),
        employer_plans=_chosen(policy, "employer_plan", EMPLOYER_PLANS, plain.employer_plans),
        bought_before=_chosen(policy, "pre_acquisition", BOUGHT_BEFORE, plain.bought_before),
    )


SWITCHES = ("tacking", "spouse", "employer_plan", "pre_acquisition", "identical_groups")


def _chosen(
    policy: Mapping[str, Node], name: str, words: Mapping[str, Meaning], default: Meaning
) -> Meaning:
    return meant(policy[name], words) if name in policy else default


def _groups(listed: list[Node], switch: Node | None) -> Groups:
    """Securities by group. Members count share for share; weights say what a share counts, unless
    the switch says that groups are taken without them, or that every ticker is alone."""
    grouping = "weights" if switch is None else meant(switch, GROUPINGS)
    found: dict[str, tuple[str, Decimal]] = {}
    for each in listed:
        name = each.need("id").text()
        weights = each.get("weights")
        if weights is None:
            members = {node.text(): Decimal(1) for node in each.need("members").items()}
        else:
            members = {ticker: node.number() for ticker, node in weights.keys().items()}
        for ticker, weight in members.items():
            if weight <= 0:
                raise each.wrong(f"the weight of {ticker} has to be above 0")
            found[ticker] = (name, weight if grouping == "weights" else Decimal(1))
    return {} if grouping == "ticker" else found


# --- transactions --------------------------------------------------------------------------------


def event(row: Node, holders: Mapping[str, Holder]) -> Event:
    """The event of a transaction. Raises MalformedError."""
    # Trade dates count, not settlement (Rev. Rul. 66-97).
    row.pass_over("settle", "note")
    return meant(row.need("action"), _EVENTS)(row, holders)


def _account(row: Node, holders: Mapping[str, Holder]) -> str:
    node = row.get("account")
    name = DEFAULT_ACCOUNT if node is None else node.text()
    if name not in holders:
        raise (node or row).wrong(f"there is no account `{name}`")
    return name


def _some_account(row: Node, holders: Mapping[str, Holder]) -> str | None:
    return None if row.get("account") is None else _account(row, holders)


def _total(row: Node) -> Decimal:
    """Dollars of a trade before fees: an amount, or a price a share."""
    amount = row.get("amount")
    if amount is not None:
        return amount.number()
    return row.need("price").number() * row.need("shares").number()


def _given_lots(row: Node) -> tuple[tuple[str, Decimal | None], ...]:
    found = []
    for each in row.list_of("lots"):
        if isinstance(each.value, dict):
            shares = each.get("shares")
            found.append((each.need("lot").text(), None if shares is None else shares.number()))
        else:
            found.append((each.text(), None))
    return tuple(found)


def _method(row: Node) -> Method:
    node = row.get("method")
    return Method.FIFO if node is None else meant(node, METHODS)


def _purchase(row: Node, holders: Mapping[str, Holder]) -> Event:
    order = row.get("order")
    return Purchase(
        row.need("id").text(),
        row.need("date").day(),
        _account(row, holders),
        row.need("ticker").text(),
        row.need("shares").number(),
        _total(row) + row.number_of("fees"),
        None if order is None else order.text(),
    )


def _sale(row: Node, holders: Mapping[str, Holder]) -> Event:
    row.get("order")
    return Sale(
        row.need("id").text(),
        row.need("date").day(),
        _account(row, holders),
        row.need("ticker").text(),
        row.need("shares").number(),
        _total(row) - row.number_of("fees"),
        _given_lots(row),
        _method(row),
    )


def _split(row: Node, holders: Mapping[str, Holder]) -> Event:
    cash = row.get("cash_in_lieu_price")
    new, old = row.need("ratio_new").number(), row.need("ratio_old").number()
    if new <= 0 or old <= 0:
        raise row.wrong("the ratio of a split has to be above 0")
    return Split(
        row.need("id").text(),
        row.need("date").day(),
        row.need("ticker").text(),
        new,
        old,
        None if cash is None else cash.number(),
        _some_account(row, holders),
    )


def _return_of_capital(row: Node, holders: Mapping[str, Holder]) -> Event:
    return ReturnOfCapital(
        row.need("id").text(),
        row.need("date").day(),
        row.need("ticker").text(),
        row.need("per_share").number(),
        _some_account(row, holders),
    )


def _gift(row: Node, holders: Mapping[str, Holder]) -> Event:
    spouse = row.need("action").text() == "spouse_gift"
    basis = row.need("donor_basis").number()
    value = row.get("fmv") if spouse else row.need("fmv")
    return Gift(
        row.need("id").text(),
        row.need("date").day(),
        _account(row, holders),
        row.need("ticker").text(),
        row.need("shares").number(),
        basis,
        row.need("donor_acquired").day(),
        basis if value is None else value.number(),
        spouse,
    )


def _inheritance(row: Node, holders: Mapping[str, Holder]) -> Event:
    return Inheritance(
        row.need("id").text(),
        row.need("date").day(),
        _account(row, holders),
        row.need("ticker").text(),
        row.need("shares").number(),
        row.need("fmv").number(),
    )


def _donation(row: Node, holders: Mapping[str, Holder]) -> Event:
    priced = any(row.get(key) is not None for key in ("amount", "price"))
    value = row.get("fmv")
    return Donation(
        row.need("id").text(),
        row.need("date").day(),
        _account(row, holders),
        row.need("ticker").text(),
        row.need("shares").number(),
        value.number() if value is not None else _total(row) if priced else None,
        _given_lots(row),
        _method(row),
    )


_EVENTS: Mapping[str, Callable[[Node, Mapping[str, Holder]], Event]] = {
    **dict.fromkeys(BUYS, _purchase),
    "sell": _sale,
    "split": _split,
    "roc": _return_of_capital,
    "gift": _gift,
    "spouse_gift": _gift,
    "inherit": _inheritance,
    "donate": _donation,
}
