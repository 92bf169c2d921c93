"""Days near today, days of every year, and lengths of time in every unit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.attributes import Vocabulary
from compiler.conditions import Environment
from compiler.coverage import compliance
from compiler.dimensions import DayOfYear, Duration
from compiler.layers import Status, fold
from compiler.read_conditions import read_condition, read_guard
from compiler.reader import Reader
from compiler.scopes import Scope, may_meet
from compiler.statements import Authority
from grammar import tree
from grammar.diagnostics import Severity
from grammar.parse import parse
from grammar.tree import Unit
from grammar.write import directive
from portfolio.household import Attribute, AttributeType
from portfolio.sessions import session_by, sessions_from
from tests.by_hand import checked_layers, policy, usual
from tests.compiler.conftest import HOUSEHOLD
from tests.compiler.test_conditions import NoGroups

EX_DATE = Attribute("securities", "ex_date", AttributeType.DATE, frozenset({"stock"}))


def typed(text: str, *, guard: bool = False):
    body = f"when {text}\n never buy anything" if guard else f"never buy anything where {text}"
    file, mistakes = parse(f"layer firm\nrule a.b\n {body}\n", "a.policy")
    assert mistakes == ()
    (rule,) = file.statements
    reader = Reader(Authority("firm", 0), Vocabulary([EX_DATE]), NoGroups(), ("firm",))
    found = (
        read_guard(rule.clauses[0].condition, reader)
        if guard
        else read_condition(rule.directives[0].things.where, reader)
    )
    return found, reader.diagnostics


def truth(text: str, household, day: str | None, kind: str = "stock") -> bool | None:
    """For a security whose ex_date is `day`, missing where None."""
    condition, mistakes = typed(text)
    assert mistakes == []
    given = {} if day is None else {"ex_date": date.fromisoformat(day)}
    security = replace(household.securities["ALFA"], attributes=given, kind=kind)
    return condition.truth(Environment(household, household.accounts[0], security))


# Today is Monday 2026-06-15; Friday 2026-06-19 and 2026-07-03 are holidays of the exchange.
@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        ("the last 30 days", "2026-05-16", "2026-06-15"),
        ("the next 10 days", "2026-06-15", "2026-06-25"),
        ("the last 1 day", "2026-06-14", "2026-06-15"),
        ("the next 0 days", "2026-06-15", "2026-06-15"),
        ("the last 5 trading days", "2026-06-08", "2026-06-15"),
        ("the next 4 trading days", "2026-06-15", "2026-06-22"),
        ("the last 1 month", "2026-05-15", "2026-06-15"),
        ("the next 2 quarters", "2026-06-15", "2026-12-15"),
        ("the last 1 year", "2025-06-15", "2026-06-15"),
    ],
)
def test_a_span_includes_both_its_ends(household, span: str, first: str, last: str) -> None:
    before, after = (
        date.fromordinal(date.fromisoformat(end).toordinal() + step).isoformat()
        for end, step in ((first, -1), (last, 1))
    )
    for day, inside in ((before, False), (first, True), (last, True), (after, False)):
        assert truth(f"ex_date in {span}", household, day) is inside, day
        assert truth(f"ex_date not in {span}", household, day) is not inside, day


@pytest.mark.parametrize("word", ["in", "not in"])
def test_a_blank_day_is_in_no_known_span(household, word: str) -> None:
    assert truth(f"ex_date {word} the last 30 days", household, None) is None
    assert truth(f"ex_date {word} the last 30 days", household, None, kind="etf") is False


@pytest.mark.parametrize(
    ("text", "today", "holds"),
    [
        ("today on or after December 1", "2026-11-30", False),
        ("today on or after December 1", "2026-12-01", True),
        ("each year on or after December 1", "2027-12-31", True),
        ("each year on or after December 1", "2027-01-01", False),
        ("each year before April 15", "2028-04-14", True),
        ("today is February 29", "2026-02-28", True),
        ("today is February 29", "2028-02-28", False),
        ("today between June 1 and June 15", "2026-06-15", True),
        ("today between June 1 and June 15", "2026-06-16", False),
        ("today at most 30 days", None, None),
        ("today after year.end minus 30 days", "2026-12-01", False),
        ("today after year.end minus 30 days", "2026-12-02", True),
        ("today is year.start", "2026-01-01", True),
        ("today is year.start plus 2 quarters", "2026-07-01", True),
    ],
)
def test_days_of_every_year(household, text: str, today: str | None, holds: bool | None) -> None:
    condition, mistakes = typed(text, guard=True)
    if today is None:
        assert [each.code for each in mistakes] == ["E0302"]
        return
    assert mistakes == []
    assert condition.describe() in (text, text.replace("each year", "today"))
    day = date.fromisoformat(today)
    assert condition.truth(Environment(replace(household, as_of=day))) is holds


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("today between November 1 and March 31", "E0307"),
        ("account.value in the last 30 days", "E0302"),
        ("today in the last 3 shares", "E0302"),
        ("today in the last 1.5 months", "E0302"),
    ],
)
def test_what_is_no_span_is_said_to_be_none(text: str, code: str) -> None:
    condition, mistakes = typed(text, guard=True)
    assert condition is None
    assert [each.code for each in mistakes] == [code]


def test_before_and_from_a_day_on_exclude_each_other() -> None:
    scopes = [
        Scope(Authority("firm", 0), (typed(text, guard=True)[0],))
        for text in (
            "today before December 1",
            "each year on or after December 1",
            "today after June 1",
        )
    ]
    assert not may_meet(scopes[0], scopes[1])
    assert may_meet(scopes[0], scopes[2])


@pytest.mark.parametrize(
    ("day", "asked", "found"),
    [
        ("2026-01-01", (12, 15), "2026-12-15"),
        ("2026-12-15", (12, 15), "2026-12-15"),
        ("2026-12-16", (12, 15), "2027-12-15"),
        ("2027-03-01", (2, 29), "2028-02-29"),
        ("2026-01-01", (2, 29), "2026-02-28"),
    ],
)
def test_the_next_day_of_that_name(day: str, asked: tuple[int, int], found: str) -> None:
    assert DayOfYear(*asked).next(date.fromisoformat(day)) == date.fromisoformat(found)


@pytest.mark.parametrize(
    ("day", "count", "found"),
    [
        ("2026-06-15", 0, "2026-06-15"),
        ("2026-06-14", 0, "2026-06-14"),
        ("2026-06-14", 1, "2026-06-15"),
        ("2026-06-14", -1, "2026-06-12"),
        ("2026-06-18", 1, "2026-06-22"),
        ("2026-06-22", -1, "2026-06-18"),
        ("2026-06-15", 20, "2026-07-15"),
    ],
)
def test_sessions_are_counted_from_any_day(day: str, count: int, found: str) -> None:
    assert sessions_from(date.fromisoformat(day), count) == date.fromisoformat(found)


@pytest.mark.parametrize(
    ("day", "found"),
    [("2026-06-19", "2026-06-18"), ("2026-06-21", "2026-06-18"), ("2026-06-22", "2026-06-22")],
)
def test_a_deadline_on_a_closed_day_moves_earlier(day: str, found: str) -> None:
    assert session_by(date.fromisoformat(day)) == date.fromisoformat(found)


@pytest.mark.parametrize(
    ("count", "unit", "after"),
    [
        (8, Unit.QUARTERS, "2028-06-15"),
        (2, Unit.YEARS, "2028-06-15"),
        (20, Unit.TRADING_DAYS, "2026-07-15"),
        (10**9, Unit.TRADING_DAYS, "9999-12-31"),
    ],
)
def test_lengths_in_every_unit(count: int, unit: Unit, after: str) -> None:
    found = Duration(Decimal(count), unit).after(date(2026, 6, 15))
    assert found == date.fromisoformat(after)


@pytest.mark.parametrize(
    ("deadline", "first_day"),
    [
        ("within 30 days", "2026-01-30"),
        ("within 2 quarters", "2026-07-01"),
        ("within 1 year", "2026-12-31"),
        ("within 20 trading days", "2026-01-30"),
        ("by 2026-06-20", "2026-06-18"),
    ],
)
def test_the_day_by_which_positions_comply(deadline: str, first_day: str) -> None:
    """Counted from the rule's first day, Thursday 2026-01-01; the last session that keeps it."""
    text = f'never hold "CCC"\nexisting positions comply {deadline}\nfrom 2026-01-01'
    day = date.fromisoformat(first_day)
    for today, due in ((day - timedelta(days=1), False), (day, True)):
        home = replace(usual(), as_of=today)
        (scope,) = (each for each in policy(home, text).statements if each.directive.selective)
        scope = replace(scope, breached_since={"TX CCC": date(2025, 12, 1)})
        tx = home.accounts[0]
        lot = next(each for each in tx.lots if each.id == "c1")
        security = home.securities["CCC"]
        assert compliance(scope, home, tx, security, lot, "TX CCC") == int(due)


