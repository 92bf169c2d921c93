"""The tax that the model minimises is the tax of the ledger, to the cent, and nothing is washed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from bench.tax_ledger import Ledger, ledger_of, ledger_table, ledgers, model_tax, regions_of
from policydsl.inputs import Inputs, read_inputs
from policydsl.rebalance import proposal_of
from tests.policydsl.runs import POLICIES, SHARED
from tests.policydsl.small_books import Tables, policies_of

POLICY = """
rule firm.wash "No wash sales"
    prevent wash sales across household
    because "26 USC 1091"

rule firm.least "Small orders"
    keep each trade at least $50
    because "Costs"
"""
D = Decimal


def book(folder: Path, **taxpayer: object) -> Inputs:
    """Far from its target, with gains and losses in fractional shares of odd prices."""
    tables = Tables()
    for name, price in (("AAA", "97.31"), ("BBB", "41.07"), ("CCC", "13.13"), ("DDD", "7.77")):
        tables.security(name, price, "0.0001")
    tables.client("H1", {"AAA": "0.1", "BBB": "0.1", "CCC": "0.1", "DDD": "0.6"})
    lots = [("AAA", "812.3457", "61234.56"), ("AAA", "33.3333", "1000.01")]
    lots += [("BBB", "1500.0001", "70001.23"), ("CCC", "3000.7", "30000.07")]
    tables.account("H1", cash="1000.01", lots=lots, fractional="true")
    tables.rows["tax_entities"] = [{**row, **taxpayer} for row in tables.rows["tax_entities"]]
    policies = policies_of(folder / "policies", firm=POLICY)
    return read_inputs(tables.written(folder / "book"), policies, None)


def holds(found: Sequence[Ledger]) -> None:
    assert found
    for each in found:
        assert abs(each.off) < 0.001, each
        assert each.forbidden == 0.0, each
        assert each.elsewhere == [], each


TAXPAYERS = {
    "gains": {},
    "losses carried in": {"carry_short": "2000", "carry_long": "19000.55", "rate_carry": "0.1"},
    "short gains this year": {"ytd_short": "30000.01", "carry_long": "4000"},
    "losses this year": {"ytd_short": "-45000", "ytd_long": "-3000.33", "rate_carry": "0.12"},
}


@pytest.mark.parametrize("taxpayer", TAXPAYERS.values(), ids=TAXPAYERS)
def test_a_taxpayer_by_hand(tmp_path: Path, taxpayer: dict[str, object]) -> None:
    found = ledgers(book(tmp_path, **taxpayer), ["H1"])
    holds(found)
    assert found[0].trades
    assert found[0].ledger
    assert "none; model and ledger a cent apart or more in none" in ledger_table(found)


def test_the_comparison_sees_a_cent(tmp_path: Path) -> None:
    """The model's function at nets of two cents more is not the ledger's tax."""
    inputs = book(tmp_path)
    proposal = proposal_of(inputs, "H1")
    found = ledger_of(inputs, proposal)
    assert proposal.closing is not None
    short, long = proposal.closing.realized("T-H1", after=True)
    assert abs(model_tax(proposal, {"T-H1": (short, long)}) - found.ledger) < 1e-5
    moved = model_tax(proposal, {"T-H1": (short, long + D("0.05"))})
    assert abs(moved - found.ledger) > 0.009


@pytest.mark.parametrize(
    ("short", "long", "law"),
    [
        (1, 1, ("gains",)),
        (-1, 2, ("short_loss",)),
        (2, -1, ("long_loss",)),
        (-1, -1, ("net_loss",)),
        (-4000, 1000, ("net_loss", "carried_loss")),
        (-4000, 0, ("carried_loss",)),
        (0, 0, ("gains", "short_loss", "long_loss", "net_loss")),
    ],
)
def test_regions_of_the_netting(tmp_path: Path, short: int, long: int, law: tuple[str]) -> None:
    (entity,) = book(tmp_path).book.household("H1").tax_entities.values()
    assert regions_of(entity, D(short), D(long)) == law


@pytest.mark.long
def test_an_invented_book(small_book: Path) -> None:
    inputs = read_inputs(small_book, POLICIES, None)
    found = ledgers(inputs, inputs.book.household_ids)
    holds(found)
    assert sum(each.losses for each in found) > 10_000


@pytest.mark.minutes
@pytest.mark.parametrize("name", ["us100-small", "us500"])
def test_a_real_book(name: str) -> None:
    """Every household of it under the shipped policies."""
    if not (SHARED / name).is_dir():
        pytest.skip(f"no real book at ../shared/books/{name}")
    inputs = read_inputs(SHARED / name, POLICIES, None)
    found = ledgers(inputs, inputs.book.household_ids)
    holds(found)
    assert sum(each.losses for each in found) > 10_000
