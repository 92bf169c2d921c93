"""What is left undone: what held it back, what it is worth, when that changes; and the price of a
rule over a book. Each is reckoned again from the book."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policydsl.explanations.sealed import own_hash
from policydsl.record.digests import dumped
from tests.policydsl.runs import (
    Document,
    amounts,
    policydsl,
    proposal,
    rebalanced,
    rows,
    trade_rows,
    words_of,
)
from tests.policydsl.small_books import Tables, policies_of
from tests.policydsl.ten_cases import bought_lately, policies, ten_clients

DEAR = (
    'rule firm.cost "Dear"\n    use trading cost 500 bps\n\n'
    'rule firm.risk "Drift hardly matters"\n    use risk aversion 0.01\n'
)


def undone(run: Path, household: str) -> Document:
    """What `explain --household` says is left undone."""
    words = ("explain", run, "--household", household, "--format", "json")
    result = policydsl(*words)
    assert result.exit_code == 0, result.output
    found: Document = json.loads(result.stdout)["not_done"]["answer"]
    return found


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book of the ten cases, its policies and a run."""
    folder = tmp_path_factory.mktemp("ten")
    book = ten_clients().written(folder / "book")
    rebalanced(folder / "run", book, policies(folder / "policies"))
    return folder


# --- drift ---------------------------------------------------------------------------------------


def test_drift_left_is_dollars_held_less_dollars_meant(ten: Path) -> None:
    """H8 may pay $1,000 of tax: of $100,000, half of it meant for AAA, 700 shares are left."""
    drift = undone(ten / "run", "H8")["drift"]
    first = next(each for each in drift if each["ticker"] == "AAA")
    assert first["side"] == "sell"
    assert (first["held"], first["target"], first["apart"]) == ("70000.00", "50000.00", "20000.00")
    assert first["trade_id"] == "H8-TX:AAA:sell"
    text = words_of(policydsl("explain", ten / "run", "--household", "H8").stdout)
    assert "AAA in H8-TX: $70,000.00 held, $20,000.00 above its target" in text
    assert "what holds the order there: tax this year (10.00¢ a dollar); keep realized tax" in text


def test_what_a_waiver_lets_stay_says_when_it_ends(tmp_path: Path) -> None:
    """A waiver that still holds keeps the shares; from the day after its last they are sold."""
    tables = Tables()
    tables.security("AAA", 100)
    tables.security("TOB", 100, industry="Tobacco")
    tables.client("H2", {"AAA": "1"})
    tables.account("H2", lots=[("AAA", 500, 40_000), ("TOB", 300, 5_000)])
    firm = (
        'rule firm.tobacco "No tobacco"\n'
        '    never hold anything where industry is "Tobacco"\n    allow household to waive\n'
        "default firm.risk\n    use risk aversion 0.5\n"
    )
    waiver = (
        "waive firm.tobacco for existing anything\n    from 2026-06-01 until 2026-07-31\n"
        '    because "Tax"\n    approved by "Chair"\n'
    )
    written = policies_of(tmp_path / "p", firm=firm, household=waiver)
    run = rebalanced(tmp_path / "run", tables.written(tmp_path / "book"), written)
    assert "H2-TX:TOB:sell" not in amounts(run)
    item = next(each for each in undone(run, "H2")["drift"] if each["ticker"] == "TOB")
    expected = {"date": "2026-08-01", "what": "its waiver has ended", "rule_id": "firm.tobacco"}
    assert item["changes"] == [expected]
    assert item["instead"]["more"] > 0
    text = words_of(policydsl("explain", run, "--household", "H2").stdout)
    assert "selling it would cost" in text
    assert "from 2026-08-01: its waiver has ended (firm.tobacco)" in text


def test_what_has_to_be_sold_by_a_day_says_the_day(tmp_path: Path) -> None:
    tables = Tables()
    tables.security("AAA", 100)
    tables.security("TOB", 100, industry="Tobacco")
    tables.client("H2", {"AAA": "1"})
    tables.account("H2", lots=[("AAA", 500, 40_000), ("TOB", 300, 5_000)])
    firm = (
        'rule firm.tobacco "No tobacco"\n'
        '    never hold anything where industry is "Tobacco"\n'
        "    existing positions comply within 90 days\n"
        "default firm.risk\n    use risk aversion 0.5\n"
    )
    written = policies_of(tmp_path / "p", firm=firm)
    run = rebalanced(tmp_path / "run", tables.written(tmp_path / "book"), written)
    item = next(each for each in undone(run, "H2")["drift"] if each["ticker"] == "TOB")
    assert [each["date"] for each in item["changes"]] == ["2026-09-13"]  # 15 June and 90 days


