"""One policy line changes the trades as a reader expects, and the explanation names that line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.policydsl.runs import (
    amounts,
    edited_policies,
    held_after,
    line_of,
    policydsl,
    proposal,
    rebalanced,
    rows,
    trade_rows,
    words_of,
)

ALL = '    because "A scenario"\n'


def with_rule(folder: Path, file: str, rule: str) -> tuple[Path, str]:
    """The shipped policies with one more rule at the end of a file; and where its directive is."""
    policies = edited_policies(folder, (file, "", f"\n{rule}{ALL}"))
    directive = rule.splitlines()[1]
    return policies, f"{file}:{line_of(policies / file, directive.strip())}"


def securities(book: Path, column: str, least: float) -> set[str]:
    table = rows(book / "securities.csv")
    return {row["security_id"] for row in table if row[column] and float(row[column]) >= least}


def worth(book: Path, held: dict[str, float]) -> dict[str, float]:
    close = {row["security_id"]: float(row["close"]) for row in rows(book / "prices.csv")}
    return {name: shares * close[name] for name, shares in held.items()}


def opening(book: Path, account: str) -> dict[str, float]:
    held: dict[str, float] = {}
    for lot in rows(book / "lots.csv"):
        if lot["account_id"] == account:
            name = lot["security_id"]
            held[name] = held.get(name, 0.0) + float(lot["shares"])
    return worth(book, held)


def value(run: Path, account: str) -> float:
    document = proposal(run, account.partition("-")[0])
    [found] = [each for each in document["accounts"] if each["account_id"] == account]
    return float(found["value"])


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("screen")
    policies, place = with_rule(
        folder / "policies",
        "ipc/esg.policy",
        'rule ipc.esg.fossil "No fossil fuels"\n'
        "    never hold anything where revenue.fossil at least 5%\n",
    )
    run = rebalanced(folder / "run", small_book, policies, ("H00003", "H00004", "H00006"))
    return run, place


def test_a_screen_stops_purchases_and_sells_what_is_held(
    screened: tuple[Path, str], small_run: Path, small_book: Path
) -> None:
    run, _ = screened
    fossil = securities(small_book, "revenue.fossil", 0.05)
    assert len(fossil) >= 5
    before, after = amounts(small_run), amounts(run)
    bought = [name for name in after if name.split(":")[1] in fossil and name.endswith(":buy")]
    assert bought == []
    for account in ("H00003-TX", "H00006-TX", "H00006-IRA"):
        was = held_after(small_run, small_book, account)
        now = held_after(run, small_book, account)
        kept = sum(worth(small_book, {n: s for n, s in now.items() if n in fossil}).values())
        used = sum(worth(small_book, {n: s for n, s in was.items() if n in fossil}).values())
        assert kept < 0.6 * used
    more = [n for n in after if n.split(":")[1] in fossil and after[n] > before.get(n, 0.0) + 1]
    assert len(more) >= 5


def test_each_sale_for_the_screen_names_it_with_file_and_line(
    screened: tuple[Path, str], small_book: Path
) -> None:
    run, place = screened
    fossil = securities(small_book, "revenue.fossil", 0.05)
    sales = [row for row in trade_rows(run) if row["security_id"] in fossil]
    assert sales
    for row in sales:
        assert "ipc.esg.fossil" in row["rules"].split(";")
    text = words_of(policydsl("explain", run, "--trade", sales[0]["trade_id"]).stdout)
    assert "never hold anything where revenue.fossil at least 5%" in text
    assert f"[ipc.esg.fossil, {place}]" in text
    by_rule = words_of(policydsl("explain", run, "--rule", "ipc.esg.fossil").stdout)
    assert place in by_rule
    assert "H00004" not in by_rule


def test_what_a_screen_cannot_sell_is_kept_by_other_hard_rules(
    screened: tuple[Path, str], small_book: Path
) -> None:
    """Selling all of it would leave the sectors short: the bands of the committee come first."""
    run, _ = screened
    document = proposal(run, "H00006")
    assert document["status"] == "proposed"
    assert document["still_broken_dollars"] > 0
    assert {bound["rule_id"] for bound in document["bounds"]} & {"ipc.sectors", "di.holdings"}


def test_a_fund_under_a_stock_screen_is_not_sold(
    screened: tuple[Path, str], small_run: Path, small_book: Path
) -> None:
    """The funds hold screened companies; a screen of companies does not reach funds."""
    fossil = securities(small_book, "revenue.fossil", 0.05)
    inside = {
        row["fund_id"]
        for row in rows(small_book / "constituents.csv")
        if row["security_id"] in fossil
    }
    assert inside & set(opening(small_book, "H00004-TX"))
    mine = {n: a for n, a in amounts(screened[0]).items() if n.startswith("H00004")}
    assert mine == {n: a for n, a in amounts(small_run).items() if n.startswith("H00004")}


def test_a_cap_on_a_sector_brings_it_down(
    small_run: Path, small_book: Path, tmp_path: Path
) -> None:
    sector = {row["security_id"]: row["sector"] for row in rows(small_book / "securities.csv")}

    def weight(run: Path) -> float:
        held = worth(small_book, held_after(run, small_book, "H00001-TX"))
        mine = sum(each for name, each in held.items() if sector[name] == "Utilities")
        return mine / value(run, "H00001-TX")

    assert weight(small_run) > 0.145
    policies, place = with_rule(
        tmp_path / "policies",
        "ipc/core.policy",
        'rule ipc.utilities "Utilities"\n'
        '    keep each sector at most 14% of account where sector is "Utilities"\n',
    )
    run = rebalanced(tmp_path / "run", small_book, policies, ("H00001",))
    assert weight(run) <= 0.14
    assert weight(run) > 0.13
    document = proposal(run, "H00001")
    caused = [trade for trade in document["trades"] if "ipc.utilities" in trade["rules"]]
    assert {sector[trade["security_id"]] for trade in caused} == {"Utilities"}
    assert any(bound["rule_id"] == "ipc.utilities" for bound in document["bounds"])
    text = words_of(policydsl("explain", run, "--rule", "ipc.utilities").stdout)
    assert place in text
    assert "H00001-TX Utilities" in text


@pytest.fixture(scope="module")
def kept(
    tmp_path_factory: pytest.TempPathFactory, small_book: Path, small_run: Path
) -> tuple[Path, str, str]:
    """A household that forbids its largest sale: the run, the security, the place of the rule."""
    sales = amounts(small_run, "sell")
    mine = {name: dollars for name, dollars in sales.items() if name.startswith("H00001-TX:")}
    security = max(mine, key=lambda name: mine[name]).split(":")[1]
    folder = tmp_path_factory.mktemp("never_sell")
    policies, place = with_rule(
        folder / "policies",
        "household/H00001.policy",
        f'rule h00001.keep "A gift of the founder"\n    never sell "{security}"\n',
    )
    run = rebalanced(folder / "run", small_book, policies, ("H00001",))
    return run, security, place


def test_a_position_that_may_not_be_sold_is_not(kept: tuple[Path, str, str]) -> None:
    run, security, _ = kept
    assert security not in {name.split(":")[1] for name in amounts(run, "sell")}


def test_what_the_rule_holds_back_is_recorded_and_explained(kept: tuple[Path, str, str]) -> None:
    run, security, place = kept
    held = proposal(run, "H00001")["held_back"]
    [mine] = [each for each in held if each["statements"] == ["h00001.keep"]]
    assert (mine["security_id"], mine["side"]) == (security, "sell")
    assert mine["price"] > 0
    for words in (("--rule", "h00001.keep"), ("--household", "H00001")):
        text = words_of(policydsl("explain", run, *words).stdout)
        assert f"sell {security} in H00001-TX" in text
        assert place in text
    answer = policydsl("explain", run, "--why-not", security)
    assert answer.exit_code == 0
    assert f'barred by never sell "{security}" [h00001.keep, {place}]' in words_of(answer.stdout)


def test_why_not_answers_for_every_account(kept: tuple[Path, str, str]) -> None:
    run, security, _ = kept
    result = policydsl("explain", run, "--why-not", security, "--format", "json")
    [household] = json.loads(result.stdout)
    sold = [answer for answer in household["accounts"] if answer["side"] == "sell"]
    assert sold
    for answer in sold:
        asked = sum(group["value"] for group in answer["groups"])
        assert answer["pull"] == pytest.approx(asked)
        assert answer["held_by"] == ["h00001.keep"] or answer["pull"] >= -1e-5


def test_a_legacy_position_over_a_cap_gets_a_way_down(small_book: Path, tmp_path: Path) -> None:
    held = opening(small_book, "H00003-TX")
    legacy = max(held, key=lambda name: held[name])
    policies, place = with_rule(
        tmp_path / "policies",
        "ipc/core.policy",
        'rule ipc.five "No issuer above 5%"\n'
        '    keep each issuer at most 5% of account where kind is "stock"\n',
    )
    run = rebalanced(tmp_path / "run", small_book, policies, ("H00003",))
    document = proposal(run, "H00003")
    assert held[legacy] / value(run, "H00003-TX") > 0.34
    assert document["status"] == "proposed"
    after = worth(small_book, held_after(run, small_book, "H00003-TX"))
    assert after.get(legacy, 0.0) < held[legacy] - 100_000
    [sale] = [trade for trade in document["trades"] if trade["security_id"] == legacy]
    assert "ipc.five" in sale["rules"]
    assert place in words_of(policydsl("explain", run, "--trade", sale["trade_id"]).stdout)
    over = [name for name, worth_ in after.items() if worth_ > 0.05 * value(run, "H00003-TX") + 1]
    assert bool(over) == (document["still_broken_dollars"] > 0)


def test_a_rule_that_moves_nothing_is_named_nowhere(
    small_run: Path, small_book: Path, tmp_path: Path
) -> None:
    policies, _ = with_rule(
        tmp_path / "policies",
        "firm/compliance.policy",
        'rule firm.wide "A wide bound"\n    keep each issuer at most 99% of account\n',
    )
    run = rebalanced(tmp_path / "run", small_book, policies, ("H00004",))
    mine = {n: a for n, a in amounts(small_run).items() if n.startswith("H00004")}
    assert amounts(run) == pytest.approx(mine, abs=5.0)
    text = policydsl("explain", run, "--rule", "firm.wide").stdout
    assert text.strip() == "firm.wide is in force and had no part in any trade"
