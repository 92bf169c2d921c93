"""One household's proposal held against its trades, its policies and its opening positions."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from compiler.assumptions import assumptions_for
from compiler.cash_calendar import cash_calendar
from compiler.closing import Closing, Purchase, Sale, cents, purchase_of, sale_of
from compiler.directives.cross_trades import client_groups
from compiler.exact_check import exact_breaches
from compiler.statements import HouseholdPolicy, Side
from policydsl.carried import Observed, observed
from policydsl.document import (
    Document,
    assumptions_document,
    calendar_document,
    lot_document,
    measures_document,
    models_document,
    plain,
    soft_document,
    statements_document,
)
from policydsl.inputs import Inputs, policy_of
from policydsl.orders import Crowd, Order, facing_of, with_facing
from policydsl.oversight import oversight_document
from policydsl.propose import Status, empty_closing
from policydsl.rebalance import on_hold_findings
from policydsl.record.folder import TRADE_COLUMNS, trade_rows
from policydsl.schemas import ProposalDocument
from policydsl.verification.reasons import reason_differences
from policydsl.verification.tax import tax_differences
from policydsl.verification.unsolved import failed_differences, surplus, unsolved_differences
from portfolio.book import Book
from portfolio.household import Household

Row = Mapping[str, str]

LEDGER_TOLERANCE = 1e-6  # dollars per dollar traded
MEASURE_TOLERANCE = 1e-7  # fractions; another linear algebra library may round otherwise
SOLVED = (Status.PROPOSED, Status.NO_ACTION)
OF_ANY = {"format", "household_id", "name", "as_of", "status", "findings"}
"""What the document of any household has."""
OF_SOLVED = ProposalDocument.model_fields.keys() - OF_ANY - {"conflict", "conflicts"}
"""What that of a solved household has besides in any case."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in a run that does not hold: where, and what."""

    where: str
    what: str


def verify_proposal(
    inputs: Inputs,
    document: Document,
    rows: Sequence[Row],
    crowd: Crowd,
    counts: dict[str, int],
    seen: dict[str, Observed],
) -> Iterator[Difference]:
    """What of a proposal does not follow from its trade rows. `crowd` is who trades what in the
    whole run. Adds to `counts["checks"]`, and to `seen` what lies outside the rules."""
    where = document["household_id"]
    if document["as_of"] != inputs.book.as_of.isoformat():
        yield Difference(where, f"is of {document['as_of']}, and not of the day of the run")
    if document["status"] not in SOLVED or where in inputs.book.households_on_hold:
        yield from _unsolved(inputs, document, rows, seen)
        return
    missing = sorted(name for name in OF_SOLVED if document.get(name) is None)
    if missing:
        yield Difference(where, f"has the status {document['status']}, and no {missing[0]}")
        return
    if (document["status"] == Status.PROPOSED) != bool(document["trades"]):
        count = len(document["trades"])
        yield Difference(where, f"has the status {document['status']} with {count} trades")
    stated = [dict(zip(TRADE_COLUMNS, row, strict=True)) for row in trade_rows(document)]
    if stated != list(rows):
        yield from _other_rows(where, stated, rows)
    household = inputs.book.household(where)
    policy = policy_of(inputs, household)
    policy = with_facing(policy, facing_of(policy, household, crowd))
    yield from _reasons(document, policy)
    closing = yield from _closing(household, policy, rows)
    if closing is None:
        return
    seen[where] = observed(policy, closing)
    counts["checks"] += len(policy.statements)
    for breach in exact_breaches(policy, closing):
        yield Difference(where, f"{breach.key}: {breach.message}")
    history = inputs.book.tax_history(where)
    counts["tax years"] += len(closing.household.tax_entities)
    counts["transactions left out"] += len(history.left_out)
    for place, what in tax_differences(history, household, policy, closing, document, counts):
        yield Difference(where if place == where else f"{where} {place}", what)
    for place, what in reason_differences(policy, household, closing, document):
        yield Difference(f"{where} {place}".rstrip(), what)
    follows = measures_document(closing) | oversight_document(policy, closing)
    follows["models"] = models_document(policy, household)
    follows["name"] = household.name
    follows["assumptions"] = assumptions_document(policy, household)
    yield from _orders(closing, document)
    follows["soft_broken"] = soft_document(policy, closing)
    follows["cash_calendar"] = calendar_document(cash_calendar(policy, closing))
    for name, value in follows.items():
        if not agrees(value, document[name]):
            said = name.replace("_", " ")
            yield Difference(where, f"its {said} is not what its trades come to")


