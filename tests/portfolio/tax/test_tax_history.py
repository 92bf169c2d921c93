"""The history of a household out of its book: lots worked out backwards, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portfolio.book import Book, load_book
from portfolio.household import Household
from portfolio.tax.events import Purchase, Sale
from portfolio.tax.ledger import year_to_date
from portfolio.tax.positions import HistoryError
from portfolio.tax.results import Outcome
from portfolio.tax.wash_sales import WINDOW
from tests.portfolio.breaking import AS_OF

D = Decimal
HOUSEHOLD = "H00002"


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def trade(folder: Any, days: int, action: str, shares: str, amount: str, **cells: str) -> None:
    cells = {"account_id": "H00002-TX", "security_id": "AGG2"} | cells
    folder.add(
        "transactions",
        date=ago(days).isoformat(),
        action=action,
        shares=shares,
        amount=amount,
        **cells,
    )


def lot(folder: Any, name: str, acquired: date, shares: str, basis: str, **cells: str) -> None:
    cells = {"account_id": "H00002-TX", "security_id": "AGG2"} | cells
    folder.add(
        "lots", lot_id=name, acquired=acquired.isoformat(), shares=shares, basis=basis, **cells
    )


def of_agg2(folder: Any) -> Outcome:
    """The household without anything but what a test says of AGG2."""
    return folder.load().tax_history(HOUSEHOLD).outcome()  # type: ignore[no-any-return]


@pytest.fixture
def empty(folder: Any) -> Any:
    """The family's book without positions and transactions in AGG2."""
    for table in ("lots", "transactions"):
        folder.remove(table, "security_id", "AGG2")
    return folder


def rows(outcome: Outcome) -> list[tuple[Decimal, Decimal, bool]]:
    return [
        (row.gain, row.disallowed, row.long_term)
        for row in outcome.realised
        if row.security_id == "AGG2"
    ]


def test_a_sale_without_a_lot_has_the_basis_that_its_gain_says(empty: Any) -> None:
    trade(empty, 20, "sell", "8", "80", realized_gain="-16", term="long")
    trade(empty, 20, "sell", "8", "80", realized_gain="5", term="short")
    assert rows(of_agg2(empty)) == [(-16, 0, True), (5, 0, False)]


def test_a_purchase_of_an_ira_destroys_a_loss_that_the_broker_reports(empty: Any) -> None:
    trade(empty, 20, "sell", "8", "80", realized_gain="-16", term="short")
    trade(empty, 10, "buy", "3", "30", account_id="H00002-IRA", lot_id="NEW")
    lot(empty, "NEW", ago(10), "3", "30", account_id="H00002-IRA")
    outcome = of_agg2(empty)
    (row,) = [row for row in outcome.realised if row.security_id == "AGG2"]
    assert (row.disallowed, row.permanent) == (6, 6)
    entities = {"H00002-TX": "T", "H00002-IRA": "T"}
    known = {row.account_id: entities.get(row.account_id, "other") for row in outcome.realised}
    assert year_to_date(outcome.realised, known, AS_OF)["T"].permanent == 6


def test_a_lot_bought_and_partly_sold_since_is_told_as_it_was(empty: Any) -> None:
    trade(empty, 25, "buy", "10", "110", lot_id="NEW")
    trade(empty, 20, "sell", "8", "80", realized_gain="-16", term="short", lot_id="OLD")
    trade(empty, 5, "sell", "4", "48", realized_gain="4", term="short", lot_id="NEW")
    lot(empty, "NEW", ago(25), "6", "66")
    outcome = of_agg2(empty)
    # Eight of the ten replace the loss of two a share; four of them are then sold with it.
    assert rows(outcome) == [(-16, 16, False), (-4, 0, False)]
    held = [each for each in outcome.open_lots if each.security_id == "AGG2"]
    assert sum(each.shares for each in held) == 6
    assert sum(each.basis for each in held) == 6 * 11 + 4 * 2


def test_what_is_left_of_a_sold_lot_replaces_nothing_of_it(empty: Any) -> None:
    lot(empty, "HALF", ago(40), "8", "96")
    trade(empty, 20, "sell", "8", "80", realized_gain="-16", term="short", lot_id="HALF")
    outcome = of_agg2(empty)
    assert rows(outcome) == [(-16, 0, False)]
    assert outcome.open_losses[-1].day == ago(20)


def test_a_purchase_without_a_lot_is_the_lot_of_its_day(empty: Any) -> None:
    trade(empty, 9, "reinvest", "2", "24")
    lot(empty, "DRIP", ago(9), "2", "24")
    history = empty.load().tax_history(HOUSEHOLD)
    bought = [event for event in history.events if isinstance(event, Purchase)]
    assert "DRIP" in {event.id for event in bought}
    assert "DRIP" not in {each.id for each in history.opening}