# --- losses --------------------------------------------------------------------------------------


def lonely(folder: Path, price: object, policy: str = DEAR, **more: Any) -> Path:
    """A run of a client who holds one security at a basis of 100 a share, and nothing else."""
    tables = Tables()
    tables.security("AAA", price)
    tables.client("H1", {"AAA": "1"})
    tables.account("H1", lots=[("AAA", 100, 10_000)], **more)
    return rebalanced(
        folder / "run", tables.written(folder / "book"), policies_of(folder / "p", firm=policy)
    )


def test_a_loss_is_worth_what_the_law_makes_of_it(tmp_path: Path) -> None:
    """100 shares at 95, costs of 5%: the loss is $500 and $475 of costs, and 35% of it offsets
    income."""
    [loss] = undone(lonely(tmp_path, 95), "H1")["losses"]
    assert (loss["lot_id"], loss["shares"], loss["term"]) == ("H1-TX-1", "100", "long")
    assert loss["loss"] == "975.00"
    assert loss["worth"] == "341.25"
    assert loss["instead"]["more"] > 0


def test_a_loss_pays_below_the_price_that_is_told(tmp_path: Path) -> None:
    """The whole of a client's money is in one security, so that its price moves nothing else: a
    cent below the price that is told the loss is taken, a cent above it is not."""
    [loss] = undone(lonely(tmp_path / "now", 95), "H1")["losses"]
    told = float(loss["flips_at"])
    assert 50 < told < 95
    above = lonely(tmp_path / "above", round(told + 0.2, 2))
    assert trade_rows(above) == []
    below = lonely(tmp_path / "below", round(told - 0.2, 2))
    assert {row["side"] for row in trade_rows(below)} == {"sell"}
    text = words_of(policydsl("explain", tmp_path / "now" / "run", "--household", "H1").stdout)
    assert f"its first dollar would pay at ${told:,.2f} a share" in text


def test_a_washed_loss_says_from_when_it_is_clean(tmp_path: Path) -> None:
    """60 shares bought on 4 June in the IRA would wash as many of a loss until 4 July."""
    tables = Tables()
    tables.security("AAA", 80)
    tables.security("BBB", 50)
    tables.client("H1", {"AAA": "0.5", "BBB": "0.5"})
    tables.account("H1", lots=[("AAA", 60, 6_000), ("BBB", 96, 4_000)])
    tables.account("H1", "IRA", type="roth_ira", held_away="true")
    bought_lately(tables, "H1-IRA", "AAA", 60)
    firm = 'rule firm.wash "No wash sales"\n    prevent wash sales across household\n'
    run = rebalanced(
        tmp_path / "run", tables.written(tmp_path / "book"), policies_of(tmp_path / "p", firm=firm)
    )
    [loss] = undone(run, "H1")["losses"]
    assert loss["instead"]["barred_by"] == ["firm.wash"]
    assert loss["instead"]["more"] < 0
    assert loss["changes"][0]["date"] == "2026-07-05"
    assert loss["changes"][0]["what"] == "a loss is no longer washed"
    assert "60 shares bought on 2026-06-04 in H1-IRA" in loss["because"][0]
    assert loss["flips_at"] is None


# --- soft rules and cash -------------------------------------------------------------------------


def test_a_soft_rule_that_is_broken_says_what_keeping_it_would_cost(tmp_path: Path) -> None:
    """A cap of 30% that a limit on tax does not let be reached; hard, it has to be as near as that
    limit lets, and there is nothing to choose."""
    tables = Tables()
    tables.security("AAA", 100)
    tables.security("BBB", 50)
    tables.client("H1", {"AAA": "0.5", "BBB": "0.5"})
    tables.account("H1", lots=[("AAA", 600, 20_000), ("BBB", 800, 39_000)])
    firm = (
        'rule firm.cap "A cap"\n    keep each holding at most 30% of account\n    soft priority 1\n'
        'rule firm.tax "Tax"\n    keep realized tax at most $1,000 each year per household\n'
    )
    book = tables.written(tmp_path / "book")
    run = rebalanced(tmp_path / "run", book, policies_of(tmp_path / "p", firm=firm))
    found = undone(run, "H1")["soft"]
    assert found
    assert {each["rule_id"] for each in found} == {"firm.cap"}
    hard = firm.replace("    soft priority 1\n", "")
    other = rebalanced(tmp_path / "hard", book, policies_of(tmp_path / "q", firm=hard))
    for each in found:
        assert each["if_hard"]["status"] == proposal(other, "H1")["status"]
        if "trades" in each["if_hard"] and each["if_hard"]["trades"] is not None:
            made = {t: float(s["amount"]) for t, s in each["if_hard"]["trades"].items()}
            assert made == pytest.approx(amounts(other))
    assert "firm.cap" in policydsl("explain", run, "--household", "H1").stdout


