"""The block view: all clients together, by security, and what of it crosses between them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policydsl.blocks import COLUMNS, block_orders
from policydsl.schemas import BlocksDocument
from tests.policydsl.runs import Row, policydsl, rows, trade_rows


def row(household: str, side: str, shares: int, security: str = "AAA") -> Row:
    account = f"{household}-TX"
    return {
        "household_id": household,
        "account_id": account,
        "security_id": security,
        "ticker": security,
        "side": side,
        "shares": str(shares),
        "price": "10",
        "amount": str(shares * 10),
    }


def test_a_block_by_hand() -> None:
    table = [
        row("H1", "buy", 70),
        row("H1", "sell", 10),
        row("H2", "sell", 50),
        row("H3", "sell", 25),
        row("H3", "sell", 5),
        row("H3", "buy", 8, "BBB"),
    ]
    aaa, bbb = block_orders(table)
    assert (aaa.bought.shares, aaa.sold.shares, aaa.sold.amount) == (70, 90, 900)
    assert (aaa.net_shares, aaa.net_amount, aaa.gross_shares) == (-20, -200, 160)
    assert aaa.sold.households == {"H1": 10, "H2": 50, "H3": 30}
    assert aaa.sold.accounts == ("H1-TX", "H2-TX", "H3-TX")
    assert aaa.crossing_shares == 70
    assert bbb.crossing_shares == 0


def test_a_client_does_not_cross_with_itself() -> None:
    (alone,) = block_orders([row("H1", "buy", 70), row("H1", "sell", 60)])
    assert alone.crossing_shares == 0
    (both,) = block_orders([row("H1", "buy", 70), row("H1", "sell", 60), row("H2", "buy", 5)])
    assert both.crossing_shares == 5


ORDERS = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from(["buy", "sell"]), st.integers(1, 20)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(ORDERS)
def test_crossing_shares_are_the_most_that_can_be_matched(
    orders: list[tuple[str, str, int]],
) -> None:
    """Held to a maximum flow from sellers to the buyers that are other clients."""
    (block,) = block_orders([row(*order) for order in orders])
    flow = networkx.DiGraph()
    flow.add_nodes_from(["from", "to"])
    for name, shares in block.sold.households.items():
        flow.add_edge("from", ("sell", name), capacity=int(shares))
        for other in block.bought.households:
            if other != name:
                flow.add_edge(("sell", name), ("buy", other))
    for name, shares in block.bought.households.items():
        flow.add_edge(("buy", name), "to", capacity=int(shares))
    assert block.crossing_shares == networkx.maximum_flow_value(flow, "from", "to")


def test_the_file_of_a_run_sums_its_trades(small_run: Path) -> None:
    table, trades = rows(small_run / "blocks.csv"), trade_rows(small_run)
    assert tuple(table[0]) == COLUMNS
    assert [block["security_id"] for block in table] == sorted({t["security_id"] for t in trades})
    for block in table:
        for side, name in (("buy", "bought"), ("sell", "sold")):
            mine = [
                t for t in trades if t["security_id"] == block["security_id"] and t["side"] == side
            ]
            for what in ("shares", "amount"):
                total = sum((Decimal(t[what]) for t in mine), Decimal(0))
                assert Decimal(block[f"{name}_{what}"]) == total
            verb = {"bought": "buying", "sold": "selling"}[name]
            for who in ("account", "household"):
                count = len({t[f"{who}_id"] for t in mine})
                assert block[f"{verb}_{who}s"] == str(count)
    assert any(Decimal(block["crossing_shares"]) for block in table)


def test_it_is_printed_for_people_and_for_programs(small_run: Path) -> None:
    table = rows(small_run / "blocks.csv")
    text = policydsl("explain", small_run, "--blocks").stdout.splitlines()
    assert text[0].split()[:3] == ["security", "price", "bought"]
    assert len({len(line) for line in text[: len(table) + 1]}) == 1
    assert text[len(table) + 1].startswith(f"{len(table)} securities: bought $")
    crossing = sum(bool(Decimal(block["crossing_shares"])) for block in table)
    assert text[-1].startswith(f"{crossing} of them cross between clients, up to $")
    few = policydsl("explain", small_run, "--blocks", "--most", "3").stdout.splitlines()
    assert [line.split() for line in few[:4]] == [line.split() for line in text[:4]]
    assert few[4] == f"and {len(table) - 3} smaller blocks"
    found = policydsl("explain", small_run, "--blocks", "--format", "json").stdout
    BlocksDocument.model_validate_json(found)
    assert [b["net_amount"] for b in json.loads(found)["blocks"]] == [
        b["net_amount"] for b in table
    ]


def test_one_household_alone_is_its_own_block(small_run: Path) -> None:
    words = ("explain", small_run, "--household", "H00001", "--blocks", "--format", "json")
    blocks = json.loads(policydsl(*words).stdout)["blocks"]
    assert {name for block in blocks for name in block["bought"]["households"]} == {"H00001"}
    assert {block["crossing_shares"] for block in blocks} == {"0"}


@pytest.mark.parametrize("other", [("--rule", "ipc.cash"), ("--why-not", "IDX1")])
def test_one_question_at_a_time(small_run: Path, other: tuple[str, str]) -> None:
    assert policydsl("explain", small_run, "--blocks", *other).exit_code == 2
