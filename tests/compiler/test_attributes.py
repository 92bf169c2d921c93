"""The names a policy may use, and the columns of a book behind them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from compiler.attribute_page import attribute_page
from compiler.attributes import BUILT_IN, Environment, Trade
from compiler.dimensions import Dimension
from portfolio.book.attributes import DERIVED

DOCS = Path(__file__).parents[2] / "docs"
TYPES = {
    Dimension.TEXT: str,
    Dimension.FLAG: bool,
    Dimension.TAGS: frozenset,
}


def test_the_page_lists_them(golden) -> None:
    golden(DOCS / "attributes.md", attribute_page())


def test_what_a_book_works_out_can_be_named() -> None:
    known = {(column.table, column.name) for column in BUILT_IN}
    assert {(table, name) for table, name, *_ in DERIVED} <= known


def test_every_name_is_known_once() -> None:
    names = [column.written for column in BUILT_IN]
    assert len(set(names)) == len(names)


def test_every_name_reads_a_value_of_its_kind(household) -> None:
    account = household.accounts[0]
    lot = account.lots[0]
    order = Trade("buy", Decimal(1), Decimal(50))
    security = household.securities[lot.security_id]
    env = Environment(household, account, security, lot, trade=order, proposal=(order,))
    read = [column for column in BUILT_IN if column.read is not None]
    wrong = [
        column.written
        for column in read
        if (value := column.value(env)) is not None
        and column.dimension in TYPES
        and not isinstance(value, TYPES[column.dimension])
    ]
    blank = {column.written for column in read if column.value(env) is None}
    assert wrong == []
    assert blank == {
        "account.custodian",
        "lot.order_id",
        "lot.holding_from",
        "original.correlation",
    }
