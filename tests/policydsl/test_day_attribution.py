"""Which cause changed the trades: each is named alone when it alone changed, and effects add up.

Days are made of a run's own inputs (`days.py`), so that nothing else differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from policydsl.day_to_day.schema import RunsDiffDocument
from tests.policydsl.days import Change, Given, assert_put_back, next_run
from tests.policydsl.runs import Row, policydsl, rebalanced, rows, words_of
from tests.policydsl.small_books import policies_of
from tests.policydsl.test_cross_trades import rule, three_clients

D = Decimal
MEASURES = ("trades", "sold", "bought", "tax", "tracking_error")
NEXT = date(2026, 4, 1)
RULES = """
policy household.h00004 "Wishes of household H00004"
layer household "H00004"

rule h00004.wait "Bonds are bought later"
    never buy "AGG1"
    when not account.taxable
    until 2026-03-31
    because "Until the spring"
"""
RETIREMENT_ALONE = """
rule h00004.keep "The fund stays in the retirement account"
    never sell "IDX1"
    when not account.taxable
    because "For a test"
"""


@pytest.fixture(scope="module")
def monday(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    """A household of funds, one rule of which ends on the day of the run."""
    folder = tmp_path_factory.mktemp("monday")
    first = rebalanced(folder / "first", small_book, households=["H00004"])
    given = partial(Given.says, file="household/H00004.policy", old="", new=RULES)
    return next_run(folder, first, given)


def cash(account: str, dollars: int) -> Change:
    def put(row: Row) -> Row:
        more = dollars if row["account_id"] == account else 0
        return row | {"cash": str(D(row["cash"]) + more)}

    return lambda given: given.table("accounts", lambda found: [put(row) for row in found])


def bonds(given: Given) -> None:
    weights = {"IDX1": "0.40", "AGG1": "0.58"}

    def put(row: Row) -> Row:
        mine = row["model_id"] == "BALANCED-FUND" and row["component"] in weights
        return row | ({"weight": weights[row["component"]]} if mine else {})

    given.table("models", lambda found: [put(row) for row in found])


def begins(given: Given) -> None:
    """The same model from the next day on, as a version of its own; the day comes."""

    def later(found: list[Row]) -> list[Row]:
        mine = [row for row in found if row["model_id"] == "BALANCED-FUND"]
        weights = {"IDX1": "0.40", "AGG1": "0.58", "BIL1": "0.02"}
        new = [
            row | {"effective_from": NEXT.isoformat(), "weight": weights[row["component"]]}
            for row in mine
        ]
        return [*found, *new]

    given.table("models", later)
    given.on(NEXT)


def withdrawal(given: Given) -> None:
    row = {"account_id": "H00004-IRA", "date": "2026-04-01", "amount": "-25000.00"}
    more = row | {"recurrence": "", "kind": "withdrawal", "until": ""}
    given.table("flows", lambda found: [*found, more])


def riskier(given: Given) -> None:
    """Bonds move with stocks, so that the accounts are nearer to their models than they were."""
    given.table(
        "exposures",
        lambda found: [
            row | {"exposure": str(float(row["exposure"]) * 9)}
            if row["security_id"] in ("AGG1", "AGG2", "BIL1")
            else row
            for row in found
        ],
    )


def other_holdings(given: Given) -> None:
    """The fund of stocks holds one of them by half."""

    def put(row: Row) -> Row:
        mine = row["fund_id"] == "IDX1"
        weight = "0.5" if row["security_id"] == "AIN0" else str(D(row["weight"]) / 2)
        return row | ({"weight": weight} if mine else {})

    given.table("constituents", lambda found: [put(row) for row in found])


ALONE: dict[str, tuple[Change, ...]] = {
    "prices": (lambda given: given.cell("prices", "close", "120", security_id="IDX1"),),
    "risk numbers": (riskier,),
    "models": (bonds,),
    "models, by what funds hold": (other_holdings,),
    "clients": (
        lambda given: given.cell("accounts", "held_away", "true", account_id="H00004-IRA"),
    ),
    "cash": (cash("H00004-IRA", 40_000),),
    "flows": (withdrawal,),
    "policies": (
        partial(Given.says, file="household/H00004.policy", old="", new=RETIREMENT_ALONE),
    ),
}


def told(before: Path, after: Path, *words: str) -> dict[str, Any]:
    result = policydsl("runs", "diff", before, after, "--format", "json", *words)
    assert result.exit_code == 0, result.output
    RunsDiffDocument.model_validate_json(result.stdout)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def attributed(before: Path, after: Path) -> dict[str, Any]:
    (found,) = told(before, after, "--attribute")["attribution"]
    assert_it_adds_up(found)
    return dict(found)


def moved(effects: Iterable[dict[str, Any]], measure: str) -> Decimal:
    return sum((D(str(each["moved"][measure])) for each in effects if each["moved"]), D(0))


def assert_it_adds_up(found: dict[str, Any]) -> None:
    """Steps come to the whole difference, and so do the effects alone with the interaction."""
    for measure in MEASURES:
        total = D(str(found["total"][measure]))
        assert moved(found["steps"], measure) == total
        assert moved(found["alone"], measure) + D(str(found["interaction"][measure])) == total
    assert abs(sum(each["explained"] for each in found["steps"]) - 1) < 1e-4


@pytest.mark.parametrize("kind", ALONE)
def test_a_cause_that_alone_changed_is_named_alone(kind: str, monday: Path, tmp_path: Path) -> None:
    """It is all of the difference; and putting it back by itself gives yesterday's trades."""
    today = next_run(tmp_path, monday, *ALONE[kind])
    found = attributed(monday, today)
    (effect,) = found["alone"]
    assert ([cause["kind"] for cause in effect["causes"]], effect["whole"]) == (
        [kind.partition(",")[0]],
        True,
    )
    assert {D(str(each)) for each in found["interaction"].values()} == {D(0)}
    assert_put_back(monday, today, "H00004")
    if kind == "policies":
        (cause,) = effect["causes"]
        assert cause["name"] == "rule h00004.keep added (household/H00004.policy:11)"


