"""`ask` and `report`: what waits for approval, what is listed, and that neither moves a trade."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from policydsl.oversight import oversight_document
from policydsl.report import oversight_lines
from tests.by_hand import closing, policy, usual
from tests.policydsl.runs import edited_policies, policydsl, proposals, rebalanced, trade_rows

ASK = 'ask "Chief Compliance Officer" before '


@pytest.mark.parametrize(
    ("rule", "trades", "waiting"),
    [
        (ASK + 'selling "AAA"', "-10 a1, -10 ia1, -5 c1", ["IRA:AAA:sell", "TX:AAA:sell"]),
        (ASK + 'selling "AAA"', "+10 AAA TX", []),
        (ASK + 'buying "AAA"', "+10 AAA TX, -10 ia1", ["TX:AAA:buy"]),
        (ASK + 'trading "AAA"', "+10 AAA TX, -10 ia1", ["IRA:AAA:sell", "TX:AAA:buy"]),
        (ASK + 'trading anything\nwhen account.type is "roth_ira"', "+10 AAA TX, +9 BBB IRA",
         ["IRA:BBB:buy"]),
        (ASK + 'trading anything\nexcept "AAA"', "+10 AAA TX, -10 c1", ["TX:CCC:sell"]),
        (ASK + "selling anything where lot.loss above $0", "-10 b1, -10 a1", ["TX:BBB:sell"]),
        (ASK + "selling anything where lot.loss above $0", "-10 b2", []),
        (ASK + "buying anything where revenue.oil at least 5%", "+9 AAA TX, +9 CCC TX",
         ["TX:AAA:buy"]),
        (ASK + "buying anything where revenue.oil at least 5%\nmissing counts as excluded",
         "+9 AAA TX, +9 CCC TX", ["TX:AAA:buy", "TX:CCC:buy"]),
        # $900 of CCC; $1,500 of BBB in two lots
        (ASK + "trading anything where trade.amount above $900", "+45 CCC TX, -20 b1, -10 b2",
         ["TX:BBB:sell"]),
        (ASK + 'trading anything where trade.side is "buy" and trade.shares at least 45 shares',
         "+45 CCC TX, -50 b1", ["TX:CCC:buy"]),
        (ASK + "trading anything where proposal.amount above $2,000",
         "+45 CCC TX, -20 b1, +1 DDD IRA", []),
        (ASK + "trading anything where proposal.trades above 1",
         "+45 CCC TX, -20 b1, +1 DDD IRA", ["TX:BBB:sell", "TX:CCC:buy"]),
    ],
)  # fmt: skip
def test_who_is_asked_for_what(rule: str, trades: str, waiting: list[str]) -> None:
    home = usual()
    rules = policy(home, rule)
    document = oversight_document(rules, closing(home, rules, trades))
    found = [name for approval in document["approvals"] for name in approval["trades"]]
    assert found == waiting
    assert {each["who"] for each in document["approvals"]} <= {"Chief Compliance Officer"}


def test_reports_list_trades_and_positions_and_say_so_when_there_are_none() -> None:
    home = usual()
    rules = policy(home, 'report trading "AAA"', 'report holding "AAA", "DDD"', 'report buying "X"')
    document = oversight_document(rules, closing(home, rules, "-200 a1, +10 DDD TX, +1 CCC TX"))
    assert document["approvals"] == []
    traded, held, nothing = document["reports"]
    assert traded["trades"] == ["TX:AAA:sell"]
    assert held["trades"] == []
    assert held["holdings"] == [
        {"account_id": "TX", "security_id": "DDD", "shares": "10", "value": "100.00"},
        {"account_id": "IRA", "security_id": "AAA", "shares": "400", "value": "40000.00"},
    ]
    assert nothing["trades"] == nothing["holdings"] == []


def test_lots_to_give_are_listed_the_largest_gain_first() -> None:
    """TX has a1 with a gain of $10,000, f1 with $5,000, c1 with $2,000 and b1 at a loss; what the
    trades leave of a lot counts, and what they buy is no such lot."""
    home = usual()
    rules = policy(
        home,
        "report holding anything where lot.long_term and lot.gain_percent at least 30%\n"
        "when account.taxable",
    )
    (report,) = oversight_document(rules, closing(home, rules, "-100 a1, +5 BBB TX"))["reports"]
    assert [row["security_id"] for row in report["holdings"]] == ["AAA", "FND"]
    assert report["lots"] == [
        {"account_id": "TX", "security_id": "AAA", "lot_id": "a1", "shares": "100",
         "value": "10000.00", "gain": "5000.00", "term": "long"},
        {"account_id": "TX", "security_id": "FND", "lot_id": "f1", "shares": "500",
         "value": "20000.00", "gain": "5000.00", "term": "long"},
    ]  # fmt: skip
    named = {"says": "lots", "rule_id": "r1", "file": "0.policy", "line": 2}
    document = {"reports": [report], "statements": {report["statement"]: named}}
    said = " ".join(" ".join(oversight_lines(document)).split())
    assert said.startswith("lots: 100 AAA of lot a1 in TX ($10,000, long-term gain of $5,000)")


def test_a_waiver_lifts_a_question() -> None:
    home = usual()
    asked = f'rule asked\n{ASK}selling "AAA", "CCC"\n'
    waived = (
        'waive asked for "AAA"\nfrom 2026-06-01 until 2026-06-30\n'
        'because "Agreed by phone"\napproved by "CCO"\n'
    )
    rules = policy(home, asked, waived)
    (approval,) = oversight_document(rules, closing(home, rules, "-9 a1, -9 c1"))["approvals"]
    assert approval["trades"] == ["TX:CCC:sell"]


OVERSIGHT = """
rule ipc.consent "Advisors see purchases"
    ask "Head of Trading" before buying anything

