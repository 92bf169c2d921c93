"""What is asked of all lots of an account at once is what is asked of each."""

from __future__ import annotations

import pytest

from compiler.attributes import BUILT_IN, Environment, Vocabulary
from compiler.lots import Lots
from compiler.read_conditions import read_condition
from compiler.reader import Reader
from compiler.statements import Authority
from grammar.parse import parse
from tests.compiler.conftest import lot
from tests.compiler.test_conditions import NoGroups

CONDITIONS = (
    "lot.gain above $0 and lot.age between 330 days and 366 days",
    "lot.loss at least the larger of $100 and 3% of basis",
    "lot.value above 1% of account or not lot.covered",
    'position.weight above 5% and sector is not "Energy"',
    "revenue.tobacco at most 5%",
    'account.type is "taxable" and lot.gain_percent at most 10%',
    "lot.loss above $200 plus $1,800 prorated",
)


@pytest.fixture
def lots(household) -> Lots:
    """All lots of the household as those of one account, one security in two lots."""
    account, other = household.accounts
    again = lot(account.id, "ALFA", "2025-07-10", 10, 600)
    return Lots(household, account, (*account.lots, *other.lots, again))


def one_by_one(lots: Lots) -> list[Environment]:
    household, account = lots.household, lots.account
    return [
        Environment(household, account, household.securities[x.security_id], x) for x in lots.lots
    ]


@pytest.mark.parametrize("column", BUILT_IN, ids=lambda column: column.written)
def test_columns(lots: Lots, column) -> None:
    each = [column.value(env) for env in one_by_one(lots)]
    assert lots.values(column) == each
    part = lots.at([1, 3])
    assert part.values(column) == [each[1], each[3]]
    assert part.at([1]).values(column) == [each[3]]


@pytest.mark.parametrize("text", CONDITIONS)
def test_conditions(lots: Lots, attributes, text: str) -> None:
    file, _ = parse(f"layer firm\nrule a.b\n never sell anything where {text}\n", "a.policy")
    reader = Reader(Authority("firm", 0), Vocabulary(attributes), NoGroups(), ("firm",))
    condition = read_condition(file.statements[0].directives[0].things.where, reader)
    assert condition is not None
    assert condition.truths(lots) == [condition.truth(env) for env in one_by_one(lots)]


def test_parts_keep_the_order(lots: Lots) -> None:
    last = lots.lots[-1].security_id
    of_last = tuple(each for each in lots.lots if each.security_id == last)
    assert len(of_last) == 2
    assert lots.of([last]).lots == of_last
    assert lots.of([]).lots == ()
    assert lots.names == tuple(dict.fromkeys(each.security_id for each in lots.lots))
    assert tuple(each.security_id for each in lots.first_of_each.lots) == lots.names