def test_a_rule_that_ended_is_named_and_not_the_day(monday: Path, tmp_path: Path) -> None:
    today = next_run(tmp_path, monday, partial(Given.on, day=NEXT))
    found = attributed(monday, today)
    effects = {str(each["causes"][0]["name"]): each for each in found["alone"]}
    (ended,) = [each for name, each in effects.items() if name.startswith("h00004.wait ended")]
    assert ended["explained"] > 0.9
    assert effects["day"]["explained"] < 0.1
    text = words_of(policydsl("runs", "diff", monday, today, "--household", "H00004").stdout)
    assert "all explained by h00004.wait ended (household/H00004.policy:6) alone" in text
    assert_put_back(monday, today, "H00004")


def test_a_version_of_a_model_that_begins_is_the_model(monday: Path, tmp_path: Path) -> None:
    """Nobody changed the table between the days: its next version came into force."""
    told_before = next_run(tmp_path / "a", monday, _told_ahead)
    today = next_run(tmp_path / "b", told_before, partial(Given.on, day=NEXT))
    found = attributed(told_before, today)
    effects = {each["causes"][0]["kind"]: each["explained"] for each in found["alone"]}
    assert effects["models"] > 0.1
    assert abs(effects["day"]) < 0.01


def _told_ahead(given: Given) -> None:
    day = (given.book / "book.toml").read_text("utf-8")
    prices = (given.book / "prices.csv").read_text("utf-8")
    begins(given)
    (given.book / "book.toml").write_text(day, "utf-8")
    (given.book / "prices.csv").write_text(prices, "utf-8")


