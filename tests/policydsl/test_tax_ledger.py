"""A taxpayer's year as documents and reports show it, by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from compiler.closing import sale_of
from policydsl.inputs import policy_of, read_inputs
from policydsl.propose import empty_closing
from policydsl.schemas import TaxYear
from policydsl.tax_document import tax_years
from policydsl.tax_report import tax_ledger
from portfolio.book import load_book
from tests.policydsl.runs import policydsl, proposal
from tests.policydsl.small_books import Tables, policies_of

POLICY = 'note firm.x "N"\n    never buy "AAA"\n'


def tables(**taxpayer: object) -> Tables:
    """A gain of $4,000 and a loss of $6,000 in two lots, both long-term."""
    found = Tables()
    for name in ("AAA", "BBB"):
        found.security(name, "100")
    found.client("H1", {"AAA": "0.5", "BBB": "0.5"})
    found.account("H1", lots=[("AAA", 100, 6000), ("BBB", 100, 16000)])
    found.rows["tax_entities"] = [{**row, **taxpayer} for row in found.rows["tax_entities"]]
    return found


def year(folder: Path, sold: dict[str, int], **taxpayer: object) -> dict[str, Any]:
    """The year's document once so many shares of each lot are sold, at no cost."""
    book = tables(**taxpayer).written(folder / "book")
    inputs = read_inputs(book, policies_of(folder / "policies", firm=POLICY), None)
    household = inputs.book.household("H1")
    (account,) = household.accounts
    lots = {lot.id: lot for lot in account.lots}
    sales = [
        sale_of(household, account, lots[name], Decimal(shares), Decimal(0))
        for name, shares in sold.items()
    ]
    closing = empty_closing(household, policy_of(inputs, household), tuple(sales))
    (found,) = tax_years(closing).values()
    assert TaxYear.model_validate_json(json.dumps(found))
    return found


def test_every_line_of_a_year(tmp_path: Path) -> None:
    """$4,000 of long gain and $6,000 of long loss; $7,000 of short gain this year, $1,500 of short
    loss and $2,000 of long loss carried in: 5,500 short, -4,000 long, 1,500 taxed at 40%."""
    found = year(
        tmp_path,
        {"H1-TX-1": 100, "H1-TX-2": 100},
        ytd_short=7000,
        carry_short=1500,
        carry_long=2000,
    )
    assert (found["short_run"], found["long_run"], found["disallowed_run"]) == (
        "0.00",
        "-2000.00",
        "0.00",
    )
    assert found["after"] == {
        "net_short": "5500.00",
        "net_long": "-4000.00",
        "across_short": "0.00",
        "across_long": "4000.00",
        "taxable_short": "1500.00",
        "taxable_long": "0.00",
        "ordinary_offset": "0.00",
        "tax_short": "600.00",
        "tax_long": "0.00",
        "saved_ordinary": "0.00",
        "carried_short": "0.00",
        "carried_long": "0.00",
    }
    assert (found["tax_before"], found["tax_after"]) == ("1400.00", "600.00")
    assert found["brackets"] is None
    text = tax_ledger("T-H1", found)
    assert text.splitlines() == [
        "T-H1, filing jointly                    year to date   this run   after it",
        "short-term gains and losses                 7,000.00          -   7,000.00",
        "short-term loss carried in                 -1,500.00             -1,500.00",
        "net short-term (line 7)                     5,500.00          -   5,500.00",
        "long-term gains and losses                         -  -2,000.00  -2,000.00",
        "long-term loss carried in                  -2,000.00             -2,000.00",
        "net long-term (line 15)                    -2,000.00  -2,000.00  -4,000.00",
        "long-term loss against short-term gain      2,000.00   2,000.00   4,000.00",
        "short-term gain taxed at 40.00%             3,500.00  -2,000.00   1,500.00",
        "tax at stated rates                         1,400.00    -800.00     600.00",
    ]


def test_a_net_loss_is_taken_from_income_and_carried_on(tmp_path: Path) -> None:
    found = year(tmp_path, {"H1-TX-2": 100}, ytd_short=-1000)
    after = found["after"]
    assert (after["ordinary_offset"], after["saved_ordinary"]) == ("3000.00", "1050.00")
    assert (after["carried_short"], after["carried_long"]) == ("0.00", "4000.00")
    text = tax_ledger("T-H1", found)
    assert "loss taken from ordinary income (line 21)      1,000.00   2,000.00   3,000.00" in text
    assert "long-term loss carried on                             -   4,000.00   4,000.00" in text


def test_tax_outside_of_the_bracket_of_its_rate_is_said(tmp_path: Path) -> None:
    found = year(tmp_path, {"H1-TX-1": 100}, ordinary_income=80000)
    assert found["tax_after"] == "800.00"
    assert found["brackets"] == {
        "ordinary_income": "80000.00",
        "federal": "0.00",
        "investment": "0.00",
        "state": "0.00",
        "total": "0.00",
        "says": "gains of $4,000.00 are taxed 0.00% by the brackets of 2026 (0%), "
        "20.00% at the stated rates: $800.00 less than said",
    }
    assert "by the brackets of 2026" in tax_ledger("T-H1", found)


def test_brackets_that_come_to_the_stated_tax_say_nothing(tmp_path: Path) -> None:
    found = year(tmp_path, {"H1-TX-1": 100}, ordinary_income=700000, magi_other=0)
    assert (found["brackets"]["total"], found["brackets"]["says"]) == ("800.00", "")


def test_a_year_without_brackets_is_said(tmp_path: Path) -> None:
    book = tables(ordinary_income=80000).written(tmp_path / "book")
    policies = policies_of(tmp_path / "policies", firm=POLICY)
    for name in ("book.toml", "prices.csv"):
        text = (book / name).read_text(encoding="utf-8")
        (book / name).write_text(text.replace("2026-06-15", "2035-06-15"), encoding="utf-8")
    run = tmp_path / "run"
    result = policydsl("rebalance", "--policies", policies, "--book", book, "-o", run)
    assert result.exit_code == 0, result.output
    says = proposal(run, "H1")["tax"]["T-H1"]["brackets"]["says"]
    assert says.startswith("no brackets of 2035 for joint: known are 2023 to 2026")
    shown = policydsl("explain", run, "--household", "H1").stdout
    assert "no brackets of 2035" in shown
    assert "tax at stated rates" in shown
    assert policydsl("verify", run).exit_code == 0


@pytest.mark.parametrize("text", ["much", "1,000", "nan", "inf", "1e400"])
def test_an_income_that_is_no_number_is_a_finding(tmp_path: Path, text: str) -> None:
    book = load_book(tables(ordinary_income=text).written(tmp_path / "book"))
    assert any("ordinary_income" in str(each) for each in book.findings)
    (entity,) = book.household("H1").tax_entities.values()
    assert "ordinary_income" not in entity.attributes
