"""What was sold before today, as limits over time read it from the book's transactions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portfolio.book import Book, load_book
from tests.portfolio.breaking import AS_OF, Folder, Row

GIVEN: Row = {
    "date": "2026-02-02",
    "account_id": "H00001-TX",
    "action": "sell",
    "shares": "2",
    "amount": "300.00",
    "realized_gain": "-20.00",
    "term": "long",
    "source": "custodian",
}


def test_sales_of_a_synthetic_book_add_up_to_the_year_to_date(sound: Book) -> None:
    for name in sound.household_ids:
        home = sound.household(name)
        for entity in home.tax_entities.values():
            own = {a.id for a in home.accounts if a.tax_entity_id == entity.id and a.taxable}
            for long_term, stated in ((False, entity.ytd_short), (True, entity.ytd_long)):
                gains = [
                    sale.gain
                    for sale in home.past_sales
                    if sale.account_id in own
                    and sale.day.year == AS_OF.year
                    and sale.long_term is long_term
                ]
                assert sum(gains, Decimal(0)) == stated
        assert home.known_since is not None
        assert home.known_since <= min(sale.day for sale in home.past_sales)


@pytest.mark.parametrize(
    ("cells", "amount", "gain"),
    [
        ({}, "300", "-20"),
        ({"amount": ""}, None, "-20"),
        ({"amount": "-300.00"}, "300", "-20"),
        ({"realized_gain": ""}, "300", "300"),
    ],
)
def test_what_is_not_given_counts_on_the_cautious_side(
    folder: Folder, cells: Row, amount: str | None, gain: str
) -> None:
    security = folder.rows("lots")[0]["security_id"]

    def add(rows: list[Row]) -> None:
        empty = dict.fromkeys(rows[0], "")
        rows.append(empty | GIVEN | {"security_id": security} | cells)

    folder.edit("transactions", add)
    home = load_book(folder.path).household("H00001")
    sale = next(each for each in home.past_sales if each.day == date(2026, 2, 2))
    expected = home.prices[security] * 2 if amount is None else Decimal(amount)
    assert (sale.amount, sale.gain, sale.long_term) == (expected, Decimal(gain), True)
    assert not sale.for_flow


def test_a_sale_for_a_payment_and_a_blank_term(folder: Folder) -> None:
    def mark(rows: list[Row]) -> None:
        for row in rows:
            if row["action"] == "sell":
                row.update(source="flow", term="")

    folder.edit("transactions", mark)
    home = load_book(folder.path).household("H00001")
    assert home.past_sales
    assert all(sale.for_flow and not sale.long_term for sale in home.past_sales)


def test_purchases_and_sales_with_their_shares(folder: Folder) -> None:
    security = folder.rows("lots")[0]["security_id"]
    before = len(load_book(folder.path).household("H00001").past_trades)

    def add(rows: list[Row]) -> None:
        empty = dict.fromkeys(rows[0], "") | GIVEN | {"security_id": security}
        rows.append(empty)
        rows.append(empty | {"action": "buy", "shares": "3", "amount": "-420.00"})
        rows.append(empty | {"action": "buy", "date": "2026-02-03", "amount": ""})
        rows.append(empty | {"action": "transfer_in"})
        rows.append(empty | {"action": "reinvest"})

    folder.edit("transactions", add)
    home = load_book(folder.path).household("H00001")
    assert len(home.past_trades) == before + 3
    found = [
        (trade.day.day, trade.shares, trade.amount)
        for trade in home.past_trades
        if trade.security.id == security and trade.day.isoformat().startswith("2026-02-0")
    ]
    assert (2, Decimal(-2), Decimal(-300)) in found
    assert (2, Decimal(3), Decimal(420)) in found
    assert (3, Decimal(2), 2 * home.prices[security]) in found