def test_orders_that_were_done_are_positions_and_a_deposit_is_not(
    monday: Path, tmp_path: Path
) -> None:
    today = next_run(
        tmp_path, monday, lambda given: given.filled(monday), cash("H00004-IRA", 40_000)
    )
    found = attributed(monday, today)
    kinds = [each["causes"][0]["kind"] for each in found["alone"]]
    assert kinds == ["positions", "cash"]
    (positions, deposit) = found["alone"]
    assert D(deposit["moved"]["bought"]) > 30_000
    assert positions["explained"] > 0
    assert_put_back(monday, today, "H00004")


def test_independent_changes_add_up_and_nothing_is_left(monday: Path, tmp_path: Path) -> None:
    """Cash in the taxable account and a rule for the other meet nowhere: no order is in both."""
    kept = partial(Given.says, file="household/H00004.policy", old="", new=RETIREMENT_ALONE)
    today = next_run(tmp_path, monday, cash("H00004-TX", 60_000), kept)
    found = attributed(monday, today)
    parts = [each["explained"] for each in found["alone"]]
    assert len(parts) == 2
    assert all(part > 0 for part in parts)
    assert abs(sum(parts) - 1) < 1e-4
    for measure in ("trades", "sold", "bought", "tax"):
        assert D(str(found["interaction"][measure])) == 0


def test_changes_that_meet_leave_an_interaction_that_is_said(monday: Path, tmp_path: Path) -> None:
    """With more cash less of the fund is sold, and with the rule none of it either way."""
    kept = partial(Given.says, file="household/H00004.policy", old="", new=RETIREMENT_ALONE)
    today = next_run(tmp_path, monday, cash("H00004-IRA", 40_000), kept)
    found = attributed(monday, today)
    assert D(found["interaction"]["sold"]) != 0
    text = words_of(policydsl("runs", "diff", monday, today, "--attribute").stdout)
    assert "interaction" in text


DEFINED = """
define equities as "IDX1", "IDX2"

rule h00004.keep "Equities stay in the retirement account"
    never sell equities
    when not account.taxable
    because "For a test"
"""


def test_a_rule_that_came_with_its_definition_is_one_cause(monday: Path, tmp_path: Path) -> None:
    """Without the definition alone the rule would be a mistake, and nothing would be traded."""
    added = partial(Given.says, file="household/H00004.policy", old="", new=DEFINED)
    (effect,) = attributed(monday, next_run(tmp_path, monday, added))["alone"]
    (cause,) = effect["causes"]
    assert effect["whole"]
    assert cause["name"] == (
        "definition equities added (household/H00004.policy:11), "
        "rule h00004.keep added (household/H00004.policy:13)"
    )


def test_a_security_of_another_name_is_put_back_in_every_table(
    monday: Path, tmp_path: Path
) -> None:
    """Yesterday's risk numbers do not know it, today's model not the old one."""

    def renamed(given: Given) -> None:
        for table in ("securities", "prices", "exposures", "specific", "models", "lots"):
            column = "component" if table == "models" else "security_id"

            def put(found: list[Row], column: str = column) -> list[Row]:
                return [row | ({column: "BND"} if row[column] == "AGG1" else {}) for row in found]

            given.table(table, put)
        given.cell("securities", "ticker", "BND", security_id="BND")

    today = next_run(tmp_path, monday, renamed)
    kinds = [each["causes"][0]["kind"] for each in attributed(monday, today)["alone"]]
    assert kinds == ["risk numbers", "models", "securities", "positions"]
    assert_put_back(monday, today, "H00004")


CAP = """
rule h00004.cap "No fund is half of an account"
    keep each holding at most 45% of account where kind is "etf"
    existing positions comply within 60 days
    because "For a test"
"""


def test_what_was_taken_over_from_the_run_before_is_a_cause(monday: Path, tmp_path: Path) -> None:
    """The same inputs; one run knows that the rule has been broken for three months."""
    capped = partial(Given.says, file="household/H00004.policy", old="", new=CAP)
    first = next_run(tmp_path / "a", monday, capped)
    seen = (first / "state.json").read_text("utf-8")
    assert "h00004.cap" in seen
    known = tmp_path / "known"
    known.mkdir()
    (known / "state.json").write_text(seen.replace("2026-03-31", "2026-01-02"), "utf-8")
    second = next_run(tmp_path / "b", first, after=known)
    (effect,) = attributed(first, second)["alone"]
    assert (effect["causes"][0]["kind"], effect["whole"]) == ("carried state", True)
    assert_put_back(first, second, "H00004")


