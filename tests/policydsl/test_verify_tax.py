"""`verify` asks the history library what a run washes, whatever optimiser and exact check say."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from policydsl.verification import proposal as verify_proposal
from policydsl.verification.run import verify_run
from tests.policydsl.runs import Row, policydsl, proposal, rebalanced, rows, trade_rows, write_rows
from tests.policydsl.small_books import Tables, policies_of

D = Decimal
POLICY = """
rule firm.wash "No wash sales"
    prevent wash sales across household
    because "26 USC 1091"
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Losses in AAA (an old lot and a recent one) and in BBB; an IRA and a spouse beside."""
    folder = tmp_path_factory.mktemp("tax")
    tables = Tables()
    for name in ("AAA", "BBB", "CCC"):
        tables.security(name, "100", wash_group="B" if name == "BBB" else name)
    tables.client("H1", {"AAA": "0.3", "BBB": "0.1", "CCC": "0.5"})
    tables.account(
        "H1",
        lots=[("AAA", 60, 9000), ("AAA", 10, 1250), ("BBB", 60, 9000), ("BBB", 40, 6000)],
    )
    tables.account("H1", "IRA", cash=4000, lots=[("CCC", 60, 6000)], type="traditional_ira")
    tables.account("H1", "SP", cash=4000, lots=[("CCC", 60, 6000)], owner="spouse")
    lots = tables.rows["lots"]
    tables.rows["lots"] = [
        {**lot, "acquired": "2026-06-01"} if lot["lot_id"] == "H1-TX-2" else lot for lot in lots
    ]
    bought = {"action": "buy", "shares": 10, "amount": 1250, "lot_id": "H1-TX-2"}
    tables.add("transactions", date="2026-06-01", account_id="H1-TX", security_id="AAA", **bought)
    sold = {"action": "sell", "shares": 9, "amount": 900, "realized_gain": -90, "term": "long"}
    tables.add("transactions", date="2026-06-02", account_id="H1-TX", security_id="CCC", **sold)
    tables.rows["tax_entities"] = [
        {**row, "ytd_long": "-90"} for row in tables.rows["tax_entities"]
    ]
    book = tables.written(folder / "book")
    policies = policies_of(folder / "policies", firm=POLICY)
    return rebalanced(folder / "run", book, policies)


@pytest.fixture
def forged(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the run, and no exact check."""
    monkeypatch.setattr(verify_proposal, "exact_breaches", lambda *_: ())
    yield Path(shutil.copytree(run, tmp_path / "run"))


def washed(run: Path) -> list[str]:
    found, _ = verify_run(run)
    return [each.what for each in found if "is washed" in each.what]


def row(side: str, account: str, security: str, shares: int, **cells: str) -> Row:
    amount = Decimal(shares) * 100
    cost = (amount * Decimal("0.0002")).quantize(Decimal("0.01"))
    empty = dict.fromkeys(("lot_id", "term", "realized_gain", "rules"), "")
    return {
        "trade_id": f"{account}:{security}:{side}",
        "household_id": "H1",
        "account_id": account,
        "security_id": security,
        "ticker": security,
        "side": side,
        "shares": str(shares),
        "price": "100",
        "amount": f"{amount:.2f}",
        "cost": str(cost),
        **empty,
        **cells,
    }


def with_rows(run: Path, change: Callable[[list[Row]], list[Row]]) -> Path:
    table = trade_rows(run)
    order = list(table[0])
    write_rows(run / "trades.csv", [{name: each[name] for name in order} for each in change(table)])
    return run


def test_a_run_has_the_year_that_its_history_comes_to(run: Path) -> None:
    found, counts = verify_run(run)
    assert found == []
    assert counts["tax years"] == 1
    assert any(r["security_id"] == "BBB" and r["side"] == "sell" for r in trade_rows(run))
    assert "0 transactions left out" in policydsl("verify", run).stdout


@pytest.mark.parametrize("account", ["H1-IRA", "H1-SP", "H1-TX"])
def test_one_share_bought_beside_a_loss_is_a_wash_sale(forged: Path, account: str) -> None:
    with_rows(forged, lambda rows: [*rows, row("buy", account, "BBB", 1)])
    (said,) = washed(forged)
    assert "firm.wash" in said
    assert "on 1 shares" in said
    assert ("for good" in said) == (account == "H1-IRA")


