"""`expect never buy ...`, `expect sell ...`: what is held against the trades."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from compiler.attributes import Environment
from compiler.closing import Closing, Purchase, Sale
from compiler.selections import Selection
from grammar import tree, trial
from grammar.tree import Mode, Side, Unit
from policydsl.trials.reading import cannot_expect, few, reader_of, selection_of
from policydsl.trials.run import Ran
from portfolio.household import Lot


def _row_selected(row: Sale | Purchase, selection: Selection, closing: Closing) -> bool:
    account = closing.account(row.account_id)
    security = closing.household.securities[row.security_id]
    lot = row.lot if isinstance(row, Sale) else None
    return selection.truth(Environment(closing.household, account, security, lot)) is True


def contrary_to_never(line: trial.ExpectNever, ran: Ran) -> str:
    """Trades or holdings that the line forbids; empty where there are none. Raises LineError."""
    restriction = line.restriction
    selection = selection_of(restriction.things, reader_of(ran))
    if restriction.mode is Mode.NEVER and not _is_there(selection, ran):
        raise cannot_expect(
            restriction.things.span,
            "nothing in this test is meant by this",
            "no security given is one of these",
            "give one, so that the test can fail",
        )
    found: list[str] = []
    for closing in ran.closings:
        rows = [row for row in closing.trades if _of_action(row, restriction.action)]
        for row in rows:
            if _row_selected(row, selection, closing) is (restriction.mode is Mode.NEVER):
                found.append(_told(row))
        if restriction.action == "hold":
            found += _held(closing, selection, restriction.mode)
    return few(found)


def _is_there(selection: Selection, ran: Ran) -> bool:
    return any(
        selection.security(Environment(household, account, security)) is True
        for household, account in ran.accounts
        for security in household.securities.values()
    )


def _of_action(row: Sale | Purchase, action: str) -> bool:
    match action:
        case "buy":
            return isinstance(row, Purchase)
        case "sell":
            return isinstance(row, Sale)
        case "harvest":
            return isinstance(row, Sale) and row.gain < 0
    return action == "trade"


def _held(closing: Closing, selection: Selection, mode: Mode) -> Iterator[str]:
    for (account_id, name), shares in sorted(closing.shares_after.items()):
        account, security = closing.account(account_id), closing.household.securities[name]
        lots: list[Lot | None] = [lot for lot in account.lots if lot.security_id == name]
        chosen = any(
            selection.truth(Environment(closing.household, account, security, lot)) is True
            for lot in lots or [None]
        )
        if shares and chosen is (mode is Mode.NEVER):
            yield f"{account_id} holds {shares.normalize():f} {name} after the trades"


def _told(row: Sale | Purchase) -> str:
    verb = "sold" if isinstance(row, Sale) else "bought"
    return f"{row.shares.normalize():f} {row.security_id} {verb} in {row.account_id}"


# --- trades ---------------------------------------------------------------------------------------


def contrary_to_trade(line: trial.ExpectTrade, ran: Ran) -> str:
    """What is traded instead of what the line expects; empty where it is met. Raises LineError."""
    selection = selection_of(line.things, reader_of(ran))
    amount = line.amount
    shares = dollars = held = Decimal(0)
    for closing in ran.closings:
        for row in closing.trades:
            if _of_action(row, line.action) and _row_selected(row, selection, closing):
                shares += row.shares
                dollars += row.amount
        held += _shares_held(closing, selection)
    if amount is None:
        return "" if shares else f"no such trade: {_all_trades(ran)}"
    if not isinstance(amount, tree.Quantity):
        raise cannot_expect(amount.span, f"`{amount.value}` stands for no amount")
    match amount.unit:
        case Unit.SHARES | Unit.NONE:
            found, wanted, said = shares, amount.value, f"{shares.normalize():f} shares"
        case Unit.MONEY:
            found, wanted, said = dollars, amount.value, f"${dollars:,.2f}"
        case Unit.PERCENT if line.action == "sell":
            found, wanted = 100 * shares, amount.value * held
            said = f"{shares.normalize():f} of {held.normalize():f} shares"
        case _:
            raise cannot_expect(
                amount.span, "how much is traded?", help="write `50 shares` or `$5,000`"
            )
    met = {Side.AT_LEAST: found >= wanted, Side.AT_MOST: found <= wanted}
    if met.get(line.side, found == wanted) if line.side else found == wanted:
        return ""
    verb = "bought" if line.action == "buy" else "sold"
    return f"{said} {verb}" if shares else f"no such trade: {_all_trades(ran)}"


def _shares_held(closing: Closing, selection: Selection) -> Decimal:
    return sum(
        (
            lot.shares
            for account in closing.household.accounts
            for lot in account.lots
            if selection.truth(
                Environment(
                    closing.household, account, closing.household.securities[lot.security_id], lot
                )
            )
            is True
        ),
        Decimal(0),
    )


def _all_trades(ran: Ran) -> str:
    found = [_told(row) for closing in ran.closings for row in closing.trades]
    return few(found) or "nothing is traded"