def test_orders_of_other_clients_are_a_cause(tmp_path: Path) -> None:
    """H2 would buy what H1 sells; in a run of its own nobody is there to give way to."""
    book = three_clients().written(tmp_path / "book")
    policies = policies_of(tmp_path / "policies", firm=rule())
    alone = rebalanced(tmp_path / "alone", book, policies, ["H2"])
    (effect,) = attributed(alone, rebalanced(tmp_path / "all", book, policies))["alone"]
    assert (effect["causes"][0]["kind"], effect["whole"]) == ("orders of others", True)


def test_a_split_is_no_deposit(monday: Path, tmp_path: Path) -> None:
    """Twice the shares at half the price: restated lots, no cash, and no order that was not there
    before but for its shares."""

    def split(given: Given) -> None:
        def twice(row: Row) -> Row:
            mine = row["security_id"] == "IDX1"
            return row | ({"shares": str(D(row["shares"]) * 2)} if mine else {})

        given.table("lots", lambda found: [twice(row) for row in found])
        price = next(
            r["close"] for r in rows(given.book / "prices.csv") if r["security_id"] == "IDX1"
        )
        given.cell("prices", "close", str(D(price) / 2), security_id="IDX1")

    today = next_run(tmp_path, monday, split)
    found = told(monday, today, "--attribute")
    (positions,) = found["positions"]
    assert {lot["what"] for lot in positions["lots"]} == {"restated"}
    assert positions["cash"] == []
    assert_it_adds_up(found["attribution"][0])
    kinds = [each["causes"][0]["kind"] for each in found["attribution"][0]["alone"]]
    assert kinds == ["prices", "positions"]


@pytest.mark.parametrize(
    "lines", ["\nrule h00004.x\n    kep cash\n", '\nrule h00004.x "X"\n    never buy nowhere\n']
)
def test_a_mistake_in_a_policy_is_the_cause(lines: str, monday: Path, tmp_path: Path) -> None:
    """A file that cannot be read whole is compared as one; a rule that means nothing is a rule."""
    wrong = partial(Given.says, file="household/H00004.policy", old="", new=lines)
    today = next_run(tmp_path, monday, wrong)
    found = attributed(monday, today)
    (effect,) = found["alone"]
    assert (effect["causes"][0]["kind"], effect["whole"]) == ("policies", True)
    name = "file household/H00004.policy changed" if "kep" in lines else "rule h00004.x added"
    assert effect["causes"][0]["name"].startswith(name)
    (home,) = told(monday, today)["households"]
    assert (home["before"]["status"], home["after"]["status"]) == ("proposed", "exception")
    back = attributed(today, monday)
    assert back["alone"][0]["whole"]


def test_a_book_with_mistakes_can_be_mixed(monday: Path, tmp_path: Path) -> None:
    """A finding about somebody else's row is told by its place, in the mixture too."""

    def wrong(given: Given) -> None:
        given.cell("transactions", "date", "2027-01-01", account_id="H00001-TX")

    before = next_run(tmp_path / "a", monday, wrong)
    today = next_run(tmp_path / "b", before, *ALONE["cash"])
    (effect,) = attributed(before, today)["alone"]
    assert effect["whole"]
    assert_put_back(before, today, "H00004")


def test_only_those_asked_about_are_solved(monday: Path, tmp_path: Path) -> None:
    today = next_run(tmp_path, monday, *ALONE["prices"])
    assert told(monday, today)["attribution"] is None
    assert len(told(monday, today, "--household", "H00004")["attribution"]) == 1
    assert told(monday, today, "--household", "H00004", "--no-attribute")["attribution"] is None
    assert told(monday, monday, "--attribute")["attribution"] == []
