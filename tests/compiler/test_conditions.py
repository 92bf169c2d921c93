"""Truth in three values, and quantities in one unit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.attributes import Environment, Vocabulary
from compiler.conditions import AllOf, AnyOf, Condition, Negation
from compiler.dimensions import Duration, describe_fraction, describe_money, describe_points
from compiler.expressions import Length, Shifted, Today
from compiler.read_conditions import read_condition, read_guard
from compiler.reader import Reader
from compiler.statements import Authority
from grammar.parse import parse
from grammar.tree import Unit


class NoGroups:
    def find(self, name, wanted, reader):
        raise AssertionError(name)

    def has(self, name, viewer):
        return False

    def names(self, viewer):
        return []

    def kinds(self, name, viewer):
        return set()


@pytest.fixture
def truth(household, read):
    """The truth of a `where` for a security or lot of the household."""

    def evaluate(text: str, security: str = "ALFA", lot: str | None = None) -> bool | None:
        condition = read(f"rule a.b\n never buy anything where {text}", guard=False)
        account = household.accounts[0]
        held = next((each for each in account.lots if each.id == lot), None)
        env = Environment(household, account, household.securities[security], held)
        return condition.truth(env)

    return evaluate


@pytest.fixture
def guard(household, read):
    """The truth of a `when` for an account of the household."""

    def evaluate(text: str, number: int = 0) -> bool | None:
        condition = read(f"rule a.b\n when {text}\n never buy anything", guard=True)
        return condition.truth(Environment(household, household.accounts[number]))

    return evaluate


@pytest.fixture
def read(attributes):
    """The typed condition of a rule written out."""

    def typed(text: str, *, guard: bool) -> Condition:
        file, mistakes = parse(f"layer firm\n{text}\n", "a.policy")
        assert mistakes == ()
        (rule,) = file.statements
        reader = Reader(Authority("firm", 0), Vocabulary(attributes), NoGroups(), ("firm",))
        if guard:
            condition = read_guard(rule.clauses[0].condition, reader)
        else:
            condition = read_condition(rule.directives[0].things.where, reader)
        assert reader.diagnostics == []
        assert condition is not None
        return condition

    return typed


# --- Kleene's tables -----------------------------------------------------------------------------

TRUE, FALSE, UNKNOWN = (
    'ticker is "ALFA"',
    'ticker is "BRVO"',
    "esg_score above 5",
)
ATOMS = {TRUE: True, FALSE: False, UNKNOWN: None}


@pytest.mark.parametrize(("left", "right"), list(product(ATOMS, repeat=2)))
def test_and_or_follow_kleene(truth, left: str, right: str) -> None:
    a, b = ATOMS[left], ATOMS[right]
    conjunction = False if False in (a, b) else None if None in (a, b) else True
    disjunction = True if True in (a, b) else None if None in (a, b) else False
    assert truth(f"{left} and {right}") is conjunction
    assert truth(f"{left} or {right}") is disjunction


@pytest.mark.parametrize(("atom", "value"), [(TRUE, False), (FALSE, True), (UNKNOWN, None)])
def test_not_keeps_unknown(truth, atom: str, value: bool | None) -> None:
    assert truth(f"not ({atom})") is value


class Atom(Condition):
    def __init__(self, value: bool | None) -> None:
        self.constant = value

    def truth(self, env):
        return self.constant

    def describe(self):
        return str(self.constant)

    def columns(self):
        return iter(())


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=5))
def test_de_morgan(values: list[bool | None]) -> None:
    atoms = tuple(map(Atom, values))
    either = Negation(AnyOf(tuple(Negation(atom) for atom in atoms)))
    assert AllOf(atoms).truth(None) is either.truth(None)


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=4), st.booleans())
def test_learning_a_missing_value_never_turns_a_known_truth(values, filled: bool) -> None:
    known = [filled if value is None else value for value in values]
    for joined in (AllOf, AnyOf):
        before = joined(tuple(map(Atom, values))).truth(None)
        after = joined(tuple(map(Atom, known))).truth(None)
        assert before is None or before is after


# --- missing and not applicable ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stock_with", "stock_without", "fund"),
    [
        ("revenue.tobacco at least 5%", True, None, False),
        ("revenue.tobacco is not 80%", False, None, False),
        ("revenue.tobacco is missing", False, True, False),
        ("revenue.tobacco is not missing", True, False, False),
        ("revenue.tobacco between 5% and 90%", True, None, False),
        ("not (revenue.tobacco at least 5%)", False, None, True),
        ('industry in ("Tobacco", "Banks")', True, False, False),
        ('industry not in ("Banks")', True, True, False),
        ('industry is "Tobacco"', True, False, False),
    ],
)
def test_a_blank_is_missing_where_it_could_be_and_false_where_it_could_not(
    truth, text: str, stock_with: bool | None, stock_without: bool | None, fund: bool | None
) -> None:
    assert truth(text, "ALFA") is stock_with
    assert truth(text, "CHRL") is stock_without
    assert truth(text, "FUND") is fund


# --- lots ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "alfa", "brvo"),
    [
        # ALFA: 5,000 for 4,000 of 2020-03-02; BRVO: 4,000 for 5,000 of 2026-01-15; today 2026-06-15
        ("lot.gain is $1,000", True, False),
        ("lot.loss is $1,000", False, True),
        ("lot.loss at least 20% of basis", False, True),
        ("lot.loss above the larger of $500 and 20% of basis", False, False),
        ("lot.gain_percent is 25%", True, False),
        ("lot.long_term", True, False),
        ("lot.acquired before 2026-01-15", True, False),
        ("lot.acquired on or after today minus 5 months", False, True),
        ("lot.age below 12 months", False, True),
        ("lot.age is 151 days", False, True),
        ("lot.shares at least 200 shares", False, True),
        ("lot.value above 40% of account", True, False),
        ("lot.value at least 40% of account", True, True),
        ('lot.term is "long"', True, False),
        ("lot.days_to_long_term is 0 days", True, False),
        # bought on 2026-01-15: long-term on a sale from 2027-01-16 on
        ("lot.days_to_long_term is 215 days", False, True),
        ("lot.days_to_long_term between 1 and 215 days", False, True),
        ("lot.pledged", False, False),
        ("lot.basis is missing", False, False),
        ("position.value is $5,000", True, False),
        ("position.shares is 100 shares", True, False),
        ("position.weight at most 40%", False, True),
        ("position.gain is $1,000", True, False),
        ("position.loss is $1,000", False, True),
        ("position.gain_percent below 0%", False, True),
    ],
)
def test_lots(truth, text: str, alfa: bool, brvo: bool) -> None:
    assert truth(text, "ALFA", "H1-TX-ALFA") is alfa
    assert truth(text, "BRVO", "H1-TX-BRVO") is brvo


# --- accounts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "taxable", "ira"),
    [
        ("account.taxable", True, False),
        ('account.type in ("traditional_ira", "roth_ira")', False, True),
        ('"founder" in household.tags', True, True),
        ('"founder" in account.tags', False, False),
        ('"founder" not in account.tags', True, True),
        ("account.value is $10,000", True, True),
        ("household.value is $20,000", True, True),
        ("account.cash at most 10% of account", True, False),
        ('taxpayer.state is "CA"', True, True),
        ("taxpayer.rate_long above 15%", True, True),
        ("household.client_since before 2020-01-01", None, None),
        ("today on or after 2026-06-15", True, True),
        ('account.custodian is "ANY"', None, None),
    ],
)
def test_accounts(guard, text: str, taxable: bool | None, ira: bool | None) -> None:
    assert guard(text, 0) is taxable
    assert guard(text, 1) is ira


# --- quantities ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "count", "unit", "before"),
    [
        (date(2026, 3, 31), 1, Unit.MONTHS, date(2026, 2, 28)),
        (date(2024, 2, 29), 1, Unit.YEARS, date(2023, 2, 28)),
        (date(2026, 1, 10), 30, Unit.DAYS, date(2025, 12, 11)),
        (date(2026, 1, 10), 14, Unit.MONTHS, date(2024, 11, 10)),
        (date(2026, 1, 10), 9000, Unit.YEARS, date.min),
    ],
)
def test_calendar_time(day: date, count: int, unit: Unit, before: date) -> None:
    assert Duration(Decimal(count), unit).before(day) == before


def test_a_length_of_time_is_counted_back_from_today(household) -> None:
    env = Environment(household)
    month = Duration(Decimal(1), Unit.MONTHS)
    assert Length(month).value(env) == 31
    assert Shifted(-1, Today(), month).value(env) == date(2026, 5, 15)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (describe_money(Decimal("25000")), "$25,000"),
        (describe_money(Decimal("0.5")), "$0.50"),
        (describe_fraction(Decimal("0.025")), "2.5%"),
        (describe_fraction(Decimal("1")), "100%"),
        (describe_points(Decimal("0.03")), "3 points"),
    ],
)
def test_words(shown: str, words: str) -> None:
    assert shown == words