def test_cash_left_is_that_of_the_account_and_names_its_rule(ten: Path) -> None:
    [cash] = undone(ten / "run", "H3")["cash"]
    assert float(cash["cash"]) == pytest.approx(1_000 - 10_000 + 10_000 * (1 - 0.0002))
    assert cash["weight"] == pytest.approx(998 / 91_000)
    assert (cash["rules"], cash["binding"]) == (["h3.cash"], ["h3.cash"])


def test_cash_that_is_set_aside_names_the_rule_that_does_so(tmp_path: Path) -> None:
    """Of $40,000 in four parts three may not be spent yet; a reserve of next month is no part."""
    tables = Tables()
    tables.security("AAA", 100)
    tables.client("H1", {"AAA": "1"})
    tables.account("H1", cash=60_000)
    firm = (
        'rule firm.slowly "Slowly"\n    invest $40,000 evenly over 4 months per household\n'
        "    from 2026-06-01\n"
        'rule firm.later "Later"\n    reserve $5,000 by 2026-07-15 per household\n'
    )
    book = tables.written(tmp_path / "book")
    run = rebalanced(tmp_path / "run", book, policies_of(tmp_path / "p", firm=firm))
    [cash] = undone(run, "H1")["cash"]
    assert (cash["set_aside"], cash["set_aside_by"]) == ("30000.00", ["firm.slowly"])
    said = policydsl("explain", run, "--household", "H1").stdout
    assert "$30,000.00 set aside by invest $40,000 evenly over 4 months" in " ".join(said.split())


# --- what comes before the objective -------------------------------------------------------------