def _unsolved(
    inputs: Inputs, document: Document, rows: Sequence[Row], seen: dict[str, Observed]
) -> Iterator[Difference]:
    """A household without trades has none, and one whose data are doubtful says why."""
    where, status = document["household_id"], document["status"]
    if rows or "trades" in document:
        yield Difference(where, f"has trades, and the status {status}")
    on_hold = inputs.book.households_on_hold.get(where)
    household = inputs.book.household(where)
    if document["name"] != household.name:
        yield Difference(where, "its name is not that of the book")
    if on_hold is None and status == Status.FAILED:
        found = failed_differences(document, OF_ANY)
    elif on_hold is None:
        policy = policy_of(inputs, household)
        seen[where] = observed(policy, empty_closing(household, policy))
        found = unsolved_differences(policy, household, document, OF_ANY)
    else:
        found = surplus(document, OF_ANY)
    for place, what in found:
        yield Difference(f"{where} {place}".rstrip(), what)
    if on_hold is not None:
        if status != Status.DATA_HOLD:
            yield Difference(where, f"has the status {status}, and its data are on hold")
        if document["findings"] != on_hold_findings(on_hold):
            yield Difference(where, "its findings are not those of its data")


def _other_rows(where: str, stated: Sequence[Row], rows: Sequence[Row]) -> Iterator[Difference]:
    """Orders whose rows in trades.csv are not those of the proposal."""
    names = dict.fromkeys(row["trade_id"] for row in (*stated, *rows))
    for name in names:
        mine = [row for row in stated if row["trade_id"] == name]
        if mine != [row for row in rows if row["trade_id"] == name]:
            yield Difference(f"{where} {name}", "trades.csv and the proposal differ")


def _orders(closing: Closing, document: Document) -> Iterator[Difference]:
    """Orders whose shares, dollars and gain are not the sums of their rows."""
    rows: dict[tuple[str, str, str], list[Sale | Purchase]] = {}
    for trade in closing.trades:
        side = "sell" if isinstance(trade, Sale) else "buy"
        rows.setdefault((trade.account_id, trade.security_id, side), []).append(trade)
    for order in document["trades"]:
        mine = rows.get((order["account_id"], order["security_id"], order["side"]), [])
        sums = {
            name: sum((getattr(row, name) for row in mine), Decimal(0))
            for name in ("shares", "amount", "cost")
        }
        lots = [lot_document(row) for row in mine if isinstance(row, Sale)]
        if lots:
            gains = (row.gain for row in mine if isinstance(row, Sale))
            sums["realized_gain"] = cents(sum(gains, Decimal(0)))
        stated = {name: order[name] for name in (*sums, "lots")}
        comes_to = {name: plain(number) for name, number in sums.items()} | {"lots": lots}
        wrong = [name for name, value in comes_to.items() if stated[name] != value]
        if wrong:
            where = f"{document['household_id']} {order['trade_id']}"
            named = " and ".join(name.replace("_", " ") for name in wrong)
            yield Difference(where, f"its {named} is not what its rows come to")