def test_a_purchase_that_replaces_an_earlier_loss_is_one(forged: Path) -> None:
    with_rows(
        forged,
        lambda rows: [
            *(r for r in rows if r["security_id"] != "CCC"),
            row("buy", "H1-SP", "CCC", 4),
        ],
    )
    (said,) = washed(forged)
    assert "sold on 2026-06-02" in said
    assert "$40.00 on 4 shares" in said


def test_a_loss_sold_while_a_recent_lot_stays_is_one(forged: Path) -> None:
    sale = row("sell", "H1-TX", "AAA", 12, lot_id="H1-TX-1", term="long", realized_gain="-600.24")
    with_rows(forged, lambda rows: [*(r for r in rows if r["security_id"] != "AAA"), sale])
    (said,) = washed(forged)
    assert "on 10 shares of lot H1-TX-1" in said
    assert "lot H1-TX-2 of AAA in H1-TX replaces them" in said


def test_a_recent_lot_sold_whole_at_a_loss_is_none(forged: Path) -> None:
    sale = row("sell", "H1-TX", "AAA", 10, lot_id="H1-TX-2", term="short", realized_gain="-250.20")
    with_rows(forged, lambda rows: [*(r for r in rows if r["security_id"] != "AAA"), sale])
    assert washed(forged) == []


def test_recent_and_older_lots_sold_at_once_replace_nothing_of_each_other(forged: Path) -> None:
    both = [
        row("sell", "H1-TX", "AAA", 10, lot_id="H1-TX-2", term="short", realized_gain="-250.20"),
        row("sell", "H1-TX", "AAA", 12, lot_id="H1-TX-1", term="long", realized_gain="-600.24"),
    ]
    with_rows(forged, lambda rows: [*(r for r in rows if r["security_id"] != "AAA"), *both])
    assert washed(forged) == []


def test_a_sale_moved_to_another_lot_leaves_the_recent_one(forged: Path) -> None:
    """Ten shares of the recent lot may go; ten of the old one in their place are washed by it."""
    sale = row("sell", "H1-TX", "AAA", 10, lot_id="H1-TX-2", term="short", realized_gain="-250.20")
    with_rows(forged, lambda rows: [*(r for r in rows if r["security_id"] != "AAA"), sale])
    assert washed(forged) == []
    with_rows(
        forged,
        lambda rows: [r | {"lot_id": "H1-TX-1"} if r["lot_id"] == "H1-TX-2" else r for r in rows],
    )
    assert len(washed(forged)) == 1


def test_a_year_that_the_history_does_not_come_to_is_found(forged: Path) -> None:
    sale = row("sell", "H1-TX", "AAA", 10, lot_id="H1-TX-2", term="short", realized_gain="-250.20")
    with_rows(forged, lambda rows: [*(r for r in rows if r["security_id"] != "AAA"), sale])
    found, _ = verify_run(forged)
    assert any("by its history" in each.what and "short after" in each.what for each in found)


def test_more_than_is_held_cannot_be_sold_by_the_history(forged: Path) -> None:
    sale = row("sell", "H1-TX", "AAA", 99, lot_id="H1-TX-1", term="long", realized_gain="-1.00")
    with_rows(forged, lambda rows: [*(r for r in rows if r["security_id"] != "AAA"), sale])
    found, _ = verify_run(forged)
    assert any("its history does not allow its trades" in each.what for each in found)


IDENTICAL = """
rule firm.same "One index"
    treat "BBB", "CCC" as identical for wash sales
    because "Counsel"
"""