@pytest.fixture(scope="module")
def in_the_way(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which a rule keeps a limit from being cured: $80,000 where $60,600 may be."""
    folder = tmp_path_factory.mktemp("way")
    tables = Tables()
    tables.security("AAA", 100, issuer="A")
    tables.security("BBB", 50, issuer="B")
    tables.client("H2", {"AAA": "0.5", "BBB": "0.5"})
    tables.account("H2", cash=1_000, lots=[("AAA", 800, 10_000), ("BBB", 400, 19_900)])
    firm = 'rule firm.cap "Cap"\n    keep each issuer at most 60% of account\n'
    firm += 'default firm.risk "Risk"\n    use risk aversion 1\n'
    own = 'rule h2.keep "Keep them"\n    never sell "AAA"\n'
    book = tables.written(folder / "book")
    return rebalanced(folder / "run", book, policies_of(folder / "p", firm=firm, household=own))


def test_a_rule_that_keeps_a_limit_from_being_cured_has_no_worth(in_the_way: Path) -> None:
    """Without it the limit comes before the objective: dollars of that do not compare."""
    words = ("explain", in_the_way, "--household", "H2", "--but-for")
    found = {
        each["question"]["rule_id"]: each["answer"]
        for each in json.loads(policydsl(*words, "--format", "json").stdout)["but_for"]
    }
    answer = found["h2.keep"]
    assert answer["effect"] == "trades"
    assert not answer["same_objective"]
    assert answer["without"]["still_broken"] == "0.00"
    # What is sold leaves a dollar of room for rounding.
    assert float(answer["differences"]["still_broken"]) == pytest.approx(-19_400, abs=1.01)
    said = " ".join(policydsl(*words).stdout.split())
    assert "limits that are to be cured would be broken by $0.00 instead of $19,40" in said
    assert "in present value" not in said
    assert policydsl("verify", in_the_way).exit_code == 0


def test_a_rule_that_is_in_the_way_has_a_part(in_the_way: Path) -> None:
    said = policydsl("explain", in_the_way, "--rule", "h2.keep").stdout
    assert "cannot be kept today together with firm.cap" in said
    assert "had no part" not in said
    said = policydsl("explain", in_the_way, "--household", "H2", "--why-not", "AAA").stdout
    assert 'barred too, by never sell "AAA"' in " ".join(said.split())


# --- verify --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [
        ("drift", {"held": "1.00"}, "the drift left is not what the trades come to"),
        ("drift", {"ticker": "ZZZ"}, "the drift left is not what the trades come to"),
        ("losses", {"worth": "1.00"}, "is not left with that loss"),
        ("losses", {"shares": "1"}, "is not left with that loss"),
        ("cash", {"cash": "1.00"}, "the cash left is not what the trades come to"),
    ],
)
def test_what_is_altered_is_found(tmp_path: Path, part: str, change: Document, said: str) -> None:
    run = lonely(tmp_path, 95, DEAR, cash=10)
    assert policydsl("explain", run, "--household", "H1").exit_code == 0
    assert policydsl("verify", run).exit_code == 0
    [file] = (run / "explanations").rglob("*.json")
    explanation = json.loads(file.read_bytes())
    explanation["answer"][part][0] |= change
    explanation["sha256"] = own_hash(explanation)
    file.write_bytes(dumped(explanation))
    result = policydsl("verify", run)
    assert result.exit_code == 1
    assert said in result.stdout


# --- the price of a rule -------------------------------------------------------------------------


def test_the_price_of_a_rule_is_that_of_its_households(ten: Path) -> None:
    words = ("explain", ten / "run", "--rule", "firm.tobacco")
    price = json.loads(policydsl(*words, "--format", "json").stdout)["price"]
    assert price["totals"]["households"] == len(price["households"]) == 10
    named = {each["question"]["household_id"]: each["answer"] for each in price["households"]}
    changed = {name for name, answer in named.items() if answer["effect"] == "trades"}
    assert changed == {"H1", "H10"}
    assert price["totals"]["changed"] == 2
    tax = dict.fromkeys(("as_it_was", "without"), 0.0)
    weighted = dict.fromkeys(tax, 0.0)
    whole = 0.0
    for name, answer in named.items():
        value = sum(float(each["value"]) for each in proposal(ten / "run", name)["accounts"])
        whole += value
        for when in tax:
            side = answer[when if name in changed else "as_it_was"]
            tax[when] += sum(float(year["tax"]) for year in side["tax"].values())
            weighted[when] += value * side["model_tracking_error"]
    totals = price["totals"]
    assert {k: float(v) for k, v in totals["tax"].items()} == pytest.approx(tax)
    for when in tax:
        mean = totals["model_tracking_error"][when]
        assert mean == pytest.approx(weighted[when] / whole, abs=1e-7)
    text = policydsl(*words).stdout
    lines = re.findall(r"^(H\d+|all) +(\d+) ", text.partition("without it  ")[2], re.M)
    assert [name for name, _ in lines] == ["H1", "H10", "all"]
    assert int(lines[2][1]) == int(lines[0][1]) + int(lines[1][1])


def test_each_rule_with_a_part_in_a_household_is_left_out_in_turn(ten: Path) -> None:
    words = ("explain", ten / "run", "--household", "H2", "--but-for")
    answer = json.loads(policydsl(*words, "--format", "json").stdout)
    asked = [each["question"]["rule_id"] for each in answer["but_for"]]
    assert asked == ["firm.risk", "h2.sectors"]
    text = words_of(policydsl(*words).stdout)
    assert "Without keep each sector within 5 points of model [h2.sectors, H2.policy:5]" in text


# --- for an auditor ------------------------------------------------------------------------------


def facts(text: str) -> Iterator[tuple[str, list[str]]]:
    """The rows of the table of both sides, by name."""
    for line in text.splitlines():
        cells = re.split(r" {2,}", line.strip())
        if len(cells) == 4:
            yield cells[0], cells[1:]


def test_an_auditor_sees_where_everything_comes_from(ten: Path) -> None:
    run = ten / "run"
    text = policydsl("explain", run, "--trade", "H2-TX:AAA:sell", "--for", "auditor").stdout
    record: Document = json.loads((run / "run.json").read_bytes())
    seal = json.loads((run / "seal.json").read_bytes())["seal"]
    assert f"run sealed {seal}" in text
    assert record["policy_revision"] in text
    assert record["files"]["inputs/policies/H2.policy"] in text
    assert "household H2" in text
    assert "No bets on sectors" in text
    assert "left out: H2.policy:4-6 rule h2.sectors" in text
    [file] = [p for p in (run / "explanations").rglob("h2.sectors.json") if "H2" in p.parts]
    explanation = json.loads(file.read_bytes())
    assert explanation["sha256"] in text
    shown = dict(facts(text.partition("explanations/but-for/H2/h2.sectors.json")[2]))
    answer = explanation["answer"]
    assert shown["objective"][:2] == [answer[s]["objective"] for s in ("as_it_was", "without")]
    assert shown["shares of H2-TX:AAA:sell"] == ["150", "4", "-146"]
    advisor = policydsl("explain", run, "--trade", "H2-TX:AAA:sell").stdout
    assert text.startswith(advisor)
    assert "sealed" not in advisor


def test_lots_are_there_to_be_read(ten: Path) -> None:
    """The tests above reckon from one lot a position."""
    places = [(lot["account_id"], lot["security_id"]) for lot in rows(ten / "book" / "lots.csv")]
    assert len(set(places)) == len(places)
