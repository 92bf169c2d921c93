"""Checks that need two cells of a row, or a row and the as-of date."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from portfolio.book.draft import Draft, Notes, Reach, Subject
from portfolio.book.files import Tables, TextTable
from portfolio.tax.wash_sales import WINDOW

# table -> columns that record what has happened
_PAST = {"lots": ("acquired", "holding_from"), "transactions": ("date",)}


def check_rows(tables: Tables, as_of: date, notes: Notes) -> None:
    """Notes dates in the future, lots with more used shares than shares, blocks without shares,
    recent sales without a gain, and accounts whose own model is not used."""
    for name, columns in _PAST.items():
        for column in columns:
            if name in tables:
                _check_past(tables[name], column, as_of, notes)
    _check_used_shares(tables, notes)
    _check_blocks(tables, as_of, notes)
    _check_sales(tables, as_of, notes)
    _check_own_models(tables, notes)


def _check_past(table: TextTable, column: str, as_of: date, notes: Notes) -> None:
    accounts = table.texts("account_id")
    # ISO dates compare as text.
    limit = as_of.isoformat()
    for row, text in enumerate(table.texts(column)):
        if text is not None and text > limit:
            notes.add(
                _about_account(
                    "B0207",
                    table,
                    row,
                    column,
                    text,
                    accounts[row],
                    f"`{column}` {text} is after the as-of date",
                    f"a date up to {limit}",
                )
            )


def _about_account(
    code: str,
    table: TextTable,
    row: int,
    column: str,
    value: str | None,
    account: str | None,
    message: str,
    expected: str,
    reach: Reach = Reach.TRADES,
) -> Draft:
    subjects = () if account is None else (Subject("account", account),)
    return Draft(
        code,
        table.file,
        message,
        expected,
        row=row,
        column=column,
        value=value,
        subjects=subjects,
        reach=reach,
        account_id=account,
    )


def _check_used_shares(tables: Tables, notes: Notes) -> None:
    lots = tables.get("lots")
    if lots is None or "used_shares" not in lots.columns:
        return
    accounts, shares = lots.texts("account_id"), lots.texts("shares")
    for row, used in enumerate(lots.texts("used_shares")):
        held = shares[row]
        if used is not None and held is not None and Decimal(used) > Decimal(held):
            notes.add(
                _about_account(
                    "B0601",
                    lots,
                    row,
                    "used_shares",
                    used,
                    accounts[row],
                    f"{used} shares have replaced a loss sale, but the lot has only {held}",
                    "at most the shares of the lot",
                )
            )


def _check_blocks(tables: Tables, as_of: date, notes: Notes) -> None:
    blocks = tables.get("wash_blocks")
    if blocks is None:
        return
    shares, until = blocks.texts("shares"), blocks.texts("until")
    for row, household in enumerate(blocks.texts("household_id")):
        last = until[row]
        if shares[row] is None and last is not None and last >= as_of.isoformat():
            notes.add(
                Draft(
                    "B0602",
                    blocks.file,
                    "the block does not say how many shares: every purchase is blocked",
                    "the shares that were sold at a loss and not replaced",
                    row=row,
                    column="shares",
                    reach=Reach.NOTHING,
                    household_id=household,
                )
            )


def _check_sales(tables: Tables, as_of: date, notes: Notes) -> None:
    sales, accounts = tables.get("transactions"), tables.get("accounts")
    if sales is None or accounts is None:
        return
    kinds = zip(accounts.texts("account_id"), accounts.texts("type"), strict=True)
    taxable = {name for name, kind in kinds if kind in ("taxable", "trust")}
    since = (as_of - timedelta(days=WINDOW.days)).isoformat()
    owners, days = sales.texts("account_id"), sales.texts("date")
    gains = sales.texts("realized_gain")
    for row, action in enumerate(sales.texts("action")):
        recent = (days[row] or "") >= since and owners[row] in taxable
        if action == "sell" and recent and gains[row] is None:
            notes.add(
                _about_account(
                    "B0603",
                    sales,
                    row,
                    "realized_gain",
                    None,
                    owners[row],
                    "a recent sale does not say what it gained: it is taken for a loss, and "
                    "blocks purchases for 30 days",
                    "the gain (negative: loss) in dollars",
                    Reach.NOTHING,
                )
            )


def _check_own_models(tables: Tables, notes: Notes) -> None:
    accounts, households = tables.get("accounts"), tables.get("households")
    if accounts is None or households is None:
        return
    management = zip(households.texts("household_id"), households.texts("management"), strict=True)
    joint = {name for name, how in management if how == "joint"}
    names, owners = accounts.texts("account_id"), accounts.texts("household_id")
    for row, model in enumerate(accounts.texts("model_id")):
        if model is not None and owners[row] in joint:
            notes.add(
                _about_account(
                    "B0310",
                    accounts,
                    row,
                    "model_id",
                    model,
                    names[row],
                    f"household {owners[row]!r} is managed jointly to its own model; {model!r} is "
                    "not used",
                    "no model of its own, or a household managed separately",
                    Reach.NOTHING,
                )
            )