def test_what_a_policy_calls_identical_washes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share of CCC in the IRA replaces a loss in BBB only where the policy says they are one."""
    tables = Tables()
    for name in ("AAA", "BBB", "CCC"):
        tables.security(name, "100")
    tables.client("H1", {"AAA": "0.9", "BBB": "0.05"})
    tables.account("H1", lots=[("BBB", 60, 9000)])
    tables.account("H1", "IRA", cash=4000, lots=[("CCC", 60, 6000)], type="traditional_ira")
    book = tables.written(tmp_path / "book")
    monkeypatch.setattr(verify_proposal, "exact_breaches", lambda *_: ())
    said = {}
    for name, text in {"apart": POLICY, "one": POLICY + IDENTICAL}.items():
        run = rebalanced(tmp_path / name, book, policies_of(tmp_path / f"{name}-p", firm=text))
        assert washed(run) == []
        with_rows(
            run,
            lambda rows: [
                *(r for r in rows if r["security_id"] != "CCC"),
                row("buy", "H1-IRA", "CCC", 1),
            ],
        )
        said[name] = washed(run)
    assert said["apart"] == []
    assert len(said["one"]) == 1
    assert "for good" in said["one"][0]


def test_what_a_history_leaves_out_is_counted_and_said(run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    table = rows(copy / "inputs" / "book" / "transactions.csv")
    table[1]["amount"] = ""
    write_rows(copy / "inputs" / "book" / "transactions.csv", table)
    found, counts = verify_run(copy)
    assert counts["transactions left out"] == 1
    with_rows(copy, lambda rows: [*rows, row("buy", "H1-SP", "BBB", 1)])
    found, _ = verify_run(copy)
    said = [each.what for each in found if "by its history" in each.what and "after" in each.what]
    assert said
    assert all("its history leaves out 2026-06-02 H1-TX sell CCC: no amount" in s for s in said)


def test_a_part_of_a_loss_that_a_rule_lets_go_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two shares that an IRA bought lately wash two of a hundred: allowed under 5%, not under 1%;
    nor may a purchase of the run wash any."""
    tables = Tables()
    for name in ("AAA", "BBB"):
        tables.security(name, "100")
    tables.client("H1", {"AAA": "0.9"})
    tables.account("H1", lots=[("BBB", 100, 15000)])
    tables.account(
        "H1", "IRA", cash=400, lots=[("BBB", 2, 200)], type="traditional_ira", held_away="true"
    )
    late = [{**r, "acquired": "2026-06-01"} for r in tables.rows["lots"] if "IRA" in r["lot_id"]]
    tables.rows["lots"] = [r for r in tables.rows["lots"] if "IRA" not in r["lot_id"]] + late
    book = tables.written(tmp_path / "book")
    some = policies_of(
        tmp_path / "policies",
        firm=POLICY.replace("wash sales across", "wash sales above 5% of loss across"),
    )
    run = rebalanced(tmp_path / "run", book, some)
    assert verify_run(run)[0] == []
    (year,) = proposal(run, "H1")["tax"].values()
    sold = [r for r in trade_rows(run) if r["lot_id"] == "H1-TX-1"]
    assert sold
    assert D(sold[0]["shares"]) > 90
    assert (year["disallowed_run"], year["permanent_run"]) == ("100.04", "100.04")
    assert D(year["long_run"]) == D(sold[0]["realized_gain"]) + D("100.04")
    shown = policydsl("explain", run).stdout
    assert "losses disallowed by wash sales, not counted" in shown
    assert "of them lost for good" in shown
    monkeypatch.setattr(verify_proposal, "exact_breaches", lambda *_: ())
    with_rows(run, lambda rows: [*rows, row("buy", "H1-TX", "BBB", 1)])
    assert len(washed(run)) == 1
    assert "a purchase of the run" in washed(run)[0]
    less = row("sell", "H1-TX", "BBB", 20, lot_id="H1-TX-1", term="long", realized_gain="-1000.40")
    with_rows(run, lambda rows: [less])
    assert len(washed(run)) == 1
    assert "on 2 shares of lot H1-TX-1" in washed(run)[0]


def test_a_wash_sale_that_the_custodian_missed_does_not_count_twice(tmp_path: Path) -> None:
    """The loss of May is in the stated year, so it is not in the basis of the lot bought in May."""
    tables = Tables()
    for name in ("AAA", "BBB"):
        tables.security(name, "100")
    tables.client("H1", {"AAA": "0.9"})
    tables.account("H1", lots=[("BBB", 10, 900), ("AAA", 90, 9000)])
    tables.rows["lots"][0] = {**tables.rows["lots"][0], "acquired": "2026-05-04"}
    sold = {"action": "sell", "shares": 10, "amount": 900, "realized_gain": -300, "term": "long"}
    tables.add("transactions", date="2026-05-01", account_id="H1-TX", security_id="BBB", **sold)
    bought = {"action": "buy", "shares": 10, "amount": 900, "lot_id": "H1-TX-1"}
    tables.add("transactions", date="2026-05-04", account_id="H1-TX", security_id="BBB", **bought)
    tables.rows["tax_entities"] = [{**r, "ytd_long": "-300"} for r in tables.rows["tax_entities"]]
    book = tables.written(tmp_path / "book")
    run = rebalanced(tmp_path / "run", book, policies_of(tmp_path / "policies", firm=POLICY))
    assert any(r["lot_id"] == "H1-TX-1" for r in trade_rows(run))
    found, counts = verify_run(run)
    assert (found, counts["lots not as told"]) == ([], 1)