def _reasons(document: Document, policy: HouseholdPolicy) -> Iterator[Difference]:
    """Statements are those in force, each ledger sums to zero, and reasons name statements."""
    where = document["household_id"]
    if document["statements"] != statements_document(policy):
        yield Difference(where, "its statements are not those of its policies")
    known = {statement["rule_id"] for statement in document["statements"].values()}
    for trade in document["trades"]:
        place = f"{where} {trade['trade_id']}"
        rest = sum(entry["value"] for entry in trade["ledger"])
        if abs(rest) > LEDGER_TOLERANCE:
            yield Difference(place, f"its ledger leaves {rest:+.2g} dollars a dollar")
        unknown = [
            entry["name"]
            for entry in trade["ledger"]
            if entry["kind"] == "statements" and entry["name"] not in document["statements"]
        ]
        unknown += [rule for rule in trade["rules"] if rule not in known]
        for name in unknown:
            yield Difference(place, f"names {name}, which is not in force")


def agrees(one: Any, other: Any) -> bool:
    """Equal, numbers to within MEASURE_TOLERANCE."""
    if isinstance(one, float) and isinstance(other, int | float):
        return abs(one - other) <= MEASURE_TOLERANCE
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(agrees(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(agrees, one, other))
    return bool(one == other)


def _closing(
    household: Household, policy: HouseholdPolicy, rows: Sequence[Row]
) -> Generator[Difference, None, Closing | None]:
    """The trades of `rows` on the opening positions; yields what does not fit, and returns None
    where no position can be told."""
    sales: list[Sale] = []
    purchases: list[Purchase] = []
    sound = True
    for row in rows:
        where = f"{household.id} {row['trade_id']}"
        try:
            trade = _trade(household, policy, row)
        except (KeyError, ArithmeticError, ValueError) as error:
            yield Difference(where, f"names something the book does not have: {error}")
            sound = False
            continue
        security = household.securities[row["security_id"]]
        stated = {
            "trade_id": f"{row['account_id']}:{row['security_id']}:{row['side']}",
            "ticker": security.ticker,
            "price": plain(household.prices[security.id]),
            "amount": plain(trade.amount),
            "cost": plain(trade.cost),
        }
        if isinstance(trade, Sale):
            sales.append(trade)
            lot = lot_document(trade)
            stated |= {"term": lot["term"], "realized_gain": plain(cents(trade.gain))}
        else:
            purchases.append(trade)
            stated |= {"lot_id": "", "term": "", "realized_gain": ""}
        for name, value in stated.items():
            if row[name] != value:
                yield Difference(where, f"{name} is {row[name]}, should be {value}")
    return empty_closing(household, policy, tuple(sales), tuple(purchases)) if sound else None


def _trade(household: Household, policy: HouseholdPolicy, row: Row) -> Sale | Purchase:
    """Raises KeyError, ArithmeticError or ValueError for what the book cannot have."""
    accounts = {account.id: account for account in household.accounts}
    account, shares = accounts[row["account_id"]], Decimal(row["shares"])
    if not shares.is_finite() or shares <= 0:
        raise ValueError(f"{shares} shares")
    cost = Decimal(str(assumptions_for(policy, account.id).trading_cost))
    if row["side"] == "buy":
        household.securities[row["security_id"]]
        return purchase_of(household, account, row["security_id"], shares, cost)
    if row["side"] != "sell":
        raise ValueError(f"side {row['side']}")
    lot = {lot.id: lot for lot in account.lots}[row["lot_id"]]
    if lot.security_id != row["security_id"]:
        raise ValueError(f"{lot.id} is a lot of {lot.security_id}")
    return sale_of(household, account, lot, shares, cost)


def row_orders(book: Book, rows: Sequence[Row]) -> Iterator[Order]:
    """The rows of a run as orders of its households; those of nobody in the book are left out."""
    households = {
        name: book.household(name)
        for name in sorted({row["household_id"] for row in rows} & set(book.household_ids))
    }
    for row in rows:
        household = households.get(row["household_id"])
        accounts = household.accounts if household else ()
        account = next((each for each in accounts if each.id == row["account_id"]), None)
        if household is None or account is None or row["side"] not in ("buy", "sell"):
            continue
        side: Side = "buy" if row["side"] == "buy" else "sell"
        groups = client_groups(household, account)
        yield Order(household.id, account.id, row["security_id"], side, Decimal(0), groups)