def test_inherited_lots_replace_nothing(empty: Any) -> None:
    trade(empty, 20, "sell", "8", "80", realized_gain="-16", term="short")
    trade(empty, 10, "inherit", "3", "30", lot_id="GIFT")
    lot(empty, "GIFT", ago(10), "3", "30")
    assert rows(of_agg2(empty)) == [(-16, 0, False)]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"amount": ""}, "no amount"),
        ({"realized_gain": ""}, "no realised gain"),
        ({"shares": "0"}, "no shares"),
    ],
)
def test_what_cannot_be_told_is_said(empty: Any, cells: dict[str, str], why: str) -> None:
    given = {"shares": "8", "amount": "80", "realized_gain": "-16", "term": "short"} | cells
    trade(empty, 20, "sell", given.pop("shares"), given.pop("amount"), **given)
    history = empty.load().tax_history(HOUSEHOLD)
    assert [said for said in history.left_out if why in said and "AGG2" in said]
    assert rows(history.outcome()) == []


def test_a_split_since_leaves_the_security_out(empty: Any) -> None:
    trade(empty, 20, "sell", "8", "80", realized_gain="-16", term="short")
    trade(empty, 15, "split", "8", "")
    history = empty.load().tax_history(HOUSEHOLD)
    assert [said for said in history.left_out if "was split since" in said]


def test_trades_of_today_come_after_it(empty: Any) -> None:
    trade(empty, 20, "sell", "8", "80", realized_gain="-16", term="short")
    history = empty.load().tax_history(HOUSEHOLD)
    bought = Purchase("today", AS_OF, "H00002-ROTH", "AGG2", D(5), D(50))
    assert history.outcome([bought]).permanent - history.outcome().permanent == 10
    with pytest.raises(HistoryError):
        history.outcome([Sale("today", AS_OF, "H00002-TX", "AGG2", D(5), D(50))])


def test_a_sale_of_today_is_of_the_lot_as_the_book_has_it(empty: Any) -> None:
    """The broker has not put the $6 that three shares took over on its lot of ten: the book's basis
    is what is sold, whatever the replay makes of it, and the shares stay used."""
    trade(empty, 20, "sell", "3", "30", realized_gain="-6", term="short")
    trade(empty, 10, "buy", "10", "100", lot_id="NEW")
    lot(empty, "NEW", ago(10), "10", "100")
    book = empty.load()
    history = book.tax_history(HOUSEHOLD)
    sold = Sale("today", AS_OF, "H00002-TX", "AGG2", D(5), D(50), (("NEW", D(5)),))
    rows = [row for row in history.outcome([sold]).realised if row.sale_id == "today"]
    assert sum(row.gain for row in rows) == 0
    assert {row.long_term for row in rows} == {False}
    (held,) = (
        each for a in book.household(HOUSEHOLD).accounts for each in a.lots if each.id == "NEW"
    )
    assert (held.basis, held.used_shares) == (100, 3)
    assert sum(each.shares for each in history.outcome().open_lots if each.used) == 3


# --- against what the book says itself -----------------------------------------------------------


def test_a_synthetic_book_s_blocks_and_used_shares(sound: Book) -> None:
    assert compared(sound) > 0


@pytest.mark.parametrize("name", ["us100-small", "us500"])
def test_a_real_book_s_blocks_used_shares_and_year(
    name: str, shared_book: Callable[[str], Path]
) -> None:
    book = load_book(shared_book(name))
    assert compared(book) > 10
    for household_id in book.household_ids:
        household = book.household(household_id)
        outcome = book.tax_history(household_id).outcome()
        entity_of = {account.id: account.tax_entity_id for account in household.accounts}
        for entity, year in year_to_date(outcome.realised, entity_of, book.as_of).items():
            stated = household.tax_entities[entity]
            known = stated.ytd_short + stated.ytd_long
            # The custodian's year leaves out wash sales across accounts, and only them.
            assert abs(year.short + year.long - year.disallowed - known) < D("0.005")


def compared(book: Book) -> int:
    """How many sales were compared. Household and replay say the same of recent losses
    and of shares that are used up."""
    sales = 0
    for household_id in book.household_ids:
        household, history = book.household(household_id), book.tax_history(household_id)
        assert history.left_out == ()
        outcome = history.outcome()
        sales += len(outcome.realised)
        assert recent_losses(outcome, book, household) == blocks(household)
        used: dict[str, Decimal] = {}
        for match in outcome.matches:
            before = used.get(match.replacement_lot_id, D(0))
            used[match.replacement_lot_id] = before + match.shares
        lots = [lot for account in household.accounts for lot in account.lots]
        assert used == {lot.id: lot.used_shares for lot in lots if lot.used_shares}
    return sales


def recent_losses(
    outcome: Outcome, book: Book, household: Household
) -> dict[tuple[str, date], Decimal]:
    found: dict[tuple[str, date], Decimal] = {}
    for loss in outcome.open_losses:
        until = loss.day + WINDOW
        if until >= book.as_of:
            security = household.securities.get(loss.security_id)
            group = loss.security_id if security is None else security.wash_group
            found[group, until] = found.get((group, until), D(0)) + loss.shares
    return found


def blocks(household: Household) -> dict[tuple[str, date], Decimal]:
    return {(block.wash_group, block.until): block.shares for block in household.wash_blocks}