# --- truth in three values -----------------------------------------------------------------------

DAYS = st.one_of(st.none(), st.dates(date(2026, 3, 1), date(2026, 9, 30)))
WORDS = st.sampled_from(
    ["is", "is not", "before", "after", "on or before", "on or after"],
)
CONDITIONS = st.one_of(
    st.builds("ex_date {} {}".format, WORDS, st.dates(date(2026, 3, 1), date(2026, 9, 30))),
    st.builds(
        "ex_date {} the {} {} {}".format,
        st.sampled_from(["in", "not in"]),
        st.sampled_from(["last", "next"]),
        st.integers(0, 5),
        st.sampled_from(["days", "months", "quarters"]),
    ),
    st.just("ex_date is missing"),
    st.just("ex_date is not missing"),
)


def kleene(text: str, day: date | None) -> bool | None:
    return truth(text, HOUSEHOLD, None if day is None else day.isoformat())


@settings(max_examples=100, deadline=None)
@given(DAYS, CONDITIONS, CONDITIONS, CONDITIONS)
def test_and_or_and_not_keep_the_laws(day: date | None, a: str, b: str, c: str) -> None:
    def same(one: str, other: str) -> bool:
        return kleene(one, day) is kleene(other, day)

    assert same(f"not (not ({a}))", a)
    assert same(f"{a} and {b}", f"{b} and {a}")
    assert same(f"not ({a} and {b})", f"not ({a}) or not ({b})")
    assert same(f"not ({a} or {b})", f"not ({a}) and not ({b})")
    assert same(f"{a} and ({b} or {c})", f"({a} and {b}) or ({a} and {c})")
    assert same(f"{a} or ({a} and {b})", a)


