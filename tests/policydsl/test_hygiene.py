"""Trading hygiene over whole runs of random books: exact, on the rows that stand in `trades.csv`.

Everything is reckoned here from the tables of the book, apart from the program's own check.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.policydsl.runs import Row, proposals, rebalanced, rows, trade_rows
from tests.policydsl.small_books import PRICES, Tables, books, policies_of
from tests.policydsl.test_verify import differences

LEAST = Decimal(250)
LEAST_ORDER = 'rule firm.least "Small orders"\n    keep each trade at least $250\n'
RULES = (
    'rule firm.cash "Cash"\n    keep cash between 1% and 6% of account\n',
    'rule firm.out "Nothing of it"\n    never hold "CCC"\n',
    'rule firm.keep "Kept"\n    never sell "DDD"\n',
    'rule firm.few "Few names"\n    keep holdings at most 2\n',
    'rule firm.tax "Gains"\n    keep realized gains at most $400 each year per taxpayer\n',
    'rule firm.cross "Apart"\n    prevent cross trades across firm\n',
    'rule firm.wash "Losses"\n    prevent wash sales across household\n',
    'rule firm.turn "Turnover"\n    keep turnover at most 20% of account each year\n',
)
WHOLE = 'default firm.units "Units"\n    use {units} shares\n'
CENT = Decimal("0.01")
LAST_DAY = "2026-06-16"
"""The last day whose flows today's trades would settle too late for."""


@st.composite
def policies(draw: st.DrawFn) -> str:
    chosen = draw(st.lists(st.sampled_from(RULES), unique=True, max_size=3))
    units = draw(st.sampled_from(["", "", "whole", "fractional"]))
    return "\n".join([LEAST_ORDER, *chosen, *([WHOLE.format(units=units)] if units else [])])


class Folder:
    """A run and the book it was of, as their files say."""

    def __init__(self, book: Path, run: Path, policies: str) -> None:
        self.run, self.policies = run, policies
        self.trades = trade_rows(run)
        names = ("accounts", "lots", "securities", "prices")
        self.accounts, self.lots, self.securities, self.prices = (
            {row[key]: row for row in rows(book / f"{name}.csv")}
            if (book / f"{name}.csv").exists()
            else {}
            for name, key in zip(
                names, ("account_id", "lot_id", "security_id", "security_id"), strict=True
            )
        )
        flows = book / "flows.csv"
        self.flows = rows(flows) if flows.exists() else []

    @property
    def orders(self) -> dict[tuple[str, str], list[Row]]:
        """The rows of each account and security, both sides."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.trades:
            found.setdefault((row["account_id"], row["security_id"]), []).append(row)
        return found

    def held(self, account: str, security: str) -> Decimal:
        """Shares before the run."""
        return total(
            lot["shares"]
            for lot in self.lots.values()
            if (lot["account_id"], lot["security_id"]) == (account, security)
        )

    def step(self, account: str, security: str) -> Decimal:
        """The custodian's increment, or what a policy says in its place."""
        whole = self.accounts[account]["fractional"] == "false"
        if "use whole shares" in self.policies:
            whole = True
        if "use fractional shares" in self.policies:
            whole = False
        own = Decimal(self.securities[security]["share_increment"])
        return max(own, Decimal(1)) if whole else own

    def cash(self, account: str) -> tuple[Decimal, Decimal]:
        """Dollars before, flows that are due included, and after the trades and their costs."""
        due = total(
            flow["amount"]
            for flow in self.flows
            if flow["account_id"] == account and flow["date"] <= LAST_DAY
        )
        before = Decimal(self.accounts[account]["cash"]) + due
        after = before
        for row in self.trades:
            if row["account_id"] == account:
                sign = 1 if row["side"] == "sell" else -1
                after += sign * Decimal(row["amount"]) - Decimal(row["cost"])
        return before, after


def total(numbers: Iterator[str]) -> Decimal:
    return sum(map(Decimal, numbers), Decimal(0))