rule ipc.watch "The largest are watched"
    report trading anything
    report holding anything
"""


@pytest.fixture(scope="module")
def watched_run(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    folder = tmp_path_factory.mktemp("watched")
    policies = edited_policies(folder / "policies", ("ipc/core.policy", "", OVERSIGHT))
    return rebalanced(folder / "run", small_book, policies, ("H00001", "H00004"))


def test_people_change_no_trade(watched_run: Path, pair_run: Path) -> None:
    def columns(run: Path) -> list[tuple[str, str]]:
        return [(row["trade_id"], row["shares"]) for row in trade_rows(run)]

    assert columns(watched_run) == columns(pair_run)


def test_a_run_says_what_waits(watched_run: Path) -> None:
    documents = proposals(watched_run)
    for document in documents:
        bought = sorted(t["trade_id"] for t in document["trades"] if t["side"] == "buy")
        (approval,) = document["approvals"]
        assert approval["trades"] == bought
        assert approval["rule_id"] == "ipc.consent"
        assert document["status"] == "proposed"
        traded, held = document["reports"]
        assert traded["trades"] == sorted(t["trade_id"] for t in document["trades"])
        assert held["holdings"]
    summary = json.loads((watched_run / "run.json").read_text("utf-8"))
    assert summary["totals"]["awaiting_approval"] == len(documents)
    said = policydsl("explain", watched_run, "--rule", "ipc.consent").output
    assert "waits for Head of Trading: H0000" in said
    assert "report holding anything:" in policydsl("explain", watched_run).output


def test_rebalance_names_who_is_to_approve(tmp_path: Path, small_book: Path) -> None:
    policies = edited_policies(tmp_path / "p", ("ipc/core.policy", "", OVERSIGHT))
    result = policydsl(
        "rebalance", "--policies", policies, "--book", small_book,
        "--household", "H00004", "-o", tmp_path / "run",
    )  # fmt: skip
    assert "1 proposal for Head of Trading to approve" in result.stdout


def test_verify_tells_the_approvals_again(watched_run: Path, tmp_path: Path) -> None:
    assert policydsl("verify", watched_run).exit_code == 0
    run = Path(shutil.copytree(watched_run, tmp_path / "run"))
    path = run / "proposals" / "H00001.json"
    document = json.loads(path.read_text("utf-8"))
    document["approvals"][0]["trades"].pop()
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    result = policydsl("verify", run)
    assert result.exit_code == 1
    assert "its approvals is not what its trades come to" in result.output