@settings(max_examples=60, deadline=None)
@given(DAYS, st.dates(date(2026, 3, 1), date(2026, 9, 30)), st.integers(0, 90))
def test_between_is_both_comparisons(day: date | None, low: date, length: int) -> None:
    high = low + timedelta(days=length)
    between = kleene(f"ex_date between {low} and {high}", day)
    assert between is kleene(f"ex_date on or after {low} and ex_date on or before {high}", day)


@settings(max_examples=60, deadline=None)
@given(DAYS, st.dates(date(2026, 3, 1), date(2026, 9, 30)), st.integers(0, 100))
def test_a_comparison_and_its_contrary(day: date | None, other: date, count: int) -> None:
    """One holds and the other does not, or, where the day is missing, nobody knows."""
    for one, contrary in (
        (f"ex_date before {other}", f"ex_date on or after {other}"),
        (f"ex_date is {other}", f"ex_date is not {other}"),
        (f"ex_date in the last {count} days", f"ex_date not in the last {count} days"),
    ):
        found = kleene(one, day)
        assert (found is None) is (day is None)
        assert kleene(contrary, day) is (None if found is None else not found)
        assert kleene(f"not ({one})", day) is kleene(contrary, day)


# --- every kind of line has dates -----------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "language.md"


def one_of_each_kind() -> list[str]:
    """The directives of the page's example that has one of each kind."""
    blocks = re.findall(r"```policy\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    example = next(block for block in blocks if block.startswith("policy ipc.all"))
    tree_of, mistakes = parse(example, "a.policy")
    assert mistakes == ()
    rules = [each for each in tree_of.statements if isinstance(each, tree.Rule)]
    lines = (directive(each) for rule in rules for each in rule.directives)
    # Columns that the household here has not; other lines are of the same kinds.
    return [each for each in lines if not re.search(r"esg_score|tobacco", each)]


@pytest.mark.parametrize("said", one_of_each_kind())
def test_every_kind_of_line_holds_from_its_first_day_to_its_last(said: str) -> None:
    names = 'define core as "AAA", "BBB"\ndefine iras as accounts where account.taxable\n'
    names += 'define technology as anything where sector is "Technology"\n'
    rule = f"rule x.one\n{said}\nfrom 2026-06-10\nuntil 2027-06-20\n"
    typed_policies = checked_layers({"ipc": names + rule})
    assert all(each.severity is not Severity.ERROR for each in typed_policies.diagnostics)
    held = {}
    for day in ("2026-06-09", "2026-06-10", "2027-06-20", "2027-06-21"):
        home = replace(usual(), as_of=date.fromisoformat(day))
        account_policy = fold(typed_policies, home, home.accounts[0])
        (standing,) = account_policy.standings
        held[day] = standing.status is not Status.NOT_TODAY
    assert list(held.values()) == [False, True, True, False]