def odd_orders(found: Folder) -> Iterator[str]:
    """Orders that are no multiple of the increment and leave something of the position."""
    for (account, security), mine in found.orders.items():
        shares = total(row["shares"] for row in mine)
        odd = shares % found.step(account, security) != 0
        closes = mine[0]["side"] == "sell" and shares == found.held(account, security)
        if odd and not closes:
            yield f"{account} {security}: {shares}"
        if odd and closes:
            event("an odd position is closed")
        held = found.held(account, security)
        if held % found.step(account, security) and mine[0]["side"] == "sell" and not closes:
            event("an odd position is sold in part")


def small_orders(found: Folder) -> Iterator[str]:
    for (account, security), mine in found.orders.items():
        amount = total(row["amount"] for row in mine)
        closes = mine[0]["side"] == "sell" and total(row["shares"] for row in mine) == found.held(
            account, security
        )
        if amount < LEAST and not closes:
            yield f"{account} {security}: ${amount}"
        if amount < LEAST and closes:
            event("a small position is closed")


def both_sides(found: Folder) -> Iterator[str]:
    for (account, security), mine in found.orders.items():
        if len({row["side"] for row in mine}) > 1:
            yield f"{account} {security}"


def oversold(found: Folder) -> Iterator[str]:
    """Lots, so that positions too, of which more is sold than there is; or of somebody else."""
    sold: dict[str, Decimal] = {}
    for row in found.trades:
        if row["side"] == "sell":
            lot = found.lots[row["lot_id"]]
            if any(lot[key] != row[key] for key in ("account_id", "security_id")):
                yield f"{row['lot_id']} is another position's"
            sold[row["lot_id"]] = sold.get(row["lot_id"], Decimal(0)) + Decimal(row["shares"])
    for name, shares in sold.items():
        if not 0 < shares <= Decimal(found.lots[name]["shares"]):
            yield f"{name}: {shares}"


def untradable(found: Folder) -> Iterator[str]:
    for account, row in found.accounts.items():
        if row["held_away"] == "true" and any(t["account_id"] == account for t in found.trades):
            yield account


def wrong_cents(found: Folder) -> Iterator[str]:
    """Amounts that are not shares times price to the cent, halves up; and cash that does not add
    up to the cent, or that trades overdraw."""
    for row in found.trades:
        price = Decimal(found.prices[row["security_id"]]["close"])
        amount = (Decimal(row["shares"]) * price).quantize(CENT, ROUND_HALF_UP)
        if (Decimal(row["price"]), Decimal(row["amount"])) != (price, amount):
            yield f"{row['trade_id']}: {row['amount']}"
        if Decimal(row["cost"]) != Decimal(row["cost"]).quantize(CENT) or Decimal(row["cost"]) < 0:
            yield f"{row['trade_id']}: costs {row['cost']}"
    for document in proposals(found.run):
        for stated in document.get("accounts", ()):
            name = stated["account_id"]
            before, after = found.cash(name)
            if (Decimal(stated["before"]["cash"]), Decimal(stated["after"]["cash"])) != (
                before,
                after,
            ):
                yield f"{name}: {stated['after']['cash']} is stated, and {after} is there"
            if after < min(Decimal(0), before):
                yield f"{name}: overdrawn, {after}"


CHECKS = (odd_orders, small_orders, both_sides, oversold, untradable, wrong_cents)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tables=books(), text=policies())
def test_hygiene_of_any_run(
    tmp_path_factory: pytest.TempPathFactory, tables: Tables, text: str
) -> None:
    folder = tmp_path_factory.mktemp("hygiene")
    book = tables.written(folder / "book")
    run = rebalanced(folder / "run", book, policies_of(folder / "policies", firm=text))
    found = Folder(book, run, text)
    event("trades" if found.trades else "no trades")
    assert {check.__name__: list(check(found)) for check in CHECKS} == {
        check.__name__: [] for check in CHECKS
    }
    assert {document["status"] for document in proposals(run)} <= {
        "proposed",
        "no_action",
        "infeasible",
        "data_hold",
    }
    assert differences(run) == []
    shutil.rmtree(folder)


# --- by hand -------------------------------------------------------------------------------------


def traded(tmp_path: Path, tables: Tables, text: str = "") -> dict[str, Decimal]:
    """Shares by `ACCOUNT SECURITY`, negative where sold."""
    policies = policies_of(
        tmp_path / "policies", firm=text or 'note firm.x "N"\n    never buy "A"\n'
    )
    run = rebalanced(tmp_path / "run", tables.written(tmp_path / "book"), policies)
    found: dict[str, Decimal] = {}
    for row in trade_rows(run):
        key = f"{row['account_id']} {row['security_id']}"
        sign = 1 if row["side"] == "buy" else -1
        found[key] = found.get(key, Decimal(0)) + sign * Decimal(row["shares"])
    return found


@pytest.mark.parametrize(
    ("fractional", "step", "bought"),
    [
        ("true", "0.0001", "14.2857"),  # $5,000 at $350
        ("true", "1", "14"),
        ("false", "0.0001", "14"),
        ("false", "1", "14"),
        ("true", "0.5", "14"),
        ("false", "5", "15"),
    ],
)
def test_the_coarser_of_account_and_security_counts(
    tmp_path: Path, fractional: str, step: str, bought: str
) -> None:
    tables = Tables()
    tables.security("AAA", 350, step)
    tables.client("H1", {"AAA": "0.5"})
    tables.account("H1", cash=10_000, fractional=fractional)
    free = 'rule firm.free "F"\n    use trading cost 0 bps\n'
    (shares,) = traded(tmp_path, tables, free).values()
    assert abs(shares - Decimal(bought)) <= Decimal(step)
    assert shares % max(Decimal(step), Decimal(fractional == "false")) == 0


def test_an_odd_position_is_closed_whole_and_sold_in_part_by_whole_shares(tmp_path: Path) -> None:
    tables = Tables()
    for name in ("AAA", "BBB", "CCC"):
        tables.security(name, 100)
    tables.client("H1", {"BBB": "0.3", "CCC": "0.6"})
    odd = [("AAA", "17.5", 1_700), ("AAA", "0.25", 24), ("BBB", "90.75", 9_000)]
    tables.account("H1", lots=odd)
    found = traded(tmp_path, tables, 'rule firm.out "Out"\n    never hold "AAA"\n')
    assert found["H1-TX AAA"] == Decimal("-17.75")
    assert found["H1-TX BBB"] < 0
    assert found["H1-TX BBB"] % 1 == 0


def test_what_is_below_the_minimum_goes_whole_or_stays(tmp_path: Path) -> None:
    tables = Tables()
    tables.security("AAA", 10)
    tables.security("BBB", 10)
    tables.client("H1", {"AAA": "0", "BBB": "0.99"})
    tables.account("H1", cash=0, lots=[("AAA", 20, 195), ("BBB", 1_000, 9_900)])
    found = traded(tmp_path, tables, LEAST_ORDER)
    assert found == {"H1-TX AAA": -20}


def test_an_account_without_cash_buys_no_share_too_much(tmp_path: Path) -> None:
    """$149.86 of AAA would buy 1.43 of BBB and 0.76 of CCC: one of each is a dollar too much."""
    tables = Tables()
    for name, price in zip(("AAA", "BBB", "CCC", "DDD"), PRICES, strict=True):
        tables.security(name, price)
    tables.client("H1", {"BBB": "0.3", "CCC": "0.3"})
    tables.account("H1", lots=[("AAA", "20.5", "89.92"), ("DDD", 3, "738.16")])
    found = traded(tmp_path, tables, 'rule firm.keep "Kept"\n    never sell "DDD"\n')
    assert found["H1-TX AAA"] < 0
    assert proposals(tmp_path / "run")[0]["status"] == "proposed"
